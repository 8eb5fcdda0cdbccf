# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of feature gates: what the real kube-proxy takes is in ``tests/functional/differential``."""

from __future__ import annotations

import itertools

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy import (
    feature_gate_table,
    feature_gates,
)


def test_the_table_is_in_order() -> None:
    lines = feature_gate_table.STAGES.split()
    names = [word for word in lines if word in feature_gates.gates()]
    assert names == sorted(set(names))
    for name, stages in feature_gates.gates().items():
        assert [stage.since for stage in stages] == sorted({stage.since for stage in stages}), name
        assert all(before[1:] != after[1:] for before, after in itertools.pairwise(stages)), name


@pytest.mark.parametrize("minor", range(feature_gate_table.FIRST, feature_gate_table.LAST + 1))
def test_what_a_gate_needs_is_known_and_the_defaults_go_together(minor: int) -> None:
    assert feature_gates.combination_problem({}, minor) is None
    needed = {word for line in feature_gate_table.NEEDS.split("\n") for word in line.split() if not word.isdigit()}
    assert needed <= set(feature_gates.gates())


@pytest.mark.parametrize(
    ("name", "value", "minor", "part"),
    [
        ("NFTablesProxyMode", True, 36, None),
        ("NFTablesProxyMode", False, 32, None),
        ("NFTablesProxyMode", False, 33, "locked to true and would not start: remove it"),
        ("NFTablesProxyMode", True, 28, "does not have this feature gate yet, it came with 1.29"),
        ("EndpointSlice", True, 24, None),
        ("EndpointSlice", True, 25, "does not have this feature gate any more, it was removed in 1.25"),
        ("LoggingBetaOptions", True, 26, "it came with 1.27"),
        ("ComponentStatusz", True, 34, None),
        ("NFTableProxyMode", True, 36, "has no feature gate of this name (did you mean NFTablesProxyMode?)"),
        ("AllAlpha", True, 36, None),
        ("BrandNew", True, feature_gate_table.LAST, "has no feature gate of this name"),
        ("BrandNew", True, feature_gate_table.LAST + 1, "to 1.36 and none of this name"),
        ("EndpointSlice", True, feature_gate_table.LAST + 1, "removed in 1.25"),
        ("CSIMigration", True, 19, None),
    ],
)
def test_objection(name: str, value: bool, minor: int, part: str | None) -> None:
    said = feature_gates.objection(name, value, minor)
    assert (said is None) is (part is None)
    assert (part or "") in (said or "")


def test_a_gate_that_is_on_says_what_it_needs() -> None:
    said = feature_gates.combination_problem({"PodLevelResourceManagers": True, "PodLevelResources": False}, 36)
    assert said is not None
    assert "PodLevelResourceManagers needs PodLevelResources" in said
