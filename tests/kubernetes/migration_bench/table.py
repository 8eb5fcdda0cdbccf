# SPDX-License-Identifier: GPL-3.0-or-later

"""The figures of all measurements, and the table of them in Markdown."""

from __future__ import annotations

import typing as t

from .leftovers import Leftovers
from .ways import DIRECTIONS, WAYS

#: A measurement: former, mode, way, seconds, error (None or a text), nodes. By the name of a node: probe (the result
#: of kube_proxy_node_probe), leftovers (Leftovers as a dictionary), unready (path -> whether it answered in the end).
Measurement = dict[str, t.Any]

_COLUMNS = (
    "Direction",
    "Way",
    "Longest gap [s]",
    "Failed of tried",
    "Left of the former mode",
    "Service without endpoints before answers once it has one",
    "Connection kept open",
    "Took [s]",
    "Pace kept",
)
#: Seconds between two connections to a target, as the probe is asked to.
INTERVAL = 0.05
_WORDS = {
    "live_chains": "live chains",
    "live_rejects": "live REJECT/DROP rules",
    "jumps": "jumps",
    "dead_chains": "unused chains",
    "ip_sets": "IP sets",
    "virtual_services": "IPVS services",
    "interface": "kube-ipvs0",
    "nft_tables": "nft tables",
    "frozen": "of the frozen copy",
}


def merged(former: t.Iterable[Measurement], new: Measurement) -> list[Measurement]:
    """All of them in the order of the table; a repeated one replaces what it repeats."""
    kept = [measurement for measurement in former if _place(measurement) != _place(new)]
    return sorted([*kept, new], key=_place)


def _place(measurement: Measurement) -> tuple[int, int]:
    directions = [tuple(direction) for direction in DIRECTIONS]
    return directions.index((measurement["former"], measurement["mode"])), list(WAYS).index(measurement["way"])


def markdown(measurements: t.Sequence[Measurement], version: str) -> str:
    """One line for each direction and way; in a cell the nodes one after the other where they differ."""
    nodes = sorted({name for measurement in measurements for name in measurement["nodes"]})
    head = "".join(f"| {' | '.join(row)} |\n" for row in (_COLUMNS, ["---"] * len(_COLUMNS)))
    lines = head + "".join(f"{line(measurement)}\n" for measurement in measurements)
    return (
        f"Kubernetes {version}. In a cell: {' / '.join(nodes)}, once where they are alike. Connections through a "
        "ClusterIP and a NodePort, both together. Pace: the part of the connections due, one every "
        f"{INTERVAL * 1000:.0f} ms, that was begun; far below 100%, the machine was busy and gaps are its own.\n\n"
        f"{lines}"
    )


def line(measurement: Measurement) -> str:
    return f"| {' | '.join(_cells(measurement))} |"


def _cells(measurement: Measurement) -> tuple[str, ...]:
    first = (f"{measurement['former']} → {measurement['mode']}", WAYS[measurement["way"]][0])
    took = f"{measurement['seconds']:.0f}"
    nodes = [measurement["nodes"][name] for name in sorted(measurement["nodes"])]
    if measurement["error"] is not None or not nodes:
        said = str(measurement["error"]).replace("|", "\\|").replace("\n", " ")
        return (*first, f"not measured: {said}", *("" for _column in _COLUMNS[5:]), took, "")
    cells = (
        [f"{node['probe']['longest_gap']:.2f}" for node in nodes],
        [f"{node['probe']['failures']:,} of {node['probe']['connections']:,}" for node in nodes],
        [left(Leftovers(**node["leftovers"])) for node in nodes],
        [_answers(node["unready"]) for node in nodes],
        [_kept_open(node["probe"]) for node in nodes],
    )
    return (*first, *map(_alike, cells), took, _alike([f"{_pace(node['probe']):.0%}" for node in nodes]))


def left(found: Leftovers) -> str:
    told = []
    for name, words in _WORDS.items():
        count = getattr(found, name)
        if count:
            told.append(words if name == "interface" else f"{count} {words}")
    return ", ".join(told) or "nothing"


def _answers(paths: t.Mapping[str, bool]) -> str:
    silent = [path for path, answered in paths.items() if not answered]
    return f"no ({', '.join(silent)})" if silent else "yes"


def _kept_open(probe: t.Mapping[str, t.Any]) -> str:
    held = [target["hold"] for target in probe["targets"] if target["hold"]]
    return "survived" if held and all(hold["survived"] for hold in held) else "broke"


def _pace(probe: t.Mapping[str, t.Any]) -> float:
    """The part of the connections due that was begun: a node that was held up by other work has gaps of its own."""
    return float(probe["connections"] * INTERVAL / len(probe["targets"]) / probe["seconds"])


def _alike(cells: t.Sequence[str]) -> str:
    return cells[0] if len(set(cells)) == 1 else " / ".join(cells)
