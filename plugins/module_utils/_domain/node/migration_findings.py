# SPDX-License-Identifier: GPL-3.0-or-later

"""What a change of the mode meets on one node, from what kube_proxy_node_info returned there."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from ..common.listed import counted, listed
from ..kube_proxy.findings import Finding
from ..kube_proxy.modes import interrupts
from ..kube_proxy.versions import KubeProxyVersion
from .facts import Backend, Interface, VirtualService
from .ipvs_table import of_kube_proxy
from .mode_signatures import INTERFACE
from .tool_packages import package_of, tool_packages

Result = t.Mapping[str, t.Any]

_NUMBERS = re.compile(r"[0-9]+(?:\.[0-9]+)*")
#: What the rules of kube-proxy's mode nftables need (kube-proxy 1.31 to 1.37: pkg/proxy/nftables).
_NFT_MINIMUM = (1, 0, 1)
#: From this nft on, what it stores with sets makes the nft in kube-proxy's image crash that lists them.
_NFT_OF_CRASH = (1, 1, 3)
#: The first patch release of each minor version whose kube-proxy does not list them any more; 1.36.0 does not either.
_FIXED = {33: 11, 34: 7, 35: 4}
#: Bytes of one connection in the IPVS table (Linux 5.4 to 6.12 on 64 bits: "Each connection entry needs 320 bytes").
_CONNECTION = 320
_CLEARS = "kube-proxy 1.29 and later: pkg/proxy/ipvs, CleanupLeftovers"
_OF_THE_HOST = "kube_proxy_node_rules: what it runs on the node"
_WITHOUT_COPY = "set mode_migration_frozen_copy to false for this node, where new connections then fail for seconds"
_NO_INTERFACE = Interface(INTERFACE, False, ())


@dataclass(frozen=True)
class NodeFacts:
    """``missing`` are sentences about what keeps the node from running the mode. ``absent`` are tools that the host
    lacks, ``family`` is that of its distribution. ``nft`` is the version on the host, blank where it is not known. None
    of what could not be read.
    """

    name: str
    missing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    family: str = ""
    nft: str = ""
    systemd: bool = True
    #: whether IP sets are known, or known not to be there
    sets_read: bool = True
    virtual_services: tuple[VirtualService, ...] | None = ()
    #: why they could not be read
    reason: str = ""
    interface: Interface = _NO_INTERFACE
    #: pairs of protocol and port; None where they could not be read
    node_ports: frozenset[tuple[str, int]] | None = frozenset()
    node_addresses: tuple[str, ...] | None = None
    connections: int = 0

    @classmethod
    def of(cls, name: str, found: Result) -> NodeFacts:
        """From the result of kube_proxy_node_info, called with the mode that is to be."""
        required, ipvs, tools = found["required"], found["found"]["ipvs"], found["tools"]
        interface, services = ipvs["interface"], ipvs["services"]
        addresses, node_ports, of_node = interface["addresses"], ipvs["node_ports"], ipvs["node_addresses"]
        return cls(
            name=name,
            missing=tuple(str(each["message"]) for each in required["missing"]),
            unknown=tuple(map(str, required["unknown"])),
            absent=tuple(tool for tool, state in tools.items() if state is None),
            family=str(found["kernel"]["distribution"]["family"] or ""),
            nft=str((tools.get("nft") or {}).get("version") or ""),
            systemd=bool(found["systemd"]),
            sets_read=ipvs["ipsets"] is not None,
            virtual_services=None if services is None else tuple(map(_virtual_service, services)),
            reason=str(ipvs["reason"] or ""),
            interface=Interface(
                interface["name"], bool(interface["present"]), None if addresses is None else tuple(addresses)
            ),
            node_ports=None
            if node_ports is None
            else frozenset((str(each["protocol"]), int(each["port"])) for each in node_ports),
            node_addresses=None if of_node is None else tuple(of_node),
            connections=sum(
                backend["active_connections"] + backend["inactive_connections"]
                for service in services or ()
                for backend in service["backends"]
            ),
        )


@dataclass(frozen=True)
class ModeChange:
    """What is to be done on a node: whether a frozen copy answers meanwhile, to and from nftables, and whether the
    tools of the mode that is to be are installed before, where the host lacks them.
    """

    former: str
    mode: str
    version: KubeProxyVersion
    frozen_copy: bool = True
    installs_tools: bool = False

    @property
    def copies(self) -> bool:
        return self.frozen_copy and interrupts(self.former, self.mode)

    def needed_tools(self, node: NodeFacts) -> list[str]:
        """Tools of the host without which its rules cannot be read, copied or removed.

        Those of iptables in any case: one of the two modes has its rules there.
        """
        ipvs = "ipvs" in (self.former, self.mode)
        needed = {
            "iptables": True,
            "ipset": ipvs or not node.sets_read,
            "ip": ipvs,
            # From nftables, kube-proxy in its new mode removes the table with an nft of its own.
            "nft": self.mode == "nftables" or (self.former == "nftables" and self.copies),
        }
        return [tool for tool, is_needed in needed.items() if is_needed]

    def absent_tools(self, node: NodeFacts) -> list[str]:
        """Those that the host will lack."""
        installed = tool_packages(self.mode, node.family, node.absent)
        coming = installed.missing if self.installs_tools and installed.command else ()
        return [tool for tool in node.absent if tool not in coming]


def node_findings(node: NodeFacts, change: ModeChange) -> t.Iterator[Finding]:
    """What has to be known before the node changes its mode; nothing where the two are the same."""
    former, mode = change.former, change.mode
    if former == mode:
        return
    where = f"node {node.name}"
    for message in node.missing:
        yield Finding("blocking", where, message, "make the node ready first", "role node_prerequisites")
    if node.unknown:
        yield Finding(
            "follow",
            where,
            f"it does not show whether its kernel has {listed(node.unknown)}, which mode {mode} needs",
            "look there, or take this node first and alone",
            "modules that a mode of kube-proxy needs",
        )
    yield from _tools(node, where, change)
    if "nftables" in (former, mode):
        yield from _nft(node, where, change)
    if former == "ipvs":
        yield from _connections(node, where)
    if mode == "nftables":
        yield from _foreign(node, where)


def _tools(node: NodeFacts, where: str, change: ModeChange) -> t.Iterator[Finding]:
    needed, absent = change.needed_tools(node), change.absent_tools(node)
    for tool in (tool for tool in needed if tool in absent):
        package = package_of(tool, node.family)
        # From nftables, a copy is all that nft is needed for.
        without = f", or {_WITHOUT_COPY}" if tool == "nft" and change.mode != "nftables" else ""
        yield Finding(
            "blocking",
            where,
            f"{tool} is not installed, and the rules of kube-proxy cannot be read and removed without it",
            f"install the package {package}{without}",
            _OF_THE_HOST,
        )
    if change.copies and not node.systemd:
        yield Finding(
            "blocking",
            where,
            "it does not run systemd, whose timer removes the frozen copy when the play dies",
            _WITHOUT_COPY,
            _OF_THE_HOST,
        )


def _nft(node: NodeFacts, where: str, change: ModeChange) -> t.Iterator[Finding]:
    mode, version = change.mode, change.version
    found = _numbers(node.nft)
    absent = "nft" in change.absent_tools(node)
    # Where it is needed, that it is not there has been told.
    if (absent and "nft" not in change.needed_tools(node)) or (found and found < _NFT_MINIMUM):
        is_there = "nft is not installed" if absent else f"nft {node.nft} is older than 1.0.1"
        copied = change.former == "nftables" and change.copies
        yield Finding(
            "blocking" if copied else "follow",
            where,
            f"{is_there}: the rules of mode nftables cannot be read on the node itself. kube-proxy in a pod has an nft "
            f"of its own",
            f"install a newer package nftables{f', or {_WITHOUT_COPY}' if copied else ''}",
            "kube-proxy 1.31 and later: nft 1.0.1",
        )
    fixed = _FIXED.get(version.minor)
    if mode == "nftables" and found >= _NFT_OF_CRASH and fixed is not None and version.patch < fixed:
        yield Finding(
            "blocking",
            where,
            f"nft {node.nft} is on the node, and sets that it makes let the nft in the image of kube-proxy {version} "
            f"crash",
            f"upgrade Kubernetes to 1.{version.minor}.{fixed} or later",
            "kubernetes#136786",
        )


def _connections(node: NodeFacts, where: str) -> t.Iterator[Finding]:
    if node.connections:
        size = node.connections * _CONNECTION / 2**20
        yield Finding(
            "behaviour",
            where,
            f"IPVS has {counted(node.connections, 'connection')}, about {size:.1f} MiB; clearing its table ends them",
            "change the mode when few connections are open, or give them time to end (mode_migration_drain_timeout)",
            "Linux: net/netfilter/ipvs",
        )


def _foreign(node: NodeFacts, where: str) -> t.Iterator[Finding]:
    if node.virtual_services is None:
        yield Finding(
            "follow",
            where,
            f"the IPVS table could not be read ({node.reason}), and kube-proxy clears it as a whole when it starts in "
            f"mode nftables",
            "look whether others use it, such as keepalived",
            _CLEARS,
        )
    services = node.virtual_services or ()
    # Where NodePorts are not known, any port may be one; that ipset is missing blocks.
    own = of_kube_proxy(services, node.interface, node.node_ports, node.node_addresses)
    foreign = [_name(service) for service in services if service not in own]
    if foreign:
        yield Finding(
            "blocking",
            where,
            f"the IPVS table has virtual servers that are not kube-proxy's ({listed(foreign)}), and kube-proxy clears "
            f"it as a whole when it starts in mode nftables",
            "take them away, or serve them from other hosts, before the change",
            _CLEARS,
        )


def _name(service: VirtualService) -> str:
    if service.mark is not None:
        return f"firewall mark {service.mark}"
    host = f"[{service.address}]" if ":" in str(service.address) else service.address
    return f"{service.protocol} {host}:{service.port}"


def _virtual_service(found: Result) -> VirtualService:
    return VirtualService(
        str(found["protocol"]),
        str(found["scheduler"]),
        found["persistent_seconds"],
        found.get("address"),
        found.get("port"),
        found.get("mark"),
        tuple(
            Backend(
                str(backend["address"]),
                backend["port"],
                str(backend["forward"]),
                backend["weight"],
                backend["active_connections"],
                backend["inactive_connections"],
            )
            for backend in found["backends"]
        ),
    )


def _numbers(version: str) -> tuple[int, ...]:
    match = _NUMBERS.match(version)
    return tuple(map(int, match[0].split("."))) if match else ()
