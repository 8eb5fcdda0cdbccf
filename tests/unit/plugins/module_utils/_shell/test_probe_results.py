# SPDX-License-Identifier: GPL-3.0-or-later

"""What is kept of the tasks of a probe, and shown of all nodes."""

from __future__ import annotations

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.json_types import Json
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell import probe_results as results

OK: Json = {"changed": True}
SKIPPED: Json = {"skipped": True}
FIGURES: Json = {"targets": [{"address": "10.96.0.1:443"}]}


@pytest.mark.parametrize(
    ("steps", "counts"),
    [
        ([OK, OK, FIGURES], FIGURES),
        ([OK, {"failed": True, "msg": "a"}, SKIPPED], {"failed": True, "msg": "a"}),
        ([{"unreachable": True, "msg": "b"}, SKIPPED, SKIPPED], {"unreachable": True, "msg": "b"}),
        ([OK, OK, {"failed": True, "msg": "c"}], {"failed": True, "msg": "c"}),
    ],
)
def test_the_first_failure_counts_or_the_figures(steps: list[Json], counts: Json) -> None:
    assert results.probe_measured(steps) == counts


def test_nodes_in_their_order_and_none_that_was_not_measured() -> None:
    hostvars: Json = {
        "h1": {"mode_migration_node": "b", "mode_migration_measured": {"msg": "x"}},
        "h2": {"mode_migration_node": "a", "mode_migration_measured": {"msg": "y"}},
        "h3": {"mode_migration_node": "c", "mode_migration_measured": {}},
        "h4": {},
    }
    found = results.probe_results(hostvars, hostvars)
    assert list(found.items()) == [("a", {"msg": "y"}), ("b", {"msg": "x"})]
    assert results.probe_lines(found, ["b", "c"]) == ["b: not measured: x"]


def test_a_picture_of_probes() -> None:
    text = results.probe_picture({"node1": {"msg": "no route"}}, "iptables to nftables")
    assert "<title>iptables to nftables</title>" in text
    assert "no route" in text
