# SPDX-License-Identifier: GPL-3.0-or-later

"""Every rule of the plan, with a cluster that it is about and one that it is not about."""

from __future__ import annotations

import itertools
import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.problems import ValidationError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy.findings import Finding
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy.versions import KubeProxyVersion
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.migration_facts import (
    ClusterNode,
    MigrationFacts,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.migration_plan import (
    migration_plan,
    planned_config,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.migration_rules import RULES
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.neighbours import (
    Calico,
    Flannel,
    KubeVip,
    Neighbours,
    NodeLocalDns,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.services import Service

PLAIN = Service("default/web", cluster_ips=("10.96.0.20",))
NODE_PORT = Service("default/web", "NodePort", ("10.96.0.20",), node_ports=(30080,))
DNS = Service("kube-system/kube-dns", cluster_ips=("10.96.0.10",))


def facts(
    former: str = "iptables",
    mode: str = "nftables",
    version: str = "1.34.9",
    *,
    services: tuple[Service, ...] | None = (PLAIN,),
    nodes: tuple[ClusterNode, ...] = (ClusterNode("worker-1", "6.1.0-28-amd64"),),
    changes: dict[str, t.Any] | None = None,
    neighbours: Neighbours | None = None,
    **config: t.Any,
) -> MigrationFacts:
    """A cluster that goes from one mode to another, with this configuration; ``changes`` come with the new mode."""
    return MigrationFacts(
        KubeProxyVersion.parse(version),
        {**config, "mode": former},
        {**config, **(changes or {}), "mode": mode},
        nodes,
        services,
        neighbours or Neighbours(),
    )


def plan(*modes: str, **more: t.Any) -> list[Finding]:
    return migration_plan(facts(*modes, **more))


def about(findings: t.Iterable[Finding], words: str) -> list[Finding]:
    """The findings that say these words."""
    return [finding for finding in findings if words in f"{finding.subject}: {finding.what}"]


def one(findings: t.Iterable[Finding], kind: str, words: str) -> Finding:
    [finding] = about(findings, words)
    assert finding.kind == kind
    return finding


CHANGES = [pair for pair in itertools.product(("iptables", "ipvs", "nftables"), repeat=2) if pair[0] != pair[1]]


@pytest.mark.parametrize("mode", ["iptables", "ipvs", "nftables"])
def test_nothing_to_say_where_the_mode_stays(mode: str) -> None:
    assert plan(mode, mode, services=(NODE_PORT,), neighbours=Neighbours(cilium="x")) == []
    # Left empty, it is iptables.
    assert migration_plan(facts("", "iptables", services=(NODE_PORT,))) == []


@pytest.mark.parametrize(("former", "mode"), CHANGES)
def test_a_plain_cluster_can_change(former: str, mode: str) -> None:
    assert [finding for finding in plan(former, mode) if finding.kind != "behaviour"] == []


def test_rules_are_sentences_without_their_ends() -> None:
    words = dict.fromkeys(("former", "mode", "version", "kernel", "deprecation"), "x")
    for rule in RULES:
        for text in (rule.what, rule.todo, rule.source):
            said = text.format(**words)
            assert said == said.strip()
            assert not said.endswith(".")
            assert said
        assert set(rule.into) | set(rule.out_of) <= {"iptables", "ipvs", "nftables"}


def test_what_could_not_be_read_says_nothing() -> None:
    unread = MigrationFacts(KubeProxyVersion(1, 34), {"mode": "ipvs"}, {"mode": "nftables"})
    assert {finding.subject for finding in migration_plan(unread)} == {"ClusterIPs"}


# Versions and kernels.


@pytest.mark.parametrize(
    ("version", "gates", "words"),
    [
        ("1.28.9", {}, "it has no mode nftables"),
        ("1.29.0", {}, "the feature gate NFTablesProxyMode is off"),
        ("1.30.4", {"NFTablesProxyMode": False}, "the feature gate NFTablesProxyMode is off"),
        ("1.32.1", {"NFTablesProxyMode": False}, "the feature gate NFTablesProxyMode is off"),
        ("1.29.0", {"NFTablesProxyMode": True}, None),
        ("1.31.0", {}, None),
        ("1.33.0", {}, None),
    ],
)
def test_nftables_needs_a_version_or_a_gate(version: str, gates: dict[str, bool], words: str | None) -> None:
    blocking = [finding for finding in plan(version=version, featureGates=gates) if finding.kind == "blocking"]
    assert [finding.what.split(",")[0] for finding in blocking] == ([words] if words else [])


@pytest.mark.parametrize(("version", "gates", "off"), [("1.39.0", {}, False), ("1.40.0", {}, True)])
def test_ipvs_leaves(version: str, gates: dict[str, bool], off: bool) -> None:
    findings = plan("iptables", "ipvs", version=version, featureGates=gates)
    assert bool(about(findings, "mode ipvs is off in Kubernetes 1.40")) is off
    assert about(plan("iptables", "ipvs", version=version, featureGates={"KubeProxyIPVS": True}), "is off") == []


@pytest.mark.parametrize(
    ("version", "kernel", "told"),
    [
        ("1.31.0", "5.12.9", True),
        ("1.31.0", "5.13.0", False),
        ("1.30.0", "5.4.0-200-generic", False),
        ("1.30.0", "4.18.0-553.el8_10.x86_64", True),
        ("1.34.9", "", False),
        ("1.34.9", "rolling", False),
    ],
)
def test_nftables_needs_a_kernel(version: str, kernel: str, told: bool) -> None:
    nodes = (ClusterNode("a", kernel), ClusterNode("b", "6.1.0"))
    gates = {"NFTablesProxyMode": True}
    found = [
        finding.subject
        for finding in plan(version=version, nodes=nodes, featureGates=gates)
        if finding.kind == "blocking"
    ]
    assert found == ([f"node a (kernel {kernel})"] if told else [])
    assert [finding for finding in plan("nftables", "ipvs", nodes=nodes) if finding.kind == "blocking"] == []


def test_the_oldest_kernel_is_named() -> None:
    [old] = about(plan(nodes=(ClusterNode("a", "5.10.0"),)), "node a")
    assert old.what == "mode nftables of kube-proxy 1.34 needs Linux 5.13 or later"


@pytest.mark.parametrize(("version", "told"), [("1.34.9", False), ("1.35.0", True)])
def test_ipvs_is_deprecated(version: str, told: bool) -> None:
    assert len(about(plan("iptables", "ipvs", version=version), "deprecated since Kubernetes 1.35")) == int(told)
    assert about(plan("ipvs", "nftables", version=version), "deprecated") == []


# Neighbours.


@pytest.mark.parametrize(
    "neighbours",
    [
        Neighbours(calico=Calico("DaemonSet x", (3, 29), ebpf=True)),
        Neighbours(cilium="DaemonSet x"),
        Neighbours(kube_router="DaemonSet x"),
    ],
)
@pytest.mark.parametrize(("former", "mode"), CHANGES)
def test_who_handles_services_itself(neighbours: Neighbours, former: str, mode: str) -> None:
    finding = one(plan(former, mode, neighbours=neighbours), "blocking", "handles Services itself")
    assert "(DaemonSet x)" in finding.subject


@pytest.mark.parametrize(
    "neighbours", [Neighbours(metallb="x"), Neighbours(kube_vip=KubeVip("x", arp=True))], ids=["MetalLB", "kube-vip"]
)
def test_arp_needs_strict_arp_in_ipvs(neighbours: Neighbours) -> None:
    one(plan("iptables", "ipvs", neighbours=neighbours), "blocking", "answers ARP requests")
    strict = {"ipvs": {"strictARP": True}}
    assert about(plan("iptables", "ipvs", neighbours=neighbours, changes=strict), "answers ARP requests") == []
    assert about(plan("iptables", "nftables", neighbours=neighbours), "answers ARP requests") == []


def test_kube_vip_without_arp_does_not_need_it() -> None:
    assert about(plan("iptables", "ipvs", neighbours=Neighbours(kube_vip=KubeVip("x"))), "ARP") == []


def test_the_ipvs_table_of_kube_vip() -> None:
    neighbours = Neighbours(kube_vip=KubeVip("x", ipvs=True))
    one(plan("iptables", "nftables", neighbours=neighbours), "blocking", "kube-vip (x): it has virtual servers")
    assert about(plan("ipvs", "iptables", neighbours=neighbours), "kube-vip") == []


@pytest.mark.parametrize("addresses", [("169.254.20.10", "10.96.0.10"), ("10.96.0.10",)])
def test_nodelocal_dnscache_on_the_address_of_kube_dns(addresses: tuple[str, ...]) -> None:
    neighbours = Neighbours(node_local_dns=NodeLocalDns("x", addresses))
    into = {
        mode: about(plan("iptables", mode, neighbours=neighbours, services=(DNS,)), "DNSCache on 10.96.0.10 (x)")
        for mode in ("ipvs", "nftables")
    }
    assert [(mode, finding.kind) for mode, [finding] in into.items()] == [
        ("ipvs", "blocking"),
        ("nftables", "behaviour"),
    ]
    assert about(plan("ipvs", "iptables", neighbours=neighbours, services=(DNS,)), "DNSCache") == []


def test_nodelocal_dnscache_on_an_address_of_its_own() -> None:
    neighbours = Neighbours(node_local_dns=NodeLocalDns("x", ("169.254.20.10",)))
    for former, mode in CHANGES:
        assert about(plan(former, mode, neighbours=neighbours, services=(DNS,)), "DNSCache") == []


@pytest.mark.parametrize(("version", "told"), [((3, 28), True), ((3, 29), False), ((4, 0), False), (None, False)])
def test_calico_without_a_data_plane_for_nftables(version: tuple[int, int] | None, told: bool) -> None:
    neighbours = Neighbours(calico=Calico("x", version, nftables="Enabled"))
    assert len(about(plan(neighbours=neighbours), "panics")) == int(told)
    assert about(plan("iptables", "ipvs", neighbours=neighbours), "panics") == []


@pytest.mark.parametrize(
    ("felix", "former", "mode", "words"),
    [
        ("Disabled", "iptables", "nftables", ["its rules are for iptables"]),
        (None, "ipvs", "nftables", ["no FelixConfiguration that was read says so"]),
        ("Enabled", "iptables", "nftables", []),
        ("Auto", "iptables", "nftables", ["it chooses its data plane"]),
        ("Auto", "nftables", "iptables", ["it chooses its data plane"]),
        ("Enabled", "nftables", "iptables", ["its rules are for nftables"]),
        ("Disabled", "nftables", "iptables", []),
        (None, "nftables", "iptables", []),
        ("Auto", "iptables", "ipvs", []),
        ("Enabled", "iptables", "ipvs", []),
    ],
)
def test_calico_follows(felix: str | None, former: str, mode: str, words: list[str]) -> None:
    neighbours = Neighbours(calico=Calico("x", (3, 30), nftables=felix))
    found = [
        finding
        for finding in plan(former, mode, neighbours=neighbours)
        if finding.subject == "Calico (x)" and "kube-ipvs0" not in finding.what
    ]
    assert {finding.kind for finding in found} <= {"follow"}
    assert [any(finding.what.startswith(word) or word in finding.what for finding in found) for word in words] == (
        [True] * len(words)
    )
    assert len(found) == len(words)


@pytest.mark.parametrize(("former", "mode"), CHANGES)
def test_calico_is_restarted_for_kube_ipvs0(former: str, mode: str) -> None:
    neighbours = Neighbours(calico=Calico("x", (3, 30)))
    assert len(about(plan(former, mode, neighbours=neighbours), "looks for kube-ipvs0")) == int(
        "ipvs" in (former, mode)
    )


@pytest.mark.parametrize(("nftables", "told"), [(False, True), (True, False), (None, False)])
def test_flannel_follows(nftables: bool | None, told: bool) -> None:
    neighbours = Neighbours(flannel=Flannel("x", nftables))
    assert len(about(plan(neighbours=neighbours), "Flannel (x)")) == int(told)
    assert about(plan("ipvs", "iptables", neighbours=neighbours), "Flannel") == []


# Services.


def test_host_firewalls_and_nodeports() -> None:
    finding = one(plan("iptables", "nftables", services=(PLAIN, NODE_PORT)), "follow", "in the firewall of the node")
    assert finding.subject == "Service default/web"
    assert about(plan(services=(PLAIN,)), "firewall") == []
    assert about(plan("iptables", "ipvs", services=(NODE_PORT,)), "firewall") == []


@pytest.mark.parametrize("mode", ["ipvs", "nftables"])
def test_nodeports_on_localhost(mode: str) -> None:
    words = "do not answer on 127.0.0.1"
    one(plan("iptables", mode, services=(NODE_PORT,)), "behaviour", words)
    one(plan("iptables", "ipvs", services=(NODE_PORT,), version="1.20.2"), "behaviour", words)
    assert about(plan("iptables", mode, services=(PLAIN,)), words) == []
    off = {"localhostNodePorts": False}
    assert about(plan("iptables", mode, services=(NODE_PORT,), iptables=off), words) == []
    assert about(plan("ipvs", "iptables", services=(NODE_PORT,)), words) == []


def test_a_gate_keeps_nodeports_on_localhost_in_nftables() -> None:
    gates = {"KubeProxyNFTablesLocalhostNodePorts": True}
    for mode, told in (("nftables", 0), ("ipvs", 1)):
        found = plan("iptables", mode, version="1.37.1", services=(NODE_PORT,), featureGates=gates)
        assert len(about(found, "127.0.0.1")) == told


def test_primary_addresses_for_nodeports() -> None:
    fewer, more = "only on the primary addresses", "answer on all addresses"
    one(plan("ipvs", "nftables", services=(NODE_PORT,)), "behaviour", fewer)
    assert about(plan("ipvs", "nftables"), fewer) == []
    # In these versions the default of nftables was the same as that of the others.
    gates = {"NFTablesProxyMode": True}
    assert about(plan(version="1.30.1", services=(NODE_PORT,), featureGates=gates), fewer) == []
    for chosen in (["0.0.0.0/0"], ["primary"]):
        assert about(plan(services=(NODE_PORT,), nodePortAddresses=chosen), fewer) == []
    one(plan("nftables", "iptables", services=(NODE_PORT,)), "behaviour", more)
    assert about(plan("nftables", "iptables", services=(NODE_PORT,), nodePortAddresses=["primary"]), more) == []
    assert about(plan("iptables", "ipvs", services=(NODE_PORT,)), more) == []


def test_invalid_packets() -> None:
    one(plan("iptables", "nftables"), "behaviour", "conntrack.tcp_be_liberal")
    assert about(plan(conntrack={"tcpBeLiberal": True}), "tcp_be_liberal") == []
    assert about(plan(changes={"conntrack": {"tcpBeLiberal": True}}), "tcp_be_liberal") == []
    assert about(plan("ipvs", "nftables"), "tcp_be_liberal") == []


def test_addresses_of_services_as_addresses_of_nodes() -> None:
    one(plan("ipvs", "nftables"), "behaviour", "do not answer ping")
    one(plan("ipvs", "iptables"), "behaviour", "do not answer ping")
    assert about(plan("iptables", "nftables"), "ping") == []
    one(plan("iptables", "nftables"), "behaviour", "are refused")
    assert about(plan("nftables", "iptables"), "are refused") == []


def test_session_affinity() -> None:
    sticky = Service("default/web", affinity=600)
    for former, mode in CHANGES:
        one(plan(former, mode, services=(PLAIN, sticky)), "behaviour", "clients may change it once")
        assert about(plan(former, mode, services=(PLAIN,)), "clients may change it") == []


@pytest.mark.parametrize(
    "service", [Service("a/b", external_ips=("192.0.2.1",)), Service("a/b", load_balancer_ips=("192.0.2.1",))]
)
def test_external_addresses_on_kube_ipvs0(service: Service) -> None:
    one(plan("iptables", "ipvs", services=(service,)), "behaviour", "takes the external addresses")
    assert about(plan("iptables", "ipvs"), "takes the external addresses") == []
    assert about(plan("iptables", "nftables", services=(service,)), "takes the external addresses") == []


def test_local_traffic_from_the_inside() -> None:
    local = Service("a/b", external_ips=("192.0.2.1",), local_traffic=True)
    one(plan("iptables", "ipvs", services=(local,)), "behaviour", "externalTrafficPolicy Local")
    for other in (Service("a/b", external_ips=("192.0.2.1",)), Service("a/b", local_traffic=True)):
        assert about(plan("iptables", "ipvs", services=(other,)), "externalTrafficPolicy") == []
    assert about(plan("ipvs", "nftables", services=(local,)), "externalTrafficPolicy") == []


def test_thousands_of_services_are_one_finding() -> None:
    services = tuple(Service(f"a/s{number}", node_ports=(30000 + number,)) for number in range(2000))
    finding = one(plan("iptables", "ipvs", services=services), "behaviour", "127.0.0.1")
    assert finding.subject.startswith("Services a/s0, a/s1, ")
    assert finding.subject.endswith(" and 1990 more")


# Settings.


@pytest.mark.parametrize(
    ("scheduler", "words"),
    [
        ("", None),
        ("rr", None),
        ("lc", "chooses an endpoint at random"),
        ("wrr", "chooses an endpoint at random"),
        ("sh", "clients do not stay"),
        ("mh", "clients do not stay"),
    ],
)
def test_schedulers_have_no_counterpart(scheduler: str, words: str | None) -> None:
    found = about(plan("ipvs", "nftables", ipvs={"scheduler": scheduler}), "ipvs.scheduler")
    assert [words in finding.what for finding in found if words] == ([True] if words else [])
    assert about(plan("iptables", "nftables", ipvs={"scheduler": scheduler}), "ipvs.scheduler") == []


def test_timeouts_of_sessions_have_no_counterpart() -> None:
    section = {"tcpTimeout": "15m0s", "tcpFinTimeout": "0s", "udpTimeout": "1m0s"}
    finding = one(plan("ipvs", "iptables", ipvs=section), "behaviour", "timeouts of its own")
    assert finding.subject == "ipvs (tcp_timeout, udp_timeout)"
    assert about(plan("ipvs", "iptables", ipvs={"tcpTimeout": "0s"}), "timeouts of its own") == []
    assert about(plan("iptables", "nftables", ipvs=section), "timeouts of its own") == []


def test_ipvs_forgets_idle_connections_early() -> None:
    one(plan("iptables", "ipvs"), "behaviour", "idle for 15 minutes")
    assert about(plan("iptables", "ipvs", changes={"ipvs": {"tcpTimeout": "24h"}}), "idle") == []
    assert about(plan("iptables", "nftables"), "idle") == []


def test_networks_that_were_left_alone_in_the_ipvs_table() -> None:
    section = {"excludeCIDRs": ["192.0.2.0/24"]}
    one(plan("ipvs", "nftables", ipvs=section), "follow", "ipvs.exclude_cidrs: it keeps")
    assert about(plan("ipvs", "nftables"), "exclude_cidrs") == []
    assert about(plan("ipvs", "iptables", ipvs=section), "exclude_cidrs: it keeps") == []


def test_strict_arp_stays_in_the_kernel() -> None:
    one(plan("ipvs", "nftables", ipvs={"strictARP": True}), "behaviour", "keep arp_ignore")
    assert about(plan("ipvs", "nftables", ipvs={"strictARP": False}), "arp_ignore") == []
    assert about(plan("iptables", "nftables", ipvs={"strictARP": True}), "arp_ignore") == []


@pytest.mark.parametrize("mode", ["ipvs", "nftables"])
def test_route_localnet_stays_in_the_kernel(mode: str) -> None:
    words = "route_localnet: the nodes keep it at 1"
    finding = one(plan("iptables", mode), "behaviour", words)
    assert finding.todo == "set it to 0 when nothing else on the nodes needs it"
    assert about(plan("iptables", mode, iptables={"localhostNodePorts": False}), words) == []
    for addresses, told in ((["192.0.2.0/24"], 0), (["primary"], 0), (["0.0.0.0/0"], 1), (["127.0.0.0/8"], 1)):
        assert len(about(plan("iptables", mode, nodePortAddresses=addresses), words)) == told
    for former in ("ipvs", "nftables"):
        assert about(plan(former, "iptables"), words) == []


def test_route_localnet_of_another_mode() -> None:
    """Mode ipvs set it as well before 1.21, and before 1.24 no addresses of NodePorts kept it from being set."""
    words = "route_localnet"
    assert about(plan("iptables", "ipvs", version="1.20.2"), words) == []
    one(plan("iptables", "ipvs", version="1.23.1", nodePortAddresses=["192.0.2.0/24"]), "behaviour", words)
    gates = {"KubeProxyNFTablesLocalhostNodePorts": True}
    assert about(plan("iptables", "nftables", version="1.37.1", featureGates=gates), words) == []
    assert about(plan("ipvs", "nftables"), words) == []


@pytest.mark.parametrize(
    ("former", "mode", "config", "subjects"),
    [
        # Zeros, as kubeadm writes them, are nothing that anybody has set.
        ("iptables", "nftables", {"iptables": {"syncPeriod": "0s", "masqueradeAll": False}}, []),
        (
            "iptables",
            "nftables",
            {"iptables": {"masqueradeAll": True, "syncPeriod": "1m"}},
            ["masquerade_all, sync_period"],
        ),
        # Mode ipvs reads how to masquerade there as well.
        ("iptables", "ipvs", {"iptables": {"masqueradeAll": True, "syncPeriod": "1m"}}, ["sync_period"]),
        ("ipvs", "nftables", {"iptables": {"masqueradeAll": True, "syncPeriod": "1m"}}, ["masquerade_all"]),
        ("ipvs", "nftables", {"ipvs": {"scheduler": "lc", "strictARP": True, "udpTimeout": "5s"}}, ["strict_arp"]),
        ("iptables", "nftables", {"ipvs": {"strictARP": True}}, []),
        ("iptables", "nftables", {"nftables": {"syncPeriod": "1m"}}, []),
    ],
)
def test_settings_that_die(former: str, mode: str, config: dict[str, t.Any], subjects: list[str]) -> None:
    found = about(plan(former, mode, **config), "has no effect in mode")
    assert {finding.kind for finding in found} <= {"follow"}
    assert [finding.subject.partition("(")[2].rstrip(")") for finding in found] == subjects


def test_a_node_that_would_not_get_its_pod_again_blocks() -> None:
    closed = ClusterNode("gpu-1", "6.1.0-28-amd64", "taint dedicated=gpu:NoSchedule")
    found = plan("iptables", "nftables", nodes=(ClusterNode("a", "6.1.0-28-amd64"), closed))
    [finding] = about(found, "does not tolerate")
    assert (finding.kind, finding.subject) == ("blocking", "node gpu-1 (taint dedicated=gpu:NoSchedule)")


class TestTheConfigurationToPlanFor:
    VERSION = KubeProxyVersion.parse("1.34.9")
    CURRENT: t.ClassVar[dict[str, t.Any]] = {"mode": "", "configSyncPeriod": "60s"}

    def test_the_current_one_with_the_mode(self) -> None:
        assert planned_config(self.CURRENT, "ipvs", None, self.VERSION) == {**self.CURRENT, "mode": "ipvs"}

    @pytest.mark.parametrize("mode", [None, "ipvs"])
    def test_the_desired_one(self, mode: str | None) -> None:
        desired = {"mode": "ipvs", "ipvs": {"strictARP": True}}
        assert planned_config(self.CURRENT, mode, desired, self.VERSION) == desired

    def test_left_empty_its_mode_is_that_of_the_version(self) -> None:
        assert planned_config(self.CURRENT, "iptables", {"mode": ""}, self.VERSION) == {"mode": ""}

    @pytest.mark.parametrize(
        ("desired", "option"), [({"mode": "ipvs"}, "migrate_to"), ({"mode": "nftables", "ipvs": 5}, "desired_config")]
    )
    def test_is_refused(self, desired: dict[str, t.Any], option: str) -> None:
        with pytest.raises(ValidationError) as caught:
            planned_config(self.CURRENT, "nftables", desired, self.VERSION)
        assert [problem.path for problem in caught.value.problems] == [option]
