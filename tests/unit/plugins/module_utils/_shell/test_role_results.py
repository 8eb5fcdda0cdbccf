# SPDX-License-Identifier: GPL-3.0-or-later

"""What roles register becomes the domain's types, and decisions become data that templates can use."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.rollback_decision import (
    Answer,
    Step,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell import role_results as results

Json = dict[str, t.Any]

SKIPPED = {"changed": False, "skipped": True, "skip_reason": "Conditional result was False"}
IN_FORCE = "The former configuration is in force again on every node."
HOSTVARS: Json = {
    "first": {"self_hosted_cluster_node": "node1", "self_hosted_cluster_verified": {"drift": []}},
    "second": {
        "self_hosted_cluster_node": "node2",
        "self_hosted_cluster_verified": {"drift": ["the mode is iptables."]},
        "self_hosted_cluster_boot_failure": "no space left on device",
    },
    # Left the play before the role began.
    "third": {"ansible_host": "192.0.2.3"},
}


def registered(**more: t.Any) -> Json:
    """The results of a run that changes the configuration, up to its verification."""
    return {
        "found": {"config_checksum": "sha256:old", "rollout_pending": False},
        "plan": {"config_checksum": "sha256:new"},
        "edit": {"changed": True},
        "rollout": {"changed": True, "restarted": True, "nodes_skipped": []},
        "drift": [],
        "undo": {"skipped": True},
        "restored": {"skipped": True},
        "restored_drift": None,
        "boot_failures": [],
        "rollback": True,
        "check_mode": False,
        **more,
    }


def outcome(**more: t.Any) -> Json:
    return results.change_outcome(registered(**more))


@pytest.mark.parametrize(
    ("result", "step"),
    [
        (SKIPPED, Step(ran=False)),
        ({"changed": True, "diff": {}}, Step(changed=True)),
        (
            {"failed": True, "changed": True, "msg": "It crashed.", "failed_pod": {"log": ["a", "b"], "node": "node1"}},
            Step(failed=True, changed=True, message="It crashed.", log=("a", "b")),
        ),
        ({"failed": True, "failed_pod": None}, Step(failed=True)),
        ({"unreachable": True, "changed": False, "msg": "No route"}, Step(unreachable=True, message="No route")),
        ({}, Step()),
    ],
)
def test_a_result_becomes_a_step(result: Json, step: Step) -> None:
    assert results.step(result) == step


@pytest.mark.parametrize(
    ("verified", "answer"),
    [
        ({"drift": [], "changed": False}, Answer("node1", ())),
        ({"drift": ["a"], "failed": True, "msg": "gave up"}, Answer("node1", ("a",), "gave up")),
        ({"failed": True, "msg": "no sudo"}, Answer("node1", None, "no sudo")),
        ({}, Answer("node1")),
    ],
)
def test_a_verification_becomes_an_answer(verified: Json, answer: Answer) -> None:
    assert results.answer("node1", verified) == answer


def test_drift_is_that_of_nodes_that_took_part() -> None:
    assert results.node_drift(list(HOSTVARS), HOSTVARS) == ["node2: the mode is iptables"]
    assert results.node_drift(list(HOSTVARS), HOSTVARS, ["node2"]) == []
    silent = {"first": {"self_hosted_cluster_node": "node1", "self_hosted_cluster_verified": {}}}
    assert results.node_drift(["first"], silent) == ["node1: it was not verified"]


def test_a_change_without_a_failure() -> None:
    decided = outcome()
    assert (decided["failed"], decided["changed"], decided["roll_back"], decided["message"]) == (False, True, False, "")
    assert json.loads(json.dumps(decided)) == decided


@pytest.mark.parametrize(
    ("more", "changed"),
    [
        ({}, True),
        ({"edit": SKIPPED, "rollout": {"changed": False}, "plan": {"config_checksum": "sha256:old"}}, False),
        (
            {
                "edit": SKIPPED,
                "rollout": {"changed": False},
                "plan": {"config_checksum": "sha256:old"},
                "found": {"config_checksum": "sha256:old", "rollout_pending": True},
            },
            True,
        ),
        ({"edit": SKIPPED, "plan": {"config_checksum": "sha256:old"}}, True),
    ],
    ids=["edit", "nothing", "interrupted_rollout", "rollout_alone"],
)
def test_what_counts_as_a_change(more: Json, changed: bool) -> None:
    assert outcome(**more)["changed"] is changed


@pytest.mark.parametrize(
    ("more", "roll_back", "message"),
    [
        (
            {"edit": {"failed": True, "msg": "Conflict."}, "rollout": SKIPPED},
            False,
            "Conflict. No rollback: this run had changed nothing.",
        ),
        (
            {"edit": {"failed": True, "changed": True, "msg": "Lost."}, "rollout": SKIPPED},
            True,
            "Lost. Rollback failed: it was interrupted.",
        ),
        (
            {"edit": {"unreachable": True, "msg": "Reset."}, "rollout": SKIPPED},
            True,
            "Reset. Rollback failed: it was interrupted.",
        ),
        (
            {"rollout": {"failed": True, "msg": "Crash.", "failed_pod": {"log": ["x", "y"]}}, "rollback": False},
            False,
            "Crash. Log: x / y. No rollback: self_hosted_cluster_rollback is false.",
        ),
        ({"rollout": {"failed": True, "msg": "Not Ready."}, "check_mode": True}, False, "Not Ready."),
        (
            {"drift": ["node2: off"], "undo": {"failed": True, "msg": "undo: nothing to restore."}},
            True,
            "Not every node does what was requested. node2: off. Rollback failed: undo: nothing to restore.",
        ),
    ],
    ids=["edit", "edit_after_change", "edit_unreachable", "rollback_off", "check_mode", "undo"],
)
def test_failures(more: Json, roll_back: bool, message: str) -> None:
    decided = outcome(**more)
    assert decided["failed"]
    assert (decided["roll_back"], decided["message"]) == (roll_back, message)


def test_a_rollback_with_everything_to_report() -> None:
    restored = {"mode": "iptables", "effective": {"mode": "iptables"}, "changed": False}
    done = registered(drift=["node2: off"], undo={"changed": True}, restored=restored, restored_drift=[])
    decided = results.change_outcome({**done, "boot_failures": results.boot_failures(HOSTVARS, HOSTVARS)})
    assert decided["undone"]
    assert decided["message"].endswith(
        f"{IN_FORCE} The list of modules to load at boot was not restored. node2: no space left on device"
    )
    skipped = {**done, "undo": {"changed": True, "nodes_skipped": ["node1"]}}
    assert "except node1, which is not Ready." in results.change_outcome(skipped)["message"]
    for broken, reason in (
        ({"restored": {"failed": True, "msg": "No route."}}, "No route."),
        ({"restored": {"mode": None, "effective": None}}, "cannot be decoded"),
        ({"restored_drift": ["node1: off"]}, "node1: off."),
    ):
        message = results.change_outcome({**done, **broken})["message"]
        assert f"could not be verified: {reason}" in message or reason in message
        assert IN_FORCE not in message


def test_the_nodes_of_a_play() -> None:
    found = {"nodes": [{"node": "node1"}, {"node": "node2"}, {"node": "node3"}]}
    nodes = results.cluster_nodes("node3", found, ["node1", "node2"])
    assert nodes == {
        "ignored": ["node3"],
        "covered": ["node1", "node2"],
        "uncovered": [],
        "unknown": [],
        "rollout_timeout": 600,
        "problem": "",
    }
    assert "node2" in results.cluster_nodes(None, found, iter(["node1", "node3"]))["problem"]


def test_what_a_node_has_to_be_ready_for() -> None:
    plan = {
        "mode": "ipvs",
        "kube_proxy_version": "1.33.1",
        "effective": {
            "ipvs": {"scheduler": "lc"},
            "metricsBindAddress": "127.0.0.1:10249",
            "healthzBindAddress": "0.0.0.0:10256",
        },
    }
    request = {
        "mode": "ipvs",
        "scheduler": "lc",
        "kube_proxy_version": "1.33.1",
        "metrics_address": "127.0.0.1:10249",
        "healthz_address": "0.0.0.0:10256",
        # Not known: clusterCIDR is not given.
        "ip_families": [],
    }
    assert results.node_request(plan) == request
    assert results.node_request({**plan, "mode": "iptables"}) == {**request, "mode": "iptables", "scheduler": ""}
    assert results.node_request({**plan, "effective": {"ipvs": None}})["scheduler"] == "rr"
    # Undecodable, not read at all, and refused.
    for nothing in ({"mode": None, "effective": None}, SKIPPED, {"failed": True, "msg": "No route."}):
        found = results.node_request(nothing)
        assert found.pop("ip_families") == []
        assert set(found.values()) == {""}


@pytest.mark.parametrize(
    ("cidr", "families"),
    [
        ("10.244.0.0/16", ["IPv4"]),
        ("10.244.0.0/16,fd00:10:244::/56", ["IPv4", "IPv6"]),
        ("fd00:10:244::/56, 10.244.0.0/16", ["IPv4", "IPv6"]),
        ("fd00:10:244::/56", ["IPv6"]),
        ("", []),
        (None, []),
        ("nonsense", []),
    ],
)
def test_nodes_are_made_ready_for_the_families_of_the_cluster(cidr: str | None, families: list[str]) -> None:
    plan = {"mode": "nftables", "kube_proxy_version": "1.34.1", "effective": {"clusterCIDR": cidr}}
    assert results.node_request(plan)["ip_families"] == families


def test_packages_for_a_node() -> None:
    found = {
        "required": {"mode": "iptables"},
        "kernel": {"distribution": {"family": "redhat"}},
        "tools": {"modprobe": {"path": "/sbin/modprobe"}, "conntrack": None, "iptables": None, "nft": None},
    }
    packages = results.node_packages(found)
    assert packages["missing"] == ["conntrack", "iptables"]
    assert packages["command"] == ["dnf", "--assumeyes", "install", "conntrack-tools", "iptables"]


def test_sysctls_for_a_node() -> None:
    desired = {"net.ipv4.ip_forward": "1"}
    assert results.node_sysctls(desired, {"sysctls": {"net.ipv4.ip_forward": "0"}}) == ["net.ipv4.ip_forward=1"]
    assert results.node_sysctls(desired, {"sysctls": {"net.ipv4.ip_forward": "1"}}) == []


@pytest.mark.parametrize(
    ("entry_point", "check", "result", "line"),
    [
        ("main", False, {"changed": False}, "prod (GRA11): is as requested (ipvs, READY)"),
        ("main", True, {"changed": True}, "prod (GRA11): would be changed (ipvs, READY)"),
        (
            "main",
            True,
            {"changed": True, "usual_time": "minutes"},
            "prod (GRA11): would be changed (ipvs, READY); usual time: minutes",
        ),
        ("main", False, {"changed": True, "usual_time": "minutes"}, "prod (GRA11): was changed (ipvs, READY)"),
        ("create", True, {"changed": True, "action": "create"}, "prod (GRA11): would be created (ipvs, READY)"),
        ("reset", True, {"changed": True, "action": "reset"}, "prod (GRA11): WOULD BE RESET (ipvs, READY)"),
        (
            "reset",
            True,
            {"action": "reset", "usual_time": "minutes", "consequences": {"contents": {"summary": "2 volumes"}}},
            "prod (GRA11): WOULD BE RESET (ipvs, READY); loses: 2 volumes; usual time: minutes",
        ),
        (
            "reset",
            False,
            {"action": "reset", "consequences": {"contents": {"summary": "an unknown number of volumes"}}},
            "prod (GRA11): was reset, and has a new kubeconfig (ipvs, READY); lost: an unknown number of volumes",
        ),
        (
            "reset",
            False,
            {"action": "reset", "consequences": {"contents": None}},
            "prod (GRA11): was reset, and has a new kubeconfig (ipvs, READY)",
        ),
        ("destroy", False, {"changed": True}, "prod (GRA11): was deleted"),
        ("reset", False, {"action": "in_place"}, "prod (GRA11): was changed without a reset (ipvs, READY)"),
        (
            "reset",
            False,
            {"action": "none", "finished_reset": "10:00", "planned_body": None},
            "prod (GRA11): has finished the reset that an earlier run began at 10:00, and has a new kubeconfig "
            "(ipvs, READY)",
        ),
    ],
)
def test_one_line_for_each_cluster(entry_point: str, check: bool, result: dict[str, t.Any], line: str) -> None:
    known = {"name": "prod", "region": "GRA11", "status": "READY", "kube_proxy_mode": "ipvs", **result}
    hostvars = {"a": {"managed_cluster_result": known}, "b": {}}
    assert results.cluster_report(["a", "b"], hostvars, entry_point, check, 0) == [line]
    (block,) = results.cluster_report(["a", "b"], hostvars, entry_point, check, 1)
    assert block["cluster"] == "prod (GRA11)"
    assert block.get("usual_time") == result.get("usual_time")
    assert block.get("contents") == (result.get("consequences") or {}).get("contents")


FORGED = "node1\nFAKE TASK [ok] ***\x1b[31m"


def test_logs_names_and_answers_of_nodes_forge_no_line() -> None:
    crash = {"failed": True, "msg": f"Crash of {FORGED}", "failed_pod": {"log": [FORGED, "y\r"]}}
    said = [
        outcome(rollout=crash, rollback=False)["message"],
        outcome(drift=[FORGED], boot_failures=[FORGED])["message"],
        *results.node_drift(["h"], {"h": {results.NODE: FORGED, results.VERIFIED: {"drift": [FORGED]}}}),
        *results.node_drift(["h"], {"h": {results.NODE: FORGED, results.VERIFIED: {"failed": True, "msg": FORGED}}}),
        *results.boot_failures(["h"], {"h": {results.NODE: "n", results.BOOT_FAILURE: FORGED}}),
        results.shown(FORGED),
    ]
    assert [text for text in said if not text.isprintable()] == []
    assert any("FAKE TASK" in text for text in said)


@pytest.mark.parametrize("verbosity", [0, 1])
def test_names_and_statuses_of_clusters_forge_no_line(verbosity: int) -> None:
    result = {"name": FORGED, "region": FORGED, "status": FORGED, "kube_proxy_mode": FORGED, "changed": True}
    hostvars = {"h": {results.CLUSTER_RESULT: result}}
    [report] = results.cluster_report(["h"], hostvars, "main", False, verbosity)
    assert (report["cluster"] if verbosity else report).isprintable()


def info(mode: str | None = "iptables", node: str = "node1", **more: t.Any) -> Json:
    return {"mode": mode, "nodes": [{"node": node, "ready": True, "up_to_date": True, "mode": None, **more}]}


def test_a_change_of_the_mode_is_asked_about_and_refused_with_the_remedy() -> None:
    found = results.mode_change_check({"mode": "ipvs"}, info(), {}, [], False)
    assert found == {"ask": True, "problem": ""}
    found = results.mode_change_check({"mode": "ipvs"}, info(), info(node="no\x1bde", mode="iptables"), [], False)
    assert r"iptables on no\x1bde, and ipvs is desired" in found["problem"]
    assert found["problem"].endswith("node by node: use the playbook clusterops.kube_proxy.migrate_mode")


@pytest.mark.parametrize(("allowed", "ignored"), [(True, []), (False, ["node1"])])
def test_what_is_allowed_and_nodes_that_are_ignored_are_not_asked(allowed: bool, ignored: list[str]) -> None:
    found = results.mode_change_check({"mode": "ipvs"}, info(), info(mode="iptables"), ignored, allowed)
    assert found == {"ask": False, "problem": ""}


def test_a_skipped_question_refuses_nothing() -> None:
    assert results.mode_change_check({"mode": "iptables"}, info(), SKIPPED, [], False) == {"ask": False, "problem": ""}
