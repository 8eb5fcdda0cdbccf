# SPDX-License-Identifier: GPL-3.0-or-later

"""A real API server, with controllers and played nodes, for every worker of the tests in this folder."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

import pytest

from kubernetes_bench import FastCluster
from kubernetes_bench.fixtures import cluster, shared_cluster

from .migrations import Cluster
from .runs import KubernetesRun, Make

__all__ = ["cluster", "shared_cluster"]

ACCOUNTS = "/api/v1/namespaces/kube-system/serviceaccounts"
RBAC = "/apis/rbac.authorization.k8s.io/v1"


@pytest.fixture
def run(
    cluster: FastCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> KubernetesRun:
    """Runs modules on the cluster, in an environment that says nothing about any other."""
    for name in list(os.environ):
        if name.startswith("K8S_AUTH_") or name == "KUBECONFIG" or name.upper().endswith("_PROXY"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    return KubernetesRun(cluster, monkeypatch, capsys)


@pytest.fixture
def make(cluster: FastCluster) -> t.Iterator[Make]:
    """Makes an object and returns it as the server has it; it is gone after the test."""
    made: list[str] = []

    def post(path: str, body: dict[str, t.Any]) -> dict[str, t.Any]:
        answer = cluster.api.post(path, json=body)
        assert answer.status_code == 201, answer.text
        made.append(f"{path}/{body['metadata']['name']}")
        return dict(answer.json())

    yield post
    for path in reversed(made):
        # Nothing in this cluster takes those of volumes away.
        cluster.patch(path, {"metadata": {"finalizers": None}})
        assert cluster.api.delete(path).status_code in (200, 202, 404)
        cluster.wait(lambda path=path: cluster.api.get(path).status_code == 404, f"{path} to go")


@pytest.fixture
def account(cluster: FastCluster, make: Make) -> t.Callable[[list[dict[str, t.Any]]], str]:
    """Makes an account of the cluster with these rules and no others; returns its token."""

    def with_rules(rules: list[dict[str, t.Any]]) -> str:
        name = {"metadata": {"name": "limited"}}
        make(ACCOUNTS, name)
        make(f"{RBAC}/clusterroles", {**name, "rules": rules})
        subject = {"kind": "ServiceAccount", "namespace": "kube-system", "name": "limited"}
        role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "limited"}
        make(f"{RBAC}/clusterrolebindings", {**name, "roleRef": role, "subjects": [subject]})
        answer = cluster.api.post(f"{ACCOUNTS}/limited/token", json={"spec": {}})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["status"]["token"])

    return with_rules


@pytest.fixture
def state(cluster: FastCluster) -> Cluster:
    """What a migration must leave as it is; pods take a moment to end."""
    cluster.faults.stop_seconds = 0.3
    return Cluster(cluster)
