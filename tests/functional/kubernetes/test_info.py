# SPDX-License-Identifier: GPL-3.0-or-later

"""kube_proxy_info against a real API server."""

from __future__ import annotations

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.kubernetes.kubernetes_api import (
    KubernetesApi,
)
from kubernetes_bench import FastCluster

from .runs import KubernetesRun


def test_a_cluster_as_kubeadm_makes_it(run: KubernetesRun, cluster: FastCluster) -> None:
    info = run.done("kube_proxy_info", check=True)
    assert not info["changed"]
    assert info["mode"] == "iptables"
    assert f"v{info['kube_proxy_version']}" == cluster.version
    assert info["image"].endswith(f":{cluster.version}")
    assert info["drift"] == []
    assert info["config_problems"] == []
    assert info["effective"]["iptables"]["syncPeriod"] == "30s"
    assert [(node["node"], node["ready"], node["up_to_date"]) for node in info["nodes"]] == [
        ("node1", True, True),
        ("node2", True, True),
        ("node3", True, True),
    ]
    assert {node["kubelet_version"] for node in info["nodes"]} == {cluster.version}
    assert (info["rollout_pending"], info["undo_possible"]) == (False, False)
    assert {request.verb for request in cluster.audit()} == {"get", "list"}


def test_an_edit_that_was_not_rolled_out_is_drift(run: KubernetesRun, cluster: FastCluster) -> None:
    run.done("kube_proxy_config", mode="ipvs")
    info = run.done("kube_proxy_info")
    assert info["mode"] == "ipvs"
    assert (info["rollout_pending"], info["undo_possible"]) == (True, True)
    assert [node["up_to_date"] for node in info["nodes"]] == [False, False, False]
    rollout_needed = "the pods do not run what the ConfigMap holds: use clusterops.kube_proxy.kube_proxy_rollout"
    assert rollout_needed in info["drift"]
    run.done("kube_proxy_rollout")
    assert run.done("kube_proxy_info")["drift"] == []


def test_keys_that_kube_proxy_ignores_are_drift(run: KubernetesRun, cluster: FastCluster) -> None:
    configure(cluster, "\nMode: ipvs\n")
    info = run.done("kube_proxy_info")
    assert [problem["option"] for problem in info["config_problems"]] == ["config.Mode"]
    assert any(line.startswith("config.Mode: ") for line in info["drift"])
    assert (info["effective"]["mode"], info["mode"]) == ("iptables", "iptables")


def configure(cluster: FastCluster, more: str) -> None:
    text = cluster.config_map()["data"]["config.conf"]
    cluster.patch_config_map({"data": {"config.conf": text + more}})


def replace(cluster: FastCluster, old: str, new: str) -> None:
    text = cluster.config_map()["data"]["config.conf"]
    assert old in text
    cluster.patch_config_map({"data": {"config.conf": text.replace(old, new)}})


class Answers:
    """What kube-proxy says on each node; played, because the fast tier runs none. ``asked`` are the ports."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, mode: str, metrics: str | None = None) -> None:
        self.asked: set[int] = set()

        def http_get(_api: KubernetesApi, _namespace: str, _pod: str, port: int, path: str) -> tuple[int, str]:
            assert path == "/proxyMode"
            self.asked.add(port)
            return 200, mode

        def ask_metrics(_api: KubernetesApi, _namespace: str, _pod: str, port: int) -> tuple[int, str]:
            self.asked.add(port)
            return (404, "") if metrics is None else (200, metrics)

        monkeypatch.setattr(KubernetesApi, "http_get", http_get)
        monkeypatch.setattr(KubernetesApi, "metrics", ask_metrics)


@pytest.mark.parametrize(
    ("more", "option"),
    [
        ("\nMode: ipvs\n", "config.Mode"),
        ("\nmadeUp: {x: 1}\n", "config.madeUp"),
        ("\nfeatureGates: {OfAVendor: true}\n", "config.featureGates.OfAVendor"),
    ],
)
def test_drift_by_mode_is_seen_where_something_else_is_refused(
    run: KubernetesRun, cluster: FastCluster, monkeypatch: pytest.MonkeyPatch, more: str, option: str
) -> None:
    configure(cluster, more)
    Answers(monkeypatch, "ipvs")
    info = run.done("kube_proxy_info", probe=True)
    assert [problem["option"] for problem in info["config_problems"]] == [option]
    assert info["mode"] == "iptables"
    assert "node node1: kube-proxy is in mode ipvs, not iptables" in info["drift"]


def test_a_dormant_section_does_not_hide_what_takes_effect(run: KubernetesRun, cluster: FastCluster) -> None:
    replace(cluster, 'scheduler: ""', "scheduler: LC")
    info = run.done("kube_proxy_info")
    assert [problem["option"] for problem in info["config_problems"]] == ["ipvs.scheduler"]
    assert (info["mode"], info["effective"]["ipvs"]["scheduler"]) == ("iptables", "LC")


def test_a_key_of_another_version_without_effect_is_no_problem(run: KubernetesRun, cluster: FastCluster) -> None:
    """Nor is it to the module that edits: kubeadm of another version, or an installer, leaves it there."""
    replace(cluster, "conntrack:\n", "conntrack:\n  max: null\n")
    configure(cluster, '\nresourceContainer: ""\n')
    assert run.done("kube_proxy_info", kube_proxy_version="1.34.1")["config_problems"] == []
    assert run.done("kube_proxy_config", mode="ipvs", kube_proxy_version="1.34.1")["changed"]


@pytest.mark.parametrize(
    ("old", "new", "option"),
    [
        ('mode: ""', "mode: false", "mode"),
        ("configSyncPeriod: 0s", "configSyncPeriod: 5", "config.configSyncPeriod"),
        ("iptables:", "iptables: 1\nx:", "iptables"),
    ],
)
def test_nothing_takes_effect_of_what_kube_proxy_cannot_decode(
    run: KubernetesRun, cluster: FastCluster, old: str, new: str, option: str
) -> None:
    replace(cluster, old, new)
    info = run.done("kube_proxy_info")
    assert option in [problem["option"] for problem in info["config_problems"]]
    assert info["config"] is not None
    assert (info["effective"], info["mode"]) == (None, None)


@pytest.mark.parametrize(
    ("address", "port"), [("0.0.0.0:9999", 9999), ("localhost:http", 10249), ("0.0.0.0:0", 10249), ("::1", 10249)]
)
def test_asks_at_the_port_of_the_metrics_and_by_default_where_that_is_none(
    run: KubernetesRun, cluster: FastCluster, monkeypatch: pytest.MonkeyPatch, address: str, port: int
) -> None:
    replace(cluster, 'metricsBindAddress: ""', f'metricsBindAddress: "{address}"')
    answers = Answers(monkeypatch, "iptables")
    assert run.done("kube_proxy_info", probe=True)["nodes"][0]["mode"] == "iptables"
    assert answers.asked == {port}


def test_a_configuration_that_cannot_be_read(run: KubernetesRun, cluster: FastCluster) -> None:
    cluster.patch_config_map({"data": {"config.conf": "mode: [\n"}})
    info = run.done("kube_proxy_info")
    assert (info["config"], info["effective"], info["mode"]) == (None, None, None)
    assert len(info["config_problems"]) == 1


def test_a_node_that_is_down(run: KubernetesRun, cluster: FastCluster) -> None:
    cluster.nodes.take_down("node2")
    info = run.done("kube_proxy_info")
    assert [node["node_ready"] for node in info["nodes"]] == [True, False, True]
    assert any("node2" in line for line in info["drift"])


def test_the_server_selects_nodes_by_their_labels(run: KubernetesRun, cluster: FastCluster) -> None:
    assert run.done("kube_proxy_info", node_selector="  ")["selected_nodes"] is None
    for selector, names in {
        "kubernetes.io/hostname=node2": ["node2"],
        "kubernetes.io/hostname notin (node2)": ["node1", "node3"],
        "pool=test": [],
    }.items():
        assert run.done("kube_proxy_info", node_selector=selector)["selected_nodes"] == names
    message = run.refused("kube_proxy_info", node_selector="pool in test")["msg"]
    assert message.startswith("Listing Nodes with pool in test")


def test_what_is_planned_for_the_mode(run: KubernetesRun, cluster: FastCluster) -> None:
    run.done("kube_proxy_config", mode="ipvs")
    assert run.done("kube_proxy_info", kube_proxy_version="1.34.1")["deprecation"] is None
    assert "1.43" in run.done("kube_proxy_info", kube_proxy_version="1.35.0")["deprecation"]


def test_metrics_are_read_only_when_asked_for(
    run: KubernetesRun, cluster: FastCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "kubeproxy_sync_proxy_rules_duration_seconds"
    text = f'{name}_bucket{{le="0.1"}} 4\n{name}_bucket{{le="+Inf"}} 4\n{name}_sum 0.2\n{name}_count 4\n'
    answers = Answers(monkeypatch, "iptables", text)
    without = run.done("kube_proxy_info")
    assert (without["services"], {node["sync"] for node in without["nodes"]}) == (None, {None})
    assert answers.asked == set()
    info = run.done("kube_proxy_info", metrics=True)
    # That of the API server itself.
    assert info["services"] == 1
    assert [node["sync"] for node in info["nodes"]] == [{"count": 4, "mean": 0.05, "p99": 0.099}] * 3
    assert answers.asked == {10249}


def test_metrics_that_cannot_be_read_are_null(
    run: KubernetesRun, cluster: FastCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    Answers(monkeypatch, "iptables")
    info = run.done("kube_proxy_info", metrics=True)
    assert {node["sync"] for node in info["nodes"]} == {None}
    assert info["drift"] == []
