# SPDX-License-Identifier: GPL-3.0-or-later

"""The page as text: what it lets in, what it escapes. How it behaves is in tests/pages, in a browser."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.audit.page.page import page
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.audit.report import report

from ..reports import cluster, hostile


class Seen(HTMLParser):
    """The elements of a page, with their attributes, and the text of those that are styles and scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.raw: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.elements and self.cdata_elem in ("style", "script"):
            self.raw.append(data)


def test_the_policy_lets_in_its_own_style_and_script_alone() -> None:
    text = page(report([cluster("a", desired=True)]))
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    hashes = set(re.findall(r"'sha256-([^']+)'", policy))
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.S)
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.S)
    assert hashes == {base64.b64encode(hashlib.sha256(part.encode()).digest()).decode() for part in (style, script)}


def test_nothing_refers_to_another_place() -> None:
    seen = Seen(page(report([cluster("a", desired=True)])))
    outside = {"src", "srcset", "action", "data", "poster", "style", "onclick"}
    assert [attributes for _tag, attributes in seen.elements if outside & attributes.keys()] == []
    assert {attributes.get("href") for _tag, attributes in seen.elements} - {None} == {"#clusters"}
    assert [part for part in seen.raw if "url(" in part or "@import" in part] == []


def test_texts_from_outside_are_texts() -> None:
    data = hostile()
    text = page(data)
    text.encode("utf-8")
    plain = Seen(page(report([cluster("a", region="b", desired=True, drift=("x",)), cluster("a", error="x")])))
    tags = {tag for tag, _attributes in Seen(text).elements}
    assert tags == {tag for tag, _attributes in plain.elements}
    assert "img" not in tags
    (embedded,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, re.S)
    assert json.loads(embedded) == json.loads(json.dumps(data["clusters"]))
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e\ud800-\udfff\ufffe]", text)


@pytest.mark.parametrize(("members", "shown"), [({}, False), ({"region": "GRA11", "services": 3}, True)])
def test_columns_without_anything_to_show_are_left_out(members: dict[str, object], shown: bool) -> None:
    text = page(report([cluster("a", **members)]))
    for title in ("Region", "Services"):
        assert (f">{title}</button>" in text) is shown


def test_many_rows_are_shown_in_two_steps() -> None:
    few, many = (page(report([cluster(str(number)) for number in range(count)])) for count in (100, 101))
    assert 'id="rest"' not in few.partition("<script")[0]
    assert many.partition('<tbody id="rest" hidden>')[2].partition("</tbody>")[0].count("<tr>") == 1


def test_no_cluster_at_all() -> None:
    assert "0 clusters" in page(report([]))
