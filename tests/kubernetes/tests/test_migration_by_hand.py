# SPDX-License-Identifier: GPL-3.0-or-later

"""The ways by hand of the migration bench, with kubectl against a real API server: they change the mode."""

from __future__ import annotations

import os
import subprocess
import typing as t

import pytest

from migration_bench.ways import commands

if t.TYPE_CHECKING:
    from kubernetes_bench import FastCluster


@pytest.mark.parametrize("way", ["restart", "delete", "kubespray"])
def test_every_node_runs_the_new_mode(cluster: FastCluster, way: str) -> None:
    folder = cluster.programs.folder
    if not (folder / "kubectl").exists():
        pytest.skip(f"{folder} does not hold kubectl")
    environment = {
        **os.environ,
        "KUBECONFIG": str(cluster.kubeconfig),
        "PATH": os.pathsep.join([str(folder), os.environ["PATH"]]),
    }
    for line in commands(way, "ipvs", ""):
        subprocess.run(["bash", "-euo", "pipefail", "-c", line], check=True, env=environment)
    cluster.wait(
        lambda: all("\nmode: ipvs\n" in text for text in cluster.nodes.running_configuration().values()),
        "every node to run mode ipvs",
    )
