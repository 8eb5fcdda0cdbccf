# SPDX-License-Identifier: GPL-3.0-or-later

"""The copy of mode ipvs: rules of iptables for what is in the IPVS table."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.facts import Backend, VirtualService
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.frozen_copy.of_ipvs import copy_of_ipvs
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.kernel_rules import KernelRules
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.saved_rules import Chains, read_saved

SAVED = """\
*nat
:KUBE-SERVICES - [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-POSTROUTING - [0:0]
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
-A KUBE-POSTROUTING -m comment --comment "hairpin" -m set --match-set KUBE-LOOP-BACK dst,dst,src -j MASQUERADE
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
-A KUBE-POSTROUTING -j MASQUERADE --random-fully
%s
COMMIT
"""
OF_CLUSTER_IPS = (
    '-A KUBE-SERVICES%s -m comment --comment "Kubernetes service cluster ip + port for masquerade purpose" -m set '
    "--match-set KUBE-CLUSTER-IP %s -j KUBE-MARK-MASQ"
)
PODS_ARE_LOCAL = OF_CLUSTER_IPS % (" ! -s 10.244.0.0/16", "dst,dst")
CLUSTER_IP = {"KUBE-CLUSTER-IP": ["10.96.0.1,tcp:80"]}


def service(*weights: int, address: str = "10.96.0.1", persistent: int | None = None, **more: t.Any) -> VirtualService:
    backends = tuple(Backend(f"172.31.250.{n}", 8081, "Masq", weight, 0, 0) for n, weight in enumerate(weights, 1))
    return VirtualService(
        more.get("protocol", "TCP"), "rr", persistent, address=address, port=more.get("port", 80), backends=backends
    )


def copied(*services: VirtualService, rules: str = PODS_ARE_LOCAL, **sets: list[str]) -> Chains:
    named = {name.replace("_", "-"): members for name, members in sets.items()} or CLUSTER_IP
    return copy_of_ipvs(read_saved(SAVED % rules, "nft", "ip"), services, named)


def chain_of(chains: Chains) -> list[str]:
    [dispatch] = chains["FROZEN-SERVICES"]
    return chains[dispatch.rpartition(" ")[2]]


def test_a_recorded_node(kernel: t.Callable[[str], KernelRules]) -> None:
    found = kernel("ipvs-after-nftables")
    chains = copy_of_ipvs(found.saved[0], found.virtual_services(), found.sets)
    # The Service without endpoints is not there.
    assert sorted(rule.rpartition(" -j")[0] for rule in chains["FROZEN-SERVICES"]) == [
        "-d 10.96.0.1/32 -p tcp -m tcp --dport 443",
        "-d 10.96.50.50/32 -p tcp -m tcp --dport 80",
        "-d 10.96.50.61/32 -p tcp -m tcp --dport 80",
        "-d 172.31.250.11/32 -p tcp -m tcp --dport 30080",
    ]
    assert copy_of_ipvs(found.saved[1], found.virtual_services(), found.sets) == {}
    # No rule needs a set: kube-proxy could not remove one that is in use.
    assert not [rule for rules in chains.values() for rule in rules if "--match-set" in rule]
    assert max(map(len, chains)) <= 28


def test_endpoints_have_equal_shares() -> None:
    chains = copied(service(1, 1, 1))
    first, second, third = (rule.partition(" -j")[0] for rule in chain_of(chains)[1:])
    assert first == "-m statistic --mode random --probability 0.33333333349"
    assert second == "-m statistic --mode random --probability 0.50000000000"
    assert third.startswith("-j ")


def test_an_endpoint_that_asks_itself_is_masqueraded() -> None:
    chains = copied(service(1))
    assert chains[chain_of(chains)[-1].rpartition(" ")[2]] == [
        "-s 172.31.250.1/32 -j FROZEN-MARK-MASQ",
        "-p tcp -m tcp -j DNAT --to-destination 172.31.250.1:8081",
    ]
    assert chains["FROZEN-POSTROUTING"] == [
        "-m mark ! --mark 0x4000/0x4000 -j RETURN",
        "-j MASQUERADE --random-fully",
    ]


def test_terminating_endpoints_get_nothing_new() -> None:
    assert len([name for name in copied(service(1, 0)) if name.startswith("FROZEN-SEP-")]) == 1
    assert copied(service(0)) == {}


@pytest.mark.parametrize("protocol", ["TCP", "UDP", "SCTP"])
def test_protocols(protocol: str) -> None:
    [rule] = copied(service(1, protocol=protocol))["FROZEN-SERVICES"]
    assert rule.startswith(f"-d 10.96.0.1/32 -p {protocol.lower()} -m {protocol.lower()} --dport 80 ")


def test_session_affinity() -> None:
    chains = copied(service(1, 1, persistent=10800))
    rules = chain_of(chains)
    for rule in rules[1:3]:
        endpoint = rule.rpartition(" ")[2]
        listed = f"--name {endpoint} --mask 255.255.255.255 --rsource"
        assert rule == f"-m recent --rcheck --seconds 10800 --reap {listed} -j {endpoint}"
        assert f"-m recent --set {listed} -m tcp -j DNAT" in chains[endpoint][1]


@pytest.mark.parametrize(
    ("rules", "masqueraded"),
    [
        (PODS_ARE_LOCAL, ["! -s 10.244.0.0/16 -j FROZEN-MARK-MASQ"]),
        # masqueradeAll
        (OF_CLUSTER_IPS % ("", "dst,dst"), ["-j FROZEN-MARK-MASQ"]),
        # detectLocalMode InterfaceNamePrefix
        (OF_CLUSTER_IPS % (" ! -i cali+", "dst,dst"), ["! -i cali+ -j FROZEN-MARK-MASQ"]),
        # without a cluster CIDR: the node, which asks from the ClusterIP
        (OF_CLUSTER_IPS % ("", "src,dst"), ["-m addrtype --src-type LOCAL -j FROZEN-MARK-MASQ"]),
        ("", []),
    ],
)
def test_what_is_masqueraded_to_a_cluster_ip(rules: str, masqueraded: list[str]) -> None:
    chains = copied(service(1), rules=rules)
    assert chain_of(chains)[:-1] == masqueraded


@pytest.mark.parametrize(
    ("sets", "masqueraded"),
    [
        ({"KUBE_EXTERNAL_IP": ["10.96.0.1,tcp:80"]}, True),
        ({"KUBE_EXTERNAL_IP_LOCAL": ["10.96.0.1,tcp:80"]}, False),
        ({"KUBE_LOAD_BALANCER": ["10.96.0.1,tcp:80"]}, True),
        ({"KUBE_LOAD_BALANCER": ["10.96.0.1,tcp:80"], "KUBE_LOAD_BALANCER_LOCAL": ["10.96.0.1,tcp:80"]}, False),
        ({"KUBE_NODE_PORT_TCP": ["80"]}, True),
        ({"KUBE_NODE_PORT_TCP": ["80"], "KUBE_NODE_PORT_LOCAL_TCP": ["80"]}, False),
        # The same port of another protocol, and another port.
        ({"KUBE_NODE_PORT_TCP": ["80"], "KUBE_NODE_PORT_LOCAL_UDP": ["80"]}, True),
        ({"KUBE_LOAD_BALANCER_LOCAL": ["10.96.0.1,tcp:81"]}, True),
    ],
)
def test_what_is_masqueraded_elsewhere(sets: dict[str, list[str]], masqueraded: bool) -> None:
    """With externalTrafficPolicy Local an endpoint sees its client."""
    assert chain_of(copied(service(1), **sets))[:-1] == (["-j FROZEN-MARK-MASQ"] if masqueraded else [])


def test_source_ranges() -> None:
    sets = {
        "KUBE_LOAD_BALANCER": ["10.96.0.1,tcp:80"],
        "KUBE_LOAD_BALANCER_FW": ["10.96.0.1,tcp:80"],
        "KUBE_LOAD_BALANCER_SOURCE_CIDR": ["10.96.0.1,tcp:80,192.0.2.0/24", "10.96.0.1,tcp:80,192.0.2.7"],
    }
    conditions = "-d 10.96.0.1/32 -p tcp -m tcp --dport 80"
    rules = [rule.rpartition(" -j ")[0] for rule in copied(service(1), **sets)["FROZEN-SERVICES"]]
    assert rules == [f"-s 192.0.2.0/24 {conditions}", f"-s 192.0.2.7/32 {conditions}"]
    sets["KUBE_LOAD_BALANCER_SOURCE_IP"] = ["10.96.0.1,tcp:80,10.96.0.1"]
    last = copied(service(1), **sets)["FROZEN-SERVICES"][-1]
    assert last.startswith(f"{conditions} -m addrtype --src-type LOCAL -j ")


def test_ipv6() -> None:
    backend = Backend("fd00:250::1", 8081, "Masq", 1, 0, 0)
    ipv6 = VirtualService("TCP", "rr", 9, address="fd00:96::1", port=80, backends=(backend,))
    saved = dataclasses.replace(read_saved(SAVED % "", "nft", "ip"), family="ip6")
    chains = copy_of_ipvs(saved, [service(1), ipv6], {"KUBE-6-CLUSTER-IP": ["fd00:96::1,tcp:80"]})
    [dispatch] = chains["FROZEN-SERVICES"]
    assert dispatch.startswith("-d fd00:96::1/128 -p tcp")
    [hairpin, to] = chains[chain_of(chains)[-1].rpartition(" ")[2]]
    assert hairpin == "-s fd00:250::1/128 -j FROZEN-MARK-MASQ"
    assert "--mask ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff --rsource" in to
    assert to.endswith("-j DNAT --to-destination [fd00:250::1]:8081")
