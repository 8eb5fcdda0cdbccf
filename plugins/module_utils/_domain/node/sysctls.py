# SPDX-License-Identifier: GPL-3.0-or-later

"""Sysctls: which of them matter to kube-proxy, where they are, and their values in a form that can be compared."""

from __future__ import annotations

import typing as t

from ..common.blank import without_blanks

#: kube-proxy sets it at its start, from ``conntrack`` in its configuration.
CONNTRACK_MAX = "/proc/sys/net/netfilter/nf_conntrack_max"
#: What kube-proxy sets itself, and what it or the network of a cluster relies on (kube-proxy 1.20 to 1.37).
KUBE_PROXY_SYSCTLS = (
    "net.bridge.bridge-nf-call-ip6tables",
    "net.bridge.bridge-nf-call-iptables",
    "net.ipv4.conf.all.arp_announce",
    "net.ipv4.conf.all.arp_ignore",
    "net.ipv4.conf.all.route_localnet",
    "net.ipv4.ip_forward",
    "net.ipv4.vs.conn_reuse_mode",
    "net.ipv4.vs.conntrack",
    "net.ipv4.vs.expire_nodest_conn",
    "net.ipv4.vs.expire_quiescent_template",
    "net.ipv6.conf.all.forwarding",
    "net.netfilter.nf_conntrack_max",
    "net.netfilter.nf_conntrack_tcp_be_liberal",
    "net.netfilter.nf_conntrack_tcp_timeout_close_wait",
    "net.netfilter.nf_conntrack_tcp_timeout_established",
    "net.netfilter.nf_conntrack_udp_timeout",
    "net.netfilter.nf_conntrack_udp_timeout_stream",
)


def sysctl_path(name: str) -> str:
    """Where below /proc/sys a sysctl is, by the rule of sysctl(8): the first separator decides what the other is.

    ``net.ipv4.conf.eth0/100.rp_filter`` and ``net/ipv4/conf/eth0.100/rp_filter`` are the same.
    """
    first = next((character for character in name if character in "./"), ".")
    return name if first == "/" else name.translate({ord("."): "/", ord("/"): "."})


def sysctl_value(text: str) -> str:
    """The value without the kernel's own spacing: ``1024	65535`` and ``1024 65535`` are one."""
    return " ".join(text.split())


def as_shown(request: t.Mapping[str, t.Any] | None) -> dict[str, str]:
    """The sysctls that are given, as the kernel shows them: switches as 1 and 0, one space between several numbers."""
    return {name: _text(value) for name, value in without_blanks(request).items()}


def assignments(desired: t.Mapping[str, str], current: t.Mapping[str, t.Any]) -> list[str]:
    """What to pass to sysctl(8) for those that differ, as ``name=value``, by name."""
    return [f"{name}={value}" for name, value in sorted(desired.items()) if current.get(name) != value]


def _text(value: t.Any) -> str:
    # YAML's yes and no, and what extra variables of the command line make of them.
    return sysctl_value({"True": "1", "False": "0"}.get(str(value), str(value)))
