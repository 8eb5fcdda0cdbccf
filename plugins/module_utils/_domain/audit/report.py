# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of an audit as data, from the results of its records (:mod:`.record`)."""

from __future__ import annotations

import typing as t
from collections import Counter

from ..common.json_types import Json
from .record import STATES

#: Changes with the members of the report, so that programs which read it can tell.
FORMAT: t.Final = 1


def report(clusters: t.Iterable[Json], made_at: str | None = None) -> Json:
    """The clusters that need somebody first, and how many there are of each kind.

    ``made_at`` is text of the user's: without it, the same state of the clusters is the same report.
    """
    found = sorted(clusters, key=_urgency)
    return {
        "format": FORMAT,
        "made_at": made_at,
        "summary": {
            "clusters": len(found),
            "states": _counts(one["state"] for one in found),
            "modes": _counts(one["mode"] or "unknown" for one in found),
            "versions": _counts(minor(one["version"]) for one in found),
        },
        "clusters": found,
    }


def _urgency(one: Json) -> tuple[int, bool, str, str, str]:
    nothing_to_do = one["recommendations"][0]["todo"] is None
    return STATES.index(one["state"]), nothing_to_do, one["world"], one["name"], one["region"] or ""


def minor(version: str | None) -> str:
    """``1.34`` for ``1.34.1-0``."""
    return ".".join((version or "unknown").split(".")[:2])


def failures(report: Json) -> list[str]:
    """The clusters that drift or could not be read, with the reason, for a message."""
    return [
        f"{one['name']}: {one['error'] or '; '.join(one['drift'])}"
        for one in report["clusters"]
        if one["state"] in ("drifted", "unreadable")
    ]


def _counts(values: t.Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))
