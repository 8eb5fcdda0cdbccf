# SPDX-License-Identifier: GPL-3.0-or-later

"""Commands in pods, and requests to ports of pods: over web sockets through the API server.

Web sockets of the client library have no time-out: its ``create_websocket``, up to version 37 at least, takes none, and
``websocket.setdefaulttimeout`` does not reach it. So each object here has a copy of the library's module
``kubernetes.stream.ws_client`` for itself, in which web sockets get one. The library that everybody else in the process
uses stays as it is.
"""

from __future__ import annotations

import functools
import http.client
import json
import typing as t
from dataclasses import dataclass

from ... import _deps
from .library_errors import Translated
from .server_errors import ExecError

if t.TYPE_CHECKING:
    from kubernetes.client import ApiClient


@dataclass(frozen=True)
class Execution:
    """What a command in a container answered; ``status`` is its exit status."""

    status: int
    stdout: str
    stderr: str


class Streams:
    """Streams to pods of one cluster. ``timeout`` is in seconds, for connecting, for the handshake and for each read.

    Not safe to share between threads, since the library changes ``client`` while it opens a stream.
    """

    def __init__(self, client: ApiClient, timeout: float) -> None:
        self._server = client.configuration.host
        self._without_proxy = not client.configuration.proxy
        self._core = _deps.kubernetes.client.CoreV1Api(client)
        self._timeout = timeout

    def execute(self, namespace: str, pod: str, container: str, command: list[str]) -> Execution:
        """Run a command without input in a container and wait for its end.

        Raises ExecError when it cannot be started or does not end in time; any exit status is an answer.
        """
        request = f"Running {command[0]} in Pod {namespace}/{pod}"
        with Translated(request, self._server):
            answer = self._open(
                _deps.kubernetes.stream.stream,
                self._core.connect_get_namespaced_pod_exec,
                pod,
                namespace,
                container=container,
                command=command,
                stdin=False,
                stdout=True,
                stderr=True,
                tty=False,
                _preload_content=False,
            )
            try:
                answer.run_forever(timeout=self._timeout)
                stdout, stderr = answer.read_stdout(timeout=0), answer.read_stderr(timeout=0)
                if answer.is_open():
                    raise ExecError(f"{request} did not end within {self._timeout:g} seconds")
                end = answer.read_channel(self._library.ERROR_CHANNEL)
            finally:
                answer.close()
        return Execution(_exit_status(request, end), stdout or "", stderr or "")

    def http_get(self, namespace: str, pod: str, port: int, path: str) -> tuple[int, str]:
        """GET from a port of a pod's own loopback, through the API server; returns status and body."""
        with Translated(f"Reading {path} from port {port} of Pod {namespace}/{pod}", self._server):
            forward = self._open(
                _deps.kubernetes.stream.portforward,
                self._core.connect_get_namespaced_pod_portforward,
                pod,
                namespace,
                ports=str(port),
            )
            try:
                plain = forward.socket(port)
                plain.settimeout(self._timeout)
                connection = http.client.HTTPConnection("localhost", port, timeout=self._timeout)
                connection.sock = plain
                connection.request("GET", path, headers={"Connection": "close"})
                response = connection.getresponse()
                return response.status, response.read().decode("utf-8", "replace")
            finally:
                forward.close()

    @functools.cached_property
    def _library(self) -> t.Any:
        library = _deps.private_copy("kubernetes.stream.ws_client")
        library.WebSocket = _within(library.WebSocket, self._timeout, without_proxy=self._without_proxy)
        return library

    def _open(self, opener: t.Any, method: t.Callable[..., t.Any], *arguments: t.Any, **more: t.Any) -> t.Any:
        """Open a stream as ``kubernetes.stream.stream`` or ``portforward`` does, with the private copy's web sockets.

        Both are partial functions, whose first argument is the function of ``ws_client`` that opens the web socket.
        """
        call, *rest = opener.args
        return opener.func(getattr(self._library, call.__name__), *rest, method, *arguments, **more)


def _within(make: t.Callable[..., t.Any], seconds: float, *, without_proxy: bool) -> t.Callable[..., t.Any]:
    """Web sockets with a time-out that follow no redirect, which would take the token to wherever an answer says.

    Like the other requests, they use a proxy only if the connection has one; by themselves they look into the
    environment.
    """

    def limited(*arguments: t.Any, **more: t.Any) -> t.Any:
        made = make(*arguments, **more)
        made.settimeout(seconds)
        connect = made.connect

        def to_the_server_alone(url: str, **options: t.Any) -> None:
            options.update({"redirect_limit": 0, **({"http_no_proxy": ["*"]} if without_proxy else {})})
            failure: Exception | None = None
            try:
                connect(url, **options)
            except _deps.websocket.WebSocketException as error:
                failure = error
            # Releases of the library differ in whether they take a redirect over the limit for a failure.
            answer = made.handshake_response
            if answer is not None and 300 <= answer.status < 400:
                made.shutdown()
                raise _deps.websocket.WebSocketException(
                    f"it redirects ({answer.status}), which is not followed"
                ) from None
            if failure is not None:
                raise failure

        made.connect = to_the_server_alone
        return made

    return limited


def _exit_status(request: str, end: str) -> int:
    """The exit status in the Status object that ends a command; raises ExecError when there is none in it.

    The client library's own ``returncode`` takes every failure for an exit status, also that the command could not be
    started. The kubelet marks the one that is (k8s.io/apimachinery/pkg/util/remotecommand, NonZeroExitCodeReason).
    """
    if not end:
        raise ExecError(f"{request}: the connection was lost before the command had ended")
    try:
        status = json.loads(end)
        if status["status"] == "Success":
            return 0
        if status.get("reason") == "NonZeroExitCode":
            return next(int(cause["message"]) for cause in status["details"]["causes"] if cause["reason"] == "ExitCode")
        said = str(status["message"])
    except (ValueError, LookupError, TypeError, AttributeError, StopIteration):
        # Before its version 4 the protocol ended with plain text.
        said = end.strip()
    raise ExecError(f"{request} failed: {said}")
