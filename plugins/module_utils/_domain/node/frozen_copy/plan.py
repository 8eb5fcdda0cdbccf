# SPDX-License-Identifier: GPL-3.0-or-later

"""What to change so that the frozen copy is what the former mode answers for."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ...common.listed import counted
from ..chains import FAMILIES
from ..kernel_rules import SPOKEN, KernelRules, is_live
from ..mode_signatures import NFT_TABLE
from ..saved_rules import Chains, SavedRules, restore_text
from . import names
from .of_iptables import copy_of_iptables
from .of_ipvs import copy_of_ipvs
from .of_nftables import copy_of_nftables, same

#: Listings of tables in nf_tables, by family and name.
Listings = t.Mapping[tuple[str, str], str]


@dataclass(frozen=True)
class CopyPlan:
    """What the copy is to be: chains by backend and family of iptables, or texts for nft by family."""

    chains: t.Sequence[tuple[SavedRules, Chains]] = ()
    tables: t.Mapping[str, str] = field(default_factory=dict)
    #: of these tables, the families in which the copy is not in place yet
    new_tables: t.Collection[str] = ()
    #: whether the chains are asked before kube-proxy's own
    first: bool = False

    @property
    def made(self) -> bool:
        """Whether the former mode has something to copy."""
        return bool(self.chains or self.tables)

    @property
    def families(self) -> list[str]:
        """ip or ip6, those with a copy."""
        found = {saved.family for saved, _chains in self.chains} | set(self.tables)
        return [family for family in FAMILIES if family in found]

    def restores(self) -> dict[tuple[str, str], str]:
        """Input of iptables-restore --noflush by backend and family, where something differs."""
        lines = {
            (saved.backend, saved.family): names.lines_for(chains, saved, first=self.first)
            for saved, chains in self.chains
        }
        return {place: restore_text({"nat": wanted}) for place, wanted in lines.items() if wanted}

    @property
    def nft_text(self) -> str:
        """Input of nft -f; empty if nothing differs."""
        return "".join(self.tables[family] for family in self.tables if family in self.new_tables)

    @property
    def changed(self) -> bool:
        return bool(self.restores() or self.nft_text)

    def lines(self) -> list[str]:
        """The copy, for people."""
        found = [line for saved, chains in self.chains for line in _described(saved, chains, list(names.JUMPS.items()))]
        return found + [_table(family) for family in self.tables]

    def beside(self, kernel: KernelRules) -> list[str]:
        """What is in place of a copy and stays as it is, for people.

        A copy of nftables is a table, those of other modes are chains: one does not replace the other.
        """
        planned = {(saved.backend, saved.family) for saved, _chains in self.chains}
        found = [
            line
            for saved in kernel.saved
            if (saved.backend, saved.family) not in planned
            for line in _described(saved, names.in_place(saved), names.jumps_in_place(saved))
        ]
        tables = (family for family, name in sorted(kernel.nft) if name == names.TABLE)
        return found + [_table(family) for family in tables if family not in self.tables]

    def missing(self, kernel: KernelRules) -> list[str]:
        """What is not in the kernel afterwards."""
        now = {(saved.backend, saved.family): saved for saved in kernel.saved}
        found = []
        for saved, chains in self.chains:
            there = now.get((saved.backend, saved.family))
            jumps = [] if there is None else [chain for chain, _rule in names.jumps_in_place(there)]
            if there is None or set(names.in_place(there)) != set(chains) or not set(names.JUMPS) <= set(jumps):
                found += _described(saved, chains, [])
        return found + [_table(family) for family in self.tables if (family, names.TABLE) not in kernel.nft]


def copy_plan(former_mode: str, kernel: KernelRules, listings: Listings, *, drains: bool = False) -> CopyPlan:
    """``listings`` has kube-proxy's tables and those of a copy, if the former mode is nftables.

    With ``drains``, new connections do not go through IPVS any more, if the former mode is ipvs.
    """
    if former_mode == "nftables":
        answered = [family for family in FAMILIES if kernel.services_of(former_mode, family)]
        tables = {family: copy_of_nftables(listings[family, NFT_TABLE], family) for family in answered}
        new = [family for family, text in tables.items() if not same(listings.get((family, names.TABLE), ""), text)]
        return CopyPlan(tables=tables, new_tables=new)
    found = []
    for saved in kernel.saved:
        if is_live(saved) and kernel.services_of(former_mode, saved.family):
            chains = (
                copy_of_iptables(saved)
                if former_mode == "iptables"
                else copy_of_ipvs(saved, kernel.virtual_services(), kernel.sets)
            )
            if chains:
                found.append((saved, chains))
    return CopyPlan(chains=found, first=drains and former_mode == "ipvs")


def lines_in_place(kernel: KernelRules) -> list[str]:
    """The copy that is in the kernel, for people."""
    return CopyPlan().beside(kernel)


def families_in_place(kernel: KernelRules) -> list[str]:
    """ip or ip6, those in which there is something of a copy."""
    found = {saved.family for saved in kernel.saved if names.in_place(saved) or names.jumps_in_place(saved)}
    found |= {family for family, name in kernel.nft if name == names.TABLE}
    return [family for family in FAMILIES if family in found]


def _described(saved: SavedRules, chains: Chains, jumps: t.Iterable[tuple[str, str]]) -> list[str]:
    where = f"{SPOKEN[saved.family]}, backend {saved.backend}, table nat"
    found = [f"rule -A {chain} {rule} ({where})" for chain, rule in sorted(jumps)]
    if chains:
        found.append(f"{counted(len(chains), 'chain')} {names.PREFIX}* ({where})")
    return found


def _table(family: str) -> str:
    return f"nft table {family} {names.TABLE}"
