# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line, and the fast cluster as a process with its control API."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import typing as t
from pathlib import Path

import httpx
import pytest

from kubernetes_bench.control import Control

if t.TYPE_CHECKING:
    from kubernetes_bench import FastCluster

PROGRAM = [sys.executable, str(Path(__file__).resolve().parents[1] / "kubernetes_bench")]


@pytest.fixture
def control(cluster: FastCluster) -> t.Iterator[httpx.Client]:
    with Control(cluster) as running, httpx.Client(base_url=running.url, timeout=60, trust_env=False) as client:
        yield client


def test_requests_are_handed_out_and_forgotten(cluster: FastCluster, control: httpx.Client) -> None:
    path = "/api/v1/namespaces/kube-system/configmaps/kube-proxy"
    cluster.api.get(path, headers={"User-Agent": "somebody"})
    (request,) = control.request("DELETE", "/requests").json()
    assert (request["verb"], request["name"], request["mutating"]) == ("get", "kube-proxy", False)
    assert control.get("/requests").json() == []


def test_a_fault_by_configuration(cluster: FastCluster, control: httpx.Client) -> None:
    control.patch("/faults", json={"crash": {"configuration": "mode: ipvs", "message": "no module"}})
    assert cluster.faults.crash is not None
    assert [cluster.faults.crash({}, f"mode: {mode}") for mode in ("ipvs", "iptables")] == ["no module", None]
    control.patch("/faults", json={"crash": None, "image_error": "no image", "start_seconds": 2})
    assert cluster.faults.crash is None
    assert cluster.faults.image_error is not None
    assert (cluster.faults.image_error({}), cluster.faults.start_seconds) == ("no image", 2.0)
    assert control.post("/reset").status_code == 200
    assert cluster.faults.image_error is None


def test_the_objects_and_the_nodes(cluster: FastCluster, control: httpx.Client) -> None:
    control.patch("/config_map", json={"data": {"other": "text"}})
    control.patch("/daemon_set", json={"metadata": {"labels": {"other": "text"}}})
    state = control.get("/state").json()
    assert state["config_map"]["data"]["other"] == "text"
    assert state["daemon_set"]["metadata"]["labels"]["other"] == "text"
    assert [pod["spec"]["nodeName"] for pod in state["pods"]] == sorted(state["running_configuration"])
    control.patch("/nodes", json={"node2": False})
    cluster.wait(lambda: cluster.daemon_set()["status"]["numberReady"] == 2, "the controller to notice")
    control.patch("/nodes", json={"node2": True})
    cluster.wait_until_rolled()


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "says"),
    [
        ("GET", "/elsewhere", None, 404, "No call GET /elsewhere"),
        ("PATCH", "/faults", {"typo": 1}, 400, "There is no fault typo"),
        ("PATCH", "/faults", {"crash": {}}, 400, "message"),
        ("PATCH", "/nodes", {"node9": False}, 400, "No node node9"),
        ("PATCH", "/config_map", {"data": 5}, 400, "PATCH"),
    ],
)
def test_calls_that_cannot_be_done(
    control: httpx.Client, method: str, path: str, body: t.Any, status: int, says: str
) -> None:
    answer = control.request(method, path, json=body)
    assert answer.status_code == status
    assert says in answer.json()["error"]


def test_without_programs_it_can_be_asked_for_them(tmp_path: Path) -> None:
    environment = {**os.environ, "KUBE_PROXY_BENCH_CACHE": str(tmp_path)}
    environment.pop("KUBEBUILDER_ASSETS", None)
    done = subprocess.run(
        [*PROGRAM, "assets", "--find"], check=False, env=environment, capture_output=True, encoding="utf-8"
    )
    assert (done.returncode, done.stdout) == (77, "")
    assert "set KUBEBUILDER_ASSETS" in done.stderr


@pytest.mark.usefixtures("shared_cluster")
def test_the_process_says_when_it_is_ready_and_ends_in_good_order(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    command = [*PROGRAM, "fast", "--nodes", "1", "--exit-with-parent", "--ready-file", str(ready)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as process:
        assert process.stdout is not None
        facts = json.loads(process.stdout.readline())
        assert json.loads(ready.read_text(encoding="utf-8")) == facts
        assert facts["pid"] == process.pid
        assert facts["nodes"] == ["node1"]
        assert httpx.get(f"{facts['control']}/requests", trust_env=False).json() == []
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert not Path(facts["kubeconfig"]).exists()
