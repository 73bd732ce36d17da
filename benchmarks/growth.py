"""Growth: what an event costs by how much of one thing there is already. No cost should grow faster than the work.

For each shape of ledger (`benchmarks.shapes`) at sizes a factor of four apart: an event that is taken in alone, with
every view that it changed as bytes; and in bulk, the fold and then every view, for each event. Processor time. The
exponent is the slope of the cost of an event over the size, both as logarithms: 0 where it stays the same. The rebuild
of ever longer logs follows.
"""

import asyncio
import gc
import math
import statistics
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks import corpus
from benchmarks.measure import Rates, Sample, held, in_turns, measured, report, say, table, timed
from benchmarks.shapes import SHAPES, payloads
from ledger.book.projection import ViewKey
from ledger.follow.books import Books, paused_garbage_collection
from ledger.follow.follower import read_books
from ledger.log.sqlite import SqliteLog
from schemas.record import Batch, Row
from schemas.views import view_bytes

SIZES = ((100_000,), (100_000, 1_000_000, 10_000_000))
"""Events of the rebuilds, usually and with `--full`."""
OF_SHAPES = (64, 256, 1_024, 4_096)
LIVE, LIVE_SECONDS = 40, 3.0
"""So many events are taken in alone, or as many as there is time for."""


def run(sizes: Sequence[int], repeat: int) -> str:
    """Measure every shape, and every size in turns. Returns the tables."""
    return f"{_shapes(repeat)}\n\n{_rebuilds(sizes, repeat)}"


# -- shapes ------------------------------------------------------------------------------------


class Cost(NamedTuple):
    """Microseconds of an event: live with its views, folded in bulk, and of every view in bulk; and how many views."""

    live: float
    fold: float
    views: float
    changed: float


def _shapes(repeat: int) -> str:
    rows = []
    for name in SHAPES:
        say(f"  {name}")
        costs = [_median([_cost(name, size) for _ in range(repeat)]) for size in OF_SHAPES]
        cells = [cell for part in ("live", "fold", "views") for cell in _cells([getattr(each, part) for each in costs])]
        rows.append([name, *cells, f"{costs[-1].changed:,.1f}"])
    sizes = " / ".join(f"{size:,}" for size in OF_SHAPES)
    heads = [f"{part}, µs an event at {sizes}" for part in ("live with views", "fold in bulk", "views in bulk")]
    return table(["shape", *(cell for head in heads for cell in (head, "exponent")), "views changed, live"], rows)


def _cells(costs: Sequence[float]) -> list[str]:
    return [" / ".join(f"{cost:,.0f}" for cost in costs), f"{exponent(OF_SHAPES, costs):.2f}"]


def exponent(sizes: Sequence[int], costs: Sequence[float]) -> float:
    """The slope of the cost over the size, both as logarithms, by least squares."""
    return statistics.linear_regression([*map(math.log, sizes)], [*map(math.log, costs)]).slope


def _median(costs: Sequence[Cost]) -> Cost:
    return Cost(*map(statistics.median, zip(*costs, strict=True)))


def _cost(name: str, size: int) -> Cost:
    rows = [(offset, 0, payload, None) for offset, payload in enumerate(payloads(SHAPES[name], size + LIVE))]
    gc.collect()
    with paused_garbage_collection():
        fold, views = _bulk(rows)
        live, changed = _live(rows[:-LIVE], rows[-LIVE:])
    return Cost(live, fold, views, changed)


def _bulk(rows: Sequence[Row]) -> tuple[float, float]:
    books, started = Books(), time.process_time()
    books.take(_batch(rows))
    folded = time.process_time()
    for each in books.every_view():
        _shown(books, [each])
    for exchange in books.exchanges():
        books.terms(exchange)
        books.pauses(exchange)
        books.stated_totals(exchange)
    books.process_tallies()
    books.likely_doubles()
    ended = time.process_time()
    return (folded - started) / len(rows) * 1e6, (ended - folded) / len(rows) * 1e6


def _live(before: Sequence[Row], rows: Sequence[Row]) -> tuple[float, float]:
    """What each of the last events costs, of which the first is not counted: it opens the files."""
    books, changed, taken = Books(), 0, 0
    books.take(_batch(before))
    _shown(books, books.take(_batch(rows[:1])))
    started = time.process_time()
    for row in rows[1:]:
        touched = books.take(_batch([row]))
        _shown(books, touched)
        changed, taken = changed + len(touched), taken + 1
        if time.process_time() - started > LIVE_SECONDS:
            break
    return (time.process_time() - started) / taken * 1e6, changed / taken


def _shown(books: Books, touched: Iterable[ViewKey]) -> None:
    for each in touched:
        view = books.view(each)
        if view is not None:
            view_bytes(view)


def _batch(rows: Sequence[Row]) -> Batch:
    return Batch(0, list(rows), rows[-1][0])


# -- rebuilds ----------------------------------------------------------------------------------


def _rebuilds(sizes: Sequence[int], repeat: int) -> str:
    with TemporaryDirectory() as folder:
        paths = {str(size): _written(Path(folder), size) for size in sizes}
        rates = in_turns(list(paths), repeat, lambda size: measured(__name__, paths[size]))
        rows = [_row(int(size), rates[size], paths[size]) for size in paths]
    head = [
        "events",
        f"events/s, median of {repeat} (least to most)",
        "memory, bytes an event",
        "the process, MB",
    ]
    return table([*head, "exchanges", "file, bytes an event"], rows)


def _written(folder: Path, size: int) -> Path:
    say(f"writing {size:,} events")
    path = folder / f"{size}.db"
    corpus.write_log(path, size)
    return path


def _row(size: int, rates: Rates, path: Path) -> list[str]:
    sample = max(rates.samples, key=lambda each: each.memory)
    cells = [size, rates, sample.memory / size, sample.parts["held"] / 1e6, sample.parts["exchanges"]]
    return [
        f"{each:,.0f}" if not isinstance(each, Rates) else str(each) for each in (*cells, path.stat().st_size / size)
    ]


def _measure(path: Path) -> Sample:
    found: dict[str, float] = {}

    async def rebuild() -> tuple[int, object]:
        books = await read_books(SqliteLog(path))
        found["exchanges"] = len(books.by_exchange)
        return sum(book.events for book in books.by_exchange.values()), books

    sample = timed(lambda: asyncio.run(rebuild()))
    return sample._replace(parts={**found, "held": held()})


if __name__ == "__main__":
    report(_measure(Path(sys.argv[1])))
