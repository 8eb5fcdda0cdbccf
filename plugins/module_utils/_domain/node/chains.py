# SPDX-License-Identifier: GPL-3.0-or-later

"""What kube-proxy has in the tables of iptables and nftables, from the output of their tools."""

from __future__ import annotations

import re

from .facts import IptablesRules, NftTable
from .mode_signatures import NFT_TABLE, PER_SERVICE

#: (family, table) -> chains
Tables = dict[tuple[str, str], list[str]]

FAMILIES = ("ip", "ip6")

_NFT_TABLE = re.compile(r"table (\S+) (\S+) \{")
_NFT_CHAIN = re.compile(r"chain (\S+) \{")


def from_iptables_save(output: str, family: str) -> Tables:
    """Tables and chains in the output of ``iptables-save``."""
    tables: Tables = {}
    table = ""
    for line in output.splitlines():
        if line.startswith("*"):
            table = line[1:].strip()
            tables.setdefault((family, table), [])
        elif line.startswith(":"):
            tables[(family, table)].append(line[1:].split(" ", 1)[0])
    return tables


def from_nft(output: str) -> Tables:
    """Tables, also those without chains, and chains in the output of ``nft list chains``."""
    tables: Tables = {}
    chains: list[str] = []
    for line in (line.strip() for line in output.splitlines()):
        table, chain = _NFT_TABLE.match(line), _NFT_CHAIN.match(line)
        if table:
            chains = tables.setdefault((table[1], table[2]), [])
        elif chain:
            chains.append(chain[1])
    return tables


def iptables_rules(tables: Tables, backend: str) -> list[IptablesRules]:
    """The chains of kube-proxy and the kubelet, for families that have any."""
    found = []
    for family in FAMILIES:
        named: dict[str, list[str]] = {}
        counts = {"SVC": 0, "SEP": 0}
        for table, chain in _chains_of(tables, family):
            # There are as many as Services and endpoints, so they are only counted.
            hashed = PER_SERVICE.fullmatch(chain)
            if hashed and hashed[1] in counts:
                counts[hashed[1]] += 1
            elif chain.startswith("KUBE-") and not hashed:
                named.setdefault(table, []).append(chain)
        if named or any(counts.values()):
            chains = {table: tuple(sorted(chains)) for table, chains in sorted(named.items())}
            found.append(IptablesRules(backend, family, chains, counts["SVC"], counts["SEP"]))
    return found


def _chains_of(tables: Tables, family: str) -> list[tuple[str, str]]:
    """Pairs of table and chain."""
    of_family = {table: chains for (its_family, table), chains in tables.items() if its_family == family}
    return [(table, chain) for table, chains in of_family.items() for chain in chains]


def nftables_tables(tables: Tables) -> tuple[NftTable, ...]:
    """The tables of the mode nftables."""
    return tuple(
        NftTable(family, name, len(chains))
        for (family, name), chains in sorted(tables.items())
        if family in FAMILIES and name == NFT_TABLE
    )
