# SPDX-License-Identifier: GPL-3.0-or-later

"""Draws the plots of the guides from their tables: ``python docs/site/plots.py`` writes them, ``--check`` compares.

A plot has no data of its own: what is in it, the page has as a table.
"""

from __future__ import annotations

import argparse
import html
import typing as t
from pathlib import Path

DOCS = Path(__file__).resolve().parents[1]
#: Colours that people who see few of them tell apart (Okabe and Ito).
COLOURS = ("#0072B2", "#E69F00", "#D55E00", "#009E73")
_WIDTH, _LEFT, _RIGHT, _BAR, _GAP = 760, 170, 70, 14, 14
#: One group of bars: its name, and a figure for each of the ways.
Group = tuple[str, tuple[float, ...]]


def table(text: str, name: str) -> list[list[str]]:
    """The cells of the first table between the marks of that name, without its head."""
    inside = text.partition(f"<!-- BEGIN {name} -->")[2].partition(f"<!-- END {name} -->")[0]
    rows = [line.strip("| \n").split(" | ") for line in inside.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def gaps(rows: t.Iterable[t.Sequence[str]]) -> tuple[tuple[str, ...], list[Group]]:
    """The longest gap of the slower node, by direction and way."""
    figures: dict[str, dict[str, float]] = {}
    for direction, way, gap, *_others in rows:
        figures.setdefault(direction, {})[way] = max(float(value) for value in gap.split(" / "))
    ways = tuple(next(iter(figures.values())))
    return ways, [(direction, tuple(by_way[way] for way in ways)) for direction, by_way in figures.items()]


def rules(rows: t.Iterable[t.Sequence[str]]) -> tuple[tuple[str, ...], list[Group]]:
    """The time for one rule, by number of Services."""
    return ("iptables", "ipvs"), [(f"{row[0]} Services", (float(row[1]), float(row[2]))) for row in rows]


def bars(title: str, ways: t.Sequence[str], groups: t.Sequence[Group]) -> str:
    """Horizontal bars with their figures in seconds, as SVG on a ground of its own, for light and dark pages."""
    longest = max(figure for _name, figures in groups for figure in figures)
    scale = (_WIDTH - _LEFT - _RIGHT) / longest
    top = 56 + (len(ways) + 1) // 2 * 18
    height = top + len(groups) * (len(ways) * _BAR + _GAP) + 4
    said = "; ".join(
        f"{name}: " + ", ".join(f"{way} {figure:g} s" for way, figure in zip(ways, figures, strict=True))
        for name, figures in groups
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        f'role="img" font-family="sans-serif" font-size="12" fill="#1b1b1b">',
        f"<title>{html.escape(title)}</title>",
        f"<desc>{html.escape(said)}</desc>",
        f'<rect width="{_WIDTH}" height="{height}" rx="6" fill="#ffffff"/>',
        f'<text x="12" y="22" font-size="14" font-weight="bold">{html.escape(title)}</text>',
    ]
    for place, (way, colour) in enumerate(zip(ways, COLOURS, strict=False)):
        left, line = 12 + place % 2 * 300, 36 + place // 2 * 18
        parts.append(f'<rect x="{left}" y="{line}" width="12" height="12" fill="{colour}"/>')
        parts.append(f'<text x="{left + 17}" y="{line + 10}">{html.escape(way)}</text>')
    for name, figures in groups:
        middle = top + len(ways) * _BAR / 2 + 4
        parts.append(f'<text x="{_LEFT - 8}" y="{middle:.0f}" text-anchor="end">{html.escape(name)}</text>')
        for figure, colour in zip(figures, COLOURS, strict=False):
            long = max(figure * scale, 1)
            parts.append(f'<rect x="{_LEFT}" y="{top}" width="{long:.1f}" height="{_BAR - 2}" fill="{colour}"/>')
            parts.append(f'<text x="{_LEFT + figure * scale + 5:.1f}" y="{top + 10}" font-size="11">{figure:g}</text>')
            top += _BAR
        top += _GAP
    return "\n".join([*parts, "</svg>"]) + "\n"


def plots(docs: Path) -> dict[str, str]:
    """The files, by name."""
    measured = table((docs / "CHANGE_THE_MODE.md").read_text(encoding="utf-8"), "measured")
    published = table((docs / "CHOOSE_A_MODE.md").read_text(encoding="utf-8"), "rules")
    return {
        "gaps.svg": bars("Longest gap of new connections, in seconds", *gaps(measured)),
        "rules.svg": bars("Time to add one rule, in seconds (2019, before kube-proxy 1.27)", *rules(published)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="fail if a file is not as its table says")
    check = parser.parse_args().check
    for name, text in plots(DOCS).items():
        path = DOCS / name
        if check and (not path.exists() or path.read_text(encoding="utf-8") != text):
            raise SystemExit(f"docs/{name} is not as its table says: run python docs/site/plots.py")
        if not check:
            path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
