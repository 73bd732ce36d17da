"""Ways in which a worker could hold its state, each a process that is started, killed and started again.

`python -m benchmarks.kafka.candidates WAY URL GROUP FILE [EVENTS]` runs one. It keeps in FILE what it has counted: the
events of each exchange, as JSON. With EVENTS it ends once it has counted so many, and prints how long that took.
"""

import asyncio
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import faust
import orjson

from benchmarks.kafka.ledgers import opened
from benchmarks.measure import Sample, report
from ledger.settings import Settings
from ledger.worker.worker import Worker
from schemas.topics import EVENTS

WAYS = {
    "replay": "state by replay, views in transactions (what `ledger worker` does)",
    "paired": "Faust table whose value is the count and the offset it covers",
    "naive": "Faust table, `count += 1`",
    "exactly-once": "Faust table, `count += 1`, `exactly_once`",
}
BUFFER_EVENTS = 16_384
"""Faust sleeps a whole second whenever its buffer is full."""
SESSION_S = 2.0
LOOK_S, WRITE_S = 0.01, 0.2

Counts = Mapping[str, int]


class Candidate(NamedTuple):
    """An application, what it has counted, and whether it has its state back and takes events."""

    app: Any
    counts: Callable[[], Counts]
    is_live: Callable[[], bool]


def candidate(way: str, url: str, group: str) -> Candidate:
    """One of WAYS."""
    return _replaying(url) if way == "replay" else _table(way, url, group)


def _replaying(url: str) -> Candidate:
    worker = Worker(Settings(log=url, worker_port=0, worker_session=SESSION_S))

    def counts() -> Counts:
        """What is published, once every keeper is live; until then nothing."""
        folds = [*worker.folds.values()]
        if not all(fold.is_live and fold.reached == fold.published for fold in folds):
            return {}
        return {name: book.events for fold in folds for name, book in fold.books.by_exchange.items()}

    def is_live() -> bool:
        return bool(worker.folds) and all(fold.is_live for fold in worker.folds.values())

    return Candidate(worker.app, counts, is_live)


def _table(way: str, url: str, group: str) -> Candidate:
    log = opened(url)
    app: Any = faust.App(
        group,
        broker=[f"aiokafka://{each}" for each in log.address.brokers.split(",")],
        broker_session_timeout=SESSION_S,
        broker_heartbeat_interval=SESSION_S / 4,
        consumer_auto_offset_reset="earliest",
        stream_buffer_maxsize=BUFFER_EVENTS,
        processing_guarantee="exactly_once" if way == "exactly-once" else "at_least_once",
        topic_disable_leader=True,
        web_enabled=False,
        autodiscover=False,
        store="memory://",
    )
    recovered = asyncio.Event()

    async def has_recovered() -> None:
        recovered.set()

    raw = {"key_type": bytes, "value_type": bytes, "key_serializer": "raw", "value_serializer": "raw"}
    topic = app.topic(EVENTS.name(log.address.prefix), **raw)
    table = app.Table("counts", partitions=EVENTS.partitions, on_recover=has_recovered)
    app.agent(topic, name="count")(_paired(table) if way == "paired" else _naive(table))

    def counts() -> Counts:
        return {key: value[0] if way == "paired" else value for key, value in list(table.items())}

    return Candidate(app, counts, recovered.is_set)


def _naive(table: Any) -> Callable[[Any], Any]:
    async def count(stream: Any) -> None:
        async for event in stream.events():
            key = event.key.decode()
            table[key] = (table.get(key) or 0) + 1

    return count


def _paired(table: Any) -> Callable[[Any], Any]:
    """A number and the offset up to which it counts are one value, so that a repeated event is known."""

    async def count(stream: Any) -> None:
        async for event in stream.events():
            key, offset = event.key.decode(), event.message.offset
            known, reached = table.get(key) or (0, -1)
            if offset > reached:
                table[key] = (known + 1, offset)

    return count


# -- running one -------------------------------------------------------------------------------------


async def run(way: str, url: str, group: str, file: Path, events: int | None) -> None:
    """Run until killed; with `events`, until all are counted."""
    started = time.perf_counter()
    this = candidate(way, url, group)
    await this.app.start()
    live, written = 0.0, 0.0
    while True:
        await asyncio.sleep(LOOK_S)
        now = time.perf_counter()
        if not live and this.is_live():
            live = now
            print(f"live {live - started:.3f} {time.monotonic():.3f}", flush=True)
        if events is not None and live and sum(this.counts().values()) >= events:
            _write(file, this.counts())
            report(
                Sample(
                    events,
                    now - started,
                    0,
                    {"live": live - started, "ended": time.monotonic(), "worked": time.process_time()},
                )
            )
            sys.stdout.flush()
            await this.app.stop()
            os._exit(0)
        if live and now - written > WRITE_S:
            _write(file, this.counts())
            written = time.perf_counter()


def _write(file: Path, counts: Counts) -> None:
    if counts:
        new = file.with_suffix(".new")
        new.write_bytes(orjson.dumps(counts))
        new.replace(file)


if __name__ == "__main__":
    asyncio.run(
        run(sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4]), int(sys.argv[5]) if sys.argv[5:] else None)
    )
