# SPDX-License-Identifier: GPL-3.0-or-later

"""A cluster of a few dictionaries, with a DaemonSet controller and kubelets that act whenever time passes.

It stands in for the real API server of the functional tests where a test needs a clock of its own, or more runs than a
real one has time for.
"""

from __future__ import annotations

import copy
import datetime
import json
import typing as t

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.deadline import Clock, Deadline
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.kubernetes.server_errors import (
    ConflictError,
    ObjectNotFoundError,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.json_types import Json
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.annotations import CHECKSUM
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.common.run import Run, Waiting

from ..._domain.self_hosted import proxy_objects as objects
from ..._domain.self_hosted.proxy_objects import merged

CONFIG = 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: ""\n'
HASH = "controller-revision-hash"
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


class PlayedCluster:
    """Plays :class:`KubernetesApi`; ``now`` is its time in seconds, and ``writes`` what was changed through it."""

    def __init__(self, *nodes: str) -> None:
        self.now = 1_796_000_000.0
        self.writes: list[str] = []
        self.nodes_by_name: dict[str, Json] = {name: _node(name) for name in nodes}
        self.down: set[str] = set()
        self.start_seconds, self.stop_seconds = 1.0, 1.0
        #: Says why a container ends two seconds after each start, by its node and configuration; None: it runs.
        self.crash: t.Callable[[str, str], str | None] = lambda _node, _text: None
        #: Nodes that cannot start kube-proxy's image, and what their kubelet says of it.
        self.no_image: dict[str, str] = {}
        self.most_at_once = 0
        self.before_write: t.Callable[[str], None] = lambda _name: None
        self._number = 0
        self._pods: dict[str, Json] = {}
        #: Nodes that have as many pods as they may have: they take kube-proxy's alone.
        self.full: set[str] = set()
        #: What was asked for as a dry run, of pods.
        self.dry_runs: list[str] = []
        #: The pods that try images.
        self.trials: dict[str, Json] = {}
        self._revisions: dict[str, list[Json]] = {}
        config_map = objects.config_map()
        config_map["data"]["config.conf"] = CONFIG
        daemon_set = objects.daemon_set()
        daemon_set["spec"]["template"]["metadata"]["labels"] = {"k8s-app": "kube-proxy"}
        self.config_maps = {"kube-proxy": config_map}
        self.daemon_sets = {"kube-proxy": daemon_set}
        self.pass_time(10)

    def run(self, *, check_mode: bool = False, timeout: float = 600.0) -> Run[t.Any]:
        clock = Clock(lambda: self.now, self.pass_time, lambda: self.now)
        return Run(self, check_mode, Waiting(True, timeout, 1.0), clock, until=Deadline.after(timeout, clock))

    def texts(self) -> dict[str, str]:
        """Per node, the configuration with which its container was started."""
        return {pod["spec"]["nodeName"]: pod["text"] for pod in self._pods.values() if pod["text"] is not None}

    def marks(self) -> set[str | None]:
        """The checksums that the first DaemonSet and its pods are marked with."""
        uid = self.daemon_sets["kube-proxy"]["metadata"]["uid"]
        own = [pod for pod in self._pods.values() if pod["metadata"]["ownerReferences"][0]["uid"] == uid]
        annotations = [self.daemon_sets["kube-proxy"]["spec"]["template"]["metadata"]["annotations"]]
        return {each.get(CHECKSUM) for each in [*annotations, *(pod["metadata"]["annotations"] for pod in own)]}

    def names(self) -> dict[str, str]:
        return {pod["spec"]["nodeName"]: name for name, pod in self._pods.items()}

    # --- what the collection asks for ---------------------------------------------------------------------------------

    def config_map(self, _namespace: str, name: str) -> Json:
        return copy.deepcopy(_found(self.config_maps, name))

    def replace_config_map(self, body: Json, *, dry_run: bool) -> Json:
        current = _found(self.config_maps, body["metadata"]["name"])
        body["metadata"]["managedFields"] = [{"time": _time(self.now), "fieldsV1": {"f:data": {}}}]
        return self._write("replace_config_map", dry_run, self.config_maps, current, copy.deepcopy(body))

    def create_config_map(self, body: Json, *, dry_run: bool) -> None:
        self._create("create_config_map", dry_run, self.config_maps, body)

    def delete_config_map(self, _namespace: str, name: str) -> None:
        self._delete("delete_config_map", self.config_maps, name)

    def daemon_set(self, _namespace: str, name: str) -> Json:
        return copy.deepcopy(_found(self.daemon_sets, name))

    def patch_daemon_set(self, _namespace: str, name: str, patch: Json, *, dry_run: bool) -> Json:
        current = _found(self.daemon_sets, name)
        patch = copy.deepcopy(patch)
        expected = patch["metadata"].pop("resourceVersion", current["metadata"]["resourceVersion"])
        body = merged(current, patch)
        body["metadata"]["resourceVersion"] = expected
        return self._write("patch_daemon_set", dry_run, self.daemon_sets, current, body)

    def create_daemon_set(self, body: Json, *, dry_run: bool) -> None:
        self._create("create_daemon_set", dry_run, self.daemon_sets, body)

    def delete_daemon_set(self, _namespace: str, name: str) -> None:
        self._delete("delete_daemon_set", self.daemon_sets, name)

    def pods(self, _namespace: str, labels: t.Mapping[str, str]) -> list[Json]:
        pods = [*self._pods.values(), *self.trials.values()]
        found = (pod for pod in pods if labels.items() <= pod["metadata"]["labels"].items())
        return copy.deepcopy(list(found))

    def create_pod(self, body: Json, *, dry_run: bool) -> str:
        """One that tries an image: it ends by itself, and is no kube-proxy."""
        self._number += 1
        name = f"{body['metadata']['generateName']}{self._number}"
        if dry_run:
            self.dry_runs.append("create_pod")
        else:
            self._note("create_pod")
            metadata = {**body["metadata"], "name": name, "creationTimestamp": _time(self.now), "annotations": {}}
            self.trials[name] = {"metadata": metadata, "spec": body["spec"], "since": self.now, "status": {}}
        return name

    def delete_pod(self, _namespace: str, name: str) -> None:
        _found(self.trials, name)
        self._note("delete_pod")
        del self.trials[name]

    def nodes(self) -> list[Json]:
        for name, node in self.nodes_by_name.items():
            node["status"]["conditions"][0]["status"] = "Unknown" if name in self.down else "True"
        return copy.deepcopy(list(self.nodes_by_name.values()))

    def label_node(self, name: str, labels: t.Mapping[str, str | None], *, dry_run: bool) -> None:
        node = _found(self.nodes_by_name, name)
        if not dry_run:
            self._note("label_node")
            self.nodes_by_name[name] = merged(node, {"metadata": {"labels": dict(labels)}})

    def label_pod(self, _namespace: str, name: str, labels: t.Mapping[str, str]) -> None:
        pod = _found(self._pods, name)
        self._note("label_pod")
        pod["metadata"]["labels"].update(labels)

    def controller_revisions(self, _namespace: str, _labels: t.Mapping[str, str]) -> list[Json]:
        return copy.deepcopy([revision for revisions in self._revisions.values() for revision in revisions])

    def pod_log(self, _namespace: str, name: str, *_more: t.Any, **_options: t.Any) -> str:
        return f"I1 starting\nF1 {self.crash(self._pods[name]['spec']['nodeName'], self._pods[name]['text'])}\n"

    # --- time ---------------------------------------------------------------------------------------------------------

    def pass_time(self, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end:
            self.now = min(end, self.now + 1.0)
            self._control()
            for name in list(self._pods):
                if self._pods[name]["spec"]["nodeName"] not in self.down:
                    self._play(name)
            self._collect_garbage()
            for pod in self.trials.values():
                self._try(pod)
            running = [pod["spec"]["nodeName"] for pod in self._pods.values() if pod["text"] is not None]
            self.most_at_once = max([self.most_at_once, *(running.count(node) for node in running)])

    def _control(self) -> None:
        """The DaemonSet controller."""
        owners = {raw["metadata"]["uid"] for raw in self.daemon_sets.values()}
        for pod in self._pods.values():
            if pod["metadata"]["ownerReferences"][0]["uid"] not in owners:
                self._end(pod)
        for raw in self.daemon_sets.values():
            raw["status"] = {"observedGeneration": raw["metadata"]["generation"]}
            newest = self._revision(raw)
            uid = raw["metadata"]["uid"]
            own = [pod for pod in self._pods.values() if pod["metadata"]["ownerReferences"][0]["uid"] == uid]
            for name, node in self.nodes_by_name.items():
                here = [pod for pod in own if pod["spec"]["nodeName"] == name]
                if not _fits(raw, node):
                    for pod in here:
                        self._end(pod)
                elif not here:
                    self._start(raw, name, newest)
            old = [pod for pod in own if pod["metadata"]["labels"][HASH] != newest]
            if raw["spec"]["updateStrategy"]["type"] == "RollingUpdate" and old:
                self._end(old[0])
            available = [pod for pod in own if pod["status"]["conditions"][0]["status"] == "True"]
            fitting = [node for node in self.nodes_by_name.values() if _fits(raw, node)]
            raw["status"].update(desiredNumberScheduled=len(fitting), numberAvailable=len(available))

    def _collect_garbage(self) -> None:
        """What the ConfigMaps that are gone owned."""
        owners = {body["metadata"].get("uid") for body in self.config_maps.values()}
        owned = {name: pod["metadata"]["ownerReferences"][0]["uid"] for name, pod in self.trials.items()}
        self.trials = {name: pod for name, pod in self.trials.items() if owned[name] in owners}

    def _revision(self, raw: Json) -> str:
        text = json.dumps(raw["spec"]["template"], sort_keys=True)
        own = self._revisions.setdefault(raw["metadata"]["uid"], [])
        number = max((revision["revision"] for revision in own), default=0)
        for revision in own:
            if json.dumps(revision["data"]["spec"]["template"], sort_keys=True) == text:
                revision["revision"] = number + (revision["revision"] != number)
                return str(revision["metadata"]["labels"][HASH])
        value = f"{raw['metadata']['uid']}-{number + 1}"
        owner = [{"uid": raw["metadata"]["uid"]}]
        metadata = {"name": value, "labels": {HASH: value}, "ownerReferences": owner}
        template = copy.deepcopy(raw["spec"]["template"])
        own.append({"metadata": metadata, "revision": number + 1, "data": {"spec": {"template": template}}})
        return value

    def _start(self, raw: Json, node: str, revision: str) -> None:
        self._number += 1
        name = f"{raw['metadata']['name']}-{self._number}"
        template = raw["spec"]["template"]
        pod = objects.pod(node, ready=False, created=_time(self.now), state={"waiting": {"reason": "Creating"}})
        pod["metadata"].update(
            name=name,
            namespace="kube-system",
            labels={**template["metadata"]["labels"], HASH: revision},
            annotations=dict(template["metadata"].get("annotations") or {}),
            ownerReferences=[{"uid": raw["metadata"]["uid"]}],
        )
        source = template["spec"]["volumes"][0]["configMap"]["name"]
        self._pods[name] = {**pod, "source": source, "since": self.now, "text": None}

    def _end(self, pod: Json) -> None:
        if "deletionTimestamp" not in pod["metadata"]:
            pod["metadata"]["deletionTimestamp"] = _time(self.now)
            pod["since"] = self.now

    def _play(self, name: str) -> None:
        """The kubelet of the pod's node."""
        pod = self._pods[name]
        age = self.now - pod["since"]
        [status] = pod["status"]["containerStatuses"]
        if "deletionTimestamp" in pod["metadata"]:
            if age >= self.stop_seconds:
                del self._pods[name]
        elif "running" not in status["state"]:
            if age >= self.start_seconds:
                pod["text"] = self.config_maps[pod["source"]]["data"]["config.conf"]
                self._report(pod, {"running": {"startedAt": _time(self.now)}}, ready=True)
        elif age >= 2 and self.crash(pod["spec"]["nodeName"], pod["text"]):
            # It is started again at once, and is ready once more.
            status["restartCount"] += 1
            self._report(pod, {"running": {"startedAt": _time(self.now)}}, ready=True)

    def _try(self, pod: Json) -> None:
        node = pod["spec"]["nodeName"]
        if node in self.down or self.now - pod["since"] < self.start_seconds:
            return
        state: Json = {"terminated": {"exitCode": 0}}
        if node in self.full:
            pod["status"] = {"phase": "Failed", "reason": "OutOfpods", "message": "Node didn't have enough resource"}
            return
        if node in self.no_image:
            state = {"waiting": {"reason": "ImagePullBackOff", "message": self.no_image[node]}}
        pod["status"] = {"phase": "Pending", "containerStatuses": [{"name": "kube-proxy", "state": state}]}

    def _report(self, pod: Json, state: Json, *, ready: bool) -> None:
        pod["since"] = self.now
        pod["status"]["containerStatuses"][0]["state"] = state
        pod["status"]["conditions"][0]["status"] = "True" if ready else "False"

    # --- objects ------------------------------------------------------------------------------------------------------

    def _note(self, name: str) -> None:
        self.before_write(name)
        self.writes.append(name)

    def _create(self, request: str, dry_run: bool, kept: dict[str, Json], body: Json) -> None:
        name = body["metadata"]["name"]
        if name in kept:
            raise ConflictError(request, 409, "AlreadyExists", "it exists")
        self._number += 1
        created = copy.deepcopy(body)
        created["metadata"].update(uid=f"u-{self._number}", generation=1, resourceVersion=str(self._number))
        if not dry_run:
            self._note(request)
            kept[name] = created

    def _write(self, request: str, dry_run: bool, kept: dict[str, Json], current: Json, body: Json) -> Json:
        if not dry_run:
            self._note(request)
            current = kept[body["metadata"]["name"]]
        if body["metadata"]["resourceVersion"] != current["metadata"]["resourceVersion"]:
            raise ConflictError(request, 409, "Conflict", "it was changed")
        if body.get("spec") != current.get("spec"):
            body["metadata"]["generation"] = current["metadata"]["generation"] + 1
        self._number += 1
        body["metadata"]["resourceVersion"] = f"v{self._number}"
        if not dry_run:
            kept[body["metadata"]["name"]] = body
        return copy.deepcopy(body)

    def _delete(self, request: str, kept: dict[str, Json], name: str) -> None:
        _found(kept, name)
        self._note(request)
        del kept[name]


def _node(name: str) -> Json:
    ready = {"type": "Ready", "status": "True"}
    return {"metadata": {"name": name, "labels": {}}, "status": {"conditions": [ready]}}


def _fits(daemon_set: Json, node: Json) -> bool:
    """Required node affinity, as far as a migration uses it."""
    affinity = daemon_set["spec"]["template"]["spec"].get("affinity") or {}
    required = (affinity.get("nodeAffinity") or {}).get(REQUIRED)
    if required is None:
        return True
    labels = node["metadata"]["labels"]
    return any(
        all(
            labels.get(each["key"]) in each["values"] if each["operator"] == "In" else each["key"] not in labels
            for each in term["matchExpressions"]
        )
        for term in required["nodeSelectorTerms"]
    )


def _found(kept: t.Mapping[str, Json], name: str) -> Json:
    if name not in kept:
        raise ObjectNotFoundError(f"Reading {name}", 404, "NotFound", f"{name} not found")
    return kept[name]


def _time(seconds: float) -> str:
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
