"""Cuts: what the books of one large exchange at another moment cost, from its index and by a fold.

It is processor time, of one run: the views are made and encoded, none is kept from one question to the next.
"""

import random
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from itertools import cycle
from typing import TypeVar

from benchmarks import corpus
from benchmarks.measure import Sample, measured, report, say, table
from ledger.book.cut import Cut
from ledger.book.cuts.book import books_at
from ledger.book.cuts.index import CutIndex, ExchangeBound
from ledger.follow.books import Books, paused_garbage_collection
from schemas.record import Batch, Row, to_microseconds
from schemas.views import view_bytes

QUESTIONS = 40
ROUNDS_ASKED = 3
EXCHANGE = "EX-00000"
CHUNK = 1000

T = TypeVar("T")
Ask = Callable[[Books], object]


class Moments:
    """Random moments of an exchange of so many events."""

    def __init__(self, events: int) -> None:
        self._events, self._chance = events, random.Random(corpus.SEED)

    def _some(self) -> int:
        return self._chance.randrange(1, self._events)

    def _day(self) -> str:
        return (corpus.START + self._some() * corpus.STEP).date().isoformat()

    def position(self) -> ExchangeBound:
        return ExchangeBound(Cut(), self._some())

    def recorded(self) -> ExchangeBound:
        return ExchangeBound(Cut(), None, recorded_us(self._some()))

    def occurred(self) -> ExchangeBound:
        return ExchangeBound(Cut.parse(occurred_by=self._day()))

    def occurred_at(self) -> ExchangeBound:
        time = corpus.START + self._some() * corpus.STEP + timedelta(hours=2)
        return ExchangeBound(Cut.parse(occurred_by=f"{time:%Y-%m-%dT%H:%M}+02:00"))

    def published(self) -> ExchangeBound:
        return ExchangeBound(Cut.parse(published_by=self._day()))

    def combined(self) -> ExchangeBound:
        clocks = Cut.parse(occurred_by=self._day(), published_by=self._day())
        return ExchangeBound(clocks, self._some(), recorded_us(self._some()))


KINDS: Mapping[str, Callable[[Moments], ExchangeBound]] = {
    "position, or `through` an event": Moments.position,
    "`recorded_by`": Moments.recorded,
    "`occurred_by` a day": Moments.occurred,
    "`occurred_by` a time": Moments.occurred_at,
    "`published_by`": Moments.published,
    "all four together": Moments.combined,
}


def run(events: int) -> str:
    """Both tables, as markdown."""
    say(f"  {events:,} events of one exchange")
    parts = measured(__name__, events).parts
    head = [
        f"one exchange of {events:,} events, ms",
        *(f"{what}, {at}" for what in ("tally", "round") for at in ("p50", "p95")),
    ]
    rows = [
        [kind, *(f"{parts[f'{kind} {at}']:,.0f}" for at in ("tally 50", "tally 95", "round 50", "round 95"))]
        for kind in KINDS
    ]
    costs = [
        ["fold of the exchange, s", f"{parts['fold']:.2f}"],
        ["its tally after the fold, s", f"{parts['tally']:.2f}"],
        ["index of it, s", f"{parts['index']:.2f}"],
        ["memory of the index, bytes an event", f"{parts['bytes']:.0f}"],
        [f"all {parts['rounds']:,.0f} rounds at one cut: making the books, ms", f"{parts['made']:,.0f}"],
        ["and their views, ms", f"{parts['views']:,.0f}"],
    ]
    return f"{table(head, rows)}\n\n{table(['processor time, the same run', ''], costs)}"


def recorded_us(number: int) -> int:
    """When the corpus has an event recorded."""
    return to_microseconds(corpus.START + (number + 1) * corpus.STEP)


def _measure(events: int) -> Sample:
    rows = [(n, recorded_us(n), payload, None) for n, payload in enumerate(corpus.one_exchange(events, in_rounds=True))]
    parts: dict[str, float] = {}
    books = _timed(parts, "fold", lambda: _folded(rows))
    _timed(parts, "tally", lambda: view_bytes(books.tally(EXCHANGE)))
    with paused_garbage_collection():
        book, recorded = books.book(EXCHANGE), [recorded_us for _, recorded_us, *_ in rows]
        index = _timed(parts, "index", lambda: CutIndex(book, recorded))
    parts["bytes"] = index.size / events
    moments, numbers = Moments(events), book.rounds()
    asked = cycle(numbers[::7])
    for kind, moment in KINDS.items():
        say(f"  {kind}")
        several = [moment(moments) for _ in range(QUESTIONS)]
        _ask(parts, f"{kind} tally", several, index, _tally)
        _ask(parts, f"{kind} round", several, index, lambda at: _round(at, next(asked)))
    _all_rounds(parts, index, moments)
    return Sample(events, parts["fold"], 0, parts)


def _folded(rows: Sequence[Row]) -> Books:
    books = Books()
    for first in range(0, len(rows), CHUNK):
        part = rows[first : first + CHUNK]
        books.take(Batch(0, part, part[-1][0]))
    return books


def _timed(parts: dict[str, float], what: str, make: Callable[[], T]) -> T:
    began = time.process_time()
    made = make()
    parts[what] = time.process_time() - began
    return made


def _at(index: CutIndex, bounds: ExchangeBound) -> Books:
    books = Books(bounds.cut)
    books.projection.hold(books_at([(index, bounds)]))
    return books


def _tally(books: Books) -> bytes:
    return view_bytes(books.tally(EXCHANGE)) if books.by_exchange else b""


def _round(books: Books, number: int) -> bytes:
    has_round = bool(books.by_exchange) and books.has_round(EXCHANGE, number)
    return view_bytes(books.round(EXCHANGE, number)) if has_round else b""


def _ask(parts: dict[str, float], what: str, bounds: Sequence[ExchangeBound], index: CutIndex, ask: Ask) -> None:
    took = []
    for each in bounds:
        with paused_garbage_collection():
            began = time.process_time()
            ask(_at(index, each))
            took.append(1000 * (time.process_time() - began))
    parts[f"{what} 50"], parts[f"{what} 95"] = statistics.median(took), sorted(took)[int(len(took) * 0.95)]


def _all_rounds(parts: dict[str, float], index: CutIndex, moments: Moments) -> None:
    made, shown, rounds = [], [], 0
    for _ in range(ROUNDS_ASKED):
        with paused_garbage_collection():
            began = time.process_time()
            books = _at(index, moments.position())
            middle = time.process_time()
            rounds = max(rounds, len([view_bytes(each) for each in books.rounds(EXCHANGE)]))
            made.append(1000 * (middle - began))
            shown.append(1000 * (time.process_time() - middle))
    parts["rounds"], parts["made"], parts["views"] = rounds, statistics.median(made), statistics.median(shown)


if __name__ == "__main__":
    report(_measure(int(sys.argv[1])))
