# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""Asks the kube-proxy of this node how it runs, over its own addresses."""

from __future__ import annotations

import http.client
import json
import typing as t

from ..._domain.kube_proxy.addresses import Endpoint
from ..._domain.kube_proxy.modes import REPORTED

#: Seconds; kube-proxy answers from memory.
TIMEOUT = 3
_CONFIGZ = "kubeproxy.config.k8s.io"
#: Bytes; a running configuration has a few thousand.
_LONGEST = 1024 * 1024

Json = dict[str, t.Any]


class _Answer(t.NamedTuple):
    status: int
    body: str


def kube_proxy(metrics: Endpoint, healthz: Endpoint) -> Json:
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


def _mode(metrics: Endpoint, errors: list[str]) -> str | None:
    answer = _ask(metrics, "/proxyMode", errors)
    if answer is None:
        return None
    mode = answer.body.strip()
    if answer.status != 200 or mode not in REPORTED:
        errors.append(f"{metrics.url('/proxyMode')} is not kube-proxy, it answered {answer.status} {mode[:40]!r}")
        return None
    return mode


def _config(metrics: Endpoint, errors: list[str]) -> Json | None:
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


def _ask(address: Endpoint, path: str, errors: list[str]) -> _Answer | None:
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
