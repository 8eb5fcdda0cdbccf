# SPDX-License-Identifier: GPL-3.0-or-later

"""What was measured on a node, in words that nothing from the node can forge."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.probe_lines import lines


def target(**more: t.Any) -> dict[str, t.Any]:
    figures = {"address": "10.96.0.1:443", "protocol": "tcp", "label": "", "hold": None}
    return {**figures, "failures": 0, "connections": 1078, "longest_gap": 0.07, **more}


def test_a_line_for_each_target() -> None:
    others = target(label="dns\n", protocol="dns", failures=33, longest_gap=13.8)
    assert lines("node1", {"targets": [target(), others]}) == [
        "node1, 10.96.0.1:443: 0 of 1078 failed, longest gap 0.07 s",
        "node1, dns\\n (dns): 33 of 1078 failed, longest gap 13.8 s",
    ]


@pytest.mark.parametrize(
    ("survived", "broke_at", "said"),
    [(True, None, "survived"), (False, None, "was not answered any more"), (False, 5.25, "broke after 5.25 s")],
)
def test_the_connection_that_was_kept_open(survived: bool, broke_at: float | None, said: str) -> None:
    [line] = lines("node1", {"targets": [target(hold={"survived": survived, "broke_at": broke_at})]})
    assert line.endswith(f"longest gap 0.07 s; the connection kept open {said}")


@pytest.mark.parametrize(
    ("result", "said"),
    [({"msg": "No Python\x1b", "failed": True}, "No Python\\x1b"), ({"targets": []}, "no figures"), ({}, "no figures")],
)
def test_why_there_are_no_figures(result: dict[str, t.Any], said: str) -> None:
    assert lines("node1", result) == [f"node1: not measured: {said}"]
