# SPDX-License-Identifier: GPL-3.0-or-later

"""The fast tier: a real control plane on free loopback ports with played nodes, in process, without root."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import socket
import tempfile
import time
import typing as t
from pathlib import Path

from . import kubeconfig, programs
from .audit import AuditedRequest, AuditLog
from .control_plane import Addresses, ControlPlane
from .errors import BenchError
from .kubeadm import Kubeadm
from .played_kubelet import PlayedKubelet
from .played_nodes import PlayedNodes
from .played_pods import Faults, Object

_CONFIG_MAP = "/api/v1/namespaces/kube-system/configmaps/kube-proxy"
_DAEMON_SET = "/apis/apps/v1/namespaces/kube-system/daemonsets/kube-proxy"
#: Of the folders in the system's one for temporary files; the process's id comes next.
_PREFIX = "kubernetes-bench-"
#: Seconds a cluster may take for what lasts one or two on an idle machine.
_PATIENCE = 120.0


class FastCluster:
    """A cluster for as long as the ``with`` block lasts, as kubeadm makes it, with kube-proxy on every node."""

    def __init__(self, *, nodes: int = 3, chosen: programs.Programs | None = None) -> None:
        self.programs = chosen or programs.find(programs.FAST)
        self._count = nodes
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> FastCluster:
        return self.start()

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    def start(self) -> FastCluster:
        try:
            _remove_left_overs()
            self.directory = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))
            self._stack.callback(shutil.rmtree, self.directory, ignore_errors=True)
            self._plane = ControlPlane(self.programs, self.directory, _free_addresses(), scheduler=False)
            self._stack.callback(self._plane.stop)
            self._plane.start()
            self.api = self._stack.enter_context(kubeconfig.client(self.kubeconfig))
            self._audit = AuditLog(self._plane.audit_log)
            pki = self.kubeadm.pki
            kubelet = PlayedKubelet(pki / "apiserver.crt", pki / "apiserver.key")
            kubelet.start()
            self._stack.callback(kubelet.stop)
            # A client of its own: the thread must not wait for a test's request, nor the other way round.
            player = self._stack.enter_context(kubeconfig.client(self.kubeconfig))
            self.nodes = PlayedNodes(player, kubelet, self._count, self.version)
            self._stack.callback(self.nodes.stop)
            self.nodes.start()
            self.wait_until_rolled()
            self._config_maps = self._names("/api/v1/namespaces/kube-system/configmaps")
            self._audit.mark()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        self._stack.close()

    @property
    def kubeconfig(self) -> Path:
        return self._plane.kubeconfig

    @property
    def kubeadm(self) -> Kubeadm:
        return self._plane.kubeadm

    @property
    def version(self) -> str:
        """Such as v1.20.2: what the tag of kube-proxy's image says."""
        return self.programs.version.text

    @property
    def faults(self) -> Faults:
        return self.nodes.faults

    def reset(self) -> None:
        """ConfigMap and DaemonSet as kubeadm makes them, fresh pods, no faults, every node up, nothing recorded."""
        if self.nodes.error is not None:
            raise BenchError(f"The played nodes ended: {self.nodes.error!r}") from self.nodes.error
        self.nodes.heal()
        for item in self._get("/apis/apps/v1/daemonsets")["items"]:
            namespace, name = item["metadata"]["namespace"], item["metadata"]["name"]
            self._delete(f"/apis/apps/v1/namespaces/{namespace}/daemonsets/{name}")
        added = self._names("/api/v1/namespaces/kube-system/configmaps") - self._config_maps
        for name in ("kube-proxy", *added):
            self._delete(f"/api/v1/namespaces/kube-system/configmaps/{name}")
        # The garbage collector takes a while; without it pods would be adopted by the new DaemonSet.
        self.wait(lambda: not self._get("/api/v1/pods")["items"], "the pods of the former DaemonSet to go")
        self.kubeadm.kube_proxy()
        self.wait_until_rolled()
        self.nodes.most_at_once = {}
        self._audit.mark()

    def audit(self, *, everybody: bool = False) -> list[AuditedRequest]:
        """The requests since the last reset or ``forget_requests``, without those of Kubernetes and of the bench."""
        return self._audit.requests(everybody=everybody)

    def forget_requests(self) -> None:
        self._audit.mark()

    def config_map(self) -> Object:
        return self._get(_CONFIG_MAP)

    def daemon_set(self) -> Object:
        return self._get(_DAEMON_SET)

    def pods(self) -> list[Object]:
        """kube-proxy's pods, sorted by their node."""
        items = self._get("/api/v1/namespaces/kube-system/pods", labelSelector="k8s-app=kube-proxy")["items"]
        return sorted(items, key=lambda pod: str(pod["spec"].get("nodeName")))

    def patch(self, path: str, body: Object) -> Object:
        """A merge patch, for what a test does to the cluster behind the collection's back."""
        answer = self.api.patch(path, json=body, headers={"Content-Type": "application/merge-patch+json"})
        if answer.status_code != 200:
            raise BenchError(f"PATCH {path}: {answer.status_code} {answer.text}")
        return dict(answer.json())

    def labels(self, node: str) -> dict[str, str]:
        return dict(self._get(f"/api/v1/nodes/{node}")["metadata"]["labels"])

    def names(self, resource: str) -> set[str]:
        """Of kube-system's ``configmaps``, ``daemonsets`` or ``pods``, those whose names begin with kube-proxy."""
        prefix = "/apis/apps/v1" if resource == "daemonsets" else "/api/v1"
        found = self._names(f"{prefix}/namespaces/kube-system/{resource}")
        return {name for name in found if name.startswith("kube-proxy")}

    def delete_pod(self, node: str) -> None:
        """What an eviction, or ``kubectl delete pod``, does to the node's kube-proxy."""
        for pod in self.pods():
            if pod["spec"].get("nodeName") == node:
                self._delete(f"/api/v1/namespaces/kube-system/pods/{pod['metadata']['name']}")

    def patch_config_map(self, body: Object) -> Object:
        return self.patch(_CONFIG_MAP, body)

    def patch_daemon_set(self, body: Object) -> Object:
        return self.patch(_DAEMON_SET, body)

    def rolled(self) -> bool:
        """Whether the DaemonSet's newest template runs, available, on every node."""
        daemon_set = self.daemon_set()
        status = daemon_set["status"]
        counts = [
            status.get(name, 0) for name in ("desiredNumberScheduled", "updatedNumberScheduled", "numberAvailable")
        ]
        observed = status.get("observedGeneration", 0) >= daemon_set["metadata"]["generation"]
        return observed and counts == [self._count] * 3 and len(self.pods()) == self._count

    def wait_until_rolled(self) -> None:
        self.wait(self.rolled, "kube-proxy to run on every node")

    def wait(self, condition: t.Callable[[], bool], what: str) -> None:
        """Look until the condition holds; raises BenchError when it does not within two minutes."""
        deadline = time.monotonic() + _PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                raise BenchError(f"Waited {_PATIENCE:g} seconds in vain for {what}")
            time.sleep(0.1)

    def _get(self, path: str, **query: str) -> Object:
        answer = self.api.get(path, params=query)
        if answer.status_code != 200:
            raise BenchError(f"GET {path}: {answer.status_code} {answer.text}")
        return dict(answer.json())

    def _names(self, path: str) -> set[str]:
        return {item["metadata"]["name"] for item in self._get(path)["items"]}

    def _delete(self, path: str) -> None:
        answer = self.api.request("DELETE", path, json={"propagationPolicy": "Background"})
        if answer.status_code not in (200, 202, 404):
            raise BenchError(f"DELETE {path}: {answer.status_code} {answer.text}")


def _remove_left_overs() -> None:
    """The folders of processes that were killed; the kernel has ended their clusters."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*-*"):
        pid = folder.name.removeprefix(_PREFIX).partition("-")[0]
        # Another process may be removing it as well.
        with contextlib.suppress(FileNotFoundError):
            if folder.stat().st_uid == os.geteuid() and not Path("/proc", pid).exists():
                shutil.rmtree(folder, ignore_errors=True)


def _free_addresses() -> Addresses:
    ports: set[int] = set()
    # Below the range from which the kernel takes the ports of connections, so that none of them is in the way.
    while len(ports) < 4:
        port = random.randrange(20000, 32000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            ports.add(port)
    api, etcd, peer, manager = ports
    return Addresses(
        # An address for documentation: nobody is asked there, but a loopback address would be refused.
        advertise="192.0.2.254",
        bind="127.0.0.1",
        api_port=api,
        etcd_port=etcd,
        etcd_peer_port=peer,
        controller_manager_port=manager,
    )
