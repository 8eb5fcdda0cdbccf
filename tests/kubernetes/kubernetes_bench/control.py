# SPDX-License-Identifier: GPL-3.0-or-later

"""A control API on a loopback port, for tests that run in another process than the fast cluster.

JSON in and out. README.md lists the calls. A call that cannot be done is answered 400 with the reason as ``error``.
"""

from __future__ import annotations

import dataclasses
import http.server
import json
import threading
import typing as t

import httpx

from .errors import BenchError
from .fast_cluster import FastCluster
from .played_pods import Object

_Call = t.Callable[["_Target", t.Any], t.Any]


class Control:
    """The control API of one cluster, for as long as the ``with`` block lasts."""

    def __init__(self, cluster: FastCluster) -> None:
        handler = type("Handler", (_Handler,), {"target": _Target(cluster)})
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Control:
        threading.Thread(target=self._server.serve_forever, name="control", daemon=True).start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Target:
    """What the calls do; one at a time."""

    def __init__(self, cluster: FastCluster) -> None:
        self.cluster = cluster
        self.lock = threading.Lock()

    def requests(self, _body: t.Any) -> list[Object]:
        return [{**dataclasses.asdict(request), "mutating": request.mutating} for request in self.cluster.audit()]

    def take_requests(self, body: t.Any) -> list[Object]:
        found = self.requests(body)
        self.cluster.forget_requests()
        return found

    def reset(self, _body: t.Any) -> None:
        self.cluster.reset()

    def state(self, _body: t.Any) -> Object:
        return {
            "config_map": self.cluster.config_map(),
            "daemon_set": self.cluster.daemon_set(),
            "pods": self.cluster.pods(),
            "running_configuration": self.cluster.nodes.running_configuration(),
        }

    def patch_config_map(self, body: t.Any) -> Object:
        return self.cluster.patch_config_map(body)

    def patch_daemon_set(self, body: t.Any) -> Object:
        return self.cluster.patch_daemon_set(body)

    def change_faults(self, body: t.Any) -> None:
        faults = self.cluster.faults
        for name, value in dict(body).items():
            if name == "crash":
                faults.crash = _crash(value)
            elif name == "image_error":
                faults.image_error = None if value is None else lambda _pod, text=str(value): text
            elif name in ("crash_after", "crash_back_off", "start_seconds", "stop_seconds", "trial_seconds"):
                setattr(faults, name, float(value))
            else:
                raise BenchError(f"There is no fault {name}")

    def change_nodes(self, body: t.Any) -> None:
        for name, up in dict(body).items():
            (self.cluster.nodes.bring_up if up else self.cluster.nodes.take_down)(name)


def _crash(value: t.Any) -> t.Callable[[Object, str], str | None] | None:
    """``{"configuration": part of the ConfigMap's text, "message": why}``: containers that start with it crash."""
    if value is None:
        return None
    part, message = str(value.get("configuration", "")), str(value["message"])
    return lambda _pod, configuration: message if part in configuration else None


_CALLS: dict[tuple[str, str], _Call] = {
    ("GET", "/requests"): _Target.requests,
    ("DELETE", "/requests"): _Target.take_requests,
    ("POST", "/reset"): _Target.reset,
    ("GET", "/state"): _Target.state,
    ("PATCH", "/config_map"): _Target.patch_config_map,
    ("PATCH", "/daemon_set"): _Target.patch_daemon_set,
    ("PATCH", "/faults"): _Target.change_faults,
    ("PATCH", "/nodes"): _Target.change_nodes,
}


class _Handler(http.server.BaseHTTPRequestHandler):
    target: _Target

    def _handle(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        call = _CALLS.get((self.command, self.path))
        if call is None:
            self._answer(404, {"error": f"No call {self.command} {self.path}"})
            return
        try:
            with self.target.lock:
                answer = call(self.target, json.loads(content) if content else None)
        except (AttributeError, BenchError, KeyError, TypeError, ValueError, httpx.HTTPError) as error:
            self._answer(400, {"error": f"{type(error).__name__}: {error}"})
        else:
            self._answer(200, answer)

    do_GET = do_POST = do_PATCH = do_DELETE = _handle  # noqa: N815

    def _answer(self, status: int, content: t.Any) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: t.Any) -> None:
        """Nobody reads it."""
