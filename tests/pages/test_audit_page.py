# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of an audit in a real browser, with one, fifty and a thousand clusters.

Each test also sees that the page asks the network for nothing, and that nothing in it fails: see conftest.py.
"""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

import fleet

from .conftest import SIZES, Watched

Watch = t.Callable[..., Watched]
Pages = dict[int, Path]
SCHEMES: tuple[t.Literal["dark", "light"], ...] = ("light", "dark")


def names(page: Page) -> list[str]:
    """The clusters that are shown, in this order."""
    return page.locator("#table > tbody > tr:not([hidden]) > th").all_inner_texts()


def head(page: Page, title: str) -> t.Any:
    return page.get_by_role("columnheader", name=title)


def clusters(path: Path) -> list[dict[str, t.Any]]:
    found = json.loads(path.with_name("audit.json").read_text(encoding="utf-8"))["clusters"]
    return t.cast("list[dict[str, t.Any]]", found)


@pytest.mark.parametrize("size", SIZES)
def test_it_opens_with_every_cluster(watched: Watch, pages: Pages, size: int) -> None:
    """How long that takes is told and not judged: the machine may be busy with other tests."""
    watch = watched()
    loaded, whole = watch.open(pages[size])
    kib = pages[size].stat().st_size / 1024
    print(f"\n{size} clusters: open after {loaded:.2f} s, with the last row after {whole:.2f} s, {kib:.0f} KiB")
    assert watch.page.locator("#table > tbody > tr").count() == size
    assert watch.page.locator("#table > tbody").count() == 1
    noun = "cluster" if size == 1 else "clusters"
    expect(watch.page.get_by_role("status")).to_have_text(f"{size} of {size} {noun} shown")
    if size < 1000:
        assert names(watch.page) == [one["name"] for one in clusters(pages[size])]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("size", SIZES)
def test_nothing_bars_anybody(watched: Watch, pages: Pages, size: int, scheme: t.Literal["dark", "light"]) -> None:
    """Every rule of axe that applies, with a row open; of the large page what is shown after filtering."""
    watch = watched(scheme)
    watch.open(pages[size])
    if size == 1000:
        watch.page.get_by_role("searchbox", name="Text").fill("on-premises-1")
    for button in watch.page.locator("#table > tbody > tr:not([hidden]) button.open").all()[:5]:
        button.click()
    found = Axe().run(watch.page)
    assert found.violations_count == 0, found.generate_report()


def test_sorting(watched: Watch, pages: Pages) -> None:
    page = (watch := watched()).page
    watch.open(pages[50])
    first = names(page)
    assert page.locator("th[aria-sort]").count() == 0
    head(page, "Cluster").get_by_role("button").click()
    expect(head(page, "Cluster")).to_have_attribute("aria-sort", "ascending")
    ascending = names(page)
    assert sorted(ascending) == sorted(first)
    # As people count, not as computers spell.
    assert ascending.index("on-premises-3") < ascending.index("on-premises-10")
    head(page, "Cluster").get_by_role("button").click()
    expect(head(page, "Cluster")).to_have_attribute("aria-sort", "descending")
    assert names(page) == ascending[::-1]
    head(page, "Sync (p99)").get_by_role("button").click()
    expect(head(page, "Sync (p99)")).to_have_attribute("aria-sort", "ascending")
    assert page.locator("th[aria-sort]").count() == 1
    times = {one["name"]: one["sync"]["p99"] for one in clusters(pages[50]) if one["sync"]}
    # What has no figure is at the end, whichever way.
    assert [times.get(name) for name in names(page)][: len(times)] == sorted(times.values())
    head(page, "Sync (p99)").get_by_role("button").click()
    assert [times.get(name) for name in names(page)][: len(times)] == sorted(times.values(), reverse=True)


def test_an_open_row_stays_below_its_cluster(watched: Watch, pages: Pages) -> None:
    page = (watch := watched()).page
    watch.open(pages[50])
    page.get_by_role("button", name="on-premises-10", exact=True).click()
    head(page, "Cluster").get_by_role("button").click()
    below = page.locator("tr:has(> th button[aria-expanded=true]) + tr")
    expect(below).to_have_class("details")
    expect(below).to_contain_text("10.244.0.0/16")
    page.get_by_role("combobox", name="State").select_option("unreadable")
    expect(below).to_be_hidden()


def test_filtering(watched: Watch, pages: Pages) -> None:
    page = (watch := watched()).page
    watch.open(pages[1000])
    everything = clusters(pages[1000])
    page.get_by_role("combobox", name="State").select_option("drifted")
    page.get_by_role("combobox", name="Mode").select_option("ipvs")
    page.get_by_role("combobox", name="Region").select_option("GRA11")
    fitting = [
        one["name"] for one in everything if (one["state"], one["mode"], one["region"]) == ("drifted", "ipvs", "GRA11")
    ]
    assert names(page) == fitting
    expect(page.get_by_role("status")).to_have_text(f"{len(fitting)} of 1000 clusters shown")
    page.get_by_role("searchbox", name="Text").fill("no such cluster")
    expect(page.get_by_role("status")).to_have_text("0 of 1000 clusters shown")
    page.get_by_role("button", name="Show all").click()
    expect(page.get_by_role("status")).to_have_text("1000 of 1000 clusters shown")
    page.get_by_role("combobox", name="Mode").select_option("unknown")
    assert set(names(page)) == {one["name"] for one in everything if one["mode"] is None}


def test_by_keyboard_alone(watched: Watch, pages: Pages) -> None:
    page = (watch := watched()).page
    watch.open(pages[1])
    focused = "document.activeElement.textContent.trim()"
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == "Skip to the clusters"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "words"
    for _presses in range(100):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.classList.contains('open')"):
            break
    name = page.evaluate(focused)
    button = page.get_by_role("button", name=name)
    expect(button).to_have_attribute("aria-expanded", "false")
    # Whoever sees must see where the focus is.
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "true")
    controlled = button.get_attribute("aria-controls")
    expect(page.locator(f"#{controlled}")).to_contain_text("Recommendation")
    page.keyboard.press("Space")
    expect(button).to_have_attribute("aria-expanded", "false")
    assert page.locator(f"#{controlled}").count() == 0


def test_the_difference_is_told_without_colour_too(watched: Watch, pages: Pages) -> None:
    page = (watch := watched()).page
    watch.open(pages[50])
    page.get_by_role("button", name="team-1-cluster-1", exact=True).click()
    lines = [line.strip() for line in page.locator(".diff del, .diff ins").all_inner_texts()]
    assert lines == [
        "+ ipvs.scheduler: lc",
        "- ipvs.sync_period: PT30S",
        "+ ipvs.sync_period: PT1M",
    ]
    colours = page.evaluate(
        "['del', 'ins'].map((name) => getComputedStyle(document.querySelector('.diff ' + name)).backgroundColor)"
    )
    assert len({*colours, "rgba(0, 0, 0, 0)"}) == 3


def test_names_from_outside_stay_text(watched: Watch, pages: Pages) -> None:
    page = (watch := watched()).page
    watch.open(pages[50])
    (name,) = [one["name"] for one in clusters(pages[50]) if "<img" in one["name"]]
    assert name == fleet.HOSTILE.replace("\u202e", "\\u202e")
    button = page.get_by_role("button", name=name)
    button.click()
    expect(page.locator(f"#{button.get_attribute('aria-controls')}")).to_contain_text(name)
    assert page.locator("img").count() == 0


def test_colours(watched: Watch, pages: Pages) -> None:
    """Those that the system prefers, until somebody chooses others."""
    background = "getComputedStyle(document.body).backgroundColor"
    seen = {}
    for scheme in SCHEMES:
        page = (watch := watched(scheme)).page
        watch.open(pages[1])
        seen[scheme] = page.evaluate(background)
        other = "Light colours" if scheme == "dark" else "Dark colours"
        page.get_by_role("button", name=other).click()
        seen[f"other than {scheme}"] = page.evaluate(background)
        expect(page.get_by_role("button", name="Dark colours" if scheme == "dark" else "Light colours")).to_be_visible()
    assert seen["light"] == seen["other than dark"] != seen["dark"] == seen["other than light"]


def test_paper_is_light_and_has_no_controls(watched: Watch, pages: Pages) -> None:
    page = (watch := watched("dark")).page
    watch.open(pages[1])
    page.get_by_role("button", name="Light colours").click()
    page.get_by_role("button", name="Dark colours").click()
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    expect(page.locator("#theme")).to_be_hidden()
    expect(page.get_by_role("searchbox")).to_be_hidden()
    expect(page.get_by_role("table")).to_be_visible()


def test_a_narrow_window_scrolls_only_the_table(watched: Watch, pages: Pages) -> None:
    page = (watch := watched(width=360)).page
    watch.open(pages[50])
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert page.evaluate("document.querySelector('.wide').scrollWidth") > 360


def test_plots_say_their_figures(watched: Watch, pages: Pages) -> None:
    page = (watch := watched()).page
    watch.open(pages[50])
    modes = page.get_by_role("img", name="Mode of kube-proxy")
    counts = json.loads(pages[50].with_name("audit.json").read_text(encoding="utf-8"))["summary"]["modes"]
    for mode, count in counts.items():
        expect(modes.locator("desc")).to_contain_text(f"{mode}: {count}")


def test_without_scripts_every_cluster_is_shown(browser: Browser, pages: Pages) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(pages[1000].as_uri())
    expect(page.locator("#table > tbody > tr").last).to_be_visible()
    expect(page.get_by_text("Without scripts, the table cannot be sorted")).to_be_visible()
    expect(page.get_by_role("searchbox")).to_be_hidden()
    context.close()
