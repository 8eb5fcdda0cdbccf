# SPDX-License-Identifier: GPL-3.0-or-later

"""The few requests this collection makes, as plain JSON objects.

Typed models of the client would drop fields of servers newer than the client, and a replaced object would lose them.
"""

from __future__ import annotations

import json
import typing as t

from ... import _deps
from ..._domain.common.json_types import Json
from .library_errors import Translated
from .streams import Execution, Streams

if t.TYPE_CHECKING:
    from kubernetes.client import ApiClient

__all__ = ["FIELD_MANAGER", "Execution", "KubernetesApi"]

FIELD_MANAGER = "clusterops.kube_proxy"
_MERGE_PATCH = "application/merge-patch+json"


class KubernetesApi:
    """Namespaced reads and writes of one cluster; every method raises the errors of :mod:`.server_errors`.

    ``timeout`` is in seconds, for one request.
    """

    def __init__(self, client: ApiClient, timeout: float = 30.0) -> None:
        self._server = client.configuration.host
        self._core = _deps.kubernetes.client.CoreV1Api(client)
        self._apps = _deps.kubernetes.client.AppsV1Api(client)
        self._timeout = timeout
        self._streams = Streams(client, timeout)

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
        """Run a command in a container and wait for its end; see :meth:`.streams.Streams.execute`."""
        return self._streams.execute(namespace, pod, container, command)

    def http_get(self, namespace: str, pod: str, port: int, path: str) -> tuple[int, str]:
        """GET from a port of a pod's own loopback; returns status and body."""
        return self._streams.http_get(namespace, pod, port, path)

    def _call(self, request: str, method: t.Callable[..., t.Any], *arguments: t.Any, **more: t.Any) -> Json:
        return t.cast(Json, json.loads(self._send(request, method, *arguments, **more)))

    def _send(self, request: str, method: t.Callable[..., t.Any], *arguments: t.Any, **more: t.Any) -> bytes:
        with Translated(request, self._server):
            response = method(*arguments, _preload_content=False, _request_timeout=self._timeout, **more)
            return t.cast(bytes, response.data)


def _writing(dry_run: bool) -> dict[str, str]:
    return {"field_manager": FIELD_MANAGER, **({"dry_run": "All"} if dry_run else {})}
