# SPDX-License-Identifier: GPL-3.0-or-later

"""One picture of the probes of several nodes: a HTML file that needs nothing else, and that is well-formed XML too.

It has no scripts, follows the colours that the reader's system prefers, and says all that it shows also in a table.
Whatever comes from a node is shown as text.
"""

from __future__ import annotations

import html
import math
import typing as t

from ..common.json_types import Json
from ..common.printable import printable

#: Characters of a name and of a sentence.
_NAME, _SENTENCE = 80, 300
# The picture, in units of its own: it is as wide as the window.
_WIDTH, _LEFT, _RIGHT = 1000.0, 190.0, 24.0
_PLOT = _WIDTH - _LEFT - _RIGHT
_TOP, _HEAD, _ROW, _AXIS = 34.0, 30.0, 38.0, 26.0
#: From the top of a row to its bar, and the height of that.
_BAR_TOP, _BAR = 17.0, 14.0
#: Lines of the axis, at most.
_TICKS = 12
#: What a part of the time is called in the style, with the share of the bar's height: not by colour alone.
_HEIGHTS = {"ok": 0.4, "some": 0.75, "bad": 1.0}

_STYLE = """
:root { color-scheme: light dark; --page: #ffffff; --text: #1f2328; --quiet: #59636e; --line: #d1d9e0;
  --ok: #1a7f37; --some: #bc4c00; --bad: #cf222e; --switch: #0969da; }
@media (prefers-color-scheme: dark) { :root { --page: #0d1117; --text: #f0f6fc; --quiet: #9198a1; --line: #3d444d;
  --ok: #3fb950; --some: #f0883e; --bad: #ff7b72; --switch: #4493f8; } }
body { margin: 1.5rem; background: var(--page); color: var(--text); font: 16px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.35rem; } p { max-width: 60rem; }
.wide { overflow-x: auto; } .wide:focus-visible { outline: 3px solid var(--switch); outline-offset: 2px; }
svg { display: block; width: 100%; min-width: 46rem; height: auto; font: 12px system-ui, sans-serif; }
text { fill: var(--text); } .quiet { fill: var(--quiet); } .node { font-weight: 600; font-size: 14px; }
.line { stroke: var(--line); } .track { fill: none; stroke: var(--line); }
.ok { fill: var(--ok); } .some { fill: var(--some); } .bad { fill: var(--bad); }
.gap { fill: none; stroke: var(--bad); stroke-width: 1.5; } .length { fill: var(--bad); font-weight: 600; }
.band { fill: var(--switch); opacity: 0.16; } .moment { stroke: var(--switch); stroke-width: 1.5; }
.mark { stroke: var(--quiet); stroke-dasharray: 2 3; } .mode { fill: var(--switch); }
.broken { fill: none; stroke: var(--text); stroke-width: 2.5; }
table { border-collapse: collapse; margin-top: 1.5rem; font-size: 0.8rem; }
caption { text-align: left; font-weight: 600; }
th, td { padding: 0.3rem 0.7rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
"""


class _Node(t.NamedTuple):
    """``figures`` None for a node without any, for the reason in ``missing``."""

    name: str
    figures: Json | None
    missing: str

    @property
    def targets(self) -> list[Json]:
        return list(self.figures["targets"]) if self.figures else []

    @property
    def height(self) -> float:
        return _HEAD + _ROW * max(1, len(self.targets))


def picture(results: t.Mapping[str, t.Any], title: str) -> str:
    """The file, from the results of kube_proxy_node_probe by the names of the nodes, which are in their order.

    A result without figures, such as one of a node that was not reached, is shown with its message.
    """
    nodes = [_node(name, result) for name, result in results.items()]
    heading = _text(title, _SENTENCE)
    return (
        '<!DOCTYPE html>\n<html lang="en" xmlns="http://www.w3.org/1999/xhtml">\n<head>\n<meta charset="utf-8"/>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>\n'
        f"<title>{heading}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{heading}</h1>\n"
        "<p>Each lane shows the new connections through one address on one node. A low bar stands for connections that "
        "were established or answered, a high one for connections that all failed, one in between for some of "
        "both. A bracket marks the longest gap if a connection failed. The band is the time from the "
        "former mode to the other one, as kube-proxy reported it; dotted lines are marks, a cross is the end of a "
        "connection that was kept open. Times are seconds since the probe of the node began.</p>\n"
        f"{_drawing(nodes, heading)}\n{_table(nodes)}\n</main>\n</body>\n</html>\n"
    )


def _node(name: str, result: t.Any) -> _Node:
    if isinstance(result, dict) and result.get("targets"):
        return _Node(name, result, "")
    said = result.get("msg") if isinstance(result, dict) else None
    return _Node(name, None, str(said or "nothing was measured"))


def _drawing(nodes: t.Sequence[_Node], heading: str) -> str:
    longest = max([_number(node.figures["seconds"]) for node in nodes if node.figures] or [0.0]) or 1.0
    height = _TOP + sum(node.height for node in nodes) + _AXIS
    parts = [*_legend(), *_axis(longest, height)]
    top = _TOP
    for node in nodes:
        parts += _lane(node, top, longest)
        top += node.height
    sentences = " ".join(_sentence(node) for node in nodes)
    return (
        '<div class="wide" role="region" aria-label="Picture, can be scrolled sideways" tabindex="0">\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:g} {height:g}" role="img" '
        f'aria-labelledby="title desc">\n<title id="title">{heading}</title>\n<desc id="desc">{sentences}</desc>\n'
        f"{chr(10).join(parts)}\n</svg>\n</div>"
    )


def _sentence(node: _Node) -> str:
    if node.figures is None:
        return f"{_text(node.name)}: {_text(node.missing, _SENTENCE)}."
    told = [
        f"{_label(target)}, {_count(target['failures'])} of {_count(target['connections'])} connections failed, "
        f"longest gap {_seconds(target['longest_gap'])}"
        for target in node.targets
    ]
    changes = [f"{_text(switch['former'])} to {_text(switch['mode'])}" for switch in node.figures["switches"]]
    return f"{_text(node.name)}{f' ({chr(44).join(changes)})' if changes else ''}: {'; '.join(told)}."


def _legend() -> list[str]:
    parts, left = [], _LEFT
    for kind, words in (("ok", "established"), ("some", "some failed"), ("bad", "all failed")):
        tall = _BAR * _HEIGHTS[kind]
        parts.append(f'<rect class="{kind}" x="{left:g}" y="{18 - tall:g}" width="22" height="{tall:g}"/>')
        parts.append(f'<text x="{left + 28:g}" y="17">{words}</text>')
        left += 130
    parts.append(f'<rect class="band" x="{left:g}" y="4" width="22" height="14"/>')
    parts.append(f'<text x="{left + 28:g}" y="17">change of the mode</text>')
    return parts


def _axis(longest: float, height: float) -> list[str]:
    step = _step(longest)
    bottom = height - _AXIS
    parts = []
    for number in range(int(longest / step + 1e-9) + 1):
        x = _x(number * step, longest)
        parts.append(f'<line class="line" x1="{x:g}" x2="{x:g}" y1="{_TOP:g}" y2="{bottom:g}"/>')
        parts.append(
            f'<text class="quiet" x="{x:g}" y="{bottom + 16:g}" text-anchor="middle">{number * step:g} s</text>'
        )
    return parts


def _step(longest: float) -> float:
    """The distance between two lines of the axis: 1, 2 or 5 with noughts."""
    rough = longest / _TICKS
    power: float = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)


def _lane(node: _Node, top: float, longest: float) -> list[str]:
    parts = [
        f'<line class="line" x1="0" x2="{_WIDTH:g}" y1="{top:g}" y2="{top:g}"/>',
        f'<text class="node" x="4" y="{top + 20:g}">{_text(node.name)}</text>',
    ]
    if node.figures is None:
        words = _text(node.missing, _NAME)
        return [*parts, f'<text class="quiet" x="{_LEFT:g}" y="{top + _HEAD + _BAR_TOP:g}">{words}</text>']
    bottom = top + node.height - 4
    for mark in node.figures["marks"]:
        x = _x(_number(mark["at"]), longest)
        parts.append(
            f'<line class="mark" x1="{x:g}" x2="{x:g}" y1="{top + 4:g}" y2="{bottom:g}"><title>{_text(mark["text"])}'
            "</title></line>"
        )
    for switch in node.figures["switches"]:
        parts += _switch(switch, top, bottom, longest)
    for number, target in enumerate(node.targets):
        parts += _row(target, top + _HEAD + number * _ROW, _number(node.figures["seconds"]), longest)
    return parts


def _switch(switch: Json, top: float, bottom: float, longest: float) -> list[str]:
    left, arrived = (_x(_number(switch[name]), longest) for name in ("left", "arrived"))
    width = max(1.0, arrived - left)
    words = f"{_text(switch['former'])} → {_text(switch['mode'])}"
    anchor = "end" if arrived > _LEFT + 0.75 * _PLOT else "start"
    offset = -6 if anchor == "end" else 6
    return [
        f'<rect class="band" x="{left:g}" y="{top + 4:g}" width="{width:.1f}" height="{bottom - top - 4:g}"/>',
        f'<line class="moment" x1="{arrived:g}" x2="{arrived:g}" y1="{top + 4:g}" y2="{bottom:g}"/>',
        f'<text class="mode" x="{arrived + offset:.1f}" y="{top + 18:g}" text-anchor="{anchor}">{words}</text>',
    ]


def _row(target: Json, top: float, seconds: float, longest: float) -> list[str]:
    edge = top + _BAR_TOP
    parts = [f'<text x="12" y="{edge + 11:g}">{_label(target, 26)}</text>']
    parts.append(
        f'<rect class="track" x="{_LEFT:g}" y="{edge:g}" width="{_x(seconds, longest) - _LEFT:.1f}" height="{_BAR:g}"/>'
    )
    for kind, began, ended in _runs(target["slices"], seconds):
        x, tall = _x(began, longest), _BAR * _HEIGHTS[kind]
        width = _x(ended, longest) - x
        parts.append(
            f'<rect class="{kind}" x="{x:g}" y="{edge + _BAR - tall:g}" width="{width:.1f}" height="{tall:g}"/>'
        )
    if _number(target["failures"]):
        parts += _gap(_number(target["gap_at"]), _number(target["longest_gap"]), edge, longest)
    hold = target.get("hold")
    if hold and hold["broke_at"] is not None:
        x, y = _x(_number(hold["broke_at"]), longest), edge + _BAR / 2
        parts.append(
            f'<path class="broken" d="M{x - 5:.1f} {y - 5:g}l10 10m0 -10l-10 10"><title>The connection that was kept '
            f"open broke after {_seconds(hold['broke_at'])}</title></path>"
        )
    return parts


def _gap(began: float, length: float, edge: float, longest: float) -> list[str]:
    left, right = _x(began, longest), _x(began + length, longest)
    middle = min(max((left + right) / 2, _LEFT + 20), _LEFT + _PLOT - 20)
    return [
        f'<path class="gap" d="M{left:.1f} {edge - 1:g}v-4H{right:.1f}v4"/>',
        f'<text class="length" x="{middle:.1f}" y="{edge - 7:g}" text-anchor="middle">{_seconds(length)}</text>',
    ]


def _runs(slices: Json, seconds: float) -> t.Iterator[tuple[str, float, float]]:
    """Neighbouring parts of the time of one kind, from when to when; parts in which nothing began are left out."""
    kinds = list(map(_kind, slices["connections"], slices["failures"]))
    first = 0
    for number in range(1, len(kinds) + 1):
        if number == len(kinds) or kinds[number] != kinds[first]:
            if kinds[first]:
                yield kinds[first], first * seconds / len(kinds), number * seconds / len(kinds)
            first = number


def _kind(connections: int, failures: int) -> str:
    if not connections:
        return ""
    return "ok" if not failures else "bad" if failures == connections else "some"


_COLUMNS = (
    "Node",
    "Target",
    "Began",
    "Change of the mode",
    "Connections",
    "Failed",
    "Errors",
    "Longest gap",
    "Latency in ms: median / 95 % / longest",
    "Connection kept open",
    "Marks",
)
_NUMBERS = ("Connections", "Failed", "Longest gap")


def _table(nodes: t.Sequence[_Node]) -> str:
    head = "".join(f'<th scope="col">{name}</th>' for name in _COLUMNS)
    rows = [row for node in nodes for row in _table_rows(node)]
    return (
        '<div class="wide" role="region" aria-label="Figures, can be scrolled sideways" tabindex="0">\n<table>\n'
        f"<caption>The figures</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{chr(10).join(rows)}\n"
        "</tbody>\n</table>\n</div>"
    )


def _table_rows(node: _Node) -> t.Iterator[str]:
    name = f'<th scope="row">{_text(node.name)}</th>'
    if node.figures is None:
        yield f'<tr>{name}<td colspan="{len(_COLUMNS) - 1}">{_text(node.missing, _SENTENCE)}</td></tr>'
        return
    shared = node.figures
    changes = [
        f"{_text(switch['former'])} → {_text(switch['mode'])}, {_seconds(switch['left'])} to "
        f"{_seconds(switch['arrived'])}"
        for switch in shared["switches"]
    ]
    marks = [f"{_seconds(mark['at'])} {_text(mark['text'])}" for mark in shared["marks"]]
    for target in node.targets:
        errors = [f"{_text(kind)} {_count(number)}" for kind, number in target["errors"].items()]
        cells = {
            "Target": _label(target),
            "Began": _text(shared["started_at"]),
            "Change of the mode": "; ".join(changes) or "none seen",
            "Connections": _count(target["connections"]),
            "Failed": _count(target["failures"]),
            "Errors": ", ".join(errors) or "none",
            "Longest gap": f"{_seconds(target['longest_gap'])} at {_seconds(target['gap_at'])}",
            "Latency in ms: median / 95 % / longest": _latencies(target["latency"]),
            "Connection kept open": _held(target.get("hold")),
            "Marks": "; ".join(marks) or "none",
        }
        body = "".join(
            f"<td{' class=' + chr(34) + 'number' + chr(34) if column in _NUMBERS else ''}>{cells[column]}</td>"
            for column in _COLUMNS[1:]
        )
        yield f"<tr>{name}{body}</tr>"


def _latencies(latency: Json) -> str:
    times = ("before", "during", "after") if latency["before"] or latency["after"] else ("all",)
    # Spaces within a line would break it at any of the figures.
    return "<br/>".join(
        f"{name} {_number(latency[name]['median']):g} / {_number(latency[name]['p95']):g} / "
        f"{_number(latency[name]['max']):g}".replace(" ", "\u00a0")
        if latency[name]
        else f"{name} none"
        for name in times
    )


def _held(hold: Json | None) -> str:
    if not hold:
        return "not asked for"
    silence = f", longest silence {_seconds(hold['longest_silence'])}" if hold["longest_silence"] is not None else ""
    if hold["broke_at"] is not None:
        return f"broke after {_seconds(hold['broke_at'])} ({_text(hold['error'])})"
    return f"{'survived' if hold['survived'] else 'fell silent'}{silence}"


def _label(target: Json, limit: int = _NAME) -> str:
    name = str(target["label"] or target["address"])
    return _text(name if target["protocol"] == "tcp" else f"{name} ({target['protocol']})", limit)


def _x(seconds: float, longest: float) -> float:
    return round(_LEFT + _PLOT * min(max(seconds, 0.0), longest) / longest, 1)


def _number(value: t.Any) -> float:
    """A number from a node; raises ValueError or TypeError for anything else."""
    number = float(value)
    return number if math.isfinite(number) else 0.0


def _count(value: t.Any) -> str:
    return f"{_number(value):.0f}"


def _seconds(value: t.Any) -> str:
    return f"{_number(value):g} s"


def _text(value: t.Any, limit: int = _NAME) -> str:
    """Text of a node, as text of XML."""
    return html.escape(printable(str(value), limit))
