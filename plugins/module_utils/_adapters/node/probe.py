# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks the kube-proxy of this node for its mode, configuration and health, over HTTP.

Sources: cmd/kube-proxy/app/server.go (``/proxyMode``, ``/configz``) and pkg/proxy/healthcheck (``/healthz``) of
Kubernetes 1.20 to 1.37.
"""

from __future__ import annotations

import http.client
import typing as t

from ..._domain.common.json_types import Json
from ..._domain.common.reading import MalformedError, decode
from ..._domain.kube_proxy.addresses import Endpoint
from ..._domain.kube_proxy.modes import REPORTED
from ..._domain.node.facts import Healthz, KubeProxyState
from ..deadline import TimeUpError, within

#: Seconds; kube-proxy answers from memory.
TIMEOUT = 3
#: Seconds after which it is the whole that takes too long, and not one read, which has the better reason.
_SLACK = 0.5
#: Bytes; an effective configuration has a few thousand.
LONGEST_ANSWER = 1024 * 1024
_CONFIGZ = "kubeproxy.config.k8s.io"
#: The question for the mode, for who does not wait for the answer here. An answer to HTTP 1.0 is never in pieces.
MODE_QUESTION = b"GET /proxyMode HTTP/1.0\r\n\r\n"


class _Answer(t.NamedTuple):
    status: int
    body: str

    @property
    def mode(self) -> str | None:
        """None if it is no kube-proxy that answered."""
        mode = self.body.strip()
        return mode if self.status == 200 and mode in REPORTED else None


def kube_proxy(metrics: Endpoint, healthz: Endpoint) -> KubeProxyState:
    """What could not be read is None, and ``error`` says why."""
    errors: list[str] = []
    mode = _mode(metrics, errors)
    # A server that does not report a mode is no kube-proxy, and has no configuration of one.
    config = _config(metrics, errors) if mode is not None else None
    answer = _get(healthz, "/healthz", errors)
    return KubeProxyState(
        mode=mode,
        url=metrics.url("/proxyMode"),
        config=config,
        healthz=None if answer is None else Healthz(answer.status, _json_object(answer.body)),
        error="; ".join(errors) or None,
    )


def mode(metrics: Endpoint) -> tuple[str | None, str | None]:
    """The mode in effect, or None and why it is not known."""
    errors: list[str] = []
    return _mode(metrics, errors), "; ".join(errors) or None


def _mode(metrics: Endpoint, errors: list[str]) -> str | None:
    answer = _get(metrics, "/proxyMode", errors)
    if answer is None:
        return None
    if answer.mode is None:
        said = answer.body.strip()[:40]
        errors.append(f"{metrics.url('/proxyMode')} is not kube-proxy, it answered {answer.status} {said!r}")
    return answer.mode


def mode_in(answer: bytes) -> str | None:
    """The mode in a whole answer to :data:`MODE_QUESTION`; None if it is not kube-proxy's."""
    head, _blank, body = answer.decode("utf-8", "replace").partition("\r\n\r\n")
    status = head.split(" ")[1:2]
    return _Answer(200 if status == ["200"] else 0, body).mode


def _config(metrics: Endpoint, errors: list[str]) -> Json | None:
    answer = _get(metrics, "/configz", errors)
    if answer is None:
        return None
    config = (_json_object(answer.body) or {}).get(_CONFIGZ)
    if isinstance(config, dict):
        return t.cast(Json, config)
    errors.append(f"{metrics.url('/configz')} answered {answer.status} without a configuration")
    return None


def _json_object(body: str) -> Json | None:
    try:
        found = decode(body.encode())
    except MalformedError:
        return None
    return found if isinstance(found, dict) else None


def _get(endpoint: Endpoint, path: str, errors: list[str]) -> _Answer | None:
    connection = http.client.HTTPConnection(endpoint.host, endpoint.port, timeout=TIMEOUT)

    def ask() -> _Answer:
        connection.request("GET", path)
        answer = connection.getresponse()
        return _Answer(answer.status, answer.read(LONGEST_ANSWER).decode("utf-8", "replace"))

    try:
        return within(TIMEOUT + _SLACK, ask)
    except TimeUpError:
        errors.append(f"{endpoint.url(path)} does not answer within {TIMEOUT} s")
    except (OSError, http.client.HTTPException, ValueError) as error:
        # ValueError: what the library makes of headers that are none.
        errors.append(f"{endpoint.url(path)} does not answer: {error}")
    finally:
        connection.close()
    return None
