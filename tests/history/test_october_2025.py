"""The deal of October 2025: everyone alive in one round, and remains that came one by one."""

from datetime import date, timedelta
from fractions import Fraction

import pytest

from ledger import Books
from ledger.book.figures import value
from ledger.book.tally import figures
from schemas.views import Estimate
from tests.book.building import round_claims, round_parts
from tests.history.bundled import OCTOBER, exactly, read, recorded

REMAINS_BACK = {
    "2025-10-13": 4,
    "2025-10-14": 7,
    "2025-10-15": 9,
    "2025-10-17": 10,
    "2025-10-18": 12,
    "2025-10-20": 13,
    "2025-10-21": 15,
    "2025-10-30": 17,
    "2025-11-02": 20,
    "2025-11-04": 21,
    "2025-11-05": 22,
    "2025-11-07": 23,
    "2025-11-09": 24,
    "2025-11-13": 25,
    "2025-11-25": 26,
    "2025-12-03": 27,
    "2026-01-26": 28,
}
STATED = {
    "2025-10-15": 9,
    "2025-10-30": 17,
    "2025-11-03": 20,
    "2025-11-04": 21,
    "2025-11-05": 22,
    "2025-11-07": 23,
    "2025-11-13": 25,
    "2025-11-25": 26,
    "2025-12-03": 27,
}
GIVEN = {
    "2025-10-15": 90,
    "2025-10-31": 225,
    "2025-11-03": 270,
    "2025-11-05": 285,
    "2025-11-13": 315,
    "2025-11-14": 330,
    "2025-11-26": 345,
}


def day_before(day: str) -> str:
    return str(date.fromisoformat(day) - timedelta(days=1))


def back(books: Books) -> int | None:
    return recorded(value("captives.remains.back", figures(books.book(OCTOBER))))


def nationals_back(by: str) -> int:
    by_nationality = read(occurred_by=by).tally(OCTOBER).captives.remains.nationality
    return exactly(by_nationality["ISR"])


def test_everyone_alive_in_the_first_round(books: Books) -> None:
    first = books.round(OCTOBER, 1)
    assert exactly(first.captives.released) == exactly(first.captives.deal) == 20
    assert exactly(first.prisoners.released) == exactly(first.prisoners.deal) == 1968
    assert (first.ratios.deal.fraction, first.ratios.deal.value) == ("1968/20", 98.4)
    assert Fraction(str(first.ratios.all.fraction)) == Fraction(492, 5)


def test_two_batches_and_two_kinds_of_sentence_add_up_to_the_legs(books: Books) -> None:
    checks = {(each.occurrence, each.by): each for each in round_parts(books.book(OCTOBER), 1)}
    assert exactly(checks["r1-isr", "batch"].parts) == 7 + 13
    assert exactly(checks["r1-pal", "sentence"].parts) == 250 + 1718
    assert exactly(checks["r1-pal", "mover"].parts) == 1809
    assert all(each.agrees for each in checks.values())


def test_the_totals(books: Books) -> None:
    tally = books.tally(OCTOBER)
    assert exactly(tally.captives.released) == 20
    assert exactly(tally.prisoners.released) == 1968
    remains = tally.captives.remains
    assert (exactly(remains.returned), exactly(remains.recovered)) == (27, 1)
    assert back(books) == 28
    assert {code: exactly(each) for code, each in remains.nationality.items()} == {
        "ISR": 24,
        "NPL": 1,
        "THA": 2,
        "TZA": 1,
    }


@pytest.mark.parametrize("day", REMAINS_BACK)
def test_remains_back_by_a_date(day: str) -> None:
    assert back(read(occurred_by=day)) == REMAINS_BACK[day]


def test_remains_do_not_change_between_these_dates() -> None:
    levels = [REMAINS_BACK[day] for day in REMAINS_BACK]
    day_befores = [back(read(occurred_by=day_before(day))) for day in REMAINS_BACK]
    assert day_befores == [None, *levels[:-1]]


def test_the_last_one_was_recovered_and_not_handed_over() -> None:
    last = read(occurred_by="2026-01-26").tally(OCTOBER).captives.remains
    assert (exactly(last.returned), exactly(last.recovered)) == (27, 1)


def test_nine_stated_levels_match(books: Books) -> None:
    stated = {
        each.as_of: (exactly(each.stated), each.difference, each.agrees)
        for each in books.stated_totals(OCTOBER)
        if each.figure == "remains.returned" and each.event not in other_scopes(books)
    }
    assert stated == {day: (level, 0, True) for day, level in STATED.items()}


def other_scopes(books: Books) -> set[str]:
    """Totals of remains that are one side's count or that of the whole process."""
    return {
        each.event
        for each in books.stated_totals(OCTOBER)
        if each.publisher == "Iran Front Page" or each.publisher.startswith("Hindustan Times")
    }


def test_one_sides_count_is_two_above_what_was_identified(books: Books) -> None:
    [claim] = [each for each in books.stated_totals(OCTOBER) if each.publisher == "Iran Front Page"]
    assert (exactly(claim.stated), exactly(claim.computed), claim.difference, claim.agrees) == (26, 24, 2, False)


def test_what_was_not_identified_is_rejected_and_not_returned() -> None:
    days = {"2025-10-13": (None, 4), "2025-10-14": (1, 7), "2025-10-27": (2, 15), "2025-10-30": (2, 17)}
    for day, (rejected, returned) in days.items():
        remains = read(occurred_by=day).tally(OCTOBER).captives.remains
        assert (recorded(remains.rejected), exactly(remains.returned)) == (rejected, returned), day


def test_samples_without_a_number_make_the_count_of_rejected_ones_unknown(books: Books) -> None:
    rejected = books.tally(OCTOBER).captives.remains.rejected
    assert rejected is not None
    assert (rejected.best, rejected.low, rejected.high) == (None, 3, None)


@pytest.mark.parametrize("day", GIVEN)
def test_fifteen_for_each_national_returned_strictly_before(books: Books, day: str) -> None:
    [stated] = [each for each in books.stated_totals(OCTOBER) if (each.figure, each.as_of) == ("remains.given", day)]
    assert exactly(stated.stated) == GIVEN[day] == 15 * nationals_back(by=day_before(day))


def test_360_are_promised_for_24_nationals(books: Books) -> None:
    promises = {each.item: each for each in books.tally(OCTOBER).promises}
    assert exactly(promises["captive_remains"].promised) == 28
    assert exactly(promises["captive_remains"].outstanding) == 1  # the last was recovered, not handed over
    assert exactly(promises["prisoner_remains"].promised) == 360 == 15 * nationals_back(by="2026-01-26")


def test_what_was_never_recorded_is_not_checked(books: Books) -> None:
    given = [each for each in books.stated_totals(OCTOBER) if each.figure == "remains.given"]
    assert len(given) == 7
    assert {(each.computed, each.difference, each.agrees) for each in given} == {(None, None, None)}


def test_more_than_1900_prisoners_says_nothing_against_1968(books: Books) -> None:
    first, left_out = books.round(OCTOBER, 1), round_claims(books.book(OCTOBER), 1).left_out
    others = {each.event: each.count and each.count.low for each in left_out if each.occurrence == "r1-pal"}
    assert 1901 in others.values()
    released = Estimate(best=1968, low=1968, high=1968, exact=True)
    assert first.prisoners.released == books.tally(OCTOBER).prisoners.released == released
