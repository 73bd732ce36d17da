"""What it costs to ask for events: by an index in memory, and by reading one event after the other.

Of the events of the corpus: memory and time of the index, then each question by either way, for the first hundred
events and for all that there are. Times are of the processor.
"""

import time
from collections.abc import Callable
from typing import TypeVar

import apsw

from benchmarks import corpus
from benchmarks.measure import table
from ledger.follow.events import Events
from ledger.follow.filters import filter_of
from ledger.follow.finder import Finder
from schemas.codec import skim

PAGE, ADDED_AT_ONCE = 100, 1_000
QUESTIONS = (
    {"type": "captives_released"},
    {"party": "red_cross", "status": "confirmed"},
    {"text": "families"},
    {"text": "a"},
    {"text": "convoy hours", "type": "prisoners_released"},
    {"text": "nowhere"},
    {"occurred_from": "2024-02-01", "occurred_to": "2024-02-02"},
    {"published_from": "2024-03-01", "text": "night", "side": "prisoners"},
)
T = TypeVar("T")


def run(count: int) -> str:
    """The tables of one run."""
    events = _kept(count)
    before = apsw.memory_used()
    made_s, finder = _timed(lambda: _index(events))
    size = apsw.memory_used() - before
    head = f"{count:,} events; the index takes {size / count:.0f} bytes and {made_s / count * 1e6:.0f} µs an event"
    rows = [_row(events, finder, asked) for asked in QUESTIONS]
    columns = ("question", "found", f"first {PAGE} by index, ms", "all by index, ms", "all by reading, ms")
    return f"{head}.\n\n{table(columns, rows)}"


def _kept(count: int) -> Events:
    events = Events()
    for number, (_, _, recorded, raw) in enumerate(corpus.events(count)):
        events.add(0, (number, int(recorded.timestamp() * 1e6), raw, None), skim(raw))
    return events


def _index(events: Events) -> Finder:
    finder = Finder()
    for first in range(0, len(events), ADDED_AT_ONCE):
        arrivals = range(first, min(len(events), first + ADDED_AT_ONCE))
        finder.add([finder.row(arrival, events[arrival]) for arrival in arrivals])
    return finder


def _row(events: Events, finder: Finder, asked: dict[str, str]) -> list[str]:
    wanted = filter_of(asked)

    def by_index(most: int) -> list[int]:
        return _wanted(finder.arrivals(wanted, 0, len(events), most))

    def _wanted(arrivals: "list[int] | range") -> list[int]:
        found = ((arrival, events[arrival]) for arrival in arrivals)
        return [n for n, each in found if wanted.wants(each.exchange, each.recorded_us, each.payload)]

    first_s, _ = _timed(lambda: by_index(PAGE))
    all_s, found = _timed(lambda: by_index(len(events)))
    read_s, read = _timed(lambda: _wanted(range(len(events))))
    assert found == read, asked
    named = ", ".join(f"{name} `{word}`" for name, word in asked.items())
    return [named, f"{len(found):,}", *(f"{seconds * 1e3:,.1f}" for seconds in (first_s, all_s, read_s))]


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    began = time.process_time()
    made = work()
    return time.process_time() - began, made
