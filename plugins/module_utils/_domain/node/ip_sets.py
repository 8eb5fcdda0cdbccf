# SPDX-License-Identifier: GPL-3.0-or-later

"""IP sets of kube-proxy's mode ipvs, from the output of ``ipset save``."""

from __future__ import annotations

import typing as t

from .mode_signatures import IP_SETS, set_name

#: By name, the members of the sets.
IpSets = t.Mapping[str, t.Sequence[str]]
#: A member of a set of addresses and ports: protocol (TCP, UDP or SCTP), address, port.
Destination = tuple[str, str, int]

_NODE_PORTS = {"TCP": "TCP", "UDP": "UDP", "SCTP": "SCTP-HASH"}


def read_sets(output: str) -> dict[str, list[str]]:
    """kube-proxy's sets, those of others left out."""
    found: dict[str, list[str]] = {}
    for words in (line.split(" ") for line in output.splitlines()):
        if words[0] == "create" and words[1] in IP_SETS:
            found[words[1]] = []
        elif words[0] == "add" and words[1] in found:
            found[words[1]].append(words[2])
    return found


def node_ports(sets: IpSets, *, local: bool = False) -> frozenset[tuple[str, int]]:
    """Pairs of protocol and port of all NodePorts, or of those of Services with externalTrafficPolicy Local."""
    found = set()
    for protocol, suffix in _NODE_PORTS.items():
        for family in ("ip", "ip6"):
            name = set_name(f"KUBE-NODE-PORT-{'LOCAL-' if local else ''}{suffix}", family)
            # 30080, or for SCTP 192.0.2.1,sctp:30080
            found |= {(protocol, int(member.rpartition(":")[2])) for member in sets.get(name, ())}
    return frozenset(found)


def destinations(sets: IpSets, name: str, family: str) -> frozenset[Destination]:
    """The members of a set of type hash:ip,port, by the name that it has for IPv4."""
    return frozenset(destination(member) for member in sets.get(set_name(name, family), ()))


def destination(member: str) -> Destination:
    """``10.96.0.1,tcp:443`` in three parts; what follows in sets of more dimensions is left out."""
    address, service = member.split(",")[:2]
    protocol, _colon, port = service.partition(":")
    return protocol.upper(), address, int(port)


def sources(sets: IpSets, name: str, family: str) -> dict[Destination, list[str]]:
    """The members of a set of type hash:ip,port,net or hash:ip,port,ip: by destination, the third part."""
    found: dict[Destination, list[str]] = {}
    for member in sets.get(set_name(name, family), ()):
        found.setdefault(destination(member), []).append(member.split(",")[2])
    return found
