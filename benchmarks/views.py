"""Views: what it costs to keep them up to date, by how much history an exchange has.

A worker computes the views that a batch of events changed. Here the batch is of 1 event, as when few come, or of 100,
all of one exchange. It is processor time; `fold` includes the strict decoding.
"""

import statistics
import sys
import time
from collections.abc import Sequence

from benchmarks import corpus
from benchmarks.measure import Sample, measured, report, say, table
from ledger.book.projection import ViewKey
from ledger.follow.books import Books
from schemas.record import Batch
from schemas.views import view_bytes

SIZES = (500, 1_000, 2_000, 4_000)
BATCHES = (1, 100)
MEASURED = 100
REPEAT = 3
SHAPES = {"rounds": "in rounds of 20 to 40 events", "one": "in one round"}
PARTS = ("fold", "tally", "rounds")


def run(repeat: int) -> str:
    """Measure every shape at every size. Returns a table for each."""
    return "\n\n".join(_shape(shape, repeat) for shape in SHAPES)


def _shape(shape: str, repeat: int) -> str:
    rows = []
    for size in SIZES:
        say(f"  {size:,} events {SHAPES[shape]}")
        samples = {batch: [measured(__name__, shape, size, batch) for _ in range(repeat)] for batch in BATCHES}
        cells = [_median(its, part) for its in samples.values() for part in PARTS]
        rows.append([f"{size:,}", *cells, _median(samples[1], "bytes")])
    parts = [f"{part}, µs, batch of {batch}" for batch in BATCHES for part in PARTS]
    head = [f"history, {SHAPES[shape]}; each event, median of {repeat}", *parts, "bytes of views, batch of 1"]
    return table(head, rows)


def _median(samples: Sequence[Sample], part: str) -> str:
    return f"{statistics.median(sample.parts[part] for sample in samples):,.0f}"


def _measure(shape: str, size: int, batch: int) -> Sample:
    """What each of the last events costs, with the others behind it."""
    payloads = list(corpus.one_exchange(size + MEASURED, in_rounds=shape == "rounds"))
    rows = [(offset, 0, payload) for offset, payload in enumerate(payloads)]
    books, spent = Books(strict=True), dict.fromkeys((*PARTS, "bytes"), 0.0)
    books.take(Batch(0, rows[:size], size - 1))
    for first in range(size, size + MEASURED, batch):
        mark = time.process_time()
        touched = books.take(Batch(0, rows[first : first + batch], first + batch - 1))
        spent["fold"] += time.process_time() - mark
        for each in touched:
            mark = time.process_time()
            spent["bytes"] += len(_view(books, each))
            spent["tally" if each.round is None else "rounds"] += time.process_time() - mark
    parts = {part: total / MEASURED * (1 if part == "bytes" else 1e6) for part, total in spent.items()}
    return Sample(MEASURED, sum(spent[part] for part in PARTS), 0, parts)


def _view(books: Books, touched: ViewKey) -> bytes:
    if touched.round is None:
        return view_bytes(books.tally(touched.exchange))
    if books.has_round(touched.exchange, touched.round):
        return view_bytes(books.round(touched.exchange, touched.round))
    return b""


if __name__ == "__main__":
    report(_measure(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
