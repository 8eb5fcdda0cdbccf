# SPDX-License-Identifier: GPL-3.0-or-later

"""etcd, kube-apiserver with an audit log, kube-controller-manager and, where wanted, kube-scheduler."""

from __future__ import annotations

import json
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

import httpx

from . import host, kubeconfig
from .errors import BenchError
from .kubeadm import PODS, SERVICES, Kubeadm
from .programs import Programs, Version
from .supervisor import Supervisor

#: Seconds until the API server must answer; five suffice on an idle machine.
_PATIENCE = 240.0

#: What rolls a DaemonSet, gives pods their service accounts, and tells Services' endpoints to kube-proxy.
_CONTROLLERS = (
    "daemonset",
    "endpoint",
    "endpointslice",
    "endpointslicemirroring",
    "garbagecollector",
    "namespace",
    "nodelifecycle",
    "podgc",
    "root-ca-cert-publisher",
    "serviceaccount",
    "serviceaccount-token",
)

# Requests show as soon as they are received, so that none is missing when its answer has arrived. Bodies are wanted of
# what the collection writes; never those of secrets.
_AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "rules": [
        {"level": "None", "nonResourceURLs": ["/readyz*", "/healthz*", "/livez*"]},
        {
            "level": "None",
            "resources": [{"group": "coordination.k8s.io", "resources": ["leases"]}],
        },
        {
            "level": "Request",
            "resources": [{"group": "", "resources": ["configmaps"]}, {"group": "apps", "resources": ["daemonsets"]}],
        },
        {"level": "Metadata"},
    ],
}


@dataclass(frozen=True)
class Addresses:
    """Where the parts listen. ``advertise`` is what the API server tells others and must not be a loopback address."""

    advertise: str
    bind: str
    api_port: int = 6443
    etcd_port: int = 2379
    etcd_peer_port: int = 2380
    controller_manager_port: int = 10257
    scheduler_port: int = 10259


class ControlPlane:
    """Starts with kubeadm's certificates, kubeconfigs and kube-proxy objects; everything is in one folder."""

    def __init__(self, programs: Programs, directory: Path, addresses: Addresses, *, scheduler: bool) -> None:
        self.programs = programs
        self.directory = directory
        self.addresses = addresses
        self.kubeadm = Kubeadm(
            programs, directory, addresses.advertise, endpoint=f"{addresses.bind}:{addresses.api_port}"
        )
        self.audit_log = directory / "audit.log"
        self._scheduler = scheduler
        self._supervisor = Supervisor(directory)

    @property
    def kubeconfig(self) -> Path:
        return self.directory / "admin.conf"

    def start(self) -> None:
        host.require(host.SUPERVISION)
        self.kubeadm.certificates_and_kubeconfigs()
        policy = self.directory / "audit-policy.json"
        policy.write_text(json.dumps(_AUDIT_POLICY), encoding="utf-8")
        version = self.programs.version_of("kube-apiserver")
        self._run("etcd", self._etcd())
        self._run("kube-apiserver", self._apiserver(policy))
        self._wait_until_ready()
        # Not before: without the roles that the API server makes when it starts, it ends, and comes back later.
        self._run("kube-controller-manager", self._controller_manager(version))
        if self._scheduler:
            self._run("kube-scheduler", self._kube_scheduler(version))
        self._bind_administrators()
        self.kubeadm.bootstrap()
        self.kubeadm.kube_proxy()
        self.kubeadm.kubeadm_config()

    def stop(self) -> None:
        self._supervisor.stop()

    def _run(self, name: str, flags: list[str]) -> None:
        self._supervisor.start(name, [self.programs.path(name), *flags])

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _PATIENCE
        with kubeconfig.client(self.kubeconfig, timeout=5) as api:
            while True:
                try:
                    if api.get("/readyz").text == "ok":
                        return
                except httpx.HTTPError:
                    pass
                restless = [process for process in self._supervisor.processes if process.starts > 3]
                if restless or time.monotonic() > deadline:
                    raise BenchError("\n".join(["The control plane does not become ready", *self._diagnosis(restless)]))
                time.sleep(0.2)

    def _diagnosis(self, restless: t.Sequence[t.Any]) -> list[str]:
        shown = restless or self._supervisor.processes
        return [f"{process.name} was started {process.starts} times:\n{process.last_lines()}" for process in shown]

    def _bind_administrators(self) -> None:
        """Since 1.29 admin.conf's group gets its rights from a binding that only a whole ``kubeadm init`` makes."""
        first = self.directory / "super-admin.conf"
        if not first.exists():
            return
        group = "kubeadm:cluster-admins"
        rbac = "rbac.authorization.k8s.io"
        with kubeconfig.client(first) as api:
            answer = api.post(
                f"/apis/{rbac}/v1/clusterrolebindings",
                json={
                    "metadata": {"name": group},
                    "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": "cluster-admin"},
                    "subjects": [{"apiGroup": rbac, "kind": "Group", "name": group}],
                },
            )
        if answer.status_code not in (201, 409):
            raise BenchError(f"The API server refused the administrators' ClusterRoleBinding: {answer.text}")

    def _etcd(self) -> list[str]:
        pki = self.kubeadm.pki / "etcd"
        clients = f"https://127.0.0.1:{self.addresses.etcd_port}"
        peers = f"https://127.0.0.1:{self.addresses.etcd_peer_port}"
        return [
            "--name=bench",
            f"--data-dir={self.directory / 'etcd'}",
            # Nothing in here has to survive a power cut.
            "--unsafe-no-fsync",
            f"--listen-client-urls={clients}",
            f"--advertise-client-urls={clients}",
            f"--listen-peer-urls={peers}",
            f"--initial-advertise-peer-urls={peers}",
            f"--initial-cluster=bench={peers}",
            "--client-cert-auth",
            f"--cert-file={pki / 'server.crt'}",
            f"--key-file={pki / 'server.key'}",
            f"--trusted-ca-file={pki / 'ca.crt'}",
            "--peer-client-cert-auth",
            f"--peer-cert-file={pki / 'peer.crt'}",
            f"--peer-key-file={pki / 'peer.key'}",
            f"--peer-trusted-ca-file={pki / 'ca.crt'}",
        ]

    def _apiserver(self, policy: Path) -> list[str]:
        pki = self.kubeadm.pki
        return [
            f"--advertise-address={self.addresses.advertise}",
            f"--bind-address={self.addresses.bind}",
            f"--secure-port={self.addresses.api_port}",
            "--allow-privileged=true",
            f"--audit-policy-file={policy}",
            f"--audit-log-path={self.audit_log}",
            # MB; beyond it the log would be rotated under its readers.
            "--audit-log-maxsize=2000",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            f"--client-ca-file={pki / 'ca.crt'}",
            f"--tls-cert-file={pki / 'apiserver.crt'}",
            f"--tls-private-key-file={pki / 'apiserver.key'}",
            f"--etcd-servers=https://127.0.0.1:{self.addresses.etcd_port}",
            f"--etcd-cafile={pki / 'etcd' / 'ca.crt'}",
            f"--etcd-certfile={pki / 'apiserver-etcd-client.crt'}",
            f"--etcd-keyfile={pki / 'apiserver-etcd-client.key'}",
            f"--kubelet-client-certificate={pki / 'apiserver-kubelet-client.crt'}",
            f"--kubelet-client-key={pki / 'apiserver-kubelet-client.key'}",
            "--kubelet-preferred-address-types=ExternalIP,InternalIP",
            f"--service-cluster-ip-range={SERVICES}",
            "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
            f"--service-account-key-file={pki / 'sa.pub'}",
            f"--service-account-signing-key-file={pki / 'sa.key'}",
        ]

    def _component(self, name: str, port: int, version: Version) -> list[str]:
        own = self.directory / f"{name}.conf"
        flags = [
            f"--kubeconfig={own}",
            f"--authentication-kubeconfig={own}",
            f"--authorization-kubeconfig={own}",
            "--bind-address=127.0.0.1",
            f"--secure-port={port}",
            "--leader-elect=false",
        ]
        # Until 1.23 there was an unprotected port as well, always the same one.
        return flags if version.since(24) else [*flags, "--port=0"]

    def _controller_manager(self, version: Version) -> list[str]:
        pki = self.kubeadm.pki
        return [
            *self._component("controller-manager", self.addresses.controller_manager_port, version),
            f"--controllers={','.join(_CONTROLLERS)}",
            f"--cluster-cidr={PODS}",
            f"--service-cluster-ip-range={SERVICES}",
            f"--root-ca-file={pki / 'ca.crt'}",
            f"--service-account-private-key-file={pki / 'sa.key'}",
            "--use-service-account-credentials=true",
            "--kube-api-qps=500",
            "--kube-api-burst=1000",
        ]

    def _kube_scheduler(self, version: Version) -> list[str]:
        return self._component("scheduler", self.addresses.scheduler_port, version)
