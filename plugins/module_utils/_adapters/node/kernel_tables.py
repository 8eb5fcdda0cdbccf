# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modes of kube-proxy have in this node's kernel: the IPVS table and its sets, and chains.

A tool may load a module to answer, and reading must change nothing: each runs only if its module is at work already.
"""

from __future__ import annotations

import typing as t

from ..._domain.node import chains, ipvs_table
from ..._domain.node.facts import (
    Interface,
    IptablesState,
    IpvsState,
    KernelTables,
    NftablesState,
    Timeouts,
    VirtualService,
)
from ..._domain.node.ip_sets import IpSets, node_ports, read_sets
from ..._domain.node.kernel_modules import Evidence
from ..._domain.node.mode_signatures import INTERFACE
from . import xtables
from .kernel import ticks_per_second
from .node_files import Files
from .tools import Tools

IPVS_TABLE = "/proc/net/ip_vs"


class IpvsTable(t.NamedTuple):
    """The virtual services, or None and why they are not known."""

    services: tuple[VirtualService, ...] | None
    reason: str | None = None

    @property
    def schedulers(self) -> frozenset[str]:
        return frozenset(service.scheduler for service in self.services or ())


def read_ipvs_table(files: Files) -> IpvsTable:
    """Read without any tool; a kernel without IPVS has no services."""
    text = files.text(IPVS_TABLE)
    if text is None:
        if files.exists(IPVS_TABLE):
            return IpvsTable(None, f"{IPVS_TABLE} cannot be read; become root")
        return IpvsTable((), "IPVS is not loaded")
    try:
        return IpvsTable(ipvs_table.virtual_services(text, ticks_per_second(files) or ipvs_table.TICKS))
    except ValueError as error:
        return IpvsTable(None, f"{IPVS_TABLE} has a line that is not understood: {error}")


def read_node_addresses(files: Files) -> tuple[str, ...] | None:
    """All addresses of the node, read without any tool."""
    return ipvs_table.node_addresses(files.text("/proc/net/fib_trie"), files.text("/proc/net/if_inet6"))


def read_kernel_tables(files: Files, tools: Tools, evidence: Evidence, table: IpvsTable) -> KernelTables:
    """``table`` is read first, since the evidence rests on it as well."""
    iptables, nftables = _iptables_and_nftables(files, tools, evidence)
    return KernelTables(_ipvs(files, tools, evidence, table), iptables, nftables)


def _ipvs(files: Files, tools: Tools, evidence: Evidence, table: IpvsTable) -> IpvsState:
    sets, ipsets_reason = _sets(tools, evidence)
    verdict = evidence.verdict("ip_vs")
    return IpvsState(
        available=None if verdict.state == "unknown" else verdict.ready,
        services=table.services,
        reason=table.reason,
        interface=_interface(files, tools),
        timeouts=_timeouts(files, tools),
        ipsets=None if sets is None else tuple(sorted(sets)),
        node_ports=None if sets is None else tuple(sorted(node_ports(sets))),
        node_addresses=read_node_addresses(files),
        ipsets_reason=ipsets_reason,
    )


def _interface(files: Files, tools: Tools) -> Interface:
    if not files.exists(f"/sys/class/net/{INTERFACE}"):
        return Interface(INTERFACE, present=False, addresses=())
    tool = tools.path("ip")
    if tool is None:
        return Interface(INTERFACE, present=True, addresses=None)
    output = tools.output(tool, "-o", "address", "show", "dev", INTERFACE)
    addresses = None if output.error else ipvs_table.interface_addresses(output.out)
    return Interface(INTERFACE, present=True, addresses=addresses)


def _timeouts(files: Files, tools: Tools) -> Timeouts | None:
    tool = tools.path("ipvsadm")
    if tool is None or not files.exists(IPVS_TABLE):
        return None
    return ipvs_table.timeouts(tools.output(tool, "-L", "--timeout").out)


def _sets(tools: Tools, evidence: Evidence) -> tuple[IpSets | None, str | None]:
    if not evidence.at_work("ip_set"):
        return {}, "ip_set is not loaded"
    tool = tools.path("ipset")
    if tool is None:
        return None, "ipset is not installed"
    output = tools.output(tool, "save")
    if output.error:
        return None, output.error
    return read_sets(output.out), None


def _iptables_and_nftables(files: Files, tools: Tools, evidence: Evidence) -> tuple[IptablesState, NftablesState]:
    nft = _nft(tools, evidence)
    legacy = _legacy(files, tools)
    known = [backend for backend in (nft, legacy) if backend.tables is not None]
    reasons = [backend.reason for backend in (nft, legacy) if backend.tables is None and backend.reason]
    rules = tuple(rule for backend in known for rule in chains.iptables_rules(backend.tables or {}, backend.name))
    iptables = IptablesState(len(known) == 2, "; ".join(reasons) or None, rules if known else None)
    complete = nft.tables is not None and nft.reason is None
    tables = chains.nftables_tables(nft.tables or {}) if complete else None
    return iptables, NftablesState(complete, nft.reason, tables)


class _Backend(t.NamedTuple):
    """Tables of a backend of iptables, None if they are not known; ``reason`` says what is not known."""

    name: str
    tables: chains.Tables | None
    reason: str | None = None


def _nft(tools: Tools, evidence: Evidence) -> _Backend:
    """Everything in nf_tables, which iptables uses as well on most distributions."""
    if not evidence.at_work("nf_tables"):
        return _Backend("nft", {})
    nft = tools.path("nft")
    if nft is not None:
        output = tools.output(nft, "list", "chains")
        return _Backend("nft", None, output.error) if output.error else _Backend("nft", chains.from_nft(output.out))
    found: chains.Tables = {}
    for family in chains.FAMILIES:
        save = xtables.program(tools, "nft", family, "save")
        if save is None:
            return _Backend("nft", None, "neither nft nor an iptables that uses nf_tables is installed")
        output = tools.output(save)
        if output.error:
            return _Backend("nft", None, output.error)
        found.update(chains.from_iptables_save(output.out, family))
    # iptables shows only its own tables, not those of the mode nftables.
    return _Backend("nft", found, "nft is not installed")


def _legacy(files: Files, tools: Tools) -> _Backend:
    """The tables of ip_tables; the kernel lists those that are in use."""
    found: chains.Tables = {}
    for family in chains.FAMILIES:
        names = f"/proc/net/{family}_tables_names"
        in_use = files.text(names)
        if in_use is None and files.exists(names):
            return _Backend("legacy", None, f"{names} cannot be read; become root")
        if not (in_use or "").strip():
            continue
        save = xtables.program(tools, "legacy", family, "save")
        if save is None:
            return _Backend("legacy", None, f"{family}tables-legacy-save is not installed")
        output = tools.output(save)
        if output.error:
            return _Backend("legacy", None, output.error)
        found.update(chains.from_iptables_save(output.out, family))
    return _Backend("legacy", found)
