# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs every tier of the gate and closes with a table of them: ``python tests/gate/tiers.py [--strict] [TIER ...]``.

Each tier is a nox process of its own, so that one which hangs or crashes leaves the others alone.
"""

from __future__ import annotations

import argparse
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

#: Seconds after which a tier hangs. With nothing cached the slowest takes two minutes, five on a busy machine, but for
#: those that build Kubernetes or run it.
LIMIT = 720
LIMITS = {"assets": 2400, "functional-2.21": 1200, "nodes": 1800}

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
    outcomes = [
        run(session["session"], session["python"])
        for session in sessions()
        if not arguments.tier or session["session"] in arguments.tier
    ]
    print(table(outcomes), flush=True)
    bad = ("failed", "skipped") if arguments.strict else ("failed",)
    return int(not outcomes or any(outcome.result in bad for outcome in outcomes))


def sessions() -> list[dict[str, t.Any]]:
    listing = subprocess.run([*NOX, "--tags", "tier", "--list", "--json"], check=True, stdout=subprocess.PIPE)
    return list(json.loads(listing.stdout))


def run(tier: str, python: str) -> Outcome:
    provide_python(python)
    outcome = run_once(tier)
    if outcome.result == "failed" and outcome.killed:
        again = run_once(tier)
        again.seconds += outcome.seconds
        again.note = "; ".join(filter(None, (again.note, f"second run, the first one died: {outcome.killed}")))
        return again
    return outcome


def run_once(tier: str) -> Outcome:
    report = REPORTS / f"{tier}.json"
    report.unlink(missing_ok=True)
    command = [*NOX, "--no-error-on-missing-interpreters", "--report", str(report), "--session", tier]
    started = time.monotonic()
    limit = LIMITS.get(tier, LIMIT)
    # A session of its own can be ended with all that the tier started.
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    deaths: list[str] = []
    reader = threading.Thread(target=show, args=(process.stdout, deaths, REPORTS / f"{tier}.log"), daemon=True)
    reader.start()
    try:
        process.wait(limit)
    except subprocess.TimeoutExpired:
        deaths.append(f"no end within {limit} seconds")
    finally:
        # Even when the tier came to its end, for what it may have left running.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.returncode < 0 and tier in AFTERWARDS:
            subprocess.run([*NOX, *AFTERWARDS[tier]], check=False, cwd=ROOT, stdin=subprocess.DEVNULL)
    # What has left the session as well may hold the pipe open for ever.
    reader.join(10)
    seconds = time.monotonic() - started
    if process.returncode < 0:
        deaths.append(f"nox ended by signal {-process.returncode}")
    killed = deaths[0] if deaths else ""
    if process.returncode < 0 or not report.exists():
        return Outcome(tier, "failed", seconds, killed or f"nox gave up with exit status {process.returncode}", killed)
    return judge(tier, json.loads(report.read_text(encoding="utf-8")), seconds, killed)


def show(output: t.IO[bytes], deaths: list[str], log: Path) -> None:
    """Show it as it comes, and keep it for the last tier, which looks for secrets in it."""
    with log.open("wb") as kept:
        for line in output:
            sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()
            kept.write(line)
            kept.flush()
            if found := KILLED.search(line):
                deaths.append(found.group().decode(errors="replace"))


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


def table(outcomes: t.Sequence[Outcome]) -> str:
    names = {"passed": "passed", "failed": "FAILED", "skipped": "not run"}
    width = max((len(outcome.tier) for outcome in outcomes), default=4)
    lines = ["", f"{'tier':{width}}  result   min:s  note"]
    for outcome in outcomes:
        clock = "{:3d}:{:02d}".format(*divmod(round(outcome.seconds), 60))
        lines.append(f"{outcome.tier:{width}}  {names[outcome.result]:7}  {clock}  {outcome.note}".rstrip())
    counts = [sum(outcome.result == result for outcome in outcomes) for result in names]
    lines += ["", "{} passed, {} failed, {} skipped".format(*counts)]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
