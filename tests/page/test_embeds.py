"""Charts in frames of pages that are not ours, in a real browser; and charts opened by themselves."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Literal

import pytest
from playwright.sync_api import Browser, Frame, expect

from tests.api.serving import Served
from tests.page.browser import Tab, opened
from tests.page.conftest import address
from tests.page.looks import violations

FRAME = "embed/exchanges/IL-HAMAS-2023-11/rounds"
STRICT = "default-src 'none'; frame-src {origin}; script-src 'nonce-theirs'; frame-ancestors 'none'; base-uri 'none'"
LISTENING = """<script nonce="theirs">addEventListener("message", ({ data, source, origin }) => {
  const frame = document.querySelector("iframe");
  if (source === frame.contentWindow && data.type === "exchange-ledger:height") frame.height = data.height;
});</script>"""


@contextmanager
def newspaper(snippet: str, origin: str, script: str = "") -> Iterator[str]:
    """The address of a page of somebody else, on a port and under a policy of its own, that shows a frame."""
    body = f'<!doctype html><html lang="en"><title>News</title><h1>News</h1>{snippet}{script}'.encode()

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.send_header("content-security-policy", STRICT.format(origin=origin))
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()


def framed(tab: Tab) -> Frame:
    frame = next(each for each in tab.page.frames if "/embed/" in each.url)
    frame.wait_for_selector("h1")
    return frame


@pytest.mark.parametrize("scripts", [True, False])
def test_a_chart_is_read_in_a_foreign_page_under_its_strict_policy(
    browser: Browser, demo: Served, scripts: bool
) -> None:
    origin = f"http://127.0.0.1:{demo.port}"
    url = f"{origin}/exchanges/IL-HAMAS-2023-11/charts/rounds"
    snippet = demo.get(f"/oembed?url={url}").json["html"]
    script = LISTENING if scripts else ""
    with newspaper(snippet, origin, script) as page, opened(browser, page, java_script_enabled=scripts) as tab:
        tab.page.goto(page)
        tab.page.locator("iframe").scroll_into_view_if_needed()
        inside = tab.page.frame_locator("iframe")
        expect(inside.get_by_role("heading", name="Truce and exchange of November 2023")).to_be_visible()
        expect(inside.locator("svg:visible text", has_text="39")).to_have_count(3)
        expect(inside.get_by_text("Source: Exchange ledger, 162 events")).to_be_visible()
        inside.get_by_text("The figures as a table").click()
        expect(inside.locator("tbody tr")).to_have_count(7)


def test_a_frame_tells_the_page_around_it_how_tall_it_is(browser: Browser, demo: Served) -> None:
    origin = f"http://127.0.0.1:{demo.port}"
    snippet = demo.get(f"/oembed?url={origin}/exchanges/IL-HAMAS-2023-11/charts/rounds&maxheight=50").json["html"]
    with newspaper(snippet, origin, LISTENING) as page, opened(browser, page) as tab:
        tab.page.goto(page)
        expect(tab.page.locator("iframe")).to_have_attribute("height", re.compile("^[3-9][0-9]{2}$|^[0-9]{4}$"))
        assert framed(tab).evaluate("document.documentElement.scrollHeight - innerHeight") <= 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("chart", ["totals", "rounds", "timeline", "pauses"])
def test_axe_finds_nothing_in_a_frame(
    browser: Browser, demo: Served, axe: str, chart: str, scheme: Literal["light", "dark"]
) -> None:
    with opened(browser, address(demo), (1200, 700), color_scheme=scheme) as tab:
        tab.page.goto(f"{address(demo)}embed/exchanges/IL-HAMAS-2023-11/{chart}")
        tab.page.locator("summary").click()
        for wide in (1200, 280):
            tab.page.set_viewport_size({"width": wide, "height": 700})
            assert violations(tab, axe) == []


@pytest.mark.parametrize("wide", [280, 390, 600, 900, 1200])
@pytest.mark.parametrize(
    "path", ["IL-HAMAS-2023-11/rounds", "IL-HAMAS-2025-01/totals", "IL-HAMAS-2025-01/timeline", "IL-HAMAS/exchanges"]
)
def test_one_drawing_fits_each_width_and_its_text_is_never_cut_nor_too_small(
    browser: Browser, demo: Served, path: str, wide: int
) -> None:
    with opened(browser, address(demo), (wide, 700)) as tab:
        tab.page.goto(f"{address(demo)}embed/exchanges/{path}")
        expect(tab.page.locator("svg:visible")).to_have_count(1)
        assert tab.page.evaluate("document.documentElement.scrollWidth") <= wide
        drawn = tab.page.locator("svg:visible").bounding_box()
        assert drawn is not None
        for each in tab.page.locator("svg:visible text").all():
            box = each.bounding_box()
            assert box is not None
            said = each.text_content()
            assert box["x"] >= drawn["x"] - 1, said
            assert box["x"] + box["width"] <= drawn["x"] + drawn["width"] + 1, said
            assert box["height"] >= 10.5, said


def test_it_follows_light_and_dark(browser: Browser, demo: Served) -> None:
    with opened(browser, address(demo), color_scheme="light") as tab:
        tab.page.goto(address(demo) + FRAME)
        bar = tab.page.locator("svg:visible rect[fill*=captives]").first
        colours = set()
        for scheme in ("light", "dark"):
            tab.page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
            colours.add(bar.evaluate("(bar) => getComputedStyle(bar).fill"))
        assert colours == {"rgb(180, 105, 14)", "rgb(224, 154, 58)"}


def test_a_chart_of_svg_opened_alone_shows_all_of_itself(browser: Browser, demo: Served) -> None:
    with opened(browser, address(demo)) as tab:
        tab.page.goto(f"{address(demo)}v1/exchanges/IL-HAMAS-2025-01/charts/rounds.svg")
        box = tab.page.locator("svg").bounding_box()
        assert box is not None
        assert box["width"] == 960
        for each in tab.page.locator("text").all():
            its = each.bounding_box()
            assert its is not None
            assert 0 <= its["x"] <= its["x"] + its["width"] <= 960
            assert its["y"] + its["height"] <= box["height"]


def test_a_picture_is_shown_by_a_page_of_somebody_else(browser: Browser, demo: Served) -> None:
    with opened(browser, address(demo)) as tab:
        tab.page.set_content(f'<img src="{address(demo)}v1/exchanges/IL-HAMAS-2023-11/preview.png" alt="">')
        tab.page.wait_for_function("document.querySelector('img').naturalWidth === 1200")
