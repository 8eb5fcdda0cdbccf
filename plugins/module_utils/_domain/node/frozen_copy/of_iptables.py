# SPDX-License-Identifier: GPL-3.0-or-later

"""The frozen copy of mode iptables: the chains of table nat that packets reach, under other names.

What it has of kube-proxy: ClusterIPs, NodePorts, external and load balancer IPs with their source ranges, traffic
policies, session affinity, hairpin masquerade, for TCP, UDP and SCTP.

Not copied: rules of table filter. What they reject or drop is not answered by the copy either, as it is not translated;
what they accept (health check ports, forwarding of masqueraded packets where the host drops by default) mode nftables
does not accept itself.
"""

from __future__ import annotations

from ..mode_signatures import is_of_mode
from ..saved_rules import Chains, SavedRules, reachable, target
from .names import frozen

_FIRST = ("KUBE-SERVICES", "KUBE-POSTROUTING")


def copy_of_iptables(saved: SavedRules) -> Chains:
    """The chains of the copy.

    Rules that count in nfacct (since 1.32) are left out: a second rule does the same without counting. The lists of
    session affinity (``-m recent``) keep their names, so that copy and original share them and a client keeps its
    endpoint.
    """
    nat = saved.chains("nat")
    copied = [chain for chain in reachable(nat, _FIRST) if is_of_mode("iptables", "nat", chain)]
    names = {chain: frozen(chain) for chain in copied}
    return {
        name: [_renamed(rule, names) for rule in nat[chain] if "-m nfacct " not in rule]
        for chain, name in names.items()
    }


def _renamed(rule: str, names: dict[str, str]) -> str:
    name = target(rule)
    # A jump to a chain ends the rule.
    return f"{rule[: -len(name)]}{names[name]}" if name is not None and name in names else rule
