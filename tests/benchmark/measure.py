# SPDX-License-Identifier: GPL-3.0-or-later

"""One run of one way: wall time, processor time and memory of its processes, and the requests that the API got."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import re
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import httpx

from .ways import IN_THE_API, Way

ROOT = Path(__file__).resolve().parents[2]
FOREIGN = re.compile("ANSIBLE_|OVH_|no_proxy$", re.IGNORECASE)


@dataclasses.dataclass(frozen=True)
class Setting:
    #: Seconds that the API takes for each answer.
    latency: float
    clusters: int
    forks: int


@dataclasses.dataclass(frozen=True)
class Measured:
    way: str
    latency: float
    clusters: int
    forks: int
    #: Seconds.
    wall: float
    #: Seconds of all processes, user and system.
    cpu: float
    #: MiB of the largest process.
    memory: float
    #: Authenticated ones.
    requests: int


class Bench:
    """Runs ways against the simulator, which is a process of its own, like a user would."""

    def __init__(self, work: Path, api: dict[str, t.Any]) -> None:
        self._work = work
        self._api = {**api, "token": api["credentials"]["access_token"]}
        self._ids: list[str] = []
        collection = work / "ansible_collections" / "clusterops" / "kube_proxy"
        collection.parent.mkdir(parents=True)
        collection.symlink_to(ROOT, target_is_directory=True)
        self._environment = {
            **{key: value for key, value in os.environ.items() if not FOREIGN.match(key)},
            # A proxy cannot reach this machine's loopback.
            "NO_PROXY": "127.0.0.1",
            "ANSIBLE_HOME": str(work / "home"),
            "ANSIBLE_COLLECTIONS_PATH": str(work),
            "ANSIBLE_INVENTORY_ENABLED": "yaml",
            "OVH_ENDPOINT": api["url"],
            "OVH_ACCESS_TOKEN": self._api["token"],
            "OVH_CLOUD_PROJECT_SERVICE": api["service_name"],
        }

    def measure(self, way: Way, setting: Setting) -> Measured:
        self._have(setting.clusters)
        self._call("DELETE", "faults")
        if setting.latency:
            self._call("POST", "faults", {"kind": "delay", "seconds": setting.latency, "times": -1})
        self._call("DELETE", "requests")
        wall, usage = self._run(*self._command(way, setting))
        self._call("DELETE", "faults")
        requests = [request for request in self._call("GET", "requests") if "authorization" in request["headers"]]
        return Measured(
            way.name,
            setting.latency,
            setting.clusters,
            setting.forks,
            round(wall, 3),
            round(usage.ru_utime + usage.ru_stime, 3),
            round(usage.ru_maxrss / 1024, 1),
            len(requests),
        )

    def _command(self, way: Way, setting: Setting) -> tuple[list[str], str]:
        if way.task is None:
            program = str(Path(__file__).parent / "floor.py")
            prefix = f"{self._api['url']}/cloud/project/{self._api['service_name']}/kube"
            urls = [f"{prefix}/{kube_id}" for kube_id in self._ids]
            return [sys.executable, program, str(setting.forks)], json.dumps(
                {"token": self._api["token"], "urls": urls}
            )
        hosts = {f"cluster-{number}": {"kube_id": kube_id} for number, kube_id in enumerate(self._ids)}
        variables = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        inventory, play = self._work / "hosts.json", self._work / "play.json"
        inventory.write_text(json.dumps({"all": {"hosts": hosts, "vars": variables}}), encoding="utf-8")
        tasks = [{"name": "Measured", **way.task(self._api)}]
        play.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
        command = [sys.executable, "-m", "ansible", "playbook", "--inventory", str(inventory)]
        return [*command, "--forks", str(setting.forks), str(play)], ""

    def _run(self, command: list[str], given: str) -> tuple[float, t.Any]:
        output = self._work / "output"
        (self._work / "given").write_text(given, encoding="utf-8")
        with (self._work / "given").open("rb") as stdin, output.open("wb") as stdout:
            started = time.monotonic()
            process = subprocess.Popen(
                command, cwd=self._work, env=self._environment, stdin=stdin, stdout=stdout, stderr=subprocess.STDOUT
            )
            # With it come the times of every process that it has started and waited for.
            _pid, status, usage = os.wait4(process.pid, 0)
            wall = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        text = output.read_text(encoding="utf-8")
        if process.returncode or re.search(r"changed=[1-9]", text):
            sys.exit(f"{text[-4000:]}\nWhat is measured failed, or changed something")
        return wall, usage

    def _have(self, count: int) -> None:
        if len(self._ids) == count:
            return
        self._call("DELETE", "faults")
        self._call("POST", "reset")
        self._ids = [
            str(
                self._call(
                    "POST",
                    "clusters",
                    {
                        "name": f"cluster-{number}",
                        "kubeProxyMode": "ipvs",
                        "customization": {"kubeProxy": IN_THE_API},
                    },
                )["id"]
            )
            for number in range(count)
        ]

    def _call(self, method: str, path: str, body: t.Any = None) -> t.Any:
        url = f"{self._api['control']}/{path}"
        answer = httpx.request(method, url, json=body, trust_env=False, timeout=60).raise_for_status()
        return answer.json() if answer.content else None


@contextlib.contextmanager
def simulator(work: Path) -> t.Iterator[dict[str, t.Any]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "ovh_simulator", "--exit-with-parent"],
        env={**os.environ, "PYTHONPATH": str(ROOT / "tests" / "simulator")},
        cwd=work,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            sys.exit("The simulated API did not start")
        yield json.loads(line)
    finally:
        process.terminate()
        process.wait()
