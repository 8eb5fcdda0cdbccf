# SPDX-License-Identifier: GPL-3.0-or-later

"""Which nodes a play covers, from pods, hosts and the nodes to ignore."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.play_nodes import (
    node_names,
    node_names_problems,
    play_nodes,
    verify_problems,
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


@pytest.mark.parametrize("given", [None, "", "node3, node4", '["node3"]', [], ["node3", "", None]])
def test_what_names_nodes_has_no_problem(given: t.Any) -> None:
    assert node_names_problems(given) == []


@pytest.mark.parametrize(
    ("given", "paths"),
    [(5, [""]), (True, [""]), ({}, [""]), ({"a": 1}, [""]), (["a", 5, True, ["b"]], ["[1]", "[2]", "[3]"])],
)
def test_what_names_no_nodes_is_told_with_its_place(given: t.Any, paths: list[str]) -> None:
    assert [problem.path for problem in node_names_problems(given)] == paths


@pytest.mark.parametrize(
    ("retries", "delay", "paths"),
    [
        (20, 3, []),
        (0, 0, []),
        (31_622_400, 1, []),
        (-1, 3, ["verify_retries"]),
        (20, -1, ["verify_delay"]),
        (-1, -1, ["verify_retries", "verify_delay"]),
        (20, 10**12, ["verify_delay"]),
        (10**12, 0, ["verify_retries"]),
        (31_622_400, 2, ["verify_retries"]),
    ],
)
def test_checks_of_a_node_take_no_longer_than_a_year(retries: int, delay: int, paths: list[str]) -> None:
    assert [problem.path for problem in verify_problems(retries, delay)] == paths


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
