"""Rebuilding from Kafka: `replay.rebuild` against `getmany` that only counts, and against the same rebuild from a file.

A rebuild from Kafka validates every event again, since others may write to its topics; so does the one from the file.
"""

import asyncio
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from aiokafka import AIOKafkaConsumer

from benchmarks import corpus
from benchmarks.kafka.ledgers import filled, getmany, opened
from benchmarks.measure import Sample, held, in_turns, measured, ratio, report, table
from ledger.follow.follower import read_books
from ledger.log import open_log
from ledger.log.kafka.connection import FETCH_BYTES
from replay.rebuild import rebuild
from schemas.topics import EVENTS

WAYS = {
    "getmany": "bare `getmany`, nothing decoded",
    "read": "`KafkaLog.read`, nothing decoded",
    "fold": "strict fold from Kafka",
    "rebuild": "**`replay.rebuild` from Kafka, with the digest of every view**",
    "file": "the same from a SQLite file",
}
ASKED = [("read", "getmany"), ("fold", "getmany"), ("rebuild", "getmany"), ("rebuild", "file")]


def run(brokers: str, events: int, repeat: int) -> str:
    """Measure every way in turns. Returns the tables."""
    url = asyncio.run(filled(brokers, events))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        corpus.write_log(path, events)
        rates = in_turns(
            list(WAYS), repeat, lambda way: measured(__name__, way, f"sqlite:///{path}" if way == "file" else url)
        )
    figures = table(
        [f"reading {events:,} events, median of {repeat} (least to most)", "events/s"],
        [[WAYS[way], each] for way, each in rates.items()],
    )
    rows = [[WAYS[one], WAYS[other], ratio(rates, one, other)] for one, other in ASKED]
    return f"{figures}\n\n{table(['of', 'to', 'ratio, median (least to most)'], rows)}"


async def _measured(way: str, url: str) -> Sample:
    log = open_log(url, create=False)
    started, events = time.perf_counter(), 0
    if way == "getmany":
        events = await _counted(url)
    elif way == "read":
        async for batch in log.read():
            events += len(batch.rows)
    elif way == "fold":
        events = sum(book.events for book in (await read_books(log)).by_exchange.values())
    else:
        events = (await rebuild(log, strict=True)).events
    seconds = time.perf_counter() - started
    await log.close()
    return Sample(events, seconds, held(), {})


async def _counted(url: str) -> int:
    log, events = opened(url), 0
    consumer = AIOKafkaConsumer(
        **log.connection.options, auto_offset_reset="earliest", max_partition_fetch_bytes=FETCH_BYTES
    )
    async with consumer:
        async for _, records in getmany(consumer, EVENTS.name(log.address.prefix)):
            events += len(records)
    await log.close()
    return events


if __name__ == "__main__":
    report(asyncio.run(_measured(sys.argv[1], sys.argv[2])))
