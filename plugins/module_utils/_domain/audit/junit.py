# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of an audit as JUnit XML, which CI servers read: a cluster is a test, and drift is a failure.

A cluster that could not be read is an error, and one without anything desired of it was skipped.
"""

from __future__ import annotations

import datetime
import typing as t
from xml.etree import ElementTree

from ..common.json_types import Json
from ..common.printable import printable

_SUITE: t.Final = "kube-proxy"
_SKIPPED: t.Final = {
    "unchecked": "no variable says what is desired of this cluster",
    "no_kube_proxy": "this cluster has no kube-proxy",
}


def junit(report: Json) -> str:
    """The file, from :func:`.report.report`. What XML cannot hold, such as control characters, is escaped."""
    clusters = report["clusters"]
    states = [one["state"] for one in clusters]
    numbers = {
        "tests": str(len(clusters)),
        "failures": str(states.count("drifted")),
        "errors": str(states.count("unreadable")),
        "skipped": str(sum(state in _SKIPPED for state in states)),
    }
    root = ElementTree.Element("testsuites", {"name": _SUITE, **numbers})
    attributes = {"name": _SUITE, **numbers, "time": "0", **_timestamp(report["made_at"])}
    suite = ElementTree.SubElement(root, "testsuite", attributes)
    for one in clusters:
        _case(suite, one)
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _timestamp(made_at: str | None) -> dict[str, str]:
    """The attribute, for a text that is a date: JUnit's schema wants ISO 8601 in seconds, and has no zone."""
    try:
        moment = datetime.datetime.fromisoformat((made_at or "").strip())
        if moment.tzinfo is not None:
            moment = moment.astimezone(datetime.timezone.utc).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return {}
    return {"timestamp": moment.isoformat(timespec="seconds")}


def _case(suite: ElementTree.Element, one: Json) -> None:
    place = ".".join(filter(None, (_SUITE, one["world"], one["region"])))
    names = {"classname": printable(place), "name": printable(one["name"]), "time": "0"}
    case = ElementTree.SubElement(suite, "testcase", names)
    if one["state"] == "drifted":
        lines = [printable(line) for line in one["drift"]]
        failure = ElementTree.SubElement(case, "failure", {"type": "drift", "message": "; ".join(lines)})
        failure.text = "\n".join(lines)
    elif one["state"] == "unreadable":
        message = printable(one["error"])
        ElementTree.SubElement(case, "error", {"type": "unreadable", "message": message}).text = message
    elif one["state"] in _SKIPPED:
        ElementTree.SubElement(case, "skipped", {"message": _SKIPPED[one["state"]]})
    advice = [printable(f"{each['reason']}: {each['todo']}") for each in one["recommendations"] if each["todo"]]
    if advice:
        ElementTree.SubElement(case, "system-out").text = "\n".join(advice)
