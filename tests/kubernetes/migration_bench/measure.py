# SPDX-License-Identifier: GPL-3.0-or-later

"""One change of the mode, measured: a clean beginning, the probe, the change, and what is there afterwards."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
import typing as t
from dataclasses import asdict, dataclass, field
from pathlib import Path

from kubernetes_bench import host
from kubernetes_bench.errors import BenchError

from . import nodes as bench_nodes
from . import ways
from .leftovers import leftovers
from .nodes import Node, wait
from .services import MEASURED, UNREADY, Services
from .table import INTERVAL, Measurement, left

_PLAYBOOKS = Path(__file__).resolve().parent / "playbooks"
#: Seconds that are measured before the change, and after every node answers in its new mode.
_BEFORE, _AFTER = 5.0, 15.0
#: Seconds in which kube-proxy has to learn of endpoints.
_NEWS = 30.0
#: Lines of a command's output that an error repeats.
_LAST_LINES = 12


@dataclass(frozen=True)
class Bench:
    """A bench that runs, seen from inside its network, and where results go."""

    state: Path
    version: str
    nodes: t.Sequence[Node]
    services: Services
    results: Path
    #: of the measurements so far
    ways: list[str] = field(default_factory=list)

    def mode(self) -> str:
        """The mode of all nodes; empty if they do not agree."""
        modes = {node.mode() for node in self.nodes}
        return modes.pop() if len(modes) == 1 else ""

    def disconnect(self) -> None:
        for node in self.nodes:
            node.disconnect()


def measure(bench: Bench, direction: ways.Direction, way: str) -> Measurement:
    """What fails is told in the result: the next measurement begins anew anyway."""
    found: Measurement = {**direction._asdict(), "way": way, "seconds": 0.0, "error": None, "nodes": {}}
    name = f"{direction.file_name}.{way}"
    probing = False
    try:
        _begin(bench, direction.former, way)
        _play(bench, "probe_start", measured=_measured())
        probing = True
        time.sleep(_BEFORE)
        started = time.monotonic()
        _shell(bench, ways.commands(way, direction.mode, str(bench.state / "inventory.yml")), f"{name}.log")
        _wait_until_serving(bench, direction.mode)
        found["seconds"] = round(time.monotonic() - started, 1)
        time.sleep(_AFTER)
        probing = False
        probes = _stop(bench, f"{direction.former} → {direction.mode}: {ways.WAYS[way][0]}", f"{name}.html")
        for node in bench.nodes:
            left_there = leftovers(_kept(bench, node, name), direction.mode)
            found["nodes"][node.name] = {"probe": probes[node.name], "leftovers": asdict(left_there)}
        for node_name, answers in _answers_of_unready(bench).items():
            found["nodes"][node_name]["unready"] = answers
    except BenchError as error:
        found["error"] = str(error)
        host.say(f"{name}: {error}")
        if probing:
            with contextlib.suppress(BenchError):
                _stop(bench, f"{direction}: failed", f"{name}.html")
        with contextlib.suppress(BenchError):
            abandon(bench)
    return found


def abandon(bench: Bench) -> None:
    """A migration that was not finished lets nobody else change the mode."""
    _play(bench, "abandon")


def _measured() -> dict[str, t.Any]:
    return {"cluster_ip": MEASURED.address, "node_port": MEASURED.node_port, "interval": INTERVAL}


def _begin(bench: Bench, mode: str, way: str) -> None:
    """The nodes run that mode, have nothing of another, and know that the Service ``unready`` has no endpoints."""
    bench.services.take_endpoints(UNREADY)
    # Pods that were deleted by hand are marked with what they ran before: the playbook refuses to begin with them.
    deleted = way == "ours" and bench.ways[-1:] != ["ours"]
    bench.ways.append(way)
    if deleted or bench.mode() != mode:
        _shell(bench, ways.commands("restart" if way == "ours" else "delete", mode, ""), "begin.log")
        _wait_until_serving(bench, mode)
    _play(bench, "clean", mode=mode, version=bench.version.lstrip("v"))
    for node in bench.nodes:
        found = leftovers(node.kernel(), mode)
        if found:
            host.say(f"{node.name} is not clean in mode {mode} ({left(found)}): it is booted again")
            _boot(node, mode)
    wait(lambda: not _any_answers(bench), "the Service without endpoints is not answered")
    _wait_until_serving(bench, mode)
    for node in bench.nodes:
        found = leftovers(node.kernel(), mode)
        if found:
            raise BenchError(f"{node.name} has something of another mode than {mode} before: {left(found)}")


def _any_answers(bench: Bench) -> bool:
    return any(answered for node in bench.nodes for answered in node.reaches(UNREADY).values())


def _boot(node: Node, mode: str) -> None:
    before = node.run("cat /proc/sys/kernel/random/boot_id")
    node.run("nohup sh -c 'sleep 1; systemctl reboot' >/dev/null 2>&1 &")
    time.sleep(2)
    node.disconnect()

    def serves() -> bool:
        try:
            return node.run("cat /proc/sys/kernel/random/boot_id") != before and node.mode() == mode
        except BenchError:
            return False

    wait(serves, f"{node.name} has booted in mode {mode}")


def _wait_until_serving(bench: Bench, mode: str) -> None:
    wait(lambda: bench.mode() == mode, f"every node runs mode {mode}")
    for node in bench.nodes:
        wait(lambda node=node: all(node.reaches(MEASURED).values()), f"{node.name} answers in mode {mode}")
    status = f"kubectl --namespace=kube-system rollout status daemonset/kube-proxy --timeout={bench_nodes.PATIENCE:g}s"
    _shell(bench, [status], "status.log")


def _answers_of_unready(bench: Bench) -> dict[str, dict[str, bool]]:
    """By node and path, whether the Service answers once it has an endpoint."""
    bench.services.give_endpoints(UNREADY)
    deadline = time.monotonic() + _NEWS
    answers = {node.name: node.reaches(UNREADY) for node in bench.nodes}
    while time.monotonic() < deadline and not all(all(paths.values()) for paths in answers.values()):
        time.sleep(2)
        answers = {node.name: node.reaches(UNREADY) for node in bench.nodes}
    return answers


def _kept(bench: Bench, node: Node, name: str) -> dict[str, str]:
    """What the node's tools print, which is kept for whoever doubts the count."""
    texts = node.kernel()
    folder = bench.results / "kernels" / name / node.name
    folder.mkdir(parents=True, exist_ok=True)
    for tool, text in texts.items():
        (folder / f"{tool}.txt").write_text(text, encoding="utf-8")
    return texts


def _stop(bench: Bench, title: str, picture: str) -> dict[str, t.Any]:
    """The figures of every node."""
    with tempfile.TemporaryDirectory() as folder:
        _play(bench, "probe_stop", results=folder, picture=str(bench.results / picture), title=title)
        files = [Path(folder) / f"{node.name}.json" for node in bench.nodes]
        return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in files}


def _play(bench: Bench, playbook: str, **variables: t.Any) -> None:
    path = _PLAYBOOKS / f"{playbook}.yml"
    options = [f"--inventory={bench.state / 'inventory.yml'}", f"--extra-vars={json.dumps(variables)}"]
    _run(bench, ["ansible-playbook", *options, str(path)], f"{playbook}.log")


def _shell(bench: Bench, lines: t.Sequence[str], log: str) -> None:
    _run(bench, ["bash", "-euo", "pipefail", "-c", "\n".join(lines)], log)


def _run(bench: Bench, command: t.Sequence[str], log: str) -> None:
    path = bench.results / "logs" / log
    path.parent.mkdir(parents=True, exist_ok=True)
    # ansible-playbook is beside the Python that runs this.
    environment = {**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}
    with path.open("wb") as output:
        done = subprocess.run(
            command, check=False, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
    if done.returncode != 0:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()[-_LAST_LINES:]
        raise BenchError(f"{log} ended with exit status {done.returncode}: " + "\n".join(lines))
