# SPDX-License-Identifier: GPL-3.0-or-later

"""Which names in the kernel belong to which mode, and to the kubelet."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node import mode_signatures
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.mode_signatures import (
    is_rule_of_kube_proxy,
    left_behind_by,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.saved_rules import read_saved, target


@pytest.mark.parametrize(
    ("in_effect", "table", "chain", "left_by"),
    [
        ("iptables", "filter", "KUBE-NODE-PORT", "ipvs"),
        ("iptables", "filter", "KUBE-NODEPORTS", None),
        ("iptables", "nat", "KUBE-SVC-ABCDEFGHIJKLMNOP", None),
        ("ipvs", "nat", "KUBE-SVC-ABCDEFGHIJKLMNOP", "iptables"),
        ("ipvs", "nat", "KUBE-SERVICES", None),
        ("ipvs", "filter", "KUBE-SERVICES", "iptables"),
        ("ipvs", "mangle", "KUBE-PROXY-CANARY", "iptables"),
        ("nftables", "nat", "KUBE-SERVICES", "iptables"),
        ("nftables", "nat", "KUBE-LOAD-BALANCER", "ipvs"),
        ("iptables", "nat", "KUBE-FIREWALL", "ipvs"),
        ("nftables", "filter", "KUBE-FIREWALL", None),
        ("nftables", "mangle", "KUBE-IPTABLES-HINT", None),
        ("nftables", "nat", "KUBE-KUBELET-CANARY", None),
        # A table, or a name, that kube-proxy never uses.
        ("nftables", "mangle", "KUBE-SERVICES", None),
        ("nftables", "nat", "KUBE-SVC-TOOSHORT", None),
        ("nftables", "filter", "KUBE-ROUTER-INPUT", None),
    ],
)
def test_who_left_a_chain(in_effect: str, table: str, chain: str, left_by: str | None) -> None:
    assert left_behind_by(in_effect, table, chain) == left_by


STATES = ("iptables", "ipvs-after-iptables", "ipvs-after-nftables", "iptables-after-ipvs", "iptables-after-nftables")


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("family", ["ip", "ip6"])
def test_every_recorded_rule_has_its_writer(recorded: t.Callable[[str, str], str], state: str, family: str) -> None:
    """But for the kubelet's, all of them are kube-proxy's."""
    saved = read_saved(recorded(state, f"{family}tables-save"), "nft", family)
    for table, chains in saved.tables.items():
        for chain, rules in chains.items():
            for rule in rules:
                of_kubelet = table == "filter" and "KUBE-FIREWALL" in (chain, target(rule))
                assert is_rule_of_kube_proxy(table, chain, rule) is not of_kubelet, rule


@pytest.mark.parametrize(
    ("table", "chain", "rule"),
    [
        ("nat", "PREROUTING", "-s 10.0.0.0/8 -j KUBE-MARK-MASQ"),
        ("nat", "PREROUTING", '-m comment --comment "for kubernetes service portals" -j KUBE-SERVICES'),
        ("nat", "CNI-HOSTPORT-DNAT", '-m comment --comment "kubernetes service portals" -j KUBE-SERVICES'),
        ("nat", "KUBE-HP-ABCDEFGHIJKLMNOP", "-s 10.244.0.5/32 -j KUBE-MARK-MASQ"),
        ("mangle", "KUBE-SERVICES", "-j ACCEPT"),
    ],
)
def test_a_rule_that_others_wrote(table: str, chain: str, rule: str) -> None:
    assert not is_rule_of_kube_proxy(table, chain, rule)


@pytest.mark.parametrize("chain", ["KUBE-MARK-DROP", "KUBE-MARK-MASQ", "KUBE-POSTROUTING"])
def test_chains_that_an_older_kubelet_owns(chain: str) -> None:
    assert left_behind_by("nftables", "nat", chain) is None
    assert left_behind_by("nftables", "nat", chain, kubelet_since_1_28=True) == "iptables"
    assert left_behind_by("ipvs", "nat", chain, kubelet_since_1_28=True) is None


@pytest.mark.parametrize("state", ["ipvs-after-iptables", "nftables-after-ipvs", "iptables-after-ipvs"])
def test_every_recorded_set_is_known(recorded: t.Callable[[str, str], str], state: str) -> None:
    lines = recorded(state, "ipset").splitlines()
    found = {line.split()[1] for line in lines if line.startswith("create")}
    assert found <= mode_signatures.IP_SETS
    assert len(mode_signatures.IP_SETS) == 34


def test_sets_of_others_are_not_kube_proxys() -> None:
    assert "KUBE-SRC-ABCDEFGHIJKLMNOP" not in mode_signatures.IP_SETS
    assert mode_signatures.set_name("KUBE-LOAD-BALANCER-SOURCE-CIDR", "ip6") == "KUBE-6-LOAD-BALANCER-SOURCE-CID"
