# SPDX-License-Identifier: GPL-3.0-or-later

"""Which names in the kernel belong to which mode, and to the kubelet."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node import mode_signatures
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.mode_signatures import left_behind_by


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
