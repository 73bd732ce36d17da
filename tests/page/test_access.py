"""Whether everybody can use the page: axe-core's rules, the keyboard, and what a screen reader is told."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import pytest
from playwright.sync_api import Browser, expect

from tests.api.serving import Served
from tests.page.browser import Tab, opened
from tests.page.conftest import HERE, address
from tests.page.looks import LOOKS, ColorScheme, Media, violations
from tests.page.test_page import EVENTS, taken


@contextmanager
def look(
    browser: Browser, demo: Served, size: tuple[int, int], scheme: ColorScheme, media: Media = "screen"
) -> Iterator[Tab]:
    with opened(browser, address(demo), size, color_scheme=scheme, reduced_motion="reduce") as tab:
        tab.page.emulate_media(media=media)
        yield tab


@pytest.mark.parametrize(("size", "scheme", "media"), LOOKS[:4])
def test_axe_finds_nothing(
    browser: Browser, demo: Served, axe: str, size: tuple[int, int], scheme: ColorScheme, media: Media
) -> None:
    with look(browser, demo, size, scheme, media) as tab:
        tab.open()
        for summary in tab.page.locator("summary").all():
            summary.click()
        tab.at(90)
        assert violations(tab, axe) == []
        tab.page.locator('[data-figure="captives.released"]').first.click()
        expect(tab.page.locator("dialog ol.claims > li").first).to_be_visible()
        tab.page.locator("dialog summary").first.click()
        assert violations(tab, axe, "dialog") == []


QUERIES = (
    "",
    "changes",
    "exchanges/IL-HAMAS-2025-01",
    "exchanges/IL-HAMAS-OUTSIDE",
    "exchanges/IL-HAMAS",
    "exchanges/IL-HAMAS-2023-11?occurred_by=2023-11-27",
    "exchanges/IL-HAMAS-2023-11?recorded_by=2020-01-01",
    "exchanges/NOWHERE",
)


@pytest.mark.parametrize("query", QUERIES)
def test_axe_finds_nothing_elsewhere(browser: Browser, demo: Served, axe: str, query: str) -> None:
    for size, scheme, media in (LOOKS[1], LOOKS[2], LOOKS[4]):
        with look(browser, demo, size, scheme, media) as tab:
            tab.page.goto(tab.address + query)
            tab.page.locator("html[data-shown], #problem:visible").first.wait_for()
            assert violations(tab, axe) == []
            tab.refused(404)


@pytest.mark.parametrize(("size", "scheme", "media"), LOOKS[:4])
def test_axe_finds_nothing_in_the_menu_and_in_the_search(
    browser: Browser, demo: Served, axe: str, size: tuple[int, int], scheme: ColorScheme, media: Media
) -> None:
    with look(browser, demo, size, scheme, media) as tab:
        tab.open("exchanges/IL-HAMAS-2023-11/rounds/7")
        taken(tab, "the rounds")
        assert violations(tab, axe) == []
        tab.page.keyboard.press("Escape")
        tab.page.keyboard.press("/")
        tab.page.keyboard.type("qatar")
        expect(tab.page.get_by_role("option").first).to_be_visible()
        tab.page.keyboard.press("ArrowDown")
        assert violations(tab, axe) == []


# -- the keyboard ----------------------------------------------------------------------------------


def test_the_keyboard_leads_to_the_claims_of_a_figure_and_back(tab: Tab) -> None:
    tab.open()
    keyboard = tab.page.keyboard
    keyboard.press("Tab")
    expect(tab.page.get_by_role("link", name="Skip to the figures")).to_be_focused()
    keyboard.press("Enter")
    figure = tab.page.locator('[data-figure="captives.released"]').first
    for _ in range(tab.page.locator(".cautions a").count() + 1):
        keyboard.press("Tab")
    expect(figure).to_be_focused()
    keyboard.press("Enter")
    expect(tab.page.locator("#claims-title")).to_be_focused()
    expect(tab.page.locator("dialog ol.claims > li").first).to_be_visible()
    keyboard.press("Escape")
    expect(figure).to_be_focused()


def test_the_slider_is_moved_by_the_keyboard_and_says_what_happened(tab: Tab) -> None:
    tab.open()
    slider = tab.page.get_by_role("slider", name="As known after event")
    slider.focus()
    tab.page.keyboard.press("Home")
    tab.page.wait_for_selector('html[data-shown="1"]')
    for _ in range(3):
        tab.page.keyboard.press("ArrowRight")
    tab.page.wait_for_selector('html[data-shown="4"]')
    expect(slider).to_be_focused()
    assert (slider.get_attribute("aria-valuetext") or "").startswith(f"4 of {EVENTS}: 22 Nov 2023, Party registered: ")


def test_a_change_of_the_page_leaves_the_focus_where_it_is(tab: Tab) -> None:
    tab.open()
    figure = tab.page.locator('[data-figure="prisoners.released"]').first
    figure.focus()
    tab.page.evaluate("const s = document.getElementById('step'); s.value = 90; s.dispatchEvent(new Event('input'))")
    tab.page.wait_for_selector('html[data-shown="90"]')
    expect(figure).to_be_focused()


# -- what is told ----------------------------------------------------------------------------------


def test_landmarks_and_headings_tell_the_parts_of_the_page(tab: Tab) -> None:
    tab.open()
    page = tab.page
    for role in ("banner", "main", "contentinfo"):
        assert page.get_by_role(role).count() == 1, role
    regions = page.locator("main section:visible")
    assert all(region.get_attribute("aria-labelledby") for region in regions.all())
    levels = [
        int(name[1])
        for name in page.locator("h1:visible, h2:visible, h3:visible").evaluate_all("all => all.map(e => e.tagName)")
    ]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_a_figure_says_what_it_is_and_what_it_does(tab: Tab) -> None:
    tab.open()
    name = "105 Captives freed"
    expect(tab.page.get_by_role("link", name=name, exact=True).first).to_be_visible()
    row = tab.page.get_by_role("row", name=re.compile(r"^7 30 Nov \u2013 1 Dec"))
    expect(row.get_by_role("cell")).to_have_count(6)


def test_what_is_shown_is_told_once_the_page_is_at_rest(tab: Tab) -> None:
    tab.open().at(90)
    news = tab.page.get_by_role("status").filter(has_text=f"After event 90 of {EVENTS}")
    expect(news).to_have_text(f"After event 90 of {EVENTS}: captives freed 81, prisoners freed 150.")


def test_the_lock_of_the_checker_pins_by_hash_and_names_no_place_to_fetch_from() -> None:
    packages = json.loads((HERE / "package-lock.json").read_bytes())["packages"]
    assert [name for name, package in packages.items() if "resolved" in package] == []
    assert [name for name, package in packages.items() if "integrity" not in package] == [""]
