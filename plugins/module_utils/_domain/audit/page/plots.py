# SPDX-License-Identifier: GPL-3.0-or-later

"""The plots of the page: bars that say their figures, with a description that says all of them again as text."""

from __future__ import annotations

import html
import typing as t
from collections import Counter

from ...common.json_types import Json
from ...common.printable import printable
from ..report import minor
from .words import STATES

#: In units of the picture, which is as wide as its place in the page allows.
_WIDTH, _LEFT, _RIGHT, _ROW, _BAR = 480.0, 170.0, 70.0, 24.0, 14.0
#: Bars of one plot, and characters of the name of one.
_MOST, _NAME = 10, 24


class Bar(t.NamedTuple):
    """``kind`` is a class of the style."""

    name: str
    value: float
    kind: str = ""


def plots(clusters: t.Sequence[Json]) -> str:
    """All of them; those without a figure are left out."""
    states = Counter(one["state"] for one in clusters)
    modes = Counter(one["mode"] or "unknown" for one in clusters)
    versions: dict[str, float] = {**Counter(minor(one["version"]) for one in clusters)}
    settings = Counter(each["option"] for one in clusters for each in one["differences"])
    slowest = sorted(((one["sync"]["p99"], one["name"]) for one in clusters if one["sync"]), reverse=True)
    drawn = (
        _plot("states", "State", [Bar(STATES[state], states[state], state) for state in STATES if states[state]]),
        _plot("modes", "Mode of kube-proxy", _bars(modes.most_common())),
        _plot("versions", "Version of Kubernetes", _bars(sorted(versions.items(), key=_by_version))),
        _plot("settings", "Settings that differ in most clusters", _bars(settings.most_common())),
        _plot("sync", "Slowest sync of the rules (p99)", _bars((name, p99) for p99, name in slowest), " s"),
    )
    return "\n".join(filter(None, drawn))


def _bars(counts: t.Iterable[tuple[str, float]]) -> list[Bar]:
    return [Bar(name, count) for name, count in counts]


def _by_version(item: tuple[str, float]) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else -1 for part in item[0].split("."))


def _plot(name: str, title: str, bars: t.Sequence[Bar], unit: str = "") -> str:
    if not bars:
        return ""
    shown, rest = bars[:_MOST], len(bars) - _MOST
    longest = max(each.value for each in shown) or 1.0
    height = len(shown) * _ROW + 4
    parts = [part for number, each in enumerate(shown) for part in _drawn(each, number * _ROW + 4, longest, unit)]
    said = "; ".join(f"{_text(each.name, 100)}: {each.value:g}{unit}" for each in shown)
    more = f'<p class="quiet">and {rest} more</p>' if rest > 0 else ""
    return (
        f'<figure><figcaption>{title}</figcaption><svg viewBox="0 0 {_WIDTH:g} {height:g}" role="img" '
        f'aria-labelledby="{name}-title" '
        f'aria-describedby="{name}-desc"><title id="{name}-title">{title}</title>'
        f'<desc id="{name}-desc">{said}</desc>{"".join(parts)}</svg>{more}</figure>'
    )


def _drawn(drawn: Bar, top: float, longest: float, unit: str) -> list[str]:
    width = max(2.0, (_WIDTH - _LEFT - _RIGHT) * drawn.value / longest)
    middle = top + _BAR - 2
    kind = f"bar {drawn.kind}".strip()
    return [
        f'<text x="{_LEFT - 8:g}" y="{middle:g}" text-anchor="end">{_text(drawn.name, _NAME)}</text>',
        f'<rect class="{kind}" x="{_LEFT:g}" y="{top:g}" width="{width:.1f}" height="{_BAR:g}"/>',
        f'<text x="{_LEFT + width + 6:.1f}" y="{middle:g}">{drawn.value:g}{unit}</text>',
    ]


def _text(text: str, limit: int) -> str:
    cut = text if len(text) <= limit else f"{text[: limit - 1]}\u2026"
    return html.escape(printable(cut))
