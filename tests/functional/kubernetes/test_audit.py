# SPDX-License-Identifier: GPL-3.0-or-later

"""The record of a self-hosted cluster from what the modules really return, against a real API server."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell import audit_results
from kubernetes_bench import FastCluster

from .runs import KubernetesRun

REQUEST: dict[str, t.Any] = {"settings": {"name": "cellar", "api_host": "localhost"}}


def audited(run: KubernetesRun, cluster: FastCluster, **desired: t.Any) -> dict[str, t.Any]:
    """With this desired configuration."""
    found = run.done("kube_proxy_info")
    cluster.forget_requests()
    planned = run.done("kube_proxy_config", check=True, **desired)
    results = {"found": found.result, "planned": planned.result}
    return audit_results.audit_self_hosted(results, REQUEST, "", [], {})


@pytest.mark.parametrize(
    "desired",
    [{"mode": "iptables"}, {"iptables": {"sync_period": "PT30S"}}, {"conntrack": {"min": None}}, {"mode": ""}],
)
def test_what_is_as_desired_does_not_drift(run: KubernetesRun, cluster: FastCluster, desired: dict[str, t.Any]) -> None:
    run.done("kube_proxy_config", mode="iptables", iptables={"sync_period": "30s"})
    run.done("kube_proxy_rollout")
    one = audited(run, cluster, **desired)
    assert (one["state"], one["drift"], one["differences"]) == ("in_order", [], [])


def test_drift_is_told_setting_by_setting(run: KubernetesRun, cluster: FastCluster) -> None:
    before = cluster.config_map()
    one = audited(run, cluster, mode="ipvs", ipvs={"scheduler": "lc", "sync_period": "1m"})
    assert [(each["option"], each["desired"]) for each in one["differences"]] == [
        ("ipvs.scheduler", "lc"),
        ("ipvs.sync_period", "1m0s"),
        ("mode", "ipvs"),
    ]
    assert (one["state"], one["mode"], one["desired_mode"]) == ("drifted", "iptables", "ipvs")
    assert [each["kind"] for each in one["recommendations"]][:2] == ["change_mode", "apply"]
    assert [node["name"] for node in one["nodes"]] == ["node1", "node2", "node3"]
    assert cluster.config_map() == before
