"""Views that are kept up to date from one event to the next are those of books that were folded just now."""

from collections.abc import Iterator
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from ledger.book.balances import Balance
from ledger.book.book import Book
from ledger.book.cut import Cut
from ledger.book.facts import declared
from ledger.book.figures import askable, value
from ledger.book.live import LiveFigures
from ledger.book.sums import WARM, merged, summed_up
from ledger.book.tally import figures, moved_figures, process_tally
from ledger.follow.books import Books
from schemas.events import AnyEvent
from schemas.values import Moment
from schemas.views import view_bytes
from tests.book.building import Members, book_of, freed, let_go, opened
from tests.book.sequences import DAYS, TIMES, histories, random_history
from tests.book.test_properties import batches, bodies, every_view

cuts = st.builds(Cut.parse, occurred_by=st.sampled_from([None, *DAYS, *TIMES]))


@given(histories(), cuts, st.data())
def test_views_asked_for_now_and_then_are_those_of_a_fresh_fold(
    told: list[AnyEvent], cut: Cut, data: st.DataObject
) -> None:
    asked = data.draw(st.sets(st.integers(1, len(told)), max_size=6)) | {len(told)}
    books = Books(cut)
    for number, batch in enumerate(batches(told, [1] * len(told)), 1):
        books.take(batch)
        if number in asked:
            assert every_view(books) == bodies(told[:number], cut=cut)


@given(histories())
def test_figures_kept_up_to_date_are_those_added_up_now(told: list[AnyEvent]) -> None:
    books = Books()
    for batch in batches(told, [1] * len(told)):
        books.take(batch)
        for book in books.by_exchange.values():
            for number, accounts in book.balances.items():
                now = summed_up(accounts, declared(book))
                live = {name: its for name, its in figures(book, [number]).items() if ".unknown." not in name}
                assert numbers(live) == numbers(now)
            rounds = (summed_up(accounts, declared(book)) for accounts in book.balances.values())
            assert numbers(moved_figures(book)) == numbers(merged(rounds))
            for sums in (figures(book), *(figures(book, [number]) for number in book.balances)):
                shown = {name: sums.value(name) for name in askable(sums)}
                assert shown == {name: value(name, dict(sums)) for name in askable(sums)}


def numbers(sums: Any) -> dict[str, tuple[int, Any]]:
    """The figures as numbers that can be compared."""
    return {name: (balance.postings, balance.estimate()) for name, balance in sums.items()}


def test_rounds_that_were_let_go_are_as_they_would_be() -> None:
    books, moves = Books(), (let_go, freed, freed)
    told = [
        opened(1, nationals=["XNO"]),
        *(moves[n % 3](n, n, key=None, round=1 + n * 7 % (WARM * 2)) for n in range(2, 50)),
    ]
    for batch in batches(told, [1] * len(told)):
        books.take(batch)
        every_view(books)
    assert len(books.by_exchange[told[0].exchange].rounds()) > WARM
    assert every_view(books) == bodies(told)


def test_what_rests_on_a_figure_goes_when_it_changes_and_all_else_stays() -> None:
    sums = figures(book_of(opened(1), freed(2, 5), let_go(3, 15)))
    before = {name: sums.value(name) for name in askable(sums)}
    other = sums.made("prisoners", object)
    one = sums.made("captives", object)
    sums.post(["captives.released"], Balance(postings=1, exact=2))
    assert sums.made("prisoners", object) is other
    assert sums.made("captives", object) is not one
    changed = {name for name in askable(sums) if sums.value(name) != before[name]}
    assert {"captives.released", "both.released"} <= changed
    assert not any(name.startswith("prisoners") for name in changed)


def test_a_figure_to_which_nothing_is_posted_any_more_is_not_recorded() -> None:
    sums = LiveFigures()
    assert sums.breakdown("captives.by.category") == {}
    sums.post(["captives.by.category.women"], Balance(postings=1, exact=2))
    assert [*sums.breakdown("captives.by.category")] == ["women"]
    sums.post(["captives.by.category.women"], Balance(postings=-1, exact=-2))
    assert sums.breakdown("captives.by.category") == {}
    assert not sums


# -- views that are made without checks ------------------------------------------------------------


@given(histories())
def test_every_view_is_what_its_model_allows_written_as_the_model_says(told: list[AnyEvent]) -> None:
    for view in views_of(told):
        body = view_bytes(view)
        assert body == orjson.dumps(view.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)
        checked = type(view).model_validate_json(body)
        assert checked == view
        in_order = type(view).model_validate(view.model_dump())
        assert in_order.model_dump_json() == view.model_dump_json()


def test_the_views_of_many_histories_are_what_their_models_allow() -> None:
    views = [view for seed in range(200) for view in views_of(random_history(seed))]
    assert len(views) > 1_000
    for view in views:
        assert type(view).model_validate_json(view_bytes(view)) == view


def views_of(told: list[AnyEvent]) -> Iterator[BaseModel]:
    """Tallies, rounds and all other views after some events."""
    books = Books()
    for batch in batches(told, [len(told)]):
        books.take(batch)
    yield process_tally("CD", [*books.by_exchange.values()])
    yield from books.likely_doubles()
    for name in books.exchanges():
        yield books.tally(name)
        for make in (books.rounds, books.pauses, books.terms, books.positions, books.stated_totals):
            yield from make(name)


# -- moments that begin together -------------------------------------------------------------------


def test_of_moments_that_begin_together_the_same_stands_however_they_came() -> None:
    day: Members = {"at": "2024-03-02", "precision": "day"}
    days: Members = {"at": "2024-03-02", "precision": "interval", "until": "2024-03-03"}
    for first, second in ((day, days), (days, day)):
        book = book_of(freed(1, 5, key=None, occurred=first), freed(2, 6, key=None, occurred=second))
        assert legs(book) == (Moment.model_validate(day), Moment.model_validate(days))


def legs(book: Book) -> tuple[Moment, Moment]:
    its = book.filed.of(1).legs["captives"].ends()
    assert its is not None
    return its
