# SPDX-License-Identifier: GPL-3.0-or-later

"""The kernel's IPVS table, from /proc/net/ip_vs and the output of ipvsadm and ip."""

from __future__ import annotations

import dataclasses
import ipaddress
import re
import typing as t

from .facts import Backend, Interface, Timeouts, VirtualService

_TIMEOUTS = re.compile(r"Timeout \(tcp tcpfin udp\):\s*([0-9]+)\s+([0-9]+)\s+([0-9]+)")
_ADDRESS = re.compile(r"^[0-9]+: \S+\s+inet6? ([0-9a-fA-F.:]+)")
_LOCAL = re.compile(r"\|-- ([0-9.]+)\n\s+/32 host LOCAL$", re.MULTILINE)
_LINES_OF_HEADER = 3
#: Ticks of the kernel in a second (CONFIG_HZ) where its configuration does not say it: that of most distributions.
TICKS = 250


def virtual_services(table: str, ticks: int = TICKS) -> tuple[VirtualService, ...]:
    """The text of /proc/net/ip_vs; ValueError with the first line that is not of that file.

    It has the time of persistence in ticks (net/netfilter/ipvs/ip_vs_ctl.c, Linux 2.6 to 6.18).
    """
    found: list[VirtualService] = []
    for line in table.splitlines()[_LINES_OF_HEADER:]:
        words = line.split()
        if not words:
            continue
        try:
            if words[0] == "->":
                found[-1] = dataclasses.replace(found[-1], backends=(*found[-1].backends, _backend(words)))
            else:
                found.append(_service(words, ticks))
        except (ValueError, IndexError):
            raise ValueError(repr(line.strip())) from None
    return tuple(found)


def _service(words: list[str], ticks: int) -> VirtualService:
    protocol, where, scheduler, *flags = words
    persistent = round(int(flags[flags.index("persistent") + 1]) / ticks) if "persistent" in flags else None
    if protocol == "FWM":
        return VirtualService(protocol, scheduler, persistent, mark=int(where, 16))
    address, port = _address_and_port(where)
    return VirtualService(protocol, scheduler, persistent, address, port)


def _backend(words: list[str]) -> Backend:
    address, port = _address_and_port(words[1])
    return Backend(address, port, words[2], int(words[3]), int(words[4]), int(words[5]))


def _address_and_port(text: str) -> tuple[str, int]:
    """``0A600001:01BB``, or ``[2001:0db8:...]:01BB`` for IPv6."""
    host, _colon, port = text.rpartition(":")
    if host.startswith("["):
        return str(ipaddress.IPv6Address(host.strip("[]"))), int(port, 16)
    return str(ipaddress.IPv4Address(int(host, 16))), int(port, 16)


def timeouts(output: str) -> Timeouts | None:
    """From ``ipvsadm -L --timeout``; None if they are not in it."""
    match = _TIMEOUTS.search(output)
    return Timeouts(*(int(seconds) for seconds in match.groups())) if match else None


def interface_addresses(output: str) -> tuple[str, ...]:
    """From ``ip -o address show``."""
    return tuple(match[1] for match in map(_ADDRESS.match, output.splitlines()) if match)


def node_addresses(fib_trie: str | None, if_inet6: str | None) -> tuple[str, ...] | None:
    """All addresses of the node, from the texts of these two files in /proc/net.

    None if the first, which every kernel has, cannot be read; without IPv6 the second is not there.
    """
    if fib_trie is None:
        return None
    ipv6 = [line.split()[0] for line in (if_inet6 or "").splitlines() if line.strip()]
    return (
        *dict.fromkeys(_LOCAL.findall(fib_trie)),
        *(str(ipaddress.IPv6Address(int(address, 16))) for address in ipv6),
    )


def of_kube_proxy(
    services: t.Iterable[VirtualService],
    interface: Interface,
    node_ports: t.Collection[tuple[str, int]] | None = (),
    addresses: t.Collection[str] | None = None,
) -> list[VirtualService]:
    """Those of kube-proxy: others may use the same table, such as kube-vip and keepalived.

    kube-proxy masquerades always. Its virtual services have an address on its interface, or, for NodePorts, one of the
    node's own. Those are known by protocol and port; where ``node_ports`` is None, every port may be one. Where the
    ``addresses`` of the node are None, every address may be its own, and so it is with those of the interface.

    The ``excludeCIDRs`` of the configuration decide nothing here. kube-proxy deletes no virtual service in them that it
    does not know, but makes its own for NodePorts on the node's addresses there, too (1.20 to 1.36: pkg/proxy/ipvs,
    cleanLegacyService).
    """
    if not interface.present:
        return []
    candidates = [service for service in services if service.address is not None and _masquerades(service)]
    if interface.addresses is None:
        return candidates
    of_interface = frozenset(interface.addresses)
    of_node = None if addresses is None else frozenset(addresses)
    return [
        service
        for service in candidates
        if service.address in of_interface
        or (
            (node_ports is None or (service.protocol, service.port) in node_ports)
            and (of_node is None or service.address in of_node)
        )
    ]


def _masquerades(service: VirtualService) -> bool:
    """A Service without endpoints has no destination at all."""
    return all(backend.forward == "Masq" for backend in service.backends)
