"""The worker's throughput: with a backlog and while events come, against plain Faust and a bare consumer.

A backlog: everything is in the topic when the worker starts, and its start counts. Live: it is running, and everything
is published at once; the clock runs from the first publish to the last view. The bare loop has no group, no
rebalance and no heartbeat: it reads with `getmany`, folds strictly, and publishes every view in one transaction.
"""

import asyncio
import json
import os
import sys
import time
import uuid
from pathlib import Path
from tempfile import TemporaryDirectory

from aiokafka import AIOKafkaConsumer

from benchmarks.kafka.ledgers import filled, fresh, getmany, opened
from benchmarks.kafka.processes import WORKED, age_s, line, spawned, told, worked
from benchmarks.measure import Sample, held, in_turns, measured, ratio, report, table
from ledger.follow.books import Books
from ledger.log.kafka.connection import FETCH_BYTES
from ledger.log.kafka.log import rows_of
from ledger.log.kafka.reader import Fetched
from ledger.worker.partition_fold import view_messages
from schemas.topics import EVENTS

WAYS = {
    "backlog replay": "**the worker, started on a backlog**",
    "backlog bare": "bare `getmany`, strict fold, views in one transaction, of a backlog",
    "backlog naive": "plain Faust agent with a table that counts, of a backlog",
    "live replay": "**the worker, live**",
    "live naive": "plain Faust agent with a table that counts, live",
}
ASKED = [
    ("backlog replay", "backlog bare", "at least 0.5"),
    ("backlog replay", "backlog naive", "more than 1"),
    ("live replay", "live naive", "more than 1"),
]


def run(brokers: str, events: int, repeat: int) -> str:
    """Measure every way in turns. Returns the tables."""
    full = asyncio.run(filled(brokers, events))
    rates = in_turns(list(WAYS), repeat, lambda way: sample(way, brokers, full, events))
    figures = table(
        [f"{events:,} events folded and published, median of {repeat} (least to most)", "events/s", WORKED],
        [[WAYS[way], each, worked(each)] for way, each in rates.items()],
    )
    rows = [[WAYS[one], WAYS[other], ratio(rates, one, other), wanted] for one, other, wanted in ASKED]
    return f"{figures}\n\n{table(['of', 'to', 'ratio, median (least to most)', 'wanted'], rows)}"


def sample(way: str, brokers: str, full: str, events: int) -> Sample:
    when, what = way.split()
    with TemporaryDirectory() as folder:
        if what == "bare":
            return measured(__name__, full, events)
        if when == "live":
            return live(what, asyncio.run(fresh(brokers)), events, Path(folder))
        url = asyncio.run(filled(brokers, events)) if what == "replay" else full
        return measured("benchmarks.kafka.candidates", what, url, group(), Path(folder) / "counts", events)


def group() -> str:
    """A consumer group that nobody had."""
    return f"g{uuid.uuid4().hex[:12]}"


def live(what: str, url: str, events: int, folder: Path) -> Sample:
    """How fast a candidate that runs already takes everything that is published at once."""
    with (
        spawned("flood", url, events) as flood,
        spawned("candidates", what, url, group(), folder / "c", events) as ours,
    ):
        line(flood)
        line(ours)
        told(flood, "go")
        began = float(line(flood))
        taken = Sample(*json.loads(line(ours)))
    return taken._replace(seconds=taken.parts["ended"] - began)


async def _bare(url: str, events: int) -> Sample:
    log, books = opened(url), Books(strict=True)
    topic, options = EVENTS.name(log.address.prefix), log.connection.options
    consumer = AIOKafkaConsumer(
        **options, auto_offset_reset="earliest", isolation_level="read_committed", max_partition_fetch_bytes=FETCH_BYTES
    )
    async with consumer, log.connection.transactional(group(), 10_000) as producer:
        async for partition, records in getmany(consumer, topic):
            books.take(rows_of(Fetched(partition.partition, records, records[-1].offset)))
        async with producer.transaction():
            for view in view_messages(books, books.every_view()):
                await producer.send(view.topic.name(log.address.prefix), view.value, view.key.encode())
    seconds = age_s(os.getpid())
    assert sum(book.events for book in books.by_exchange.values()) == events
    await log.close()
    return Sample(events, seconds, held(), {"worked": time.process_time()})


if __name__ == "__main__":
    report(asyncio.run(_bare(sys.argv[1], int(sys.argv[2]))))
