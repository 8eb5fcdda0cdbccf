# SPDX-License-Identifier: GPL-3.0-or-later

"""The frozen copy of mode nftables: kube-proxy's table under another name.

Its chains of type nat come a little later than kube-proxy's, and than those of iptables, so that the copy is asked
where those decide nothing; but before IPVS. Of its chains of type filter only the check of load balancer source ranges
is copied: what rejects packets to Services without endpoints would hide a Service that has endpoints by now.
"""

from __future__ import annotations

import re

from ..mode_signatures import NFT_TABLE
from .names import TABLE

_LATER = 5
_BLOCK = re.compile(r"^\t(?P<kind>chain|set|map) .*?^\t}\n\n?", re.MULTILINE | re.DOTALL)
_BASE_CHAIN = re.compile(r"^\t\ttype (?P<type>\S+) hook \S+ priority (?P<priority>[^;]+);", re.MULTILINE)
_PRIORITY = re.compile(r"(?P<name>[a-z]+)?(?: ?(?P<sign>[-+]) ?)?(?P<number>[0-9]+)?")
#: The only jump of a filter chain that is copied.
_CHECK = "jump firewall-check"
#: As soon as mode ipvs has made the ClusterIPs local, the node talks to them from those very addresses.
_OUTPUT = "\tchain nat-output {\n"
_FROM_CLUSTER_IP = "\t\t{ip} saddr @cluster-ips {mark}\n\t\tjump services\n"
_MARK = re.compile(r"meta mark set meta mark \| 0x[0-9a-f]+")
_EXPIRES = re.compile(r"expires [0-9a-z]+")
_SEPARATORS = re.compile(r"[\s,;{}]+")


def copy_of_nftables(listed: str, family: str) -> str:
    """Input of ``nft -f`` that puts the copy in place of an older one, from ``nft list table FAMILY kube-proxy``.

    It holds the clients of session affinity, with the time that they have left.
    """
    name = f"table {family} {TABLE}"
    copy = _BLOCK.sub(_copied, listed.replace(f"table {family} {NFT_TABLE} {{", f"{name} {{", 1))
    before, output, after = copy.partition(_OUTPUT)
    mark = _MARK.search(copy)
    if mark is not None and "\tset cluster-ips {" in copy:
        after = after.replace("\t\tjump services\n", _FROM_CLUSTER_IP.format(ip=family, mark=mark[0]), 1)
    return f"add {name}\ndelete {name}\n{before}{output}{after}"


def same(one: str, other: str) -> bool:
    """Whether two listings of the copy have the same content; the kernel gives elements in any order."""
    return _words(one) == _words(other)


def _words(listed: str) -> list[str]:
    table = listed[listed.find(f"{TABLE} {{") :]
    return sorted(word for word in _SEPARATORS.split(_EXPIRES.sub("", table)) if word)


def _copied(block: re.Match[str]) -> str:
    text = block[0]
    base = _BASE_CHAIN.search(text)
    if base is None:
        return text
    if base["type"] == "nat":
        start, end = base.span("priority")
        return f"{text[:start]}{_later(base['priority'])}{text[end:]}"
    lines = text.splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith("\t\t") or _CHECK in line or " hook " in line]
    return "".join(kept) if any(_CHECK in line for line in kept) else ""


def _later(priority: str) -> str:
    """``dstnat`` as ``dstnat + 5``, ``-100`` as ``-95``, in the way nft shows it."""
    match = _PRIORITY.fullmatch(priority.strip())
    if match is None:
        raise ValueError(f"priority {priority!r} of a chain of kube-proxy is not understood")
    number = int(f"{match['sign'] or ''}{match['number'] or 0}") + _LATER
    if match["name"] is None:
        return str(number)
    return f"{match['name']} {'-' if number < 0 else '+'} {abs(number)}" if number else match["name"]
