# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role makes of its variables, and what it says and does when a change goes wrong."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from .conftest import Outcome, Playbooks

IN_FORCE = "The former configuration is in force again on every node."
CRASH = {
    "failed": True,
    "changed": True,
    "msg": "The roll was stopped at node node1.",
    "failed_pod": {"log": ["F1 address already in use", "exit 255"]},
}
UNCHANGED = {"config_checksum": "sha256:old", "changed": False}
RESET = "Connection reset by peer"
ALONE = {"self_hosted_cluster_prepare_nodes": False}


def asked(outcome: Outcome, host: str) -> list[tuple[t.Any, t.Any]]:
    """What a node was looked at for, in this order."""
    return [
        (call.options["mode"], call.options.get("scheduler") or "") for call in outcome.of("kube_proxy_node_info", host)
    ]


def test_a_change_looks_at_each_node_twice(playbooks: Playbooks) -> None:
    # As a survey passes its answers: they win over what roles pass to each other.
    outcome = playbooks.run(variables={"kube_proxy_mode": "", "kube_proxy_ipvs": {"scheduler": "sh"}})
    assert outcome.status == 0, outcome.output
    assert asked(outcome, "node1") == asked(outcome, "node2") == [("ipvs", "lc")] * 2
    (roll,) = outcome.of("kube_proxy_rollout")
    assert roll.options["config_checksum"] == "sha256:new"
    assert roll.host == "localhost"
    assert {call.became for call in outcome.calls if call.host == "localhost"} == {None}
    assert {call.became for call in outcome.calls if call.host != "localhost"} == {"yes"}


def test_answers_to_a_survey_are_text(playbooks: Playbooks) -> None:
    outcome = playbooks.run(
        nodes=("node1", "node2", "node3", "node4"),
        variables={
            "self_hosted_cluster_prepare_nodes": "false",
            "self_hosted_cluster_rollback": "yes",
            "self_hosted_cluster_become": "no",
            "self_hosted_cluster_ignore_nodes": "node3, node4",
            "self_hosted_cluster_min_ready_seconds": 0,
            "self_hosted_cluster_wait_sleep": 0,
            "self_hosted_cluster_timeout": 0,
            "self_hosted_cluster_wait_timeout": "",
            "self_hosted_cluster_verify_retries": "",
            "self_hosted_cluster_verify_delay": "",
            "self_hosted_cluster_api_host": "",
            "self_hosted_cluster_api_become": "",
            "self_hosted_cluster_node_name": "",
        },
        # Not there at once: without retries this would fail.
        answers={"kube_proxy_node_info node1": [{"drift": ["not yet"]}, {}]},
    )
    assert outcome.status == 0, outcome.output
    (roll,) = outcome.of("kube_proxy_rollout")
    given = {name: roll.options[name] for name in ("min_ready_seconds", "wait_sleep", "timeout", "wait_timeout")}
    assert given == {"min_ready_seconds": 0, "wait_sleep": 0, "timeout": 0, "wait_timeout": 600}
    assert roll.options["ignore_nodes"] == ["node3", "node4"]
    assert [call.host for call in outcome.of("kube_proxy_node_info")].count("node2") == 1
    assert not [call for call in outcome.calls if call.host in {"node3", "node4"} or call.became]
    first, second = outcome.of("kube_proxy_node_info", "node1")
    assert second.at - first.at > 2


def test_blank_switches_count_as_not_given_and_big_clusters_get_time(playbooks: Playbooks) -> None:
    pods = [{"node": f"node{number}"} for number in range(1, 46)]
    outcome = playbooks.run(
        variables={
            "self_hosted_cluster_prepare_nodes": "",
            "self_hosted_cluster_rollback": "",
            "self_hosted_cluster_become": "",
            "self_hosted_cluster_ignore_nodes": [pod["node"] for pod in pods[2:]],
        },
        answers={"kube_proxy_info": [{"nodes": pods}], "kube_proxy_rollout": [CRASH, {}]},
    )
    assert outcome.reason.endswith(IN_FORCE)
    assert {call.options["wait_timeout"] for call in outcome.of("kube_proxy_rollout")} == {45 * 60}
    assert {call.became for call in outcome.of("kube_proxy_node_info")} == {"yes"}


def test_going_back_is_verified_on_every_node(playbooks: Playbooks) -> None:
    outcome = playbooks.run(
        variables={"kube_proxy_mode": "ipvs", "kube_proxy_ipvs": {"scheduler": "lc"}},
        answers={"kube_proxy_rollout": [CRASH, {}]},
    )
    assert outcome.status != 0
    assert outcome.reason == f"{CRASH['msg']} Log: F1 address already in use / exit 255. {IN_FORCE}"
    undo = outcome.of("kube_proxy_rollout")[1].options
    assert undo["undo"] is True
    assert undo["config_checksum"] == "sha256:new"
    # Made ready for the new mode; after going back verified for the former one, and made ready for it.
    expected = [("ipvs", "lc"), ("iptables", ""), ("iptables", "")]
    assert asked(outcome, "node1") == asked(outcome, "node2") == expected


DEVIATING = {"drift": ["kube-proxy is in mode iptables, not ipvs"]}
STUCK = {"drift": ["kube-proxy is in mode ipvs, not iptables"]}
REASON = "Not every node does what was requested. node2: kube-proxy is in mode iptables, not ipvs."
BACK = "The former configuration is back in the cluster, but the nodes could not be verified: "


@pytest.mark.parametrize(
    ("answers", "end"),
    [
        ({}, IN_FORCE),
        (
            {"kube_proxy_rollout": [{}, {"failed": True, "msg": "undo: it holds something else."}]},
            "Rollback failed: undo: it holds something else.",
        ),
        (
            {"kube_proxy_rollout": [{}, {"nodes_skipped": ["node1"]}]},
            "The former configuration is in force again on every node except node1, which is not Ready.",
        ),
        ({"kube_proxy_info": [{}, {"failed": True, "msg": "No route to host."}]}, BACK + "No route to host."),
        (
            {"kube_proxy_info": [{}, {"mode": None, "effective": None}]},
            BACK + "the configuration cannot be decoded, so there is nothing to compare the nodes with.",
        ),
        (
            {"kube_proxy_node_info node2": [DEVIATING, STUCK]},
            BACK + "node2: kube-proxy is in mode ipvs, not iptables.",
        ),
        (
            {"kube_proxy_config": [UNCHANGED]},
            "No rollback: this run had changed nothing.",
        ),
        ({"rollback": []}, "No rollback: self_hosted_cluster_rollback is false."),
    ],
    ids=["verified", "undo", "not_ready", "unread", "undecodable", "stuck", "unchanged", "switched_off"],
)
def test_the_reason_comes_first_and_the_end_is_true(
    playbooks: Playbooks, answers: dict[str, list[dict[str, t.Any]]], end: str
) -> None:
    unchanged = {"kube_proxy_rollout": [{"changed": False, "restarted": False}]} if "kube_proxy_config" in answers else {}
    outcome = playbooks.run(
        variables={**ALONE, **({"self_hosted_cluster_rollback": "no"} if "rollback" in answers else {})},
        answers={"kube_proxy_node_info node2": [DEVIATING, {}], **unchanged, **answers},
    )
    assert outcome.status != 0
    assert outcome.reason == f"{REASON} {end}"
    if end != IN_FORCE:
        assert IN_FORCE not in outcome.output


def test_modules_to_load_at_boot_do_not_hide_the_reason(playbooks: Playbooks) -> None:
    broken = {"failed": True, "msg": "no space left on device"}
    outcome = playbooks.run(
        answers={"kube_proxy_rollout": [CRASH, {}], "kube_proxy_node_info node2": [{}, {}, broken]},
    )
    assert outcome.reason.startswith(CRASH["msg"])
    assert f"{IN_FORCE} The list of modules to load at boot was not restored. node2: " in outcome.reason
    assert "no space left on device" in outcome.reason


def test_a_node_that_cannot_be_asked_leaves_nobody_behind(playbooks: Playbooks) -> None:
    """Whatever goes wrong outside of the module, which conditions of the task do not see."""
    outcome = playbooks.run(variables=ALONE, answers={"kube_proxy_node_info node2": [{"cut": "Sorry, try again"}, {}]})
    assert "node2: Task failed: " in outcome.reason
    assert "Sorry, try again" in outcome.reason
    assert outcome.reason.endswith(IN_FORCE)


def test_check_mode_says_nothing_of_going_back(playbooks: Playbooks) -> None:
    refused = {"failed": True, "msg": "The nodes node2 are not Ready."}
    outcome = playbooks.run("clusterops.kube_proxy.self_hosted", "--check", answers={"kube_proxy_rollout": [refused]})
    assert outcome.reason == refused["msg"]
    assert len(outcome.of("kube_proxy_rollout")) == 1
    assert all(call.check for call in outcome.calls)


def test_a_lost_connection_is_no_failure(playbooks: Playbooks) -> None:
    """Neither to a node that is verified nor, in the middle of the roll, to the one that talks to the API server."""
    outcome = playbooks.run(
        inventory={"self_hosted_cluster_api_host": "node1", "self_hosted_cluster_api_become": "true"},
        answers={
            "kube_proxy_rollout": [{"cut": RESET}, {"changed": False, "restarted": False}],
            "kube_proxy_node_info node2": [{}, {"cut": RESET}, {}],
        },
    )
    assert outcome.status == 0, outcome.output
    assert "was changed, and is in force on every node" in outcome.output
    assert not [call for call in outcome.of("kube_proxy_rollout") if call.options.get("undo")]
    assert len(asked(outcome, "node1")) == 2
    assert len(asked(outcome, "node2")) == 3
    assert {call.host for call in outcome.of("kube_proxy_rollout")} == {"node1"}
    assert {call.became for call in outcome.calls} == {"yes"}


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


def test_a_host_that_left_the_play_is_told(playbooks: Playbooks, tmp_path: Path) -> None:
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
