# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation site in a real browser: wide and light, narrow and dark. The session pages of nox builds it."""

from __future__ import annotations

import functools
import http.server
import threading
import typing as t
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize, expect

SITE = Path(__file__).resolve().parents[2] / ".cache" / "site" / "html"
#: One of each kind: tables, code, plots, a page of antsibull-docs, a role's own text.
PAGES = [
    "index",
    "START_MANAGED",
    "CHOOSE_A_MODE",
    "FROM_TERRAFORM",
    "reference/kube_proxy_rollout_module",
    "roles/managed_cluster",
]
LOOKS: tuple[tuple[t.Literal["dark", "light"], int], ...] = (("light", 1400), ("dark", 360))


class Silent(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_words: t.Any) -> None:
        """Nothing: tests tell what they see."""


@pytest.fixture(scope="module")
def address() -> t.Iterator[str]:
    """The site on a port of the loopback interface: its search does not work on files."""
    handler = functools.partial(Silent, directory=str(SITE))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(params=LOOKS, ids=lambda look: f"{look[0]}-{look[1]}")
def page(browser: Browser, address: str, request: pytest.FixtureRequest) -> t.Iterator[Page]:
    """At the end, nothing may have come from elsewhere, and no script may have failed."""
    scheme, width = request.param
    viewport: ViewportSize = {"width": width, "height": 900}
    context = browser.new_context(color_scheme=scheme, viewport=viewport, base_url=f"{address}/")
    opened = context.new_page()
    asked: list[str] = []
    failed: list[str] = []
    opened.on("request", lambda found: asked.append(found.url))
    opened.on("pageerror", lambda error: failed.append(str(error)))
    yield opened
    context.close()
    assert [url for url in asked if not url.startswith((address, "data:"))] == []
    assert failed == []


@pytest.mark.parametrize("name", PAGES)
def test_nothing_bars_anybody(page: Page, name: str) -> None:
    page.goto(f"{name}.html")
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]})
    assert [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found.response["violations"]] == []


@pytest.mark.parametrize("name", [*PAGES, "MESSAGES", "VOCABULARY"])
def test_only_tables_and_code_scroll_sideways(page: Page, name: str) -> None:
    page.goto(f"{name}.html")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("name", ["FROM_TERRAFORM", "VOCABULARY", "FLEETS", "roles/audit", "roles/managed_cluster"])
def test_names_in_tables_are_not_torn(page: Page, name: str) -> None:
    """Two lines for one text between two places where it may wrap."""
    page.goto(f"{name}.html")
    torn = """
        [...document.querySelectorAll("article td code .pre")].flatMap(name => [...name.childNodes]).filter(text => {
            const range = document.createRange();
            range.selectNodeContents(text);
            return text.nodeType === Node.TEXT_NODE && !/[ -]/.test(text.data) && range.getClientRects().length > 1;
        }).map(text => text.data)
    """
    assert page.evaluate(torn) == []


def test_pictures_are_shown(page: Page) -> None:
    page.goto("CHOOSE_A_MODE.html")
    pictures = page.locator("article img")
    assert pictures.count() == 2
    assert pictures.evaluate_all("found => found.every(each => each.complete && each.naturalWidth > 0)")


def test_a_message_is_found_by_its_words(page: Page) -> None:
    page.goto("search.html?q=admission+plugin+choose")
    expect(page.locator("#search-results li").filter(has_text="Troubleshooting by message").first).to_be_visible()
