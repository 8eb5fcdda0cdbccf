# SPDX-License-Identifier: GPL-3.0-or-later

"""A real browser, driven by Playwright; its own Chromium builds are not installed, the machine's is used."""

from __future__ import annotations

import shutil
import sys
import typing as t
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / folder) for folder in ("gate", "pages")]

import collection_loader
import fleet

SIZES = (1, 50, 1000)


def pytest_unconfigure() -> None:
    collection_loader.remove()


@pytest.fixture(scope="session")
def browser() -> t.Iterator[Browser]:
    program = shutil.which("chromium")
    assert program, "there is no chromium on this machine; the session pages of nox installs it"
    with sync_playwright() as playwright:
        # Root may start it only without its sandbox; all that it opens is a file of ours.
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """The page of an audit, by the number of its clusters."""
    return {size: fleet.write(size, tmp_path_factory.mktemp(f"audit{size}")) for size in SIZES}


class Watched:
    """A page with all that it asked for, and all that it complained about."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(f"dialog {dialog.message}"))

    def open(self, path: Path) -> tuple[float, float]:
        """Seconds until it is there and can be used, and until its last row is, as the page itself counts them."""
        self.page.goto(path.as_uri())
        # After the task that shows the rest has been laid out.
        self.page.wait_for_function("!document.getElementById('rest')")
        whole = self.page.evaluate("(document.body.offsetHeight, performance.now())")
        loaded = self.page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
        return loaded / 1000, whole / 1000


@pytest.fixture
def watched(browser: Browser) -> t.Iterator[t.Callable[..., Watched]]:
    """``watched(scheme=..., width=...)``; at the end the page must have asked for itself alone, without a complaint."""
    opened: list[Watched] = []

    def new(scheme: t.Literal["dark", "light"] = "light", width: int = 1400) -> Watched:
        context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
        opened.append(Watched(context.new_page()))
        return opened[-1]

    yield new
    for each in opened:
        url = each.page.url
        each.page.context.close()
        assert {request.partition("#")[0] for request in each.requests} == {url.partition("#")[0]}
        assert each.complaints == []
