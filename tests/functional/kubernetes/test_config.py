# SPDX-License-Identifier: GPL-3.0-or-later

"""kube_proxy_config against a real API server: what goes over the wire, what is refused before anything does."""

from __future__ import annotations

import typing as t

import pytest
import yaml

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.kubernetes.kubernetes_api import (
    KubernetesApi,
)
from kubernetes_bench import FastCluster

from .runs import KubernetesRun

IPVS = {"mode": "ipvs", "ipvs": {"scheduler": "lc", "sync_period": "PT1M"}}


def document(cluster: FastCluster) -> dict[str, t.Any]:
    return dict(yaml.safe_load(cluster.config_map()["data"]["config.conf"]))


def test_an_edit_is_one_put_and_the_second_run_none(run: KubernetesRun, cluster: FastCluster) -> None:
    before = cluster.config_map()
    outcome = run.done("kube_proxy_config", **IPVS)
    assert outcome["changed"]
    assert [(request.verb, request.resource) for request in cluster.audit() if request.mutating] == [
        ("update", "configmaps")
    ]
    after = cluster.config_map()
    assert document(cluster)["mode"] == "ipvs"
    assert document(cluster)["ipvs"]["scheduler"] == "lc"
    assert document(cluster)["ipvs"]["syncPeriod"] == "1m0s"
    assert after["data"]["kubeconfig.conf"] == before["data"]["kubeconfig.conf"]
    assert after["metadata"]["labels"] == before["metadata"]["labels"]
    cluster.forget_requests()
    assert not run.done("kube_proxy_config", **IPVS)["changed"]
    assert [request for request in cluster.audit() if request.mutating] == []


def test_every_field_that_was_not_requested_stays(run: KubernetesRun, cluster: FastCluster) -> None:
    before = document(cluster)
    run.done("kube_proxy_config", **IPVS)
    after = document(cluster)
    before["mode"] = "ipvs"
    before["ipvs"].update(scheduler="lc", syncPeriod="1m0s")
    assert after == before
    assert list(after) == list(before)


def test_check_mode_is_a_dry_run_with_the_same_diff(run: KubernetesRun, cluster: FastCluster) -> None:
    before = cluster.config_map()
    looked = run.done("kube_proxy_config", check=True, **IPVS)
    assert cluster.config_map() == before
    assert [(request.verb, request.resource, request.dry_run) for request in cluster.audit()][-1] == (
        "update",
        "configmaps",
        True,
    )
    done = run.done("kube_proxy_config", **IPVS)
    assert looked["changed"]
    assert looked["diff"] == done["diff"]
    assert looked["config"] == done["config"]
    assert yaml.safe_load(done["diff"]["after"]) == document(cluster)


def test_the_diff_is_the_configuration_alone(run: KubernetesRun, cluster: FastCluster) -> None:
    diff = run.done("kube_proxy_config", check=True, mode="ipvs")["diff"]
    before, after = diff["before"].splitlines(), diff["after"].splitlines()
    assert set(after) - set(before) == {"mode: ipvs"}
    assert set(before) - set(after) == {'mode: ""'}


@pytest.mark.parametrize("requested", ["60s", "1m0s", "PT60S", "PT1M", "60000ms"])
def test_durations_are_compared_by_value(run: KubernetesRun, cluster: FastCluster, requested: str) -> None:
    text = cluster.config_map()["data"]["config.conf"]
    cluster.patch_config_map({"data": {"config.conf": text.replace("configSyncPeriod: 0s", "configSyncPeriod: 60s")}})
    cluster.forget_requests()
    assert not run.done("kube_proxy_config", config={"configSyncPeriod": requested})["changed"]
    assert "configSyncPeriod: 60s" in cluster.config_map()["data"]["config.conf"]


REFUSED = [
    pytest.param({"config": {"hostnameOverrid": "x"}}, "config.hostnameOverrid", id="unknown key"),
    pytest.param({"config": {"HealthzBindAddress": "0.0.0.0:1"}}, "config.HealthzBindAddress", id="wrong case"),
    pytest.param({"config": {"Mode": "ipvs"}}, "config.Mode", id="an option in the wrong place and case"),
    pytest.param({"iptables": {"min_sync_period": "60s"}}, "iptables.min_sync_period", id="min over sync by default"),
    pytest.param({"ipvs": {"sync_period": "-5s"}}, "ipvs.sync_period", id="negative duration"),
    pytest.param({"ipvs": {"sync_period": "2562048h"}}, "ipvs.sync_period", id="overflowing duration"),
    pytest.param({"ipvs": {"exclude_cidrs": ["10.0.0.0/33"]}}, "ipvs.exclude_cidrs", id="bad CIDR"),
    pytest.param({"ipvs": {"scheduler": "LC"}}, "ipvs.scheduler", id="scheduler in the wrong case"),
    pytest.param({"mode": "userspaceX"}, "mode", id="mode no version has"),
    pytest.param({"iptables": {"masquerade_bit": 32}}, "iptables.masquerade_bit", id="bit out of range"),
]


@pytest.mark.parametrize(("options", "option"), REFUSED)
@pytest.mark.parametrize("check", [False, True])
def test_refused_before_anything_is_written(
    run: KubernetesRun, cluster: FastCluster, options: dict[str, t.Any], option: str, check: bool
) -> None:
    before = cluster.config_map()
    outcome = run.refused("kube_proxy_config", check=check, **options)
    assert any(problem["option"].startswith(option) for problem in outcome["problems"]), outcome["problems"]
    assert f"{option}" in outcome["msg"]
    assert [request for request in cluster.audit() if request.verb not in ("get", "list")] == []
    assert cluster.config_map() == before


def test_a_mode_that_the_version_lacks(run: KubernetesRun, cluster: FastCluster) -> None:
    outcome = run.refused("kube_proxy_config", mode="nftables", kube_proxy_version="1.28.3")
    (problem,) = [problem["problem"] for problem in outcome["problems"] if problem["option"] == "mode"]
    assert "1.28" in problem


def test_a_config_map_without_the_key(run: KubernetesRun, cluster: FastCluster) -> None:
    outcome = run.refused("kube_proxy_config", key="config.yaml", mode="ipvs")
    assert "has no key config.yaml (its keys: config.conf, kubeconfig.conf)" in outcome["msg"]


def test_a_daemon_set_that_does_not_read_it(run: KubernetesRun, cluster: FastCluster) -> None:
    container = cluster.daemon_set()["spec"]["template"]["spec"]["containers"][0]
    container["command"] = ["/usr/local/bin/kube-proxy", "--proxy-mode=iptables"]
    cluster.patch_daemon_set({"spec": {"template": {"spec": {"containers": [container]}}}})
    outcome = run.refused("kube_proxy_config", mode="ipvs")
    assert "DaemonSet kube-system/kube-proxy starts no container with --config" in outcome["msg"]


def test_a_cluster_without_kube_proxy(run: KubernetesRun) -> None:
    outcome = run.refused("kube_proxy_config", config_map="none", mode="ipvs")
    assert outcome["msg"].startswith("config_map: Reading ConfigMap kube-system/none: the API server answered 404")


def test_a_misspelt_key_that_is_there_already_is_refused_and_can_be_removed(
    run: KubernetesRun, cluster: FastCluster
) -> None:
    text = cluster.config_map()["data"]["config.conf"]
    cluster.patch_config_map({"data": {"config.conf": text + "\nMode: ipvs\n"}})
    assert "config.Mode" in run.refused("kube_proxy_config", mode="iptables")["msg"]
    run.done("kube_proxy_config", mode="iptables", config={"Mode": None})
    assert "Mode" not in document(cluster)


def test_a_key_of_another_version_does_not_stand_in_the_way_and_can_be_removed(
    run: KubernetesRun, cluster: FastCluster
) -> None:
    """An image of another version than kubeadm's, which wrote every key that its own version knows."""
    text = cluster.config_map()["data"]["config.conf"].rstrip()
    # A new kubeadm wrote its section nftables itself.
    keys = {"nftables": "null", "windowsRunAsService": "false"}
    added = [f"{key}: {value}" for key, value in keys.items() if key not in document(cluster)]
    cluster.patch_config_map({"data": {"config.conf": "\n".join([text, *added, ""])}})
    run.done("kube_proxy_config", mode="iptables", kube_proxy_version="1.28.1")
    assert document(cluster)["windowsRunAsService"] is False
    removal = {"config": {"windowsRunAsService": None, "nftables": None}, "kube_proxy_version": "1.28.1"}
    assert run.done("kube_proxy_config", **removal)["changed"]
    assert not {"windowsRunAsService", "nftables"} & set(document(cluster))
    assert not run.done("kube_proxy_config", **removal)["changed"]


def test_a_gate_that_no_kubernetes_has_is_kept_with_a_warning(run: KubernetesRun, cluster: FastCluster) -> None:
    text = cluster.config_map()["data"]["config.conf"]
    cluster.patch_config_map({"data": {"config.conf": text.rstrip() + "\nfeatureGates: {OfAVendor: true}\n"}})
    outcome = run.done("kube_proxy_config", mode="iptables")
    assert document(cluster)["featureGates"] == {"OfAVendor": True}
    assert "config.featureGates.OfAVendor" in "".join(outcome.warnings)
    requested = run.refused("kube_proxy_config", config={"featureGates": {"OfAVendor": False}})
    assert "config.featureGates.OfAVendor" in requested["msg"]


def test_a_section_is_replaced_and_the_others_stay(run: KubernetesRun, cluster: FastCluster) -> None:
    run.done("kube_proxy_config", ipvs={"scheduler": "lc", "strict_arp": True}, iptables={"masquerade_all": True})
    outcome = run.done("kube_proxy_config", ipvs={"sync_period": "45s"}, strategy="replace")
    assert outcome["effective"]["ipvs"]["strictARP"] is False
    assert outcome["effective"]["ipvs"]["scheduler"] in ("", "rr")
    assert outcome["effective"]["ipvs"]["syncPeriod"] == "45s"
    assert outcome["effective"]["iptables"]["masqueradeAll"] is True


def test_somebody_else_who_writes_in_between_is_not_overwritten(
    run: KubernetesRun, cluster: FastCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = KubernetesApi.replace_config_map
    others = ["configSyncPeriod: 5m0s", "configSyncPeriod: 6m0s"]

    def late(self: KubernetesApi, body: dict[str, t.Any], *, dry_run: bool) -> dict[str, t.Any]:
        if others:
            text = cluster.config_map()["data"]["config.conf"].splitlines()
            lines = [others[0] if line.startswith("configSyncPeriod:") else line for line in text]
            cluster.patch_config_map({"data": {"config.conf": "\n".join(lines)}})
            others.pop(0)
        return put(self, body, dry_run=dry_run)

    monkeypatch.setattr(KubernetesApi, "replace_config_map", late)
    run.done("kube_proxy_config", **IPVS)
    assert document(cluster)["configSyncPeriod"] == "6m0s"
    assert document(cluster)["ipvs"]["scheduler"] == "lc"
    statuses = [request.status for request in cluster.audit() if request.verb == "update"]
    assert statuses == [409, 409, 200]


def test_conflicting_writes_end_after_some_attempts(
    run: KubernetesRun, cluster: FastCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = KubernetesApi.replace_config_map

    def late(self: KubernetesApi, body: dict[str, t.Any], *, dry_run: bool) -> dict[str, t.Any]:
        cluster.patch_config_map({"metadata": {"annotations": {"conflict": body["metadata"]["resourceVersion"]}}})
        return put(self, body, dry_run=dry_run)

    monkeypatch.setattr(KubernetesApi, "replace_config_map", late)
    outcome = run("kube_proxy_config", **IPVS)
    assert "was changed by somebody else 5 times in a row" in outcome["msg"]
    assert document(cluster)["mode"] == ""


def test_a_token_that_is_not_accepted_is_said_and_not_shown(run: KubernetesRun, cluster: FastCluster) -> None:
    token = "very-secret-token-1234567890"
    server = run.server
    outcome = run.bare("kube_proxy_config", host=server, api_key=token, validate_certs=False, mode="ipvs")
    assert "answered 401 Unauthorized" in outcome["msg"]
    assert token not in outcome.text


def test_a_server_that_is_not_there(run: KubernetesRun) -> None:
    outcome = run.bare("kube_proxy_config", host="https://127.0.0.1:1", api_key="x", mode="ipvs", timeout=2)
    assert "the API server https://127.0.0.1:1 gave no answer" in outcome["msg"]
    assert "Connection refused" in outcome["msg"]


def test_nothing_says_which_cluster(run: KubernetesRun, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = run.bare("kube_proxy_config", mode="ipvs")
    assert outcome["msg"].startswith("No cluster is configured: set kubeconfig")
    assert outcome["option"] == "kubeconfig"


def test_the_environment_says_which_cluster(run: KubernetesRun, cluster: FastCluster, monkeypatch: t.Any) -> None:
    monkeypatch.setenv("K8S_AUTH_KUBECONFIG", str(cluster.kubeconfig))
    assert not run.bare("kube_proxy_config", kubeconfig="").failed


def test_a_context_that_is_not_there(run: KubernetesRun) -> None:
    outcome = run("kube_proxy_config", context="elsewhere", mode="ipvs")
    assert outcome.failed
    assert "elsewhere" in outcome["msg"]
