# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""The kernel's IPVS table, as text."""

from __future__ import annotations

import ipaddress
import re
import typing as t

Json = dict[str, t.Any]

_TIMEOUTS = re.compile(r"Timeout \(tcp tcpfin udp\):\s*([0-9]+)\s+([0-9]+)\s+([0-9]+)")
_ADDRESS = re.compile(r"^[0-9]+: \S+\s+inet6? ([0-9a-fA-F.:]+)")


def services(table: str) -> list[Json]:
    """Virtual services in /proc/net/ip_vs, with their backends; ValueError for a line that is not of that file.

    A service that goes by firewall mark has ``mark`` instead of ``address`` and ``port``.
    """
    found: list[Json] = []
    for line in table.splitlines()[3:]:
        words = line.split()
        if not words:
            continue
        if words[0] == "->":
            address, port = _endpoint(words[1])
            found[-1]["backends"].append(
                {
                    "address": address,
                    "port": port,
                    "forward": words[2],
                    "weight": int(words[3]),
                    "active_connections": int(words[4]),
                    "inactive_connections": int(words[5]),
                }
            )
        else:
            found.append({**_service(words), "backends": []})
    return found


def _service(words: list[str]) -> Json:
    flags = words[3:]
    timeout = int(flags[flags.index("persistent") + 1]) if "persistent" in flags else None
    common = {"protocol": words[0], "scheduler": words[2], "persistent_seconds": timeout}
    if words[0] == "FWM":
        return {"mark": int(words[1], 16), **common}
    address, port = _endpoint(words[1])
    return {"address": address, "port": port, **common}


def _endpoint(text: str) -> tuple[str, int]:
    """``0A600001:01BB``, or ``[2001:0db8:...]:01BB`` for IPv6."""
    host, _colon, port = text.rpartition(":")
    if host.startswith("["):
        return str(ipaddress.IPv6Address(host.strip("[]"))), int(port, 16)
    return str(ipaddress.IPv4Address(int(host, 16))), int(port, 16)


def timeouts(output: str) -> dict[str, int] | None:
    """Seconds, from ``ipvsadm -L --timeout``."""
    match = _TIMEOUTS.search(output)
    return {name: int(match[at]) for at, name in enumerate(("tcp", "tcp_fin", "udp"), 1)} if match else None


def addresses(output: str) -> list[str]:
    """Addresses in ``ip -o address show``."""
    return [match[1] for match in map(_ADDRESS.match, output.splitlines()) if match]
