# SPDX-License-Identifier: GPL-3.0-or-later

"""The page as one text, from the report as data (:func:`..report.report`)."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import typing as t

from ...common.json_types import Json
from ...common.listed import counted
from ...common.printable import printable
from .plots import plots
from .script import SCRIPT
from .style import STYLE
from .words import SIGNS, STATES, WORLDS

_TITLE = "Audit of kube-proxy"
#: Rows that are laid out at once, more than any window shows; the script shows the others when these are there.
_FIRST = 100
#: Characters of a recommendation in the table.
_ADVICE = 160
_NOTHING = '<span class="quiet">\u2013</span>'


class Column(t.NamedTuple):
    """``cell`` makes the cell of a cluster. A column without anything to show is left out."""

    title: str
    cell: t.Callable[[Json], str]
    kind: str = ""
    shown: t.Callable[[Json], t.Any] = lambda _one: True


def page(report: Json) -> str:
    """The file: text, style, script and data, of which the policy lets nothing else in."""
    clusters = report["clusters"]
    policy = (
        f"default-src 'none'; style-src {_hash(STYLE)}; script-src {_hash(SCRIPT)}; base-uri 'none'; form-action 'none'"
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_TITLE}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        '<a class="skip" href="#clusters">Skip to the clusters</a>\n'
        f"<header><h1>{_TITLE}</h1>{_subtitle(report)}"
        '<button id="theme" type="button" hidden data-script>Dark colours</button></header>\n<main>\n'
        '<p class="unscripted">Without scripts, the table cannot be sorted, filtered and opened; audit.json has all '
        "of it.</p>\n"
        f'<section aria-labelledby="overview">\n<h2 id="overview">Overview</h2>\n<div class="plots">\n'
        f"{plots(clusters)}\n</div>\n</section>\n"
        f'<section aria-labelledby="clusters">\n<h2 id="clusters" tabindex="-1">Clusters</h2>\n{_filters(clusters)}\n'
        f'<p id="shown" role="status">{counted(len(clusters), "cluster")}</p>\n'
        f"{_table(clusters)}\n</section>\n</main>\n"
        '<footer class="quiet">Written by the role audit of the Ansible collection clusterops.kube_proxy. '
        "The page asks the network for nothing.</footer>\n"
        f'<script type="application/json" id="data">{_data(clusters)}</script>\n<script>{SCRIPT}</script>\n'
        "</body>\n</html>\n"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _data(clusters: t.Sequence[Json]) -> str:
    """JSON in which no text can end the element that it is in."""
    return json.dumps(clusters, ensure_ascii=True, separators=(",", ":")).replace("<", "\\u003c")


def _subtitle(report: Json) -> str:
    states = report["summary"]["states"]
    counts = ", ".join(f"{states[state]} {name}" for state, name in STATES.items() if states.get(state))
    number = report["summary"]["clusters"]
    moment = f"; {_text(report['made_at'])}" if report["made_at"] else ""
    return f'<p class="quiet">{counted(number, "cluster")}: {counts}{moment}</p>'


def _filters(clusters: t.Sequence[Json]) -> str:
    choices: tuple[tuple[str, str, t.Mapping[str, str]], ...] = (
        ("state", "State", STATES),
        ("mode", "Mode", {}),
        ("region", "Region", {}),
        ("world", "Kind", WORLDS),
    )
    return (
        '<div class="filters" role="search" aria-label="Clusters" hidden data-script>'
        '<div><label for="words">Text</label><input id="words" type="search" autocomplete="off"></div>'
        f"{''.join(_choice(clusters, *choice) for choice in choices)}"
        '<button id="everything" type="button">Show all</button></div>'
    )


def _choice(clusters: t.Sequence[Json], name: str, title: str, words: t.Mapping[str, str]) -> str:
    values = {str(one[name] or "unknown") for one in clusters}
    found = [value for value in words if value in values] if words else sorted(values)
    options = "".join(f'<option value="{_text(value)}">{_text(words.get(value, value))}</option>' for value in found)
    return (
        f'<div><label for="of-{name}">{title}</label><select id="of-{name}" name="{name}">'
        f'<option value="">all</option>{options}</select></div>'
    )


def _table(clusters: t.Sequence[Json]) -> str:
    columns = [column for column in _COLUMNS if any(column.shown(one) for one in clusters)]
    head = "".join(
        f'<th scope="col"{_class(column.kind)}><button type="button">{column.title}</button></th>' for column in columns
    )
    rows = [f"<tr>{''.join(column.cell(one) for column in columns)}</tr>" for one in clusters]
    first, rest = "\n".join(rows[:_FIRST]), "\n".join(rows[_FIRST:])
    later = f'<tbody id="rest" hidden>\n{rest}\n</tbody>\n' if rest else ""
    return (
        '<div class="wide" role="region" aria-label="Table of clusters, can be scrolled sideways" tabindex="0">'
        f'<table id="table">\n<thead><tr>{head}</tr></thead>\n<tbody>\n{first}\n</tbody>\n{later}</table></div>'
    )


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""


def _name(one: Json) -> str:
    button = f'<button type="button" class="open" aria-expanded="false">{_text(one["name"])}</button>'
    return f'<th scope="row" data-sort="{_text(one["name"])}">{button}</th>'


def _state(one: Json) -> str:
    state = one["state"]
    # As in STATES, the most urgent first.
    position = list(STATES).index(state)
    sign = f'<span aria-hidden="true">{SIGNS[state]}</span>'
    return f'<td class="state {state}" data-sort="{position}">{sign} {STATES[state]}</td>'


def _plain(member: str, words: t.Mapping[str, str] | None = None) -> t.Callable[[Json], str]:
    def cell(one: Json) -> str:
        value = one[member]
        if value is None:
            return f'<td data-sort="">{_NOTHING}</td>'
        return f'<td class="nowrap">{_text((words or {}).get(value, value))}</td>'

    return cell


def _number(value: t.Callable[[Json], float | None], unit: str = "") -> t.Callable[[Json], str]:
    def cell(one: Json) -> str:
        number = value(one)
        if number is None:
            return f'<td class="number">{_NOTHING}</td>'
        return f'<td class="number" data-sort="{number:g}">{number:g}{unit}</td>'

    return cell


def _advice(one: Json) -> str:
    found = one["recommendations"]
    more = f' <span class="quiet">(and {len(found) - 1} more)</span>' if len(found) > 1 else ""
    # What is an error's whole message is in the row's details.
    reason = str(found[0]["reason"])
    short = reason if len(reason) <= _ADVICE else f"{reason[: _ADVICE - 1]}\u2026"
    return f'<td class="advice">{_text(short)}{more}</td>'


def _drift(one: Json) -> int | None:
    return None if one["state"] == "unreadable" else len(one["drift"])


def _p99(one: Json) -> float | None:
    return one["sync"]["p99"] if one["sync"] else None


_COLUMNS = (
    Column("Cluster", _name),
    Column("State", _state),
    Column("Mode", _plain("mode")),
    Column("Version", _plain("version")),
    Column("Region", _plain("region"), shown=lambda one: one["region"]),
    Column("Kind", _plain("world", WORLDS)),
    Column("Drift", _number(_drift), "number"),
    Column("Services", _number(lambda one: one["services"]), "number", lambda one: one["services"] is not None),
    Column("Sync (p99)", _number(_p99, " s"), "number", _p99),
    Column("Recommendation", _advice),
)


def _text(text: t.Any) -> str:
    return html.escape(printable(str(text)))
