# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules in a node's kernel as far as kube-proxy's modes write them, and which mode has answered for its Services."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .chains import FAMILIES, Tables
from .facts import Interface, VirtualService
from .ip_sets import IpSets, node_ports
from .ipvs_table import of_kube_proxy
from .mode_signatures import NFT_PER_SERVICE, NFT_TABLE, PER_SERVICE
from .saved_rules import SavedRules, target

#: Families as people know them.
SPOKEN = {"ip": "IPv4", "ip6": "IPv6"}


@dataclass(frozen=True)
class KernelRules:
    """Everything that was read; a part that the kernel does not have is empty."""

    saved: tuple[SavedRules, ...]
    services: tuple[VirtualService, ...]
    interface: Interface
    sets: IpSets
    #: the chains of each table of nf_tables, by family and name
    nft: Tables
    #: None where they are not known
    node_addresses: tuple[str, ...] | None = None
    #: what could not be read and is not needed, as sentences without full stop
    unread: tuple[str, ...] = ()

    def virtual_services(self) -> list[VirtualService]:
        """Those of kube-proxy."""
        return of_kube_proxy(self.services, self.interface, node_ports(self.sets), self.node_addresses)

    def services_of(self, mode: str, family: str) -> int:
        """How many Services (per port) a mode answers for in the family ip or ip6."""
        if mode == "nftables":
            names = map(NFT_PER_SERVICE.match, self.nft.get((family, NFT_TABLE), ()))
            return len({match["service"] for match in names if match})
        if mode == "ipvs":
            return sum(ip_family(service) == family and bool(service.backends) for service in self.virtual_services())
        return sum(len(_answered(saved)) for saved in self.saved if saved.family == family)

    def answers(self, mode: str, family: str) -> bool:
        """Whether kube-proxy has synchronised its rules in that mode and family.

        Each mode writes them in one go: nftables in one transaction, iptables and ipvs nat KUBE-SERVICES last, which
        both have, and which ends with a jump to KUBE-NODEPORTS in the one and to KUBE-NODE-PORT in the other.
        """
        if mode == "nftables":
            return (family, NFT_TABLE) in self.nft
        live = [saved.chains("nat") for saved in self.saved if saved.family == family and is_live(saved)]
        rules = [rule for nat in live for rule in nat.get("KUBE-SERVICES", ())]
        if mode == "ipvs":
            return self.interface.present and any(
                target(rule) == "KUBE-NODE-PORT" or "--match-set KUBE-" in rule for rule in rules
            )
        return any(_is_of_iptables(target(rule)) for rule in rules)


def ip_family(service: VirtualService) -> str:
    """``ip`` or ``ip6``."""
    return "ip6" if ":" in (service.address or "") else "ip"


def is_live(saved: SavedRules) -> bool:
    """Whether packets reach nat KUBE-SERVICES."""
    nat = saved.chains("nat")
    return "KUBE-SERVICES" in nat and any(target(rule) == "KUBE-SERVICES" for rule in nat.get("PREROUTING", ()))


def _answered(saved: SavedRules) -> set[str]:
    if not is_live(saved):
        return set()
    nat = saved.chains("nat")
    jumps = set(map(target, nat["KUBE-SERVICES"]))
    if "KUBE-NODEPORTS" in jumps:
        jumps |= set(map(target, nat.get("KUBE-NODEPORTS", ())))
    # All chains of a Service's port end alike.
    return {name.rpartition("-")[2] for name in jumps if name is not None and PER_SERVICE.fullmatch(name)}


def _is_of_iptables(name: str | None) -> bool:
    return name == "KUBE-NODEPORTS" or (name is not None and PER_SERVICE.fullmatch(name) is not None)


def not_yet_answering(mode: str, kernel: KernelRules, copied: t.Collection[str] = ()) -> list[str]:
    """The families in which ``mode`` has no rules yet: those that another mode still has, or both if it has none.

    ``copied`` are families in which a frozen copy answers, so that the mode has to as well.
    """
    without = [family for family in FAMILIES if not kernel.answers(mode, family)]
    if len(without) == len(FAMILIES):
        return without
    others = [other for other in ("iptables", "ipvs", "nftables") if other != mode]
    return [
        family for family in without if family in copied or any(kernel.services_of(other, family) for other in others)
    ]


def services_by_family(kernel: KernelRules) -> dict[str, dict[str, int]]:
    """By family, how many Services each mode answers for."""
    modes: t.Sequence[str] = ("iptables", "ipvs", "nftables")
    return {family: {mode: kernel.services_of(mode, family) for mode in modes} for family in FAMILIES}
