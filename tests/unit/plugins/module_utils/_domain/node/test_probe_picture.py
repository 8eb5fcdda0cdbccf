# SPDX-License-Identifier: GPL-3.0-or-later

"""The picture is one well-formed file that needs nothing else, and says in words what it shows."""

from __future__ import annotations

import re
import typing as t
import xml.etree.ElementTree as ET

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.probe_figures import figures
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.probe_picture import picture
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.probe_record import (
    End,
    Entry,
    Held,
    Mark,
    Seen,
    Start,
    Tried,
)

XHTML, SVG = "{http://www.w3.org/1999/xhtml}", "{http://www.w3.org/2000/svg}"
LABELS = ("web", "node port")


def result(hole: tuple[float, float] = (0.0, 0.0), **more: t.Any) -> dict[str, t.Any]:
    """Of a node that went from iptables to nftables between 6 and 9.4 s, seen at two targets for 40 s."""
    targets = [
        {"address": f"10.96.0.{number}:80", "protocol": "tcp", "label": label, "send": "x", "hold": number == 0}
        for number, label in enumerate(LABELS)
    ]
    record: list[Entry] = [Start(1_700_000_000.0, 5.0, {"targets": targets})]
    for moment in range(400):
        at = moment / 10
        failed = hole[0] <= at < hole[1]
        record += [Tried(at, 0, 400.0, "timeout") if failed else Tried(at, 0, 2.0), Tried(at, 1, 1.5)]
    record += [Seen(0.0, "iptables"), Seen(6.0, None), Seen(9.4, "nftables"), Mark(5.8, "pod deleted")]
    record += [Held(1.0, 0, 1.0), Held(8.0, 0, 12.0, "reset", True)] if hole[1] else [Held(1.0, 0, 1.0)]
    return {**figures([*record, End(40.0)]), **more}


def parsed(text: str) -> ET.Element:
    assert text.startswith("<!DOCTYPE html>\n")
    return ET.fromstring(text)  # noqa: S314 - it is our own


def words(element: ET.Element | None) -> str:
    assert element is not None
    return " ".join("".join(element.itertext()).split())


def test_it_says_in_words_what_it_shows() -> None:
    page = parsed(picture({"worker-1": result((6.0, 19.8)), "worker-2": result()}, "iptables to nftables"))
    drawing = page.find(f".//{SVG}svg")
    assert drawing is not None
    assert drawing.get("role") == "img"
    described = str(drawing.get("aria-labelledby")).split()
    assert [words(next(each for each in drawing.iter() if each.get("id") == name)) for name in described] == [
        "iptables to nftables",
        "worker-1 (iptables to nftables): web, 138 of 400 connections failed, longest gap 13.9 s; node port, 0 of 400 "
        "connections failed, longest gap 0.1 s. worker-2 (iptables to nftables): web, 0 of 400 connections failed, "
        "longest gap 0.1 s; node port, 0 of 400 connections failed, longest gap 0.1 s.",
    ]


def test_the_table_has_the_figures_of_every_target() -> None:
    page = parsed(picture({"worker-1": result((6.0, 19.8)), "worker-2": result()}, "t"))
    rows = [[words(cell) for cell in row] for row in page.iterfind(f".//{XHTML}tbody/{XHTML}tr")]
    assert [row[:2] for row in rows] == [["worker-1", "web"], ["worker-1", "node port"]] + [
        ["worker-2", label] for label in LABELS
    ]
    assert rows[0][2:] == [
        "2023-11-14T22:13:20Z",
        "iptables → nftables, 6 s to 9.4 s",
        "400",
        "138",
        "timeout 138",
        "13.9 s at 5.9 s",
        "before 2 / 2 / 2during 2 / 2 / 2after 2 / 2 / 2",
        "broke after 8.01 s (reset)",
        "5.8 s pod deleted",
    ]
    assert rows[2][6:10] == ["none", "0.1 s at 0 s", "before 2 / 2 / 2during 2 / 2 / 2after 2 / 2 / 2", "survived"]
    columns = page.findall(f".//{XHTML}thead//{XHTML}th")
    assert len(columns) == len(rows[0])
    assert {each.get("scope") for each in columns} == {"col"}
    assert all(row.get("scope") == "row" for row in page.iterfind(f".//{XHTML}tbody//{XHTML}th"))


def test_a_gap_is_marked_with_its_length_where_it_is() -> None:
    page = parsed(picture({"worker-1": result((6.0, 19.8))}, "t"))
    [gap] = [each for each in page.iter() if each.get("class") == "gap"]
    left, right = (float(x) for x in re.findall(r"[MH]([0-9.]+)", str(gap.get("d"))))
    # 40 s are 786 wide, from 190 on.
    assert left == pytest.approx(190 + 5.9 / 40 * 786, abs=0.5)
    assert right == pytest.approx(190 + 19.8 / 40 * 786, abs=0.5)
    assert [words(each) for each in page.iter() if each.get("class") == "length"] == ["13.9 s"]
    [moment] = [each for each in page.iter() if each.get("class") == "moment"]
    assert float(str(moment.get("x1"))) == pytest.approx(190 + 9.4 / 40 * 786, abs=0.1)
    assert [words(each) for each in page.iter() if each.get("class") == "mode"] == ["iptables → nftables"]
    [bad] = [each for each in page.iter() if each.get("class") == "bad" and float(str(each.get("y"))) > 34]
    assert float(str(bad.get("width"))) == pytest.approx(13.8 / 40 * 786, abs=4)
    assert len([each for each in page.iter() if each.get("class") == "broken"]) == 1


def test_without_a_failure_no_gap_is_marked() -> None:
    page = parsed(picture({"worker-1": result()}, "t"))
    assert [each for each in page.iter() if each.get("class") in ("gap", "length", "broken")] == []


def test_failures_are_not_told_by_colour_alone() -> None:
    page = parsed(picture({"worker-1": result((6.0, 19.8))}, "t"))
    bars = {each.get("class"): each.get("height") for each in page.iter(f"{SVG}rect")}
    assert len({bars[kind] for kind in ("ok", "some", "bad")}) == 3


def test_it_needs_nothing_else_and_follows_the_reader_s_colours() -> None:
    text = picture({"worker-1": result((6.0, 19.8))}, "t")
    for word in ("<script", "src=", "url(", "@import", "href="):
        assert word not in text
    assert "prefers-color-scheme: dark" in text
    page = parsed(text)
    assert page.get("lang") == "en"
    # What is wider than the window can be reached with the keyboard.
    regions = [each for each in page.iter() if each.get("role") == "region"]
    assert len(regions) == 2
    assert all(each.get("tabindex") == "0" and each.get("aria-label") for each in regions)


def test_words_of_a_node_are_text() -> None:
    evil = '"><script>alert(1)</script>\x1b[31m\u202e'
    found = result((6.0, 19.8))
    found["targets"][0]["label"] = evil
    found["targets"][0]["errors"] = {evil: 1}
    found["marks"] = [{"at": 1.0, "text": evil}]
    found["switches"][0]["former"] = evil
    text = picture({evil: found, "worker-2": {"msg": evil}}, evil)
    assert "<script" not in text
    assert not {"\x1b", "\u202e"} & set(text)
    parsed(text)


def test_numbers_of_a_node_are_numbers() -> None:
    found = result()
    found["targets"][0]["longest_gap"] = "1<script>"
    with pytest.raises(ValueError, match="could not convert"):
        picture({"worker-1": found}, "t")


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"unreachable": True, "msg": "no route"}, "no route"),
        ({"targets": []}, "nothing was measured"),
        (None, "nothing was measured"),
    ],
)
def test_a_node_without_figures_is_shown_with_the_reason(other: t.Any, said: str) -> None:
    page = parsed(picture({"worker-1": result(), "worker-2": other}, "t"))
    rows = [[words(cell) for cell in row] for row in page.iterfind(f".//{XHTML}tbody/{XHTML}tr")]
    assert rows[2] == ["worker-2", said]
    assert f"worker-2: {said}." in words(page.find(f".//{SVG}desc"))


def test_a_picture_of_nothing() -> None:
    parsed(picture({}, "t"))
    parsed(picture({"worker-1": {"msg": "x"}}, "t"))


@pytest.mark.parametrize("seconds", [0.2, 3.0, 55.0, 600.0, 6000.0])
def test_the_axis_has_round_numbers(seconds: float) -> None:
    found = {**result(), "seconds": seconds}
    page = parsed(picture({"worker-1": found}, "t"))
    marks = [float(words(each)[:-2]) for each in page.iter(f"{SVG}text") if words(each).endswith(" s")]
    assert 4 <= len(marks) <= 13
    assert marks[0] == 0
    assert seconds * 0.8 <= marks[-1] <= seconds


def test_a_day_of_nodes_is_a_small_file() -> None:
    nodes = {f"worker-{number}": result((6.0, 19.8)) for number in range(50)}
    assert len(picture(nodes, "t")) < 200_000
