# SPDX-License-Identifier: GPL-3.0-or-later

"""What keeps a node from changing its mode, or has to be known before."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy.findings import Finding
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy.versions import KubeProxyVersion
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.facts import (
    Backend,
    Interface,
    VirtualService,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.migration_findings import (
    ModeChange,
    NodeFacts,
    node_findings,
)

READY = NodeFacts("worker-1", nft="1.0.6")
OURS = VirtualService("TCP", "rr", None, "10.96.0.1", 443)
THEIRS = VirtualService("TCP", "wlc", None, "2001:db8::1", 443)
MARKED = VirtualService("FWM", "rr", mark=7)
KUBE_IPVS0 = Interface("kube-ipvs0", True, ("10.96.0.1",))


def found(
    node: NodeFacts, former: str = "iptables", mode: str = "nftables", version: str = "1.34.9", **switches: bool
) -> list[Finding]:
    return list(node_findings(node, ModeChange(former, mode, KubeProxyVersion.parse(version), **switches)))


def but(**changes: t.Any) -> NodeFacts:
    return dataclasses.replace(READY, **changes)


@pytest.mark.parametrize("former", ["iptables", "ipvs", "nftables"])
@pytest.mark.parametrize("mode", ["iptables", "ipvs", "nftables"])
def test_of_a_ready_node_there_is_nothing_to_say(former: str, mode: str) -> None:
    assert found(READY, former, mode) == []


def test_what_is_missing_keeps_the_change_from_beginning() -> None:
    [first, second] = found(but(missing=("no ip_vs", "the kernel is too old")))
    assert (first.kind, first.subject, first.what) == ("blocking", "node worker-1", "no ip_vs")
    assert second.what == "the kernel is too old"
    assert found(but(missing=("no ip_vs",)), "ipvs", "ipvs") == []


def test_what_the_node_does_not_show_is_to_be_looked_at() -> None:
    [only] = found(but(unknown=("nft_fib", "nft_hash")))
    assert only.kind == "follow"
    assert "nft_fib, nft_hash, which mode nftables needs" in only.what


@pytest.mark.parametrize(
    ("nft", "told"), [("0.9.8", True), ("1.0.0", True), ("1.0.1", False), ("1.0.6", False), ("", False)]
)
@pytest.mark.parametrize(("former", "mode"), [("iptables", "nftables"), ("nftables", "ipvs")])
def test_an_old_nft(nft: str, told: bool, former: str, mode: str) -> None:
    for_copy = "blocking" if former == "nftables" else "follow"
    assert [finding.kind for finding in found(but(nft=nft), former, mode)] == ([for_copy] if told else [])
    without = found(but(nft=nft), former, mode, frozen_copy=False)
    assert [finding.kind for finding in without] == (["follow"] if told else [])
    assert found(but(nft=nft), "iptables", "ipvs") == []


EVERY_TOOL = ("iptables", "ipset", "ip", "nft")


@pytest.mark.parametrize(
    ("former", "mode", "frozen_copy", "needed"),
    [
        ("iptables", "ipvs", True, {"iptables", "ipset", "ip"}),
        ("ipvs", "iptables", True, {"iptables", "ipset", "ip"}),
        ("iptables", "nftables", True, {"iptables", "nft"}),
        ("iptables", "nftables", False, {"iptables", "nft"}),
        ("nftables", "iptables", True, {"iptables", "nft"}),
        ("nftables", "iptables", False, {"iptables"}),
        ("ipvs", "nftables", True, set(EVERY_TOOL)),
        ("nftables", "ipvs", False, {"iptables", "ipset", "ip"}),
    ],
)
def test_tools_without_which_a_node_cannot_change(former: str, mode: str, frozen_copy: bool, needed: set[str]) -> None:
    findings = found(but(absent=EVERY_TOOL, nft=""), former, mode, frozen_copy=frozen_copy)
    blocking = [finding.what.split(" ")[0] for finding in findings if finding.kind == "blocking"]
    assert (set(blocking), len(blocking)) == (needed, len(needed))


def test_without_a_copy_kube_proxy_removes_its_table_with_an_nft_of_its_own() -> None:
    [only] = found(but(absent=("nft",), nft=""), "nftables", "iptables", frozen_copy=False)
    assert (only.kind, only.todo) == ("follow", "install a newer package nftables")
    [only] = found(but(absent=("nft",), nft=""), "nftables", "iptables")
    assert only.kind == "blocking"
    assert only.todo.startswith("install the package nftables, or set mode_migration_frozen_copy to false")


def test_ip_sets_of_others_have_to_be_read_as_well() -> None:
    assert found(but(absent=("ipset",))) == []
    [only] = found(but(absent=("ipset",), sets_read=False, family="debian"))
    assert (only.kind, only.todo) == ("blocking", "install the package ipset")


def test_the_package_has_the_name_that_the_distribution_gives_it() -> None:
    [only] = found(but(absent=("iptables",), family="arch"))
    assert only.todo == "install the package iptables-nft"
    [only] = found(but(absent=("iptables",), family="gentoo"))
    assert only.todo == "install the package iptables"


def test_tools_that_are_installed_before_are_not_missing() -> None:
    node = but(absent=("nft",), nft="", family="debian")
    assert found(node, installs_tools=True) == []
    # Those of the mode that is to be, and where the packages are known.
    assert [finding.kind for finding in found(node, "nftables", "iptables", installs_tools=True)] == ["blocking"]
    assert [finding.kind for finding in found(dataclasses.replace(node, family=""), installs_tools=True)] == [
        "blocking"
    ]


@pytest.mark.parametrize(("former", "mode"), [("iptables", "nftables"), ("nftables", "ipvs")])
def test_a_copy_needs_systemd(former: str, mode: str) -> None:
    [only] = found(but(systemd=False), former, mode)
    assert (only.kind, "systemd" in only.what) == ("blocking", True)
    assert "mode_migration_frozen_copy to false" in only.todo
    assert found(but(systemd=False), former, mode, frozen_copy=False) == []
    assert found(but(systemd=False), "iptables", "ipvs") == []


@pytest.mark.parametrize(
    ("nft", "version", "blocking"),
    [
        ("1.1.3", "1.32.13", False),
        ("1.1.3", "1.33.10", True),
        ("1.1.3", "1.33.11", False),
        ("1.1.3", "1.34.6", True),
        ("1.1.4", "1.34.6", True),
        ("1.1.3", "1.34.7", False),
        ("1.1.3", "1.35.3", True),
        ("1.1.3", "1.35.4", False),
        ("1.1.3", "1.36.0", False),
        ("1.1.2", "1.34.6", False),
    ],
)
def test_the_nft_of_the_node_that_lets_the_one_of_kube_proxy_crash(nft: str, version: str, blocking: bool) -> None:
    assert [finding.kind for finding in found(but(nft=nft), version=version)] == (["blocking"] if blocking else [])
    # Another mode lists no sets of nft.
    assert found(but(nft=nft), "nftables", "iptables", version) == []


def test_connections_through_ipvs_end_with_its_table() -> None:
    [only] = found(but(connections=100_000), "ipvs", "iptables")
    assert only.kind == "behaviour"
    assert "IPVS has 100000 connections, about 30.5 MiB" in only.what
    assert "IPVS has 1 connection," in found(but(connections=1), "ipvs", "iptables")[0].what
    assert found(but(connections=100_000), "iptables", "nftables") == []


@pytest.mark.parametrize(
    ("interface", "names"),
    [
        (KUBE_IPVS0, "TCP [2001:db8::1]:443, firewall mark 7"),
        (Interface("kube-ipvs0", False, ()), "TCP 10.96.0.1:443, TCP [2001:db8::1]:443, firewall mark 7"),
    ],
)
def test_virtual_servers_of_others_would_be_lost(interface: Interface, names: str) -> None:
    node = but(virtual_services=(OURS, THEIRS, MARKED), interface=interface)
    [only] = found(node)
    assert only.kind == "blocking"
    assert f"not kube-proxy's ({names})" in only.what
    assert found(node, "ipvs", "iptables") == []
    assert found(but(virtual_services=(OURS,), interface=KUBE_IPVS0), "ipvs") == []


def test_a_table_that_cannot_be_read_may_have_some() -> None:
    [only] = found(but(virtual_services=None, reason="become root"))
    assert only.kind == "follow"
    assert "could not be read (become root)" in only.what


RESULT: dict[str, t.Any] = {
    "required": {"missing": [{"name": "ip_vs", "message": "no ip_vs"}], "unknown": ["nft_fib"]},
    "tools": {"nft": {"path": "/usr/sbin/nft", "version": "1.0.6"}},
    "found": {
        "ipvs": {
            "reason": None,
            "services": [
                {
                    "address": "10.96.0.1",
                    "port": 443,
                    "protocol": "TCP",
                    "scheduler": "rr",
                    "persistent_seconds": None,
                    "backends": [
                        {
                            "address": "10.244.0.5",
                            "port": 8443,
                            "forward": "Masq",
                            "weight": 1,
                            "active_connections": 3,
                            "inactive_connections": 4,
                        }
                    ],
                },
                {"mark": 7, "protocol": "FWM", "scheduler": "rr", "persistent_seconds": None, "backends": []},
            ],
            "interface": {"name": "kube-ipvs0", "present": True, "addresses": ["10.96.0.1"]},
            "ipsets": ["KUBE-NODE-PORT-TCP"],
            "node_ports": [{"protocol": "TCP", "port": 30080}],
            "node_addresses": ["192.0.2.7"],
        }
    },
    "kernel": {"distribution": {"family": "debian"}},
    "systemd": True,
}


def test_facts_come_from_the_result_of_the_module() -> None:
    assert NodeFacts.of("worker-1", RESULT) == NodeFacts(
        "worker-1",
        missing=("no ip_vs",),
        unknown=("nft_fib",),
        family="debian",
        nft="1.0.6",
        virtual_services=(
            dataclasses.replace(OURS, backends=(Backend("10.244.0.5", 8443, "Masq", 1, 3, 4),)),
            MARKED,
        ),
        interface=KUBE_IPVS0,
        node_ports=frozenset({("TCP", 30080)}),
        node_addresses=("192.0.2.7",),
        connections=7,
    )


def test_what_the_module_could_not_read_is_not_known() -> None:
    ipvs = {"reason": "become root", "services": None, "interface": {**RESULT["found"]["ipvs"]["interface"]}}
    ipvs["interface"]["addresses"] = ipvs["ipsets"] = ipvs["node_ports"] = ipvs["node_addresses"] = None
    node = NodeFacts.of("w", {**RESULT, "tools": {"nft": None}, "found": {"ipvs": ipvs}, "systemd": False})
    assert (node.virtual_services, node.reason, node.connections) == (None, "become root", 0)
    assert (node.absent, node.systemd, node.sets_read) == (("nft",), False, False)
    assert node.interface.addresses is node.node_ports is node.node_addresses is None
    assert NodeFacts.of("w", {**RESULT, "tools": {"nft": {"path": "/x", "version": None}}}).nft == ""


NODE_PORT = VirtualService("TCP", "rr", None, "192.0.2.7", 30080)


def test_node_ports_are_kube_proxys_own() -> None:
    """Their virtual servers have an address of the node, as those of others may have."""
    node = but(virtual_services=(OURS, NODE_PORT), interface=KUBE_IPVS0)
    assert [finding.kind for finding in found(node)] == ["blocking"]
    known = dataclasses.replace(node, node_ports=frozenset({("TCP", 30080)}))
    assert found(known) == []
    [only] = found(dataclasses.replace(known, node_ports=frozenset({("UDP", 30080)})))
    assert "not kube-proxy's (TCP 192.0.2.7:30080)" in only.what


def test_where_node_ports_are_not_known_no_address_is_said_to_be_of_others() -> None:
    node = but(virtual_services=(OURS, NODE_PORT, MARKED), interface=KUBE_IPVS0, node_ports=None)
    [only] = found(node)
    assert "not kube-proxy's (firewall mark 7)" in only.what


@pytest.mark.parametrize("node_ports", [frozenset({("TCP", 30080)}), None])
def test_virtual_servers_of_others_on_the_port_of_a_node_port(node_ports: frozenset[tuple[str, int]] | None) -> None:
    """keepalived's: on an address that the node does not have now, or forwarded without masquerading."""
    elsewhere = dataclasses.replace(NODE_PORT, address="192.0.2.100")
    routed = dataclasses.replace(NODE_PORT, protocol="UDP", backends=(Backend("192.0.2.51", 30080, "Route", 1, 0, 0),))
    node = but(
        virtual_services=(OURS, NODE_PORT, elsewhere, routed),
        interface=KUBE_IPVS0,
        node_ports=node_ports,
        node_addresses=("192.0.2.7",),
    )
    [only] = found(node)
    assert "not kube-proxy's (TCP 192.0.2.100:30080, UDP 192.0.2.7:30080)" in only.what
