# SPDX-License-Identifier: GPL-3.0-or-later

"""Questions about a cluster whose mode is to change, one for each rule of :mod:`.migration_rules`.

Each answers whom its rule is about, as phrases; none where the rule does not apply.
"""

from __future__ import annotations

import ipaddress
import typing as t

from ..common.listed import listed
from ..kube_proxy import feature_gates, modes, no_effect
from ..kube_proxy.addresses import cidr
from ..kube_proxy.canonical import is_set
from ..kube_proxy.kernels import kernel_version, minimum_kernel
from ..kube_proxy.settings import SECTION_OPTIONS
from .effective import lookup
from .migration_facts import MigrationFacts
from .neighbours import Neighbours
from .services import Service

Subjects = t.Iterable[str]
_NONE = Neighbours()
#: The first Calico that has a data plane for nftables.
_CALICO_NFTABLES = (3, 29)
_TIMEOUTS = ("tcpTimeout", "tcpFinTimeout", "udpTimeout")
#: Schedulers that choose by the client's address, and so keep it with its endpoint.
_BY_ADDRESS = ("sh", "mh")
_ZERO = "0s"
_PRIMARY = ["primary"]
_LOOPBACK: t.Final = ipaddress.IPv4Network("127.0.0.0/8")


def _gates(facts: MigrationFacts) -> t.Mapping[str, t.Any]:
    found = lookup(facts.desired, ("featureGates",))
    return found if isinstance(found, t.Mapping) else {}


def too_old(facts: MigrationFacts) -> Subjects:
    return [] if facts.version.at_least(29) else [f"kube-proxy {facts.version}"]


def gate_is_off(facts: MigrationFacts) -> Subjects:
    off = facts.mode not in modes.available(facts.version, _gates(facts))
    return [f"kube-proxy {facts.version}"] if off and not too_old(facts) else []


def deprecated(facts: MigrationFacts) -> Subjects:
    return [] if modes.deprecation(facts.mode, facts.version) is None else [f"mode {facts.mode}"]


def old_kernels(facts: MigrationFacts) -> Subjects:
    minimum = minimum_kernel(facts.mode, facts.version)
    known = [(node, kernel_version(node.kernel)) for node in facts.nodes]
    return [
        f"node {node.name} (kernel {node.kernel})"
        for node, kernel in known
        if minimum is not None and kernel is not None and kernel < minimum
    ]


def closed_nodes(facts: MigrationFacts) -> Subjects:
    return [f"node {node.name} ({node.closed})" for node in facts.nodes if node.closed]


def _services(facts: MigrationFacts, chosen: t.Callable[[Service], t.Any]) -> list[str]:
    """All Services of a kind as one subject: a cluster may have thousands."""
    names = [service.name for service in facts.services or () if chosen(service)]
    return [f"{'Service' if len(names) == 1 else 'Services'} {listed(names)}"] if names else []


def node_ports(facts: MigrationFacts) -> list[str]:
    return _services(facts, lambda service: service.node_ports)


def node_ports_on_localhost(facts: MigrationFacts) -> Subjects:
    return node_ports(facts) if _localhost_ends(facts) else []


def _localhost_ends(facts: MigrationFacts) -> bool:
    """Whether mode iptables, the former one, has NodePorts on 127.0.0.1, and the mode that is to be has not."""
    kept = facts.mode == "nftables" and feature_gates.enabled(
        "KubeProxyNFTablesLocalhostNodePorts", facts.version.minor, _gates(facts)
    )
    # Before 1.26 there was no choice, and no field.
    return not kept and facts.before("iptables", "localhostNodePorts") is not False


def fewer_addresses(facts: MigrationFacts) -> Subjects:
    became = facts.after("nodePortAddresses") == _PRIMARY != facts.before("nodePortAddresses")
    return node_ports(facts) if became else []


def more_addresses(facts: MigrationFacts) -> Subjects:
    return node_ports(facts) if facts.before("nodePortAddresses") and not facts.after("nodePortAddresses") else []


def not_liberal(facts: MigrationFacts) -> Subjects:
    return [] if facts.after("conntrack", "tcpBeLiberal") else ["conntrack.tcp_be_liberal"]


def affinity(facts: MigrationFacts) -> Subjects:
    return _services(facts, lambda service: service.affinity is not None)


def addresses_from_outside(facts: MigrationFacts) -> Subjects:
    return _services(facts, lambda service: service.external_ips or service.load_balancer_ips)


def local_traffic(facts: MigrationFacts) -> Subjects:
    return _services(
        facts, lambda service: service.local_traffic and (service.external_ips or service.load_balancer_ips)
    )


def cluster_ips(facts: MigrationFacts) -> Subjects:
    return ["ClusterIPs"]


def _scheduler(facts: MigrationFacts) -> str:
    return str(facts.before("ipvs", "scheduler") or "")


def other_scheduler(facts: MigrationFacts) -> Subjects:
    name = _scheduler(facts)
    return [f"ipvs.scheduler ({name})"] if name not in ("", "rr", *_BY_ADDRESS) else []


def scheduler_by_address(facts: MigrationFacts) -> Subjects:
    name = _scheduler(facts)
    return [f"ipvs.scheduler ({name})"] if name in _BY_ADDRESS else []


def session_timeouts(facts: MigrationFacts) -> Subjects:
    fields = {field.api: field.option for field in SECTION_OPTIONS["ipvs"]}
    found = [fields[api] for api in _TIMEOUTS if facts.before("ipvs", api) not in (None, _ZERO)]
    return [f"ipvs ({', '.join(found)})"] if found else []


def idle_timeout(facts: MigrationFacts) -> Subjects:
    return ["ipvs.tcp_timeout"] if facts.after("ipvs", "tcpTimeout") in (None, _ZERO) else []


def dead_settings(facts: MigrationFacts) -> Subjects:
    """Those that count now and will not, beside the ones that other rules are about."""
    told = {"scheduler", "tcp_timeout", "tcp_fin_timeout", "udp_timeout"} if facts.former == "ipvs" else set()
    given = {
        section: [
            field.option
            for field in fields
            if field.option not in told and is_set(field, lookup(facts.desired, field.path))
        ]
        for section, fields in SECTION_OPTIONS.items()
    }
    dead_already = no_effect.inactive_sections(facts.former, given)
    for section, options in no_effect.inactive_sections(facts.mode, given).items():
        dying = [option for option in options if option not in dead_already.get(section, ())]
        if dying:
            yield f"{section} ({', '.join(dying)})"


def excluded(facts: MigrationFacts) -> Subjects:
    return ["ipvs.exclude_cidrs"] if facts.before("ipvs", "excludeCIDRs") else []


def route_localnet_stays(facts: MigrationFacts) -> Subjects:
    # Mode ipvs set it, too, before 1.21.
    needed = facts.mode == "ipvs" and not facts.version.at_least(21)
    # From 1.24 on, it is set only where NodePorts answer on 127.0.0.1 at all.
    networks = facts.before("nodePortAddresses") if facts.version.at_least(24) else []
    was_set = _localhost_ends(facts) and (not networks or any(map(_has_loopback, networks)))
    return ["net.ipv4.conf.all.route_localnet"] if was_set and not needed else []


def _has_loopback(network: object) -> bool:
    found = cidr(str(network))
    return found is not None and found.version == _LOOPBACK.version and found.overlaps(_LOOPBACK)


def arp_stays(facts: MigrationFacts) -> Subjects:
    return ["ipvs.strict_arp"] if facts.before("ipvs", "strictARP") is True else []


def _neighbours(facts: MigrationFacts) -> Neighbours:
    return facts.neighbours or _NONE


def replaced(facts: MigrationFacts) -> Subjects:
    found = _neighbours(facts)
    ebpf = found.calico.where if found.calico and found.calico.ebpf else None
    names = (("Calico's eBPF data plane", ebpf), ("Cilium", found.cilium), ("kube-router", found.kube_router))
    return [f"{name} ({where})" for name, where in names if where]


def arp_without_strict(facts: MigrationFacts) -> Subjects:
    found = _neighbours(facts)
    if facts.after("ipvs", "strictARP") is True:
        return []
    kube_vip = found.kube_vip.where if found.kube_vip and found.kube_vip.arp else None
    return [f"{name} ({where})" for name, where in (("MetalLB", found.metallb), ("kube-vip", kube_vip)) if where]


def ipvs_of_kube_vip(facts: MigrationFacts) -> Subjects:
    kube_vip = _neighbours(facts).kube_vip
    return [f"kube-vip ({kube_vip.where})"] if kube_vip and kube_vip.ipvs else []


def dns_on_cluster_ip(facts: MigrationFacts) -> Subjects:
    dns = _neighbours(facts).node_local_dns
    taken = {address for service in facts.services or () for address in service.cluster_ips}
    shared = [address for address in (dns.addresses if dns else ()) if address in taken]
    return [f"NodeLocal DNSCache on {', '.join(shared)} ({dns.where})"] if dns and shared else []


def calico(facts: MigrationFacts, *modes_of_felix: str | None) -> Subjects:
    """Calico that has a data plane for nftables, and Felix in one of these modes."""
    found = _neighbours(facts).calico
    if found is None or found.ebpf or old_calico(facts) or found.nftables not in modes_of_felix:
        return []
    return [f"Calico ({found.where})"]


def old_calico(facts: MigrationFacts) -> Subjects:
    found = _neighbours(facts).calico
    if found is None or found.ebpf or found.version is None or found.version >= _CALICO_NFTABLES:
        return []
    return [f"Calico {found.version[0]}.{found.version[1]} ({found.where})"]


def any_calico(facts: MigrationFacts) -> Subjects:
    found = _neighbours(facts).calico
    return [f"Calico ({found.where})"] if found and not found.ebpf else []


def flannel(facts: MigrationFacts) -> Subjects:
    found = _neighbours(facts).flannel
    return [f"Flannel ({found.where})"] if found and found.nftables is False else []
