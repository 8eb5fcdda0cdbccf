# SPDX-License-Identifier: GPL-3.0-or-later

"""Which mode answers for Services, by what is in the kernel."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.kernel_rules import (
    KernelRules,
    not_yet_answering,
    services_by_family,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.saved_rules import SavedRules

Kernel = t.Callable[[str], KernelRules]


@pytest.mark.parametrize(
    ("state", "ipv4"),
    [
        ("iptables", {"iptables": 3, "ipvs": 0, "nftables": 0}),
        # The one without endpoints does not count, a NodePort does.
        ("ipvs-after-iptables", {"iptables": 0, "ipvs": 4, "nftables": 0}),
        ("iptables-after-ipvs", {"iptables": 3, "ipvs": 4, "nftables": 0}),
        # Chains of iptables to which nothing leads do not count.
        ("nftables-after-iptables", {"iptables": 0, "ipvs": 0, "nftables": 3}),
    ],
)
def test_services_of_each_mode(kernel: Kernel, state: str, ipv4: dict[str, int]) -> None:
    assert services_by_family(kernel(state)) == {"ip": ipv4, "ip6": dict.fromkeys(ipv4, 0)}


@pytest.mark.parametrize(
    "state",
    ["iptables", "iptables-after-ipvs", "iptables-after-nftables", "ipvs-after-iptables", "nftables-after-ipvs"],
)
def test_a_mode_that_has_taken_over(kernel: Kernel, state: str) -> None:
    assert not_yet_answering(state.partition("-")[0], kernel(state)) == []


@pytest.mark.parametrize(
    ("mode", "state", "families"),
    [
        ("ipvs", "iptables", ["ip", "ip6"]),
        ("ipvs", "iptables-after-ipvs", ["ip", "ip6"]),
        ("nftables", "iptables", ["ip", "ip6"]),
        # For IPv6 the node had not come to ipvs yet when it was recorded.
        ("iptables", "ipvs-after-iptables", ["ip"]),
    ],
)
def test_a_mode_that_has_not_synchronised_yet(kernel: Kernel, mode: str, state: str, families: list[str]) -> None:
    """The IPVS table of an earlier time, and chains of iptables, are there and prove nothing."""
    assert not_yet_answering(mode, kernel(state)) == families


def test_rules_of_ipvs_without_its_interface_answer_nobody(kernel: Kernel) -> None:
    found = kernel("ipvs-after-nftables")
    gone = dataclasses.replace(found.interface, present=False, addresses=())
    assert not_yet_answering("ipvs", dataclasses.replace(found, interface=gone)) == ["ip", "ip6"]


def without(saved: SavedRules) -> SavedRules:
    return dataclasses.replace(saved, tables={**saved.tables, "nat": {"PREROUTING": []}})


def test_one_family_without_rules_is_enough_to_wait(kernel: Kernel) -> None:
    """In a cluster with both families, IPv6 may come later."""
    found = kernel("iptables-after-ipvs")
    ipv4, ipv6 = found.saved
    both = dataclasses.replace(
        found, saved=(ipv4, without(ipv6)), nft={("ip6", "kube-proxy"): ["service-ABCDEFGH-a/b"]}
    )
    assert not_yet_answering("iptables", both) == ["ip6"]
    assert not_yet_answering("iptables", dataclasses.replace(both, nft={})) == []
    # Nothing but a copy answers for it.
    assert not_yet_answering("iptables", dataclasses.replace(both, nft={}), ["ip6"]) == ["ip6"]
    assert not_yet_answering("iptables", dataclasses.replace(both, saved=(without(ipv4), ipv6))) == ["ip"]


def test_chains_that_are_not_of_one_service_do_not_count(kernel: Kernel) -> None:
    nft = {
        ("ip", "kube-proxy"): ["service-endpoints-check", "services", "external-6HJDO7EY-a/b", "service-6HJDO7EY-a/b"]
    }
    assert dataclasses.replace(kernel("iptables"), nft=nft).services_of("nftables", "ip") == 1
