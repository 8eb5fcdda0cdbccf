# SPDX-License-Identifier: GPL-3.0-or-later

"""What other modes than the one in effect left in the kernel, and how to remove exactly that.

kube-proxy does this only to and from nftables, and leaves unreferenced chains and sets there as well. What is removed
follows from :mod:`.mode_signatures`, and what others use of it stays (:mod:`.left_rules`).
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..common.listed import counted, listed
from .facts import VirtualService
from .kernel_rules import SPOKEN, KernelRules
from .left_rules import LeftRules, left_rules
from .mode_signatures import IP_SETS, NFT_TABLE, PER_SERVICE
from .saved_rules import SavedRules, restore_text, sets_of


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
        return _where(self.backend, self.family, self.table)

    def named(self) -> tuple[list[str], int]:
        """The chains by name, and how many more there are of single Services and endpoints."""
        named = [chain for chain in self.chains if not PER_SERVICE.fullmatch(chain)]
        return named, len(self.chains) - len(named)


@dataclass(frozen=True)
class KeptChain:
    """A chain that another mode left, and that rules of others lead to, some of them by way of another such chain."""

    backend: str
    family: str
    table: str
    name: str
    #: with their chains, as iptables-save writes them
    used_by: tuple[str, ...]
    empty: bool

    @property
    def where(self) -> str:
        return _where(self.backend, self.family, self.table)


@dataclass(frozen=True)
class CleanPlan:
    """In the order in which it is done: what refuses packets first, and sets when no rule uses them any more."""

    rules: tuple[RemovedRules, ...]
    virtual_services: tuple[VirtualService, ...]
    interface: str | None
    ip_sets: tuple[str, ...]
    nft_tables: tuple[tuple[str, str], ...]
    kept: tuple[KeptChain, ...] = ()
    #: sets that a rule which stays needs
    kept_sets: tuple[str, ...] = ()

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

    def warnings(self) -> list[str]:
        """kube-proxy empties KUBE-MARK-MASQ at each start in mode nftables, so that to fill it again would not last."""
        return [
            f"Rules of other programs lead to the chain {chain.name} ({chain.where}), which kube-proxy has emptied, so "
            f"that they have no effect: {listed(chain.used_by, 3)}. Let these programs do without it, such as CNI's "
            f"portmap without externalSetMarkChain"
            for chain in self.kept
            if chain.empty and chain.name == "KUBE-MARK-MASQ"
        ]


NOTHING = CleanPlan((), (), None, (), ())


def active_connections(services: t.Collection[VirtualService], table: t.Iterable[VirtualService] | None = None) -> int:
    """Connections of these virtual services, as they were read, or as they are in a later table."""
    names = {spoken(service) for service in services}
    now = services if table is None else table
    return sum(backend.active_connections for each in now if spoken(each) in names for backend in each.backends)


def spoken(service: VirtualService) -> str:
    """``TCP 10.96.0.1 port 443``."""
    return f"{service.protocol} {service.address} port {service.port}"


def _where(backend: str, family: str, table: str) -> str:
    return f"{SPOKEN[family]}, backend {backend}, table {table}"


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
    left = [
        (saved, table, left_rules(mode, table, chains, kubelet_since_1_28=kubelet_since_1_28))
        for saved in kernel.saved
        for table, chains in saved.tables.items()
    ]
    of_ipvs = mode != "ipvs"
    sets = sorted(name for name in kernel.sets if name in IP_SETS) if of_ipvs else []
    needed = {name for each in left for name in _needed_sets(*each)} if sets else set()
    return CleanPlan(
        rules=tuple(
            RemovedRules(saved.backend, saved.family, table, found.chains, found.rules)
            for saved, table, found in left
            if found.chains or found.rules
        ),
        virtual_services=tuple(kernel.virtual_services()) if of_ipvs else (),
        interface=kernel.interface.name if of_ipvs and kernel.interface.present else None,
        ip_sets=tuple(name for name in sets if name not in needed),
        nft_tables=tuple(sorted(place for place in kernel.nft if place[1] == NFT_TABLE)) if mode != "nftables" else (),
        kept=tuple(
            KeptChain(saved.backend, saved.family, table, name, used_by, empty=not saved.chains(table)[name])
            for saved, table, found in left
            for name, used_by in found.kept.items()
        ),
        kept_sets=tuple(name for name in sets if name in needed),
    )


def _needed_sets(saved: SavedRules, table: str, left: LeftRules) -> t.Iterator[str]:
    gone = frozenset(left.chains)
    for chain, rules in saved.chains(table).items():
        if chain not in gone:
            named = ((rule, name) for rule in rules for name in sets_of(rule))
            yield from (name for rule, name in named if f"-A {chain} {rule}" not in left.rules)
