# SPDX-License-Identifier: GPL-3.0-or-later

"""``make bench``: requests and wall time of runs that have nothing to change, against the simulated API.

Uses ansible-playbook, the modules and the simulator's process, like a user. Prints tables and judges nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import typing as t
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = "clusterops.kube_proxy"
LATENCY = 0.05
CLUSTERS = (1, 10, 50)
IPVS = {"scheduler": "lc", "sync_period": "PT1M"}
KUBE_PROXY = {"ipvs": {"scheduler": "lc", "syncPeriod": "PT1M"}}


class Bench:
    def __init__(self, work: Path, api: dict[str, t.Any], runs: int) -> None:
        self._work = work
        self._api = api
        self._runs = runs
        credentials = api["credentials"]
        collection = work / "ansible_collections" / "clusterops" / "kube_proxy"
        collection.parent.mkdir(parents=True)
        collection.symlink_to(ROOT, target_is_directory=True)
        defaults = f"[defaults]\nhome = {work}/.ansible\ncollections_path = {work}\n"
        (work / "ansible.cfg").write_text(defaults, encoding="utf-8")
        self._environment = {
            **{key: value for key, value in os.environ.items() if not re.match("ANSIBLE_|OVH_|no_proxy$", key)},
            # A proxy cannot reach this machine's loopback.
            "NO_PROXY": "127.0.0.1",
            "ANSIBLE_CONFIG": str(work / "ansible.cfg"),
            "OVH_ENDPOINT": api["url"],
            "OVH_APPLICATION_KEY": credentials["application_key"],
            "OVH_APPLICATION_SECRET": credentials["application_secret"],
            "OVH_CONSUMER_KEY": credentials["consumer_key"],
            "OVH_CLOUD_PROJECT_SERVICE": api["service_name"],
        }

    def requests(self) -> None:
        """What a run that changes nothing costs of OVHcloud's request quota."""
        rows = []
        for count in CLUSTERS:
            kube_id = self._have_clusters(count)
            for how, address in (("kube_id", {"kube_id": kube_id}), ("name", {"name": "cluster-0"})):
                self._call("DELETE", "requests")
                self._playbook(customization(address))
                rows.append([how, str(count), *map(str, self._count())])
        titles = ("by", "clusters", "signed GET", "unsigned", "other")
        table("Requests of kube_proxy_customization with nothing to change", titles, rows)

    def overhead(self) -> None:
        """Wall time of one task, as the difference to a play without it."""
        kube_id = self._have_clusters(1)
        plays = {
            "ansible.builtin.debug": {"ansible.builtin.debug": {"msg": ""}},
            "ansible.builtin.ping": {"ansible.builtin.ping": {}},
            "kube_cluster_info": {f"{COLLECTION}.kube_cluster_info": {"kube_id": kube_id}},
            "kube_proxy_customization": customization({"kube_id": kube_id}),
        }
        times: dict[str, list[float]] = {name: [] for name in plays}
        # In turns, so that a machine that gets busy slows all alike.
        for _run in range(self._runs):
            for name, task in plays.items():
                times[name].append(self._playbook(task))
        floor = statistics.median(times["ansible.builtin.ping"])
        rows = [
            [name, f"{statistics.median(values):.2f}", f"{statistics.median(values) - floor:+.2f}"]
            for name, values in times.items()
        ]
        table(f"ansible-playbook with one task, median of {self._runs} [s]", ("task", "total", "to ping"), rows)

    def information(self) -> None:
        """How reading a project grows with its clusters when the API is as far away as it is."""
        rows = []
        for count in CLUSTERS:
            self._have_clusters(count)
            task = {f"{COLLECTION}.kube_cluster_info": {}}
            near, far = [], []
            for _run in range(self._runs):
                near.append(self._playbook(task))
                self._call("POST", "faults", {"kind": "delay", "seconds": LATENCY, "times": -1})
                far.append(self._playbook(task))
                self._call("DELETE", "faults")
            medians = statistics.median(near), statistics.median(far)
            rows.append([str(count), *(f"{value:.2f}" for value in medians), f"{medians[1] - medians[0]:+.2f}"])
        delayed = f"{LATENCY * 1000:.0f} ms each"
        title = f"kube_cluster_info of a whole project, median of {self._runs} [s]"
        table(title, ("clusters", "no latency", delayed, "difference"), rows)

    def _have_clusters(self, count: int) -> str:
        """Only these; the answer is the id of ``cluster-0``."""
        self._call("POST", "reset")
        added = [
            self._call(
                "POST",
                "clusters",
                {"name": f"cluster-{number}", "kubeProxyMode": "ipvs", "customization": {"kubeProxy": KUBE_PROXY}},
            )
            for number in range(count)
        ]
        return str(added[0]["id"])

    def _playbook(self, task: dict[str, t.Any]) -> float:
        """Seconds of a play of this one task, which must not change anything."""
        play = {"hosts": "localhost", "gather_facts": False, "tasks": [{"name": "Measured", **task}]}
        path = self._work / "play.json"
        path.write_text(json.dumps([play]), encoding="utf-8")
        command = [str(Path(sys.executable).parent / "ansible-playbook"), str(path)]
        started = time.monotonic()
        result = subprocess.run(
            command,
            check=False,
            cwd=self._work,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        seconds = time.monotonic() - started
        if result.returncode or "changed=0" not in result.stdout:
            sys.exit(f"{result.stdout}{result.stderr}\nThe measured task failed, or changed something")
        return seconds

    def _count(self) -> tuple[int, int, int]:
        """Signed GETs, requests without a signature (the API's clock), anything else."""
        signed = unsigned = other = 0
        for request in self._call("GET", "requests"):
            if "x-ovh-signature" not in request["headers"]:
                unsigned += 1
            elif request["method"] == "GET":
                signed += 1
            else:
                other += 1
        return signed, unsigned, other

    def _call(self, method: str, path: str, body: t.Any = None) -> t.Any:
        answer = httpx.request(method, f"{self._api['control']}/{path}", json=body, trust_env=False).raise_for_status()
        return answer.json() if answer.content else None


def customization(address: dict[str, str]) -> dict[str, t.Any]:
    return {f"{COLLECTION}.kube_proxy_customization": {**address, "kube_proxy": {"ipvs": IPVS}}}


def table(title: str, titles: t.Sequence[str], rows: list[list[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(titles, *rows, strict=True)]
    print(f"\n{title}\n")
    for row in (titles, ["-" * width for width in widths], *rows):
        first, *others = zip(row, widths, strict=True)
        cells = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]
        print("  " + "  ".join(cells), flush=True)


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


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the collection against the simulated API")
    parser.add_argument("--runs", type=int, default=5, help="runs of which the median is taken")
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory(prefix="kube-proxy-bench-") as name:
        work = Path(name).resolve()
        with simulator(work) as api:
            bench = Bench(work, api, runs)
            bench.requests()
            bench.overhead()
            bench.information()


if __name__ == "__main__":
    main()
