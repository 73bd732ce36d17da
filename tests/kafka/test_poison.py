"""Messages that are no events, among good ones, from clients that know nothing of this ledger."""

import asyncio
import os
import random
import time
import zlib
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from statistics import median
from typing import NamedTuple

import orjson
from aiokafka import AIOKafkaProducer
from aiokafka.structs import RecordMetadata

from ledger.client import AsyncLedger
from ledger.follow.books import Books
from ledger.log.kafka.partitioner import Partitioner
from schemas.codec import encode
from schemas.record import Position
from schemas.topics import EVENTS, ORIGIN, REASON, STAGE, event_headers
from schemas.views import Tally
from tests.kafka.publisher import EXCHANGES
from tests.kafka.topics import fresh
from tests.kafka.workers import Kept, Worker, all_live, opened, rejected, settled, workers
from tests.log.events import released

PARTITIONS = 6
GOOD = POISON = 1000
PAUSE_S = 0.01
OTHER_CONTENT = "other content"
LATE_S = 30.0
"""Far more than it takes; on a machine that does other things as well."""


class Sent(NamedTuple):
    """A message that is no event: where it stands, its bytes, and the step that has to refuse it."""

    position: Position
    payload: bytes
    stage: str


def exchange_of(number: int) -> str:
    return EXCHANGES[number % len(EXCHANGES)]


def good(number: int) -> bytes:
    return encode(released(number, exchange=exchange_of(number), round=number // 240 + 1))


def changed(number: int, **members: object) -> bytes:
    return orjson.dumps({**orjson.loads(good(100_000 + number)), **members})


def deep(number: int) -> bytes:
    return changed(number, inner=0).replace(b'"inner":0', b'"inner":' + b"[" * 2000 + b"]" * 2000)


KINDS: dict[str, Callable[[int], bytes | None]] = {
    "not JSON": lambda number: b"event %d" % number,
    "wrong UTF-8": lambda number: good(100_000 + number).replace(b"The Herald", b"The \xc3\x28 \xff"),
    "no value": lambda number: None,
    "too big": lambda number: changed(number, note="x" * (70_000 if number % 100 else 1_000_000)),
    "unknown field": lambda number: changed(number, colour="red"),
    "wrong type": lambda number: changed(number, round="first"),
    "no id": lambda number: good(100_000 + number).replace(b'"id"', b'"ident"'),
    "deep": deep,
    "key twice": lambda number: good(100_000 + number).replace(b'{"', b'{"version":1,"version":1,"', 1),
    "bad count": lambda number: changed(number, groups=[{"count": {"best": -1}}]),
    OTHER_CONTENT: lambda number: good(number).replace(b"The Herald", b"The Globe"),
}


async def test_poison_is_rejected_once_and_good_events_are_counted_in_time(kafka: str, tmp_path: Path) -> None:
    seed = int(os.environ.get("POISON_SEED", random.randrange(2**32)))
    print(f"POISON_SEED={seed}")
    url = await fresh(kafka, PARTITIONS)
    with workers(url, tmp_path, 2) as running:
        await all_live(running, PARTITIONS, 60)
        async with opened(url) as log, AsyncLedger.open(url) as ledger:
            kept, watched = Kept(log), Watched()
            watching = asyncio.create_task(watched.follow(ledger))
            publisher = Publisher(kafka, EVENTS.name(log.address.prefix), await log.partitioner(), random.Random(seed))
            await publisher.publish(watched)
            books = await counted(kept, 60)
            assert sum(tally.events for tally in books.tallies()) == GOOD
            late = await watched.lateness()
            watching.cancel()
            print(f"in its view after: p50 {median(late):.2f} s, max {max(late):.2f} s; {publisher.strays} strays")
            assert max(late) < LATE_S

            found = await rejected(log)
            told = [{name: value.decode() for name, value in record.headers} for record in found]
            origins = [each[ORIGIN] for each in told]
            expected = {f"{publisher.topic} {each.position}": each for each in publisher.sent}
            assert Counter(origins) == Counter(expected.keys())
            assert all(record.value == expected[origin].payload for record, origin in zip(found, origins, strict=True))
            assert all(each[STAGE] == expected[each[ORIGIN]].stage for each in told)
            assert all(each[REASON] for each in told)

            for worker in running:
                worker.kill()
            running.append(Worker(url, tmp_path))
            await all_live(running, PARTITIONS)
            written = kept.written
            await settled(kept)
            assert kept.written == written
            assert len(await rejected(log)) == POISON


async def counted(kept: Kept, within_s: float) -> Books:
    """The replay, once it counts every good event, also those that are relayed, and the views are the same."""
    deadline = time.monotonic() + within_s
    while True:
        books = await settled(kept, within_s)
        if sum(tally.events for tally in books.tallies()) >= GOOD or time.monotonic() > deadline:
            return books


class Watched:
    """A subscriber that notes when how many events of each exchange were counted, and when they were sent."""

    def __init__(self) -> None:
        self.sent: dict[str, list[float]] = {each: [] for each in EXCHANGES}
        self.counted: dict[str, list[float]] = {each: [] for each in EXCHANGES}

    async def follow(self, ledger: AsyncLedger) -> None:
        async with aclosing(ledger.follow("tallies")) as changes:
            async for change in changes:
                assert isinstance(change.item, Tally)
                times = self.counted[change.item.exchange]
                times += [time.monotonic()] * (change.item.events - len(times))

    async def lateness(self) -> list[float]:
        """Of each event, the seconds until as many were counted as had been sent with it."""
        deadline = time.monotonic() + 30
        while sum(map(len, self.counted.values())) < GOOD:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.1)
        pairs = ((self.sent[name], self.counted[name]) for name in EXCHANGES)
        return [counted - sent for times in pairs for sent, counted in zip(*times, strict=True)]


class Publisher:
    """Plain clients: with and without headers, with and without keys, and with keys that are hashed in another way."""

    def __init__(self, kafka: str, topic: str, partitioner: Partitioner, chance: random.Random) -> None:
        self.topic = topic
        self.sent: list[Sent] = []
        self.strays = 0
        self._partitioner = partitioner
        self._chance = chance
        self._kafka = kafka
        self._at_home: list[int] = []

    async def publish(self, watched: Watched) -> None:
        """As many good events as others, one after the other."""
        kinds = [kind for _ in range(POISON // len(KINDS) + 1) for kind in KINDS][:POISON]
        self._chance.shuffle(kinds)
        known = {"bootstrap_servers": self._kafka, "max_request_size": 2 * 1024 * 1024, "enable_idempotence": True}
        async with AIOKafkaProducer(**known) as producer:
            storing = []
            for number, kind in enumerate(kinds):
                watched.sent[exchange_of(number)].append(time.monotonic())
                await self._publish_good(producer, number)
                if kind == OTHER_CONTENT:
                    number = self._chance.choice(self._at_home)
                    partition, stage = self._partitioner.of(exchange_of(number)), "fold"
                else:
                    partition, stage = self._chance.randrange(PARTITIONS), "decode"
                payload = KINDS[kind](number)
                storing.append((await self._send(producer, number, payload, partition), payload or b"", stage))
                await asyncio.sleep(PAUSE_S)
            for coming, payload, stage in storing:
                stored = await coming
                self.sent.append(Sent(Position(stored.partition, stored.offset), payload, stage))

    async def _publish_good(self, producer: AIOKafkaProducer, number: int) -> None:
        home = self._partitioner.of(exchange_of(number))
        elsewhere = zlib.crc32(exchange_of(number).encode()) % PARTITIONS
        partition = self._chance.choice([home, elsewhere, self._chance.randrange(PARTITIONS)]) if number else home
        await self._send(producer, number, good(number), partition)
        if partition == home:
            self._at_home.append(number)
        else:
            self.strays += 1

    async def _send(
        self, producer: AIOKafkaProducer, number: int, payload: bytes | None, partition: int
    ) -> Awaitable[RecordMetadata]:
        exchange, event_id = exchange_of(number), released(number).id
        headers = event_headers(
            type="captives_released", version=1, id=event_id, exchange=exchange, publisher="The Herald"
        )
        stored: Awaitable[RecordMetadata] = await producer.send(
            self.topic,
            payload,
            self._chance.choice([exchange.encode(), b"key", None if payload else b""]),
            partition=partition,
            headers=self._chance.choice([[(name, text.encode()) for name, text in headers.items()], []]),
        )
        return stored
