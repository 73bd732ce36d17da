"""Days held: from a release to the taking that it names, and never without one."""

from typing import Any

import pytest

from ledger.book.book import Book
from ledger.book.durations import within
from ledger.book.explain import explain
from ledger.book.rounds import round_view
from ledger.follow.books import Books
from schemas.codec import encode
from schemas.events import AnyEvent
from schemas.record import Batch
from schemas.vocabulary import Side
from tests.book.building import (
    EACH_SIDE,
    OTHER,
    back,
    book_of,
    corrected,
    day,
    group,
    ident,
    moved,
    numbers,
    out,
    retracted,
    stated,
    taken,
)

THERE = "EAST-WEST-2006"


def link(*occurrences: str, exchange: str | None = None) -> list[dict[str, str]]:
    elsewhere = {} if exchange is None else {"exchange": exchange}
    return [{"occurrence": each, **elsewhere} for each in occurrences]


def days_of(book: Book, number: int = 1) -> list[tuple[int | None, int, int | None]]:
    return [numbers(each.days) for each in round_view(book, number).days_held]


def when(at: str, precision: str = "day", until: str | None = None) -> dict[str, Any]:
    return {"occurred": {"at": at, "precision": precision, **({"until": until} if until else {})}}


# -- the two ends --------------------------------------------------------------------------------


@EACH_SIDE
@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        (when("2006-06-25"), when("2011-10-18"), (1941, 1941, 1941)),
        (when("2023-10-07"), when("2023-10-20"), (13, 13, 13)),
        (when("2023-10-20"), when("2023-10-20"), (0, 0, 0)),
        (when("2024-02-28"), when("2024-03-01"), (2, 2, 2)),
        (when("2023-10-07T06:30+03:00", "minute"), when("2023-10-20T22:00+03:00", "minute"), (13, 13, 13)),
        (when("2023-10-07T23:59+03:00", "minute"), when("2023-10-08T00:01+03:00", "minute"), (1, 1, 1)),
        (when("2023-10", "month"), when("2023-11-24"), (None, 24, 54)),
        (when("2023-10-07"), when("2023-11", "month"), (None, 25, 54)),
        (when("2014", "year"), when("2015", "year"), (None, 1, 729)),
        (when("2023-W40", "week"), when("2023-10-20"), (None, 12, 18)),
        (when("2023-10-05", "interval", "2023-10-07"), when("2023-10-20"), (None, 13, 15)),
        (when("1980", "interval", "1989"), when("1990-01-01"), (None, 1, 3653)),
        (when("2023-10", "month"), when("2023-10-20"), (None, 0, 19)),
        (when("2023-10-06", "before"), when("2023-10-20"), (None, 14, None)),
    ],
)
def test_the_days_between_a_taking_and_a_release(
    side: Side, start: dict[str, Any], end: dict[str, Any], days: Any
) -> None:
    told = [taken(side, 1, 2, key="in", **start), out(side, 2, group(2, taken=link("in")), **end)]
    for order in (told, told[::-1]):
        assert days_of(book_of(*order)) == [days]


@EACH_SIDE
def test_a_group_says_whose_days_they_are(side: Side) -> None:
    told = [
        *(taken(side, n, 1, key=key, **day(at)) for n, key, at in ((1, "a", "2024-01-01"), (2, "b", "2024-01-11"))),
        out(
            side,
            3,
            group(2, category="women", nationality=["XNO"], taken=link("a")),
            group(5, category="men"),
            group({"low": 3, "qualifier": "at_least"}, taken=link("b")),
            **day("2024-01-21"),
        ),
    ]
    first, second = round_view(book_of(*told), 1).days_held
    assert (first.side, first.occurrence, first.category, first.nationality) == (side, "out3", "women", ["XNO"])
    assert (numbers(first.count), numbers(first.days)) == ((2, 2, 2), (20, 20, 20))
    assert (numbers(second.count), numbers(second.days)) == ((None, 3, None), (10, 10, 10))


@EACH_SIDE
@pytest.mark.parametrize(
    ("dates", "days"),
    [
        (["2024-01-01", "2024-01-01"], (20, 20, 20)),
        (["2024-01-01", "2024-01-11"], (None, 10, 20)),
        (["2024-01-21", "2024-01-01", "2024-01-11"], (None, 0, 20)),
    ],
)
def test_several_takings_span_from_the_least_to_the_greatest(side: Side, dates: list[str], days: Any) -> None:
    keys = "abc"[: len(dates)]
    told = [taken(side, n, 1, key=key, **day(at)) for n, (key, at) in enumerate(zip(keys, dates, strict=True), 1)]
    assert days_of(book_of(*told, out(side, 9, group(2, taken=link(*keys)), **day("2024-01-21")))) == [days]


@EACH_SIDE
def test_the_dead_have_been_held_until_they_are_back(side: Side) -> None:
    dead = back(side, 2, group(1, taken=link("in")), **day("2024-01-21"))
    found = round_view(book_of(taken(side, 1, 3, key="in", **day("2024-01-01")), dead), 1).days_held
    assert [(each.side, numbers(each.days)) for each in found] == [(side, (20, 20, 20))]


@EACH_SIDE
def test_being_retaken_begins_anew(side: Side) -> None:
    told = [
        taken(side, 1, 5, key="in", **day("2024-01-01")),
        out(side, 2, group(5, taken=link("in")), **day("2024-01-11")),
        moved("people_retaken", 3, 1, key="again", side=side, **day("2024-02-01")),
        out(side, 4, group(1, taken=link("again")), **day("2024-02-15")),
    ]
    assert days_of(book_of(*told)) == [(10, 10, 10), (14, 14, 14)]


@EACH_SIDE
def test_a_part_of_a_taking_can_be_named(side: Side) -> None:
    part = {"of": "in", "by": "nationality"}
    told = [
        taken(side, 1, 251, key="in", **when("2023-10", "month")),
        taken(side, 2, group(2, nationality=["USA"]), key="in.usa", part=part, **day("2023-10-07")),
        out(side, 3, group(2, taken=link("in.usa")), **day("2023-10-20")),
    ]
    assert days_of(book_of(*told)) == [(13, 13, 13)]


# -- never without a taking ----------------------------------------------------------------------


@EACH_SIDE
@pytest.mark.parametrize(
    "started",
    [
        lambda side: [],
        lambda side: [taken(side, 1, 2, key="other", **day("2024-01-01"))],
        lambda side: [taken(side, 1, 2, key="in", status="failed", **day("2024-01-01"))],
        lambda side: [taken(side, 1, 2, key="in", **day("2024-01-01")), retracted(2, 1, key="in")],
        lambda side: [stated(1, f"{side}.held", 2, occurrence="in", **day("2024-01-01"))],
        lambda side: [out(side, 1, 2, key="in", round=2, **day("2024-01-01"))],
        lambda side: [taken(OTHER[side], 1, 2, key="in", **day("2024-01-01"))],
    ],
    ids=["nothing", "another", "failed", "retracted", "a total", "a release", "the other side's"],
)
def test_what_is_no_taking_of_theirs_says_nothing_of_how_long_they_were_held(side: Side, started: Any) -> None:
    book = book_of(*started(side), out(side, 9, group(2, taken=link("in")), **day("2024-01-21")))
    assert days_of(book) == []


@EACH_SIDE
def test_days_are_not_inferred_from_the_only_taking_that_there_is(side: Side) -> None:
    assert days_of(book_of(taken(side, 1, 2, **day("2024-01-01")), out(side, 2, 2, **day("2024-01-21")))) == []


@EACH_SIDE
def test_a_part_of_a_release_is_checked_and_has_no_days_of_its_own(side: Side) -> None:
    told = [
        taken(side, 1, 9, key="in", **day("2024-01-01")),
        out(side, 2, 9, key="leg", **day("2024-01-21")),
        out(side, 3, group(2, taken=link("in")), part={"of": "leg", "by": "category"}, **day("2024-01-21")),
    ]
    assert days_of(book_of(*told)) == []


# -- what changes them ---------------------------------------------------------------------------


@EACH_SIDE
def test_the_claim_that_counts_says_from_when_to_when(side: Side) -> None:
    told: list[AnyEvent] = [
        taken(side, 1, 2, key="in", **day("2024-01-01")),
        out(side, 2, group(2, taken=link("in")), key="leg", **day("2024-01-21")),
    ]
    again = taken(side, 3, 2, key="in", supersedes=ident(1), reason="corrected", **day("2024-01-06"))
    later = corrected(4, 2, group(2, taken=link("in")), **day("2024-01-31"))
    assert days_of(book_of(*told, again)) == [(15, 15, 15)]
    if side == "captives":
        assert days_of(book_of(*told, again, later)) == [(25, 25, 25)]
    assert days_of(book_of(*told, again, retracted(5, 3, key="in"))) == [(20, 20, 20)]


@EACH_SIDE
def test_a_round_is_announced_when_a_taking_that_it_names_comes_or_changes(side: Side) -> None:
    told = [
        out(side, 1, group(2, taken=link("in")), **day("2024-01-21")),
        taken(side, 2, 2, key="in", **day("2024-01-01")),
        taken(side, 3, 2, key="in", supersedes=ident(2), reason="corrected", **day("2024-01-06")),
        retracted(4, 3, key="in"),
        retracted(5, 4, key="in"),
    ]
    books, days = Books(), []
    for offset, each in enumerate(told):
        changed = books.take(Batch(0, [(offset, 0, encode(each), None)], offset))
        assert (told[0].exchange, 1) in changed
        [book] = books.by_exchange.values()
        days.append([found[0] for found in days_of(book)])
    assert days == [[], [20], [15], [20], [15]]


@EACH_SIDE
def test_a_cut_before_the_taking_was_published_knows_no_days(side: Side) -> None:
    told = [
        taken(side, 1, 2, key="in", source={"published": "2024-06-01"}, **day("2024-01-01")),
        out(side, 2, group(2, taken=link("in")), **day("2024-01-21")),
    ]
    assert days_of(book_of(*told, published_by="2024-03-05")) == []
    assert days_of(book_of(*told, published_by="2024-06-01")) == [(20, 20, 20)]


# -- in another exchange -------------------------------------------------------------------------


@EACH_SIDE
def test_a_taking_in_another_exchange_is_found_by_whoever_reads_all_of_them(side: Side) -> None:
    there = taken(side, 1, 1, key="in", exchange=THERE, **day("2006-06-25"))
    here = out(side, 2, group(1, taken=link("in", exchange=THERE)), **day("2011-10-18"))
    book, elsewhere, events = book_of(here), book_of(there), {here.id: here}
    assert days_of(book) == []
    [alone] = explain(book, f"{side}.released", events.__getitem__).contributions
    assert alone.days_held is None
    [found] = explain(book, f"{side}.released", events.__getitem__, lambda _: elsewhere.named("in")).contributions
    assert numbers(found.days_held) == (1941, 1941, 1941)
    books = Books()
    books.take(Batch(0, [(n, 0, encode(each), None) for n, each in enumerate((there, here))], 1))
    read_all = explain(book, f"{side}.released", events.__getitem__, books.taking_of(here.exchange))
    assert numbers(read_all.contributions[0].days_held) == (1941, 1941, 1941)


def test_the_name_of_a_taking_here_is_not_that_of_one_elsewhere() -> None:
    book = book_of(taken("captives", 1, 1, key="in", **day("2024-01-01")))
    links = out("captives", 2, group(1, taken=[*link("in"), *link("in", exchange=THERE)])).groups[0].taken  # type: ignore[union-attr]
    assert [within(book)(each) is None for each in links] == [False, True]


@EACH_SIDE
@pytest.mark.parametrize(
    "unknown",
    [
        link("nowhere"),
        link("there", exchange=THERE),
        link("taken1", "nowhere"),
        link("taken1", "leg9"),
    ],
    ids=["not recorded", "in another exchange", "one of two", "no taking"],
)
def test_without_one_of_its_takings_nothing_bounds_how_long_a_group_was_held(side: Side, unknown: Any) -> None:
    told = [taken(side, 1, 2, **day("2023-10-07")), out(side, 9, 1, key="leg9", **day("2023-10-08"))]
    assert days_of(book_of(*told, out(side, 2, group(2, taken=unknown), **day("2023-10-20")))) == []


@EACH_SIDE
@pytest.mark.parametrize(("start", "days"), [("2023-10-21", []), ("2024-10-07", []), ("2023-10-20", [(0, 0, 0)])])
def test_who_is_released_before_being_taken_has_no_days(side: Side, start: str, days: Any) -> None:
    told = [taken(side, 1, 2, **day(start)), out(side, 2, group(2, taken=link("taken1")), **day("2023-10-20"))]
    assert days_of(book_of(*told)) == days
