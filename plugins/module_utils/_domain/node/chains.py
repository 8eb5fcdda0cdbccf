# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""What kube-proxy has in the tables of iptables and nftables, from the output of their tools."""

from __future__ import annotations

import re
import typing as t

Json = dict[str, t.Any]
#: (family, table) -> chains
Tables = dict[tuple[str, str], list[str]]

#: Chains of one Service or endpoint each, which are as many as those and are counted only.
_HASHED = re.compile(r"KUBE-(SVC|SEP|SVL|EXT|FW|XLB)-[A-Z2-7]{16}")
_NFT_TABLE = re.compile(r"table (\S+) (\S+) \{")
_NFT_CHAIN = re.compile(r"chain (\S+) \{")
_FAMILIES = ("ip", "ip6")
KUBE_PROXY_TABLE = "kube-proxy"


def saved(output: str, family: str) -> Tables:
    """Chains in what iptables-save wrote."""
    tables: Tables = {}
    table = ""
    for line in output.splitlines():
        if line.startswith("*"):
            table = line[1:].strip()
            tables.setdefault((family, table), [])
        elif line.startswith(":"):
            tables[(family, table)].append(line[1:].split(" ", 1)[0])
    return tables


def listed(output: str) -> Tables:
    """Chains in what ``nft list chains`` wrote; tables without chains are in it as well."""
    tables: Tables = {}
    chains: list[str] = []
    for line in (line.strip() for line in output.splitlines()):
        table, chain = _NFT_TABLE.match(line), _NFT_CHAIN.match(line)
        if table:
            chains = tables.setdefault((table[1], table[2]), [])
        elif chain:
            chains.append(chain[1])
    return tables


def iptables_rules(tables: Tables, backend: str) -> list[Json]:
    """The chains of kube-proxy and kubelet by family, for families that have any."""
    found = []
    for family in _FAMILIES:
        named: dict[str, list[str]] = {}
        counts = {"SVC": 0, "SEP": 0}
        for (its_family, table), chains in tables.items():
            if its_family != family:
                continue
            for chain in chains:
                hashed = _HASHED.fullmatch(chain)
                if hashed and hashed[1] in counts:
                    counts[hashed[1]] += 1
                elif chain.startswith("KUBE-") and not hashed:
                    named.setdefault(table, []).append(chain)
        if named or any(counts.values()):
            found.append(
                {
                    "backend": backend,
                    "family": family,
                    "chains": {table: sorted(chains) for table, chains in sorted(named.items())},
                    "services": counts["SVC"],
                    "endpoints": counts["SEP"],
                }
            )
    return found


def nftables_tables(tables: Tables) -> list[Json]:
    """The tables of kube-proxy's mode nftables."""
    return [
        {"family": family, "name": name, "chains": len(chains)}
        for (family, name), chains in sorted(tables.items())
        if family in _FAMILIES and name == KUBE_PROXY_TABLE
    ]
