# SPDX-License-Identifier: GPL-3.0-or-later

"""In which order the role changes nodes, and that a failure stops at the batch in which it happens.

What a batch decides and says is in tests/unit/plugins/module_utils/_domain/self_hosted/test_migration_decision.py.
"""

from __future__ import annotations

import re
import typing as t
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from .conftest import Outcome, Playbooks

PLAYBOOK = "clusterops.kube_proxy.migrate_mode"
NODES = ("node1", "node2", "node3")


def steps(outcome: Outcome) -> list[tuple[str, t.Any]]:
    """What changed something for real: states of the API module with their nodes, of the node module with the host."""
    found = []
    for call in outcome.calls:
        state = call.options.get("state")
        if call.module == "kube_proxy_migration" and not call.check:
            found.append((state, call.options.get("nodes")))
        elif call.module == "kube_proxy_node_rules":
            found.append((state, call.host))
    return found


def test_one_node_then_the_others(playbooks: Playbooks) -> None:
    outcome = playbooks.run(PLAYBOOK, nodes=NODES, variables={"kube_proxy_mode": "nftables", "mode_migration_batch": 2})
    assert outcome.status == 0, outcome.output
    assert "was changed, and nothing of the former mode is left on any node" in outcome.output
    done = steps(outcome)
    assert done[:4] == [("begun", None), ("frozen", "node1"), ("moved", ["node1"]), ("clean", "node1")]
    assert sorted(done[4:6]) == [("frozen", "node2"), ("frozen", "node3")]
    assert done[6] == ("moved", ["node2", "node3"])
    assert sorted(done[7:9]) == [("clean", "node2"), ("clean", "node3")]
    assert done[9:] == [("finished", None)]
    # The plan is that of all settings which change, not of the mode alone.
    [info] = outcome.of("kube_proxy_info")
    assert info.options["desired_config"] == {"mode": "nftables", "conntrack": {"tcpBeLiberal": True}}
    assert {
        call.options["former_mode"] for call in outcome.of("kube_proxy_node_rules") if "former_mode" in call.options
    } == {"iptables"}
    # Once for all hosts, before Ansible forks.
    assert len(outcome.imported) == 1, outcome.imported[1:]


def test_nodes_with_the_label_go_first(playbooks: Playbooks) -> None:
    outcome = playbooks.run(
        PLAYBOOK,
        "--check",
        nodes=NODES,
        variables={"kube_proxy_mode": "nftables", "mode_migration_canary_label": "pool=test"},
        answers={"kube_proxy_info": [{"selected_nodes": ["node3", "elsewhere"]}]},
    )
    assert outcome.status == 0, outcome.output
    assert [call.options["node_selector"] for call in outcome.of("kube_proxy_info")] == ["pool=test"]
    order = outcome.output.partition('"order": [')[2].partition('"outcome"')[0]
    assert re.findall("node[0-9]", order) == ["node3", "node1", "node2"]


def test_a_label_that_no_node_has_stops_the_play_before_anything_changes(playbooks: Playbooks) -> None:
    outcome = playbooks.run(
        PLAYBOOK,
        nodes=NODES,
        variables={"kube_proxy_mode": "nftables", "mode_migration_canary_label": "pool=tset"},
        answers={"kube_proxy_info": [{"selected_nodes": []}]},
    )
    assert outcome.status != 0
    assert "mode_migration_canary_label: no node of this play has the label 'pool=tset'" in outcome.output
    assert steps(outcome) == []


def test_what_is_removed_depends_on_the_kubelet_of_the_node(playbooks: Playbooks) -> None:
    """Also of what a node reports that is no version, which the module would refuse."""
    kubelets = {"node1": "v1.34.9", "node2": None, "node3": "v0.0.0-master+$Format:%H$"}
    nodes = [{"node": name, "kubelet_version": version} for name, version in kubelets.items()]
    outcome = playbooks.run(
        PLAYBOOK,
        nodes=NODES,
        variables={"kube_proxy_mode": "nftables"},
        answers={
            "kube_proxy_info": [{"nodes": nodes}],
            "kube_proxy_node_info node3": [{}, {}, {"drift": ["kube-proxy is in mode iptables"]}],
        },
    )
    cleaned = [call for call in outcome.of("kube_proxy_node_rules") if call.options["state"] == "clean"]
    passed = [(call.host, call.options["mode"], call.options["kubelet_version"]) for call in cleaned]
    assert passed == [
        ("node1", "nftables", "1.34.9"),
        ("node2", "nftables", ""),
        ("node3", "nftables", ""),
        ("node3", "iptables", ""),
    ]


def test_connections_through_ipvs_have_time_to_end_before_kube_proxy_changes(playbooks: Playbooks) -> None:
    """The copy answers meanwhile, and lives longer by that time."""
    outcome = playbooks.run(
        PLAYBOOK,
        nodes=("node1",),
        variables={
            "kube_proxy_mode": "nftables",
            "mode_migration_lifetime": "100",
            "mode_migration_drain_timeout": "59.5",
        },
        answers={
            "kube_proxy_info": [
                {
                    "mode": "ipvs",
                    "migration_plan": {"former": "ipvs", "mode": "nftables", "blocked": False, "findings": []},
                }
            ],
            "kube_proxy_node_info": [
                {
                    "kube_proxy": {"mode": "ipvs"},
                    "tools": {tool: {"path": f"/sbin/{tool}"} for tool in ("iptables", "ipset", "ip", "nft")},
                }
            ],
        },
    )
    assert outcome.status == 0, outcome.output
    frozen = outcome.of("kube_proxy_node_rules")[0].options
    assert (frozen["state"], frozen["former_mode"]) == ("frozen", "ipvs")
    assert (int(frozen["lifetime"]), float(frozen["drain_timeout"])) == (160, 59.5)


def test_a_copy_that_would_have_to_live_too_long_is_refused_before_anything_changes(playbooks: Playbooks) -> None:
    outcome = playbooks.run(
        PLAYBOOK,
        nodes=("node1",),
        variables={"kube_proxy_mode": "nftables", "mode_migration_drain_timeout": 3600},
    )
    assert outcome.status != 0
    assert "mode_migration_lifetime: 4200 is not a number of seconds from 10 to 3600" in outcome.output
    assert outcome.calls == []


def test_check_mode_shows_the_order_and_changes_nothing(playbooks: Playbooks) -> None:
    outcome = playbooks.run(PLAYBOOK, "--check", nodes=NODES, variables={"kube_proxy_mode": "nftables"})
    assert outcome.status == 0, outcome.output
    assert "would be changed, node by node" in outcome.output
    assert steps(outcome) == []
    assert all(call.check for call in outcome.calls)


def test_what_blocks_stops_the_play_before_anything_changes(playbooks: Playbooks) -> None:
    finding = {"kind": "blocking", "subject": "Calico", "what": "runs iptables", "todo": "change it", "source": "s"}
    plan = {"former": "iptables", "mode": "nftables", "blocked": True, "findings": [finding]}
    outcome = playbooks.run(
        PLAYBOOK,
        nodes=NODES,
        variables={"kube_proxy_mode": "nftables"},
        answers={"kube_proxy_info": [{"migration_plan": plan}]},
    )
    assert outcome.status != 0
    assert "Nothing was changed: Calico: runs iptables; change it." in outcome.output
    assert steps(outcome) == []


@pytest.mark.parametrize(
    ("lacks", "said"),
    [
        ({"systemd": False}, "it does not run systemd, whose timer removes the frozen copy"),
        ({"tools": {"iptables": {"path": "/sbin/iptables"}, "nft": None}}, "install the package nftables."),
    ],
)
def test_what_a_node_lacks_stops_the_play_before_anything_changes(
    playbooks: Playbooks, lacks: dict[str, t.Any], said: str
) -> None:
    outcome = playbooks.run(
        PLAYBOOK,
        nodes=NODES,
        variables={"kube_proxy_mode": "nftables"},
        answers={"kube_proxy_node_info node2": [lacks]},
    )
    assert outcome.status != 0
    assert "Nothing was changed: node node2: " in outcome.output
    assert said in outcome.output
    assert steps(outcome) == []
    assert "Prepare the nodes" not in outcome.output


def test_what_is_installed_or_not_asked_for_is_not_missing(playbooks: Playbooks) -> None:
    tools = {"modprobe": {"path": "/sbin/modprobe"}, "iptables": {"path": "/sbin/iptables"}, "nft": None}
    outcome = playbooks.run(
        PLAYBOOK,
        "--check",
        nodes=NODES,
        variables={
            "kube_proxy_mode": "nftables",
            "mode_migration_frozen_copy": "no",
            "node_prerequisites_packages": "yes",
        },
        answers={"kube_proxy_node_info node2": [{"systemd": False, "tools": tools}]},
    )
    assert outcome.status == 0, outcome.output
    assert "would be changed, node by node" in outcome.output


def test_a_node_that_fails_goes_back_and_no_other_is_touched(playbooks: Playbooks) -> None:
    """Also where the rules of the desired mode cannot be copied for the way back."""
    failing = [{"failed": True, "msg": f"{reason}."} for reason in ("kube-proxy is in mode iptables", "No nft")]
    outcome = playbooks.run(
        PLAYBOOK,
        nodes=NODES,
        variables={"kube_proxy_mode": "nftables", "mode_migration_drain_timeout": 60},
        answers={"kube_proxy_node_rules node1": [{}, *failing, {}]},
    )
    assert outcome.status != 0
    assert steps(outcome) == [
        ("begun", None),
        ("frozen", "node1"),
        ("moved", ["node1"]),
        ("clean", "node1"),
        ("frozen", "node1"),
        ("returned", ["node1"]),
        ("clean", "node1"),
    ]
    back = outcome.of("kube_proxy_node_rules", "node1")[2].options
    # A node on which something is wrong does not wait for connections to end.
    assert (back["former_mode"], int(back["lifetime"]), "drain_timeout" in back) == ("nftables", 600, False)
    assert "node1: kube-proxy is in mode iptables. node1 went back to the former mode. " in outcome.output
    assert "node1: no frozen copy on the way back: No nft." in outcome.output


def in_stages(**stages: str) -> dict[str, t.Any]:
    """What kube_proxy_info answers of a migration that an earlier run began."""
    nodes = [{"node": node, "stage": stage} for node, stage in stages.items()]
    return {"migration": {"nodes": nodes, "summary": ""}}


def test_a_node_that_lost_its_kube_proxy_and_rebooted_is_moved_like_any_other(playbooks: Playbooks) -> None:
    """There is nothing to copy then. What a node has that is down is not known."""
    silent = {"kube_proxy": {"mode": None, "error": "refused"}}
    outcome = playbooks.run(
        PLAYBOOK,
        nodes=NODES[:1],
        variables={"kube_proxy_mode": "nftables", "self_hosted_cluster_ignore_nodes": "node9"},
        answers={
            "kube_proxy_info": [in_stages(node1="between", node9="former")],
            "kube_proxy_node_info node1": [silent, silent, {}],
            "kube_proxy_node_rules node1": [{"failed": True, "msg": "There is nothing to copy."}, {}],
        },
    )
    assert outcome.status == 0, outcome.output
    assert steps(outcome) == [
        ("begun", None),
        ("frozen", "node1"),
        ("moved", ["node1"]),
        ("clean", "node1"),
        ("finished", None),
    ]
    assert len(outcome.of("kube_proxy_node_info", "node1")) == 3
    assert "is left on 1 node; what is left on 1 ignored node is not known: node9" in outcome.output


def test_a_node_that_an_earlier_run_moved_goes_back_to_the_former_mode(playbooks: Playbooks) -> None:
    """It is asked at the addresses of the configuration that it has, which are others in each of the two."""
    former, desired = (
        {"metricsBindAddress": f"127.0.0.1:{number}", "healthzBindAddress": f"0.0.0.0:{number + 1}"}
        for number in (10249, 20249)
    )
    moved = {"kube_proxy": {"mode": "nftables"}}
    outcome = playbooks.run(
        PLAYBOOK,
        nodes=NODES[:2],
        variables={"kube_proxy_mode": "nftables"},
        answers={
            "kube_proxy_info": [{"effective": former, **in_stages(node1="moved", node2="former")}],
            "kube_proxy_migration": [{"effective": desired}],
            "kube_proxy_node_info node1": [moved, moved, {**moved, "drift": ["kube-proxy is not healthy"]}],
        },
    )
    assert outcome.status != 0
    assert steps(outcome) == [
        ("begun", None),
        ("moved", ["node1"]),
        ("clean", "node1"),
        ("frozen", "node1"),
        ("returned", ["node1"]),
        ("clean", "node1"),
    ]
    # It has no copy yet: the role makes one before it goes back.
    [put_back] = [call.options["put_back"] for call in outcome.of("kube_proxy_migration") if "put_back" in call.options]
    assert put_back is False
    away, copied, back = (call.options for call in outcome.of("kube_proxy_node_rules", "node1"))
    assert (away["mode"], away["metrics_address"]) == ("nftables", "127.0.0.1:20249")
    assert copied["former_mode"] == "nftables"
    assert (back["mode"], back["metrics_address"]) == ("iptables", "127.0.0.1:10249")
    asked = {
        node: [
            (call.options["metrics_address"], call.options["healthz_address"])
            for call in outcome.of("kube_proxy_node_info", node)
            if "metrics_address" in call.options
        ]
        for node in NODES[:2]
    }
    assert asked == {
        "node1": [("127.0.0.1:20249", "0.0.0.0:20250")] * 2,
        "node2": [("127.0.0.1:10249", "0.0.0.0:10250")],
    }


MEASURED = {"kube_proxy_mode": "nftables", "mode_migration_probe_targets": '["10.96.0.1:443"]'}
LINE = "{}, 10.96.0.1:443: 0 of 240 failed, longest gap 0.07 s"


def probed(outcome: Outcome, host: str) -> list[str]:
    """The states of the modules on a node in their order, without what only reads."""
    names = ("kube_proxy_node_probe", "kube_proxy_node_rules")
    return [call.options["state"] for call in outcome.calls if call.host == host and call.module in names]


def page(path: Path) -> ET.Element:
    assert path.stat().st_mode & 0o777 == 0o644
    return ET.fromstring(path.read_text(encoding="utf-8"))  # noqa: S314 - it is our own


def test_each_node_is_measured_while_it_changes(playbooks: Playbooks, tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    failing = {"failed": True, "msg": "No room for the record.", "targets": []}
    outcome = playbooks.run(
        PLAYBOOK,
        nodes=NODES,
        variables={**MEASURED, "mode_migration_batch": 2, "mode_migration_report": str(report)},
        # One cannot begin, of one no figures come.
        answers={
            "kube_proxy_node_probe node2": [{}, failing],
            "kube_proxy_node_probe node3": [{}, {}, {"cut": "Connection reset by peer"}],
        },
    )
    assert outcome.status == 0, outcome.output
    assert probed(outcome, "node1") == ["absent", "started", "frozen", "clean", "stopped", "absent"]
    assert probed(outcome, "node2") == ["absent", "started", "frozen", "clean"]
    assert probed(outcome, "node3") == ["absent", "started", "frozen", "clean", "stopped"]
    begun = outcome.of("kube_proxy_node_probe", "node1")[1].options
    assert (begun["name"], begun["targets"]) == ("mode-migration", [{"address": "10.96.0.1:443"}])
    assert [step for step in steps(outcome) if step[0] in ("moved", "finished", "returned")] == [
        ("moved", ["node1"]),
        ("moved", ["node2", "node3"]),
        ("finished", None),
    ]
    shown = outcome.output.rpartition("Show the result")[2]
    assert f'"report": "{report}"' in shown
    assert LINE.format("node1") in shown
    assert "node2: not measured: No room for the record." in shown
    assert re.search("node3: not measured: .*reset by peer", shown)
    said = " ".join(page(report).itertext())
    assert "iptables to nftables" in said
    assert all(name in said for name in NODES)


def test_a_play_that_stops_has_its_report(playbooks: Playbooks, tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    outcome = playbooks.run(
        PLAYBOOK,
        nodes=NODES,
        variables={**MEASURED, "mode_migration_report": str(report)},
        answers={"kube_proxy_node_rules node1": [{}, {"failed": True, "msg": "kube-proxy is in mode iptables."}, {}]},
    )
    assert outcome.status != 0
    assert probed(outcome, "node1") == [
        "absent",
        "started",
        *("frozen", "clean", "frozen", "clean"),
        *("stopped", "absent"),
    ]
    assert probed(outcome, "node2") == []
    before, _end, after = outcome.output.partition("clusterops.kube_proxy.mode_migration : Stop]")
    assert LINE.format("node1") in before
    assert "The migration to nftables stopped." in after
    assert "node1" in " ".join(page(report).itertext())


def test_nodes_that_moved_are_not_measured_and_a_report_that_cannot_be_written_is_no_reason_to_stop(
    playbooks: Playbooks, tmp_path: Path
) -> None:
    outcome = playbooks.run(
        PLAYBOOK,
        nodes=NODES[:2],
        variables={**MEASURED, "mode_migration_report": str(tmp_path / "no such folder" / "report.html")},
        answers={"kube_proxy_info": [in_stages(node1="moved", node2="former")]},
    )
    assert outcome.status == 0, outcome.output
    assert probed(outcome, "node1") == ["absent", "frozen", "clean"]
    assert probed(outcome, "node2") == ["absent", "started", "frozen", "clean", "stopped", "absent"]
    assert LINE.format("node1") not in outcome.output
    assert '"report": "Destination directory ' in outcome.output.rpartition("Show the result")[2]


def test_where_nothing_is_to_be_done_nothing_is_measured(playbooks: Playbooks, tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    outcome = playbooks.run(
        PLAYBOOK,
        nodes=NODES[:1],
        variables={**MEASURED, "mode_migration_report": str(report)},
        answers={"kube_proxy_migration": [{"changed": False, "migration": None}]},
    )
    assert outcome.status == 0, outcome.output
    assert "is as requested" in outcome.output
    assert outcome.of("kube_proxy_node_probe") == []
    assert "changed=0" in outcome.output
    assert not report.exists()


def test_targets_of_any_host_that_are_none_are_refused_before_anything_changes(playbooks: Playbooks) -> None:
    target = "{{ 'web:80' if inventory_hostname == 'node2' else '10.96.0.1:443' }}"
    outcome = playbooks.run(
        PLAYBOOK,
        nodes=NODES,
        variables={"kube_proxy_mode": "nftables"},
        inventory={"mode_migration_probe_targets": [target]},
    )
    assert outcome.status != 0
    assert "mode_migration_probe_targets[0].address: 'web' is not an IP address" in outcome.output
    assert outcome.calls == []
