# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses as Go's net package reads them, which is what kube-proxy checks with; Python's ipaddress takes more."""

from __future__ import annotations

import ipaddress
import re
import typing as t

from ..common.printable import quoted

#: In the words of ``spec.ipFamilies`` of a Service.
IP_FAMILIES = ("IPv4", "IPv6")

_CIDR = re.compile(r"(?P<address>[0-9A-Fa-f:.]+)/(?:0|[1-9][0-9]{0,2})")
_ADDRESS = re.compile(r"[0-9A-Fa-f:.]+")
_PORT = re.compile(r"[0-9]{1,5}")


def address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An IP address without a zone; None for anything else."""
    if not _ADDRESS.fullmatch(text):
        return None
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def cidr(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """An address with a prefix length (no netmask, host bits allowed); None for anything else."""
    if not _CIDR.fullmatch(text):
        return None
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def is_ipv4(value: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether Go counts the address as IPv4, which it also does for ``::ffff:192.0.2.1``."""
    return isinstance(value, ipaddress.IPv4Address) or value.ipv4_mapped is not None


def ip_family(value: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    """One of :data:`IP_FAMILIES`."""
    return IP_FAMILIES[0] if is_ipv4(value) else IP_FAMILIES[1]


def dual_stack(text: str) -> bool:
    """Whether the text is one IPv4 and one IPv6 CIDR with a comma between them."""
    pair = [cidr(part) for part in text.split(",")]
    families = [is_ipv4(network.network_address) for network in pair if network is not None]
    return len(pair) == 2 and sorted(families) == [False, True]


def split_host_port(text: str) -> tuple[str, str] | None:
    """``192.0.2.1:80`` or ``[2001:db8::1]:80`` in two; None where the shape is another."""
    match = re.fullmatch(r"(?:\[(?P<bracketed>[^\[\]]*)\]|(?P<plain>[^\[\]:]*)):(?P<port>[^\[\]:]*)", text)
    if not match:
        return None
    return match["plain"] if match["plain"] is not None else match["bracketed"], match["port"]


def with_port(text: str, port: int) -> str:
    """The address with the port that kube-proxy appends where none is given."""
    if split_host_port(text) is not None:
        return text
    found = address(text)
    if found is None:
        return text
    return f"{text}:{port}" if is_ipv4(found) else f"[{text}]:{port}"


def host_port_problem(text: str) -> str | None:
    """What is wrong with an "IP:port"; None when nothing is."""
    parts = split_host_port(text)
    if parts is None:
        return f"{quoted(text)} is not 'IP:port'; write for example '0.0.0.0:10256' or '[::]:10256'"
    host, port = parts
    if address(host) is None:
        return f"{quoted(host)} is not an IP address; host names are not accepted here"
    if not _PORT.fullmatch(port) or not 1 <= int(port) <= 65535:
        return f"{quoted(port)} is not a port; write a number from 1 to 65535"
    return None


def port_range_problem(text: str) -> str | None:
    """What is wrong with a port range ``begin-end``, ``begin+offset`` or ``port``; None when nothing is."""
    match = re.fullmatch(r"(?P<low>[0-9]{1,5})(?:(?P<sign>[-+])(?P<more>[0-9]{1,5}))?", text)
    if not match:
        return f"{quoted(text)} is not a port range; write for example '30000-32767'"
    low = int(match["low"])
    high = low if match["more"] is None else int(match["more"]) + (low if match["sign"] == "+" else 0)
    if low > 65535 or high > 65535:
        return f"{quoted(text)} reaches beyond port 65535"
    if high < low:
        return f"{quoted(text)} ends before it begins"
    return None


class Endpoint(t.NamedTuple):
    """Where a kube-proxy answers: an IP address as text, and a port."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str, default_port: int) -> Endpoint:
        """Read a bind address of kube-proxy's configuration; one that listens everywhere is asked on the loopback.

        Raises ValueError for what kube-proxy refuses as well (host names) and for ports out of range.
        """
        bracketed = text.startswith("[") and text.endswith("]")
        parts = split_host_port(f"{text}:{default_port}" if bracketed else with_port(text, default_port))
        found = None if parts is None else address(parts[0])
        if parts is None or found is None or not _PORT.fullmatch(parts[1]):
            raise ValueError(f"{quoted(text)} is not an IP address with a port, such as 127.0.0.1:{default_port}")
        port = int(parts[1])
        if not 0 < port < 65536:
            raise ValueError(f"{quoted(text)} has a port that is not between 1 and 65535")
        if found.is_unspecified:
            found = ipaddress.ip_address("127.0.0.1" if found.version == 4 else "::1")
        return cls(str(found), port)

    def url(self, path: str) -> str:
        """Plain HTTP: kube-proxy offers nothing else there."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}{path}"
