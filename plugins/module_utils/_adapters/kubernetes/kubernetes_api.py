# SPDX-License-Identifier: GPL-3.0-or-later

"""The few requests this collection makes, as plain JSON objects, compared with what they must be (:mod:`.shapes`).

Typed models of the client would drop fields of servers newer than the client, and a replaced object would lose them.
"""

from __future__ import annotations

import typing as t

from ... import _deps
from ..._domain.common import reading
from ..._domain.common.json_types import Json
from ..deadline import NEVER, Deadline
from . import shapes
from .library_errors import Translated
from .pool import BoundedPool
from .streams import STREAM_LIMIT, Execution, Streams

if t.TYPE_CHECKING:
    from kubernetes.client import ApiClient

__all__ = ["FIELD_MANAGER", "Execution", "KubernetesApi"]

FIELD_MANAGER = "clusterops.kube_proxy"
_MERGE_PATCH = "application/merge-patch+json"
_DELETING: t.Final = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"}
#: Objects of one answer to a list, and answers of which a list may consist: a hundred times the largest clusters.
_PAGE: t.Final = 250
_PAGES: t.Final = 4000
#: Kinds that are counted, with their names in the methods of the client library.
_COUNTED: t.Final = {
    "Deployment": "deployment",
    "StatefulSet": "stateful_set",
    "DaemonSet": "daemon_set",
    "Service": "service",
}


class KubernetesApi:
    """Namespaced reads and writes of one cluster; every method raises the errors of :mod:`.server_errors`.

    ``timeout`` is in seconds, for one request as a whole. Nothing is asked again when the deadline has passed.
    """

    def __init__(self, client: ApiClient, timeout: float = 30.0, deadline: Deadline = NEVER) -> None:
        rest: t.Any = client.rest_client
        rest.pool_manager = BoundedPool(rest.pool_manager, timeout, deadline)
        self._server = client.configuration.host
        self._core = _deps.kubernetes.client.CoreV1Api(client)
        self._apps = _deps.kubernetes.client.AppsV1Api(client)
        self._custom = _deps.kubernetes.client.CustomObjectsApi(client)
        self._deadline = deadline
        self._streams = Streams(client, timeout, deadline)

    def config_map(self, namespace: str, name: str) -> Json:
        request = f"Reading ConfigMap {namespace}/{name}"
        return self._call(request, shapes.CONFIG_MAP, self._core.read_namespaced_config_map, name, namespace)

    def replace_config_map(self, body: Json, *, dry_run: bool) -> Json:
        """PUT with the resourceVersion in ``body``; raises ConflictError when the object changed since."""
        namespace, name = body["metadata"]["namespace"], body["metadata"]["name"]
        request = f"Replacing ConfigMap {namespace}/{name}"
        replace = self._core.replace_namespaced_config_map
        return self._call(request, shapes.CONFIG_MAP, replace, name, namespace, body, **_writing(dry_run))

    def create_config_map(self, body: Json, *, dry_run: bool) -> None:
        """POST; raises ConflictError when there is one of this name."""
        namespace, name = body["metadata"]["namespace"], body["metadata"]["name"]
        request = f"Creating ConfigMap {namespace}/{name}"
        create = self._core.create_namespaced_config_map
        self._call(request, shapes.CREATED, create, namespace, body, **_writing(dry_run))

    def delete_config_map(self, namespace: str, name: str) -> None:
        """Raises ObjectNotFoundError when there is none."""
        request = f"Deleting ConfigMap {namespace}/{name}"
        self._send(request, self._core.delete_namespaced_config_map, name, namespace, body=_DELETING)

    def daemon_set(self, namespace: str, name: str) -> Json:
        request = f"Reading DaemonSet {namespace}/{name}"
        return self._call(request, shapes.DAEMON_SET, self._apps.read_namespaced_daemon_set, name, namespace)

    def patch_daemon_set(self, namespace: str, name: str, patch: Json, *, dry_run: bool) -> Json:
        """JSON merge patch; with ``metadata.resourceVersion`` in it, raises ConflictError as a PUT does."""
        return self._call(
            f"Patching DaemonSet {namespace}/{name}",
            shapes.DAEMON_SET,
            self._apps.patch_namespaced_daemon_set,
            name,
            namespace,
            patch,
            _content_type=_MERGE_PATCH,
            **_writing(dry_run),
        )

    def create_daemon_set(self, body: Json, *, dry_run: bool) -> None:
        """POST; raises ConflictError when there is one of this name."""
        namespace, name = body["metadata"]["namespace"], body["metadata"]["name"]
        request = f"Creating DaemonSet {namespace}/{name}"
        create = self._apps.create_namespaced_daemon_set
        self._call(request, shapes.CREATED, create, namespace, body, **_writing(dry_run))

    def delete_daemon_set(self, namespace: str, name: str) -> None:
        """Its pods follow soon after. Raises ObjectNotFoundError when there is none."""
        request = f"Deleting DaemonSet {namespace}/{name}"
        self._send(request, self._apps.delete_namespaced_daemon_set, name, namespace, body=_DELETING)

    def controller_revisions(self, namespace: str, labels: t.Mapping[str, str]) -> list[Json]:
        """What the controller notes of every pod template that a DaemonSet has had."""
        selector = _selector(labels)
        request = f"Listing ControllerRevisions of {namespace} with {selector}"
        revisions = self._apps.list_namespaced_controller_revision
        return self._list(request, shapes.CONTROLLER_REVISION, revisions, namespace, label_selector=selector)

    def create_pod(self, body: Json, *, dry_run: bool) -> str:
        """POST; returns the pod's name, which the server may have made up."""
        namespace = body["metadata"]["namespace"]
        request = f"Creating a Pod in {namespace}"
        create = self._core.create_namespaced_pod
        answer = self._call(request, shapes.CREATED, create, namespace, body, **_writing(dry_run))
        return str(answer["metadata"]["name"])

    def delete_pod(self, namespace: str, name: str) -> None:
        """At once. Raises ObjectNotFoundError when there is none."""
        at_once = {**_DELETING, "gracePeriodSeconds": 0}
        request = f"Deleting Pod {namespace}/{name}"
        self._send(request, self._core.delete_namespaced_pod, name, namespace, body=at_once)

    def label_pod(self, namespace: str, name: str, labels: t.Mapping[str, str]) -> None:
        """JSON merge patch of a pod's labels."""
        patch = {"metadata": {"labels": dict(labels)}}
        self._call(
            f"Labelling Pod {namespace}/{name}",
            shapes.POD,
            self._core.patch_namespaced_pod,
            name,
            namespace,
            patch,
            _content_type=_MERGE_PATCH,
            **_writing(dry_run=False),
        )

    def pods(self, namespace: str, labels: t.Mapping[str, str]) -> list[Json]:
        selector = _selector(labels)
        request = f"Listing Pods of {namespace} with {selector}"
        return self._list(request, shapes.POD, self._core.list_namespaced_pod, namespace, label_selector=selector)

    def nodes(self) -> list[Json]:
        return self._list("Listing Nodes", shapes.NODE, self._core.list_node)

    def selected_nodes(self, selector: str) -> list[Json]:
        """Those with these labels, in the syntax of kubectl's ``--selector``, which the server reads."""
        request = f"Listing Nodes with {selector}"
        return self._list(request, shapes.NODE, self._core.list_node, label_selector=selector)

    def all_services(self) -> list[Json]:
        request = "Listing Services of all namespaces"
        return self._list(request, shapes.SERVICE, self._core.list_service_for_all_namespaces)

    def persistent_volumes(self) -> list[Json]:
        return self._list("Listing PersistentVolumes", shapes.PERSISTENT_VOLUME, self._core.list_persistent_volume)

    def number_of(self, kind: str, namespace: str | None = None) -> int:
        """How many objects of one of ``_COUNTED`` there are, in one namespace or all, without reading all."""
        name = _COUNTED[kind]
        group: t.Any = self._core if kind == "Service" else self._apps
        request = f"Counting {kind}s of {namespace or 'all namespaces'}"
        if namespace is None:
            method, where = getattr(group, f"list_{name}_for_all_namespaces"), []
        else:
            method, where = getattr(group, f"list_namespaced_{name}"), [namespace]
        page = {
            "items": [shapes.NAMED],
            "metadata": {"remainingItemCount": shapes.Maybe(int), "continue": shapes.Maybe(str)},
        }
        answer = self._call(request, page, method, *where, limit=1)
        metadata = answer["metadata"]
        if metadata.get("continue") and metadata.get("remainingItemCount") is None:
            # The server may leave the number out.
            return len(self._list(request, shapes.NAMED, method, *where))
        return len(answer["items"]) + (metadata.get("remainingItemCount") or 0)

    def all_daemon_sets(self) -> list[Json]:
        request = "Listing DaemonSets of all namespaces"
        return self._list(request, shapes.DAEMON_SET, self._apps.list_daemon_set_for_all_namespaces)

    def all_pods(self, namespace: str) -> list[Json]:
        request = f"Listing Pods of {namespace}"
        return self._list(request, shapes.ANY_POD, self._core.list_namespaced_pod, namespace)

    def felix_configuration(self, name: str) -> Json:
        """Calico's, whose kind no client library knows."""
        request = f"Reading FelixConfiguration {name}"
        kind = ("crd.projectcalico.org", "v1", "felixconfigurations")
        return self._call(request, shapes.FELIX, self._custom.get_cluster_custom_object, *kind, name)

    def label_node(self, name: str, labels: t.Mapping[str, str | None], *, dry_run: bool) -> None:
        """JSON merge patch of a node's labels; null takes one away.

        Without a resourceVersion: kubelets write their nodes every few seconds, and not these labels.
        """
        patch = {"metadata": {"labels": dict(labels)}}
        self._call(
            f"Labelling Node {name}",
            shapes.NODE,
            self._core.patch_node,
            name,
            patch,
            _content_type=_MERGE_PATCH,
            **_writing(dry_run),
        )

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
        """GET of a short answer from a port of a pod's own loopback; returns status and body."""
        return self._streams.http_get(namespace, pod, port, path)

    def metrics(self, namespace: str, pod: str, port: int) -> tuple[int, str]:
        """What a port of a pod's own loopback says of itself to Prometheus, which is long; status and body."""
        return self._streams.http_get(namespace, pod, port, "/metrics", limit=STREAM_LIMIT)

    def _list(
        self, request: str, item: shapes.Shape, method: t.Callable[..., t.Any], *arguments: t.Any, **more: t.Any
    ) -> list[Json]:
        """All objects of a list, page by page."""
        page = {"items": [item], "metadata": shapes.Maybe({"continue": shapes.Maybe(str)})}
        found: list[Json] = []
        for _page in range(_PAGES):
            answer = self._call(request, page, method, *arguments, limit=_PAGE, **more)
            found += answer["items"]
            following = (answer.get("metadata") or {}).get("continue")
            if not following:
                return found
            if not self._deadline.allows(0):
                break
            more = {**more, "_continue": following}
        raise Translated(request, self._server).given_up("the list did not end in time")

    def _call(
        self, request: str, shape: shapes.Shape, method: t.Callable[..., t.Any], *arguments: t.Any, **more: t.Any
    ) -> Json:
        with Translated(request, self._server):
            answer = reading.decode(self._answer(method, *arguments, **more))
            shapes.check(answer, shape)
        return t.cast(Json, answer)

    def _send(self, request: str, method: t.Callable[..., t.Any], *arguments: t.Any, **more: t.Any) -> bytes:
        with Translated(request, self._server):
            return self._answer(method, *arguments, **more)

    @staticmethod
    def _answer(method: t.Callable[..., t.Any], *arguments: t.Any, **more: t.Any) -> bytes:
        # The pool has the limits of time and size.
        return t.cast(bytes, method(*arguments, _preload_content=False, **more).data)


def _writing(dry_run: bool) -> dict[str, str]:
    return {"field_manager": FIELD_MANAGER, **({"dry_run": "All"} if dry_run else {})}


def _selector(labels: t.Mapping[str, str]) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
