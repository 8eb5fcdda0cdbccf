# SPDX-License-Identifier: GPL-3.0-or-later

"""What of another mode is left in the kernel."""

from __future__ import annotations

import dataclasses
import re
import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node import chains
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.clean_plan import clean_plan
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.facts import (
    Interface,
    IptablesRules,
    IptablesState,
    IpvsState,
    KernelTables,
    NftablesState,
    NftTable,
    VirtualService,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.kernel_rules import KernelRules
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.leftovers import leftovers

SERVICE = VirtualService("TCP", "rr", address="10.96.0.1", port=80)
RULES = IptablesRules(
    "legacy",
    "ip",
    {"filter": ("KUBE-EXTERNAL-SERVICES",), "nat": ("KUBE-SERVICES",)},
    services=1,
    endpoints=2,
)
RULES_OF_IPVS = IptablesRules("nft", "ip", {"nat": ("KUBE-NODE-PORT", "KUBE-SERVICES")}, services=0, endpoints=0)
TABLE = NftTable("ip", "kube-proxy", 3)


def kernel(
    *,
    interface: bool = False,
    addresses: tuple[str, ...] = ("10.96.0.1",),
    services: tuple[VirtualService, ...] | None = (),
    ipsets: tuple[str, ...] | None = (),
    rules: tuple[IptablesRules, ...] | None = (),
    tables: tuple[NftTable, ...] | None = (),
) -> KernelTables:
    return KernelTables(
        IpvsState(
            True, services, None, Interface("kube-ipvs0", interface, addresses if interface else ()), None, ipsets, None
        ),
        IptablesState(rules is not None, None, rules),
        NftablesState(tables is not None, None, tables),
    )


OF_IPVS: dict[str, t.Any] = {"interface": True, "services": (SERVICE, SERVICE), "ipsets": ("KUBE-CLUSTER-IP",)}


@pytest.mark.parametrize(
    ("mode", "state", "expected"),
    [
        ("iptables", kernel(rules=(RULES,)), []),
        ("ipvs", kernel(**OF_IPVS, rules=(RULES_OF_IPVS,)), []),
        ("nftables", kernel(tables=(TABLE,)), []),
        (
            "iptables",
            kernel(**OF_IPVS),
            [
                "interface kube-ipvs0 (mode ipvs)",
                "2 virtual services in the IPVS table (mode ipvs)",
                "1 IP set, such as KUBE-CLUSTER-IP (mode ipvs)",
            ],
        ),
        ("iptables", kernel(rules=(RULES_OF_IPVS,)), ["chain KUBE-NODE-PORT (IPv4, backend nft, mode ipvs)"]),
        (
            "ipvs",
            kernel(rules=(RULES,)),
            [
                "chains of 1 Service and 2 endpoints (IPv4, backend legacy, mode iptables)",
                "chain KUBE-EXTERNAL-SERVICES (IPv4, backend legacy, mode iptables)",
            ],
        ),
        ("ipvs", kernel(tables=(TABLE,)), ["nft table ip kube-proxy (mode nftables)"]),
    ],
)
def test_leftovers_of_other_modes(mode: str, state: KernelTables, expected: list[str]) -> None:
    assert leftovers(mode, state) == expected


@pytest.mark.parametrize("mode", ["iptables", "ipvs", "nftables"])
def test_what_could_not_be_read_is_no_leftover(mode: str) -> None:
    assert leftovers(mode, kernel(services=None, ipsets=None, rules=None, tables=None)) == []


@pytest.mark.parametrize(
    "state",
    [kernel(services=(SERVICE,)), kernel(interface=True, addresses=("10.96.0.9",), services=(SERVICE,))],
    ids=["no interface", "addresses of others"],
)
def test_a_virtual_service_of_another_program_is_no_leftover(state: KernelTables) -> None:
    """kube-vip balances the API server with IPVS, whatever mode kube-proxy runs in."""
    assert not [text for text in leftovers("nftables", state) if "IPVS table" in text]


def test_only_virtual_services_of_kube_proxy_are_counted() -> None:
    of_others = VirtualService("TCP", "rr", address="192.0.2.10", port=6443)
    node_port = VirtualService("TCP", "rr", address="192.0.2.7", port=30080)
    state = kernel(interface=True, services=(SERVICE, of_others, node_port))
    ipvs = dataclasses.replace(state.ipvs, node_ports=(("TCP", 30080),), node_addresses=("192.0.2.7",))
    told = leftovers("iptables", dataclasses.replace(state, ipvs=ipvs))
    assert "2 virtual services in the IPVS table (mode ipvs)" in told


@pytest.mark.parametrize(
    "state",
    ["iptables", "iptables-after-ipvs", "ipvs-after-iptables", "nftables-after-iptables", "nftables-after-ipvs"],
)
def test_what_is_told_is_what_can_be_removed(state: str, request: pytest.FixtureRequest) -> None:
    recorded: KernelRules = request.getfixturevalue("kernel")(state)
    tables = {(saved.family, table): list(names) for saved in recorded.saved for table, names in saved.tables.items()}
    told = leftovers(
        state.partition("-")[0],
        KernelTables(
            IpvsState(True, recorded.services, None, recorded.interface, None, tuple(sorted(recorded.sets)), None),
            IptablesState(True, None, tuple(chains.iptables_rules(tables, "nft"))),
            NftablesState(True, None, chains.nftables_tables(recorded.nft)),
        ),
    )
    plan = clean_plan(state.partition("-")[0], recorded, kubelet_since_1_28=False)
    named = {name for removed in plan.rules for name in removed.named()[0]}
    assert {match[1] for match in (re.match(r"chain (\S+) ", text) for text in told) if match} == named
    assert any("chains of" in text for text in told) == any(removed.named()[1] for removed in plan.rules)
    assert any("IP set" in text for text in told) == bool(plan.ip_sets)
    assert any("interface" in text for text in told) == bool(plan.interface)
