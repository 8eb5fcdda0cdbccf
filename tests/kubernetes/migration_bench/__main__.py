# SPDX-License-Identifier: GPL-3.0-or-later

"""``make bench-migration``: measures changes of the mode on a bench of virtual machines that runs."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import signal
import sys
import time
from pathlib import Path

if __package__ in (None, ""):
    # Started by the path of its folder, which works in every environment and folder.
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    __package__ = "migration_bench"

from kubernetes_bench import host
from kubernetes_bench.bench import Bench as RunningBench
from kubernetes_bench.errors import BenchError
from migration_bench import nodes, table, ways
from migration_bench.measure import Bench, abandon, measure
from migration_bench.services import Services


def _direction(text: str) -> ways.Direction:
    try:
        return ways.Direction.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="migration_bench", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, metavar="DIR", help="the folder of the bench")
    parser.add_argument("--results", type=Path, required=True, metavar="DIR", help="where figures and pictures go")
    every = ", ".join(map(str, ways.DIRECTIONS))
    parser.add_argument("--direction", type=_direction, nargs="+", metavar="MODE:MODE", help=f"some of {every}")
    parser.add_argument("--way", choices=list(ways.WAYS), nargs="+", default=list(ways.WAYS), help="some of them")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    return parser


def _measure(arguments: argparse.Namespace) -> int:
    """From inside the bench's network; how many measurements failed."""
    state, results = arguments.state.absolute(), arguments.results.absolute()
    results.mkdir(parents=True, exist_ok=True)
    facts = json.loads((state / "bench.json").read_text(encoding="utf-8"))
    version = facts["version"]
    found = re.match(r"v1\.(\d+)\.", version)
    possible = ways.possible(int(found[1]) if found else 0)
    directions = possible if arguments.direction is None else arguments.direction
    missing = [str(direction) for direction in directions if direction not in possible]
    if missing:
        raise BenchError(f"Kubernetes {version} does not have {', '.join(missing)}")
    file = results / "figures.json"
    figures = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {"measurements": []}
    # What another version was measured with is another table.
    measurements = figures["measurements"] if figures.get("version") == version else []
    failed = 0
    sockets = Path("/run") / facts["namespace"]
    sockets.mkdir(exist_ok=True)
    with contextlib.ExitStack() as stack:
        services = stack.enter_context(Services(Path(os.environ["KUBECONFIG"])))
        bench = Bench(state, version, nodes.of_inventory(state / "inventory.yml", sockets), services, results)
        stack.callback(bench.disconnect)
        abandon(bench)
        for way in arguments.way:
            for direction in ways.in_order(directions, bench.mode()):
                started = time.monotonic()
                host.say(f"{direction} by {way}")
                new = measure(bench, direction, way)
                failed += new["error"] is not None
                measurements = table.merged(measurements, new)
                file.write_text(json.dumps({"version": version, "measurements": measurements}), encoding="utf-8")
                (results / "table.md").write_text(table.markdown(measurements, version), encoding="utf-8")
                host.say(f"{table.line(new)} ({time.monotonic() - started:.0f} s in all)")
    print(table.markdown(measurements, version))
    return failed


def main() -> int:
    host.adapt_path()
    arguments = _parser().parse_args()
    # So that the Services go away again.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(1))
    try:
        if not arguments.inside:
            # Nowhere else can the API server and the nodes be reached.
            RunningBench(arguments.state).run([sys.executable, str(Path(__file__).parent), *sys.argv[1:], "--inside"])
        return 1 if _measure(arguments) else 0
    except BenchError as error:
        host.say(f"bench-migration: {error}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
