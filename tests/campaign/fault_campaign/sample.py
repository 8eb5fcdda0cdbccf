# SPDX-License-Identifier: GPL-3.0-or-later

"""Which cases are played: all that tell something, or the few of the gate."""

from __future__ import annotations

import itertools
import typing as t

from .kills import Kill
from .matrix import Case
from .pairs import Pair

Item = Case | Kill | Pair


def sampled(cases: t.Sequence[Case]) -> list[Case]:
    """Every request with one fault, in turn, and every fault at one request at least; fields in turn as well.

    Which fault meets which request depends on the lists alone, so that a failure comes back.
    """
    general = [case for case in cases if case.fault.kind != "field"]
    by_place: dict[tuple[str, int], list[Case]] = {}
    for case in general:
        by_place.setdefault((case.scenario, case.request), []).append(case)
    order = list(dict.fromkeys(case.fault.name for case in general))
    turn = itertools.cycle(order)
    chosen: dict[str, Case] = {}
    for place in by_place.values():
        there = {case.fault.name: case for case in place}
        name = next(name for name in turn if name in there and not there[name].fault.slow)
        chosen[there[name].name] = there[name]
    met = {case.fault.name for case in chosen.values()}
    # The rest at requests that change something, where a fault does the most harm.
    changing = [
        case for case in general if case.label.split()[0] in ("POST", "PUT", "DELETE") and "token" not in case.label
    ]
    for index, name in enumerate(name for name in order if name not in met):
        at = [case for case in changing if case.fault.name == name] or [
            case for case in general if case.fault.name == name
        ]
        case = at[index % len(at)]
        chosen[case.name] = case
    fields = [case for case in cases if case.fault.kind == "field"]
    return [*chosen.values(), *fields[:: max(1, len(fields) // 40)]]


def every_nth(items: t.Sequence[t.Any], count: int) -> list[t.Any]:
    """``count`` of them, evenly."""
    return list(items[:: max(1, len(items) // count)]) if items else []
