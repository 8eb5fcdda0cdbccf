# SPDX-License-Identifier: GPL-3.0-or-later

"""From what the role mode_migration registers to decisions, and back to data for its templates."""

from __future__ import annotations

import json

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.json_types import Json
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell import migration_results as results

PLAN = {"former": "ipvs", "mode": "nftables", "blocked": False, "findings": []}
DONE = {"changed": True}


def test_a_plan_has_what_is_about_nodes_as_well() -> None:
    finding = {"kind": "behaviour", "subject": "a", "what": "b", "todo": "c", "source": "d"}
    plan = {"former": "ipvs", "mode": "nftables", "blocked": False, "findings": [finding]}
    interface = {"name": "kube-ipvs0", "present": False, "addresses": []}
    node: Json = {
        "required": {"missing": [{"message": "no nf_tables\x1b"}], "unknown": []},
        "tools": {"nft": {"path": "/usr/sbin/nft", "version": "1.0.6"}},
        "found": {
            "ipvs": {
                "services": [],
                "reason": None,
                "interface": interface,
                "ipsets": [],
                "node_ports": [],
                "node_addresses": [],
            }
        },
        "kernel": {"distribution": {"family": None}},
        "systemd": False,
    }
    cluster = {"migration_plan": plan, "kube_proxy_version": "1.34.9"}
    switches = {"frozen_copy": False, "installs_tools": False}
    found = results.migration_plan(cluster, {"node1": node}, {"node1": switches})
    assert (found["former"], found["mode"], found["blocked"]) == ("ipvs", "nftables", True)
    [first, second] = found["findings"]
    assert (first["kind"], first["subject"], first["what"]) == ("blocking", "node node1", "no nf_tables\\x1b")
    assert second == finding
    assert json.loads(json.dumps(found)) == found
    with_copy = results.migration_plan(cluster, {"node1": node}, {"node1": {**switches, "frozen_copy": True}})
    assert len(with_copy["findings"]) == 3
    assert results.migration_plan(cluster, {}, {}) == plan


def test_what_blocks_is_told_with_what_to_do() -> None:
    blocking = {"kind": "blocking", "subject": "node a", "what": "kernel 5.4", "todo": "update it", "source": "s"}
    other = {**blocking, "kind": "follow", "subject": "Calico"}
    assert results.migration_problem({**PLAN, "findings": [other]}) == ""
    said = results.migration_problem({**PLAN, "findings": [other, blocking]})
    assert said == "Nothing was changed: node a: kernel 5.4; update it."


def test_the_kubelet_of_a_node() -> None:
    reported = {"a": "v1.28.3", "b": None, "c": "v1.30.5-eks-1a2b", "d": "v0.0.0-master+$Format:%H$"}
    found = {"nodes": [{"node": name, "kubelet_version": version} for name, version in reported.items()]}
    versions = {name: results.kubelet_version(found, name) for name in [*reported, "gone"]}
    assert versions == {"a": "1.28.3", "b": "", "c": "1.30.5", "d": "", "gone": ""}


def test_nodes_that_moved_come_first_and_wrong_settings_are_told() -> None:
    settings = {"canaries": "", "canary_label": "", "batch": "1"}
    moved = {"migration": {"nodes": [{"node": "b", "stage": "moved"}, {"node": "a", "stage": "between"}]}}
    assert results.migration_batches(["a", "b", "c"], moved, settings) == {
        "batches": [["b"], ["a"], ["c"]],
        "moved": ["b"],
        "problem": "",
    }
    none: Json = {"migration": None, "selected_nodes": None}
    assert results.migration_batches(["a", "b"], none, {**settings, "canaries": "b"})["batches"] == [["b"], ["a"]]
    labelled = {**none, "selected_nodes": ["c"]}
    by_label = {**settings, "canary_label": "pool=test"}
    assert results.migration_batches(["a", "b", "c"], labelled, by_label)["batches"] == [["c"], ["a"], ["b"]]
    refused = results.migration_batches(["a"], none, {**settings, "batch": "many"})
    assert refused["problem"].startswith("Refused, nothing was changed: mode_migration_batch: 'many' is neither")


def test_a_batch_from_what_its_nodes_registered() -> None:
    def host(name: str, **registered: Json) -> Json:
        verified = {"drift": []}
        return {
            "mode_migration_node": name,
            "mode_migration_settings": {"frozen_copy": True},
            "mode_migration_read": {"kube_proxy": {"mode": registered.get("mode", "iptables")}},
            **{f"mode_migration_{key}": value for key, value in registered.items()},
            "mode_migration_verified": registered.get("verified", verified),
        }

    hostvars = {
        "a": host("node-a", frozen=DONE, cleaned=DONE),
        "b": host("node-b", frozen={"failed": True, "msg": "No nft.\x1b"}),
        "c": host("node-c", cleaned=DONE),
        "left": {},
    }
    batch, modes = ["node-a", "node-b"], ("iptables", "nftables")
    before = results.migration_decision(list(hostvars), hostvars, {"skipped": True}, batch, modes)
    assert (before["to_copy"], before["to_move"]) == (["node-a", "node-b"], ["node-a"])
    assert before["put_back"]
    stages = {"migration": {"nodes": [{"node": "node-a", "stage": "between"}]}}
    crashed = {**stages, "failed": True, "msg": "node-a does not stay up", "failed_pods": [{"log": ["F1"]}]}
    after = results.migration_decision(list(hostvars), hostvars, crashed, batch, modes)
    assert (list(after["returning"]), list(after["former"])) == (["node-a"], ["node-a", "node-b"])
    assert after["to_copy_back"] == ["node-a"]
    assert "node-b: no frozen copy: No nft.\\x1b" in after["message"]
    assert "Log: F1." in after["message"]
    hostvars["a"]["mode_migration_copied_back"] = {"failed": True, "msg": "Nothing to copy."}
    hostvars["a"]["mode_migration_returned"] = {"failed": True, "msg": "Gone."}
    hostvars["b"]["mode_migration_tidied"] = {"failed": True, "msg": "Not read."}
    again = results.migration_decision(list(hostvars), hostvars, crashed, batch, modes)
    assert "The former mode could not be given back to node-a: Gone." in again["message"]
    assert "node-a: no frozen copy on the way back: Nothing to copy." in again["message"]
    del hostvars["a"]["mode_migration_returned"]
    again = results.migration_decision(list(hostvars), hostvars, crashed, batch, modes)
    assert "node-b: what mode nftables left is still there, and goes with the next run: Not read." in again["message"]


def test_where_kube_proxy_is_before_the_batch() -> None:
    """It listens at the address of the configuration that it runs, which the migration may change."""
    former, desired = {"metrics_address": "127.0.0.1:10249"}, {"metrics_address": "127.0.0.1:10259"}
    asked = {node: results.migration_running(["b"], node, former, desired) for node in ("a", "b")}
    assert asked == {"a": former, "b": desired}


def test_what_a_run_came_to() -> None:
    nodes = {"covered": ["a"], "ignored": ["b"]}
    assert results.migration_outcome({"migration": None}, nodes, check_mode=False) == "is as requested"
    begun: Json = {"migration": {"summary": ""}}
    assert results.migration_outcome(begun, nodes, check_mode=True) == "would be changed, node by node"
    assert results.migration_outcome(begun, nodes, check_mode=False).endswith("1 ignored node is not known: b")
