# SPDX-License-Identifier: GPL-3.0-or-later

"""``python -m fault_campaign``: the whole campaign; ``--sample``: the part of it that the gate plays."""

from __future__ import annotations

import argparse
import collections
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import typing as t
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TESTS / folder) for folder in ("campaign", "simulator", "gate")]

import collection_loader
from fault_campaign import kills, matrix, pairs, sample
from fault_campaign.sandbox import Sandbox
from fault_campaign.scenarios import SCENARIOS
from fault_campaign.stage import Stage

#: Problems of one kind that the report shows by name.
SHOWN = 5


class Verdict(t.NamedTuple):
    """A case, and what was wrong with it."""

    kind: str
    name: str
    problems: list[str]


def main() -> int:
    parser = argparse.ArgumentParser(prog="fault_campaign", description=__doc__)
    parser.add_argument("--sample", action="store_true", help="the part that the gate plays")
    parser.add_argument("--only", default="", metavar="REGEX", help="cases whose name contains it")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every n-th of them")
    parser.add_argument("--list", action="store_true", help="show the names of the cases and play none")
    parser.add_argument("--workers", type=int, default=max(2, os.cpu_count() or 2))
    parser.add_argument("--report", type=Path, help="where to write all verdicts, as JSON")
    parser.add_argument("--part", default="", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.part or arguments.list:
        return _part(arguments)
    begun = time.monotonic()
    verdicts = _all_parts(arguments)
    if arguments.report:
        arguments.report.write_text(json.dumps([verdict._asdict() for verdict in verdicts], indent=1), encoding="utf-8")
    print(_summary(verdicts, time.monotonic() - begun))
    return int(not verdicts or any(verdict.problems for verdict in verdicts))


def _all_parts(arguments: argparse.Namespace) -> list[Verdict]:
    """Several processes, since a simulator and the modules it serves keep one processor busy."""
    with tempfile.TemporaryDirectory(prefix="fault-campaign-") as folder:
        reports = [Path(folder) / f"{index}.json" for index in range(arguments.workers)]
        processes = []
        for index, report in enumerate(reports):
            command = [sys.executable, str(Path(__file__).parent), "--part", f"{index}/{arguments.workers}"]
            command += [
                "--report",
                str(report),
                "--only",
                arguments.only,
                "--every",
                str(arguments.every),
                *(["--sample"] if arguments.sample else []),
            ]
            processes.append(subprocess.Popen(command))
        statuses = [process.wait() for process in processes]
        if any(statuses):
            sys.exit("A worker of the campaign failed: nothing was judged.")
        return [Verdict(*entry.values()) for report in reports for entry in json.loads(report.read_text())]


def _part(arguments: argparse.Namespace) -> int:
    # Before any thread: what runs the modules is a fork of this process.
    collection_loader.install()
    sandboxes = [Sandbox(), Sandbox()]
    stage = Stage(sandboxes)
    try:
        recordings = {scenario.name: matrix.record(stage, scenario) for scenario in SCENARIOS}
        items = [item for item in _items(stage, recordings, arguments.sample) if re.search(arguments.only, item.name)]
        items = items[:: arguments.every]
        if arguments.list:
            print("\n".join(item.name for item in items))
            return 0
        index, _slash, count = arguments.part.partition("/")
        verdicts = [_play(stage, recordings, item) for item in items[int(index) :: int(count)]]
        arguments.report.write_text(json.dumps([verdict._asdict() for verdict in verdicts]), encoding="utf-8")
    finally:
        stage.close()
        for sandbox in sandboxes:
            sandbox.close()
        collection_loader.remove()
    return 0


def _items(stage: Stage, recordings: t.Mapping[str, matrix.Recording], sampled: bool) -> list[sample.Item]:
    cases = [case for recording in recordings.values() for case in matrix.cases(recording)]
    ends = [kill for recording in recordings.values() for kill in kills.kills(stage, recording)]
    both = list(pairs.pairs(recordings))
    if sampled:
        return [*sample.sampled(cases), *sample.every_nth(ends, 40), *sample.every_nth(both, 16)]
    return [*cases, *ends, *both]


def _play(stage: Stage, recordings: t.Mapping[str, matrix.Recording], item: sample.Item) -> Verdict:
    if isinstance(item, matrix.Case):
        return Verdict("fault", item.name, matrix.play(stage, recordings[item.scenario], item))
    if isinstance(item, kills.Kill):
        return Verdict("kill", item.name, kills.play(stage, recordings[item.scenario], item))
    return Verdict("pair", item.name, pairs.play(stage, item))


def _summary(verdicts: t.Sequence[Verdict], seconds: float) -> str:
    groups: dict[str, list[str]] = collections.defaultdict(list)
    for verdict in verdicts:
        for problem in verdict.problems:
            # Ids, numbers and quoted texts differ within one kind.
            groups[re.sub(r"[0-9a-f-]{8,}|\d+|'.*'|\".*\"", "…", problem)[:110]].append(f"{verdict.name}: {problem}")
    lines = []
    for kind, found in sorted(groups.items(), key=lambda group: -len(group[1])):
        lines.append(f"{len(found)} x {kind}")
        lines += [f"    {example[:600]}" for example in found[:SHOWN]]
    counts = collections.Counter(verdict.kind for verdict in verdicts)
    bad = sum(bool(verdict.problems) for verdict in verdicts)
    total = ", ".join(f"{count} {kind}s" for kind, count in counts.items())
    lines.append(f"{total}: {bad} of {len(verdicts)} cases ended badly, in {seconds:.0f} seconds.")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
