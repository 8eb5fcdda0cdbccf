# SPDX-License-Identifier: GPL-3.0-or-later

"""The report as data, and as JUnit XML for another reader than its writer."""

from __future__ import annotations

from xml.dom import minidom

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.audit.junit import junit
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.audit.report import failures, report

from .reports import cluster, hostile

FLEET = [
    cluster("z-in-order", desired=True, mode="ipvs", version="1.34.1-0"),
    cluster("b-drifted", desired=True, drift=("it runs iptables, not ipvs", "x is 1, not 2"), mode="iptables"),
    cluster("unchecked", mode="iptables", version="1.33.2-0"),
    cluster("a-drifted", desired=True, drift=("y",), region="GRA11", mode="iptables"),
    cluster("cilium", without="its plan is Standard"),
    cluster("gone", error="HTTP 404"),
]


def test_whoever_needs_somebody_comes_first() -> None:
    found = report(FLEET)
    assert [one["name"] for one in found["clusters"]] == [
        "gone",
        "a-drifted",
        "b-drifted",
        "unchecked",
        "z-in-order",
        "cilium",
    ]
    assert found["summary"] == {
        "clusters": 6,
        "states": {"drifted": 2, "in_order": 1, "no_kube_proxy": 1, "unchecked": 1, "unreadable": 1},
        "modes": {"iptables": 3, "ipvs": 1, "unknown": 2},
        "versions": {"1.33": 1, "1.34": 1, "unknown": 4},
    }
    assert found["made_at"] is None
    assert report(FLEET[::-1]) == found
    assert failures(found) == ["gone: HTTP 404", "a-drifted: y", "b-drifted: it runs iptables, not ipvs; x is 1, not 2"]


def test_junit() -> None:
    text = junit(report(FLEET))
    root = minidom.parseString(text).documentElement  # noqa: S318 - a text of ours
    assert root is not None
    counts = {name: root.getAttribute(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "6", "failures": "2", "errors": "1", "skipped": "2"}
    (suite,) = root.getElementsByTagName("testsuite")
    assert not suite.hasAttribute("timestamp")
    cases = suite.getElementsByTagName("testcase")
    told = {
        case.getAttribute("name"): [child.nodeName for child in case.childNodes if child.nodeType == child.ELEMENT_NODE]
        for case in cases
    }
    assert told == {
        "gone": ["error"],
        "a-drifted": ["failure"],
        "b-drifted": ["failure"],
        "unchecked": ["skipped"],
        "z-in-order": [],
        "cilium": ["skipped"],
    }
    assert cases[1].getAttribute("classname") == "kube-proxy.managed.GRA11"
    (failure,) = cases[2].getElementsByTagName("failure")
    assert failure.getAttribute("message") == "it runs iptables, not ipvs; x is 1, not 2"


@pytest.mark.parametrize(
    ("made_at", "timestamp"),
    [
        ("2026-11-27 15:20:48.395828", "2026-11-27T15:20:48"),
        ("2026-11-27T15:20:48Z", "2026-11-27T15:20:48"),
        ("2026-11-27 15:20:48+02:00", "2026-11-27T13:20:48"),
        (" 2026-11-27 ", "2026-11-27T00:00:00"),
        ("0001-01-01T00:00:00+02:00", ""),
        ("noon", ""),
        ("</script>", ""),
    ],
)
def test_the_timestamp_is_a_moment_as_its_schema_wants_it(made_at: str, timestamp: str) -> None:
    root = minidom.parseString(junit(report(FLEET, made_at))).documentElement  # noqa: S318 - a text of ours
    assert root is not None
    (suite,) = root.getElementsByTagName("testsuite")
    assert suite.getAttribute("timestamp") == timestamp


def test_what_xml_cannot_hold_is_escaped() -> None:
    text = junit(hostile())
    root = minidom.parseString(text.encode("utf-8")).documentElement  # noqa: S318 - a text of ours
    assert root is not None
    names = [case.getAttribute("name") for case in root.getElementsByTagName("testcase")]
    assert names == ["</script><img src=x>]]>&\"' \\x00\\x1b[31m\\u202e\\ud800\\ufffe"] * 2


def test_no_cluster_at_all() -> None:
    assert 'tests="0"' in junit(report([]))
