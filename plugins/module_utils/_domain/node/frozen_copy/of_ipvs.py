# SPDX-License-Identifier: GPL-3.0-or-later

"""The frozen copy of mode ipvs: rules of iptables that answer for the virtual services of kube-proxy.

Sources: pkg/proxy/ipvs of Kubernetes 1.20 to 1.36 for what is masqueraded and which sources are refused, and
pkg/proxy/iptables for the shape of the rules. In mode ipvs nat KUBE-SERVICES ends with ACCEPT for ClusterIPs and load
balancer IPs, so that the copy behind it is asked only when those rules are gone; for NodePorts it takes over at once.
In front of it, the copy takes over at once everywhere: it translates in nat PREROUTING and OUTPUT (priority -100), and
IPVS schedules in LOCAL_IN (99) and LOCAL_OUT (-98), where the packets are then no longer addressed to a Service.

Endpoints are chosen at random, whatever the scheduler; those with weight 0 (terminating) get nothing new. Session
affinity begins anew. Connections that IPVS balances are not taken over: they end with its table.
"""

from __future__ import annotations

import base64
import hashlib
import re
import typing as t
from dataclasses import dataclass

from .. import ip_sets
from ..facts import Backend, VirtualService
from ..ip_sets import IpSets
from ..kernel_rules import ip_family
from ..mode_signatures import set_name
from ..saved_rules import Chains, SavedRules, target
from .names import MARK_MASQ, POSTROUTING, PREFIX, SERVICES

_COMMENT = re.compile(r'-m comment --comment (?:"(?:[^"\\]|\\.)*"|\S+) ?')
_SET = re.compile(r"-m set --match-set (\S+) (\S+) ?")
#: Of the node itself. In mode ipvs it talks to a ClusterIP from that very address.
_FROM_NODE = "-m addrtype --src-type LOCAL"
_ONE_ADDRESS = {"ip": "255.255.255.255", "ip6": "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}
#: xt_statistic counts in parts of 2^31.
_WHOLE = 1 << 31


def copy_of_ipvs(saved: SavedRules, services: t.Sequence[VirtualService], sets: IpSets) -> Chains:
    """The chains of the copy; none if no virtual service of the family has an endpoint."""
    nat = saved.chains("nat")
    policy = _Policy.of(nat, sets, saved.family)
    chains: Chains = {
        SERVICES: [],
        MARK_MASQ: [rule for rule in nat.get("KUBE-MARK-MASQ", ()) if "--match-set" not in rule],
        POSTROUTING: [rule for rule in nat.get("KUBE-POSTROUTING", ()) if "--match-set" not in rule],
    }
    for service in services:
        endpoints = [backend for backend in service.backends if backend.forward == "Masq" and backend.weight > 0]
        if endpoints and ip_family(service) == saved.family:
            _add(chains, service, endpoints, policy)
    return chains if chains[SERVICES] else {}


@dataclass(frozen=True)
class _Policy:
    """What mode ipvs does with packets before IPVS sees them, from its IP sets."""

    family: str
    #: conditions under which packets to a ClusterIP are masqueraded
    of_cluster_ips: tuple[str, ...]
    cluster_ips: frozenset[ip_sets.Destination]
    #: load balancer IPs, external IPs and NodePorts with externalTrafficPolicy Local: never masqueraded
    local: frozenset[ip_sets.Destination]
    local_node_ports: frozenset[tuple[str, int]]
    #: destinations that only some sources may reach
    restricted: frozenset[ip_sets.Destination]
    sources: t.Mapping[ip_sets.Destination, t.Sequence[str]]
    from_node: t.Collection[ip_sets.Destination]

    @classmethod
    def of(cls, nat: Chains, sets: IpSets, family: str) -> _Policy:
        cluster_ip_set = set_name("KUBE-CLUSTER-IP", family)
        return cls(
            family=family,
            of_cluster_ips=tuple(_conditions(nat.get("KUBE-SERVICES", ()), cluster_ip_set)),
            cluster_ips=ip_sets.destinations(sets, "KUBE-CLUSTER-IP", family),
            local=ip_sets.destinations(sets, "KUBE-LOAD-BALANCER-LOCAL", family)
            | ip_sets.destinations(sets, "KUBE-EXTERNAL-IP-LOCAL", family),
            local_node_ports=ip_sets.node_ports(sets, local=True),
            restricted=ip_sets.destinations(sets, "KUBE-LOAD-BALANCER-FW", family),
            sources=ip_sets.sources(sets, "KUBE-LOAD-BALANCER-SOURCE-CIDR", family),
            from_node=ip_sets.sources(sets, "KUBE-LOAD-BALANCER-SOURCE-IP", family),
        )

    def masqueraded(self, destination: ip_sets.Destination) -> tuple[str, ...]:
        """Conditions; an empty text stands for always."""
        protocol, _address, port = destination
        if destination in self.cluster_ips:
            return self.of_cluster_ips
        if destination in self.local or (protocol, port) in self.local_node_ports:
            return ()
        return ("",)

    def answered(self, destination: ip_sets.Destination) -> list[tuple[str, str]]:
        """Sources, as ``-s CIDR`` and as a further condition, for which the copy answers; empty texts for all."""
        if destination not in self.restricted:
            return [("", "")]
        found = [(f"-s {_with_length(source, self.family)}", "") for source in self.sources.get(destination, ())]
        return [*found, ("", _FROM_NODE)] if destination in self.from_node else found


def _conditions(rules: t.Iterable[str], cluster_ip_set: str) -> t.Iterator[str]:
    for rule in rules:
        match = _SET.search(rule)
        if match and match[1] == cluster_ip_set and target(rule) == "KUBE-MARK-MASQ":
            # Without a cluster CIDR kube-proxy masquerades what comes from a ClusterIP, which is the node itself.
            rest = _SET.sub("", _COMMENT.sub("", rule)).rpartition("-j ")[0].strip()
            yield rest if match[2] == "dst,dst" else f"{rest} {_FROM_NODE}".strip()


def _add(chains: Chains, service: VirtualService, endpoints: t.Sequence[Backend], policy: _Policy) -> None:
    """The rules of one virtual service, in the form that iptables-save gives them."""
    address, port, protocol = str(service.address), int(service.port or 0), service.protocol.lower()
    destination = (service.protocol, address, port)
    chain = f"{PREFIX}SVC-{_hashed(protocol, address, port)}"
    match = f"-d {_with_length(address, policy.family)} -p {protocol} -m {protocol} --dport {port}"
    chains[SERVICES] += [
        _joined(source, match, further, f"-j {chain}") for source, further in policy.answered(destination)
    ]
    by_name = {f"{PREFIX}SEP-{_hashed(protocol, address, port, of.address, of.port)}": of for of in endpoints}
    names = list(by_name)
    listed = f"--mask {_ONE_ADDRESS[policy.family]} --rsource"
    rules = [_joined(condition, f"-j {MARK_MASQ}") for condition in policy.masqueraded(destination)]
    if service.persistent_seconds:
        rules += [
            f"-m recent --rcheck --seconds {service.persistent_seconds} --reap --name {name} {listed} -j {name}"
            for name in names
        ]
    for index, name in enumerate(names):
        left = len(names) - index
        share = f"-m statistic --mode random --probability {round(_WHOLE / left) / _WHOLE:.11f}" if left > 1 else ""
        rules.append(_joined(share, f"-j {name}"))
    chains[chain] = rules
    for name, endpoint in by_name.items():
        affinity = f"-m recent --set --name {name} {listed}" if service.persistent_seconds else ""
        host = f"[{endpoint.address}]" if policy.family == "ip6" else endpoint.address
        to = f"-m {protocol} -j DNAT --to-destination {host}:{endpoint.port}"
        chains[name] = [
            f"-s {_with_length(endpoint.address, policy.family)} -j {MARK_MASQ}",
            _joined(f"-p {protocol}", affinity, to),
        ]


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def _with_length(address: str, family: str) -> str:
    return address if "/" in address else f"{address}/{32 if family == 'ip' else 128}"


def _hashed(*parts: object) -> str:
    """16 characters, like those in kube-proxy's own chains."""
    digest = hashlib.sha256(" ".join(map(str, parts)).encode()).digest()
    return base64.b32encode(digest)[:16].decode()
