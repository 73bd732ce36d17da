"""Every thing has an address of its own, opens at it, and can be taken away; in a real browser."""

import re
from pathlib import Path
from typing import Any

import orjson
import pytest
from playwright.sync_api import Browser, Locator, expect

from ledger.blocking import Ledger
from schemas.events import ExchangeOpened
from schemas.ids import derive_id
from schemas.values import Moment
from tests.api.serving import Served, serving
from tests.page.browser import EXCHANGE, WIDE, Tab, opened
from tests.page.conftest import address
from tests.page.proxy import proxying
from tests.page.test_page import HERALD, publish, released, taken

THAI = "c90af035"
"""The claim of ten Thai citizens in round 1, by the beginning of its id."""


def panel(tab: Tab) -> Locator:
    return tab.page.locator("dialog[open]")


def heading(tab: Tab) -> Locator:
    return tab.page.locator("#claims-title:visible")


# -- addresses -------------------------------------------------------------------------------------


def test_a_figure_opens_at_its_address_and_gives_the_address_back_when_it_is_closed(tab: Tab) -> None:
    tab.open()
    figure = tab.page.locator('[data-figure="captives.others"]').first
    where = figure.evaluate("(link) => link.href")
    assert where == f"{tab.address}exchanges/{EXCHANGE}/figures/captives.others"
    figure.click()
    expect(heading(tab)).to_have_text("Captives freed of other nationalities")
    assert tab.page.url == where
    panel(tab).get_by_role("button", name="Close").click()
    tab.page.wait_for_url(f"**/exchanges/{EXCHANGE}")
    expect(figure).to_be_focused()
    tab.page.go_forward()
    expect(heading(tab)).to_have_text("Captives freed of other nationalities")
    tab.page.go_back()
    expect(panel(tab)).to_have_count(0)
    tab.open(f"exchanges/{EXCHANGE}/figures/captives.others")
    expect(heading(tab)).to_have_text("Captives freed of other nationalities")
    tab.page.keyboard.press("Escape")
    tab.page.wait_for_url(f"**/exchanges/{EXCHANGE}")
    expect(tab.page.locator("h1:visible")).to_have_text("Truce and exchange of November 2023")


def test_from_a_figure_to_its_claim_and_back_and_out_of_both_at_once(tab: Tab) -> None:
    tab.open(f"exchanges/{EXCHANGE}/figures/captives.others")
    panel(tab).get_by_role("link", name=f"Claim {THAI}").click()
    tab.page.wait_for_url(f"**/exchanges/{EXCHANGE}/claims/{THAI}-*")
    expect(panel(tab).locator("blockquote")).to_have_text("10 Thai citizens")
    assert "Counts:" in panel(tab).inner_text()
    tab.page.go_back()
    expect(heading(tab)).to_have_text("Captives freed of other nationalities")
    tab.page.go_forward()
    expect(panel(tab).locator("blockquote")).to_have_text("10 Thai citizens")
    where = tab.page.url
    tab.page.keyboard.press("Escape")
    expect(panel(tab)).to_have_count(0)
    tab.page.wait_for_url(f"**/exchanges/{EXCHANGE}")
    tab.page.goto(where)
    expect(panel(tab).locator("blockquote")).to_have_text("10 Thai citizens")


def test_a_round_and_a_chart_are_brought_into_sight_and_stand_out(tab: Tab) -> None:
    tab.open(f"exchanges/{EXCHANGE}/rounds/7")
    expect(tab.page.locator("#round-7")).to_be_in_viewport()
    assert tab.page.locator(".marked").evaluate_all("all => all.map((each) => each.id)") == ["round-7"]
    tab.page.locator("#round-3").get_by_role("link", name="3", exact=True).first.click()
    tab.page.wait_for_url("**/rounds/3")
    assert tab.page.locator(".marked").evaluate_all("all => all.map((each) => each.id)") == ["round-3"]
    tab.open(f"exchanges/{EXCHANGE}/charts/pauses")
    expect(tab.page.get_by_role("heading", name="The clock of pauses")).to_be_in_viewport()


def test_a_pinned_address_shows_what_was_known_by_an_event_or_at_a_position(tab: Tab, demo: Served) -> None:
    tab.open().at(90)
    where = tab.page.locator('[data-figure="captives.nationals"]').first.evaluate("(link) => link.href")
    assert "through=" in where
    tab.page.goto(where)
    expect(panel(tab).locator(".big")).to_have_text("61")
    view = demo.get(where.replace(tab.address, "/v1/").replace("figures", "explain"))
    position = view.headers["ledger-position"]
    pinned = orjson.loads(demo.get(f"/v1/events?exchange={EXCHANGE}&limit=90").body)["reached"]
    assert position
    tab.page.goto(f"{tab.address}exchanges/{EXCHANGE}/figures/captives.nationals?position={pinned}")
    expect(panel(tab).locator(".big")).to_have_text("61")
    tab.page.keyboard.press("Escape")
    tab.page.wait_for_url(f"**/exchanges/{EXCHANGE}?position={pinned}")
    expect(tab.page.locator(".said b")).to_have_text("90 of 162")
    tab.page.get_by_role("button", name="Latest").click()
    tab.page.wait_for_url(f"**/exchanges/{EXCHANGE}")


def test_a_figure_of_an_exchange_opens_over_the_process_of_which_it_is_a_part(tab: Tab) -> None:
    tab.open("exchanges/IL-HAMAS/figures/captives.released")
    panel(tab).locator("[data-figure]", has_text="105").click()
    tab.page.wait_for_url(f"**/exchanges/{EXCHANGE}/figures/captives.released")
    expect(panel(tab).locator("ol.claims > li").first).to_be_visible()
    expect(tab.page.locator("h1")).to_have_text("IL-HAMAS")
    tab.page.go_back()
    expect(panel(tab).locator(".sum-of")).to_be_visible()


def test_every_figure_round_and_claim_is_a_link_that_opens_elsewhere(tab: Tab, demo: Served) -> None:
    tab.open()
    links = tab.page.locator("#page a[data-figure], #page a[data-round]")
    found = links.evaluate_all("all => all.map((each) => each.getAttribute('href'))")
    assert len(found) > 60
    for link in {*found}:
        assert demo.get(link).status == 200, link
    with tab.page.context.expect_page() as other:
        tab.page.locator('[data-figure="captives.released"]').first.click(modifiers=["Control"])
    expect(other.value.locator("#claims-title")).to_have_text("Captives freed")
    other.value.close()


def test_an_address_of_before_leads_to_the_one_of_now(tab: Tab) -> None:
    tab.open(f"?exchange={EXCHANGE}&occurred_by=2023-11-27")
    assert tab.page.url == f"{tab.address}exchanges/{EXCHANGE}?occurred_by=2023-11-27"


# -- the front page --------------------------------------------------------------------------------


def test_the_front_page_shows_every_exchange_with_its_figures_and_opens_them(tab: Tab) -> None:
    tab.open("")
    row = tab.page.get_by_role("row", name=re.compile("^Truce and exchange of November 2023"))
    for said in ("105 captives freed", "240 prisoners freed", "22 Nov 2023 \u2013 16 Dec 2023", "162 events"):
        expect(row).to_contain_text(said)
    sums = tab.page.get_by_role("row", name=re.compile("^All together"))
    expect(sums).to_contain_text("3,986 prisoners freed")
    hedge = tab.page.get_by_role("row", name=re.compile("Yemen"))
    expect(hedge).to_contain_text("about 900 prisoners freed")
    expect(hedge).to_contain_text("not recorded")
    assert tab.page.get_by_label("Show only").count() == 0
    row.get_by_role("link", name="105 captives freed").click()
    expect(panel(tab).locator("ol.claims > li")).to_have_count(15)
    tab.page.go_back()
    expect(tab.page.locator("h1:visible")).to_have_text("Exchanges of captives and prisoners")


def many(url: str, count: int) -> None:
    with Ledger.open(url) as ledger:
        ledger.publish_many(
            ExchangeOpened(
                id=derive_id("front", str(n)), exchange=f"DEAL-{n:03}", title=f"Deal number {n}",
                occurred=Moment.day(f"{1900 + n % 120}-05-01"), source=HERALD, as_stated="It began.",
            )
            for n in range(count)
        )  # fmt: skip


@pytest.mark.parametrize("count", [1, 500])
def test_one_exchange_or_five_hundred_are_all_there(browser: Browser, tmp_path: Path, count: int) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    many(url, count)
    with serving(url) as server, opened(browser, address(server)) as tab:
        tab.open("")
        rows = tab.page.locator("tbody tr:visible")
        expect(rows).to_have_count(count)
        field = tab.page.get_by_label("Show only")
        assert field.count() == (count > 1)
        if count > 1:
            field.fill("deal 499")
            expect(rows).to_have_count(1)
            expect(tab.page.locator("#filter-says")).to_have_text("1 exchange found")
            publish(server, released("one", 3, exchange="DEAL-499", round=None))
            expect(rows).to_contain_text("3 captives freed")
            expect(rows).to_have_count(1)
            expect(field).to_be_focused()


# -- taking away -----------------------------------------------------------------------------------


def test_the_menu_gives_links_data_and_a_citation_of_what_is_shown(browser: Browser, demo: Served) -> None:
    with opened(browser, address(demo), permissions=["clipboard-read", "clipboard-write"]) as tab:
        tab.open(f"exchanges/{EXCHANGE}?occurred_by=2023-11-27")
        menu = taken(tab, "the rounds")
        pinned = menu.get_by_role("link", name="Pinned to what is shown").get_attribute("href") or ""
        assert "occurred_by=2023-11-27&through=" in pinned
        menu.get_by_role("button", name="Copy Link to the latest").click()
        copied = tab.page.evaluate("navigator.clipboard.readText()")
        assert copied == f"{tab.address}exchanges/{EXCHANGE}/charts/rounds"
        said = menu.get_by_label("Citation", exact=True)
        expect(said).to_have_value(re.compile(rf"position 0:\d+\. {tab.address}exchanges/{EXCHANGE}"))
        menu.get_by_label("Form of citation").select_option("BibTeX")
        expect(said).to_have_value(re.compile("^@misc"))
        with tab.page.expect_download() as download:
            menu.get_by_role("link", name="CSV of the rounds").first.click()
        assert download.value.path().read_text().startswith("exchange,")


def test_the_menu_of_a_figure_opens_above_its_panel_and_escape_closes_one_at_a_time(tab: Tab) -> None:
    tab.open(f"exchanges/{EXCHANGE}/figures/captives.released")
    menu = taken(tab, "this figure")
    live = menu.get_by_role("link", name="Always the latest").get_attribute("href")
    assert live == f"{tab.address}exchanges/{EXCHANGE}/figures/captives.released"
    expect(menu.get_by_label("Citation", exact=True)).to_have_value(re.compile("Captives freed: 105"))
    tab.page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(tab.page.get_by_role("button", name="Share, cite, download: this figure")).to_be_focused()
    tab.page.keyboard.press("Escape")
    expect(panel(tab)).to_have_count(0)


# -- search and changes ----------------------------------------------------------------------------


def test_the_search_is_led_by_the_keyboard_to_exchanges_and_claims(tab: Tab) -> None:
    tab.open("")
    field = tab.page.get_by_role("combobox", name="Search")
    tab.page.keyboard.press("/")
    expect(field).to_be_focused()
    tab.page.keyboard.type("truce november")
    options = tab.page.get_by_role("option")
    expect(options.first).to_contain_text("Truce and exchange of November 2023")
    expect(field).to_have_attribute("aria-expanded", "true")
    tab.page.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", options.first.get_attribute("id") or "?")
    tab.page.keyboard.press("Enter")
    expect(tab.page.locator("h1:visible")).to_have_text("Truce and exchange of November 2023")
    field.fill("thai citizens")
    tab.page.get_by_role("option", name=re.compile("10 Thai citizens")).first.click()
    expect(panel(tab).locator("blockquote")).to_have_text("10 Thai citizens")
    tab.page.keyboard.press("Escape")
    field.fill("nobody is called so")
    expect(options).to_contain_text("Nothing is called or says")
    tab.page.keyboard.press("Escape")
    expect(tab.page.get_by_role("listbox")).to_be_hidden()


def test_corrections_are_told_apart_from_growth_each_at_its_address(browser: Browser, url: str) -> None:
    with serving(url) as server, opened(browser, address(server)) as tab:
        tab.open("changes")
        publish(server, released("first", 4))
        publish(
            server,
            released("second", 6, occurrence="test-first", supersedes=derive_id("page", "first"), reason="corrected"),
        )
        link = tab.page.get_by_role("link", name="Round 8, captives freed: 6, was 4")
        expect(link).to_be_visible()
        expect(tab.page.locator('[data-kind="correction"]')).to_contain_text("The Herald")
        link.click()
        expect(tab.page.locator(".note-of")).to_contain_text("6, not 4")
        assert "/changes/" in tab.page.url
        tab.page.get_by_role("link", name=EXCHANGE).click()
        section = tab.page.locator("#changed")
        section.scroll_into_view_if_needed()
        expect(section.get_by_role("link", name="Round 8, captives freed: 6, was 4")).to_be_visible()
        expect(section.get_by_role("link", name="Follow corrections")).to_have_attribute(
            "href", f"/v1/changes.atom?exchange={EXCHANGE}"
        )


# -- what the stream brings ------------------------------------------------------------------------


def asked_for(tab: Tab) -> list[str]:
    """What the page asks the server for from now on."""
    found: list[str] = []
    tab.page.on("request", lambda request: found.append(request.url.replace(tab.address, "/")))
    return found


def test_an_event_makes_the_page_ask_only_for_what_it_may_have_changed(browser: Browser, url: str) -> None:
    with serving(url) as server, opened(browser, address(server)) as tab:
        tab.open()
        found = asked_for(tab)
        publish(server, released("one", 4), released("two", 4))
        tab.page.locator('[data-figure="captives.released"]', has_text="113").first.wait_for()
        views = sorted(each.partition(f"{EXCHANGE}")[2] for each in found)
        assert views == [
            "",
            "/claims",
            "/doubles",
            "/explain",
            "/rounds",
            "/stated",
            "/terms",
        ]  # neither events nor lists
        found.clear()
        publish(server, released("elsewhere", 4, exchange="OTHER-2023", round=None))
        publish(server, released("three", 4))
        tab.page.locator('[data-figure="captives.released"]', has_text="117").first.wait_for()
        assert not any("OTHER" in each or "/v1/events" in each for each in found)


def test_no_view_changes_by_an_event_that_is_said_not_to_touch_it(tab: Tab, demo: Served) -> None:
    tab.open()
    records = orjson.loads(demo.get(f"/v1/events?exchange={EXCHANGE}&limit=1000").body)["records"]
    touched = tab.page.evaluate(
        "async (events) => { const { touchedBy } = await import('/context.js'); return events.map(touchedBy); }",
        [each["event"] for each in records],
    )
    views = {view: view for view in ("rounds", "terms", "positions", "pauses", "stated", "doubles")}
    before: dict[str, Any] = {}
    for record, its in zip(records, touched, strict=True):
        for view in views:
            got = demo.get(f"/v1/exchanges/{EXCHANGE}/{view}?position={record['position']}")
            assert got.status == 200
            assert got.body == before.get(view, got.body) or view in its, (view, record["event"]["type"])
            before[view] = got.body


# -- below a path ----------------------------------------------------------------------------------


def test_behind_a_proxy_that_takes_the_path_away_everything_is_found(browser: Browser, url: str) -> None:
    with proxying("/ledger") as proxy, serving(url, url=proxy.address.rstrip("/")) as server:
        proxy.port = server.port
        with opened(browser, proxy.address, WIDE) as tab:
            tab.open("")
            tab.page.get_by_role("link", name="Truce and exchange of November 2023").click()
            tab.page.locator('[data-figure="captives.released"]').first.click()
            expect(panel(tab).locator("ol.claims > li").first).to_be_visible()
            assert tab.page.url == f"{proxy.address}exchanges/{EXCHANGE}/figures/captives.released"
            tab.page.reload()
            expect(panel(tab).locator("ol.claims > li").first).to_be_visible()
            tab.page.keyboard.press("Escape")
            menu = taken(tab, "the rounds")
            with tab.page.expect_download() as download:
                menu.get_by_role("link", name="CSV of the rounds").first.click()
            assert download.value.path().read_text().startswith("exchange,")
            expect(menu.get_by_label("Citation", exact=True)).to_have_value(re.compile(re.escape(proxy.address)))
            tab.page.keyboard.press("Escape")
            publish(server, released("live", 4))
            tab.page.locator('[data-figure="captives.released"]', has_text="109").first.wait_for()
        assert [each for each in proxy.asked if not each.startswith("/ledger/")] == []
