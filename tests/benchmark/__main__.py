# SPDX-License-Identifier: GPL-3.0-or-later

"""``make bench``: what a play over a fleet costs that changes nothing, our ways and others, against the simulator.

Judges nothing. The results go to a folder as JSON, Markdown and SVG; ``--document`` puts them into docs/FLEETS.md.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    __package__ = "benchmark"

from . import nodes
from .measure import ROOT, Bench, Measured, Setting, simulator
from .report import into, machine, plot, tables, write_json
from .ways import WAYS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--latency", type=float, nargs="+", default=[0, 0.05, 0.2], help="of the API, in seconds")
    parser.add_argument("--clusters", type=int, nargs="+", default=[1, 50, 500])
    parser.add_argument("--forks", type=int, nargs="+", default=[5, 20, 50])
    parser.add_argument("--ways", nargs="+", choices=[way.name for way in WAYS], default=[way.name for way in WAYS])
    parser.add_argument("--nodes", type=int, nargs="*", default=[2, 20, 100], help="of a self-hosted cluster")
    parser.add_argument("--results", type=Path, default=ROOT / ".cache" / "bench-fleet")
    parser.add_argument(
        "--quick", action="store_true", help="more than 50 clusters only with the most forks and the longest latency"
    )
    parser.add_argument("--document", action="store_true", help="put the results into docs/FLEETS.md")
    asked = parser.parse_args()
    asked.results.mkdir(parents=True, exist_ok=True)
    measured: list[Measured] = []
    with tempfile.TemporaryDirectory(prefix="kube-proxy-bench-") as name:
        work = Path(name).resolve()
        with simulator(work) as api:
            bench = Bench(work, api)
            for clusters in asked.clusters:
                for latency in asked.latency:
                    for forks in asked.forks:
                        farthest = (latency, forks) == (max(asked.latency), max(asked.forks))
                        if asked.quick and clusters > 50 and not farthest:
                            continue
                        for way in WAYS:
                            if way.name not in asked.ways:
                                continue
                            one = bench.measure(way, Setting(latency, clusters, forks))
                            measured.append(one)
                            print(
                                f"{one.way:7} {clusters:4} clusters, {forks:2} forks, {latency * 1000:3.0f} ms: "
                                f"{one.cpu / clusters * 1000:7.1f} ms of processor time each, {one.wall:6.1f} s, "
                                f"{one.memory:4.0f} MiB, {one.requests} requests",
                                flush=True,
                            )
                            write_json(asked.results / "fleet.json", measured, machine())
    played: list[nodes.Played] = []
    for number in asked.nodes:
        for one_play in nodes.measure(number):
            played.append(one_play)
            print(one_play, flush=True)
    text = tables(measured, machine())
    if played:
        text += f"\nSelf-hosted clusters, with a stand-in for every module:\n\n{nodes.table(played)}"
    (asked.results / "nodes.json").write_text(json.dumps([vars(one) for one in played], indent=1), encoding="utf-8")
    (asked.results / "fleet.md").write_text(text, encoding="utf-8")
    plot(asked.results / "fleet.svg", measured)
    if asked.document:
        into(ROOT / "docs" / "FLEETS.md", text)
        plot(ROOT / "docs" / "fleets.svg", measured)


if __name__ == "__main__":
    main()
