# SPDX-License-Identifier: GPL-3.0-or-later

"""Modes by version, and what is planned for them."""

from __future__ import annotations

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy import modes
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy.versions import KubeProxyVersion


def v(minor: int) -> KubeProxyVersion:
    return KubeProxyVersion(1, minor)


@pytest.mark.parametrize(
    ("minor", "gates", "allowed"),
    [
        (20, {}, {"iptables", "ipvs", "userspace"}),
        (25, {}, {"iptables", "ipvs", "userspace"}),
        (26, {}, {"iptables", "ipvs"}),
        (28, {"NFTablesProxyMode": True}, {"iptables", "ipvs"}),
        (29, {}, {"iptables", "ipvs"}),
        (29, {"NFTablesProxyMode": True}, {"iptables", "ipvs", "nftables"}),
        (30, {"AllAlpha": True}, {"iptables", "ipvs", "nftables"}),
        (30, {"AllAlpha": True, "NFTablesProxyMode": False}, {"iptables", "ipvs"}),
        (31, {}, {"iptables", "ipvs", "nftables"}),
        (32, {"NFTablesProxyMode": False}, {"iptables", "ipvs"}),
        (32, {"AllBeta": False}, {"iptables", "ipvs"}),
        (33, {"NFTablesProxyMode": False}, {"iptables", "ipvs", "nftables"}),
        (39, {}, {"iptables", "ipvs", "nftables"}),
        (40, {}, {"iptables", "nftables"}),
        (40, {"KubeProxyIPVS": True}, {"iptables", "ipvs", "nftables"}),
        (43, {"KubeProxyIPVS": True}, {"iptables", "nftables"}),
    ],
)
def test_modes(minor: int, gates: dict[str, bool], allowed: set[str]) -> None:
    assert set(modes.available(v(minor), gates)) == allowed


def test_default_mode_changes_with_1_40() -> None:
    assert [modes.default_mode(v(minor)) for minor in (20, 39, 40)] == ["iptables", "iptables", "nftables"]


def test_deprecations() -> None:
    assert modes.deprecation("ipvs", v(34)) is None
    told = modes.deprecation("ipvs", v(35))
    assert told is not None
    assert "1.40" in told
    assert "1.43" in told
    assert modes.deprecation("iptables", v(37)) is None
    assert modes.deprecation("", v(36)) is None
    empty = modes.deprecation("", v(37))
    assert empty is not None
    assert "means iptables" in empty
    assert modes.deprecation("userspace", v(22)) is None
    assert "removed in 1.26" in str(modes.deprecation("userspace", v(23)))


@pytest.mark.parametrize(
    ("former", "mode", "expected"),
    [
        ("iptables", "nftables", True),
        ("nftables", "ipvs", True),
        ("iptables", "ipvs", False),
        ("ipvs", "iptables", False),
        ("nftables", "nftables", False),
    ],
)
def test_services_do_not_answer_for_a_moment_to_and_from_nftables(former: str, mode: str, expected: bool) -> None:
    assert modes.interrupts(former, mode) is expected
