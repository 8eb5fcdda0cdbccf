# SPDX-License-Identifier: GPL-3.0-or-later

"""What each mode needs, and from which kernel on; test_readiness.py has it together with kernels."""

from __future__ import annotations

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy.versions import KubeProxyVersion
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.required_modules import (
    minimum_kernel,
    needs,
)


def reasons(scheduler: str | None, version: KubeProxyVersion | None) -> dict[str, str]:
    return {name: need.reason for need in needs("ipvs", scheduler, version) for name in need.any_of}


def test_scheduler_without_a_request_is_the_default_of_kube_proxy() -> None:
    assert reasons(None, KubeProxyVersion(1, 31))["ip_vs_rr"] == "scheduler rr"


def test_schedulers_that_only_old_versions_need_are_explained() -> None:
    assert "ip_vs_wrr" not in reasons("lc", KubeProxyVersion(1, 27))
    assert reasons("lc", KubeProxyVersion(1, 26, 15))["ip_vs_wrr"] == (
        "kube-proxy 1.26.15, which requires it whatever the scheduler is"
    )
    assert "kube_proxy_version is not given" in reasons("lc", None)["ip_vs_wrr"]


def test_no_mode_needs_only_the_modules_that_the_user_listed() -> None:
    [need] = needs(None, "lc", extra=["br_netfilter"])
    assert (need.any_of, need.load) == (("br_netfilter",), True)


@pytest.mark.parametrize("mode", ["iptables", "ipvs", "nftables"])
def test_every_mode_needs_connection_tracking(mode: str) -> None:
    assert any("nf_conntrack" in need.any_of and need.load for need in needs(mode))


@pytest.mark.parametrize(
    ("mode", "version", "kernel"),
    [
        ("nftables", None, (5, 13)),
        ("nftables", KubeProxyVersion(1, 31), (5, 13)),
        ("nftables", KubeProxyVersion(1, 30), (5, 4)),
        ("ipvs", None, None),
        (None, None, None),
    ],
)
def test_minimum_kernel(mode: str | None, version: KubeProxyVersion | None, kernel: tuple[int, int] | None) -> None:
    assert minimum_kernel(mode, version) == kernel
