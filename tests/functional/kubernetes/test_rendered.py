# SPDX-License-Identifier: GPL-3.0-or-later

"""A rendered configuration beside kubeadm's own documents: the cluster starts with what was desired."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy.versions import KubeProxyVersion
from kubernetes_bench import FastCluster, commands
from kubernetes_bench.kubeadm import PODS

from .runs import KubernetesRun

#: The first minor version that has everything in it, and the options.
DESIRED: dict[str, tuple[int, dict[str, t.Any]]] = {
    "iptables": (0, {"mode": "iptables", "iptables": {"sync_period": "PT1M", "masquerade_all": True}}),
    "ipvs": (
        0,
        {
            "mode": "ipvs",
            "ipvs": {"scheduler": "lc", "tcp_timeout": "15m", "exclude_cidrs": ["192.0.2.0/24"], "strict_arp": True},
            "conntrack": {"min": 262144, "tcp_close_wait_timeout": "0s"},
            "config": {"metricsBindAddress": "127.0.0.1:10259"},
        },
    ),
    "nftables": (
        31,
        {
            "mode": "nftables",
            "nftables": {"sync_period": "45s"},
            "conntrack": {"tcp_be_liberal": True},
            "config": {"nodePortAddresses": ["primary"]},
        },
    ),
}


def kubeadm_makes(cluster: FastCluster, folder: Path, document: str) -> None:
    """The phase of ``kubeadm init`` that makes kube-proxy's objects, with this document behind kubeadm's own."""
    own = cluster.kubeadm.configuration.read_text(encoding="utf-8")
    file = folder / "kubeadm.yaml"
    file.write_text(f"{own}---\n{document}", encoding="utf-8")
    program = cluster.programs.path("kubeadm")
    phase = ("init", "phase", "addon", "kube-proxy", "--config", file, "--kubeconfig", cluster.kubeconfig)
    commands.run(program, *phase, attempts=2, timeout=180)


@pytest.mark.parametrize("name", DESIRED)
def test_kubeadm_makes_what_was_rendered(run: KubernetesRun, cluster: FastCluster, tmp_path: Path, name: str) -> None:
    since, options = DESIRED[name]
    if not KubeProxyVersion.parse(cluster.version).at_least(since):
        pytest.skip(f"{name} needs Kubernetes 1.{since}")
    rendered = run.bare("kube_proxy_config", state="rendered", kube_proxy_version=cluster.version, **options)
    kubeadm_makes(cluster, tmp_path, rendered["rendered"])
    # What kubeadm knows of the cluster, and the document did not say.
    connection = {**rendered["effective"]["clientConnection"], "kubeconfig": "/var/lib/kube-proxy/kubeconfig.conf"}
    desired = {**rendered["effective"], "clusterCIDR": PODS, "clientConnection": connection}
    assert run.done("kube_proxy_info")["effective"] == desired
    # Nothing is left to do on the first day.
    assert not run.done("kube_proxy_config", **options)["changed"]


def test_a_rendered_configuration_asks_no_server(run: KubernetesRun, cluster: FastCluster) -> None:
    cluster.forget_requests()
    outcome = run.done("kube_proxy_config", state="rendered", kube_proxy_version=cluster.version, mode="ipvs")
    assert (outcome["changed"], outcome["mode"]) == (False, "ipvs")
    assert cluster.audit() == []
