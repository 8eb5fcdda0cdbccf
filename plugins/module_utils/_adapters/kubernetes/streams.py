# SPDX-License-Identifier: GPL-3.0-or-later

"""Commands in pods, and requests to ports of pods: over web sockets through the API server.

Web sockets of the client library have no time-out: its ``create_websocket``, up to version 37 at least, takes none, and
``websocket.setdefaulttimeout`` does not reach it. So each object here has a copy of the library's module
``kubernetes.stream.ws_client`` for itself, in which web sockets get one. The library that everybody else in the process
uses stays as it is.
"""

from __future__ import annotations

import copy
import functools
import http.client
import json
import typing as t
from dataclasses import dataclass

from ... import _deps
from ..._domain.common.printable import printable
from ..bodies import ERROR_LIMIT
from ..deadline import NEVER, Deadline, TimeUpError, within
from .library_errors import Translated
from .server_errors import ExecError

if t.TYPE_CHECKING:
    from kubernetes.client import ApiClient


#: Characters kept of a command's name, and of what is said about its failure.
_WORD, _SENTENCE = 100, 1000
#: Bytes of all that a stream brings: a command's output is a configuration at most.
STREAM_LIMIT: t.Final = 4 * 1024 * 1024
#: Seconds after the limit of each step in which the whole may end by itself, with a better reason; of these, seconds
#: for the other side to confirm that a web socket is closed.
_SLACK, _FAREWELL = 1.0, 0.3

Result = t.TypeVar("Result")


@dataclass(frozen=True)
class Execution:
    """What a command in a container answered; ``status`` is its exit status."""

    status: int
    stdout: str
    stderr: str


class Streams:
    """Streams to pods of one cluster. ``timeout`` is in seconds, for all from connecting to the last byte."""

    def __init__(self, client: ApiClient, timeout: float, deadline: Deadline = NEVER) -> None:
        self._server = client.configuration.host
        self._without_proxy = not client.configuration.proxy
        self._client = client
        self._timeout = timeout
        self._deadline = deadline

    def execute(self, namespace: str, pod: str, container: str, command: list[str]) -> Execution:
        """Run a command without input in a container and wait for its end.

        Raises ExecError when it cannot be started or does not end in time; any exit status is an answer.
        """
        request = f"Running {printable(command[0], _WORD)} in Pod {namespace}/{pod}"

        def run() -> tuple[str, str, str]:
            answer = self._open(
                _deps.kubernetes.stream.stream,
                self._core().connect_get_namespaced_pod_exec,
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
                answer.run_forever(timeout=self._limit())
                stdout, stderr = answer.read_stdout(timeout=0), answer.read_stderr(timeout=0)
                if answer.is_open():
                    raise ExecError(f"{request} did not end within {self._limit():g} seconds")
                return stdout or "", stderr or "", answer.read_channel(self._library.ERROR_CHANNEL)
            finally:
                answer.close(timeout=_FAREWELL)

        stdout, stderr, end = self._whole(request, run)
        return Execution(_exit_status(request, end), stdout, stderr)

    def http_get(self, namespace: str, pod: str, port: int, path: str, *, limit: int = ERROR_LIMIT) -> tuple[int, str]:
        """GET from a port of a pod's own loopback, through the API server; returns status and body.

        Of the body, at most ``limit`` bytes are read.
        """

        def run() -> tuple[int, str]:
            forward = self._open(
                _deps.kubernetes.stream.portforward,
                self._core().connect_get_namespaced_pod_portforward,
                pod,
                namespace,
                ports=str(port),
            )
            try:
                plain = forward.socket(port)
                plain.settimeout(self._limit())
                connection = http.client.HTTPConnection("localhost", port, timeout=self._limit())
                connection.sock = plain
                connection.request("GET", path, headers={"Connection": "close"})
                response = connection.getresponse()
                return response.status, response.read(limit).decode("utf-8", "replace")
            finally:
                forward.close()

        return self._whole(f"Reading {path} from port {port} of Pod {namespace}/{pod}", run)

    def _core(self) -> t.Any:
        # The library changes the client while it opens a stream, and one that is given up must not change ours.
        return _deps.kubernetes.client.CoreV1Api(copy.copy(self._client))

    def _limit(self) -> float:
        return round(self._deadline.limit(self._timeout), 2)

    def _whole(self, request: str, work: t.Callable[[], Result]) -> Result:
        """All steps of a stream, of which each has the limit, within hardly more than that."""
        translated, limit = Translated(request, self._server), self._limit()
        with translated:
            try:
                return within(limit + _SLACK, work)
            except TimeUpError:
                raise translated.given_up(f"timed out after {limit:g} s") from None

    @functools.cached_property
    def _library(self) -> t.Any:
        library = _deps.private_copy("kubernetes.stream.ws_client")
        library.WebSocket = _limited(library.WebSocket, self._limit(), without_proxy=self._without_proxy)
        return library

    def _open(self, opener: t.Any, method: t.Callable[..., t.Any], *arguments: t.Any, **more: t.Any) -> t.Any:
        """Open a stream as ``kubernetes.stream.stream`` or ``portforward`` does, with the private copy's web sockets.

        Both are partial functions, whose first argument is the function of ``ws_client`` that opens the web socket.
        """
        call, *rest = opener.args
        return opener.func(getattr(self._library, call.__name__), *rest, method, *arguments, **more)


def _limited(kind: t.Any, seconds: float, *, without_proxy: bool) -> t.Any:
    """Web sockets with limits that follow no redirect, which would take the token to wherever an answer says.

    Like the other requests, they use a proxy only if the connection has one; by themselves they look into the
    environment.
    """

    class Limited(kind):  # type: ignore[misc]
        def __init__(self, *arguments: t.Any, **more: t.Any) -> None:
            super().__init__(*arguments, **more)
            self.settimeout(seconds)
            self._room = STREAM_LIMIT

        def connect(self, url: str, **options: t.Any) -> None:
            options.update({"redirect_limit": 0, **({"http_no_proxy": ["*"]} if without_proxy else {})})
            failure: Exception | None = None
            try:
                super().connect(url, **options)
            except _deps.websocket.WebSocketException as error:
                failure = error
            # Releases of the library differ in whether they take a redirect over the limit for a failure.
            answer = self.handshake_response
            if answer is not None and 300 <= answer.status < 400:
                self.shutdown()
                raise _deps.websocket.WebSocketException(
                    f"it redirects ({answer.status}), which is not followed"
                ) from None
            if failure is not None:
                raise failure

        def _recv(self, bufsize: int) -> bytes:
            chunk: bytes = super()._recv(bufsize)
            self._room -= len(chunk)
            if self._room < 0:
                raise _deps.websocket.WebSocketException(f"more than {STREAM_LIMIT // 1024 // 1024} MiB came")
            return chunk

    return Limited


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
    except (ValueError, LookupError, TypeError, AttributeError, StopIteration, RecursionError):
        # Before its version 4 the protocol ended with plain text.
        said = end.strip()
    raise ExecError(f"{request} failed: {printable(said, _SENTENCE)}")
