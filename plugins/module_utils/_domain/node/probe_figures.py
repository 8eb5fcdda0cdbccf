# SPDX-License-Identifier: GPL-3.0-or-later

"""The figures of a probe, from its record: what failed, the longest gap, and how long connections took.

The keys of the results of kube_proxy_node_probe are made here.
"""

from __future__ import annotations

import collections
import datetime
import math
import typing as t

from ..common.json_types import Json
from .probe_record import End, Entry, Held, Mark, Seen, Start, Tried

#: Parts of equal length into which the time is divided for a picture.
SLICES = 240


class Switch(t.NamedTuple):
    """``left`` is when the former mode was no longer reported, ``arrived`` when the other one was."""

    former: str
    mode: str
    left: float
    arrived: float


def figures(entries: t.Sequence[Entry]) -> Json:
    """All figures; of a record without its first line, those of a probe that measured nothing."""
    start = next((entry for entry in entries if isinstance(entry, Start)), None)
    if start is None:
        return _NOTHING
    seconds = _seconds(entries)
    found = switches([entry for entry in entries if isinstance(entry, Seen)])
    marks = sorted(entry for entry in entries if isinstance(entry, Mark))
    targets = [
        {
            **{name: target[name] for name in ("address", "protocol", "label")},
            **_target(
                sorted(entry for entry in entries if isinstance(entry, Tried) and entry.target == number),
                seconds,
                _change(found, marks),
            ),
            "hold": _hold([entry for entry in entries if isinstance(entry, Held) and entry.target == number])
            if target["hold"]
            else None,
        }
        for number, target in enumerate(start.settings["targets"])
    ]
    when = datetime.datetime.fromtimestamp(start.wall, datetime.timezone.utc)
    return {
        "started_at": when.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "seconds": round(seconds, 2),
        "complete": any(isinstance(entry, End) for entry in entries),
        "connections": sum(target["connections"] for target in targets),
        "failures": sum(target["failures"] for target in targets),
        "longest_gap": max((target["longest_gap"] for target in targets), default=0.0),
        "switches": [
            {**switch._asdict(), "left": round(switch.left, 2), "arrived": round(switch.arrived, 2)} for switch in found
        ],
        "marks": [{"at": round(mark.at, 2), "text": mark.text} for mark in marks],
        "targets": targets,
    }


_NOTHING: Json = {
    "started_at": None,
    "seconds": 0.0,
    "complete": False,
    "connections": 0,
    "failures": 0,
    "longest_gap": 0.0,
    "switches": [],
    "marks": [],
    "targets": [],
}


def switches(seen: t.Iterable[Seen]) -> list[Switch]:
    """Every change of the mode that kube-proxy reported. One that is on its way has not arrived, and is none yet."""
    found: list[Switch] = []
    former: str | None = None
    left: float | None = None
    for entry in seen:
        if entry.mode is None or (former is not None and entry.mode != former and left is None):
            left = entry.at if left is None else left
        if entry.mode is None:
            continue
        if former is not None and entry.mode != former and left is not None:
            found.append(Switch(former, entry.mode, left, entry.at))
        former, left = entry.mode, None
    return found


def longest_gap(successes: t.Iterable[float], end: float) -> tuple[float, float]:
    """The longest time without a successful connection, in seconds, and when it began.

    ``successes`` are the moments at which connections stood. The beginning and the end of the probe bound it.
    """
    moments = [0.0, *sorted(successes), end]
    gaps = map(lambda earlier, later: (later - earlier, earlier), moments, moments[1:])
    # The first of those that are alike to the millisecond.
    return max(gaps, key=lambda gap: (round(gap[0], 3), -gap[1]))


def latency(milliseconds: t.Iterable[float]) -> Json | None:
    """Median, 95th percentile and maximum, in ms; None of nothing. A percentile is a time that was measured."""
    ordered = sorted(milliseconds)
    if not ordered:
        return None

    def rank(part: float) -> float:
        return round(ordered[max(0, math.ceil(part * len(ordered)) - 1)], 1)

    return {"connections": len(ordered), "median": rank(0.5), "p95": rank(0.95), "max": round(ordered[-1], 1)}


def _seconds(entries: t.Iterable[Entry]) -> float:
    """How long was measured: until the end, or of a probe that was killed, until the last that is known of it."""
    moments = [
        entry.ended if isinstance(entry, Tried) else entry.at for entry in entries if not isinstance(entry, Start)
    ]
    ends = [entry.at for entry in entries if isinstance(entry, End)]
    return max(ends or moments, default=0.0)


def _change(found: t.Sequence[Switch], marks: t.Sequence[Mark]) -> tuple[float, float] | None:
    """From when to when the node changed: by the mode that kube-proxy reported, else by the marks."""
    if found:
        return found[0].left, found[-1].arrived
    return (marks[0].at, marks[-1].at) if marks else None


def _target(tried: t.Sequence[Tried], seconds: float, change: tuple[float, float] | None) -> Json:
    succeeded = [entry for entry in tried if entry.error is None]
    gap, began = longest_gap((entry.ended for entry in succeeded), seconds)
    return {
        "connections": len(tried),
        "failures": len(tried) - len(succeeded),
        "errors": dict(collections.Counter(entry.error for entry in tried if entry.error is not None)),
        "longest_gap": round(gap, 2),
        "gap_at": round(began, 2),
        "latency": _latencies(succeeded, [entry for entry in tried if entry.error is not None], change),
        "slices": _slices(tried, seconds),
    }


def _latencies(
    succeeded: t.Sequence[Tried], failed: t.Sequence[Tried], change: tuple[float, float] | None
) -> dict[str, Json | None]:
    """Before, during and after the change. kube-proxy reports its mode before its rules are all there, so that the
    change lasts until the last failure after it.
    """
    everything = latency(entry.ms for entry in succeeded)
    if change is None:
        return {"all": everything, "before": None, "during": None, "after": None}
    left = change[0]
    arrived = max([change[1], *(entry.ended for entry in failed)])
    return {
        "all": everything,
        "before": latency(entry.ms for entry in succeeded if entry.at < left),
        "during": latency(entry.ms for entry in succeeded if left <= entry.at <= arrived),
        "after": latency(entry.ms for entry in succeeded if entry.at > arrived),
    }


def _slices(tried: t.Iterable[Tried], seconds: float) -> Json:
    """How many connections began, and how many of them failed, in each of SLICES parts of the time."""
    connections, failures = [0] * SLICES, [0] * SLICES
    for entry in tried:
        part = min(SLICES - 1, int(entry.at / seconds * SLICES)) if seconds else 0
        connections[part] += 1
        failures[part] += entry.error is not None
    return {"connections": connections, "failures": failures}


def _hold(held: t.Sequence[Held]) -> Json:
    """What became of the connection that was kept open. It survived if its last message was answered."""
    answered = [entry for entry in held if entry.error is None]
    broken = next((entry for entry in held if entry.broken), None)
    moments = [entry.at + entry.ms / 1000 for entry in answered]
    silences = list(map(lambda earlier, later: later - earlier, moments, moments[1:]))
    return {
        "answers": len(answered),
        "survived": bool(held) and held[-1].error is None,
        "longest_silence": round(max(silences), 2) if silences else None,
        "broke_at": None if broken is None else round(broken.at + broken.ms / 1000, 2),
        "error": held[-1].error if held else None,
    }
