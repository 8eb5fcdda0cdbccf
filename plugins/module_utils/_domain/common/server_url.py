# SPDX-License-Identifier: GPL-3.0-or-later

"""The URL of a server that credentials are sent to: the one home of what such a URL may be.

Plain HTTP is accepted for a loopback address only. To anybody else it would show credentials and answers to the whole
network, and would let the network change both; so it is refused without credentials too.
"""

from __future__ import annotations

import ipaddress
import typing as t
import urllib.parse

_PORTS = {"http": 80, "https": 443}


def fault_of(url: str) -> str | None:
    """What is wrong with the URL, as the end of a sentence that names it; None if it may be used.

    The URL is never quoted: in the wrong place, or with a user name in it, it may be a credential.
    """
    parts = url_parts(url, _PORTS)
    if parts is None:
        return "is not an http or https URL"
    if parts.username is not None or parts.query or parts.fragment:
        return "must not contain a user name, a password, a query or a fragment"
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        return (
            "uses plain http, which sends credentials and kubeconfigs in clear over the network: use https. Plain http"
            " is accepted only for a loopback address"
        )
    return None


def url_parts(url: str, schemes: t.Container[str]) -> urllib.parse.SplitResult | None:
    """The parts of a URL with one of these schemes and a host; None for anything else."""
    try:
        parts = urllib.parse.urlsplit(url)
        valid = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts if valid and url.isascii() and url.isprintable() and " " not in url else None


def is_loopback(host: str) -> bool:
    """Whether what is sent to the host stays on this one."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def secrets_of_url(url: t.Any) -> set[str]:
    """What must not be shown of a URL: user name and password, as they stand there and decoded, and a query."""
    if not isinstance(url, str):
        return set()
    before, _separator, after = url.partition("://")
    login = (after or before).rpartition("@")[0]
    query = url.partition("?")[2] or url.partition("#")[2]
    password = login.partition(":")[2]
    found = {text for text in (login, password, urllib.parse.unquote(password), query) if text}
    return {url, *found} if found else set()


def host_and_port(url: str) -> str:
    """Where the URL leads, always with the port, as messages about connections name it."""
    parts = urllib.parse.urlsplit(url)
    host = parts.hostname or ""
    return f"{f'[{host}]' if ':' in host else host}:{parts.port or _PORTS.get(parts.scheme, '')}"
