# SPDX-License-Identifier: GPL-3.0-or-later

"""Canaries first, then batches, and first of all what an interrupted run left."""

from __future__ import annotations

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.problems import ValidationError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.migration_batches import (
    Canaries,
    batches,
    longest_batch,
    node_timeout_problem,
)

NODES = ["a", "b", "c", "d", "e", "f", "g"]


@pytest.mark.parametrize(
    ("moved", "canaries", "size", "expected"),
    [
        ([], [], 1, [["a"], ["b"], ["c"], ["d"], ["e"], ["f"], ["g"]]),
        ([], [], 3, [["a"], ["b", "c", "d"], ["e", "f", "g"]]),
        ([], [], "4", [["a"], ["b", "c", "d", "e"], ["f", "g"]]),
        ([], [], "25%", [["a"], ["b", "c"], ["d", "e"], ["f", "g"]]),
        ([], [], "100%", [["a"], ["b", "c", "d", "e", "f", "g"]]),
        ([], [], "1%", [["a"], ["b"], ["c"], ["d"], ["e"], ["f"], ["g"]]),
        ([], ["f", "c"], 5, [["f"], ["c"], ["a", "b", "d", "e", "g"]]),
        (["f"], ["f", "c"], 5, [["f"], ["c"], ["a", "b", "d", "e", "g"]]),
        (["a", "b"], [], 3, [["a", "b"], ["c", "d", "e"], ["f", "g"]]),
        (NODES, [], 3, [NODES]),
    ],
)
def test_order(moved: list[str], canaries: list[str], size: str | int, expected: list[list[str]]) -> None:
    assert batches(NODES, moved, Canaries(canaries), size) == expected


@pytest.mark.parametrize("size", ["0", 0, "", "many", "0%", "101%", "-1", "1.5", "%", "٣"])
def test_a_size_that_is_none_is_refused(size: str | int) -> None:
    with pytest.raises(ValidationError, match=r"mode_migration_batch: .*neither a number of nodes"):
        batches(NODES, [], Canaries(), size)


@pytest.mark.parametrize(("seconds", "fault"), [(0, "no time"), (-1, "no time"), (86_401, "more than a day")])
def test_a_time_in_which_no_node_changes_is_refused(seconds: int, fault: str) -> None:
    assert fault in str(node_timeout_problem(seconds))
    assert [node_timeout_problem(seconds) for seconds in (1, 300, 86_400)] == [None] * 3


def test_canaries_that_are_no_nodes_are_named() -> None:
    with pytest.raises(ValidationError, match="mode_migration_canaries: no nodes of this play: x, y"):
        batches(NODES, [], Canaries(["x", "a", "y"]), 1)


def test_nodes_with_the_label_go_first_after_those_that_are_named() -> None:
    labelled = Canaries((), "pool=test", ["x", "f", "b"])
    assert batches(NODES, [], labelled, 5) == [["b"], ["f"], ["a", "c", "d", "e", "g"]]
    assert batches(NODES, ["b"], labelled, 5) == [["b"], ["f"], ["a", "c", "d", "e", "g"]]
    both = Canaries(["g", "f"], "pool=test", ["f", "b"])
    assert batches(NODES, [], both, 5) == [["g"], ["f"], ["b"], ["a", "c", "d", "e"]]


@pytest.mark.parametrize("labelled", [[], ["x"]])
def test_a_label_that_no_node_has_is_named(labelled: list[str]) -> None:
    with pytest.raises(ValidationError, match=r"mode_migration_canary_label: no node of this play has.*'pool=test'"):
        batches(NODES, [], Canaries((), "pool=test", labelled), 1)


def test_all_that_is_wrong_with_canaries_is_told() -> None:
    with pytest.raises(ValidationError) as refused:
        batches(NODES, [], Canaries(["x"], "pool=test"), 1)
    assert [problem.path for problem in refused.value.problems] == [
        "mode_migration_canaries",
        "mode_migration_canary_label",
    ]


def test_no_node_no_batch() -> None:
    assert batches([], [], Canaries(), 1) == []


def test_a_batch_takes_as_long_as_its_steps_wait_on_both_ways() -> None:
    assert longest_batch(300, 0, 60) == 4 * 300 + 60 + 120
    assert longest_batch(300, 90.5, 0) == 4 * 300 + 90.5 + 120
    # What the modules refuse, in a message of their own.
    assert longest_batch(-1, float("nan"), -5) == 120
    assert longest_batch(10**400, float("inf"), 0) == 5 * 86_400 + 120
