"""Claims that disagree stay visible, and only primary claims of legs enter a sum."""

from collections import Counter
from typing import Any

import pytest

from ledger import Books, Ledger
from ledger.book.claims import DECISIONS
from ledger.book.explain import explain
from ledger.book.tally import figures
from ledger.book.transfers import MOVING, Account
from schemas.events import AnyEvent
from schemas.values import Source
from schemas.views import Explanation
from tests.book.building import named, round_claims
from tests.history.bundled import (
    JANUARY,
    NOVEMBER,
    OCTOBER,
    OUTSIDE,
    claims,
    exactly,
    history,
    row_event,
)

UNSOURCED = {"T23-121", "C25-057"}
ENTERED_BY_CHOICE = {
    "T23-029",  # trucks that were dispatched: an occurrence of its own beside those that were offloaded
    "T23-104",  # the credit: a context row that moves no people, only the deal's count
}
OF_DOCUMENTS = {"died-20231215", "taken-20060625", "rel-20111018", "pal-20111018", "children-2023"}
EVENTS = {each.id: each for each in history()}


@pytest.fixture(scope="module")
def rows() -> dict[str, dict[str, Any]]:
    """The rows of the claims by the ids of their events."""
    found = {row_event(row["row_id"]): row for row in claims()}
    assert len(found) == 279
    return found


def counted(books: Books) -> dict[str, list[str]]:
    """The events that have posted to a sum, parts aside, with their moves."""
    found: dict[str, list[str]] = {}
    for book in books.by_exchange.values():
        for occurrence in book.occurrences():
            for balance, _ in occurrence.posted:
                account = Account._make(balance.account)
                if not account.part and occurrence.adopted is not None:
                    found.setdefault(occurrence.adopted.id, []).append(account.move)
    return found


def test_every_sourced_row_is_an_event(books: Books, rows: dict[str, dict[str, Any]]) -> None:
    known = {event for book in books.by_exchange.values() for event in book.event_ids}
    assert {row["row_id"] for event, row in rows.items() if event not in known} == UNSOURCED


def test_only_primary_claims_of_legs_enter_a_sum(books: Books, rows: dict[str, dict[str, Any]]) -> None:
    kinds = Counter((rows[e]["level"], rows[e]["role"]) for e in counted(books) if e in rows)
    others = {rows[e]["row_id"] for e in counted(books) if e in rows and not is_primary_leg(rows[e])}
    assert others == ENTERED_BY_CHOICE
    assert set(kinds) == {("leg", "primary"), ("leg", "alternate"), ("context", "primary")}
    assert {EVENTS[e].occurrence for e in counted(books) if e not in rows} == OF_DOCUMENTS


def is_primary_leg(row: dict[str, Any]) -> bool:
    return (row["level"], row["role"]) == ("leg", "primary")


def test_every_primary_claim_of_people_that_stands_enters_a_sum(books: Books, rows: dict[str, dict[str, Any]]) -> None:
    entered = counted(books)
    missing = {
        row["row_id"]
        for event, row in rows.items()
        if is_primary_leg(row) and EVENTS[event].type in MOVING and event not in entered
    }
    assert missing == set()


def test_parts_post_apart_from_the_legs(books: Books) -> None:
    for book in books.by_exchange.values():
        for occurrence in book.occurrences():
            if occurrence.adopted is not None and occurrence.adopted.part is not None:
                by = occurrence.adopted.part.by
                assert all(Account._make(balance.account).part == by for balance, _ in occurrence.posted)


def test_no_claim_is_lost_in_judging(books: Books) -> None:
    for book in books.by_exchange.values():
        for occurrence in book.occurrences():
            verdict = book.verdict(occurrence)
            told = [claim.id for claim, why in verdict.left_out if why]
            told += [verdict.adopted.id] if verdict.adopted is not None else []
            assert sorted(told) == sorted(claim.id for claim in occurrence.claims)


def test_every_claim_of_a_round_is_used_or_left_out_there(books: Books) -> None:
    for exchange in books.exchanges():
        shown: Counter[str] = Counter()
        for view in books.rounds(exchange):
            found = round_claims(books.book(exchange), view.round)
            shown.update(claim.id for _, claim, _ in found.used)
            shown.update(each.event for each in found.left_out)
            assert (len(found.used), len(found.left_out)) == (view.claims.used, view.claims.left_out)
        expected = [e.id for e in history() if e.exchange == exchange and e.round is not None and is_claim(e)]
        assert shown == Counter(expected)


def is_claim(event: AnyEvent) -> bool:
    return event.type not in DECISIONS


def test_every_stated_total_is_shown_adopted_or_not(books: Books) -> None:
    shown = [each.event for name in books.exchanges() for each in books.stated_totals(name)]
    assert sorted(shown) == sorted(each.id for each in history() if each.type == "tally_stated")


def no_source(event: str) -> AnyEvent:
    return EVENTS[event]


def explained(books: Books, exchange: str) -> list[Explanation]:
    book = books.book(exchange)
    return [explain(book, name, no_source) for name in named(figures(book))]


def test_every_claim_that_counts_people_or_goods_is_in_some_explanation(books: Books) -> None:
    for exchange in books.exchanges():
        shown: set[str] = set()
        for each in explained(books, exchange):
            shown |= {part.event for part in each.contributions}
            shown |= {left.event for part in each.contributions for left in part.left_out}
            shown |= {left.event for left in each.left_out}
        # Batches and the subset that a facilitator moved are checked against their leg, and are no figure.
        moving = [each for each in history() if each.exchange == exchange and each.type in MOVING]
        assert {each.id for each in moving if getattr(each, "part", None) is None} <= shown


def test_explanations_name_their_sources(ledger: Ledger) -> None:
    explanation = ledger.explain(NOVEMBER, "rounds.6.captives.released")
    assert sum(exactly(each.count) for each in explanation.contributions) == exactly(explanation.value) == 16
    for each in explanation.contributions:
        event = EVENTS[each.event]
        assert (each.source, each.as_stated, each.occurrence) == (event.source, event.as_stated, event.occurrence)
        assert isinstance(each.source, Source)
    russians = next(each for each in explanation.contributions if each.occurrence == "r6-rus")
    assert [left.event for left in russians.left_out] == [row_event("T23-089")]


@pytest.mark.parametrize(
    ("exchange", "row", "why"),
    [
        (OUTSIDE, "PRE-006", "not adopted: the earliest published"),
        (OUTSIDE, "PRE-002", "updated by"),
        (NOVEMBER, "T23-023", "corrected by"),
        (NOVEMBER, "T23-055", "a plan, not a delivery"),
        (NOVEMBER, "T23-062", "not adopted: the natural authority for this movement"),
        (JANUARY, "C25-056", "not adopted: the natural authority for this movement"),
        (OCTOBER, "O25-016", "not adopted: the natural authority for this movement"),
    ],
)
def test_why_a_claim_is_left_out(books: Books, exchange: str, row: str, why: str) -> None:
    [found] = [
        reason
        for occurrence in books.book(exchange).occurrences()
        for claim, reason in books.book(exchange).verdict(occurrence).left_out
        if claim.id == row_event(row)
    ]
    assert found.startswith(why)


def test_the_unverifiable_case_enters_no_tally(books: Books) -> None:
    tally = books.tally("UNDATED-ESSAY")
    assert tally.captives.released is None  # several may have been freed: nobody says that it were 0
    assert tally.captives.by.nationality == {}
    assert (tally.first, tally.last) == (None, None)
    [explanation] = [each for each in explained(books, "UNDATED-ESSAY") if each.figure == "captives.released"]
    [left_out] = explanation.left_out
    assert left_out.occurrence == "french-captives"
    assert left_out.count is not None
    assert left_out.count.best is None
    assert "unverifiable" in left_out.why
