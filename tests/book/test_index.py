"""The books at a cut that an index makes are those that a fold of the events up to that cut makes, byte for byte."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.book.book import Book
from ledger.book.cut import Cut
from ledger.book.cuts.book import books_at
from ledger.book.cuts.index import CutIndex, ExchangeBound, Weighed
from ledger.book.cuts.lookups import Occurrences
from ledger.book.explain import explain
from ledger.follow.books import Books
from replay.rebuild import views
from schemas.codec import encode
from schemas.events import AnyEvent
from schemas.record import Batch, Row, from_microseconds
from schemas.views import view_bytes
from tests.book.building import all_figures, ident
from tests.book.sequences import DAYS, MOSTLY, TIMES, histories, random_history

BOUNDS = (*DAYS, *TIMES)
CUTS = 4


@pytest.mark.parametrize("seeds", [range(first, first + 60) for first in range(1000, 1180, 60)], ids=str)
def test_every_cut_of_a_random_ledger_is_that_of_a_fold(seeds: range) -> None:
    for seed in seeds:
        random = Random(seed)
        ledger = Ledger(random_history(seed), random)
        for _ in range(CUTS):
            ledger.compare(random)


@pytest.mark.parametrize("seed", range(2, 8))
def test_every_cut_of_a_ledger_of_many_rivals_and_parts_is_that_of_a_fold(seed: int) -> None:
    random = Random(seed)
    ledger = Ledger(random_history(seed, most=220), random)
    ledger.compare(random)
    ledger.compare(random)


def test_an_occurrence_that_is_not_added_up_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    keep = Occurrences.keep

    def forget(self: Occurrences, each: Weighed) -> None:
        keep(self, each)
        if each.adopted is not None:
            self.standing[each.adopted] = 0

    monkeypatch.setattr(Occurrences, "keep", forget)
    with pytest.raises(AssertionError):
        test_every_cut_of_a_random_ledger_is_that_of_a_fold(range(1000, 1060))


@given(histories(), st.randoms(use_true_random=False))
def test_every_cut_of_any_ledger_is_that_of_a_fold(told: Sequence[AnyEvent], random: Random) -> None:
    ledger = Ledger(told, random)
    for _ in range(CUTS):
        ledger.compare(random)


class Ledger:
    """Some events as a log has them, recorded at times of which some run backwards, and the index of each exchange."""

    def __init__(self, told: Sequence[AnyEvent], random: Random) -> None:
        self.events = {each.id: each for each in told}
        payloads = [encode(each) for each in told]
        for number in range(random.randint(0, 2)):
            unknown = {"type": "yet_unknown", "version": 1, "id": ident(10**6 + number), "exchange": MOSTLY}
            payloads.insert(random.randint(0, len(payloads)), orjson.dumps(unknown))
        times = [random.randint(-2, 2) + place for place in range(len(payloads))]
        rows = [(place, times[place] * 10**6, payload, None) for place, payload in enumerate(payloads)]
        ids = [orjson.loads(payload)["id"] for payload in payloads]
        self.rows = [row for place, row in enumerate(rows) if ids[place] not in ids[:place]]  # each once
        self.whole = folded(Cut(), self.rows)
        self.exchanges = {row[0]: orjson.loads(row[2])["exchange"] for row in self.rows}
        self.indexes = {name: CutIndex(book, self.recorded(name)) for name, book in self.whole.by_exchange.items()}

    def recorded(self, name: str) -> list[int]:
        return [row[1] for row in self.rows if self.exchanges[row[0]] == name]

    def compare(self, random: Random) -> None:
        first = random.choice((len(self.rows), random.randint(1, len(self.rows))))
        before_us = random.choice((None, None, random.randint(1, len(self.rows) + 3) * 10**6))
        clocks = {clock: random.choice((None, random.choice(BOUNDS))) for clock in ("occurred_by", "published_by")}
        cut = Cut.parse(**clocks)
        if before_us is not None:
            cut = replace(cut, recorded_by=from_microseconds(before_us))
        expected = folded(cut, self.rows[:first])
        made = Books(cut)
        counts = {name: sum(self.exchanges[row[0]] == name for row in self.rows[:first]) for name in self.indexes}
        made.projection.hold(
            books_at((index, ExchangeBound(cut, counts[name], before_us)) for name, index in self.indexes.items())
        )
        assert [*told(made, self.events, random.randint(0, 9))] == [*told(expected, self.events, 0)], (cut, first)


def folded(cut: Cut, rows: Sequence[Row]) -> Books:
    books = Books(cut)
    if rows:
        books.take(Batch(0, [*rows], rows[-1][0]))
    return books


def told(books: Books, events: dict[str, AnyEvent], first: int) -> Iterator[object]:
    """Everything that can be asked of books. What is asked first must not change the answers."""
    for exchange in books.exchanges():
        for round in books.book(exchange).rounds()[:first]:
            books.round(exchange, round)
    yield from ((name, view_bytes(view)) for name, view in views(books))
    for exchange in books.exchanges():
        book = books.book(exchange)
        yield exchange, book.events, book.through, sorted(book.event_ids), book.contested, book.disputes
        yield from occurrences(book)
        yield from (view_bytes(each) for each in books.stated_totals(exchange))
        yield from (view_bytes(each) for each in books.likely_doubles(exchange))
        for figure in all_figures(book)[::7]:
            yield figure, view_bytes(explain(book, figure, events.__getitem__, books.taking_of(exchange)))


def occurrences(book: Book) -> Iterator[object]:
    for each in book.occurrences():
        verdict = book.verdict(each)
        claims, adopted = [claim.id for claim in each.claims], each.adopted and each.adopted.id
        yield each.key, claims, [decision.id for decision in each.decisions], adopted, each.entries, each.disputes
        yield verdict.rule, [(claim.id, why) for claim, why in verdict.left_out], each.is_contested
