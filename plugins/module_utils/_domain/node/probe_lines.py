# SPDX-License-Identifier: GPL-3.0-or-later

"""What a probe of a node measured, in a line for each target."""

from __future__ import annotations

import typing as t

from ..common.json_types import Json
from ..common.printable import printable

#: Characters of a name and of a reason.
_NAME, _REASON = 80, 300


def lines(node: str, result: t.Mapping[str, t.Any]) -> list[str]:
    """From the result of kube_proxy_node_probe; one without figures has a line with its message."""
    name = printable(node, _NAME)
    if not result.get("targets"):
        return [f"{name}: not measured: {printable(str(result.get('msg') or 'no figures'), _REASON)}"]
    return [f"{name}, {_target(target)}" for target in result["targets"]]


def _target(target: Json) -> str:
    label = printable(str(target["label"] or target["address"]), _NAME)
    protocol = "" if target["protocol"] == "tcp" else f" ({target['protocol']})"
    return (
        f"{label}{protocol}: {target['failures']} of {target['connections']} failed, longest gap "
        f"{target['longest_gap']:g} s{_hold(target['hold'])}"
    )


def _hold(hold: Json | None) -> str:
    if not hold:
        return ""
    if hold["broke_at"] is not None:
        return f"; the connection kept open broke after {hold['broke_at']:g} s"
    return f"; the connection kept open {'survived' if hold['survived'] else 'was not answered any more'}"
