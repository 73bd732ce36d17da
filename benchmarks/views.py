"""Views: what it costs to keep them up to date, by how many events come at once, and by how much history there is.

A worker computes, encodes and digests the views that a batch of events changed. First one of six partitions, in which
some three exchanges are under way, by the size of the batches that reach it; `upkeep` is what the fold takes longer
where views are asked for than where they are not. Then one exchange alone, by its history, in batches of 1 and 100. It
is processor time; `fold` includes the decoding, strict where it is of one exchange.
"""

import statistics
import sys
import time
from collections.abc import Iterable, Sequence
from zlib import crc32

from benchmarks import corpus
from benchmarks.measure import Sample, measured, report, say, table
from ledger.book.projection import ViewKey
from ledger.follow.books import Books
from schemas.record import Batch, Row
from schemas.views import view_bytes, view_digest

PARTITIONS, HISTORY = 6, 16_000
ARRIVING = (1, 10, 50)
STEPS = ("upkeep", "build", "encode", "digest")
SIZES = (500, 1_000, 2_000, 4_000)
BATCHES = (1, 100)
MEASURED = 100
LIVE = 600
"""So many events are measured, after as many that are not, since a worker has been at work for long."""
SHAPES = {"rounds": "in rounds of 20 to 40 events", "one": "in one round"}
PARTS = ("fold", "tally", "rounds")


def run(repeat: int) -> str:
    """Measure a partition, and every shape of one exchange at every size. Returns a table for each."""
    return "\n\n".join([_partition(repeat), *(_shape(shape, repeat) for shape in SHAPES)])


# -- one partition ---------------------------------------------------------------------------------


def _partition(repeat: int) -> str:
    rows = []
    for arriving in ARRIVING:
        say(f"  a partition in batches of {arriving}")
        samples = [measured(__name__, "partition", arriving) for _ in range(repeat)]
        rows.append([arriving, *(_spread(samples, part) for part in (*STEPS, "views")), _median(samples, "fold")])
    steps = [f"{part}, µs" for part in (*STEPS, "all of it", "the fold beside it")]
    return table([f"batches of; each event, median of {repeat} (least to most)", *steps], rows)


def _spread(samples: Sequence[Sample], part: str) -> str:
    found = [sample.parts[part] for sample in samples]
    return f"{statistics.median(found):,.0f} ({min(found):,.0f} to {max(found):,.0f})"


def _measure_partition(arriving: int) -> Sample:
    """What each of the last events costs, in a worker that shows views, and one that only folds."""
    rows = _of_partition()
    asked, folded = Books(), Books()
    for books in (asked, folded):
        books.take(Batch(0, rows[: -2 * LIVE], rows[-2 * LIVE - 1][0]))
    _show(asked, asked.every_view(), dict.fromkeys(STEPS, 0.0))
    for first in range(len(rows) - 2 * LIVE, len(rows), arriving):
        if first in (len(rows) - 2 * LIVE, len(rows) - LIVE):
            spent = dict.fromkeys((*STEPS, "fold"), 0.0)
        batch = Batch(0, rows[first : first + arriving], rows[min(first + arriving, len(rows)) - 1][0])
        marks = [time.process_time()]
        folded.take(batch)
        marks.append(time.process_time())
        touched = asked.take(batch)
        marks.append(time.process_time())
        spent["fold"] += marks[1] - marks[0]
        spent["upkeep"] += (marks[2] - marks[1]) - (marks[1] - marks[0])
        _show(asked, touched, spent)
    parts = {part: seconds / LIVE * 1e6 for part, seconds in spent.items()}
    return Sample(LIVE, sum(spent.values()), 0, {**parts, "views": sum(parts[step] for step in STEPS)})


def _of_partition() -> list[Row]:
    """The events of one partition of a log of several."""
    told = enumerate(corpus.events(HISTORY))
    return [
        (offset, 0, payload, None) for offset, (_, name, _, payload) in told if crc32(name.encode()) % PARTITIONS == 2
    ]


def _show(books: Books, touched: Iterable[ViewKey], spent: dict[str, float]) -> None:
    for each in touched:
        mark = time.process_time()
        view = books.view(each)
        built = time.process_time()
        body = None if view is None else view_bytes(view)
        encoded = time.process_time()
        view_digest(body)
        spent["digest"] += time.process_time() - encoded
        spent["encode"] += encoded - built
        spent["build"] += built - mark


# -- one exchange ----------------------------------------------------------------------------------


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
    rows = [(offset, 0, payload, None) for offset, payload in enumerate(payloads)]
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
    view = books.view(touched)
    return b"" if view is None else view_bytes(view)


if __name__ == "__main__":
    if sys.argv[1] == "partition":
        report(_measure_partition(int(sys.argv[2])))
    else:
        report(_measure(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
