# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""kube_proxy_info against a real API server."""

from __future__ import annotations

from kubernetes_bench import FastCluster

from .runs import KubernetesRun


def test_a_cluster_as_kubeadm_makes_it(run: KubernetesRun, cluster: FastCluster) -> None:
    info = run.done("kube_proxy_info", check=True)
    assert not info["changed"]
    assert info["mode"] == "iptables"
    assert f"v{info['kube_proxy_version']}" == cluster.version
    assert info["image"].endswith(f":{cluster.version}")
    assert info["drift"] == []
    assert info["problems"] == []
    assert info["effective"]["iptables"]["syncPeriod"] == "30s"
    assert [(node["node"], node["ready"], node["runs_present"]) for node in info["nodes"]] == [
        ("node1", True, True),
        ("node2", True, True),
        ("node3", True, True),
    ]
    assert (info["roll_pending"], info["undo_possible"]) == (False, False)
    assert {request.verb for request in cluster.audit()} == {"get", "list"}


def test_an_edit_that_was_not_rolled_is_drift(run: KubernetesRun, cluster: FastCluster) -> None:
    run.done("kube_proxy_config", mode="ipvs")
    info = run.done("kube_proxy_info")
    assert info["mode"] == "ipvs"
    assert (info["roll_pending"], info["undo_possible"]) == (True, True)
    assert [node["runs_present"] for node in info["nodes"]] == [False, False, False]
    assert any("do not run what the ConfigMap holds" in line for line in info["drift"])
    run.done("kube_proxy_rollout")
    assert run.done("kube_proxy_info")["drift"] == []


def test_keys_that_kube_proxy_ignores_are_drift(run: KubernetesRun, cluster: FastCluster) -> None:
    text = cluster.config_map()["data"]["config.conf"]
    cluster.patch_config_map({"data": {"config.conf": text + "\nMode: ipvs\n"}})
    info = run.done("kube_proxy_info")
    assert [problem["option"] for problem in info["problems"]] == ["config.Mode"]
    assert info["effective"] is None


def test_a_configuration_that_cannot_be_read(run: KubernetesRun, cluster: FastCluster) -> None:
    cluster.patch_config_map({"data": {"config.conf": "mode: [\n"}})
    info = run.done("kube_proxy_info")
    assert (info["config"], info["effective"], info["mode"]) == (None, None, None)
    assert len(info["problems"]) == 1


def test_a_node_that_is_down(run: KubernetesRun, cluster: FastCluster) -> None:
    cluster.nodes.take_down("node2")
    info = run.done("kube_proxy_info")
    assert [node["node_ready"] for node in info["nodes"]] == [True, False, True]
    assert any("node2" in line for line in info["drift"])


def test_what_is_planned_for_the_mode(run: KubernetesRun, cluster: FastCluster) -> None:
    run.done("kube_proxy_config", mode="ipvs")
    assert run.done("kube_proxy_info", kube_proxy_version="1.34.1")["deprecation"] is None
    assert "1.43" in run.done("kube_proxy_info", kube_proxy_version="1.35.0")["deprecation"]
