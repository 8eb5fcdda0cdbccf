# SPDX-License-Identifier: GPL-3.0-or-later

"""What is recommended for which cluster, the most urgent first."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.audit.differences import Difference
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.audit.recommendation import (
    Kind,
    recommendations,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.audit.record import (
    STATES,
    Node,
    Record,
    Sync,
)

SLOW = Node("a", sync=Sync(0.9, 2.5))
QUICK = Node("b", sync=Sync(0.1, 0.2))
LEFT = Node("c", leftovers=("interface kube-ipvs0",))
OTHER = Difference("ipvs.scheduler", "rr", "lc")
PLAIN: dict[str, t.Any] = {"desired": True, "mode": "iptables", "version": "1.34.1", "up_to_date": True}
IPVS = {"mode": "ipvs", "version": "1.35.0"}


@pytest.mark.parametrize(
    ("members", "state", "kinds"),
    [
        ({}, "in_order", [Kind.NOTHING]),
        ({"desired": False}, "unchecked", [Kind.NOTHING]),
        ({"without": "Cilium replaces kube-proxy"}, "no_kube_proxy", [Kind.NOTHING]),
        ({"error": "HTTP 403", "drift": ("x",), **IPVS}, "unreadable", [Kind.MAKE_READABLE]),
        ({"drift": ("x",), "desired_mode": "nftables"}, "drifted", [Kind.CHANGE_MODE]),
        ({"drift": ("x",), "differences": (OTHER,)}, "drifted", [Kind.APPLY]),
        ({"drift": ("x", "y"), "differences": (OTHER,), "desired_mode": "ipvs"}, "drifted", ["change_mode", "apply"]),
        ({"drift": ("x",)}, "drifted", [Kind.APPLY]),
        ({"drift": ("x",), "migration": "1 of 3 nodes", "nodes": (LEFT,)}, "drifted", [Kind.CONTINUE]),
        ({"nodes": (LEFT,)}, "in_order", [Kind.CLEAN]),
        ({"nodes": (Node("a", error="unreachable"), LEFT)}, "in_order", [Kind.CLEAN, Kind.MAKE_READABLE]),
        (IPVS, "in_order", [Kind.LEAVE_IPVS]),
        ({**IPVS, "version": "1.34.9"}, "in_order", [Kind.NOTHING]),
        ({**IPVS, "version": None}, "in_order", [Kind.NOTHING]),
        # Who is about to leave it needs no advice to.
        ({**IPVS, "desired_mode": "nftables", "drift": ("x",)}, "drifted", [Kind.CHANGE_MODE]),
        ({"deprecation": "mode is left empty"}, "in_order", [Kind.SET_MODE]),
        ({"services": 1000, "nodes": (QUICK, SLOW)}, "in_order", [Kind.SPEED_UP]),
        ({"services": 999, "nodes": (SLOW,)}, "in_order", [Kind.NOTHING]),
        ({"services": 5000, "nodes": (QUICK,)}, "in_order", [Kind.NOTHING]),
        ({"services": 5000, "nodes": (SLOW,), "mode": "nftables"}, "in_order", [Kind.NOTHING]),
        ({"up_to_date": False, "nodes": (LEFT,)}, "in_order", [Kind.CLEAN, Kind.UPDATE]),
    ],
)
def test_kinds(members: dict[str, t.Any], state: str, kinds: list[Kind | str]) -> None:
    record = Record("self_hosted", "a", "a", **{**PLAIN, **members})
    assert record.state == state
    assert state in STATES
    found = recommendations(record)
    assert [each.kind for each in found] == [Kind(kind) for kind in kinds]
    assert all(each.reason and not each.reason.endswith(".") for each in found)


def test_reasons_have_the_figures() -> None:
    def reason(**members: t.Any) -> str:
        return recommendations(Record("self_hosted", "a", "a", **{**PLAIN, **members}))[0].reason

    assert reason(services=4000, nodes=(SLOW,)) == (
        "with 4000 Services, 1 of 100 writes of the iptables rules takes 2.5 s or more"
    )
    assert reason(differences=(OTHER,), drift=("x",)) == "1 setting differs from what is desired (ipvs.scheduler)"
    assert reason(nodes=(LEFT, LEFT)) == "2 nodes have rules that another mode has left, and these can answer wrongly"
    assert reason(up_to_date=False) == "1.34.1 is not the newest patch version"


def test_managed_clusters_are_offered_what_the_api_offers() -> None:
    for world, mode in (("managed", "iptables"), ("self_hosted", "nftables")):
        (found,) = recommendations(Record(t.cast("t.Any", world), "a", "a", **{**PLAIN, **IPVS}))
        assert found.mode == mode


def test_an_older_kube_proxy_is_not_sent_to_nftables() -> None:
    for version, mode in (("1.32.1", None), ("1.33.0", "nftables")):
        record = Record("self_hosted", "a", "a", mode="iptables", version=version, services=2000, nodes=(SLOW,))
        assert recommendations(record)[0].mode == mode
