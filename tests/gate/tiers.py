# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs every tier of the gate and closes with a table of them: ``python tests/gate/tiers.py [--strict] [TIER ...]``.

Each tier is a nox process of its own, so that one which hangs or crashes leaves the others alone. They run one after
the other, but for one that waits for its virtual machines most of the time: it runs beside those that follow.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import contextlib
import dataclasses
import functools
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import typing as t
from pathlib import Path

import machine

ROOT = Path(__file__).resolve().parents[2]
REPORTS = ROOT / ".cache" / "reports"
NOX = (sys.executable, "-m", "nox", "--noxfile", str(ROOT / "noxfile.py"))

#: Seconds after which a tier hangs, on a machine that is slow and has a tier beside it.
LIMIT = 1500
LIMITS = {"assets": 2400, "functional-2.21": 2100, "nodes": 3600}

#: Enough for the summary of pytest and what stands above it.
LINES_SHOWN_AGAIN = 60

#: The tier that runs beside others, from the end of the one it needs to the beginning of the one that reads its output.
#: Emulated processors must not wait for tests: with root's rights they go first.
BESIDE, NEEDED, READER = "nodes", "assets", "secrets"
FIRST = ("nice", "--adjustment=-10") if os.geteuid() == 0 else ()

#: What ends the processes that a tier gives sessions of their own, and that outlive it when it is killed.
AFTERWARDS = {"nodes": ("--session", "nodes", "--", "down")}

#: How nox, ansible-test, pytest-xdist, make, shells and Python tell that a process was ended by a signal.
KILLED = re.compile(
    rb"(?:exit (?:code|status):? |Error )(?:-\d+|13[2-9])\b"
    rb"|died with <Signals\.\w+>|Fatal Python error|Segmentation fault|worker '\w+' crashed|Not properly terminated"
)


@dataclasses.dataclass
class Outcome:
    tier: str
    result: str
    seconds: float
    note: str = ""
    killed: str = ""


def main() -> int:
    parser = argparse.ArgumentParser(description="Run the tiers of the gate")
    parser.add_argument("--strict", action="store_true", help="a tier that could not run is a failure")
    parser.add_argument("tier", nargs="*", help="only these")
    arguments = parser.parse_args()
    # Ended by somebody else, the tier in progress goes as well: it runs in a session of its own.
    signal.signal(signal.SIGTERM, lambda *_signal: sys.exit(128 + signal.SIGTERM))
    machine.adapt()
    REPORTS.mkdir(parents=True, exist_ok=True)
    for log in REPORTS.glob("*.log"):
        log.unlink()
    chosen = [each for each in sessions() if not arguments.tier or each["session"] in arguments.tier]
    started = time.monotonic()
    outcomes = run_all({each["session"]: each["python"] for each in chosen})
    show_again([outcome.tier for outcome in outcomes if outcome.result == "failed"])
    print(table(outcomes, time.monotonic() - started), flush=True)
    bad = ("failed", "skipped") if arguments.strict else ("failed",)
    return int(not outcomes or any(outcome.result in bad for outcome in outcomes))


def sessions() -> list[dict[str, t.Any]]:
    listing = subprocess.run([*NOX, "--tags", "tier", "--list", "--json"], check=True, stdout=subprocess.PIPE)
    return list(json.loads(listing.stdout))


def run_all(pythons: dict[str, str]) -> list[Outcome]:
    """Run these tiers with the Python each is for; the outcomes are in the order of the tiers."""
    outcomes = {}
    beside = None
    gate = Gate()
    with concurrent.futures.ThreadPoolExecutor(max_workers=1) as lane:
        try:
            for tier, python in pythons.items():
                provide_python(python)
                # The tiers that are left need not follow the one that it needs.
                if beside is None and BESIDE in pythons and (NEEDED not in pythons or NEEDED in outcomes):
                    print(f"{BESIDE} runs beside the others, and its output follows theirs", flush=True)
                    beside = lane.submit(gate.run, BESIDE, FIRST, quiet=True)
                if tier == READER and beside is not None:
                    beside.result()
                if tier != BESIDE:
                    outcomes[tier] = gate.run(tier)
            if beside is not None:
                outcomes[BESIDE] = beside.result()
                sys.stdout.buffer.write((REPORTS / f"{BESIDE}.log").read_bytes())
        finally:
            # Ended by somebody else, or through: what runs goes as well, in sessions of their own as they are.
            gate.end()
    return [outcomes[tier] for tier in pythons]


class Gate:
    """Runs tiers, of which several may run at once; after :meth:`end` none."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._ended = False

    def end(self) -> None:
        with self._lock:
            self._ended = True
            for process in self._running:
                kill(process)

    def run(self, tier: str, prefix: t.Sequence[str] = (), quiet: bool = False) -> Outcome:
        outcome = self._run_once(tier, prefix, quiet)
        if outcome.result == "failed" and outcome.killed and not self._ended:
            again = self._run_once(tier, prefix, quiet)
            again.seconds += outcome.seconds
            again.note = "; ".join(filter(None, (again.note, f"second run, the first one died: {outcome.killed}")))
            return again
        return outcome

    def _start(self, command: t.Sequence[str], **variables: str) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._ended:
                raise concurrent.futures.CancelledError
            # A session of its own can be ended with all that the tier started.
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, **variables},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self._running.add(process)
            return process

    def _run_once(self, tier: str, prefix: t.Sequence[str], quiet: bool) -> Outcome:
        report = REPORTS / f"{tier}.json"
        report.unlink(missing_ok=True)
        command = [*prefix, *NOX, "--no-error-on-missing-interpreters", "--report", str(report), "--session", tier]
        started = time.monotonic()
        limit = LIMITS.get(tier, LIMIT)
        # What it keeps still for as long as it runs must not be what others change.
        process = self._start(command, **({"KUBE_PROXY_GATE_ROOM": tier} if tier == BESIDE else {}))
        deaths: list[str] = []
        arguments = (process.stdout, deaths, REPORTS / f"{tier}.log", quiet)
        reader = threading.Thread(target=show, args=arguments, daemon=True)
        reader.start()
        try:
            process.wait(limit)
        except subprocess.TimeoutExpired:
            deaths.append(f"no end within {limit} seconds")
        finally:
            # Even when the tier came to its end, for what it may have left running.
            kill(process)
            process.wait()
            with self._lock:
                self._running.discard(process)
            if process.returncode < 0 and tier in AFTERWARDS:
                subprocess.run([*NOX, *AFTERWARDS[tier]], check=False, cwd=ROOT, stdin=subprocess.DEVNULL)
        # What has left the session as well may hold the pipe open for ever.
        reader.join(10)
        seconds = time.monotonic() - started
        if process.returncode < 0:
            deaths.append(f"nox ended by signal {-process.returncode}")
        killed = deaths[0] if deaths else ""
        if process.returncode < 0 or not report.exists():
            return Outcome(
                tier, "failed", seconds, killed or f"nox gave up with exit status {process.returncode}", killed
            )
        return judge(tier, json.loads(report.read_text(encoding="utf-8")), seconds, killed)


def kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def show(output: t.IO[bytes], deaths: list[str], log: Path, quiet: bool) -> None:
    """Show it as it comes, unless it is quiet, and keep it for the last tier, which looks for secrets in it."""
    with log.open("wb") as kept:
        for line in output:
            if not quiet:
                sys.stdout.buffer.write(line)
                sys.stdout.buffer.flush()
            kept.write(line)
            kept.flush()
            if found := KILLED.search(line):
                deaths.append(found.group().decode(errors="replace"))


def show_again(tiers: t.Sequence[str]) -> None:
    """Show the ends of these tiers' output: of a long log people are often given the last lines only."""
    for tier in tiers:
        with contextlib.suppress(FileNotFoundError):
            lines = (REPORTS / f"{tier}.log").read_bytes().splitlines(keepends=True)[-LINES_SHOWN_AGAIN:]
            print(f"\n{tier} failed. The last of what it said, once more:", flush=True)
            sys.stdout.buffer.write(b"".join(lines))
            sys.stdout.buffer.flush()


def judge(tier: str, report: dict[str, t.Any], seconds: float, killed: str) -> Outcome:
    (session,) = report["sessions"]
    result = {"success": "passed", "skipped": "skipped"}.get(session["result"], "failed")
    note = "" if result == "passed" else session["reason"] or ""
    return Outcome(tier, result, seconds, note, killed)


@functools.cache
def provide_python(version: str) -> None:
    """Have uv fetch an interpreter that this machine lacks. Where that cannot be, nox will say what is missing."""
    from python_discovery import get_interpreter

    if not version or get_interpreter(version):
        return
    quick = {**os.environ, "UV_HTTP_RETRIES": "0", "UV_HTTP_CONNECT_TIMEOUT": "10", "UV_PYTHON_INSTALL_BIN": "0"}
    command = [sys.executable, "-m", "uv", "python", "install", "--quiet", version]
    subprocess.run(command, check=False, env=quick, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def table(outcomes: t.Sequence[Outcome], seconds: float) -> str:
    """``seconds`` is less than what the tiers took where one ran beside others."""
    names = {"passed": "passed", "failed": "FAILED", "skipped": "not run"}
    width = max((len(outcome.tier) for outcome in outcomes), default=6)
    lines = ["", f"{'tier':{width}}  result   min:s  note"]
    for outcome in outcomes:
        result = f"{outcome.tier:{width}}  {names[outcome.result]:7}  {clock(outcome.seconds)}  {outcome.note}"
        lines.append(result.rstrip())
    lines.append(f"{'in all':{width}}           {clock(seconds)}")
    counts = [sum(outcome.result == result for outcome in outcomes) for result in names]
    lines += ["", "{} passed, {} failed, {} skipped".format(*counts)]
    return "\n".join(lines)


def clock(seconds: float) -> str:
    return "{:3d}:{:02d}".format(*divmod(round(seconds), 60))


if __name__ == "__main__":
    sys.exit(main())
