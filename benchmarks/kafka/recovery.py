"""Recovery: from the start of a worker's process to every partition live, with all views published before.

Of the seconds, `imports` is Python's, and `joining` ends when the partitions are assigned. What follows overlaps
between partitions and is given as processor time: decoding and folding, computing every view anew, and the rest.
"""

import asyncio
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.kafka.ledgers import filled
from benchmarks.kafka.processes import until
from benchmarks.measure import Sample, held, measured, report, say, table

SIZES = (10_000, 100_000, 1_000_000)
PARTS = ("imports", "joining", "decoding and folding", "views", "everything else")


def run(brokers: str, sizes: Sequence[int] = SIZES, repeat: int = 3) -> str:
    """Measure every size. Returns the table."""
    rows = []
    for size in sizes:
        say(f"  {size:,} events: publishing them, and a first start, which publishes the views")
        url = asyncio.run(filled(brokers, size))
        first = measured(__name__, url)
        samples = []
        for turn in range(repeat):
            say(f"  {turn + 1}/{repeat} {size:,} events")
            samples.append(measured(__name__, url))
        seconds = [sample.seconds for sample in samples]
        parts = [f"{median(sample.parts[part] for sample in samples):.1f}" for part in PARTS]
        spread = f"{median(seconds):.1f} ({min(seconds):.1f} to {max(seconds):.1f})"
        memory = f"{max(sample.memory for sample in samples) / 1e6:,.0f}"
        rows.append([f"{size:,}", f"{first.seconds:.1f}", spread, *parts, memory])
    head = ["events", "first start ever, s", f"start to live, s, median of {repeat} (least to most)"]
    return table([*head, *(f"{part}, s" for part in PARTS), "memory, MB"], rows)


async def _measure(url: str) -> None:
    began = time.perf_counter()
    from benchmarks.kafka import candidates
    from ledger.follow.books import Books
    from ledger.worker import partition_fold as module
    from ledger.worker.turns import Turns

    spent = {**dict.fromkeys(PARTS, 0.0), "imports": time.perf_counter() - began}
    take, views, take_over = Books.take, module.view_messages, Turns._take_over

    def timed_fold(self: Books, batch: Any) -> Any:
        mark = time.thread_time()
        touched = take(self, batch)
        spent["decoding and folding"] += time.thread_time() - mark
        return touched

    def timed_views(books: Books, touched: Iterable[Any]) -> Iterator[Any]:
        found = iter(views(books, touched))
        while True:
            mark = time.thread_time()
            view = next(found, None)
            spent["views"] += time.thread_time() - mark
            if view is None:
                return
            yield view

    async def timed_take_over(*given: Any) -> None:
        spent["joining"] = spent["joining"] or time.perf_counter() - began - spent["imports"]
        await take_over(*given)

    Books.take, module.view_messages = timed_fold, timed_views  # type: ignore[method-assign]
    Turns._take_over = timed_take_over  # type: ignore[method-assign, assignment]
    worker = candidates.candidate("replay", url, "", Path())
    await worker.app.start()
    await until(worker.is_live, 0.02)
    seconds, events = time.perf_counter() - began, sum(worker.counts().values())
    spent["everything else"] = time.process_time() - spent["decoding and folding"] - spent["views"]
    report(Sample(events, seconds, held(), spent))
    sys.stdout.flush()
    os._exit(0)  # as a crash would


if __name__ == "__main__":
    asyncio.run(_measure(sys.argv[1]))
