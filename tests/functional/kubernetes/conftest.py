# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real API server, with controllers and played nodes, for every worker of the tests in this folder."""

from __future__ import annotations

import os
import sys
import typing as t
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "kubernetes"))

from kubernetes_bench import FastCluster, MissingProgramsError

from .runs import KubernetesRun


@pytest.fixture(scope="session")
def _shared_cluster() -> t.Iterator[FastCluster]:
    try:
        cluster = FastCluster()
    except MissingProgramsError as error:
        pytest.skip(str(error))
    with cluster:
        yield cluster


@pytest.fixture
def cluster(_shared_cluster: FastCluster) -> FastCluster:
    """Three healthy nodes with kube-proxy as kubeadm installs it, nothing recorded."""
    _shared_cluster.reset()
    return _shared_cluster


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
