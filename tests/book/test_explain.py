"""Every figure is the sum of what its explanation names, and of nothing else."""

import pytest
from hypothesis import given

from ledger.book.book import Book
from ledger.book.explain import rests_on
from ledger.book.figures import DERIVED
from ledger.book.tally import figures
from ledger.errors import UnknownName
from schemas.events import AnyEvent
from tests.book.building import added, all_figures, book_of, corrected, explained, figure, freed, ident, let_go, numbers
from tests.book.sequences import histories
from tests.history.bundled import folded, history


def assert_every_figure_is_its_parts(book: Book, events: dict[str, AnyEvent]) -> int:
    names = all_figures(book)
    for name in names:
        found = explained(book, name, events)
        assert {each.event for each in found.contributions} <= set(rests_on(book, name))
        parts = [(each.sign, each.count) for each in found.contributions]
        bests = [None if count.best is None else sign * count.best for sign, count in parts]
        if found.value is None or found.notes:
            assert found.notes, name
            continue
        if is_open(book, name):
            assert found.value.best in (None, sum(best for best in bests if best is not None)), name
            continue
        assert found.value.best == added(bests), name
        if all(sign > 0 for sign, _ in parts):
            assert found.value.low == sum(count.low for _, count in parts), name
            assert found.value.high == added([count.high for _, count in parts]), name
    return len(names)


def is_open(book: Book, name: str) -> bool:
    """Whether people may belong to a figure, or not, who are no part of its sum."""
    _, number, plain = name.split(".", 2) if name.startswith("rounds.") else ("", "", name)
    sums = figures(book, [int(number)] if number else None)
    return plain in DERIVED and any(part in sums for part in DERIVED[plain].open)


def test_every_figure_of_every_exchange_of_the_bundled_history() -> None:
    events = {each.id: each for each in history()}
    checked = sum(assert_every_figure_is_its_parts(book, events) for book in folded(history()).by_exchange.values())
    assert checked > 1000


@given(histories())
def test_every_figure_of_random_ledgers(told: list[AnyEvent]) -> None:
    events = {each.id: each for each in told}
    for book in folded(told).by_exchange.values():
        assert_every_figure_is_its_parts(book, events)


def test_a_round_is_explained_by_its_own_claims() -> None:
    told = [freed(1, 10), freed(2, 12), freed(3, 5, key="b", round=2), let_go(4, 30, key="out")]
    book = book_of(*told)
    found = explained(book, "rounds.1.captives.released", {each.id: each for each in told})
    [part] = found.contributions
    assert (part.event, part.occurrence, part.sign, part.count.best) == (ident(1), "leg", 1, 10)
    assert [each.event for each in part.left_out] == [ident(2)]
    assert numbers(found.value) == numbers(figure(book, "captives.released", [1])) == (10, 10, 12)


def test_a_claim_that_counts_nowhere_is_named_with_its_reason() -> None:
    told = [freed(1, 10, status="planned"), freed(2, 4, key="b"), corrected(3, 2, 5, key="b")]
    found = explained(book_of(*told), "captives.released", {each.id: each for each in told})
    assert [each.event for each in found.contributions] == [ident(3)]
    assert {each.event: each.why for each in found.left_out} == {ident(1): "a plan, not a delivery"}


def test_a_claim_that_names_no_number_keeps_its_word() -> None:
    told = [
        freed(1, {"qualifier": "several"}),
        freed(2, {"qualifier": "numerous"}),
        freed(3, {"qualifier": "unknown"}, key="b"),
        freed(4, {"qualifier": "several", "low": 3, "high": 9}, key="c"),
        freed(5, {"qualifier": "several"}, {"qualifier": "numerous"}, key="d"),
        freed(6, {"qualifier": "several"}, 4, key="e"),
        freed(7, {"qualifier": "hundreds"}, {"qualifier": "hundreds"}, key="f"),
    ]
    found = explained(book_of(*told), "captives.released", {each.id: each for each in told})
    words = {each.event: each.hedge for each in found.contributions}
    assert words == {ident(1): "several", **{ident(n): None for n in (3, 4, 5, 6)}, ident(7): "hundreds"}
    [(left, word)] = [(out.event, out.hedge) for each in found.contributions for out in each.left_out]
    assert (left, word) == (ident(2), "numerous")
    assert {"hedge" in each.model_dump() for each in found.contributions if each.hedge is None} == {False}


def test_a_word_stands_for_no_number_that_is_known_and_for_nobody_else() -> None:
    parts = [freed(n, many, key=f"p{n}", part={"of": "leg", "by": "batch"}) for n, many in ((2, 5), (3, 7))]
    several = {"count": {"qualifier": "several"}, "nationality": ["THA"]}
    nobody_knows = {"count": {"qualifier": "unknown"}, "nationality": ["ISR"]}
    told = [freed(1, {"qualifier": "several"}), *parts, freed(4, several, nobody_knows, key="b")]
    events = {each.id: each for each in told}
    found = explained(book_of(*told), "captives.released", events)
    assert [(each.count.low, each.hedge) for each in found.contributions] == [(12, None), (0, None)]
    of_one = explained(book_of(*told), "captives.by.nationality.ISR", events)
    assert [each.hedge for each in of_one.contributions] == [None]


@pytest.mark.parametrize("name", ["captives.lost", "rounds.9.captives.released", "rounds.1", "", "rounds.x.held"])
def test_an_unknown_figure_says_which_there_are(name: str) -> None:
    with pytest.raises(UnknownName, match="there is"):
        explained(book_of(freed(1, 10)), name, {})
