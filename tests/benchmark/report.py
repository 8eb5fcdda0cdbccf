# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables and a plot of what was measured, for ``docs/FLEETS.md``."""

from __future__ import annotations

import datetime
import importlib.metadata
import json
import os
import platform
import typing as t
from pathlib import Path

from .measure import Measured
from .ways import WAYS

BEGIN, END = "<!-- BEGIN written by make bench -->", "<!-- END written by make bench -->"
_TITLES = {way.name: way.title for way in WAYS}
#: Labels, and colours that people who see few of them tell apart (Okabe and Ito), with a mark of its own for each.
_LOOKS = {
    "debug": ("ansible.builtin.debug", "#999999", "."),
    "ours": ("ours by ID", "#0072B2", "o"),
    "name": ("ours by name", "#56B4E9", "s"),
    "module": ("ours as a module", "#E69F00", "^"),
    "role": ("the role, by ID", "#CC79A7", "D"),
    "uri": ("ansible.builtin.uri", "#D55E00", "v"),
    "httpx": ("a script with httpx", "#009E73", "x"),
}


def machine() -> str:
    core = importlib.metadata.version("ansible-core")
    return (
        f"ansible-core {core}, Python {platform.python_version()}, {os.cpu_count()} processors,"
        f" {datetime.date.today():%B %Y}"
    )


def write_json(path: Path, measured: t.Sequence[Measured], about: str) -> None:
    rows = [vars(one) for one in measured]
    path.write_text(json.dumps({"about": about, "measured": rows}, indent=1) + "\n", encoding="utf-8")


def tables(measured: t.Sequence[Measured], about: str) -> str:
    """Markdown: one table of everything per cluster, and the ratios that are the goals."""
    lines = [f"Measured against the simulator, which shares the processors: {about}.", ""]
    most = max(one.clusters for one in measured)
    lines += [
        "| Way | Clusters | Forks | Latency | Processor time per cluster | Wall time | Largest process | Requests |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for one in measured:
        lines.append(
            f"| {_TITLES[one.way]} | {one.clusters} | {one.forks} | {one.latency * 1000:.0f} ms "
            f"| {one.cpu / one.clusters * 1000:.0f} ms | {one.wall:.1f} s | {one.memory:.0f} MiB | {one.requests} |"
        )
    lines += ["", f"At {most} clusters, medians over forks and latencies:", ""]
    lines += ["| Ratio of processor time per cluster | Measured |", "|---|---:|"]
    cpu = {name: _median([one.cpu for one in measured if (one.way, one.clusters) == (name, most)]) for name in _TITLES}
    for over, under in (("ours", "debug"), ("uri", "ours"), ("module", "ours"), ("name", "ours"), ("role", "ours")):
        if cpu[over] and cpu[under]:
            lines.append(f"| {_TITLES[over]} : {_TITLES[under]} | {cpu[over] / cpu[under]:.1f} |")
    return "\n".join(lines) + "\n"


def into(page: Path, text: str) -> None:
    """Put the tables between the marks of a page."""
    whole = page.read_text(encoding="utf-8")
    before, _begin, rest = whole.partition(BEGIN)
    _old, _end, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}", encoding="utf-8")


def plot(path: Path, measured: t.Sequence[Measured]) -> None:
    """Processor time per cluster over the number of clusters, and wall time over the latency."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot

    mpl.rcParams.update({"svg.hashsalt": "kube-proxy", "svg.fonttype": "none", "font.size": 10})
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(10, 4.6), layout="constrained")
    # Of a short run, many clusters have one latency alone.
    many = max(
        measured, key=lambda one: (len({at.latency for at in measured if at.clusters == one.clusters}), one.clusters)
    )
    for name, (label, colour, mark) in _LOOKS.items():
        ours = [one for one in measured if one.way == name]
        counts = sorted({one.clusters for one in ours})
        if not counts:
            continue
        per = [_median([one.cpu / one.clusters * 1000 for one in ours if one.clusters == count]) for count in counts]
        left.plot(counts, per, color=colour, marker=mark, label=label)
        delays = sorted({one.latency for one in ours if one.clusters == many.clusters})
        wall = [
            _median([one.wall for one in ours if (one.clusters, one.latency) == (many.clusters, delay)])
            for delay in delays
        ]
        right.plot([delay * 1000 for delay in delays], wall, color=colour, marker=mark, label=label)
    left.set(xscale="log", yscale="log", xlabel="clusters", ylabel="processor time per cluster [ms]")
    right.set(yscale="log", xlabel="latency of the API [ms]", ylabel=f"wall time for {many.clusters} clusters [s]")
    for axes in (left, right):
        axes.grid(visible=True, which="major", alpha=0.3)
    figure.legend(*left.get_legend_handles_labels(), loc="outside upper center", ncols=3, frameon=False)
    figure.savefig(path, metadata={"Date": None})


def _median(values: t.Sequence[float]) -> float:
    ordered = sorted(values)
    return ordered[len(ordered) // 2] if ordered else 0.0
