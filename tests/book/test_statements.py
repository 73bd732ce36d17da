"""Totals that sources state, against what the ledger adds up as of the same point."""

from typing import Any

import pytest

from ledger.book.statements import stated_totals
from schemas.events import AnyEvent
from schemas.views import StatedTotal
from tests.book.building import adopted, book_of, figure, freed, let_go, moved, numbers, opened, stated

OVER_20 = {"low": 21, "qualifier": "over"}
ABOUT_20 = {"low": 18, "high": 22, "qualifier": "about"}


def checked(*events: AnyEvent) -> list[StatedTotal]:
    book = book_of(*events)
    return stated_totals(book, [book])


@pytest.mark.parametrize(
    ("total", "people", "difference", "agrees"),
    [
        (10, 10, 0, True),
        (12, 10, 2, False),
        (8, 10, -2, False),
        ({"best": 10, "qualifier": "about"}, 10, 0, True),
        (OVER_20, 30, None, True),
        (OVER_20, 20, None, False),
        (ABOUT_20, 19, None, True),
        (ABOUT_20, 23, None, False),
        (25, OVER_20, None, True),
        (20, OVER_20, None, False),
        ({"qualifier": "numerous"}, 10, None, None),
        ({"qualifier": "hundreds"}, 99, None, False),
        ({"qualifier": "hundreds"}, 973, None, True),
        ({"best": 1000, "qualifier": "about"}, 900, 100, True),
        ({"best": 1000, "qualifier": "about"}, 1101, -101, False),
        ({"best": 240, "qualifier": "about"}, 235, 5, True),
        ({"best": 240, "qualifier": "about"}, 234, 6, False),
        ({"high": 999, "qualifier": "nearly"}, 899, 100, False),
        ({"high": 999, "qualifier": "nearly"}, 1000, -1, False),
        ({"best": 5, "low": 3, "high": 9, "qualifier": "estimate"}, 9, -4, True),
    ],
)
def test_a_total_agrees_or_differs(total: Any, people: Any, difference: int | None, agrees: bool | None) -> None:
    [found] = checked(freed(1, people), stated(2, "captives.released", total, round=1))
    assert (found.difference, found.agrees) == (difference, agrees)


def test_a_total_is_never_added() -> None:
    [found] = checked(freed(1, 10), stated(2, "captives.released", 10, round=1))
    assert numbers(found.computed) == (10, 10, 10)


def test_what_was_never_recorded_cannot_be_checked() -> None:
    [found] = checked(freed(1, 10), stated(2, "prisoners.released", 30))
    assert (found.computed, found.difference, found.agrees) == (None, None, None)


@pytest.mark.parametrize("members", [{"figure": "other", "label": "trucks"}, {"party": "south"}])
def test_another_count_or_one_partys_cannot_be_checked(members: dict[str, str]) -> None:
    total = {"figure": "captives.released", **members}
    [found] = checked(freed(1, 10), stated(2, total.pop("figure"), 5, **total))
    assert (found.computed, found.agrees) == (None, None)


def test_a_total_that_names_a_round_is_as_of_its_end() -> None:
    told = [freed(1, 10), let_go(2, 30, key="out"), freed(3, 5, key="b", round=2)]
    told += [freed(4, 1, key="c", round=None, occurred={"at": "2024-03-05", "precision": "day"})]
    found = checked(*told, stated(5, "captives.released", 10, round=1), stated(6, "captives.released", 15, round=2))
    assert [(each.as_of, each.difference) for each in found] == [("round 1", 0), ("round 2", 0)]


def test_what_is_of_no_round_counts_with_a_round_once_it_is_over() -> None:
    told = [freed(1, 10), moved("captives_rescued", 2, 1, key="out", round=None)]
    told += [moved("captives_rescued", 3, 4, key="late", round=None, occurred={"at": "2024-03-09", "precision": "day"})]
    told += [moved("prisoners_released", 4, 300, key="leg2", round=None, settles=[1])]
    totals = [stated(8, "captives.freed", 11, round=1), stated(9, "prisoners.released", 300, round=1)]
    assert [(each.as_of, each.verdict) for each in checked(*told, *totals)] == [("round 1", "agrees")] * 2


@pytest.mark.parametrize(
    ("at", "people"), [("2023-11-24T21:00+03:00", 5), ("2023-11-24T20:30+02:00", 8), ("2023-11-24T19:00+00:00", 8)]
)
def test_a_total_of_a_minute_is_compared_by_its_own_clock(at: str, people: int) -> None:
    told = [freed(1, 5, key="a", **minute("2023-11-24T16:00+00:00"))]
    told += [freed(2, 3, key="b", **minute("2023-11-24T20:30+02:00"))]
    [found] = checked(*told, stated(3, "captives.released", 8, **minute(at)))
    assert (found.computed, found.computed and found.computed.best) == (
        figure(book_of(*told, occurred_by=at), "captives.released"),
        people,
    )


def minute(at: str) -> dict[str, Any]:
    return {"occurred": {"at": at, "precision": "minute"}}


def test_any_other_total_is_as_of_its_date() -> None:
    later = freed(3, 5, key="b", round=2, occurred={"at": "2024-03-05", "precision": "day"})
    days = ("2024-03-01", "2024-03-04", "2024-03-05")
    totals = [
        stated(n, "captives.released", 10, occurred={"at": day, "precision": "day"}) for n, day in enumerate(days, 5)
    ]
    assert [each.difference for each in checked(freed(1, 10), later, *totals)] == [0, 0, -5]


def test_all_rival_totals_are_shown_and_one_is_adopted() -> None:
    rivals = [stated(n, "captives.released", total, occurrence="sum") for n, total in ((2, 10), (3, 12))]
    found = checked(freed(1, 10), *rivals, adopted(4, 3, key="sum"))
    assert [(each.difference, each.adopted) for each in found] == [(0, False), (2, True)]


def test_a_total_of_the_process_is_compared_with_the_sum_of_its_exchanges() -> None:
    here = book_of(opened(1), freed(2, 10), stated(3, "captives.released", 15, scope="process"))
    there = book_of(opened(4, "NORTH-SOUTH-2025"), freed(5, 5, exchange="NORTH-SOUTH-2025"))
    [found] = stated_totals(here, [here, there])
    assert (numbers(found.computed), found.agrees) == ((15, 15, 15), True)


def test_what_is_held_counts_everyone_not_back() -> None:
    told = [moved("captives_taken", 1, 20, key="taken"), freed(2, 6), stated(3, "captives.held", 14)]
    [found] = checked(*told)
    assert (numbers(found.computed), found.agrees) == ((14, 14, 14), True)
