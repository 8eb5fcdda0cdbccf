# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role does with its variables, and one real run of every path that a change can take.

What a run decides and says is in tests/unit/plugins/module_utils/_domain/self_hosted/test_rollback_decision.py.
"""

from __future__ import annotations

import itertools
import typing as t
from pathlib import Path

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.role_variables import ENTRY_POINTS

from .conftest import Outcome, Playbooks

IN_FORCE = "The former configuration is in force again on every node."
UNVERIFIED = "The former configuration is back in the cluster, but the nodes could not be verified: "
CRASH = {
    "failed": True,
    "changed": True,
    "msg": "The rollout stopped at node node1.",
    "failed_pod": {"log": ["F1 address already in use", "exit 255"]},
}
DRIFT = {"drift": ["kube-proxy is in mode iptables, not ipvs"]}
DRIFTED = "Not every node does what was requested. node2: kube-proxy is in mode iptables, not ipvs."
RESET = "Connection reset by peer"
ALONE = {"self_hosted_cluster_prepare_nodes": False}

#: Modes and schedulers that a node is read for: made ready for the desired mode, then verified for the former one.
DESIRED, FORMER = ("ipvs", "lc"), ("iptables", "")


def read_for(outcome: Outcome, host: str) -> list[tuple[t.Any, t.Any]]:
    """What a node was read for, in this order."""
    return [
        (call.options["mode"], call.options.get("scheduler") or "") for call in outcome.of("kube_proxy_node_info", host)
    ]


def undos(outcome: Outcome) -> list[dict[str, t.Any]]:
    return [call.options for call in outcome.of("kube_proxy_rollout") if call.options.get("undo")]


def test_a_change_reads_each_node_twice(playbooks: Playbooks) -> None:
    # As a survey passes its answers: they win over what roles pass to each other.
    settings = {"kube_proxy_mode": "", "kube_proxy_ipvs": {"scheduler": "sh"}}
    kubeconfig = {"apiVersion": "v1", "users": [{"name": "me", "user": {"token": "hunter2"}}]}
    outcome = playbooks.run(variables={**settings, "self_hosted_cluster_kubeconfig": kubeconfig})
    assert outcome.status == 0, outcome.output
    assert "was changed, and is in force on every node" in outcome.output
    assert read_for(outcome, "node1") == read_for(outcome, "node2") == [DESIRED] * 2
    (rollout,) = outcome.of("kube_proxy_rollout")
    assert rollout.options["config_checksum"] == "sha256:new"
    assert rollout.host == "localhost"
    assert rollout.options["kubeconfig"] == kubeconfig
    assert "hunter2" not in outcome.output
    # Once for all hosts, before Ansible forks.
    assert len(outcome.imported) == 1, outcome.imported[1:]
    assert {call.became for call in outcome.calls if call.host == "localhost"} == {None}
    assert {call.became for call in outcome.calls if call.host != "localhost"} == {"yes"}


def test_answers_to_a_survey_are_text(playbooks: Playbooks) -> None:
    outcome = playbooks.run(
        nodes=("node1", "node2", "node3", "node4"),
        variables={
            "kube_proxy_state": "",
            "kube_proxy_strategy": "",
            "kube_proxy_iptables": {"sync_period": "60s", "min_sync_period": ""},
            "kube_proxy_ipvs": {"scheduler": ""},
            "self_hosted_cluster_prepare_nodes": "false",
            "self_hosted_cluster_rollback": "yes",
            "self_hosted_cluster_become": "no",
            "self_hosted_cluster_ignore_nodes": "node3, node4",
            "self_hosted_cluster_min_ready_seconds": 0,
            "self_hosted_cluster_wait_sleep": 0,
            "self_hosted_cluster_timeout": "1",
            "self_hosted_cluster_kubeconfig": "{apiVersion: v1}\nusers: []\n",
            "self_hosted_cluster_username": "me",
            "self_hosted_cluster_password": "hunter2",
            "self_hosted_cluster_no_proxy": "*",
            "self_hosted_cluster_wait_timeout": "",
            "self_hosted_cluster_verify_retries": "",
            "self_hosted_cluster_verify_delay": "",
            "self_hosted_cluster_api_host": "",
            "self_hosted_cluster_api_become": "",
            "self_hosted_cluster_node_name": "",
        },
    )
    assert outcome.status == 0, outcome.output
    dry_run, edit = (call.options for call in outcome.of("kube_proxy_config"))
    objects = {"namespace": "kube-system", "config_map": "kube-proxy", "key": "config.conf", "daemon_set": "kube-proxy"}
    login = {"kubeconfig": "{apiVersion: v1}\nusers: []\n", "username": "me", "password": "hunter2", "no_proxy": "*"}
    request = {"iptables": {"sync_period": "60s"}, "validate": "rules", "timeout": 1, **login}
    assert dry_run == edit == {**request, **objects}
    (rollout,) = outcome.of("kube_proxy_rollout")
    given = {name: rollout.options[name] for name in ("min_ready_seconds", "wait_sleep", "timeout", "wait_timeout")}
    assert given == {"min_ready_seconds": 0, "wait_sleep": 0, "timeout": 1, "wait_timeout": 600}
    assert rollout.options["ignore_nodes"] == ["node3", "node4"]
    assert [call.host for call in outcome.of("kube_proxy_node_info")].count("node2") == 1
    assert not [call for call in outcome.calls if call.host in {"node3", "node4"} or call.became]
    (verified,) = outcome.of("kube_proxy_node_info", "node1")
    assert (verified.options["wait_timeout"], verified.options["wait_sleep"]) == (60, 3)


def test_blank_variables_are_not_given(playbooks: Playbooks) -> None:
    """Neither empty text, which older releases of AWX pass for an unanswered question, nor null, as newer ones do.

    Here every other variable is of each kind; the unit tests try each variable with both.
    """
    names = {*ENTRY_POINTS["self_hosted_cluster"]["main"].spec, *ENTRY_POINTS["node_prerequisites"]["main"].spec}
    outcome = playbooks.run(
        variables=dict(zip(sorted({*names, "self_hosted_hosts"}), itertools.cycle(["", None]))),
        # A change of the mode would be refused.
        answers={"kube_proxy_info": [{"mode": "ipvs"}]},
    )
    assert outcome.status == 0, outcome.output
    (dry_run, edit), (rollout,) = outcome.of("kube_proxy_config"), outcome.of("kube_proxy_rollout")
    assert dry_run.options == edit.options == {}
    assert rollout.options == {"config_checksum": "sha256:new", "ignore_nodes": [], "wait_timeout": 600}
    assert {call.host for call in (dry_run, edit, rollout)} == {"localhost"}
    assert {call.became for call in outcome.of("kube_proxy_node_info")} == {"yes"}
    assert read_for(outcome, "node1") == read_for(outcome, "node2") == [DESIRED] * 2
    assert outcome.of("kube_proxy_node_info")[0].options["sysctls"] == ["net.ipv4.ip_forward"]


def test_every_problem_of_the_variables_is_told_once_before_anything_is_read(playbooks: Playbooks) -> None:
    outcome = playbooks.run(
        variables={
            "kube_proxy_ipvs": '{"scheduler": "lc", "sync_period": 60, "typo": 1}',
            "kube_proxy_conntrack": ["min"],
            "self_hosted_cluster_max_unavailable": "many",
            "self_hosted_cluster_become": "maybe",
        }
    )
    assert outcome.status != 0
    assert outcome.calls == []
    assert outcome.output.count('"msg": "Refused, nothing was changed: ') == 1
    for path in (
        "kube_proxy_ipvs.sync_period",
        "kube_proxy_ipvs.typo",
        "kube_proxy_conntrack",
        "self_hosted_cluster_max_unavailable",
        "self_hosted_cluster_become",
    ):
        assert f"{path}: " in outcome.output


def test_check_mode_reads_and_previews(playbooks: Playbooks) -> None:
    refused = {"failed": True, "msg": "The nodes node2 are not Ready."}
    outcome = playbooks.run(
        "clusterops.kube_proxy.self_hosted",
        "--check",
        variables={"kube_proxy_state": "absent", "kube_proxy_ipvs": {"scheduler": "sh"}},
        answers={"kube_proxy_rollout": [refused]},
    )
    assert outcome.reason == refused["msg"]
    assert len(outcome.of("kube_proxy_rollout")) == 1
    assert all(call.check for call in outcome.calls)
    _dry_run, edit = outcome.of("kube_proxy_config")
    # Absent leaves nothing of any section.
    assert {name: edit.options[name] for name in ("iptables", "ipvs", "nftables", "conntrack", "strategy")} == {
        "iptables": {},
        "ipvs": {},
        "nftables": {},
        "conntrack": {},
        "strategy": "replace",
    }


@pytest.mark.parametrize("options", [(), ("--check",)])
def test_a_change_of_the_mode_is_refused_before_anything_changes(
    playbooks: Playbooks, options: tuple[str, ...]
) -> None:
    outcome = playbooks.run(
        "clusterops.kube_proxy.self_hosted", *options, variables={"self_hosted_cluster_allow_leftovers": "no"}
    )
    assert outcome.status != 0
    assert "kube-proxy runs in mode iptables on node1, node2, and ipvs is desired." in outcome.output
    assert "use the playbook clusterops.kube_proxy.migrate_mode" in outcome.output
    assert "set self_hosted_cluster_allow_leftovers to true" in outcome.output
    # Read, validated as a dry run, and asked for the modes; no node was touched.
    assert [(call.module, call.options.get("probe"), call.host) for call in outcome.calls] == [
        ("kube_proxy_info", None, "localhost"),
        ("kube_proxy_config", None, "localhost"),
        ("kube_proxy_info", True, "localhost"),
    ]
    assert outcome.of("kube_proxy_config")[0].check


def test_pods_that_run_the_desired_mode_already_are_restarted(playbooks: Playbooks) -> None:
    """What the ConfigMap holds is not what they run: somebody edited it, or kube-proxy fell back."""
    pods = [{"node": node, "ready": True, "up_to_date": True, "mode": "ipvs"} for node in ("node1", "node2")]
    outcome = playbooks.run(
        variables={**ALONE, "self_hosted_cluster_allow_leftovers": ""},
        answers={"kube_proxy_info": [{}, {"nodes": pods}]},
    )
    assert outcome.status == 0, outcome.output
    assert len(outcome.of("kube_proxy_rollout")) == 1


def test_edit_failed(playbooks: Playbooks) -> None:
    refused = {"failed": True, "msg": "Conflict."}
    outcome = playbooks.run(variables=ALONE, answers={"kube_proxy_config": [{}, refused]})
    assert outcome.status != 0
    assert outcome.reason == "Conflict. No rollback: this run had changed nothing."
    assert not outcome.of("kube_proxy_rollout")
    assert not outcome.of("kube_proxy_node_info")


def test_edit_failed_after_the_change_and_the_restored_configuration_is_not_read(playbooks: Playbooks) -> None:
    lost = {"failed": True, "changed": True, "msg": "No answer."}
    outcome = playbooks.run(
        variables=ALONE,
        answers={
            "kube_proxy_config": [{}, lost],
            "kube_proxy_info": [{}, {"failed": True, "msg": "No route to host."}],
        },
    )
    assert outcome.reason == f"No answer. {UNVERIFIED}No route to host."
    (undo,) = outcome.of("kube_proxy_rollout")
    assert undo.options["undo"] is True
    assert not outcome.of("kube_proxy_node_info")


def test_rollout_failed_and_rolled_back(playbooks: Playbooks) -> None:
    outcome = playbooks.run(
        variables={
            "kube_proxy_mode": "ipvs",
            "kube_proxy_ipvs": {"scheduler": "lc"},
            "self_hosted_cluster_prepare_nodes": "",
            "self_hosted_cluster_rollback": "",
            "self_hosted_cluster_become": "",
        },
        answers={"kube_proxy_rollout": [CRASH, {}]},
    )
    assert outcome.status != 0
    assert outcome.reason == f"{CRASH['msg']} Log: F1 address already in use / exit 255. {IN_FORCE}"
    (undo,) = undos(outcome)
    assert undo["config_checksum"] == "sha256:new"
    # Prepared for the desired mode; after the rollback verified for the former one, and prepared for it.
    assert read_for(outcome, "node1") == read_for(outcome, "node2") == [DESIRED, FORMER, FORMER]
    assert {call.became for call in outcome.of("kube_proxy_node_info")} == {"yes"}


def test_nodes_are_read_for_the_families_of_the_cluster(playbooks: Playbooks) -> None:
    """Those of the desired configuration, and those of the user where the restored one does not tell them."""
    dual = {"mode": "nftables", "effective": {"mode": "nftables", "clusterCIDR": "10.244.0.0/16,fd00:10:244::/56"}}
    outcome = playbooks.run(
        nodes=("node1",),
        # As text, and as an answer to a survey, which does not win over what the configuration tells.
        variables={"node_prerequisites_ip_families": "IPv6"},
        answers={"kube_proxy_config": [dual], "kube_proxy_rollout": [CRASH, {}]},
    )
    assert outcome.reason.endswith(IN_FORCE)
    prepared, verified, restored = (call.options for call in outcome.of("kube_proxy_node_info", "node1"))
    assert (prepared["mode"], prepared["ip_families"]) == ("nftables", ["IPv4", "IPv6"])
    assert (verified["mode"], verified["ip_families"]) == ("iptables", [])
    assert (restored["mode"], restored["ip_families"]) == ("iptables", ["IPv6"])


def test_drift_and_a_node_that_the_rollback_skips(playbooks: Playbooks) -> None:
    outcome = playbooks.run(
        answers={
            "kube_proxy_node_info node2": [{}, DRIFT, {}],
            "kube_proxy_rollout": [{}, {"nodes_skipped": ["node1"]}],
        }
    )
    assert outcome.reason == (
        f"{DRIFTED} The former configuration is in force again on every node except node1, which is not Ready."
    )
    assert read_for(outcome, "node1") == [DESIRED, DESIRED]
    assert read_for(outcome, "node2") == [DESIRED, DESIRED, FORMER, FORMER]


def test_several_nodes_that_drift_have_one_line_each(playbooks: Playbooks) -> None:
    outcome = playbooks.run(
        variables={**ALONE, "self_hosted_cluster_rollback": "no"},
        answers={"kube_proxy_node_info": [{**DRIFT, "tools": "left out " * 500}]},
    )
    assert outcome.reason == (
        "Not every node does what was requested:"
        "\\n  node1: kube-proxy is in mode iptables, not ipvs\\n  node2: kube-proxy is in mode iptables, not ipvs\\n "
        "No rollback: self_hosted_cluster_rollback is false."
    )
    # The reason as a headline and in the result of the task that fails; what was read of the nodes is not shown.
    assert outcome.output.count("node2: kube-proxy is in mode iptables") == 2
    for noise in ("left out", "RETRYING", "Unknown error"):
        assert noise not in outcome.output


def test_undo_failed(playbooks: Playbooks) -> None:
    failed = {"failed": True, "msg": "undo: it holds something else."}
    outcome = playbooks.run(
        variables=ALONE, answers={"kube_proxy_node_info node2": [DRIFT, {}], "kube_proxy_rollout": [{}, failed]}
    )
    assert outcome.reason == f"{DRIFTED} Rollback failed: undo: it holds something else."
    # Nothing is restored, so there is nothing to read and to verify.
    assert len(outcome.of("kube_proxy_info")) == 1
    assert read_for(outcome, "node1") == [DESIRED]


def test_rollback_off(playbooks: Playbooks) -> None:
    outcome = playbooks.run(
        variables={**ALONE, "self_hosted_cluster_rollback": "no"},
        answers={"kube_proxy_node_info node2": [DRIFT, {}]},
    )
    assert outcome.reason == f"{DRIFTED} No rollback: self_hosted_cluster_rollback is false."
    assert not undos(outcome)


def test_modules_to_load_at_boot_do_not_hide_the_reason(playbooks: Playbooks) -> None:
    broken = {"failed": True, "msg": "no space left on device"}
    outcome = playbooks.run(
        answers={"kube_proxy_rollout": [CRASH, {}], "kube_proxy_node_info node2": [{}, {}, broken]},
    )
    assert outcome.reason.startswith(CRASH["msg"])
    assert f"{IN_FORCE} The list of modules to load at boot was not restored. node2: " in outcome.reason
    assert "no space left on device" in outcome.reason


def test_a_node_without_an_answer_leaves_nobody_behind(playbooks: Playbooks) -> None:
    """Whatever goes wrong outside of the module, which conditions of the task do not see."""
    outcome = playbooks.run(variables=ALONE, answers={"kube_proxy_node_info node2": [{"cut": "Sorry, try again"}, {}]})
    assert "node2: Task failed: " in outcome.reason
    assert "Sorry, try again" in outcome.reason
    assert outcome.reason.endswith(IN_FORCE)


def test_a_lost_connection_is_no_failure(playbooks: Playbooks) -> None:
    """Neither to a node that is verified nor, in the middle of the rollout, to the one that talks to the API server."""
    outcome = playbooks.run(
        inventory={"self_hosted_cluster_api_host": "node1", "self_hosted_cluster_api_become": "true"},
        answers={
            "kube_proxy_rollout": [{"cut": RESET}, {"changed": False, "restarted": False}],
            "kube_proxy_node_info node2": [{}, {"cut": RESET}, {}],
        },
    )
    assert outcome.status == 0, outcome.output
    assert "was changed, and is in force on every node" in outcome.output
    assert not undos(outcome)
    assert len(read_for(outcome, "node1")) == 2
    assert len(read_for(outcome, "node2")) == 3
    assert {call.host for call in outcome.of("kube_proxy_rollout")} == {"node1"}
    assert {call.became for call in outcome.calls} == {"yes"}


def test_a_connection_that_stays_lost(playbooks: Playbooks) -> None:
    """The change is tried twice and no more, and a node that stays away counts as one that drifts."""
    outcome = playbooks.run(
        variables=ALONE,
        answers={
            "kube_proxy_rollout localhost": [{"cut": RESET}, {"cut": RESET}, {}],
            "kube_proxy_node_info node2": [{"cut": RESET}],
        },
    )
    assert outcome.reason == (f"Task failed: {RESET} {UNVERIFIED}node2: Task failed: {RESET}.")
    assert len(outcome.of("kube_proxy_rollout")) == 3
    assert read_for(outcome, "node1") == [FORMER]
    assert read_for(outcome, "node2") == [FORMER] * 2


def test_a_play_in_batches_is_refused(playbooks: Playbooks, tmp_path: Path) -> None:
    (tmp_path / "batches.yml").write_text(
        """\
- hosts: kube_nodes
  gather_facts: false
  serial: 1
  roles: [clusterops.kube_proxy.self_hosted_cluster]
""",
        encoding="utf-8",
    )
    outcome = playbooks.run(str(tmp_path / "batches.yml"), answers={})
    assert outcome.status != 0
    assert "Nodes that are not: node2." in outcome.output
    assert "HostVars" not in outcome.output
    assert {call.module for call in outcome.calls} == {"kube_proxy_info"}


def test_a_host_that_left_the_play_is_named(playbooks: Playbooks, tmp_path: Path) -> None:
    (tmp_path / "left.yml").write_text(
        """\
- hosts: kube_nodes
  gather_facts: false
  tasks:
    - name: Lose a node
      ansible.builtin.fail:
      when: inventory_hostname == 'node1'
    - name: Configure
      ansible.builtin.import_role:
        name: clusterops.kube_proxy.self_hosted_cluster
""",
        encoding="utf-8",
    )
    outcome = playbooks.run(str(tmp_path / "left.yml"))
    assert outcome.status != 0
    assert "Nodes that are not: node1." in outcome.output
    assert {call.module for call in outcome.calls} == {"kube_proxy_info"}
