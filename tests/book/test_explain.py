"""Every figure is the sum of what its explanation names, and of nothing else."""

import pytest
from hypothesis import given

from ledger.book.explain import explain, rests_on
from ledger.book.projection import Book
from ledger.errors import UnknownName
from schemas.events import AnyEvent
from tests.book.building import all_figures, book_of, corrected, explained, figure, freed, ident, let_go, numbers
from tests.book.sequences import histories
from tests.history.bundled import folded, history


def summed(book: Book, name: str, events: dict[str, AnyEvent]) -> tuple[int | None, int | None, int]:
    """Best, and the number of contributions that have none or add to the sum, from the parts alone."""
    parts = explained(book, name, events).contributions
    bests = [None if each.count.best is None else each.sign * each.count.best for each in parts]
    known = [best for best in bests if best is not None]
    return (sum(known) if len(known) == len(bests) else None), None, len(parts)


def assert_every_figure_is_its_parts(book: Book, events: dict[str, AnyEvent]) -> int:
    names = all_figures(book)
    for name in names:
        found = explained(book, name, events)
        best, _, parts = summed(book, name, events)
        assert found.value.best == best, name
        if found.value.best is not None and all(each.sign > 0 for each in found.contributions):
            assert found.value.low == sum(each.count.low for each in found.contributions), name
            highs = [each.count.high for each in found.contributions]
            assert found.value.high == (None if None in highs else sum(high or 0 for high in highs)), name
        assert {each.event for each in found.contributions} <= set(rests_on(book, name))
        assert all(each.event in events for each in found.contributions)
    return len(names)


def test_every_figure_of_every_exchange_of_the_bundled_history() -> None:
    events = {each.id: each for each in history()}
    explained = sum(assert_every_figure_is_its_parts(book, events) for book in folded(history()).books.values())
    assert explained > 1000


@given(histories())
def test_every_figure_of_random_ledgers(told: list[AnyEvent]) -> None:
    events = {each.id: each for each in told}
    for book in folded(told).books.values():
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


@pytest.mark.parametrize("name", ["captives.lost", "rounds.9.captives.released", "rounds.1", "", "rounds.x.held"])
def test_an_unknown_figure_says_which_there_are(name: str) -> None:
    with pytest.raises(UnknownName, match="there is"):
        explain(book_of(freed(1, 10)), name, {}.__getitem__)
