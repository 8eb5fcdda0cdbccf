# SPDX-License-Identifier: GPL-3.0-or-later

"""Where every node stands, from its label and from both DaemonSets' pods."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.json_types import Json
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.annotations import MIGRATION
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.current import Current
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.daemon_set import DaemonSet
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.migration import (
    Record,
    Side,
    Stage,
    plan_exclusion,
    second_daemon_set,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.migration_state import (
    Migration,
    migration,
    unknown_nodes,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.pods import owned

from . import proxy_objects as objects
from .proxy_objects import NEW, OLD, merged

RECORD = Record(Side(OLD, "iptables"), Side(NEW, "nftables"))


def node(name: str, label: str | None = None, *, ready: bool = True) -> Json:
    labels = {} if label is None else {MIGRATION: label}
    condition = {"type": "Ready", "status": "True" if ready else "Unknown"}
    return {"metadata": {"name": name, "labels": labels}, "status": {"conditions": [condition]}}


def moved_pod(name: str, **more: t.Any) -> Json:
    raw = objects.pod(name, NEW, **more)
    raw["metadata"]["ownerReferences"] = [{"uid": "u2"}]
    return raw


def state(
    nodes: list[Json],
    pods: list[Json],
    moved: list[Json],
    *,
    content: str = OLD,
    record: Record | None = RECORD,
    second: bool = True,
    second_content: str = NEW,
) -> Migration:
    raw = objects.daemon_set(content)
    begun = merged(raw, plan_exclusion(DaemonSet(raw)))
    first = Current(objects.config_map(), DaemonSet(begun), owned(pods, DaemonSet(begun)), content)
    made = second_daemon_set(first.daemon_set, "kube-proxy", NEW)
    made["metadata"]["uid"] = "u2"
    daemon_set = DaemonSet(made)
    desired = Current(objects.config_map(), daemon_set, owned(moved, daemon_set), second_content)
    return migration(first, desired if second else None, record, nodes)


def test_some_nodes_have_moved() -> None:
    found = state(
        [node("a", "moved"), node("b", "between"), node("c"), node("d", ready=False), node("windows")],
        [objects.pod("c", OLD), objects.pod("d", OLD)],
        [moved_pod("a")],
    )
    assert {each.name: each.stage for each in found.nodes} == {
        "a": Stage.MOVED,
        "b": Stage.BETWEEN,
        "c": Stage.FORMER,
        "d": Stage.FORMER,
    }
    assert {each.name: each.ready for each in found.nodes}["d"] is False
    assert found.summary() == "1 of 4 nodes run nftables"
    assert found.edits() == []
    assert (found.present, found.finishing) == (True, False)


def test_a_moved_node_whose_pod_is_not_ready_does_not_run_it() -> None:
    found = state([node("a", "moved"), node("b", "moved")], [], [moved_pod("a", ready=False)])
    assert found.summary() == "0 of 2 nodes run nftables"


def test_where_the_mode_stays_the_sentence_names_the_configuration() -> None:
    record = Record(Side(OLD, "ipvs"), Side(NEW, "ipvs"))
    found = state([node("a", "moved")], [], [moved_pod("a")], record=record)
    assert found.summary() == "1 of 1 nodes run the desired configuration"


def test_a_label_that_somebody_made_up_keeps_the_node_out_of_both() -> None:
    assert state([node("a", "elsewhere")], [], []).at(Stage.BETWEEN) == ["a"]


def test_while_it_is_finished_nodes_are_taken_back_one_by_one() -> None:
    found = state(
        [node("a", "moved"), node("b"), node("down", ready=False)],
        [objects.pod("b", NEW), objects.pod("down", OLD, created="2026-11-01T09:00:00Z")],
        [moved_pod("a")],
        content=NEW,
    )
    assert found.finishing
    assert (found.at(Stage.FINISHED), found.at(Stage.MOVED), found.at(Stage.FORMER)) == (["b"], ["a"], ["down"])
    assert found.summary() == "2 of 3 nodes run nftables"


def test_a_node_that_was_removed_from_the_cluster() -> None:
    found = state([node("a")], [objects.pod("a", OLD), objects.pod("gone", OLD)], [])
    assert {each.name: each.ready for each in found.nodes} == {"a": True, "gone": None}
    assert "gone have no kube-proxy that could be moved (nodes that have: a)" in unknown_nodes(found, ["a", "gone"])
    assert unknown_nodes(found, ["a"]) == ""


def test_of_two_pods_on_a_node_the_one_counts_that_stays() -> None:
    leaving = objects.pod("a", OLD)
    leaving["metadata"].update(name="leaving", deletionTimestamp="2026-11-21T09:30:00Z")
    for pods in ([leaving, objects.pod("a", OLD)], [objects.pod("a", OLD), leaving]):
        [found] = state([node("a")], pods, []).nodes
        assert found.pod is not None
        assert found.pod.name == "kube-proxy-a"


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"content": "sha256:other"}, "does not hold the former configuration"),
        ({"second_content": "sha256:other"}, "does not hold the desired configuration"),
        ({"record": None}, "is not there"),
        ({"second": False}, "is not there"),
    ],
)
def test_what_somebody_else_did_is_noticed(more: dict[str, t.Any], says: str) -> None:
    found = state([node("a")], [objects.pod("a", OLD)], [], **more)
    assert [says in edit for edit in found.edits()] == [True]
    assert found.present


def test_without_any_trace_there_is_none() -> None:
    daemon_set = DaemonSet(objects.daemon_set(OLD))
    first = Current(objects.config_map(), daemon_set, owned([objects.pod("a", OLD)], daemon_set), OLD)
    assert not migration(first, None, None, [node("a")]).present
    # The label of a node that was down when a migration ended.
    assert migration(first, None, None, [node("a", "moved")]).present
