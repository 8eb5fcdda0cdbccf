# SPDX-License-Identifier: GPL-3.0-or-later

"""What a node's kernel has of other modes than the one it runs, counted from what the node's own tools print.

It shares nothing with the collection, on purpose: what is measured does not judge itself. The names are those that
kube-proxy 1.20 to 1.36 was seen to use, on nodes that never ran another mode.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import asdict, dataclass, fields

#: What is read on a node: name and command. There is no IPVS table without the module, and mostly no interface.
READ = {
    "iptables-save": "iptables-save",
    "ip6tables-save": "ip6tables-save",
    "ipset": "ipset list -n",
    "ip_vs": "cat /proc/net/ip_vs 2>/dev/null || true",
    "kube-ipvs0": "ip -o link show kube-ipvs0 2>/dev/null || true",
    "nft-tables": "nft list tables",
}

_KUBELET = {
    "filter": {"KUBE-FIREWALL", "KUBE-KUBELET-CANARY"},
    "mangle": {"KUBE-IPTABLES-HINT", "KUBE-KUBELET-CANARY"},
    "nat": {"KUBE-KUBELET-CANARY"},
}
_MODES: t.Mapping[str, t.Mapping[str, set[str]]] = {
    "iptables": {
        "filter": {
            "KUBE-EXTERNAL-SERVICES",
            "KUBE-FORWARD",
            "KUBE-NODEPORTS",
            "KUBE-PROXY-CANARY",
            "KUBE-PROXY-FIREWALL",
            "KUBE-SERVICES",
        },
        "mangle": {"KUBE-PROXY-CANARY"},
        "nat": {
            "KUBE-MARK-DROP",
            "KUBE-MARK-MASQ",
            "KUBE-NODEPORTS",
            "KUBE-POSTROUTING",
            "KUBE-PROXY-CANARY",
            "KUBE-SERVICES",
        },
    },
    "ipvs": {
        "filter": {
            "KUBE-FORWARD",
            "KUBE-IPVS-FILTER",
            "KUBE-IPVS-OUT-FILTER",
            "KUBE-NODE-PORT",
            "KUBE-PROXY-FIREWALL",
            "KUBE-SOURCE-RANGES-FIREWALL",
        },
        "nat": {
            "KUBE-FIREWALL",
            "KUBE-LOAD-BALANCER",
            "KUBE-MARK-DROP",
            "KUBE-MARK-MASQ",
            "KUBE-NODE-PORT",
            "KUBE-POSTROUTING",
            "KUBE-SERVICES",
        },
    },
    "nftables": {},
}
_OF_ONE_SERVICE = re.compile(r"KUBE-(SVC|SEP|SVL|EXT|FW|XLB)-[A-Z2-7]{16}")
#: Where both modes call a chain the same, their jumps to it differ in the comment.
_COMMENTS = {"iptables": '"kubernetes load balancer firewall"', "ipvs": '"kube-proxy firewall rules"'}
#: The frozen copy of the collection: chains and tables that nothing may leave behind either.
_FROZEN_CHAIN, _FROZEN_TABLE = "FROZEN-", "kube-proxy-frozen"
_TARGET = re.compile(r" -[jg] (\S+)")


@dataclass(frozen=True)
class Leftovers:
    """How much there is of it. ``live`` is what a packet can reach: from a built-in chain, by whatever jumps."""

    live_chains: int = 0
    live_rejects: int = 0  # rules with the target REJECT or DROP in live chains
    jumps: int = 0  # rules in built-in chains that lead to chains of other modes
    dead_chains: int = 0
    ip_sets: int = 0
    virtual_services: int = 0
    interface: int = 0
    nft_tables: int = 0
    frozen: int = 0  # chains and tables of the frozen copy

    def __add__(self, other: Leftovers) -> Leftovers:
        return Leftovers(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))

    def __bool__(self) -> bool:
        return any(asdict(self).values())


def leftovers(texts: t.Mapping[str, str], mode: str) -> Leftovers:
    """Of the texts of READ, all that is not of the mode that the node is to run."""
    found = _of_rules(texts["iptables-save"], mode) + _of_rules(texts["ip6tables-save"], mode)
    tables = [line.split()[-1] for line in texts["nft-tables"].splitlines() if line.startswith("table ")]
    found += Leftovers(frozen=sum(name.startswith(_FROZEN_TABLE) for name in tables))
    if mode != "nftables":
        found += Leftovers(nft_tables=tables.count("kube-proxy"))
    if mode != "ipvs":
        found += Leftovers(
            ip_sets=sum(name.startswith("KUBE-") for name in texts["ipset"].split()),
            virtual_services=len(re.findall(r"^(?:TCP|UDP|SCTP|FWM) ", texts["ip_vs"], re.MULTILINE)),
            interface=bool(texts["kube-ipvs0"].strip()),
        )
    return found


def _of_rules(saved: str, mode: str) -> Leftovers:
    found = Leftovers()
    for table, text in re.findall(r"^\*(\w+)\n(.*?)^COMMIT", saved, re.MULTILINE | re.DOTALL):
        found += _of_table(table, text, mode)
    return found


def _of_table(table: str, text: str, mode: str) -> Leftovers:
    policies = dict(re.findall(r"^:(\S+) (\S+)", text, re.MULTILINE))
    rules: dict[str, list[str]] = {chain: [] for chain in policies}
    for chain, rule in re.findall(r"^-A (\S+)(.*)$", text, re.MULTILINE):
        rules[chain].append(rule)
    built_in = [chain for chain, policy in policies.items() if policy != "-"]
    live = _reachable(rules, built_in)
    others = {chain for chain in rules if chain.startswith("KUBE-") and not _belongs(table, chain, mode)}
    return Leftovers(
        live_chains=len(others & live),
        live_rejects=sum(_target(rule) in ("REJECT", "DROP") for chain in others & live for rule in rules[chain]),
        jumps=sum(_is_of_others(rule, others, mode) for chain in built_in for rule in rules[chain]),
        dead_chains=len(others - live),
        frozen=sum(chain.startswith(_FROZEN_CHAIN) for chain in rules),
    )


def _belongs(table: str, chain: str, mode: str) -> bool:
    if mode == "iptables" and table == "nat" and _OF_ONE_SERVICE.fullmatch(chain):
        return True
    return chain in _MODES[mode].get(table, ()) or chain in _KUBELET.get(table, ())


def _is_of_others(rule: str, others: t.Collection[str], mode: str) -> bool:
    target = _target(rule)
    foreign = [comment for owner, comment in _COMMENTS.items() if owner != mode]
    return target in others or (target == "KUBE-PROXY-FIREWALL" and any(comment in rule for comment in foreign))


def _reachable(rules: t.Mapping[str, t.Sequence[str]], first: t.Iterable[str]) -> set[str]:
    found: set[str] = set()
    todo = list(first)
    while todo:
        chain = todo.pop()
        if chain in rules and chain not in found:
            found.add(chain)
            todo += [target for rule in rules[chain] if (target := _target(rule))]
    return found


def _target(rule: str) -> str | None:
    # A comment may hold anything; what a rule does comes after its conditions.
    found = _TARGET.findall(re.sub(r'"(?:[^"\\]|\\.)*"', "", rule))
    return found[-1] if found else None
