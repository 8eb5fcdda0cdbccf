# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""What another mode than the one in effect left in the kernel.

kube-proxy cleans up behind another mode only on the way to and from nftables (kube-proxy 1.29 and later).
"""

from __future__ import annotations

import typing as t

Json = dict[str, t.Any]

# Chains that only one mode has; the others with KUBE- in front are shared by both modes or belong to the kubelet.
_CHAINS = {
    "iptables": ("KUBE-EXTERNAL-SERVICES", "KUBE-NODEPORTS"),
    "ipvs": ("KUBE-LOAD-BALANCER", "KUBE-NODE-PORT"),
}


def leftovers(mode: str, found: Json) -> list[str]:
    """In words, from the ``found`` of the module; a part that could not be read contributes nothing."""
    words: list[str] = []
    if mode != "ipvs":
        words += _of_ipvs(found["ipvs"]) + _of_rules(found["iptables"], "ipvs")
    if mode != "iptables":
        words += _of_rules(found["iptables"], "iptables")
    if mode != "nftables":
        tables = found["nftables"]["tables"] or []
        words += [f"nft table {table['family']} {table['name']} (mode nftables)" for table in tables]
    return words


def _of_ipvs(ipvs: Json) -> list[str]:
    words = []
    if ipvs["interface"]["present"]:
        words.append(f"interface {ipvs['interface']['name']} (mode ipvs)")
    if ipvs["services"]:
        words.append(f"{_count(len(ipvs['services']), 'virtual service')} in the IPVS table (mode ipvs)")
    if ipvs["ipsets"]:
        words.append(f"{_count(len(ipvs['ipsets']), 'IP set')}, such as {ipvs['ipsets'][0]} (mode ipvs)")
    return words


def _of_rules(iptables: Json, mode: str) -> list[str]:
    words = []
    for rules in iptables["rules"] or []:
        where = f"{'IPv6' if rules['family'] == 'ip6' else 'IPv4'}, backend {rules['backend']}, mode {mode}"
        if mode == "iptables" and (rules["services"] or rules["endpoints"]):
            words.append(
                f"chains of {_count(rules['services'], 'Service')} and "
                f"{_count(rules['endpoints'], 'endpoint')} ({where})"
            )
        chains = {chain for table in rules["chains"].values() for chain in table}
        words += [f"chain {chain} ({where})" for chain in _CHAINS[mode] if chain in chains]
    return words


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
