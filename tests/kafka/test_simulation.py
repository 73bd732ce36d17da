"""Workers on a simulated broker: thousands of lives of a ledger, each from a seed that can be run again.

`WORKER_SEED` runs one of them, `WORKER_SEEDS` so many.
"""

import asyncio
import os
import uuid
from collections import Counter
from collections.abc import Sequence
from random import Random
from unittest.mock import patch

import orjson
import pytest
from aiokafka import TopicPartition

from ledger.follow.books import Books
from ledger.log.kafka import KafkaLog
from ledger.log.kafka.partitioner import Partitioner
from ledger.log.kafka.progress import HANDLED, Handled
from ledger.worker import turns
from ledger.worker.turns import Turns
from schemas.codec import encode
from schemas.record import Position
from schemas.topics import EVENTS, ORIGIN, POSITION, PROGRESS, REJECTED, ROUNDS, TALLIES
from tests.kafka.simulated import Broker, Process, Record, SimulatedConnection, VirtualLoop
from tests.kafka.workers import bodies
from tests.log.events import released

SEEDS = 150
VIEWS = (TALLIES.name(), ROUNDS.name())
SETTLED_S = 3_600.0
SEEN_S = 1.0
"""For readers to see what is committed."""
EXCHANGES = [f"DEAL-{number}" for number in range(4)]


def test_nothing_is_lost_or_double_or_old_whatever_happens_to_workers() -> None:
    one = os.environ.get("WORKER_SEED")
    for seed in [int(one)] if one else range(int(os.environ.get("WORKER_SEEDS", SEEDS))):
        try:
            live(Random(seed))
        except Exception as error:
            pytest.fail(f"WORKER_SEED={seed}: {_first(error)!r}")


def live(chance: Random) -> None:
    names = patch.object(uuid, "uuid4", lambda: uuid.UUID(int=chance.getrandbits(128)))
    with names, patch.object(turns, "_freeze"), asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(Life(chance).run())


def _first(error: BaseException) -> BaseException:
    return _first(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error


class Worker:
    """One process with its worker, until it is killed."""

    def __init__(self, broker: Broker, partitions: int) -> None:
        self.log = KafkaLog(SimulatedConnection(Process(broker), partitions))
        self.turns = Turns(self.log)
        self.running = asyncio.create_task(self.turns.run())

    async def kill(self) -> None:
        self.running.cancel()
        await asyncio.wait([self.running])


class Life:
    """A ledger whose workers come, are killed, stand still, and lose touch with the group that shares partitions."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.partitions = chance.randint(1, 3)
        self.partitioner = Partitioner(self.partitions)
        self.workers: list[Worker] = []
        self.published = 0
        self.handled: dict[int, int] = {}
        self.positions: dict[tuple[str, bytes | None], Position] = {}
        self.refused: Counter[bytes] = Counter()
        self.broken: AssertionError | None = None

    async def run(self) -> None:
        self.broker = Broker(self.chance)
        self.broker.committed = self.check
        for _ in range(self.chance.randint(2, 12)):
            self.publish(self.chance.choice((0, 1, 3, 12)))
            await self.change_workers()
            self.share()
            await asyncio.sleep(self.chance.random() * self.chance.choice((0.3, 3.0)))
        survivor = Worker(self.broker, self.partitions)
        for _ in range(self.chance.randrange(4)):
            survivor.turns.want([each for each in range(self.partitions) if self.chance.random() < 0.5])
            await asyncio.sleep(self.chance.choice((0.0, 0.01, 2.0)))
        survivor.turns.want(range(self.partitions))
        for worker in self.workers:
            if self.chance.random() < 0.5:
                await worker.kill()
        await asyncio.sleep(self.chance.random() * 10)
        for worker in self.workers:
            worker.turns.want(())
        await self.settle(survivor)
        for worker in (survivor, *self.workers):
            await worker.kill()
        if self.broken:
            raise self.broken

    # -- what happens --------------------------------------------------------------------------------

    def publish(self, count: int) -> None:
        """Events: most are new and at home, some are away from it, said twice, under an id that is taken, or none."""
        for _ in range(count):
            number = self.chance.randrange(self.published + 1)
            self.published += number == self.published
            event = released(number, exchange=EXCHANGES[number % len(EXCHANGES)], round=number % 3 + 1)
            payload, place = encode(event), self.partitioner.of(event.exchange)
            match self.chance.randrange(8):
                case 0:
                    place = self.chance.randrange(self.partitions)
                case 1:
                    payload = payload[: self.chance.randrange(len(payload))]
                case 2:
                    payload = orjson.dumps(orjson.loads(payload) | {"note": "another"})
            self.broker.append(TopicPartition(EVENTS.name(), place), event.exchange.encode(), payload)

    async def change_workers(self) -> None:
        if self.workers and self.chance.random() < 0.5:
            await self.workers.pop(self.chance.randrange(len(self.workers))).kill()
        if len(self.workers) < 3 and self.chance.random() < 0.8:
            self.workers.append(Worker(self.broker, self.partitions))

    def share(self) -> None:
        """What the group tells its members. One that has lost touch hears nothing of it."""
        told: dict[int, set[int]] = {number: set() for number in range(len(self.workers))}
        for partition in range(self.partitions if told else 0):
            told[self.chance.randrange(len(told))].add(partition)
        for number, worker in enumerate(self.workers):
            if self.chance.random() < 0.2:
                worker.turns.revoke()
            if self.chance.random() < 0.8:
                worker.turns.want(told[number])

    # -- what has to hold ----------------------------------------------------------------------------

    def check(self, committed: Sequence[Record]) -> None:
        """Hold what one transaction says against all that were committed before."""
        try:
            self._check(committed)
        except AssertionError as error:  # the worker that committed it would try again
            self.broken = self.broken or error

    def _check(self, committed: Sequence[Record]) -> None:
        for record in committed:
            if record.topic in VIEWS:
                name = record.topic, record.key
                position = Position.parse(dict(record.headers)[POSITION].decode())
                assert self.positions.get(name, position) <= position, f"{name} went back to {position}"
                self.positions[name] = position
            elif record.topic == REJECTED.name():
                origin = dict(record.headers)[ORIGIN]
                self.refused[origin] += 1
                assert self.refused[origin] == 1, f"{origin.decode()} is refused twice"
            elif record.topic == PROGRESS.name() and record.key == HANDLED:
                assert record.value is not None
                offset = Handled.model_validate_json(record.value).offset
                assert self.handled.get(record.partition, -1) <= offset, f"{record.partition} went back to {offset}"
                self.handled[record.partition] = offset

    async def settle(self, worker: Worker) -> None:
        """Return once the views are those of a replay, and all that is no event is refused."""
        deadline = self.broker.now + SETTLED_S
        while not await self.is_settled(worker):
            assert self.broker.now < deadline, f"not settled: {self.handled}"
            await asyncio.sleep(1)
        await asyncio.sleep(SEEN_S)
        books = Books(strict=True)
        async for batch in worker.log.read():
            books.take(batch)
        standing = {(each.exchange, each.round): each.value for each in await worker.log.standing_views() if each.value}
        expected = {(key.partition("/")[0], key.partition("/")[2]): body for (_, key), body in bodies(books).items()}
        assert {(exchange, str(number or "")): body for (exchange, number), body in standing.items()} == expected
        assert sum(book.events for book in books.by_exchange.values()) <= self.published
        refused = {*books.undecodable, *books.conflicting}
        origins = {Position.parse(origin.decode().split()[-1]) for origin in self.refused}
        assert refused <= origins, f"{refused - origins} are not refused"

    async def is_settled(self, worker: Worker) -> bool:
        end, folds = await worker.log.end(), worker.turns.folds.values()
        has_all = all(fold.is_live and fold.published >= end.last(fold.partition) for fold in folds)
        return has_all and await worker.log.end() == end  # what was relayed meanwhile came behind it
