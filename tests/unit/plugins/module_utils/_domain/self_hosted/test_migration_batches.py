# SPDX-License-Identifier: GPL-3.0-or-later

"""Canaries first, then batches, and first of all what an interrupted run left."""

from __future__ import annotations

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.problems import ValidationError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.migration_batches import batches

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
    assert batches(NODES, moved, canaries, size) == expected


@pytest.mark.parametrize("size", ["0", 0, "", "many", "0%", "101%", "-1", "1.5", "%", "٣"])
def test_a_size_that_is_none_is_refused(size: str | int) -> None:
    with pytest.raises(ValidationError, match=r"mode_migration_batch: .*neither a number of nodes"):
        batches(NODES, [], [], size)


def test_canaries_that_are_no_nodes_are_named() -> None:
    with pytest.raises(ValidationError, match="mode_migration_canaries: no nodes of this play: x, y"):
        batches(NODES, [], ["x", "a", "y"], 1)


def test_no_node_no_batch() -> None:
    assert batches([], [], [], 1) == []
