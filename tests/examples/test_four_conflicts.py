"""88 claims of four invented conflicts, by a short mapping: two armies, funds, hedges, remains."""

import csv

import pytest

from ledger import Books
from ledger.mapping.document import TableMapping
from schemas.events import AidDelivered, AnyEvent, FundsReleased, PauseViolated
from schemas.values import Amount
from tests.book.building import numbers
from tests.history.bundled import TREE, folded
from tests.mapping.reading import mapped

HERE = TREE / "examples/four_conflicts"
VALE, HARBOUR, HILLS, ISLES = "VALE-2011", "HARBOUR-2012", "HILLS-2013", "ISLES-2001"


@pytest.fixture(scope="module")
def told() -> list[AnyEvent]:
    told, refused = mapped(
        "claims.jsonl", (HERE / "claims.jsonl").read_bytes(), TableMapping.load(HERE / "mapping.toml")
    )
    assert refused == []
    return told


@pytest.fixture(scope="module")
def books(told: list[AnyEvent]) -> Books:
    return folded(told)


def test_eighty_eight_claims_take_eighty_lines_of_mapping() -> None:
    assert len((HERE / "claims.jsonl").read_bytes().splitlines()) == 88
    assert len((HERE / "mapping.toml").read_text("utf-8").splitlines()) <= 80


def test_every_claim_is_an_event_with_its_source(told: list[AnyEvent]) -> None:
    with (HERE / "sources.csv").open(newline="") as text:
        publishers = {row["publisher"] for row in csv.DictReader(text)}
    claims = [each for each in told if each.source.publisher != "Desk of the four conflicts"]
    assert len(claims) == 88
    assert {each.source.publisher for each in claims} == publishers


def test_two_armies_in_four_rounds(books: Books) -> None:
    tally = books.tally(VALE)
    assert numbers(tally.captives.released) == (112, 112, 120)  # 30 + 24 + 18 + 40; a paper has two more each time
    assert numbers(tally.prisoners.released) == (224, 224, 224)  # "at least" eight fewer says nothing against it
    assert numbers(tally.captives.remains.returned) == (9, 9, 9)
    assert numbers(tally.prisoners.remains.returned) == (11, 11, 11)  # "more than ten" allows eleven
    assert [each.ratios.deal.fraction for each in books.rounds(VALE)] == ["60/30", "48/24", "36/18", "80/40"]
    assert [each.verdict for each in books.stated_totals(VALE)] == ["agrees"] * 6


def test_funds_for_detainees(books: Books, told: list[AnyEvent]) -> None:
    tally = books.tally(HARBOUR)
    assert (numbers(tally.captives.released), numbers(tally.captives.deal)) == ((7, 7, 7), (5, 5, 5))
    assert numbers(tally.prisoners.released) == (5, 5, 5)
    [first, second] = [each.amount for each in told if isinstance(each, FundsReleased)]
    assert (first, second) == (Amount.of(40_000_000, "at_least"), Amount.of(42_000_000, "about"))


def test_an_armed_group_with_hedges_corrections_and_remains(books: Books, told: list[AnyEvent]) -> None:
    tally = books.tally(HILLS)
    assert numbers(tally.captives.taken) == (64, 64, 64)  # 70 was wrong, 66 is outdated, "over 60" allows 64
    assert tally.captives.released is not None
    assert tally.captives.released.best is None  # the third round freed "several", as the desk holds
    assert (tally.captives.released.low, tally.captives.released.high) == (28, None)  # 10 of 12, 15, and 3 by one truck
    assert numbers(tally.captives.rescued) == (4, 4, 4)
    assert numbers(tally.captives.remains.recovered) == (2, 2, 2)
    assert numbers(tally.captives.remains.returned) == (1, 1, 1)  # the second coffin held nobody who was missed
    [pause] = books.pauses(HILLS)
    assert (pause.planned_hours, pause.ends and pause.ends.at) == (72, "2013-02-07T06:00+01:00")
    assert [(each.by, each.alleged_by) for each in told if isinstance(each, PauseViolated)] == [("hillmen", "lowland")]
    assert [each.amount for each in told if isinstance(each, AidDelivered)] == [Amount.of(120)]


def test_years_of_repatriations(books: Books) -> None:
    tally = books.tally(ISLES)
    assert tally.captives.released is not None
    assert (tally.captives.released.low, tally.captives.released.best) == (18, None)  # and some whom nobody counted
    assert numbers(tally.captives.remains.returned) == (10, 10, 10)  # 1 + 2 + 3 + 4
