# SPDX-License-Identifier: GPL-3.0-or-later

"""What a migration must leave of the cluster of the fast tier, and what it does there meanwhile.

The mode is ipvs where nftables is not to be had: which one does not matter here, no kube-proxy runs.
"""

from __future__ import annotations

import typing as t

import yaml

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.annotations import (
    CHECKSUM,
    MIGRATION,
)
from kubernetes_bench import FastCluster

MODULE = "kube_proxy_migration"
NODES = ["node1", "node2", "node3"]


class Cluster:
    """The cluster as kubeadm made it, and what a migration must leave of that."""

    def __init__(self, cluster: FastCluster) -> None:
        self.fast = cluster
        self.desired = "nftables" if int(cluster.version.split(".")[1]) >= 31 else "ipvs"
        self.spec = cluster.daemon_set()["spec"]
        self.text = cluster.config_map()["data"]["config.conf"]
        self.pods = self.pod_names()

    def pod_names(self) -> dict[str, str]:
        return {str(pod["spec"].get("nodeName")): pod["metadata"]["name"] for pod in self.fast.pods()}

    def modes(self) -> dict[str, str]:
        """Per node, the mode of the configuration that its container was started with."""
        texts = self.fast.nodes.running_configuration()
        return {node: yaml.safe_load(text)["mode"] or "iptables" for node, text in texts.items()}

    def wait_for_modes(self, expected: dict[str, str]) -> None:
        self.fast.wait(lambda: self.modes() == expected, f"the modes {expected}")

    def all_in(self, mode: str) -> dict[str, str]:
        return dict.fromkeys(NODES, mode)

    def no_trace(self) -> None:
        """Nothing of a migration is left, and no node ever ran two kube-proxies."""
        self.fast.wait(lambda: len(self.fast.names("pods")) == 3, "one pod on each node")
        assert self.fast.names("daemonsets") == self.fast.names("configmaps") == {"kube-proxy"}
        for node in NODES:
            assert MIGRATION not in self.fast.labels(node)
        daemon_set = self.fast.daemon_set()
        annotations = daemon_set["metadata"]["annotations"]
        assert set(annotations) <= {"deprecated.daemonset.template.generation"}
        template = daemon_set["spec"]["template"]
        marked = template["metadata"].pop("annotations", {})
        assert set(marked) <= {CHECKSUM}
        assert daemon_set["spec"] == self.spec
        assert self.fast.nodes.most_at_once == dict.fromkeys(NODES, 1)

    def finished(self) -> None:
        self.no_trace()
        assert yaml.safe_load(self.fast.config_map()["data"]["config.conf"])["mode"] == self.desired
        self.wait_for_modes(self.all_in(self.desired))
        # Ready, and of the newest template: the controller has nothing to restart.
        self.fast.wait_until_rolled()

    def as_before(self) -> None:
        self.no_trace()
        assert self.fast.config_map()["data"]["config.conf"] == self.text
        self.wait_for_modes(self.all_in("iptables"))
        self.fast.wait_until_rolled()


def stages(outcome: t.Any) -> dict[str, str]:
    return {node["node"]: node["stage"] for node in outcome["migration"]["nodes"]}
