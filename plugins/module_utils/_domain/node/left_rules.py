# SPDX-License-Identifier: GPL-3.0-or-later

"""What another mode than the one in effect left in one table of iptables: what goes, and what others use.

Network plugins jump to chains of kube-proxy: CNI's portmap, if told so (``externalSetMarkChain``), and the hostports of
CRI-O and of old kubelets have packets marked by KUBE-MARK-MASQ. A chain that such a rule leads to stays as it is, with
the chains that it leads to. To remove the rule instead would change what is not kube-proxy's, and what the mark does
still holds: kube-proxy's table of mode nftables masquerades what has it, whoever set it.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .mode_signatures import is_built_in, is_rule_of_kube_proxy, jump_of_other_mode, left_behind_by
from .saved_rules import Chains, reachable, target


@dataclass(frozen=True)
class LeftRules:
    """Rules are with their chains, as iptables-save writes them."""

    #: chains that go
    chains: tuple[str, ...]
    #: rules that go, of chains that stay
    rules: tuple[str, ...]
    #: chains that stay because of rules of others, with all rules that lead there
    kept: t.Mapping[str, tuple[str, ...]]


def left_rules(mode: str, table: str, chains: Chains, *, kubelet_since_1_28: bool) -> LeftRules:
    """What goes and what stays, where ``mode`` is in effect."""
    left = {chain for chain in chains if left_behind_by(mode, table, chain, kubelet_since_1_28=kubelet_since_1_28)}
    others = [
        (chain, rule) for chain, rules in chains.items() if chain not in left for rule in rules if target(rule) in left
    ]
    used = [str(target(rule)) for chain, rule in others if not is_rule_of_kube_proxy(table, chain, rule)]
    kept = [chain for chain in reachable(chains, used) if chain in left]
    gone = left.difference(kept)

    def goes(chain: str, rule: str) -> bool:
        name = target(rule)
        # The jumps from the kernel's own chains belong to the mode, whoever else uses the chain.
        leads_there = name in gone or (
            is_built_in(chain) and name is not None and (name in left or jump_of_other_mode(mode, table, name, rule))
        )
        return leads_there and is_rule_of_kube_proxy(table, chain, rule)

    staying = [(chain, rule) for chain, rules in chains.items() if chain not in gone for rule in rules]
    return LeftRules(
        chains=tuple(chain for chain in chains if chain in gone),
        rules=tuple(f"-A {chain} {rule}" for chain, rule in staying if chain not in left and goes(chain, rule)),
        kept={
            name: tuple(
                f"-A {chain} {rule}"
                for chain, rule in staying
                if target(rule) == name and (chain in left or not goes(chain, rule))
            )
            for name in kept
        },
    )
