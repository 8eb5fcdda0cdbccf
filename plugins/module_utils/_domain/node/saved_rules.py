# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules of iptables, from the output of iptables-save."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

#: By chain, its rules in their order, each without ``-A CHAIN``.
Chains = dict[str, list[str]]

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_TARGET = re.compile(r"(?:^| )-[jg] (\S+)")
_SETS = re.compile(r" ?--(?:match|add|del|map)-set (\S+)")
#: What iptables-nft-save says of a table that another program, or a newer iptables, wrote in a way it does not know.
_INCOMPATIBLE = re.compile(r"# Table `(\S+)' is incompatible")


@dataclass(frozen=True)
class SavedRules:
    """What one backend (nft or legacy) has in one family (ip or ip6), by table."""

    backend: str
    family: str
    tables: t.Mapping[str, Chains]

    def chains(self, table: str) -> Chains:
        """The chains of a table; none if the kernel does not have it."""
        return self.tables.get(table, {})


def read_saved(output: str, backend: str, family: str) -> SavedRules:
    """ValueError, with the table, if a part is not shown or not understood."""
    tables: dict[str, Chains] = {}
    chains: Chains = {}
    for line in output.splitlines():
        incompatible = _INCOMPATIBLE.match(line)
        if incompatible:
            raise ValueError(f"table {incompatible[1]} has rules that this iptables does not understand")
        if line.startswith("*"):
            chains = tables.setdefault(line[1:].strip(), {})
        elif line.startswith(":"):
            chains.setdefault(line[1:].split(" ", 1)[0], [])
        elif line.startswith("-A "):
            _append, chain, rule = line.split(" ", 2) if line.count(" ") > 1 else (*line.split(" ", 1), "")
            if chain not in chains:
                raise ValueError(f"a rule of chain {chain}, which is not there: {line!r}")
            chains[chain].append(rule)
    return SavedRules(backend, family, tables)


def target(rule: str) -> str | None:
    """The chain or verdict that a rule jumps or goes to; None if it only counts or marks for others."""
    found = _TARGET.findall(_QUOTED.sub('""', rule))
    return str(found[-1]) if found else None


def sets_of(rule: str) -> list[str]:
    """The IP sets that a rule asks or changes, which cannot be destroyed while it is there."""
    return _SETS.findall(_QUOTED.sub('""', rule))


def reachable(chains: Chains, first: t.Iterable[str]) -> list[str]:
    """The chains that packets reach from the first ones, in the order of the table."""
    found: set[str] = set()
    ahead = [chain for chain in first if chain in chains]
    while ahead:
        chain = ahead.pop()
        if chain not in found:
            found.add(chain)
            ahead += [name for name in map(target, chains[chain]) if name is not None and name in chains]
    return [chain for chain in chains if chain in found]


def restore_text(tables: t.Mapping[str, t.Sequence[str]]) -> str:
    """Input of ``iptables-restore --noflush``, from lines by table; tables without lines are left out."""
    parts = ["\n".join((f"*{table}", *lines, "COMMIT")) for table, lines in tables.items() if lines]
    return "".join(f"{part}\n" for part in parts)
