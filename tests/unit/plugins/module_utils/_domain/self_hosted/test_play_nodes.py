# SPDX-License-Identifier: GPL-3.0-or-later

"""Which nodes a play covers, from pods, hosts and the nodes to ignore."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.play_nodes import (
    node_names,
    play_nodes,
)


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (None, []),
        ("", []),
        ("  ", []),
        ("node3, node4", ["node3", "node4"]),
        ("node3 node4\n", ["node3", "node4"]),
        ('["node3", "node4.example.org"]', ["node3", "node4.example.org"]),
        ([], []),
        (["node3", "", None, "node4"], ["node3", "node4"]),
    ],
)
def test_names_come_as_a_list_or_as_text(given: t.Any, names: list[str]) -> None:
    assert node_names(given) == names


def test_a_play_of_every_node_has_no_problem() -> None:
    nodes = play_nodes(["node2", "node1", "node1"], ["node1", "node2"], [])
    assert (nodes.problem, nodes.covered, nodes.uncovered, nodes.unknown) == ("", ["node1", "node2"], [], [])


def test_ignored_nodes_may_be_absent_from_the_play_and_from_the_cluster() -> None:
    nodes = play_nodes(["node1", "node3"], ["node1", "node4"], ["node3", "node4"])
    assert (nodes.problem, nodes.covered, nodes.ignored) == ("", ["node1"], ["node3", "node4"])


def test_the_problem_names_the_nodes_and_the_remedy() -> None:
    nodes = play_nodes(["node3", "node1", "node2"], ["node1", "other"], [])
    assert nodes.problem.startswith("Nothing was changed. ")
    assert "self_hosted_cluster_ignore_nodes" in nodes.problem
    assert "Nodes that are not: node2, node3." in nodes.problem
    assert "Hosts without a pod of kube-proxy: other; set self_hosted_cluster_node_name" in nodes.problem
    only_hosts = play_nodes(["node1"], ["node1", "other"], [])
    assert "Nodes that are not" not in only_hosts.problem
    assert "other" in only_hosts.problem


@pytest.mark.parametrize(("count", "seconds"), [(1, 600), (10, 600), (11, 660), (45, 2700)])
def test_big_clusters_get_time(count: int, seconds: int) -> None:
    names = [f"node{number}" for number in range(count)]
    # Ignored nodes count: their pods may follow during the rollout.
    assert play_nodes(names, names[:1], names[1:]).rollout_timeout == seconds
