# SPDX-License-Identifier: GPL-3.0-or-later

"""The gate runs its tiers in their order, and the one with virtual machines beside them; nothing outlives it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

GATE = Path(__file__).resolve().parents[2] / "gate"
NOXFILE = """\
import os
import time
from pathlib import Path

import nox

HERE = Path(__file__).parent


def wait(name):
    deadline = time.monotonic() + 60
    while not (HERE / name).exists():
        if time.monotonic() > deadline:
            raise RuntimeError(f"no {name}")
        time.sleep(0.01)


def note(text):
    with (HERE / "record").open("a") as record:
        record.write(f"{text}\\n")


def tier(function):
    nox.session(function, venv_backend="none", tags=["tier"])


@tier
def assets(session):
    note("assets")


@tier
def units(session):
    note("units begins")
    (HERE / "units").touch()
    wait("nodes")
    note("units ends")


def fail_if_told(session):
    wait("finish")
    if session.name in (HERE / "finish").read_text():
        session.error(f"{session.name} is lost")


@tier
def nodes(session):
    if session.posargs:
        note(f"nodes {session.posargs[0]}")
        return
    wait("units")
    note("nodes begins in " + os.environ["KUBE_PROXY_GATE_ROOM"])
    (HERE / "nodes").touch()
    fail_if_told(session)
    note("nodes ends")


@tier
def demo(session):
    wait("nodes")
    print(f"demo runs as {os.getpid()} in", os.environ.get("KUBE_PROXY_GATE_ROOM"), flush=True)
    fail_if_told(session)


@tier
def secrets(session):
    note("secrets")
"""


class Gate(t.NamedTuple):
    process: subprocess.Popen[str]
    demo: int

    def end(self) -> str:
        """The rest of its output, when it has come to its end."""
        return self.process.communicate(timeout=60)[0]


@pytest.fixture
def gate(tmp_path: Path) -> t.Iterator[Gate]:
    """A gate of five tiers, of which ``nodes`` and ``demo``, in nobody's room, are running together."""
    shutil.copytree(GATE, tmp_path / "tests" / "gate", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "noxfile.py").write_text(NOXFILE, encoding="utf-8")
    environment = {key: value for key, value in os.environ.items() if key != "KUBE_PROXY_GATE_ROOM"}
    process = subprocess.Popen(
        [sys.executable, str(tmp_path / "tests" / "gate" / "tiers.py"), "--strict"],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        try:
            assert process.stdout is not None
            lines = (re.match(r"demo runs as (\d+) in None$", line) for line in process.stdout)
            found = next(filter(None, lines), None)
            assert found, "demo did not run"
            yield Gate(process, int(found[1]))
        finally:
            process.kill()


def record(folder: Path) -> list[str]:
    return (folder / "record").read_text(encoding="utf-8").splitlines()


def tell(folder: Path, failing: str) -> None:
    """Let the tiers end that wait for this, at once and as a whole."""
    (folder / "told").write_text(failing, encoding="utf-8")
    (folder / "told").rename(folder / "finish")


BEGUN = ["assets", "units begins", "nodes begins in nodes", "units ends"]


def test_one_tier_runs_beside_the_others(gate: Gate, tmp_path: Path) -> None:
    tell(tmp_path, "nobody fails")
    output = gate.end()
    assert gate.process.returncode == 0, output
    assert record(tmp_path) == [*BEGUN, "nodes ends", "secrets"]
    assert re.findall(r"(?m)^(\w+) +passed  +\d+:", output) == ["assets", "units", "nodes", "demo", "secrets"]
    assert "\n5 passed, 0 failed, 0 skipped" in output


def test_its_failure_is_shown_and_counts(gate: Gate, tmp_path: Path) -> None:
    tell(tmp_path, "nodes")
    output = gate.end()
    assert gate.process.returncode == 1
    assert record(tmp_path) == [*BEGUN, "secrets"]
    assert output.index("Session nodes aborted: nodes is lost") < output.index("nodes    FAILED")
    assert "\n4 passed, 1 failed, 0 skipped" in output


def test_what_failed_comes_last_again(gate: Gate, tmp_path: Path) -> None:
    """Whoever sees only the end of a long log sees why: it is shown again after the tiers that followed."""
    tell(tmp_path, "demo")
    output = gate.end()
    assert gate.process.returncode == 1
    said = [each.start() for each in re.finditer("Session demo aborted: demo is lost", output)]
    assert len(said) == 2
    assert said[0] < output.rindex("Session nodes was successful") < said[1] < output.index("demo     FAILED")


def test_nothing_outlives_it(gate: Gate, tmp_path: Path) -> None:
    gate.process.send_signal(signal.SIGTERM)
    output = gate.end()
    assert gate.process.returncode == 128 + signal.SIGTERM, output
    assert record(tmp_path) == [*BEGUN, "nodes down"]
    with pytest.raises(ProcessLookupError):
        os.kill(gate.demo, 0)
