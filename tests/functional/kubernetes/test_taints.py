# SPDX-License-Identifier: GPL-3.0-or-later

"""Nodes with a taint that kube-proxy's DaemonSet does not tolerate, and with a pod from before the taint.

The controller leaves that pod alone, and starts no other when it has ended.
"""

from __future__ import annotations

import typing as t

import pytest

from kubernetes_bench import FastCluster

from .migrations import MODULE, Cluster
from .runs import KubernetesRun

NODE = "/api/v1/nodes/node2"
TAINT = {"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}
SAID = "does not tolerate taints of the nodes node2 (taint dedicated=gpu:NoSchedule)"


def taint(cluster: FastCluster, taints: list[t.Any] | None) -> None:
    cluster.patch(NODE, {"spec": {"taints": taints}})


@pytest.fixture
def tainted(cluster: FastCluster) -> t.Iterator[FastCluster]:
    """The second node has its kube-proxy, and could not get it again."""
    cluster.patch_daemon_set({"spec": {"template": {"spec": {"tolerations": None}}}})
    cluster.wait_until_rolled()
    taint(cluster, [TAINT])
    yield cluster
    taint(cluster, None)


def names(cluster: FastCluster) -> dict[str, str]:
    return {pod["spec"]["nodeName"]: pod["metadata"]["name"] for pod in cluster.pods()}


def test_a_rollout_takes_no_kube_proxy_that_would_not_come_back(run: KubernetesRun, tainted: FastCluster) -> None:
    before = names(tainted)
    run.done("kube_proxy_config", config={"configSyncPeriod": "60s"})
    for check in (True, False):
        assert SAID in run.refused("kube_proxy_rollout", check=check, ignore_nodes=["node2"])["msg"]
    assert names(tainted) == before
    taint(tainted, None)
    run.done("kube_proxy_rollout")
    assert set(names(tainted)) == set(before)


def test_nor_does_a_migration(run: KubernetesRun, tainted: FastCluster, state: Cluster) -> None:
    plan = run.done("kube_proxy_info", migrate_to=state.desired, kube_proxy_version="1.34.9")["migration_plan"]
    blocking = [finding["subject"] for finding in plan["findings"] if finding["kind"] == "blocking"]
    assert blocking == ["node node2 (taint dedicated=gpu:NoSchedule)"]
    before = names(tainted)
    run.done(MODULE, state="begun", mode=state.desired)
    assert SAID in run.refused(MODULE, state="moved", nodes=["node1", "node2"])["msg"]
    assert names(tainted) == before
    run.done(MODULE, state="moved", nodes=["node1"])
    taint(tainted, None)
    run.done(MODULE, state="moved", nodes=["node2", "node3"])
    taint(tainted, [TAINT])
    moved = names(tainted)
    for step in ({"state": "returned", "nodes": ["node2"]}, {"state": "finished"}, {"state": "absent"}):
        assert SAID in run.refused(MODULE, **step)["msg"]
    assert names(tainted) == moved
    taint(tainted, None)
    run.done(MODULE, state="finished")
    assert set(names(tainted)) == set(before)


def test_a_quota_that_the_pod_which_tries_the_image_does_not_keep(
    run: KubernetesRun, cluster: FastCluster, state: Cluster
) -> None:
    """It says nothing of kube-proxy's own pods, which have limits where a quota asks for them."""
    quota = "/api/v1/namespaces/kube-system/resourcequotas/of-the-test"
    [container] = cluster.daemon_set()["spec"]["template"]["spec"]["containers"]
    limits = {"limits.cpu": "100"}
    container["resources"] = {"limits": {"cpu": "1"}}
    cluster.patch_daemon_set({"spec": {"template": {"spec": {"containers": [container]}}}})
    cluster.wait_until_rolled()
    asked = {"metadata": {"name": "of-the-test"}, "spec": {"hard": limits}}
    assert cluster.api.post(quota.rpartition("/")[0], json=asked).status_code == 201
    try:
        # What the controller of quotas does, which does not run here.
        cluster.patch(f"{quota}/status", {"status": {"hard": limits, "used": {"limits.cpu": "3"}}})
        run.done(MODULE, state="begun", mode=state.desired)
        moved = run.done(MODULE, state="moved", nodes=["node2"])
        [warning] = [text for text in moved.warnings if "could not be tried" in text]
        assert "must specify limits.cpu" in warning
        run.done(MODULE, state="absent")
    finally:
        cluster.api.delete(quota)
