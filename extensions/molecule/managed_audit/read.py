# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the three files of an audit with the standard library's parsers, and prints what they say as JSON."""

from __future__ import annotations

import json
import sys
import xml.sax
from html.parser import HTMLParser
from pathlib import Path


class Suite(xml.sax.ContentHandler):
    """The tests of a JUnit file, each with how it ended."""

    def __init__(self) -> None:
        super().__init__()
        self.tests: dict[str, str] = {}

    def startElement(self, name: str, attrs: xml.sax.xmlreader.AttributesImpl) -> None:  # noqa: N802 - that of SAX
        if name == "testcase":
            self.tests[attrs["name"]] = "passed"
        elif name in ("failure", "error", "skipped"):
            self.tests[list(self.tests)[-1]] = name


class Page(HTMLParser):
    """The clusters in the table, the data for the script, and what would be asked for elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[str | None] = []
        self.outside: list[str] = []
        self.data = ""
        self._in_data = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self._in_data = tag == "script" and attributes.get("type") == "application/json"
        if attributes.get("scope") == "row":
            self.rows.append(attributes.get("data-sort"))
        links = (attributes.get(name) or "#" for name in ("src", "href"))
        self.outside += [link for link in links if not link.startswith("#")]

    def handle_data(self, data: str) -> None:
        self.data += data if self._in_data else ""

    def handle_endtag(self, tag: str) -> None:
        self._in_data = False


folder = Path(sys.argv[1])
suite, page = Suite(), Page()
xml.sax.parse(str(folder / "audit.xml"), suite)  # noqa: S317 - a file of ours
page.feed((folder / "audit.html").read_text(encoding="utf-8"))
report = json.loads((folder / "audit.json").read_text(encoding="utf-8"))
said = {"tests": suite.tests, "rows": page.rows, "outside": page.outside, "same": json.loads(page.data)}
print(json.dumps({"report": report, **said}))
