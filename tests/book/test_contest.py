"""Claims that are weighed one after the other: the same claim counts, with the same range, as where all are judged."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.book import book as module
from ledger.book.book import Book
from ledger.book.claims import judge
from ledger.book.rivals import Contest, contradicts, spanning
from ledger.book.rounds import round_view
from ledger.book.tally import tally
from schemas.events import AnyEvent
from schemas.vocabulary import Side
from tests.book.building import EACH_SIDE, adopted, book_of, disputed, group, ident, moved, out, retracted

COUNTS: Sequence[Any] = (
    5,
    7,
    {"best": 5, "qualifier": "about"},
    {"low": 6, "qualifier": "over"},
    {"qualifier": "several"},
    {"best": 6, "low": 2, "high": 9, "qualifier": "estimate"},
    {"high": 4, "qualifier": "under"},
)
KINDS: Sequence[dict[str, Any]] = (
    {"kind": "newspaper"},
    {"kind": "un"},
    {"kind": "official_party", "speaks_for": "south"},
)


@st.composite
def claims(draw: st.DrawFn) -> list[AnyEvent]:
    """Rivals of one occurrence, told by sources of all grades, in one group or in two."""
    found = []
    for number in range(1, draw(st.integers(2, 24)) + 1):
        two = draw(st.booleans())
        groups = [group(draw(st.sampled_from(COUNTS)))]
        groups += [group(draw(st.sampled_from(COUNTS)), ratio_scope="outside")] if two else []
        source = {
            "publisher": draw(st.sampled_from("ABCD")),
            "published": draw(st.sampled_from(["2024-03-02", "2024-03-03", "2024-03-02T10:00+02:00"])),
            "credibility": draw(st.integers(2, 3)),
            "reliability": draw(st.sampled_from("AB")),
            "origin": draw(st.sampled_from(["X", "Y", None])),
            **draw(st.sampled_from(KINDS)),
        }
        type = draw(st.sampled_from(["captives_released", "captives_released", "captives_rescued"]))
        round = draw(st.sampled_from([1, 1, 1, 2, None]))
        found.append(moved(type, number, *groups, source=source, by="south", round=round))
    return found


@given(claims())
def test_one_after_the_other_is_all_at_once(told: list[AnyEvent]) -> None:
    [occurrence] = book_of(*told).occurrences()
    contest = Contest()
    for number, claim in enumerate(occurrence.claims, 1):
        assert contest.can_add(claim)
        contest.add(claim)
        so_far = type(occurrence)("leg", occurrence.claims[:number])
        verdict = judge(so_far)
        assert verdict.adopted is not None
        assert contest.adopted is verdict.adopted
        alike = [each for each in verdict.eligible if each.type == verdict.adopted.type]
        assert contest.entries() == spanning(verdict.adopted, alike)
        others = (each for each in verdict.eligible if each is not verdict.adopted)
        assert contest.is_contradicted == any(contradicts(verdict.adopted, each) for each in others)


@given(claims(), st.data())
def test_a_book_that_weighs_is_one_that_judges(told: list[AnyEvent], data: st.DataObject) -> None:
    """Whatever comes between: decisions, corrections, people of the other side."""
    several = len(told)
    besides = [
        adopted(several + 1, 1),
        disputed(several + 2, 1),
        retracted(several + 3, 1),
        moved("captives_released", several + 4, 4, supersedes=ident(1), reason="corrected"),
        moved("prisoners_released", several + 5, 4),
        moved("captives_released", several + 6, 4, status="failed"),
    ]
    for each in data.draw(st.lists(st.sampled_from(besides), unique_by=lambda each: each.id, max_size=3)):
        told.insert(data.draw(st.integers(1, len(told))), each)
    assert shown(told, many=1) == shown(told, many=1000)


def shown(told: Sequence[AnyEvent], many: int) -> list[Any]:
    """The views after each event, of a book that weighs from so many claims on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MANY", many)
        book, found = Book(told[0].exchange), list[Any]()
        for each in told:
            book.apply(each)
            touched = book.settle()
            found.append((sorted(map(str, touched)) if many > 1000 else None, tally(book), views(book)))
        return found


def views(book: Book) -> list[Any]:
    return [round_view(book, number) for number in book.rounds()]


@EACH_SIDE
def test_a_thousand_rivals_are_weighed_as_one_more_each_time(side: Side) -> None:
    """What a rival costs is counted, and not timed: how many claims are looked at for it."""
    looked = 0
    with pytest.MonkeyPatch.context() as patch:

        def counted(*arguments: Any) -> Any:
            nonlocal looked
            looked += len(arguments[0].claims)
            return judge(*arguments)

        patch.setattr(module, "judge", counted)
        book = book_of(out(side, 1, 5, key="leg"))
        for number in range(2, 1001):
            book.apply(out(side, number, 5 + number % 3, key="leg"))
            book.settle()
    assert looked < 50
