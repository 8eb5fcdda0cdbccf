# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""The few requests this collection makes, as plain JSON objects.

Typed models of the client would drop fields of servers newer than the client, and a replaced object would lose them.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import typing as t
from dataclasses import dataclass

from .server_errors import ConflictError, ExecError, ObjectNotFoundError, RefusedByServerError, UnreachableError

if t.TYPE_CHECKING:
    from kubernetes.client import ApiClient

Json = dict[str, t.Any]

FIELD_MANAGER = "clusterops.kube_proxy"
_MERGE_PATCH = "application/merge-patch+json"


@dataclass(frozen=True)
class Execution:
    """What a command in a container answered; ``status`` is its exit status."""

    status: int
    stdout: str
    stderr: str


class KubernetesApi:
    """Namespaced reads and writes of one cluster; every method raises the errors of :mod:`.errors`.

    ``timeout`` is in seconds, for one request.
    """

    def __init__(self, client: ApiClient, timeout: float = 30.0) -> None:
        from kubernetes.client import AppsV1Api, CoreV1Api

        self._client = client
        self._core = CoreV1Api(client)
        self._apps = AppsV1Api(client)
        self._timeout = timeout

    def config_map(self, namespace: str, name: str) -> Json:
        return self._call(
            f"Reading ConfigMap {namespace}/{name}", self._core.read_namespaced_config_map, name, namespace
        )

    def replace_config_map(self, body: Json, *, dry_run: bool) -> Json:
        """PUT with the resourceVersion in ``body``; raises ConflictError when the object changed since."""
        namespace, name = body["metadata"]["namespace"], body["metadata"]["name"]
        request = f"Replacing ConfigMap {namespace}/{name}"
        return self._call(request, self._core.replace_namespaced_config_map, name, namespace, body, **_writing(dry_run))

    def daemon_set(self, namespace: str, name: str) -> Json:
        return self._call(
            f"Reading DaemonSet {namespace}/{name}", self._apps.read_namespaced_daemon_set, name, namespace
        )

    def patch_daemon_set(self, namespace: str, name: str, patch: Json, *, dry_run: bool) -> Json:
        """JSON merge patch; with ``metadata.resourceVersion`` in it, raises ConflictError as a PUT does."""
        return self._call(
            f"Patching DaemonSet {namespace}/{name}",
            self._apps.patch_namespaced_daemon_set,
            name,
            namespace,
            patch,
            _content_type=_MERGE_PATCH,
            **_writing(dry_run),
        )

    def pods(self, namespace: str, labels: t.Mapping[str, str]) -> list[Json]:
        selector = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
        request = f"Listing Pods of {namespace} with {selector}"
        return list(self._call(request, self._core.list_namespaced_pod, namespace, label_selector=selector)["items"])

    def nodes(self) -> list[Json]:
        return list(self._call("Listing Nodes", self._core.list_node)["items"])

    def pod_log(self, namespace: str, name: str, container: str, *, lines: int, previous: bool) -> str:
        answer = self._send(
            f"Reading the log of Pod {namespace}/{name}",
            self._core.read_namespaced_pod_log,
            name,
            namespace,
            container=container,
            tail_lines=lines,
            previous=previous,
        )
        return answer.decode("utf-8", "replace")

    def execute(self, namespace: str, pod: str, container: str, command: list[str]) -> Execution:
        """Run a command without input in a container and wait for its end.

        Raises ExecError when it cannot be started or does not end in time; any exit status is an answer.
        """
        from kubernetes.stream import stream
        from kubernetes.stream.ws_client import ERROR_CHANNEL

        request = f"Running {command[0]} in Pod {namespace}/{pod}"
        with _translated(request, self._client.configuration.host), _web_sockets_within(self._timeout):
            answer = stream(
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
                end = answer.read_channel(ERROR_CHANNEL)
            finally:
                answer.close()
        return Execution(_exit_status(request, end), stdout or "", stderr or "")

    def http_get(self, namespace: str, pod: str, port: int, path: str) -> tuple[int, str]:
        """GET from a port of a pod's own loopback, through the API server; returns status and body."""
        from kubernetes.stream import portforward

        request = f"Asking port {port} of Pod {namespace}/{pod}"
        with _translated(request, self._client.configuration.host), _web_sockets_within(self._timeout):
            forward = portforward(self._core.connect_get_namespaced_pod_portforward, pod, namespace, ports=str(port))
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

    def _call(self, request: str, method: t.Callable[..., t.Any], *arguments: t.Any, **more: t.Any) -> Json:
        return t.cast(Json, json.loads(self._send(request, method, *arguments, **more)))

    def _send(self, request: str, method: t.Callable[..., t.Any], *arguments: t.Any, **more: t.Any) -> bytes:
        with _translated(request, self._client.configuration.host):
            response = method(*arguments, _preload_content=False, _request_timeout=self._timeout, **more)
            return t.cast(bytes, response.data)


def _writing(dry_run: bool) -> dict[str, str]:
    return {"field_manager": FIELD_MANAGER, **({"dry_run": "All"} if dry_run else {})}


@contextlib.contextmanager
def _web_sockets_within(seconds: float) -> t.Iterator[None]:
    """Web sockets made in here give up connecting, the handshake and every read after so many seconds.

    ``create_websocket`` of the client library, up to its version 37 at least, waits for ever and takes no time-out;
    ``websocket.setdefaulttimeout`` is heeded by ``websocket.create_connection`` only, which it does not use.
    """
    from kubernetes.stream import ws_client

    # Such names are none of the library's interface, and checkers of types say so; there is no other way in.
    library: t.Any = ws_client
    unlimited = library.WebSocket

    def limited(*arguments: t.Any, **more: t.Any) -> t.Any:
        made = unlimited(*arguments, **more)
        made.settimeout(seconds)
        return made

    library.WebSocket = limited
    try:
        yield
    finally:
        library.WebSocket = unlimited


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


class _translated:  # noqa: N801 - reads as what it does at its place of use
    """Turns what the client library raises into the errors of this adapter."""

    def __init__(self, request: str, server: str) -> None:
        self._request = request
        self._server = server

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        from kubernetes.client.exceptions import ApiException
        from urllib3.exceptions import HTTPError
        from websocket import WebSocketException

        if isinstance(error, ApiException):
            raise self._refusal(error) from None
        if isinstance(error, (HTTPError, OSError, http.client.HTTPException, WebSocketException)):
            raise UnreachableError(self._server, self._request, _reason(error)) from None

    def _refusal(self, error: t.Any) -> Exception:
        status, reason, body = int(error.status or 0), str(error.reason or ""), error.body
        if status == 0:
            # How the client library reports a web socket that could not be opened. Its text has all headers of the
            # answer in it; what was raised first has the parts.
            cause = error.__context__ or error
            status = int(getattr(cause, "status_code", 0))
            if status == 0:
                return UnreachableError(self._server, self._request, _reason(cause))
            # websocket-client up to 1.4 keeps nothing of the answer but its status.
            reason, body = http.client.responses.get(status, ""), getattr(cause, "resp_body", None)
        text = body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body or "")
        try:
            answer = json.loads(text)
            reason, said = str(answer.get("reason") or reason), str(answer.get("message") or "")
        except (ValueError, AttributeError):
            said = text.strip()[:300]
        kind = {404: ObjectNotFoundError, 409: ConflictError}.get(status, RefusedByServerError)
        return kind(self._request, status, reason, said)


def _reason(error: BaseException) -> str:
    """The innermost cause, which is what a person can act on."""
    cause: t.Any = getattr(error, "reason", None)
    while isinstance(cause, BaseException) and isinstance(getattr(cause, "reason", None), BaseException):
        cause = cause.reason  # type: ignore[attr-defined]
    text = str(cause if isinstance(cause, BaseException) else error)
    return text.rpartition(">: ")[2] or type(error).__name__
