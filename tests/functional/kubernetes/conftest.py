# SPDX-License-Identifier: GPL-3.0-or-later

"""A real API server, with controllers and played nodes, for every worker of the tests in this folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kubernetes_bench import FastCluster
from kubernetes_bench.fixtures import cluster, shared_cluster

from .runs import KubernetesRun

__all__ = ["cluster", "shared_cluster"]


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
