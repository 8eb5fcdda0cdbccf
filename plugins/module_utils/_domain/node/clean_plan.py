# SPDX-License-Identifier: GPL-3.0-or-later

"""What other modes than the one in effect left in the kernel, and how to remove exactly that.

kube-proxy does this only to and from nftables, and leaves unreferenced chains and sets there as well. What is removed
follows from :mod:`.mode_signatures`; a rule elsewhere goes only if it leads to a chain that is removed.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..common.listed import counted
from .facts import VirtualService
from .ip_sets import IpSets
from .kernel_rules import SPOKEN, KernelRules
from .mode_signatures import IP_SETS, NFT_TABLE, PER_SERVICE, jump_of_other_mode, left_behind_by
from .saved_rules import SavedRules, restore_text, target


@dataclass(frozen=True)
class RemovedRules:
    """What goes from one table of one backend and family, in one step: all of it or, after an error, nothing."""

    backend: str
    family: str
    table: str
    chains: tuple[str, ...]
    #: with their chains, as iptables-save writes them
    rules: tuple[str, ...]

    @property
    def lines(self) -> list[str]:
        """For iptables-restore --noflush: a chain that is declared is emptied, and only an empty one can be deleted."""
        emptied = [f":{chain} - [0:0]" for chain in self.chains]
        unlinked = [rule.replace("-A ", "-D ", 1) for rule in self.rules]
        return [*emptied, *unlinked, *(f"-X {chain}" for chain in self.chains)]

    @property
    def where(self) -> str:
        return f"{SPOKEN[self.family]}, backend {self.backend}, table {self.table}"

    def named(self) -> tuple[list[str], int]:
        """The chains by name, and how many more there are of single Services and endpoints."""
        named = [chain for chain in self.chains if not PER_SERVICE.fullmatch(chain)]
        return named, len(self.chains) - len(named)


@dataclass(frozen=True)
class CleanPlan:
    """In the order in which it is done: what refuses packets first, and sets when no rule uses them any more."""

    rules: tuple[RemovedRules, ...]
    virtual_services: tuple[VirtualService, ...]
    interface: str | None
    ip_sets: tuple[str, ...]
    nft_tables: tuple[tuple[str, str], ...]

    @property
    def changed(self) -> bool:
        return bool(self.rules or self.virtual_services or self.interface or self.ip_sets or self.nft_tables)

    def restores(self) -> dict[tuple[str, str], str]:
        """Input of iptables-restore --noflush, by backend and family."""
        by_place: dict[tuple[str, str], dict[str, list[str]]] = {}
        for removed in self.rules:
            by_place.setdefault((removed.backend, removed.family), {})[removed.table] = removed.lines
        return {place: restore_text(tables) for place, tables in by_place.items()}

    def commands(self) -> list[str]:
        """What does it, for people; thousands of virtual services are one command."""
        found = [f"{family}tables-restore --noflush (backend {backend})" for backend, family in self.restores()]
        found += [f"nft delete table {family} {name}" for family, name in self.nft_tables]
        if self.virtual_services:
            services = counted(len(self.virtual_services), "virtual service")
            found.append(f"remove {services} from the IPVS table, one by one")
        if self.interface:
            found.append(f"ip link delete {self.interface}")
        return found + [f"ipset destroy {name}" for name in self.ip_sets]

    def lines(self) -> list[str]:
        """What goes, for people."""
        found = [line for removed in self.rules for line in _of_rules(removed)]
        found += [f"IPVS virtual service {spoken(service)}" for service in self.virtual_services]
        if self.interface:
            found.append(f"interface {self.interface}")
        found += [f"IP set {name}" for name in self.ip_sets]
        return found + [f"nft table {family} {name}" for family, name in self.nft_tables]


NOTHING = CleanPlan((), (), None, (), ())


def active_connections(services: t.Collection[VirtualService], table: t.Iterable[VirtualService] | None = None) -> int:
    """Connections of these virtual services, as they were read, or as they are in a later table."""
    names = {spoken(service) for service in services}
    now = services if table is None else table
    return sum(backend.active_connections for each in now if spoken(each) in names for backend in each.backends)


def spoken(service: VirtualService) -> str:
    """``TCP 10.96.0.1 port 443``."""
    return f"{service.protocol} {service.address} port {service.port}"


def _of_rules(removed: RemovedRules) -> list[str]:
    named, others = removed.named()
    found = [f"chain {chain} ({removed.where})" for chain in named]
    if others:
        found.append(f"{counted(others, 'chain')} of single Services and endpoints ({removed.where})")
    return found + [f"rule {rule} ({removed.where})" for rule in removed.rules]


def clean_plan(mode: str, kernel: KernelRules, *, kubelet_since_1_28: bool) -> CleanPlan:
    """What modes other than ``mode``, which is in effect, left.

    Before 1.28 the kubelet owned three chains that kube-proxy uses as well: they stay unless the kubelet is newer.
    """
    of_ipvs = mode != "ipvs"
    return CleanPlan(
        rules=tuple(
            removed
            for saved in kernel.saved
            for removed in _removed(mode, saved, kubelet_since_1_28=kubelet_since_1_28)
        ),
        virtual_services=tuple(kernel.virtual_services()) if of_ipvs else (),
        interface=kernel.interface.name if of_ipvs and kernel.interface.present else None,
        ip_sets=_sets(kernel.sets) if of_ipvs else (),
        nft_tables=tuple(sorted(place for place in kernel.nft if place[1] == NFT_TABLE)) if mode != "nftables" else (),
    )


def _sets(sets: IpSets) -> tuple[str, ...]:
    return tuple(sorted(name for name in sets if name in IP_SETS))


def _removed(mode: str, saved: SavedRules, *, kubelet_since_1_28: bool) -> t.Iterator[RemovedRules]:
    for table, chains in saved.tables.items():
        left = [chain for chain in chains if left_behind_by(mode, table, chain, kubelet_since_1_28=kubelet_since_1_28)]
        gone = frozenset(left)
        rules = [
            f"-A {chain} {rule}"
            for chain, its_rules in chains.items()
            if chain not in gone
            for rule in its_rules
            if _leads_to(mode, table, gone, rule)
        ]
        if left or rules:
            yield RemovedRules(saved.backend, saved.family, table, tuple(left), tuple(rules))


def _leads_to(mode: str, table: str, gone: frozenset[str], rule: str) -> bool:
    name = target(rule)
    return name is not None and (name in gone or jump_of_other_mode(mode, table, name, rule))
