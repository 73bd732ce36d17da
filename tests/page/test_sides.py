"""Both sides of an exchange, drawn alike; and what is not known, named as such."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from ledger.blocking import Ledger
from schemas.events import (
    AnyEvent,
    CaptivesReleased,
    ClaimRetracted,
    ExchangeOpened,
    PrisonersReleased,
    ReleaseDelayed,
    TallyStated,
)
from schemas.ids import derive_id
from schemas.values import Amount, Count, Group, Moment, Source
from tests.api.serving import Served, make_token, publish, serving
from tests.page.browser import Tab, opened, own_text
from tests.page.conftest import address

ARMIES = Path(__file__).parents[2] / "examples/two_armies"
BRIDGE, FERRY = "RIVER-2019-05", "RIVER-2019-10"
EXCHANGE = "ODD-2021"
HERALD = Source(publisher="The Herald", kind="newspaper", published="2021-03-20")
POST = Source(publisher="The Post", kind="newspaper", published="2021-03-20")


def desk(folder: Path, name: str) -> Iterator[Served]:
    """A server of what one of the two desks recorded."""
    url = f"sqlite:///{folder}/ledger.db"
    Ledger.open(url).close()
    with serving(url) as server:
        assert server.publish((ARMIES / f"{name}.ndjson").read_bytes(), make_token(url)).status == 201
        yield server


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    yield from desk(tmp_path_factory.mktemp("ours"), "ours")


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    yield from desk(tmp_path_factory.mktemp("theirs"), "theirs")


def swapped(name: str) -> str:
    """The name of the same figure of the other side."""
    other = {"captives": "prisoners", "prisoners": "captives"}
    return re.sub("captives|prisoners", lambda found: other[found[0]], name)


def shown(tab: Tab, part: str) -> dict[str, str]:
    """Every figure of a part of the page, as it is shown."""
    figures = tab.page.locator(f"{part} [data-figure]").all()
    return {f"{each.get_attribute('data-of')} {each.get_attribute('data-figure')}": own_text(each) for each in figures}


@pytest.mark.parametrize("exchange", [BRIDGE, FERRY, "RIVER-WAR"])
def test_two_desks_that_name_the_sides_otherwise_see_the_same_page(
    browser: Browser, ours: Served, theirs: Served, exchange: str
) -> None:
    query = f"exchanges/{exchange}"
    with opened(browser, address(ours)) as one, opened(browser, address(theirs)) as other:
        for part in ("#lead", "#exchanges" if exchange == "RIVER-WAR" else "#rounds .chart"):
            mine, others = shown(one.open(query), part), shown(other.open(query), part)
            assert len(mine) >= 4
            assert {swapped(name): text for name, text in mine.items()} == others


def test_all_that_is_recorded_of_both_sides_stands_in_one_table(browser: Browser, ours: Served) -> None:
    with opened(browser, address(ours)) as tab:
        life = tab.open(f"exchanges/{BRIDGE}").page.locator("table.life")
        rows = [[own_text(cell) for cell in row.locator("th, td").all()] for row in life.locator("tbody tr").all()]
        assert rows[0] == ["Taken", "55 55\u201364", "17"]
        assert rows[1] == ["Held, alive or dead", "20 20\u201329", "27"]
        rescued = life.get_by_role("row", name=re.compile("^Rescued"))
        expect(rescued.get_by_text("not recorded")).to_have_attribute("title", re.compile("not zero"))


def test_a_ratio_says_what_it_divides_and_rounds_that_one_leg_settles_have_one(browser: Browser, ours: Served) -> None:
    with opened(browser, address(ours)) as tab:
        tab.open(f"exchanges/{BRIDGE}")
        told = tab.page.locator(".scopes").inner_text()
        assert "40 prisoners / 29 captives counted in the deal" in told
        assert "remains of 2 prisoners returned, own nationals / remains of 2 captives returned" in told
        together = tab.page.get_by_role("row", name=re.compile("^Rounds 3, 4 and 5 together"))
        assert "10 prisoners / 7 captives counted in the deal (with the remains 12 / 9 = 1.33)" in together.inner_text()
        cell = tab.page.locator("#round-3 td.scope.deal span")
        expect(cell).to_have_text("joint")
        expect(cell).to_have_attribute("title", "round 3, round 4 and round 5 have one ratio together")


def test_delays_credits_days_held_and_scope_that_nobody_states_are_told_of_one_and_of_many(
    browser: Browser, ours: Served
) -> None:
    with opened(browser, address(ours)) as tab:
        notes = tab.open(f"exchanges/{BRIDGE}").page.locator(".notes").inner_text()
        assert "10 captives were held 83 days; 4 prisoners were held 45 days." in notes
        assert "6 captives were held 73\u201375 days" in notes
        assert "the release of 6 prisoners was delayed" in notes
        assert "1 set of remains rejected as those of captives" in notes
        notes = tab.open(f"exchanges/{FERRY}").page.locator(".notes").inner_text()
        assert "1 prisoner freed in this round counts in another" in notes
        assert "of 2 captives nobody says whether the deal counts them" in notes
        promised = tab.page.locator("#promises").inner_text()
        assert "1 captive (officer)" in promised
        assert "Delivered of it: 1 captive and 8 prisoners" in promised


# -- what is not known -----------------------------------------------------------------------------


def event(cls: type[Any], key: str, day: str, source: Source = HERALD, **more: Any) -> Any:
    members: dict[str, Any] = {"id": derive_id("sides", key), "exchange": EXCHANGE, "occurrence": key, **more}
    return cls(occurred=Moment.day(f"2021-03-{day}"), source=source, **members)


def freed(cls: type[Any], key: str, day: str, number: int, count: Count, source: Source = HERALD) -> Any:
    return event(cls, key, day, source, round=number, groups=[Group(count=count, ratio_scope="inside")])


def stated(key: str, count: int, **more: Any) -> Any:
    return event(TallyStated, key, "20", figure="captives.released", count=Amount(best=count), **more)


def odd() -> list[AnyEvent]:
    """One for one, few for many, hedges, a leg that is missing, a double, and totals that are not compared."""
    wrong, typed = stated("wrong", 100), stated("typed", 9)
    return [
        event(ExchangeOpened, "opened", "01", title="Odd cases"),
        freed(CaptivesReleased, "c1", "01", 1, Count(best=1)),
        freed(PrisonersReleased, "p1", "01", 1, Count(best=1)),
        freed(CaptivesReleased, "c2", "02", 2, Count(best=2)),
        freed(PrisonersReleased, "p2", "04", 2, Count(best=5000)),
        freed(CaptivesReleased, "c3", "05", 3, Count.of(900, "about")),
        freed(PrisonersReleased, "p3", "05", 3, Count.of(130, "over")),
        freed(CaptivesReleased, "c4", "06", 4, Count(best=7)),
        event(ReleaseDelayed, "d4", "06", round=4, leg="prisoners"),
        freed(CaptivesReleased, "c5", "08", 5, Count(best=12)),
        freed(CaptivesReleased, "again", "08", 5, Count(best=12), POST),
        wrong,
        stated("right", 934, occurrence="wrong", supersedes=wrong.id, reason="corrected"),
        typed,
        event(ClaimRetracted, "out", "21", occurrence="typed", claim=typed.id, why="a typing error"),
        stated("plan", 950, status="planned"),
    ]


@pytest.fixture(scope="module")
def strange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    url = f"sqlite:///{tmp_path_factory.mktemp('odd')}/ledger.db"
    with serving(url) as server:
        publish(server, odd())
        yield server


def test_what_is_not_recorded_is_said_and_why_there_is_no_ratio(browser: Browser, strange: Served) -> None:
    with opened(browser, address(strange)) as tab:
        tab.open(f"exchanges/{EXCHANGE}")
        assert (
            "Of rounds 4 and 5, the prisoners are not recorded." in tab.page.locator("#lead .standfirst").inner_text()
        )
        assert "Round" in tab.page.locator(".total.ratio").inner_text()
        row = tab.page.locator("#round-4")
        assert own_text(row.locator("td.leg.prisoners")) == "not recorded"
        missing = row.locator("td.scope.deal .dash")
        expect(missing).to_have_attribute("title", "undefined: the prisoners are not recorded")
        assert "the release of its prisoners was delayed" in tab.page.locator(".notes").inner_text()
        assert not re.search(r"(?<![\d,.])0(?![\d,.])", row.inner_text().replace("06 Mar", ""))


def test_a_hedge_stays_beside_its_number_and_few_are_seen_beside_many(browser: Browser, strange: Served) -> None:
    with opened(browser, address(strange)) as tab:
        tab.open(f"exchanges/{EXCHANGE}")
        assert tab.figure("rounds.3.captives.released") == "about 900"
        assert tab.figure("rounds.3.prisoners.released") == "at least 131"
        assert own_text(tab.page.locator("#round-3 td.scope.all .number")) == "at least 0.15"
        dots = [tab.page.locator(f"#round-{n} td.leg.captives .point").bounding_box() for n in (1, 2)]
        assert [dot and dot["width"] for dot in dots] == [11, 11]


def test_likely_doubles_and_totals_that_are_not_compared_are_named(browser: Browser, strange: Served) -> None:
    with opened(browser, address(strange)) as tab:
        tab.open(f"exchanges/{EXCHANGE}")
        told = tab.page.locator("#disputes")
        assert "12 captives freed, round 5, 8 Mar 2021" in told.inner_text()
        assert "Told by The Herald and by The Post as two things. Both count." in told.inner_text()
        assert "12 captives freed may be counted twice" in tab.page.locator(".notes").inner_text()
        told.get_by_role("button", name="Both claims").click()
        expect(tab.page.locator("dialog ol.claims > li")).to_have_count(2)
        tab.page.keyboard.press("Escape")
        told.locator("summary").click()
        verdicts = told.locator("details td.verdict").all_inner_texts()
        assert [re.sub("[0-9a-f]{8}", "ID", each) for each in verdicts] == [
            "not compared: corrected by ID",
            "agrees",
            "not compared: retracted: a typing error",
            "not compared: a plan, not a delivery",
        ]
        assert "1 of 4 agrees, 3 are not compared." in told.inner_text()
