"""What counts at another moment, by each clock: a moment counts once it is certainly over."""

from typing import Any

import pytest

from ledger.book.book import Book
from ledger.book.cut import TIMELESS, Cut
from ledger.errors import UsageError
from schemas.values import Moment
from tests.book.building import (
    adopted,
    book_of,
    corrected,
    disputed,
    event,
    figure,
    freed,
    numbers,
    opened,
    retracted,
)


def at(time: str, precision: str, until: str | None = None) -> dict[str, Any]:
    return {"at": time, "precision": precision} | ({"until": until} if until else {})


def released(*events: Any, **bounds: str) -> int | None:
    found = figure(book_of(*events, **bounds), "captives.released")
    return None if found is None else found.best


OVER: list[tuple[dict[str, Any], str, bool]] = [
    (at("2024-03-01", "day"), "2024-03-01", True),
    (at("2024-03-02", "day"), "2024-03-01", False),
    (at("2024-03-01T23:59+02:00", "minute"), "2024-03-01", True),
    (at("2024-03-02T00:00+02:00", "minute"), "2024-03-01", False),
    (at("2024-03-02T00:30+02:00", "minute"), "2024-03-01T23:30+01:00", True),
    (at("2024-03-02T00:31+02:00", "minute"), "2024-03-01T23:30+01:00", False),
    (at("2024-03-01T20:00Z", "minute"), "2024-03-01T22:00+02:00", True),
    (at("2024-03-01T20:00Z", "minute"), "2024-03-01T20:00+02:00", False),
    (at("2024-03-01", "day"), "2024-03-01T20:00+02:00", False),
    (at("2024-03-01", "day"), "2024-03-02T00:00+02:00", True),
    (at("2024-03-01T20:00+02:00", "hour"), "2024-03-01T20:58+02:00", False),
    (at("2024-03-01T20:00+02:00", "hour"), "2024-03-01T20:59+02:00", True),
    (at("2024-W09", "week"), "2024-03-02", False),
    (at("2024-W09", "week"), "2024-03-03", True),
    (at("2024-02", "month"), "2024-02-28", False),
    (at("2024-02", "month"), "2024-02-29", True),
    (at("2023-winter", "season"), "2024-02-28", False),
    (at("2023-winter", "season"), "2024-02-29", True),
    (at("2023", "year"), "2023-12-30", False),
    (at("2023", "year"), "2023-12-31", True),
    (at("2024-03-01", "before"), "2024-02-29", False),
    (at("2024-03-01", "before"), "2024-03-01", True),
    (at("2024-03-01", "after"), "2099-12-31", False),
    (at("2024-03-01", "interval", "2024-03-04"), "2024-03-03", False),
    (at("2024-03-01", "interval", "2024-03-04"), "2024-03-04", True),
    (at("2024-03-01T20:00+02:00", "interval", "2024-03-02T01:00+02:00"), "2024-03-01", False),
    (at("2024-03-01T20:00+02:00", "interval", "2024-03-02T01:00+02:00"), "2024-03-02", True),
]


@pytest.mark.parametrize(("occurred", "bound", "is_over"), OVER)
def test_what_had_certainly_happened(occurred: dict[str, Any], bound: str, is_over: bool) -> None:
    assert released(freed(1, 10, occurred=occurred), occurred_by=bound) == (10 if is_over else None)


def test_a_late_claim_about_an_early_day_counts_by_the_clock_of_events() -> None:
    late = freed(1, 10, source={"published": "2024-06-01"})
    assert released(late, occurred_by="2024-03-01") == 10
    assert released(late, published_by="2024-03-01") is None


@pytest.mark.parametrize(
    ("published", "bound", "is_known"),
    [
        ("2024-03-02", "2024-03-02", True),
        ("2024-03-02", "2024-03-01", False),
        ("2024-03-02", "2024-03-02T12:00+02:00", False),
        ("2024-03-02T10:00+02:00", "2024-03-02T12:00+02:00", True),
        ("2024-03-02T10:00Z", "2024-03-02T11:00+02:00", False),
        (None, "2099-12-31", False),
    ],
)
def test_what_the_public_could_know(published: str | None, bound: str, is_known: bool) -> None:
    told = freed(1, 10, source={"published": published})
    assert released(told, published_by=bound) == (10 if is_known else None)


def test_a_correction_that_was_not_yet_published_changes_nothing() -> None:
    told = [freed(1, 13), corrected(2, 1, 12, source={"published": "2024-03-09"})]
    assert released(*told, published_by="2024-03-05") == 13
    assert released(*told, published_by="2024-03-09") == 12


def test_a_correction_that_was_known_before_its_claim_stands_whichever_was_recorded_first() -> None:
    late, correction = freed(1, 13, source={"published": "2024-03-09"}), corrected(2, 1, 12)
    for told in ([late, correction], [correction, late]):
        book = Book(late.exchange, Cut.parse(published_by="2024-03-05"))
        for each in told:
            book.apply(each)
            book.settle()
        assert numbers(figure(book, "captives.released")) == (12, 12, 12)


def test_a_correction_of_a_claim_about_something_else_stays_barred_at_any_cut() -> None:
    told = [freed(1, 13, key="other", source={"published": "2024-03-09"}), corrected(2, 1, 12)]
    assert released(*told, published_by="2024-03-05") is None
    assert released(*told) == 13


def test_a_correction_counts_backwards_by_the_clock_of_events() -> None:
    told = [freed(1, 13), corrected(2, 1, 12, source={"published": "2024-03-09"})]
    assert released(*told, occurred_by="2024-03-01") == 12


def test_if_the_claim_that_counts_is_of_a_later_day_its_rival_does_not_take_its_place() -> None:
    told = [
        freed(1, 13, source={"credibility": 3}),
        freed(2, 12, occurred=at("2024-03-02", "day"), source={"credibility": 1}),
    ]
    book = book_of(*told, occurred_by="2024-03-01")
    assert figure(book, "captives.released") is None
    [occurrence] = book.occurrences()
    reasons = {claim.id: why for claim, why in book.verdict(occurrence).left_out}
    assert reasons[told[1].id] == "had not certainly happened by the cut"


@pytest.mark.parametrize("decision", [adopted(3, 2), retracted(3, 1)])
def test_decisions_are_knowledge_and_not_cut_by_the_clock_of_events(decision: Any) -> None:
    late = decision.model_copy(update={"occurred": Moment.day("2024-06-01")})
    told = [freed(1, 13), freed(2, 12), late]
    assert released(*told, occurred_by="2024-03-01") == 12


def test_declarations_are_not_cut_by_the_clock_of_events() -> None:
    declared = opened(1, occurred=at("2024-06-01", "day"))
    book = book_of(declared, freed(2, 10), occurred_by="2024-03-01")
    assert numbers(figure(book, "captives.nationals")) == (10, 10, 10)


def test_disputes_are_open_as_of_when_they_were_published() -> None:
    told = [freed(1, 13), disputed(2, 1, source={"published": "2024-03-09"})]
    assert book_of(*told, published_by="2024-03-08").disputes == 0
    assert book_of(*told, published_by="2024-03-09").disputes == 1


def test_the_days_of_a_tally_are_those_of_what_counts() -> None:
    told = [freed(1, 13), freed(2, 5, key="b", occurred=at("2024-03-04", "day"))]
    days = book_of(*told, occurred_by="2024-03-02").calendar.days
    assert [began.day for began, number in days.items() if number] == ["2024-03-01"]


def test_what_bounds_nothing_is_the_whole() -> None:
    assert Cut.parse().is_whole
    assert not Cut.parse(occurred_by="2024-03-01").is_whole


def test_a_recorded_bound_includes_its_day_or_minute_in_utc() -> None:
    assert str(Cut.parse(recorded_by="2024-03-01").recorded_by) == "2024-03-02 00:00:00+00:00"
    assert str(Cut.parse(recorded_by="2024-03-01T12:00+02:00").recorded_by) == "2024-03-01 10:01:00+00:00"


@pytest.mark.parametrize("name", ["occurred_by", "published_by", "recorded_by"])
@pytest.mark.parametrize("text", ["yesterday", "2024-02-30", "2024-03-01T12:00", "2024-3-1", ""])
def test_a_bound_that_is_no_date_is_refused_by_its_option(name: str, text: str) -> None:
    with pytest.raises(UsageError, match=f"--{name.replace('_', '-')} "):
        Cut.parse(**{name: text})


def test_timeless_types_are_decisions_and_declarations() -> None:
    assert {event("exchange_opened", 1, title="x").type, retracted(1, 2).type, adopted(1, 2).type} <= TIMELESS
