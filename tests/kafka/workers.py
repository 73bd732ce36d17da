"""Workers as real processes, to be killed, paused and asked; and the views that they keep, as a reader sees them."""

import asyncio
import itertools
import os
import random
import re
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import aiohttp
import orjson

from broker.node import die_with_parent
from ledger.follow.books import Books
from ledger.follow.follower import Follower
from ledger.log.kafka import Address, Connection, KafkaLog
from ledger.log.kafka.reader import TopicReader
from ledger.settings import Settings
from replay.compare.published import events_after
from schemas.record import NOWHERE, Frontier, Position
from schemas.topics import POSITION, REJECTED, ROUNDS, TALLIES, Topic, round_key
from schemas.views import view_bytes, view_digest
from tests.cli.run import BIN, environment

SESSION_S = 3
WITHIN_S = 60.0
LOOK_S = 0.05

Key = tuple[str, str]
"""The suffix of a view's topic, and its key there."""

numbers = itertools.count(1)


def seeded(name: str) -> random.Random:
    """Chance that the environment can repeat by its seed, which is printed."""
    seed = int(os.environ.get(name, random.randrange(2**32)))
    print(f"{name}={seed}")
    return random.Random(seed)


class Worker:
    """One `ledger worker`. It dies with the test that started it."""

    def __init__(self, url: str, folder: Path, **env: str) -> None:
        self.log = folder / f"worker-{next(numbers)}.log"
        self.started = time.monotonic()
        given = {"LEDGER_WORKER_SESSION": str(SESSION_S), **env}
        command = [*die_with_parent(), str(BIN / "ledger"), "worker", "--port", "0", "--log", url]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, cwd=folder, env=environment(**given), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    @property
    def said(self) -> str:
        return self.log.read_text(errors="replace")

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    @property
    def address(self) -> str | None:
        """Where its health is, once it has said so."""
        found = re.search(r"health and metrics at (http://127\.0\.0\.1:\d+)", self.said)
        return found and found[1]

    def kill(self) -> None:
        """SIGKILL. Harmless if it has ended."""
        self.process.kill()
        self.process.wait()

    def pause(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def terminate(self) -> None:
        self.process.terminate()

    async def ended(self, within_s: float = WITHIN_S) -> int:
        """Its exit code."""
        await until(lambda: not self.is_running, within_s, f"it still runs:\n{self.said}")
        return self.process.wait()

    async def asked(self, path: str) -> tuple[int, str]:
        """The status and the text of an answer; 0 where nobody answers."""
        if self.address is None:
            return 0, ""
        limit = aiohttp.ClientTimeout(total=2)
        try:
            async with aiohttp.ClientSession(timeout=limit) as session, session.get(self.address + path) as answer:
                return answer.status, await answer.text()
        except (aiohttp.ClientError, TimeoutError):
            return 0, ""

    async def partitions(self) -> dict[int, dict[str, Any]]:
        """What it says of each of its partitions."""
        _, text = await self.asked("/health/ready")
        return {int(number): state for number, state in _parsed(text).get("partitions", {}).items()}

    async def live(self) -> set[int]:
        """The partitions whose views it keeps."""
        return {number for number, state in (await self.partitions()).items() if state["live"]}


def _parsed(text: str) -> Any:
    return orjson.loads(text) if text else {}


@contextmanager
def workers(url: str, folder: Path, count: int, **env: str) -> Iterator[list[Worker]]:
    """So many workers. More may be put into the list; none of them outlives the block."""
    found = [Worker(url, folder, **env) for _ in range(count)]
    try:
        yield found
    finally:
        for worker in found:
            worker.kill()


async def until(holds: Callable[[], bool], within_s: float, otherwise: str) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, otherwise
        await asyncio.sleep(LOOK_S)


async def all_live(found: list[Worker], partitions: int, within_s: float = WITHIN_S) -> float:
    """Return once each partition is live in some worker that runs; how many seconds that took."""
    started = time.monotonic()
    while True:
        live = [each for worker in found if worker.is_running for each in await worker.live()]
        if {*live} == {*range(partitions)}:
            return time.monotonic() - started
        told = "\n".join(f"--- {worker.log.name}\n{worker.said[-3000:]}" for worker in found)
        assert time.monotonic() < started + within_s, f"only {sorted(live)} are live\n{told}"
        await asyncio.sleep(LOOK_S)


async def shared(running: list[Worker], partitions: int, within_s: float = WITHIN_S) -> None:
    """Until each has a part of the partitions, and all are live."""
    deadline = time.monotonic() + within_s
    while sorted([number for each in running for number in await each.live()]) != [*range(partitions)] or not all(
        [await each.live() for each in running]
    ):
        assert time.monotonic() < deadline, [await each.partitions() for each in running]
        await asyncio.sleep(LOOK_S)


class Written(NamedTuple):
    """A view as it stands in its topic: the position up to which it is computed, and its bytes."""

    position: Position
    body: bytes | None


class Kept:
    """The views on the compacted topics of one ledger, read as they are committed.

    Reading them checks what always holds: the views of one key are in one partition, and never go back.
    """

    def __init__(self, log: KafkaLog) -> None:
        self.log = log
        self.latest: dict[Key, Written] = {}
        self.written = 0
        self._reached: dict[str, Frontier] = {}

    async def read(self) -> None:
        """Read what was committed since the last time."""
        for topic in (TALLIES, ROUNDS):
            reader = await self.log.reader(topic)
            async for partition, records, last in reader.read(self._reached.get(topic.suffix, NOWHERE)):
                for record in records:
                    self._take(topic, partition, record)
                self._reached[topic.suffix] = self._reached.get(topic.suffix, NOWHERE).advanced(partition, last)

    def _take(self, topic: Topic, partition: int, record: Any) -> None:
        key, headers = (topic.suffix, record.key.decode()), dict(record.headers)
        new, known = Written(Position.parse(headers[POSITION].decode()), record.value), self.latest.get(key)
        assert new.position.partition == partition
        if known is not None:
            assert new.position >= known.position, f"{key} went back from {known.position} to {new.position}"
        self.latest[key] = new
        self.written += 1

    @property
    def bodies(self) -> dict[Key, bytes]:
        """The latest bytes of each view that there is."""
        return {key: body for key, (_, body) in self.latest.items() if body is not None}


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[KafkaLog]:
    settings = Settings()
    log = KafkaLog(Connection(Address.parse(url), settings), trust=settings.trust())
    try:
        yield log
    finally:
        await log.close()


def bodies(books: Books) -> dict[Key, bytes]:
    """Every tally and round of a reading, as a worker ought to keep them."""
    tallies = {(TALLIES.suffix, each.exchange): view_bytes(each) for each in books.tallies()}
    rounds = {
        (ROUNDS.suffix, round_key(exchange, each.round)): view_bytes(each)
        for exchange in books.exchanges()
        for each in books.rounds(exchange)
    }
    return tallies | rounds


async def settled(kept: Kept, within_s: float = WITHIN_S) -> Books:
    """Return the replay of the log once the kept views are the same bytes, and workers have handled all of it.

    The bytes alone don't say so: an event that is delivered once more changes none, and is handled all the same.
    """
    books, deadline = Books(strict=True, trust=kept.log.trust), time.monotonic() + within_s
    while True:
        await kept.read()
        await Follower(kept.log, books).catch_up()
        expected, behind = bodies(books), await events_after(kept.log, await kept.log.published())
        if kept.bodies == expected and not behind:
            return books
        assert time.monotonic() < deadline, f"{apart(kept.bodies, expected)}; {behind} events are not handled"
        await asyncio.sleep(LOOK_S)


def apart(found: Mapping[Key, bytes], expected: Mapping[Key, bytes]) -> str:
    """In which views two sets differ, in a few lines."""
    wrong = sorted(key for key in found.keys() | expected.keys() if found.get(key) != expected.get(key))
    shown = [f"{key}: kept {_short(found.get(key))}, replayed {_short(expected.get(key))}" for key in wrong[:3]]
    return "\n".join([f"{len(wrong)} views of {len(expected)} differ", *shown])


def _short(body: bytes | None) -> str:
    if body is None:
        return "none"
    return f"{orjson.loads(body).get('events', '?')} events, {view_digest(body).hex()}"


async def rejected(log: KafkaLog) -> list[Any]:
    """Every record of the rejected topic as it stands, also such that say the same."""
    reader = TopicReader(log.connection, REJECTED.name(log.address.prefix), 1)
    return [record async for fetched in reader.read() for record in fetched.records]
