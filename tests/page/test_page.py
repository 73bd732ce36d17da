"""The page in a real browser, with the bundled history."""

import re
import time
from pathlib import Path
from typing import Any, Literal

import orjson
import pytest
from playwright.sync_api import Browser, Locator, expect

from ledger.blocking import Ledger
from schemas.events import AnyEvent, CaptivesReleased, MeetingHeld, PartyRegistered
from schemas.ids import derive_id
from schemas.values import Count, Group, Moment, Source
from schemas.views import view_bytes
from tests.api.serving import Served, make_token, serving
from tests.page.browser import EXCHANGE, NARROW, WIDE, Tab, opened, own_text
from tests.page.conftest import address

PAGE = Path(__file__).parents[2] / "ledger/api/page"
EVENTS, OF_PROCESS = 162, 370
"""So many events the exchange has, and its process."""
SEEN = 4
"""So many pixels a bar has at least, so that few people are seen beside many."""
BETWEEN_TWO_LEGS = 90
"""The event after which 61 captives of the deal's own nationality are out, and 150 prisoners."""
HERALD = Source(publisher="The Herald", kind="newspaper", published="2023-12-02", url="https://herald.example/1")


def released(key: str, count: int, exchange: str = EXCHANGE, round: int | None = 8, **more: Any) -> CaptivesReleased:
    group = Group(count=Count(best=count), nationality=("ISR",), ratio_scope="inside", basis="exchange", vital="alive")
    members: dict[str, Any] = {"source": HERALD, "as_stated": f"{count} freed", "occurrence": f"test-{key}", **more}
    return CaptivesReleased(
        id=derive_id("page", key), exchange=exchange, round=round, occurred=Moment.day("2023-12-02"), groups=(group,),
        **members,
    )  # fmt: skip


def publish(server: Served, *events: AnyEvent) -> None:
    got = server.publish(b"\n".join(map(view_bytes, events)), make_token(server.url))
    assert got.status == 201, got.body


# -- what it shows ---------------------------------------------------------------------------------


def test_an_exchange_opens_with_its_totals(tab: Tab) -> None:
    tab.open()
    assert own_text(tab.page.locator("h1:visible")) == "Truce and exchange of November 2023"
    shown = {name: tab.figure(name) for name in ("captives.released", "captives.nationals", "captives.others")}
    assert shown == {"captives.released": "105", "captives.nationals": "81", "captives.others": "24"}
    assert tab.figure("prisoners.released") == "240"
    assert tab.page.locator("#lead").get_by_text("Thailand 23, Philippines 1").count() == 1


def test_seven_rounds_at_three_to_one_with_both_legs_and_three_scopes(tab: Tab) -> None:
    tab.open()
    rows = tab.page.locator("table.rounds tbody tr")
    shown = [[cell.strip() for cell in row.locator("td.scope .number").all_inner_texts()] for row in rows.all()]
    assert [deal for deal, _, _ in shown] == ["3"] * 7
    assert shown[6] == ["3", "3.75", "3.75"]
    assert [tab.figure(f"rounds.{n}.captives.released") for n in range(1, 8)] == [
        "24",
        "17",
        "17",
        "11",
        "12",
        "16",
        "8",
    ]
    assert tab.figure("rounds.7.prisoners.released") == "30"
    why = " ".join(own_text(tab.page.locator(".why")).split())
    assert "240 / 80 = 3" in why
    assert "105 captives, without 25 freed beside the deal. 2 freed in one round are counted in another." in why


@pytest.mark.parametrize("exchange", [EXCHANGE, "IL-HAMAS-2025-01", "IL-HAMAS-2025-10"])
@pytest.mark.parametrize(
    ("size", "media"), [(WIDE, "screen"), ((800, 900), "screen"), (NARROW, "screen"), (WIDE, "print")]
)
def test_both_legs_of_all_rounds_are_drawn_on_one_scale(
    browser: Browser, demo: Served, exchange: str, size: tuple[int, int], media: Literal["screen", "print"]
) -> None:
    with opened(browser, address(demo), size) as tab:
        tab.open(f"exchanges/{exchange}")
        tab.page.emulate_media(media=media)
        scales: dict[str, set[float]] = {"captives": set(), "prisoners": set()}
        for pair in tab.page.locator("table.rounds .pair:has(.bar)").all():
            side = (
                "captives" if pair.locator("xpath=ancestor::td[contains(@class, 'captives')]").count() else "prisoners"
            )
            people = int(own_text(pair.locator(".figure")).replace(",", ""))
            box = pair.locator(".bar").bounding_box()
            assert box is not None
            assert box["width"] >= SEEN
            if box["width"] > SEEN:
                scales[side].add(round(box["width"] / people, 1))
        assert all(max(found) - min(found) <= 0.1 for found in scales.values())
        is_one = tab.page.locator(".scale-note").count() == 0
        assert (max(scales["captives"]) - max(scales["prisoners"]) <= 0.1) == is_one


def test_pauses_promises_talks_and_disputes_are_there(tab: Tab) -> None:
    tab.open()
    assert "168 h" in tab.page.locator("#pauses").inner_text()
    assert "by Israel, of Hamas (disputed)" in tab.page.locator("#pauses").inner_text()
    assert "For later releases: men over reserve age" in tab.page.locator("#promises").inner_text()
    assert "Meeting in Doha" in tab.page.locator("#talks").inner_text()
    assert "Israel says that Hamas broke the pause" in tab.page.locator("#disputes").inner_text()


def test_moving_the_slider_shows_what_was_known_between_two_legs(tab: Tab) -> None:
    tab.open().at(BETWEEN_TWO_LEGS)
    assert (tab.figure("captives.nationals"), tab.figure("prisoners.released")) == ("61", "150")
    assert "Of round 5, the prisoners are not recorded." in tab.page.locator("#lead .standfirst").inner_text()
    tab.page.locator("#step").press("ArrowRight")
    tab.page.wait_for_selector(f'html[data-shown="{BETWEEN_TWO_LEGS + 1}"]')
    tab.page.get_by_role("button", name="Latest").click()
    tab.page.wait_for_selector(f'html[data-shown="{EVENTS}"]')
    assert tab.figure("captives.nationals") == "81"


def test_a_replay_goes_through_the_events_by_itself(tab: Tab) -> None:
    tab.open().at(EVENTS - 5)
    tab.page.get_by_role("button", name="Replay").click()
    tab.page.wait_for_selector(f'html[data-shown="{EVENTS}"]')
    expect(tab.page.get_by_role("button", name="Replay")).to_be_visible()


def chosen(tab: Tab, **dates: str) -> None:
    """Choose dates beside the slider, and wait for what they show."""
    if tab.page.locator("#dates").is_hidden():
        tab.page.get_by_role("button", name="Dates").click()
    for clock, day in dates.items():
        tab.page.locator(f"#date-{clock}").fill(day)
        tab.page.wait_for_url(f"**{clock}={day}**")


def test_dates_show_what_had_happened_and_what_was_published_by_then(tab: Tab) -> None:
    tab.open()
    chosen(tab, occurred_by="2023-11-27")
    expect(tab.page.locator(".kicker")).to_contain_text("what had happened by 27 Nov 2023")
    assert (tab.figure("captives.released"), tab.figure("prisoners.released")) == ("69", "117")
    assert tab.page.locator("table.rounds tbody tr").count() == 4
    assert "28 Nov" not in tab.page.locator("#talks").inner_text()  # what was still to come is not told
    chosen(tab, published_by="2023-11-26")
    expect(tab.page.locator(".kicker")).to_contain_text("by 27 Nov 2023, what was published by 26 Nov 2023")
    link = tab.page.locator(".permalink a").get_attribute("href") or ""
    known = tab.figure("captives.released")
    tab.page.get_by_role("button", name="Clear dates").click()
    tab.page.locator('[data-figure="captives.released"]', has_text="105").first.wait_for()
    assert tab.page.url.endswith(f"/exchanges/{EXCHANGE}")
    for said in ("occurred_by=2023-11-27", "published_by=2023-11-26", "through="):  # so that it is for good
        assert said in link
    tab.page.goto(link)
    tab.page.wait_for_selector("html[data-shown]")
    assert tab.figure("captives.released") == known
    assert tab.page.locator("#date-published_by").input_value() == "2023-11-26"


def test_dates_and_the_slider_combine_and_latest_ends_both(tab: Tab) -> None:
    tab.open().at(BETWEEN_TWO_LEGS)
    chosen(tab, occurred_by="2023-11-25")
    expect(tab.page.locator(".kicker")).to_contain_text(f"after event 90 of {EVENTS}, what had happened by 25 Nov 2023")
    assert tab.figure("captives.released") == "41"
    for link in taken(tab, "the rounds").locator(".forms a").all():
        assert "occurred_by=2023-11-25&through=" in (link.get_attribute("href") or "")
    tab.page.keyboard.press("Escape")
    tab.page.get_by_role("button", name="Latest").click()
    tab.page.locator('[data-figure="captives.released"]', has_text="105").first.wait_for()
    assert tab.page.locator("#date-occurred_by").input_value() == ""


def test_a_moment_before_anything_was_recorded_says_so(tab: Tab) -> None:
    tab.refused(404)
    tab.open(f"exchanges/{EXCHANGE}?recorded_by=2020-01-01")
    expect(tab.page.locator("h1:visible")).to_have_text("Nothing was recorded yet")
    tab.page.get_by_role("button", name="Clear dates").click()
    expect(tab.page.locator("h1:visible")).to_have_text("Truce and exchange of November 2023")


def test_a_process_is_the_sum_of_its_exchanges_down_to_their_claims(tab: Tab) -> None:
    tab.open("exchanges/IL-HAMAS")
    expect(tab.page.locator("h1:visible")).to_have_text("IL-HAMAS")
    assert (tab.figure("captives.released"), tab.figure("prisoners.released")) == ("159", "3,986")
    expect(tab.page.get_by_role("table", name="Exchanges of IL-HAMAS").get_by_role("row")).to_have_count(5)
    tab.page.locator('#lead [data-figure="captives.released"]').click()
    panel = tab.page.locator("dialog[open]")
    parts = [own_text(each) for each in panel.locator("[data-figure]").all()]
    assert sum(map(int, parts)) == 159
    panel.locator("[data-figure]", has_text="105").click()
    expect(panel.locator("ol.claims > li").first).to_be_visible()
    assert panel.get_by_role("link", name="Event as recorded").first.get_attribute("href")  # the third click


def test_a_process_is_replayed_and_leads_to_its_exchanges(tab: Tab) -> None:
    tab.open("exchanges/IL-HAMAS").at(1)
    for step in (60, OF_PROCESS):
        tab.at(step)
    tab.page.get_by_role("link", name="Truce and exchange of November 2023").click()
    expect(tab.page.locator("h1:visible")).to_have_text("Truce and exchange of November 2023")
    assert tab.page.url.endswith("/exchanges/IL-HAMAS-2023-11")
    tab.page.go_back()
    expect(tab.page.locator("h1:visible")).to_have_text("IL-HAMAS")


def test_lanes_tell_who_offered_answered_and_declared_on_which_day(tab: Tab) -> None:
    tab.open()
    lanes = tab.page.get_by_role("region", name="Who did what, and when")
    days = [day.strip() for day in lanes.get_by_role("columnheader").all_inner_texts()]
    assert days[1:] == ["22 Nov", "28 Nov", "by 28 Nov", "30 Nov", "1 Dec", "16 Dec", "by 16 Dec"]
    hamas = lanes.get_by_role("row", name=re.compile("^Hamas"))
    expect(hamas.get_by_role("button", name="Hamas offered terms, 30 Nov 2023")).to_be_visible()
    refusal = lanes.get_by_role("button", name="Israel refused terms, 30 Nov 2023")
    refusal.click()
    panel = tab.page.locator("dialog[open]")
    expect(panel.get_by_role("heading", name="Israel refused terms")).to_be_visible()
    expect(panel.locator("ol.claims > li")).to_have_count(1)


def test_a_permanent_link_shows_the_same_step_again(tab: Tab) -> None:
    tab.open().at(BETWEEN_TWO_LEGS)
    link = tab.page.locator(".permalink a").get_attribute("href")
    assert link is not None
    tab.page.goto(link)
    tab.page.wait_for_selector(f'html[data-shown="{BETWEEN_TWO_LEGS}"]')
    assert tab.figure("captives.nationals") == "61"
    tab.open(f"exchanges/{EXCHANGE}?through=b35ed33e")
    assert tab.figure("prisoners.released") == "150"


def test_a_figure_opens_its_claims_and_these_their_events_and_sources(tab: Tab) -> None:
    tab.open()
    tab.page.locator('[data-figure="captives.others"]').first.click()
    panel = tab.page.locator("dialog[open]")
    expect(panel.locator("ol.claims > li").first).to_be_visible()
    told = panel.inner_text()
    for said in ("Captives freed of other nationalities", "10 Thai citizens", "Claim 2: probably true", "Counts:"):
        assert said in told
    panel.get_by_text("1 other claim about the same, left out").first.click()
    assert "Left out:" in panel.inner_text()
    assert panel.get_by_role("link", name="Source at").first.get_attribute("href", timeout=1000)
    link = panel.get_by_role("link", name="Event as recorded").first.get_attribute("href")
    assert link is not None
    tab.page.goto(tab.address.rstrip("/") + link)
    assert "as_stated" in tab.page.content()


def test_what_is_kept_of_a_source_stands_beside_its_link(browser: Browser, url: str) -> None:
    copy = "https://archive.example/https://herald.example/1"
    source = HERALD.model_copy(update={"archived": copy, "sha256": "0a" * 32})
    with serving(url) as server, opened(browser, address(server)) as tab:
        publish(server, released("kept", 1, source=source))
        tab.open()
        tab.page.locator('[data-figure="captives.released"]').first.click()
        panel = tab.page.locator("dialog[open]")
        expect(panel.get_by_role("link", name="Archived copy at archive.example")).to_have_attribute("href", copy)
        expect(panel.get_by_text("SHA-256 0a0a0a0a")).to_have_attribute("title", f"SHA-256 {'0a' * 32}")


def test_every_figure_on_the_page_can_be_taken_apart(tab: Tab, demo: Served) -> None:
    for exchange in [each for kind in orjson.loads(demo.get("/v1/exchanges").body).values() for each in kind]:
        tab.open(f"exchanges/{exchange['exchange']}")
        members = exchange["exchanges"]
        named = tab.page.locator("[data-figure]").evaluate_all(
            "all => all.map((e) => [e.dataset.figure, e.dataset.of])"
        )
        for figure, of in {tuple(each) for each in named}:
            parts = [demo.get(f"/v1/exchanges/{each}/explain/{figure}").status for each in ([of] if of else members)]
            assert 200 in parts, (exchange["exchange"], figure)


def test_another_exchange_is_chosen_and_back_is_back(tab: Tab) -> None:
    tab.open()
    tab.page.get_by_role("link", name="Exchange ledger").click()
    tab.page.get_by_role("link", name="First phase of the ceasefire agreement of January 2025").click()
    expect(tab.page.locator("h1:visible")).to_have_text("First phase of the ceasefire agreement of January 2025")
    assert tab.figure("prisoners.released") == "1,778"
    assert "range from 1,735 to 1,778" in tab.page.locator("#lead").inner_text()
    tab.page.go_back()
    expect(tab.page.locator("h1:visible")).to_have_text("Exchanges of captives and prisoners")
    tab.page.go_back()
    expect(tab.page.locator("h1:visible")).to_have_text("Truce and exchange of November 2023")


@pytest.mark.parametrize(
    ("exchange", "said"),
    [
        ("YEMEN-2023-04", "About 900 prisoners were freed."),
        ("UA-RU-2023", "An unknown number of captives were freed."),
        ("TALIBAN-TALKS", "Nobody is recorded as freed under this heading."),
    ],
)
def test_a_hedge_stays_a_hedge_and_what_nobody_says_is_no_zero(tab: Tab, exchange: str, said: str) -> None:
    tab.open(f"exchanges/{exchange}")
    assert tab.page.locator("#lead .standfirst").inner_text() == said
    assert "not recorded" in tab.page.locator(".totals").inner_text()
    assert not re.search(r"(?<![\d,])0(?![\d,])", tab.page.locator(".totals").inner_text())


def test_a_leg_that_nobody_states_is_no_zero(tab: Tab) -> None:
    tab.open("exchanges/IL-HAMAS-2025-10")
    assert own_text(tab.page.locator("#round-18 td.remains")) == "\u2013"
    expect(tab.page.locator("#round-18 td.remains").get_by_role("img", name="not recorded")).to_be_visible()
    assert tab.page.locator("#round-18 .figure").count() == 0


def taken(tab: Tab, what: str) -> Locator:
    """The menu of what can be taken away, opened."""
    tab.page.get_by_role("button", name=f"Share, cite, download: {what}", exact=True).click()
    menu = tab.page.get_by_role("dialog", name=f"Share, cite, download: {what}", exact=True)
    expect(menu.get_by_role("link", name="Pinned to what is shown")).to_be_visible()
    return menu


def test_everything_beside_a_chart_can_be_taken_away(tab: Tab, demo: Served) -> None:
    tab.open().at(BETWEEN_TWO_LEGS)
    names = [each.get_attribute("aria-label") or "" for each in tab.page.locator(".take:visible").all()]
    assert len(names) == 8
    for name in names:
        menu = taken(tab, name.removeprefix("Share, cite, download: "))
        links = [link.get_attribute("href") or "" for link in menu.locator(".forms a").all()]
        assert len(links) >= 4
        for link in links:
            assert "through=" in link
            assert demo.get(link).status == 200, link
        tab.page.keyboard.press("Escape")
        expect(menu).to_be_hidden()


# -- what follows a change -------------------------------------------------------------------------


def test_an_event_published_over_http_changes_the_page_within_a_second_without_a_reload(
    browser: Browser, url: str
) -> None:
    with serving(url) as server, opened(browser, address(server)) as tab:
        tab.open()
        tab.page.evaluate("window.stayed = true")
        taken = list[float]()
        for number, shown in enumerate(("109", "113", "117")):
            started = time.monotonic()
            publish(server, released(f"live-{number}", 4))
            tab.page.locator('[data-figure="captives.released"]', has_text=shown).first.wait_for()
            taken.append(time.monotonic() - started)
        assert min(taken) < 1, taken  # on a machine that has other work, too
        assert tab.page.evaluate("window.stayed")
        assert tab.page.locator("table.rounds tbody tr").count() == 8
        expect(tab.page.locator("#news")).to_contain_text("captives freed 117")


def test_a_process_follows_its_exchanges_and_a_new_one_is_offered(browser: Browser, url: str) -> None:
    with serving(url) as server, opened(browser, address(server)) as tab:
        tab.open("exchanges/IL-HAMAS")
        publish(server, released("more", 12), released("other", 3, exchange="OTHER-2023", round=None))
        tab.page.locator('[data-figure="captives.released"]', has_text="171").first.wait_for()
        tab.page.get_by_role("link", name="Exchange ledger").click()
        expect(tab.page.get_by_role("rowheader", name="OTHER-2023")).to_be_visible()


def test_who_looks_at_an_earlier_step_stays_there_and_can_go_on(browser: Browser, url: str) -> None:
    with serving(url) as server, opened(browser, address(server)) as tab:
        tab.open().at(BETWEEN_TWO_LEGS)
        publish(server, released("later", 12))
        expect(tab.page.locator(".said b")).to_have_text(f"90 of {EVENTS + 1}")
        assert tab.figure("captives.nationals") == "61"
        tab.at(EVENTS + 1)
        assert tab.figure("captives.released") == "117"


def test_a_server_that_comes_back_is_found_again(browser: Browser, url: str) -> None:
    with opened(browser, "") as tab:
        with serving(url) as server:
            tab.address = address(server)
            tab.open()
        expect(tab.page.locator("#state")).to_have_text("Connection lost. Trying again …")
        assert tab.figure("captives.released") == "105"
        with serving(url, port=server.port) as again:
            publish(again, released("back", 1))
            expect(tab.page.locator("#state")).to_have_text("Live", timeout=15_000)
            tab.page.locator('[data-figure="captives.released"]', has_text="106").first.wait_for()
        tab.complaints.clear()


# -- states ----------------------------------------------------------------------------------------


def test_an_empty_ledger_says_so_and_shows_the_first_event_when_it_comes(browser: Browser, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    Ledger.open(url).close()
    with serving(url) as server, opened(browser, address(server)) as tab:
        tab.page.goto(tab.address)
        expect(tab.page.get_by_role("heading", name="This ledger is empty")).to_be_visible()
        tab.page.wait_for_selector("#state.live")
        publish(server, released("first", 3, exchange="FIRST-2023", round=None))
        expect(tab.page.get_by_role("row", name=re.compile("FIRST-2023"))).to_contain_text("3 captives freed")


def test_an_unknown_exchange_is_a_problem_with_a_way_on(tab: Tab) -> None:
    tab.page.goto(f"{tab.address}exchanges/NOWHERE")
    expect(tab.page.get_by_role("alert")).to_contain_text("There is no such exchange in this ledger")
    tab.refused(404)
    tab.page.get_by_role("link", name="All exchanges of this ledger").click()
    tab.page.get_by_role("link", name="Truce and exchange of November 2023").click()
    expect(tab.page.locator("h1:visible")).to_have_text("Truce and exchange of November 2023")


def test_a_server_that_does_not_answer_is_a_problem_that_can_be_tried_again(tab: Tab) -> None:
    tab.page.route("**/v1/**", lambda route: route.abort())
    tab.page.goto(tab.address)
    expect(tab.page.get_by_role("alert")).to_contain_text("The ledger does not answer")
    tab.page.unroute("**/v1/**")
    tab.page.get_by_role("button", name="Try again").click()
    tab.page.wait_for_selector("html[data-shown]")
    tab.complaints.clear()


def test_without_scripts_the_page_shows_totals_and_rounds_and_leads_from_one_to_the_other(
    browser: Browser, demo: Served
) -> None:
    with opened(browser, address(demo), java_script_enabled=False) as tab:
        tab.page.goto(tab.address)
        expect(tab.page.get_by_text("scripts are off")).to_be_visible()
        expect(tab.page.get_by_role("link", name="totals of all exchanges as CSV")).to_be_visible()
        tab.page.get_by_role("link", name="Truce and exchange of November 2023").click()
        row = tab.page.get_by_role("row", name="Freed", exact=False).first
        assert row.locator("td").all_inner_texts() == ["105", "240"]
        rounds = tab.page.get_by_role("table", name="Rounds").locator("tbody tr")
        assert rounds.count() == 7
        assert rounds.nth(6).locator("td").all_inner_texts()[1:4] == ["8", "30", "30/10 = 3"]
        row.get_by_role("link", name="105").click()
        expect(tab.page.get_by_role("heading", level=1)).to_have_text("Captives freed: 105")
        claims = tab.page.get_by_role("table", name="The claims that count").locator("tbody tr")
        assert claims.count() == 15
        claims.first.get_by_role("link").click()
        expect(tab.page.get_by_text("A claim by")).to_be_visible()


def test_scripts_that_do_not_load_are_explained_after_a_while(tab: Tab) -> None:
    tab.page.route("**/page.js", lambda route: route.abort())
    tab.page.goto(tab.address)
    late = tab.page.get_by_text("the scripts of this page did not load")
    expect(late).to_be_hidden()
    tab.page.evaluate("document.getAnimations().forEach((each) => each.finish())")
    expect(late).to_be_visible()
    tab.complaints.clear()


def test_a_ledger_that_is_read_with_a_token_asks_for_it(browser: Browser, url: str) -> None:
    with serving(url, read="token") as server, opened(browser, address(server)) as tab:
        tab.page.goto(f"{tab.address}exchanges/{EXCHANGE}")
        tab.page.get_by_label("Token").fill(make_token(url, "read"))
        tab.refused(401)
        tab.page.get_by_role("button", name="Read").click()
        tab.page.wait_for_selector("#state.live")
        assert tab.figure("captives.released") == "105"
        with tab.page.expect_download() as download:
            taken(tab, "the rounds").get_by_role("link", name="CSV of the rounds").click()
        assert download.value.suggested_filename == f"{EXCHANGE}-rounds.csv"


# -- what it must not do ---------------------------------------------------------------------------

MARKUP = '<img src=x onerror="window.harmed=1"><script>window.harmed=1</script>{{7*7}}"\'&amp;'


def test_markup_in_what_sources_write_is_shown_as_text(browser: Browser, url: str) -> None:
    source = HERALD.model_copy(update={"publisher": MARKUP, "speaker": MARKUP})
    attack: dict[str, Any] = {
        "exchange": EXCHANGE,
        "occurred": Moment.day("2023-12-02"),
        "source": source,
        "as_stated": MARKUP,
    }
    events: list[AnyEvent] = [
        PartyRegistered(id=derive_id("page", "p"), party="markup", name=MARKUP, kind="ngo", **attack),
        MeetingHeld(id=derive_id("page", "m"), participants=("markup",), venue=MARKUP, topic=MARKUP, **attack),
        released("markup", 1, source=source, as_stated=MARKUP),
    ]
    with serving(url) as server, opened(browser, address(server)) as tab:
        publish(server, *events)
        tab.open()
        assert MARKUP in tab.page.locator("#talks").inner_text()
        tab.page.locator('[data-figure="captives.released"]').first.click()
        expect(tab.page.locator("dialog blockquote", has_text="window.harmed")).to_have_text(MARKUP)
        assert tab.page.locator("main img, main script, dialog img, dialog script").count() == 0
        assert tab.page.evaluate("window.harmed") is None


def test_the_page_runs_no_foreign_and_no_inline_script_and_makes_no_markup_of_text(demo: Served) -> None:
    files = {str(path.relative_to(PAGE)): path.read_text(encoding="utf-8") for path in PAGE.rglob("*.*")}
    for name, text in files.items():
        assert demo.get(f"/{name}").status == 200
        foreign = set(re.findall(r"https?://[^\s\"'<>`)]+", text)) - {"http://www.w3.org/2000/svg"}
        assert foreign == set(), name
        if name.endswith(".js"):
            assert not re.search(
                r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text
            ), name
    for path in ("/", "/enter.html"):
        page = demo.get(path)
        assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son\w+=", page.body.decode())
        policy = page.headers["content-security-policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy


def test_nothing_is_wider_than_a_phone(browser: Browser, demo: Served) -> None:
    with opened(browser, address(demo), NARROW) as tab:
        for exchange in (EXCHANGE, "IL-HAMAS-2025-01", "IL-HAMAS-2025-10", "UNDATED-ESSAY", "IL-HAMAS"):
            tab.open(f"exchanges/{exchange}?occurred_by=2026-01-01")
            assert tab.page.evaluate("document.documentElement.scrollWidth") == NARROW[0], exchange


def test_on_paper_there_are_figures_and_no_controls(tab: Tab) -> None:
    tab.open()
    tab.page.emulate_media(media="print")
    expect(tab.page.locator("#replay")).to_be_hidden()
    expect(tab.page.locator(".take").first).to_be_hidden()
    expect(tab.page.locator('[data-figure="captives.released"]').first).to_be_visible()


def test_each_link_of_the_documents_answers(demo: Served) -> None:
    listed = orjson.loads(demo.get("/v1/exchanges").body)["exchanges"]
    assert len(listed) == 10
    for path in re.findall(r'href="(/[^"]*)"', demo.get("/").body.decode()):
        assert demo.get(path).status == 200, path
