# SPDX-License-Identifier: GPL-3.0-or-later

"""Nodes without machines: what a scheduler and a kubelet would tell a real API server about a DaemonSet's pods.

It shows how edits, rolls and waits fare, and nothing about kube-proxy or a kernel: no program runs in these pods.
"""

from __future__ import annotations

import contextlib
import threading
import time

import httpx

from .errors import BenchError
from .played_kubelet import PlayedKubelet
from .played_pods import Faults, Object, Phase, PlayedPod, conditions, timestamp

_MERGE = {"Content-Type": "application/strategic-merge-patch+json"}
#: Seconds between looks at the API; well below what a person or a test takes for a wait.
_TICK = 0.1
#: Seconds between heartbeats. After 40 without one the node lifecycle controller calls a node lost.
_HEARTBEAT = 8.0


class PlayedNodes:
    """A thread that plays the nodes ``node1`` ... ``nodeN`` and every pod on them until ``stop``."""

    def __init__(self, api: httpx.Client, kubelet: PlayedKubelet, count: int, version: str) -> None:
        self.names = [f"node{number}" for number in range(1, count + 1)]
        self.faults = Faults()
        #: Per node, the largest number of containers that ran there at the same time since the last ``heal``.
        self.most_at_once: dict[str, int] = {}
        self._api = api
        self._kubelet = kubelet
        self._version = version
        self._down: set[str] = set()
        self._pods: dict[str, PlayedPod] = {}
        self._beat = 0.0
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._play, name="played-nodes", daemon=True)
        self.error: BaseException | None = None

    def start(self) -> None:
        for name in self.names:
            labels = {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64", "kubernetes.io/hostname": name}
            body = {"metadata": {"name": name, "labels": labels}}
            if self._api.post("/api/v1/nodes", json=body).status_code not in (201, 409):
                raise BenchError(f"The API server does not take the node {name}")
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()

    def take_down(self, name: str) -> None:
        """From now on the node is lost: NotReady, its pods are neither started nor ended, their logs not to be had."""
        with self._lock:
            self._down.add(self._known(name))
            self._report_node(name)
            for pod in self._list():
                if pod["spec"].get("nodeName") == name:
                    self._patch_pod(pod, {"conditions": conditions(False)})
        self._kubelet.down = frozenset(self._down)

    def bring_up(self, name: str) -> None:
        with self._lock:
            self._down.discard(self._known(name))
            self._report_node(name)
            for pod in self._list():
                played = self._pods.get(pod["metadata"]["uid"])
                if played is not None and pod["spec"].get("nodeName") == name:
                    self._patch_pod(pod, played.status(pod, self._address(name)))
        self._kubelet.down = frozenset(self._down)

    def running_configuration(self) -> dict[str, str]:
        """Per node, the ConfigMap text with which the container that runs there now was started."""
        with self._lock:
            return {
                pod["spec"]["nodeName"]: played.configuration
                for pod in self._list()
                if (played := self._pods.get(pod["metadata"]["uid"])) is not None and played.phase is Phase.RUNNING
            }

    def heal(self) -> None:
        """No faults, every node up, without labels that somebody else has set."""
        self.faults = Faults()
        for name in sorted(self._down):
            self.bring_up(name)
        for name in self.names:
            labels = self._api.get(f"/api/v1/nodes/{name}").raise_for_status().json()["metadata"]["labels"]
            foreign = dict.fromkeys(key for key in labels if "kubernetes.io/" not in key)
            if foreign:
                patch = {"metadata": {"labels": foreign}}
                self._api.patch(f"/api/v1/nodes/{name}", json=patch, headers=_MERGE).raise_for_status()
        self.most_at_once = {}

    def _known(self, name: str) -> str:
        if name not in self.names:
            raise BenchError(f"No node {name}: there are {', '.join(self.names)}")
        return name

    def _play(self) -> None:
        while not self._stopping.wait(_TICK):
            try:
                with self._lock:
                    self._look()
            except httpx.HTTPError:
                # The API server is being started again; what was missed is still to be seen then.
                continue
            except Exception as error:
                self.error = error
                raise

    def _look(self) -> None:
        now = time.monotonic()
        if now - self._beat > _HEARTBEAT:
            for name in self.names:
                if name not in self._down:
                    self._report_node(name)
            self._beat = now
        pods = self._list()
        for pod in pods:
            self._handle(pod, now)
        present = {pod["metadata"]["uid"] for pod in pods}
        self._pods = {uid: played for uid, played in self._pods.items() if uid in present}
        self._count(pods)

    def _count(self, pods: list[Object]) -> None:
        """How many containers run on a node at the same time; one that crashes does so between two crashes."""
        running: dict[str, int] = {}
        for pod in pods:
            played = self._pods.get(pod["metadata"]["uid"])
            if played is not None and played.phase in (Phase.RUNNING, Phase.BACK_OFF):
                node = str(pod["spec"]["nodeName"])
                running[node] = running.get(node, 0) + 1
        for node, count in running.items():
            self.most_at_once[node] = max(count, self.most_at_once.get(node, 0))

    def _handle(self, pod: Object, now: float) -> None:
        node = pod["spec"].get("nodeName")
        if node is None:
            self._bind(pod)
            return
        if node not in self.names or node in self._down:
            return
        if pod["metadata"].get("deletionTimestamp"):
            deleted = self._pods.get(pod["metadata"]["uid"])
            if deleted is not None and not deleted.stopped(self.faults, now):
                return
            self._api.request("DELETE", _path(pod), json={"kind": "DeleteOptions", "gracePeriodSeconds": 0})
            return
        played = self._pods.setdefault(pod["metadata"]["uid"], PlayedPod(since=now))
        if played.step(pod, self.faults, lambda: self._configuration(pod), now):
            self._patch_pod(pod, played.status(pod, self._address(node)))
            self._kubelet.logs[pod["metadata"]["namespace"], pod["metadata"]["name"]] = (node, played)

    def _bind(self, pod: Object) -> None:
        """What the scheduler does with a DaemonSet's pod: the controller has written the node's name into it."""
        with contextlib.suppress(KeyError, IndexError):
            affinity = pod["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
            node = affinity["nodeSelectorTerms"][0]["matchFields"][0]["values"][0]
            metadata = pod["metadata"]
            self._api.post(
                f"{_path(pod)}/binding",
                json={
                    "metadata": {"name": metadata["name"], "namespace": metadata["namespace"]},
                    "target": {"kind": "Node", "name": node},
                },
            )

    def _configuration(self, pod: Object) -> str:
        """The text of every ConfigMap the pod mounts; what kube-proxy's pod mounts is its configuration."""
        texts = []
        for volume in pod["spec"].get("volumes", []):
            if "configMap" in volume:
                namespace = pod["metadata"]["namespace"]
                answer = self._api.get(f"/api/v1/namespaces/{namespace}/configmaps/{volume['configMap']['name']}")
                if answer.status_code == 200:
                    data = answer.json().get("data") or {}
                    texts += [data[key] for key in sorted(data) if key != "kubeconfig.conf"]
        return "\n".join(texts)

    def _list(self) -> list[Object]:
        answer = self._api.get("/api/v1/pods")
        answer.raise_for_status()
        return list(answer.json()["items"])

    def _patch_pod(self, pod: Object, status: Object) -> None:
        # A pod that went away meanwhile is answered 404 and is not in the next list.
        self._api.patch(f"{_path(pod)}/status", json={"status": status}, headers=_MERGE)

    def _address(self, node: str) -> str:
        return f"192.0.2.{self.names.index(node) + 1}"

    def _report_node(self, name: str) -> None:
        up = name not in self._down
        facts = dict.fromkeys(
            ("bootID", "containerRuntimeVersion", "kernelVersion", "machineID", "osImage", "systemUUID"), "played"
        )
        self._api.patch(
            f"/api/v1/nodes/{name}/status",
            headers=_MERGE,
            json={
                "status": {
                    "capacity": {"cpu": "2", "memory": "4Gi", "pods": "110"},
                    "allocatable": {"cpu": "2", "memory": "4Gi", "pods": "110"},
                    # The API server asks the external address, where the played kubelet really is.
                    "addresses": [
                        {"type": "InternalIP", "address": self._address(name)},
                        {"type": "ExternalIP", "address": self._kubelet.host},
                        {"type": "Hostname", "address": name},
                    ],
                    "daemonEndpoints": {"kubeletEndpoint": {"Port": self._kubelet.port}},
                    "nodeInfo": {
                        **facts,
                        "architecture": "amd64",
                        "operatingSystem": "linux",
                        "kubeletVersion": self._version,
                        "kubeProxyVersion": self._version,
                    },
                    "conditions": [
                        {
                            "type": "Ready",
                            "status": "True" if up else "Unknown",
                            "reason": "KubeletReady" if up else "NodeStatusUnknown",
                            "message": "played" if up else "Kubelet stopped posting node status.",
                            "lastHeartbeatTime": timestamp(),
                            "lastTransitionTime": timestamp(),
                        }
                    ],
                }
            },
        ).raise_for_status()


def _path(pod: Object) -> str:
    return f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}"
