"""Ways in which a worker could hold its state, each a process that is started, killed and started again.

`python -m benchmarks.kafka.candidates WAY URL GROUP FILE [EVENTS]` runs one. It keeps in FILE what it has counted: the
events of each exchange, as JSON. With EVENTS it ends once it has counted so many, and prints how long that took from
the start of its process.
"""

import asyncio
import os
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import faust
import orjson

from benchmarks.kafka.counts import Follow, Number, changelog, counts_topic, follow_counts, follow_tallies
from benchmarks.kafka.foreign import Command, Foreign, Terms, quix, streams
from benchmarks.kafka.ledgers import opened
from benchmarks.kafka.processes import age_s, processor_s
from benchmarks.measure import Sample, report
from ledger.settings import Settings
from ledger.worker.worker import Worker
from schemas.topics import EVENTS

BUFFER_EVENTS = 16_384
"""Faust sleeps a whole second whenever its buffer is full."""
SESSION_S = 2.0
LOOK_S, WRITE_S = 0.01, 0.2

Counts = Mapping[str, int]


class Candidate(NamedTuple):
    """An application, what it has counted, whether it has its state back and takes events, and the process it is."""

    app: Any
    counts: Callable[[], Counts]
    is_live: Callable[[], bool]
    pid: Callable[[], int] = os.getpid


class Way(NamedTuple):
    """What it is, how it is made of a ledger's URL, a group and a folder, and how a subscriber has its counts."""

    meaning: str
    make: Callable[[str, str, Path], Candidate]
    follow: Follow


def candidate(way: str, url: str, group: str, folder: Path) -> Candidate:
    """One of WAYS."""
    return WAYS[way].make(url, group, folder)


def _replaying(url: str, group: str, folder: Path) -> Candidate:
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


def _table(
    agent: Callable[[Any], Any], number: Number, guarantee: str, url: str, group: str, folder: Path
) -> Candidate:
    log = opened(url)
    app: Any = faust.App(
        group,
        broker=[f"aiokafka://{each}" for each in log.address.brokers.split(",")],
        broker_session_timeout=SESSION_S,
        broker_heartbeat_interval=SESSION_S / 4,
        consumer_auto_offset_reset="earliest",
        stream_buffer_maxsize=BUFFER_EVENTS,
        processing_guarantee=guarantee,
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
    app.agent(topic, name="count")(agent(table))

    def counts() -> Counts:
        return {key: number(value) for key, value in list(table.items())}

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


def _foreign(command: Command, commit_ms: int, follow: Follow, url: str, group: str, folder: Path) -> Candidate:
    app = Foreign(command, follow, Terms(url, group, folder, commit_ms, round(SESSION_S * 1000)))
    return Candidate(app, lambda: app.counts, app.is_live, app.pid)


# -- the table of them -------------------------------------------------------------------------------


def _faust(meaning: str, agent: Callable[[Any], Any], number: Number = int, guarantee: str = "at_least_once") -> Way:
    return Way(meaning, partial(_table, agent, number, guarantee), follow_counts(changelog, number))


def _peer(meaning: str, command: Command, commit_ms: int, number: Number = int) -> Way:
    follow = follow_counts(counts_topic, number)
    return Way(meaning, partial(_foreign, command, commit_ms, follow), follow)


WAYS = {
    "replay": Way("state by replay, views in transactions (what `ledger worker` does)", _replaying, follow_tallies),
    "paired": _faust("Faust table whose value is the count and the offset it covers", _paired, itemgetter(0)),
    "naive": _faust("Faust table, `count += 1`", _naive),
    "exactly-once": _faust("Faust table, `count += 1`, `exactly_once`", _naive, guarantee="exactly_once"),
    "streams": _peer("Kafka Streams, `exactly_once_v2`, a commit every 100 ms, its default", streams, 100),
    "streams-25": _peer("Kafka Streams, `exactly_once_v2`, a commit every 25 ms, as often as the worker", streams, 25),
    "quix": _peer("Quix Streams, `exactly-once`, a commit every 100 ms", quix, 100, itemgetter("count")),
}


# -- running one -------------------------------------------------------------------------------------


async def run(way: str, url: str, group: str, file: Path, events: int | None) -> None:
    """Run until killed; with `events`, until all are counted."""
    started = time.perf_counter()
    this = candidate(way, url, group, file.parent)
    await this.app.start()
    live, written = 0.0, 0.0
    while True:
        await asyncio.sleep(LOOK_S)
        now = time.perf_counter()
        if not live and this.is_live():
            live = now
            print(f"live {live - started:.3f} {this.pid()}", flush=True)
        if events is not None and live and sum(this.counts().values()) >= events:
            _write(file, this.counts())
            parts = {"ended": time.monotonic(), "worked": processor_s(this.pid())}
            report(Sample(events, age_s(this.pid()), 0, parts))
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
