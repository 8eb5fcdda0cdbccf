# SPDX-License-Identifier: GPL-3.0-or-later

"""The names that only the frozen copy has: whatever bears one is ours to remove."""

from __future__ import annotations

import typing as t

from ..saved_rules import Chains, SavedRules, target

#: In front of chains of table nat. The longest that begins with it, of a Service, has 27 of 28 characters.
PREFIX = "FROZEN-"
SERVICES = f"{PREFIX}SERVICES"
MARK_MASQ = f"{PREFIX}MARK-MASQ"
POSTROUTING = f"{PREFIX}POSTROUTING"
#: The table in nf_tables, in the families ip and ip6.
TABLE = "kube-proxy-frozen"

_COMMENT = '-m comment --comment "frozen copy of kube-proxy" -j'
#: Last in their chains: kube-proxy puts its own jumps first, so that the copy is asked where those decide nothing. To
#: drain IPVS, those that lead to Services come first: mode ipvs accepts what goes to ClusterIPs, and IPVS takes it.
#: A kube-proxy that runs leaves the order as it is (EnsureRule looks only whether its jump is there).
JUMPS: t.Mapping[str, str] = {
    "PREROUTING": f"{_COMMENT} {SERVICES}",
    "OUTPUT": f"{_COMMENT} {SERVICES}",
    "POSTROUTING": f"{_COMMENT} {POSTROUTING}",
}


def frozen(chain: str) -> str:
    """``KUBE-SVC-...`` as ``FROZEN-SVC-...``."""
    return f"{PREFIX}{chain[len('KUBE-') :]}"


def in_place(saved: SavedRules) -> Chains:
    """The copy's chains in table nat."""
    return {chain: rules for chain, rules in saved.chains("nat").items() if chain.startswith(PREFIX)}


def jumps_in_place(saved: SavedRules) -> list[tuple[str, str]]:
    """Chains and rules that lead to the copy."""
    return [
        (chain, rule)
        for chain, rules in saved.chains("nat").items()
        if not chain.startswith(PREFIX)
        for rule in rules
        if (target(rule) or "").startswith(PREFIX)
    ]


def lines_for(chains: Chains, saved: SavedRules, *, first: bool = False) -> list[str]:
    """Lines for iptables-restore --noflush that make the copy in table nat be exactly these chains; none if it is.

    An older copy goes in the same step. With ``first``, the copy is asked before kube-proxy's own rules.
    """
    old, jumps = in_place(saved), jumps_in_place(saved)
    missing = [(chain, rule) for chain, rule in JUMPS.items() if (chain, rule) not in jumps]
    moving = [jump for jump in _behind(saved) if jump not in missing] if first else []
    if old == chains and not missing and not moving:
        return []
    stale = [chain for chain in old if chain not in chains]
    return [
        *(f":{chain} - [0:0]" for chain in (*chains, *stale)),
        *(f"-A {chain} {rule}" for chain, rules in chains.items() for rule in rules),
        *(f"-D {chain} {rule}" for chain, rule in moving),
        *(f"{'-I' if first and _leads_to_services(rule) else '-A'} {chain} {rule}" for chain, rule in missing + moving),
        *(f"-X {chain}" for chain in stale),
    ]


def _behind(saved: SavedRules) -> list[tuple[str, str]]:
    """The jumps to the copy of Services that come after kube-proxy's own."""
    found = []
    for chain, rule in JUMPS.items():
        targets = list(map(target, saved.chains("nat").get(chain, ())))
        if _leads_to_services(rule) and "KUBE-SERVICES" in targets[: _index(targets, SERVICES)]:
            found.append((chain, rule))
    return found


def _leads_to_services(rule: str) -> bool:
    return target(rule) == SERVICES


def _index(targets: list[str | None], name: str) -> int:
    return targets.index(name) if name in targets else len(targets)
