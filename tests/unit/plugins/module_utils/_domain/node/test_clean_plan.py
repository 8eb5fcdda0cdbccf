# SPDX-License-Identifier: GPL-3.0-or-later

"""What is removed from real nodes after a change of the mode, and what stays there."""

from __future__ import annotations

import dataclasses
import re
import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.clean_plan import (
    CleanPlan,
    active_connections,
    clean_plan,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.facts import (
    Backend,
    Interface,
    VirtualService,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.kernel_rules import KernelRules
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.saved_rules import (
    SavedRules,
    read_saved,
)

Kernel = t.Callable[[str], KernelRules]

STATES = [
    "iptables",
    "iptables-after-ipvs",
    "iptables-after-nftables",
    "ipvs-after-iptables",
    "ipvs-after-nftables",
    "nftables-after-iptables",
    "nftables-after-ipvs",
]
#: What the kubelet has on every node, 1.28 and later.
KUBELET = {
    "filter": {"KUBE-FIREWALL", "KUBE-KUBELET-CANARY"},
    "mangle": {"KUBE-IPTABLES-HINT", "KUBE-KUBELET-CANARY"},
    "nat": {"KUBE-KUBELET-CANARY"},
}
OF_IPVS = {
    "filter": {
        "KUBE-FORWARD",
        "KUBE-IPVS-FILTER",
        "KUBE-IPVS-OUT-FILTER",
        "KUBE-NODE-PORT",
        "KUBE-PROXY-FIREWALL",
        "KUBE-SOURCE-RANGES-FIREWALL",
    },
    "mangle": set(),
    "nat": {
        "KUBE-LOAD-BALANCER",
        "KUBE-MARK-MASQ",
        "KUBE-NODE-PORT",
        "KUBE-POSTROUTING",
        "KUBE-SERVICES",
    },
}
FOREIGN = VirtualService("TCP", "rr", address="192.0.2.10", port=6443)


def planned(kernel: KernelRules, state: str, *, kubelet_since_1_28: bool = True) -> CleanPlan:
    return clean_plan(state.partition("-")[0], kernel, kubelet_since_1_28=kubelet_since_1_28)


def applied(saved: SavedRules, plan: CleanPlan) -> dict[str, dict[str, list[str]]]:
    """The rules after the plan, as iptables-restore --noflush would leave them, or an error like its."""
    tables = {table: {chain: list(rules) for chain, rules in chains.items()} for table, chains in saved.tables.items()}
    chains: dict[str, list[str]] = {}
    for line in plan.restores().get((saved.backend, saved.family), "").splitlines():
        words = line.split(" ", 2)
        if line.startswith("*"):
            chains = tables[line[1:]]
        elif line.startswith(":"):
            chains[words[0][1:]] = []
        elif words[0] == "-D":
            chains[words[1]].remove(words[2])
        elif words[0] == "-X":
            assert chains.pop(words[1]) == []
            used = [rule for rules in chains.values() for rule in rules if rule.endswith(f"-j {words[1]}")]
            assert used == [], f"{words[1]} is in use"
        else:
            assert line == "COMMIT"
    return tables


def names(tables: dict[str, dict[str, list[str]]]) -> dict[str, set[str]]:
    """Chains of kube-proxy and the kubelet by table."""
    return {table: {chain for chain in chains if chain.startswith("KUBE-")} for table, chains in tables.items()}


@pytest.mark.parametrize("state", ["ipvs-after-iptables", "ipvs-after-nftables"])
@pytest.mark.parametrize("family", [0, 1], ids=["IPv4", "IPv6"])
def test_in_mode_ipvs_its_own_chains_and_those_of_the_kubelet_stay(kernel: Kernel, state: str, family: int) -> None:
    found = kernel(state)
    left = applied(found.saved[family], planned(found, state))
    assert names(left) == {table: OF_IPVS[table] | KUBELET[table] for table in OF_IPVS}
    before = found.saved[family].tables
    # Its rules are as they were, in their order.
    for table, chains in left.items():
        for chain, rules in chains.items():
            assert rules == [rule for rule in before[table][chain] if rule in rules]
    filtered = [rule for chain in ("INPUT", "FORWARD", "OUTPUT") for rule in left["filter"][chain]]
    assert [re.sub(".* ", "", rule) for rule in filtered] == [
        "KUBE-IPVS-FILTER",
        "KUBE-PROXY-FIREWALL",
        "KUBE-NODE-PORT",
        "KUBE-FIREWALL",
        "KUBE-PROXY-FIREWALL",
        "KUBE-FORWARD",
        "KUBE-IPVS-OUT-FILTER",
        "KUBE-FIREWALL",
    ]
    plan = planned(found, state)
    assert (plan.virtual_services, plan.interface, plan.ip_sets, plan.nft_tables) == ((), None, (), ())


@pytest.mark.parametrize("state", ["iptables-after-ipvs", "iptables-after-nftables"])
@pytest.mark.parametrize("family", [0, 1], ids=["IPv4", "IPv6"])
def test_in_mode_iptables_a_node_looks_as_if_it_had_had_no_other(kernel: Kernel, state: str, family: int) -> None:
    found, fresh = kernel(state), kernel("iptables").saved[family]

    def in_order(tables: t.Mapping[str, t.Mapping[str, list[str]]]) -> dict[str, dict[str, list[str]]]:
        # kube-proxy writes Services in any order, and jumps of the kubelet and its own in the order of their starts.
        return {table: {chain: sorted(rules) for chain, rules in chains.items()} for table, chains in tables.items()}

    assert in_order(applied(found.saved[family], planned(found, state))) == in_order(fresh.tables)


@pytest.mark.parametrize("state", ["nftables-after-iptables", "nftables-after-ipvs"])
@pytest.mark.parametrize("family", [0, 1], ids=["IPv4", "IPv6"])
def test_in_mode_nftables_only_chains_of_the_kubelet_stay(kernel: Kernel, state: str, family: int) -> None:
    found = kernel(state)
    assert names(applied(found.saved[family], planned(found, state))) == KUBELET
    older = applied(found.saved[family], planned(found, state, kubelet_since_1_28=False))
    there = set(found.saved[family].chains("nat"))
    assert names(older)["nat"] == KUBELET["nat"] | ({"KUBE-MARK-MASQ", "KUBE-POSTROUTING", "KUBE-MARK-DROP"} & there)


@pytest.mark.parametrize("state", STATES)
def test_a_second_plan_has_nothing_to_do(kernel: Kernel, state: str) -> None:
    found = kernel(state)
    plan = planned(found, state)
    saved = tuple(SavedRules("nft", saved.family, applied(saved, plan)) for saved in found.saved)
    after = dataclasses.replace(
        found,
        saved=saved,
        services=tuple(service for service in found.services if service not in plan.virtual_services),
        interface=dataclasses.replace(found.interface, present=found.interface.present and plan.interface is None),
        sets={name: members for name, members in found.sets.items() if name not in plan.ip_sets},
    )
    assert not planned(after, state).changed
    assert plan.changed == (state != "iptables")


def test_ipvs_left_in_iptables(kernel: Kernel) -> None:
    plan = planned(kernel("iptables-after-ipvs"), "iptables-after-ipvs")
    # The last is a NodePort, on an address of the node.
    assert [f"{service.address}:{service.port}" for service in plan.virtual_services] == [
        "172.31.250.11:30080",
        "10.96.0.1:443",
        "10.96.50.50:80",
        "10.96.50.60:80",
        "10.96.50.61:80",
    ]
    assert (plan.interface, len(plan.ip_sets)) == ("kube-ipvs0", 34)
    assert "interface kube-ipvs0" in plan.lines()
    assert "ip link delete kube-ipvs0" in plan.commands()


def test_dead_sets_left_in_nftables(kernel: Kernel) -> None:
    plan = planned(kernel("nftables-after-ipvs"), "nftables-after-ipvs")
    assert len(plan.ip_sets) == 17
    assert all(name.startswith("KUBE-6-") for name in plan.ip_sets)
    assert (plan.virtual_services, plan.interface) == ((), None)


def test_rejects_of_iptables_go_in_ipvs(kernel: Kernel) -> None:
    """https://github.com/kubernetes/kubernetes/issues/102314"""
    found = kernel("ipvs-after-iptables")
    rejects = [rule for rule in found.saved[0].chains("filter")["KUBE-SERVICES"] if "has no endpoints" in rule]
    assert len(rejects) == 1
    left = applied(found.saved[0], planned(found, "ipvs"))
    assert "has no endpoints" not in str(left)


def test_virtual_services_of_others_stay(kernel: Kernel) -> None:
    found = kernel("iptables-after-ipvs")
    by_mark = VirtualService("FWM", "rr", mark=5)
    plan = planned(dataclasses.replace(found, services=(FOREIGN, *found.services, by_mark)), "iptables")
    assert FOREIGN not in plan.virtual_services
    assert by_mark not in plan.virtual_services
    assert len(plan.virtual_services) == 5


@pytest.mark.parametrize("forward", ["Route", "Tunnel"])
def test_virtual_services_of_others_stay_on_the_port_of_a_node_port(kernel: Kernel, forward: str) -> None:
    """keepalived's have an address of their own, or do not masquerade, which is all that kube-proxy does."""
    found = dataclasses.replace(kernel("iptables-after-ipvs"), node_addresses=("172.31.250.11",))
    routed = VirtualService("TCP", "wlc", None, "172.31.250.11", 30080, None, (Backend("a", 1, forward, 1, 0, 0),))
    elsewhere = VirtualService("TCP", "wlc", address="192.0.2.100", port=30080)
    plan = planned(dataclasses.replace(found, services=(*found.services, routed, elsewhere)), "iptables")
    assert list(plan.virtual_services) == list(found.services)


def test_without_interface_and_sets_the_whole_table_is_of_others(kernel: Kernel) -> None:
    plan = planned(dataclasses.replace(kernel("iptables"), services=(FOREIGN,)), "iptables")
    assert not plan.changed


def test_what_only_begins_like_kube_proxys_stays(kernel: Kernel) -> None:
    """kube-router has chains and sets that begin with KUBE- too."""
    text = """\
*filter
:FORWARD ACCEPT [0:0]
:KUBE-ROUTER-FORWARD - [0:0]
:KUBE-POD-FW-ABCDEFGHIJKLMNOP - [0:0]
:KUBE-SERVICES - [0:0]
-A FORWARD -m comment --comment "not -j KUBE-SERVICES" -j KUBE-ROUTER-FORWARD
-A FORWARD -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
COMMIT
"""
    found = dataclasses.replace(kernel("nftables-after-ipvs"), saved=(read_saved(text, "legacy", "ip"),), sets={})
    [removed] = planned(found, "nftables").rules
    assert removed.chains == ("KUBE-SERVICES",)
    assert removed.rules == ('-A FORWARD -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',)


#: CNI's portmap with externalSetMarkChain: KUBE-MARK-MASQ, for a pod that asks its own hostport.
PORTMAP = """\
:CNI-HOSTPORT-DNAT - [0:0]
:CNI-DN-0123456789abcdef01234 - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT
-A CNI-HOSTPORT-DNAT -p tcp -m multiport --dports 8080 -j CNI-DN-0123456789abcdef01234
-A CNI-DN-0123456789abcdef01234 -s 10.244.0.0/24 -p tcp -m tcp --dport 8080 -j KUBE-MARK-MASQ
-A CNI-DN-0123456789abcdef01234 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.244.0.5:80
"""


def with_rules(kernel: KernelRules, recorded: str, added: str, table: str = "nat") -> KernelRules:
    """The kernel with these chains and rules in the IPv4 table as well."""
    before, begin, rest = recorded.partition(f"*{table}\n")
    saved = read_saved(f"{before}{begin}{rest.replace('COMMIT', f'{added}COMMIT', 1)}", "nft", "ip")
    return dataclasses.replace(kernel, saved=(saved, *kernel.saved[1:]))


Recorded = t.Callable[[str, str], str]


@pytest.mark.parametrize(
    ("added", "users"),
    [
        (PORTMAP, ["-A CNI-DN-0123456789abcdef01234 -s 10.244.0.0/24 -p tcp -m tcp --dport 8080 -j KUBE-MARK-MASQ"]),
        ("-A PREROUTING -s 10.0.0.0/8 -j KUBE-MARK-MASQ\n", ["-A PREROUTING -s 10.0.0.0/8 -j KUBE-MARK-MASQ"]),
        # The kubelet's of old, and CRI-O's: they begin like kube-proxy's.
        (
            ":KUBE-HP-ABCDEFGHIJKLMNOP - [0:0]\n-A KUBE-HP-ABCDEFGHIJKLMNOP -s 10.244.0.5/32 -g KUBE-MARK-MASQ\n",
            ["-A KUBE-HP-ABCDEFGHIJKLMNOP -s 10.244.0.5/32 -g KUBE-MARK-MASQ"],
        ),
    ],
)
def test_a_chain_that_rules_of_others_lead_to_stays(
    kernel: Kernel, recorded: Recorded, added: str, users: list[str]
) -> None:
    found = with_rules(kernel("iptables"), recorded("iptables", "iptables-save"), added)
    plan = planned(found, "nftables")
    left = applied(found.saved[0], plan)
    of_others = with_rules(KernelRules((), (), found.interface, {}, {}), "*nat\n:PREROUTING -\nCOMMIT\n", added)
    for chain, rules in of_others.saved[0].chains("nat").items():
        assert left["nat"][chain] == rules
    # What it does is what it did: kube-proxy's own table masquerades what has this mark.
    assert left["nat"]["KUBE-MARK-MASQ"] == ["-j MARK --set-xmark 0x4000/0x4000"]
    assert names(left)["nat"] - KUBELET["nat"] - set(of_others.saved[0].chains("nat")) == {"KUBE-MARK-MASQ"}
    [kept] = plan.kept
    assert (kept.name, kept.table, kept.family, list(kept.used_by)) == ("KUBE-MARK-MASQ", "nat", "ip", users)
    assert plan.warnings() == []
    again = planned(dataclasses.replace(found, saved=(SavedRules("nft", "ip", left),)), "nftables")
    assert (again.changed, again.kept) == (False, plan.kept)


def test_a_chain_that_others_use_and_kube_proxy_has_emptied(kernel: Kernel, recorded: Recorded) -> None:
    """kube-proxy in mode nftables empties KUBE-MARK-MASQ at each start, so that filling it would not last."""
    state = "nftables-after-iptables"
    plan = planned(with_rules(kernel(state), recorded(state, "iptables-save"), PORTMAP), state)
    assert [kept.name for kept in plan.kept] == ["KUBE-MARK-MASQ"]
    [warning] = plan.warnings()
    assert warning.startswith("Rules of other programs lead to the chain KUBE-MARK-MASQ (IPv4, backend nft, table nat)")
    assert "-A CNI-DN-0123456789abcdef01234 -s 10.244.0.0/24" in warning


def test_what_such_a_chain_leads_to_stays_as_well(kernel: Kernel, recorded: Recorded) -> None:
    added = ":MESH - [0:0]\n-A PREROUTING -j MESH\n-A MESH -d 192.0.2.9/32 -j KUBE-SVC-TNSMERPEENHAWP3N\n"
    found = with_rules(kernel("ipvs-after-iptables"), recorded("ipvs-after-iptables", "iptables-save"), added)
    plan = planned(found, "ipvs")
    left = applied(found.saved[0], plan)["nat"]
    service, endpoint = "KUBE-SVC-TNSMERPEENHAWP3N", "KUBE-SEP-XYIZJIEJZCXAC7QX"
    assert {chain for chain in left if chain.startswith(("KUBE-SVC-", "KUBE-SEP-", "KUBE-EXT-"))} == {service, endpoint}
    assert all(left[chain] == found.saved[0].chains("nat")[chain] for chain in ("MESH", service, endpoint))
    assert {kept.name: kept.used_by[0].partition(" -m ")[0] for kept in plan.kept} == {
        endpoint: f"-A {service}",
        service: f"-A MESH -d 192.0.2.9/32 -j {service}",
    }


def test_kube_proxys_own_jump_to_a_chain_of_others_goes(kernel: Kernel, recorded: Recorded) -> None:
    """What somebody wrote stays, with the chain; kube-proxy's jumps to that chain are its leftovers all the same."""
    added = "-A FORWARD -s 192.0.2.0/24 -j KUBE-SERVICES\n"
    found = with_rules(kernel("ipvs-after-iptables"), recorded("ipvs-after-iptables", "iptables-save"), added, "filter")
    filtered = applied(found.saved[0], planned(found, "ipvs"))["filter"]
    jumps = [rule for rules in filtered.values() for rule in rules if rule.endswith("-j KUBE-SERVICES")]
    assert jumps == ["-s 192.0.2.0/24 -j KUBE-SERVICES"]
    assert len(filtered["KUBE-SERVICES"]) == 1


def test_a_chain_that_has_always_been_empty_is_no_reason_to_warn(kernel: Kernel, recorded: Recorded) -> None:
    state = "ipvs-after-iptables"
    added = "-A FORWARD -s 192.0.2.0/24 -j KUBE-EXTERNAL-SERVICES\n"
    plan = planned(with_rules(kernel(state), recorded(state, "iptables-save"), added, "filter"), state)
    assert [(kept.name, kept.empty) for kept in plan.kept] == [("KUBE-EXTERNAL-SERVICES", True)]
    assert plan.warnings() == []


def test_sets_that_a_rule_needs_which_stays(kernel: Kernel, recorded: Recorded) -> None:
    state = "iptables-after-ipvs"
    added = (
        ":MESH - [0:0]\n-A MESH -p tcp -j KUBE-IPVS-FILTER\n"
        "-A INPUT -m set --match-set KUBE-6-LOOP-BACK dst,dst,src -j ACCEPT\n"
    )
    found = with_rules(kernel(state), recorded(state, "iptables-save"), added, "filter")
    plan = planned(found, state)
    used = {
        "KUBE-6-LOOP-BACK",
        *re.findall(r"-A KUBE-IPVS-FILTER .*--match-set (\S+)", recorded(state, "iptables-save")),
    }
    assert len(used) == 7
    assert set(plan.kept_sets) == used
    assert set(plan.ip_sets) == set(found.sets) - used


def test_tables_of_nftables_go_in_other_modes(kernel: Kernel) -> None:
    found = dataclasses.replace(kernel("iptables"), nft=kernel("nftables-after-ipvs").nft)
    assert planned(found, "iptables").nft_tables == (("ip", "kube-proxy"), ("ip6", "kube-proxy"))
    assert planned(found, "nftables").nft_tables == ()


def test_chains_of_older_releases_go() -> None:
    """Until 1.25 mode ipvs had nat KUBE-FIREWALL; filter KUBE-FIREWALL has always been the kubelet's."""
    nat = "*nat\n:KUBE-FIREWALL - [0:0]\n:KUBE-XLB-ABCDEFGHIJKLMNOP - [0:0]\nCOMMIT\n"
    saved = read_saved(f"{nat}*filter\n:KUBE-FIREWALL - [0:0]\nCOMMIT\n", "nft", "ip")
    found = KernelRules((saved,), (), Interface("kube-ipvs0", False, ()), {}, {})
    assert [removed.chains for removed in planned(found, "iptables").rules] == [("KUBE-FIREWALL",)]
    assert [removed.chains for removed in planned(found, "ipvs").rules] == [("KUBE-XLB-ABCDEFGHIJKLMNOP",)]


def test_connections_that_wait_to_end() -> None:
    def service(port: int, connections: int) -> VirtualService:
        backend = Backend("172.31.250.1", 80, "Masq", 1, connections, 0)
        return VirtualService("TCP", "rr", address="10.96.0.1", port=port, backends=(backend, backend))

    going = (service(80, 2), service(81, 0))
    assert active_connections(going) == 4
    assert active_connections(going, [service(80, 1), service(81, 0), service(82, 9)]) == 2
