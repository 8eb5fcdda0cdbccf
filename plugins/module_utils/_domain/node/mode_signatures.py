# SPDX-License-Identifier: GPL-3.0-or-later

"""What each mode of kube-proxy has in a node's kernel, by name, and what is the kubelet's: the one table of it.

Sources: pkg/proxy/{iptables,ipvs,nftables} and pkg/kubelet of Kubernetes 1.20, 1.31, 1.34 and 1.36; KEP-3178 for what
the kubelet owns. A chain counts with its table: nat KUBE-FIREWALL was ipvs' until 1.26, filter KUBE-FIREWALL is the
kubelet's. Only whole names count, since others begin them with KUBE- as well (kube-router: KUBE-ROUTER-INPUT,
KUBE-POD-FW-..., sets KUBE-SRC-... and KUBE-DST-...).
"""

from __future__ import annotations

import re
import typing as t

#: By table, the chains of fixed names.
Chains = t.Mapping[str, frozenset[str]]

#: kube-proxy in mode ipvs puts the address of every virtual service but those of NodePorts on this interface.
INTERFACE = "kube-ipvs0"
#: The table of the mode nftables, in the families ip and ip6.
NFT_TABLE = "kube-proxy"
#: Its chains of one Service each; service-endpoints-check is none.
NFT_PER_SERVICE = re.compile(r"(?:service|local|external)-(?P<service>[A-Z2-7]{8}-.*)")

_CHAINS: t.Mapping[str, Chains] = {
    "iptables": {
        "filter": frozenset(
            (
                "KUBE-EXTERNAL-SERVICES",
                "KUBE-FORWARD",
                "KUBE-NODEPORTS",
                "KUBE-PROXY-CANARY",
                "KUBE-PROXY-FIREWALL",  # since 1.26
                "KUBE-SERVICES",
            )
        ),
        "mangle": frozenset(("KUBE-PROXY-CANARY",)),
        "nat": frozenset(
            (
                "KUBE-MARK-DROP",  # until 1.25
                "KUBE-MARK-MASQ",
                "KUBE-NODEPORTS",
                "KUBE-POSTROUTING",
                "KUBE-PROXY-CANARY",
                "KUBE-SERVICES",
            )
        ),
    },
    "ipvs": {
        "filter": frozenset(
            (
                "KUBE-FORWARD",
                "KUBE-IPVS-FILTER",  # since 1.27
                "KUBE-IPVS-OUT-FILTER",  # since 1.29
                "KUBE-NODE-PORT",  # since 1.21
                "KUBE-PROXY-FIREWALL",  # since 1.26
                "KUBE-SOURCE-RANGES-FIREWALL",  # since 1.26
            )
        ),
        "nat": frozenset(
            (
                "KUBE-FIREWALL",  # until 1.25
                "KUBE-LOAD-BALANCER",
                "KUBE-MARK-DROP",  # until 1.25
                "KUBE-MARK-MASQ",
                "KUBE-NODE-PORT",
                "KUBE-POSTROUTING",
                "KUBE-SERVICES",
            )
        ),
    },
    "nftables": {},
}
#: The modes that write rules of iptables.
WITH_CHAINS = ("ipvs", "iptables")

#: Chains of one Service or endpoint each, in table nat of mode iptables; XLB until 1.23, EXT and SVL since.
PER_SERVICE = re.compile(r"KUBE-(SVC|SEP|SVL|EXT|FW|XLB)-[A-Z2-7]{16}")

_KUBELET: Chains = {
    "filter": frozenset(("KUBE-FIREWALL", "KUBE-KUBELET-CANARY")),
    "mangle": frozenset(("KUBE-IPTABLES-HINT", "KUBE-KUBELET-CANARY")),
    "nat": frozenset(("KUBE-KUBELET-CANARY",)),
}
_KUBELET_BEFORE_1_28 = {"nat": frozenset(("KUBE-MARK-DROP", "KUBE-MARK-MASQ", "KUBE-POSTROUTING"))}

_BUILT_IN = frozenset(("FORWARD", "INPUT", "OUTPUT", "POSTROUTING", "PREROUTING"))
#: The comments of a mode's jumps from the chains that the kernel has itself. All of them have one; the kubelet before
#: 1.28 jumped to KUBE-POSTROUTING with kube-proxy's.
_JUMPS: t.Mapping[str, frozenset[str]] = {
    "iptables": frozenset(
        (
            "kubernetes externally-visible service portals",
            "kubernetes forwarding rules",
            "kubernetes health check service ports",
            "kubernetes load balancer firewall",  # since 1.26
            "kubernetes postrouting rules",
            "kubernetes service portals",
        )
    ),
    "ipvs": frozenset(
        (
            "kube-proxy firewall rules",  # since 1.26
            "kubernetes forwarding rules",
            "kubernetes health check rules",  # since 1.21
            "kubernetes ipvs access filter",  # since 1.27
            "kubernetes postrouting rules",
            "kubernetes service portals",
        )
    ),
    "nftables": frozenset(),
}

_SETS = (
    "KUBE-CLUSTER-IP",
    "KUBE-EXTERNAL-IP",
    "KUBE-EXTERNAL-IP-LOCAL",
    "KUBE-HEALTH-CHECK-NODE-PORT",
    "KUBE-IPVS-IPS",
    "KUBE-LOAD-BALANCER",
    "KUBE-LOAD-BALANCER-FW",
    "KUBE-LOAD-BALANCER-LOCAL",
    "KUBE-LOAD-BALANCER-SOURCE-CIDR",
    "KUBE-LOAD-BALANCER-SOURCE-IP",
    "KUBE-LOOP-BACK",
    "KUBE-NODE-PORT-LOCAL-SCTP-HASH",
    "KUBE-NODE-PORT-LOCAL-TCP",
    "KUBE-NODE-PORT-LOCAL-UDP",
    "KUBE-NODE-PORT-SCTP-HASH",
    "KUBE-NODE-PORT-TCP",
    "KUBE-NODE-PORT-UDP",
)
_LONGEST_SET_NAME = 31


def set_name(name: str, family: str) -> str:
    """What the IP set is called in the family ip or ip6; the kernel's names have 31 characters at most."""
    return name if family == "ip" else name.replace("KUBE-", "KUBE-6-", 1)[:_LONGEST_SET_NAME]


#: All IP sets of mode ipvs.
IP_SETS = frozenset(set_name(name, family) for name in _SETS for family in ("ip", "ip6"))


def is_of_mode(mode: str, table: str, chain: str) -> bool:
    """Whether kube-proxy has a chain of that name in that mode."""
    if mode == "iptables" and table == "nat" and PER_SERVICE.fullmatch(chain):
        return True
    return chain in _CHAINS[mode].get(table, ())


def is_of_kubelet(table: str, chain: str, *, since_1_28: bool) -> bool:
    """Whether the chain is the kubelet's; before 1.28 it owned three more."""
    owned = _KUBELET.get(table, frozenset())
    return chain in owned or (not since_1_28 and chain in _KUBELET_BEFORE_1_28.get(table, ()))


def left_behind_by(in_effect: str, table: str, chain: str, *, kubelet_since_1_28: bool = False) -> str | None:
    """The other mode that left the chain; None for one that the mode in effect or the kubelet uses, or of others.

    A chain that both other modes have counts as iptables'.
    """
    if is_of_mode(in_effect, table, chain) or is_of_kubelet(table, chain, since_1_28=kubelet_since_1_28):
        return None
    return next((mode for mode in ("iptables", "ipvs") if mode != in_effect and is_of_mode(mode, table, chain)), None)


def jump_of_other_mode(in_effect: str, table: str, target: str, rule: str) -> bool:
    """Whether the rule is another mode's jump to a chain that the mode in effect has as well."""
    return is_of_mode(in_effect, table, target) and _is_jump(rule, WITH_CHAINS) and not _is_jump(rule, (in_effect,))


def is_built_in(chain: str) -> bool:
    """Whether the kernel has the chain itself, so that everybody writes rules there."""
    return chain in _BUILT_IN


def is_rule_of_kube_proxy(table: str, chain: str, rule: str) -> bool:
    """Whether kube-proxy wrote the rule, in whatever mode: in a chain of its own, or as a jump from a built-in one."""
    if is_built_in(chain):
        return _is_jump(rule, WITH_CHAINS)
    return any(is_of_mode(mode, table, chain) for mode in WITH_CHAINS)


def _is_jump(rule: str, modes: t.Iterable[str]) -> bool:
    return any(f'--comment "{comment}"' in rule for mode in modes for comment in _JUMPS[mode])
