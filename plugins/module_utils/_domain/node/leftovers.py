# SPDX-License-Identifier: GPL-3.0-or-later

"""What another mode than the one in effect left in the kernel.

kube-proxy cleans up behind another mode only on the way to and from nftables (kube-proxy 1.29 and later).
"""

from __future__ import annotations

from .facts import IptablesState, IpvsState, KernelTables
from .ipvs_table import of_kube_proxy
from .mode_signatures import left_behind_by


def leftovers(mode: str, kernel: KernelTables) -> list[str]:
    """One phrase for each leftover of the modes other than ``mode``; a part that could not be read has none."""
    found: list[str] = []
    if mode != "ipvs":
        found += _of_ipvs(kernel.ipvs) + _of_rules(kernel.iptables, mode, "ipvs")
    if mode != "iptables":
        found += _of_rules(kernel.iptables, mode, "iptables")
    if mode != "nftables":
        found += [f"nft table {table.family} {table.name} (mode nftables)" for table in kernel.nftables.tables or ()]
    return found


def _of_ipvs(ipvs: IpvsState) -> list[str]:
    found = []
    if ipvs.interface.present:
        found.append(f"interface {ipvs.interface.name} (mode ipvs)")
    services = of_kube_proxy(ipvs.services or (), ipvs.interface, ipvs.node_ports or (), ipvs.node_addresses)
    if services:
        found.append(f"{_count(len(services), 'virtual service')} in the IPVS table (mode ipvs)")
    if ipvs.ipsets:
        found.append(f"{_count(len(ipvs.ipsets), 'IP set')}, such as {ipvs.ipsets[0]} (mode ipvs)")
    return found


def _of_rules(iptables: IptablesState, in_effect: str, mode: str) -> list[str]:
    found = []
    for rules in iptables.rules or ():
        where = f"{'IPv6' if rules.family == 'ip6' else 'IPv4'}, backend {rules.backend}, mode {mode}"
        if mode == "iptables" and (rules.services or rules.endpoints):
            found.append(
                f"chains of {_count(rules.services, 'Service')} and {_count(rules.endpoints, 'endpoint')} ({where})"
            )
        # A name that both tables have is said once.
        left = {
            chain: None
            for table, chains in rules.chains.items()
            for chain in chains
            if left_behind_by(in_effect, table, chain) == mode
        }
        found += [f"chain {chain} ({where})" for chain in sorted(left)]
    return found


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
