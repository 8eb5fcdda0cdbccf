# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""Asks the kube-proxy of this node how it runs, over its own addresses."""

from __future__ import annotations

import http.client
import ipaddress
import json
import re
import typing as t

#: Seconds; kube-proxy answers from memory.
TIMEOUT = 3
METRICS_PORT = 10249
HEALTHZ_PORT = 10256
_MODES = ("iptables", "ipvs", "nftables", "userspace")
_BRACKETS = re.compile(r"\[(?P<host>[^\]]+)\](?::(?P<port>[0-9]+))?")
_CONFIGZ = "kubeproxy.config.k8s.io"
#: Bytes; a running configuration has a few thousand.
_LONGEST = 1024 * 1024

Json = dict[str, t.Any]


class Address(t.NamedTuple):
    host: str
    port: int

    @classmethod
    def parse(cls, text: str, default_port: int) -> Address:
        """Read a bind address of kube-proxy's configuration; what listens everywhere is asked on the loopback.

        ValueError for what kube-proxy refuses as well (host names) and for ports out of range.
        """
        match = _BRACKETS.fullmatch(text)
        if match:
            host, port = match["host"], match["port"]
        elif text.count(":") == 1:
            host, _colon, port = text.partition(":")
        else:
            host, port = text, None
        try:
            address = ipaddress.ip_address(host)
            number = default_port if port is None else int(port)
        except ValueError:
            raise ValueError(f"{text!r} is no IP address with a port, such as 127.0.0.1:{default_port}") from None
        if not 0 < number < 65536:
            raise ValueError(f"{text!r} has a port that is not between 1 and 65535")
        if address.is_unspecified:
            address = ipaddress.ip_address("127.0.0.1" if address.version == 4 else "::1")
        return cls(str(address), number)

    def url(self, path: str) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}{path}"


class _Answer(t.NamedTuple):
    status: int
    body: str


def kube_proxy(metrics: Address, healthz: Address) -> Json:
    """Mode, health and configuration in effect; what was not answered is None, and ``error`` says why."""
    errors: list[str] = []
    mode = _mode(metrics, errors)
    # Whatever does not know its mode has no configuration to tell either.
    config = _config(metrics, errors) if mode is not None else None
    health = _ask(healthz, "/healthz", errors)
    return {
        "mode": mode,
        "url": metrics.url("/proxyMode"),
        "config": config,
        "healthy": None if health is None else health.status == 200,
        "healthz": None if health is None else _healthz(health),
        "error": "; ".join(errors) or None,
    }


def not_asked() -> Json:
    return {"mode": None, "url": None, "config": None, "healthy": None, "healthz": None, "error": "not asked"}


def _mode(metrics: Address, errors: list[str]) -> str | None:
    answer = _ask(metrics, "/proxyMode", errors)
    if answer is None:
        return None
    mode = answer.body.strip()
    if answer.status != 200 or mode not in _MODES:
        errors.append(f"{metrics.url('/proxyMode')} is not kube-proxy, it answered {answer.status} {mode[:40]!r}")
        return None
    return mode


def _config(metrics: Address, errors: list[str]) -> Json | None:
    answer = _ask(metrics, "/configz", errors)
    if answer is None:
        return None
    try:
        config = json.loads(answer.body)[_CONFIGZ]
    except (ValueError, KeyError, TypeError):
        config = None
    if isinstance(config, dict):
        return t.cast(Json, config)
    errors.append(f"{metrics.url('/configz')} answered {answer.status} without a configuration")
    return None


def _healthz(answer: _Answer) -> Json:
    """The status and what JSON came with it; its members differ between versions of kube-proxy."""
    try:
        told = json.loads(answer.body)
    except ValueError:
        told = None
    return {"status": answer.status, "answer": told if isinstance(told, dict) else None}


def _ask(address: Address, path: str, errors: list[str]) -> _Answer | None:
    connection = http.client.HTTPConnection(address.host, address.port, timeout=TIMEOUT)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return _Answer(answer.status, answer.read(_LONGEST).decode("utf-8", "replace"))
    except (OSError, http.client.HTTPException) as error:
        errors.append(f"{address.url(path)} does not answer: {error}")
        return None
    finally:
        connection.close()
