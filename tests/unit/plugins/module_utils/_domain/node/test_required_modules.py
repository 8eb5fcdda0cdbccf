# SPDX-License-Identifier: GPL-3.0-or-later

"""What each mode needs, and from which kernel on; test_readiness.py has it together with kernels."""

from __future__ import annotations

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy.versions import KubeProxyVersion
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.required_modules import (
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


#: What IPv6 in the cluster adds; of several names, one has to be there.
IPV6_RULES = [
    ("nf_tables", "ip6_tables"),
    ("nf_tables", "ip6table_filter"),
    ("nf_tables", "ip6table_nat"),
    ("xt_MASQUERADE", "ip6t_MASQUERADE"),
    ("ip6t_REJECT",),
]


@pytest.mark.parametrize(
    ("mode", "added"),
    [
        ("iptables", IPV6_RULES),
        ("ipvs", IPV6_RULES),
        ("nftables", [("nft_fib_ipv6",), ("nft_reject_ipv6",)]),
        (None, []),
    ],
)
@pytest.mark.parametrize("families", [["IPv6"], ["IPv4", "IPv6"], ["IPv6", "IPv4"]])
def test_ipv6_adds_to_what_ipv4_needs(mode: str | None, added: list[tuple[str, ...]], families: list[str]) -> None:
    """kube-proxy writes the rules of IPv4 also where the cluster has IPv6 alone."""
    without = needs(mode, ip_families=["IPv4"])
    assert without == needs(mode)
    found = needs(mode, ip_families=families)
    assert [need for need in found if need in without] == without
    more = [need for need in found if need not in without]
    assert [need.any_of for need in more] == added
    assert all("IPv6" in need.reason for need in more)
    # The kernel loads them when the first rule asks for them, as it does with those of IPv4.
    assert not any(need.load or need.optional for need in more)


@pytest.mark.parametrize(("kernel", "reported"), [((4, 15), True), ((4, 19), False), (None, False)])
def test_connection_tracking_of_ipv6_had_a_module_of_its_own(kernel: tuple[int, int] | None, reported: bool) -> None:
    found = {need.any_of: need for need in needs("ipvs", kernel=kernel, ip_families=["IPv6"])}
    assert (("nf_conntrack_ipv6",) in found) is reported
    if reported:
        # Red Hat merged it in its 4.18, and the kernel loads it for the first rule that asks for it.
        assert (found["nf_conntrack_ipv6",].optional, found["nf_conntrack_ipv6",].load) == (True, False)
    assert not any("nf_conntrack_ipv6" in need.any_of for need in needs("ipvs", kernel=kernel))
