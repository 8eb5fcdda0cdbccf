# SPDX-License-Identifier: GPL-3.0-or-later

"""Which kernel modules a mode of kube-proxy needs (kube-proxy 1.20 to 1.36)."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..kube_proxy import defaults, schedulers
from ..kube_proxy.versions import KubeProxyVersion

# The kernel merged nf_conntrack_ipv4 and nf_conntrack_ipv6 into nf_conntrack (Red Hat did so in its 4.18 already).
_CONNTRACK_MERGED = (4, 19)

_IPTABLES = (
    ("nf_tables", "ip_tables"),
    ("xt_comment",),
    ("xt_conntrack",),
    ("xt_mark",),
    ("xt_statistic",),
    ("xt_addrtype",),
    ("xt_nat",),
    ("xt_MASQUERADE", "ipt_MASQUERADE"),
    ("ipt_REJECT",),
)
_IPVS = (
    ("ip_set",),
    ("ip_set_hash_ip",),
    ("ip_set_hash_ipport",),
    ("ip_set_hash_ipportip",),
    ("ip_set_hash_ipportnet",),
    ("ip_set_bitmap_port",),
    ("xt_set",),
    ("dummy",),
)
_NFTABLES = (
    ("nft_chain_nat",),
    ("nft_ct",),
    ("nft_fib",),
    ("nft_fib_ipv4",),
    ("nft_hash",),
    ("nft_masq",),
    ("nft_nat",),
    ("nft_numgen",),
    ("nft_reject",),
    ("nft_reject_ipv4",),
)
# What differs by IP family; the other modules serve both. kube-proxy writes rules of IPv4 in every cluster, and none of
# IPv6 where ip6tables has no table nat (Kubernetes 1.31 to 1.36: pkg/proxy, and platformCheckSupported in cmd).
_IPTABLES_IPV6 = (
    ("nf_tables", "ip6_tables"),
    ("nf_tables", "ip6table_filter"),
    ("nf_tables", "ip6table_nat"),
    ("xt_MASQUERADE", "ip6t_MASQUERADE"),
    ("ip6t_REJECT",),
)
_NFTABLES_IPV6 = (
    ("nft_fib_ipv6",),
    ("nft_reject_ipv6",),
)


@dataclass(frozen=True)
class Need:
    """One of ``any_of``, the first that the kernel has.

    ``load``: to be loaded at boot; the kernel loads the others on demand. ``optional``: used if the kernel has it.
    ``reason`` completes "needed for".
    """

    any_of: tuple[str, ...]
    reason: str
    load: bool = False
    optional: bool = False


def needs(
    mode: str | None,
    scheduler: str | None = None,
    version: KubeProxyVersion | None = None,
    kernel: tuple[int, int] | None = None,
    extra: t.Sequence[str] = (),
    *,
    ip_families: t.Collection[str] = (),
) -> list[Need]:
    """What the mode needs with this scheduler; ``extra`` are modules that the user listed.

    An unknown version is treated as before 1.27. ``ip_families`` are those of the cluster: IPv6 adds to what is needed,
    and nothing takes away what IPv4 needs.
    """
    found: list[Need] = []
    ipv6 = "IPv6" in ip_families
    if mode == "ipvs":
        found += _ipvs(scheduler or defaults.SCHEDULER, version)
    elif mode == "nftables":
        found.append(Need(("nf_tables",), "mode nftables", load=True))
        found += [Need(names, "mode nftables") for names in _NFTABLES]
        if ipv6:
            found += [Need(names, "IPv6 in mode nftables") for names in _NFTABLES_IPV6]
    if mode:
        # Without it there is no /proc/sys/net/netfilter, and kube-proxy exits in any mode.
        found.append(Need(("nf_conntrack", "nf_conntrack_ipv4"), "connection tracking", load=True))
        if kernel is not None and kernel < _CONNTRACK_MERGED:
            found.append(Need(("nf_conntrack_ipv4",), "connection tracking of IPv4", load=True, optional=True))
            if ipv6:
                found.append(Need(("nf_conntrack_ipv6",), "connection tracking of IPv6", optional=True))
    if mode in ("iptables", "ipvs"):
        found += [Need(names, "the rules of kube-proxy") for names in _IPTABLES]
        if ipv6:
            found += [Need(names, "the IPv6 rules of kube-proxy") for names in _IPTABLES_IPV6]
    found += [Need((name,), "the list of modules that was given", load=True) for name in extra]
    return found


def _ipvs(scheduler: str, version: KubeProxyVersion | None) -> list[Need]:
    whose = (
        f"kube-proxy {version}" if version is not None else "kube-proxy before 1.27 (kube_proxy_version is not given)"
    )
    found = [Need(("ip_vs",), "mode ipvs", load=True)]
    for name in schedulers.required(scheduler, version):
        reason = f"scheduler {name}" if name == scheduler else f"{whose}, which requires it whatever the scheduler is"
        found.append(Need((schedulers.kernel_module(name),), reason, load=True))
    found += [Need(names, "mode ipvs") for names in _IPVS]
    return found
