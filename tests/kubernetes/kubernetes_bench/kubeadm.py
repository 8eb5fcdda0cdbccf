# SPDX-License-Identifier: GPL-3.0-or-later

"""kubeadm's own configuration, and the phases of ``kubeadm init`` that make a cluster's files and objects."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from pathlib import Path

import yaml

from . import commands
from .programs import Programs, Version

SERVICES = "10.96.0.0/12"
PODS = "10.244.0.0/16"


def api_version(version: Version) -> str:
    """The newest configuration format every kubeadm of that minor version reads without a warning."""
    if version.since(31):
        return "v1beta4"
    return "v1beta3" if version.since(22) else "v1beta2"


@dataclass(frozen=True)
class Kubeadm:
    """``kubeadm`` with one configuration, whose files go to one folder."""

    programs: Programs
    directory: Path
    advertise: str
    endpoint: str
    node_name: str = "control-plane"

    @property
    def configuration(self) -> Path:
        return self.directory / f"kubeadm-{self.node_name}.yaml"

    @property
    def pki(self) -> Path:
        return self.directory / "pki"

    def write(self) -> None:
        version = self.programs.version
        group = f"kubeadm.k8s.io/{api_version(version)}"
        host, _colon, port = self.endpoint.rpartition(":")
        # Before 1.24 the CRI socket is a path; afterwards a path without a scheme brings a warning.
        scheme = "unix://" if version.since(24) else ""
        documents: list[dict[str, t.Any]] = [
            {
                "apiVersion": group,
                "kind": "InitConfiguration",
                "localAPIEndpoint": {"advertiseAddress": self.advertise, "bindPort": int(port)},
                "nodeRegistration": {
                    "name": self.node_name,
                    "criSocket": f"{scheme}/run/containerd/containerd.sock",
                },
            },
            {
                "apiVersion": group,
                "kind": "ClusterConfiguration",
                # Without it kubeadm asks the Internet for the newest release.
                "kubernetesVersion": version.text,
                "certificatesDir": str(self.pki),
                # kubeadm takes no loopback address to advertise, but any address as the one clients use.
                "controlPlaneEndpoint": self.endpoint,
                "apiServer": {"certSANs": [host]},
                "networking": {"serviceSubnet": SERVICES, "podSubnet": PODS},
            },
        ]
        self.configuration.write_text(yaml.safe_dump_all(documents), encoding="utf-8")

    def phase(self, *words: str | Path) -> str:
        # Everything a phase makes it makes again without harm, hence the second attempt.
        return commands.run(
            self.programs.path("kubeadm"),
            "init",
            "phase",
            *words,
            "--config",
            self.configuration,
            attempts=2,
            timeout=180,
        )

    def certificates_and_kubeconfigs(self) -> None:
        self.write()
        self.phase("certs", "all")
        self.phase("kubeconfig", "all", "--kubeconfig-dir", self.directory)
        # Since 1.20 those of the control plane name the advertised address, which need not be one that is listened on.
        port = self.endpoint.rpartition(":")[2]
        for kubeconfig in self.directory.glob("*.conf"):
            text = kubeconfig.read_text(encoding="utf-8")
            text = text.replace(f"https://{self.advertise}:{port}", f"https://{self.endpoint}")
            kubeconfig.write_text(text, encoding="utf-8")

    def kube_proxy(self) -> None:
        """ConfigMap, DaemonSet, service account and roles of kube-proxy."""
        self.phase("addon", "kube-proxy", "--kubeconfig", self.directory / "admin.conf")

    def bootstrap(self) -> None:
        """The rights and objects with which nodes join, and since 1.34 those of the API server towards kubelets.

        Until then its client certificate is in a group that may do everything; now a ClusterRoleBinding of this phase
        lets its user execute in pods, read their logs and forward ports.
        """
        self.phase("bootstrap-token", "--kubeconfig", self.directory / "admin.conf")

    def kubeadm_config(self) -> None:
        """The ConfigMap from which a later kubeadm learns how the cluster was made."""
        self.phase("upload-config", "kubeadm", "--kubeconfig", self.directory / "admin.conf")

    def images(self) -> list[str]:
        text = self.programs.version.text
        return commands.run(
            self.programs.path("kubeadm"), "config", "images", "list", "--kubernetes-version", text, timeout=60
        ).split()
