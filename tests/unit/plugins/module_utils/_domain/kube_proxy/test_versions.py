# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy.modes import available as modes
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy.modes import (
    default_mode,
    deprecation,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy.versions import KubeProxyVersion


def v(minor: int) -> KubeProxyVersion:
    return KubeProxyVersion(1, minor)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("v1.20.2", "1.20.2"),
        ("1.31", "1.31.0"),
        ("Kubernetes v1.33.1\n", "1.33.1"),
        ("v1.30.4-eks-abc", "1.30.4"),
        ("v1.20.2+k3s1", "1.20.2"),
        ("v1.34.0-alpha.1.5+0123abcdef", "1.34.0"),
        ("v1.36.3_coreos.0", "1.36.3"),
    ],
)
def test_reads_versions(text: str, told: str) -> None:
    assert str(KubeProxyVersion.parse(text)) == told


@pytest.mark.parametrize(
    "text", ["latest", "", "v1", "1.x", "sha256:0123456789abcdef", "v1.20.2 and more", "1.20.2.3@sha256:00", "v-1.2"]
)
def test_refuses_what_tells_no_version(text: str) -> None:
    with pytest.raises(ValueError, match="no version of kube-proxy"):
        KubeProxyVersion.parse(text)


@pytest.mark.parametrize("text", ["v3.4.2", "0.3.1", "2024.10.1", "v2.0", "Kubernetes v11.2.3", "01.31.4"])
def test_a_release_of_something_else_is_no_version_of_kubernetes(text: str) -> None:
    with pytest.raises(ValueError, match=r"no version of kube-proxy; .* Kubernetes 1, .* 'v1\.31\.4'"):
        KubeProxyVersion.parse(text)


def test_at_least_counts_the_major_version() -> None:
    assert v(20).at_least(20)
    assert not v(20).at_least(21)
    assert KubeProxyVersion(2, 0).at_least(40)


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
    assert set(modes(v(minor), gates)) == allowed


def test_default_mode_changes_with_1_40() -> None:
    assert [default_mode(v(minor)) for minor in (20, 39, 40)] == ["iptables", "iptables", "nftables"]


def test_deprecations() -> None:
    assert deprecation("ipvs", v(34)) is None
    told = deprecation("ipvs", v(35))
    assert told is not None
    assert "1.40" in told
    assert "1.43" in told
    assert deprecation("iptables", v(37)) is None
    assert deprecation("", v(36)) is None
    empty = deprecation("", v(37))
    assert empty is not None
    assert "means iptables" in empty
    assert deprecation("userspace", v(22)) is None
    assert "removed in 1.26" in str(deprecation("userspace", v(23)))
