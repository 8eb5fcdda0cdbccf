# SPDX-License-Identifier: GPL-3.0-or-later

"""Sysctls: which of them matter to kube-proxy, where they are, and their values in a form that can be compared."""

from __future__ import annotations

import re
import typing as t

from ..common.blank import is_blank, without_blanks
from ..common.printable import printable
from ..common.problems import Problem

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

#: At least one folder below /proc/sys and a file in it. Interfaces can have other marks in their names.
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_:@-]*(?:[./][A-Za-z0-9_:@-]+)+")
#: What YAML's yes and no become in a text that Jinja writes, such as an extra variable of the command line.
_SWITCHES: t.Mapping[str, str] = {"True": "1", "False": "0"}
_TRUTH = frozenset(("true", "false", "yes", "no", "on", "off"))
#: Characters of a name or value that a message shows.
_SHOWN = 60


def is_sysctl_name(name: t.Any) -> bool:
    """Whether this can be a sysctl; names become parts of a path, hence no ``..`` in them."""
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


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
    """The sysctls that are given, as the kernel shows them: switches as 1 and 0, one space between several numbers.

    Those with a problem are left out.
    """
    return {
        name: _text(value)
        for name, value in without_blanks(request).items()
        if is_sysctl_name(name) and _fault(value) is None
    }


def sysctl_problems(request: t.Mapping[t.Any, t.Any] | None) -> list[Problem]:
    """What is wrong with names and values, each with the name as its path."""
    found = []
    for name, value in (request or {}).items():
        path = printable(str(name), _SHOWN)
        if not is_sysctl_name(name):
            found.append(Problem(path, "this is not the name of a sysctl; give one such as net.ipv4.ip_forward"))
        fault = None if is_blank(value) else _fault(value)
        if fault is not None:
            found.append(Problem(path, f"{fault} is no value of a sysctl; {_remedy(value)}"))
    return found


def assignments(desired: t.Mapping[str, str], current: t.Mapping[str, t.Any]) -> list[str]:
    """What to pass to sysctl(8) for those that differ, as ``name=value``, by name."""
    return [f"{name}={value}" for name, value in sorted(desired.items()) if current.get(name) != value]


def _text(value: t.Any) -> str:
    return sysctl_value(_SWITCHES.get(str(value), str(value)))


def _fault(value: t.Any) -> str | None:
    """What a value is that no sysctl can have; None for one that can."""
    if isinstance(value, int):
        return None
    if not isinstance(value, str):
        kinds = {dict: "a dictionary", list: "a list", tuple: "a list"}
        return next((said for kind, said in kinds.items() if isinstance(value, kind)), printable(str(value), _SHOWN))
    text = value.strip()
    if text in _SWITCHES:
        return None
    if len(text.splitlines()) > 1:
        return "a text of several lines"
    if not sysctl_value(text).isprintable() or text.lower() in _TRUTH:
        return printable(repr(text), _SHOWN)
    return None


def _remedy(value: t.Any) -> str:
    if isinstance(value, str) and value.strip().lower() in _TRUTH:
        return "put 1 or 0"
    return "give a whole number, or a text on one line"
