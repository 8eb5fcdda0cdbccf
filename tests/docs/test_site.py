# SPDX-License-Identifier: GPL-3.0-or-later

"""The pages of the built site: headings, alternative texts, links between pages. Nothing here asks the network."""

from __future__ import annotations

import html.parser
import os
import urllib.parse
from pathlib import Path

import pytest

import build
import plots

ROOT = Path(__file__).resolve().parents[2]
HEADINGS = {f"h{level}": level for level in range(1, 7)}


class Page(html.parser.HTMLParser):
    """What tests ask of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.classes: set[str] = set()
        self.language = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.classes |= set((given.get("class") or "").split())
        if tag in HEADINGS:
            self.headings.append(HEADINGS[tag])
        if "id" in given:
            self.ids.add(given["id"] or "")
        if tag == "a" and given.get("href"):
            self.links.append(given["href"] or "")
        if tag == "img":
            self.images.append(given)
        if tag == "html":
            self.language = given.get("lang") or ""


@pytest.fixture(scope="session")
def pages(site: Path) -> dict[Path, Page]:
    """All but the page of the search, which scripts make when it is open."""
    return {path: Page(path) for path in sorted(site.rglob("*.html")) if path.name != "search.html"}


def name(path: Path, site: Path) -> str:
    return path.relative_to(site).as_posix()


def test_every_document_has_a_page(site: Path) -> None:
    targets = [Path(target) for target in build.pages(ROOT).values() if target.endswith(".md")]
    assert len(targets) > 30
    missing = [str(target) for target in targets if not (site / target.with_suffix(".html")).is_file()]
    assert missing == []
    modules = {path.stem for path in (ROOT / "plugins" / "modules").glob("[!_]*.py")}
    assert {path.stem.removesuffix("_module") for path in (site / "reference").glob("*_module.html")} == modules


def test_headings_begin_with_one_title_and_skip_no_level(pages: dict[Path, Page], site: Path) -> None:
    wrong = {
        name(path, site): page.headings
        for path, page in pages.items()
        if page.headings.count(1) != 1
        or page.headings[0] != 1
        or any(after > before + 1 for before, after in zip(page.headings, page.headings[1:], strict=False))
    }
    assert wrong == {}


def test_pictures_have_alternative_texts(pages: dict[Path, Page], site: Path) -> None:
    images = [(name(path, site), image) for path, page in pages.items() for image in page.images]
    assert len(images) >= 3
    assert [where for where, image in images if len((image.get("alt") or "").split()) < 4] == []


def test_links_lead_somewhere(pages: dict[Path, Page], site: Path) -> None:
    broken, seen = [], 0
    for path, page in pages.items():
        for link in page.links:
            parts = urllib.parse.urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = Path(os.path.normpath(path.parent / urllib.parse.unquote(parts.path))) if parts.path else path
            anchor = urllib.parse.unquote(parts.fragment)
            seen += 1
            known = target.is_file() and (not anchor or target not in pages or anchor in pages[target].ids)
            if not known:
                broken.append(f"{name(path, site)}: {link}")
    assert seen > 2000
    assert broken == []


def test_what_is_on_the_site_is_not_sought_elsewhere(pages: dict[Path, Page], site: Path) -> None:
    """A reader gets from the first page to a run in check mode without leaving the site."""
    files = build.pages(ROOT)
    outside = [
        f"{name(path, site)}: {link}"
        for path, page in pages.items()
        for link in page.links
        if link.startswith(build.FILE) and link.removeprefix(build.FILE).partition("#")[0] in files
    ]
    assert outside == []


def test_no_page_shows_an_error_of_its_making(pages: dict[Path, Page], site: Path) -> None:
    wrong = {name(path, site) for path, page in pages.items() if {"system-message", "error"} & page.classes}
    assert wrong == set()
    texts = {
        name(path, site) for path in pages if "Adding a table of contents in Furo" in path.read_text(encoding="utf-8")
    }
    assert texts == set()
    assert {page.language for page in pages.values()} == {"en"}


def test_plots_are_drawn_from_their_tables() -> None:
    for file, text in plots.plots(ROOT / "docs").items():
        assert (ROOT / "docs" / file).read_text(encoding="utf-8") == text, "run python docs/site/plots.py"


@pytest.mark.parametrize(
    ("file", "link", "expected"),
    [
        ("docs/ARCHITECTURE.md", "../CONTRIBUTING.md", "CONTRIBUTING.md"),
        ("docs/ARCHITECTURE.md", "adr/README.md", "adr/README.md"),
        ("roles/audit/README.md", "../managed_cluster/README.md#variables", "managed_cluster.md#variables"),
        ("README.md", f"{build.FILE}docs/FLEETS.md", "FLEETS.md"),
        ("README.md", "LICENSE", f"{build.FILE}LICENSE"),
        ("docs/adr/README.md", "https://semver.org", "https://semver.org"),
        ("docs/FLEETS.md", "#what-it-costs", "#what-it-costs"),
    ],
)
def test_links_of_documents_become_those_of_pages(file: str, link: str, expected: str) -> None:
    files = build.pages(ROOT)
    assert build.relinked(f"See [this]({link}).", file, files, ROOT) == f"See [this]({expected})."


def test_a_document_that_links_to_nothing_stops_the_build() -> None:
    with pytest.raises(SystemExit, match=r"docs/index\.md: there is no docs/NOTHING\.md"):
        build.relinked("[this](NOTHING.md)", "docs/index.md", build.pages(ROOT), ROOT)


def test_the_source_of_a_page_stays_as_it_is_if_nothing_changed(tmp_path: Path) -> None:
    sources = build.Sources(tmp_path)
    sources.write("page.md", "# Page\n")
    os.utime(tmp_path / "page.md", (1, 1))
    (tmp_path / "gone.md").write_text("# Gone\n", encoding="utf-8")
    sources.write("page.md", "# Page\n")
    sources.remove_others()
    assert [(path.name, path.stat().st_mtime) for path in tmp_path.iterdir()] == [("page.md", 1)]
    sources.write("page.md", "# Another\n")
    assert (tmp_path / "page.md").stat().st_mtime > 1
