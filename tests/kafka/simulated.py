"""A broker and its clients in memory, on a clock of its own: what a worker does on it follows from one seed.

Only the client library is replaced. The broker has what decides: the order of records, transactions that hide what
stands behind them until a moment after they are committed, epochs by which a producer is fenced, and markers that take
an offset. Whoever asks it anything waits a random while, now and then as long as a session and more, and is answered,
or is told that it failed though it was done.
"""

import asyncio
import selectors
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from types import SimpleNamespace
from typing import Any, NamedTuple, TypeVar

from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError, ProducerFenced
from aiokafka.structs import RecordMetadata

from ledger.log.kafka import Address, Connection
from ledger.settings import Settings
from schemas.topics import TOPICS

T = TypeVar("T")

SETTINGS = Settings()
PAUSE_S = 5.0
PAUSES, FAILURES, HANGS = 0.03, 0.05, 0.02
"""How often a process stands still, and a commit fails, or never ends: one half of those is done all the same."""
TRANSACTION_S = 60.0
STEP_S = 0.02
REPLICAS: Mapping[str, Any] = {"replicas": [1], "isr": [1]}


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time passes only while everybody waits."""

    def __init__(self) -> None:
        super().__init__(_Selector(self))
        self.now = 0.0

    def time(self) -> float:
        return self.now


class _Selector(selectors.SelectSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        self._loop.now += timeout or 0
        return super().select(0)


# -- the broker --------------------------------------------------------------------------------------


@dataclass
class Transaction:
    """`visible_at`: when readers see it in each partition, once it is committed. An aborted one nobody sees."""

    began: float
    partitions: set[TopicPartition] = field(default_factory=set)
    visible_at: dict[TopicPartition, float] = field(default_factory=dict)
    is_committed: bool = False
    is_aborted: bool = False


class Record(NamedTuple):
    """One record, or the marker of an end of a transaction, which has no topic."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]
    transaction: Transaction | None


class Broker:
    """Topics, and what is committed in them. `committed` is called with the records of each transaction."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.logs: defaultdict[TopicPartition, list[Record]] = defaultdict(list)
        self.committed: Callable[[Sequence[Record]], None] = lambda records: None
        self.changed = asyncio.Event()
        self._epochs: defaultdict[str, int] = defaultdict(int)
        self._ending: defaultdict[str, float] = defaultdict(float)
        self._open: dict[str, Transaction] = {}
        self._stable: defaultdict[TopicPartition, int] = defaultdict(int)

    @property
    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def append(
        self,
        place: TopicPartition,
        key: bytes | None,
        value: bytes | None,
        headers: Sequence[tuple[str, bytes]] = (),
        transaction: Transaction | None = None,
    ) -> RecordMetadata:
        log = self.logs[place]
        stamp = int(self.now * 1000)
        log.append(Record(place.topic, place.partition, len(log), stamp, key, value, headers, transaction))
        self._change()
        return RecordMetadata(*place, place, len(log) - 1, stamp, 0, 0)

    def stable(self, place: TopicPartition) -> int:
        """The offset before which no transaction is open, or committed and not to be seen yet."""
        log, stable = self.logs[place], self._stable[place]
        while stable < len(log) and self._is_settled(place, log[stable].transaction):
            stable += 1
        self._stable[place] = stable
        return stable

    def seen(self, place: TopicPartition, first: int, last: int) -> list[Record]:
        """The records that readers of what is committed are given."""
        return [each for each in self.logs[place][first:last] if each.topic and not _is_aborted(each)]

    def _is_settled(self, place: TopicPartition, transaction: Transaction | None) -> bool:
        if transaction is None or transaction.is_aborted:
            return True
        if not transaction.is_committed and self.now - transaction.began > TRANSACTION_S:
            self.fence(next(name for name, each in self._open.items() if each is transaction))
            return True
        return transaction.is_committed and transaction.visible_at[place] <= self.now

    # -- transactions --------------------------------------------------------------------------------

    def fence(self, name: str) -> int:
        """Give an id to a new producer: what the one before left open is undone, and it can write no more."""
        self._epochs[name] += 1
        if transaction := self._open.pop(name, None):
            transaction.is_aborted = True
            self._mark(transaction)
        return self._epochs[name]

    async def ended(self, name: str) -> None:
        """Wait until all that an id has committed is to be seen: until then it begins nothing, and nobody gets it."""
        if (left := self._ending[name] - self.now) > 0:
            await asyncio.sleep(left)
            await self.ended(name)

    def begin(self, name: str, epoch: int) -> Transaction:
        self.check(name, epoch)
        self._open[name] = Transaction(self.now)
        return self._open[name]

    def commit(self, name: str, epoch: int) -> None:
        self.check(name, epoch)
        transaction = self._open.pop(name)
        transaction.is_committed = True
        for place in sorted(transaction.partitions):
            transaction.visible_at[place] = self.now + self.chance.random() * self.chance.choice((0.01, 0.01, 1.0))
            asyncio.get_running_loop().call_at(transaction.visible_at[place], self._change)
        self._ending[name] = max(transaction.visible_at.values(), default=0.0)
        self.committed(
            [
                each
                for place in sorted(transaction.partitions)
                for each in self.logs[place]
                if each.transaction is transaction
            ]
        )
        self._mark(transaction)

    def check(self, name: str, epoch: int) -> None:
        """Raises ProducerFenced."""
        if self._epochs[name] != epoch:
            raise ProducerFenced(name)

    def _mark(self, transaction: Transaction) -> None:
        for place in transaction.partitions:
            log = self.logs[place]
            log.append(Record("", place.partition, len(log), 0, None, None, (), transaction))
        self._change()

    def _change(self) -> None:
        self.changed.set()
        self.changed = asyncio.Event()


def _is_aborted(record: Record) -> bool:
    return record.transaction is not None and record.transaction.is_aborted


# -- its clients -------------------------------------------------------------------------------------


class Process:
    """Whose clients they are: one process, which stands still as a whole."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self._resumes_at = 0.0

    async def step(self) -> None:
        """Wait as long as an answer takes."""
        chance = self.broker.chance
        if chance.random() < PAUSES:
            self._resumes_at = self.broker.now + PAUSE_S * chance.random()
        await asyncio.sleep(max(self._resumes_at - self.broker.now, chance.random() * STEP_S))


class Producer:
    """What is used of AIOKafkaProducer; of a transactional one, with a name and an epoch."""

    def __init__(self, process: Process, name: str = "", epoch: int = 0) -> None:
        self._process, self._broker = process, process.broker
        self._name, self._epoch = name, epoch
        self._transaction: Transaction | None = None

    async def begin_transaction(self) -> None:
        await self._process.step()
        await self._broker.ended(self._name)
        self._transaction = self._broker.begin(self._name, self._epoch)

    async def send(
        self,
        topic: str,
        value: bytes | None = None,
        key: bytes | None = None,
        partition: int = 0,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> Awaitable[RecordMetadata]:
        place, stored = TopicPartition(topic, partition), asyncio.get_running_loop().create_future()
        if self._transaction is None:
            await self._process.step()
        else:
            self._broker.check(self._name, self._epoch)
            self._transaction.partitions.add(place)
        stored.set_result(self._broker.append(place, key, value, headers, self._transaction))
        return stored

    async def send_offsets_to_transaction(self, offsets: object, group: str) -> None:
        await self._process.step()

    async def commit_transaction(self) -> None:
        await self._process.step()
        fate, is_for_ever = self._broker.chance.random(), self._broker.chance.random() < HANGS
        if fate < FAILURES / 2:
            raise KafkaConnectionError("the request is lost")
        if is_for_ever and fate < 0.5:
            await _never()
        self._broker.commit(self._name, self._epoch)
        await self._process.step()
        if fate < FAILURES:
            raise KafkaConnectionError("the answer is lost")
        if is_for_ever:
            await _never()

    def create_batch(self) -> "Batch":
        return Batch()

    async def send_batch(self, batch: "Batch", topic: str, *, partition: int) -> Awaitable[RecordMetadata]:
        await self._process.step()
        place, stored = TopicPartition(topic, partition), asyncio.get_running_loop().create_future()
        first, *_ = [self._broker.append(place, key, value, headers) for key, value, headers in batch.records]
        stored.set_result(first)
        return stored


async def _never() -> None:
    """What the client library waits for that will not come."""
    await asyncio.get_running_loop().create_future()


class Batch:
    """What is used of BatchBuilder."""

    def __init__(self) -> None:
        self.records: list[tuple[bytes, bytes, Sequence[tuple[str, bytes]]]] = []

    def append(self, *, timestamp: None, key: bytes, value: bytes, headers: Sequence[tuple[str, bytes]]) -> object:
        self.records.append((key, value, headers))
        return self

    def close(self) -> None:
        """Nothing is added any more."""


class Consumer:
    """What is used of AIOKafkaConsumer, reading what is committed."""

    def __init__(self, process: Process) -> None:
        self._process, self._broker = process, process.broker
        self._positions: dict[TopicPartition, int] = {}
        self._paused: set[TopicPartition] = set()

    def assignment(self) -> Collection[TopicPartition]:
        return self._positions.keys()

    def assign(self, places: Iterable[TopicPartition]) -> None:
        self._positions, self._paused = dict.fromkeys(places, 0), set()

    def seek(self, place: TopicPartition, offset: int) -> None:
        self._positions[place] = offset

    def pause(self, *places: TopicPartition) -> None:
        self._paused.update(places)

    async def position(self, place: TopicPartition) -> int:
        return self._positions[place]

    async def end_offsets(self, places: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        await self._process.step()
        return {place: self._broker.stable(place) for place in places}

    async def beginning_offsets(self, places: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        await self._process.step()
        return dict.fromkeys(places, 0)

    async def getmany(self, *, timeout_ms: int) -> dict[TopicPartition, list[Record]]:
        changed, moved = self._broker.changed, False
        await self._process.step()
        found: dict[TopicPartition, list[Record]] = {}
        for place in sorted(self._positions.keys() - self._paused):
            last = self._broker.stable(place)
            if self._positions[place] < last:
                last = min(last, self._positions[place] + self._broker.chance.choice((1, 3, 1_000)))
                found[place] = self._broker.seen(place, self._positions[place], last)
                self._positions[place], moved = last, True
        if not moved:
            await _waited(changed, timeout_ms / 1000)
        return {place: records for place, records in found.items() if records}

    async def stop(self) -> None:
        """Nothing is left behind."""


async def _waited(changed: asyncio.Event, timeout_s: float) -> None:
    try:
        async with asyncio.timeout(timeout_s):
            await changed.wait()
    except TimeoutError:
        return


class Admin:
    """What is used of AIOKafkaAdminClient: every topic is there, and as it should be."""

    def __init__(self, partitions: int) -> None:
        self._partitions = partitions

    async def describe_topics(self, names: Sequence[str]) -> list[dict[str, Any]]:
        single = {"rejected", "checkpoints"}
        counts = {name: 1 if name.rpartition(".")[2] in single else self._partitions for name in names}
        return [
            {"topic": name, "error_code": 0, "partitions": [{"partition": n, **REPLICAS} for n in range(count)]}
            for name, count in counts.items()
        ]

    async def describe_configs(self, sought: Sequence[Any]) -> list[Any]:
        settings = {topic.name(): topic.settings(1) for topic in TOPICS}
        return [
            SimpleNamespace(resources=[(0, "", 2, each.name, list(settings[each.name].items()))]) for each in sought
        ]


class SimulatedConnection(Connection):
    """The clients of one process on a simulated broker."""

    def __init__(self, process: Process, partitions: int) -> None:
        super().__init__(Address("simulated:9092", "ledger"), SETTINGS)
        self._process = process
        self._admin = Admin(partitions)

    async def producer(self) -> Any:
        return Producer(self._process)

    async def drop_producer(self) -> None:
        """The next is another one anyway."""

    @asynccontextmanager
    async def transactional(self, transactional_id: str, timeout_ms: int) -> AsyncIterator[Any]:
        await self._process.step()
        await self._process.broker.ended(transactional_id)
        epoch = self._process.broker.fence(transactional_id)
        with self.reporting():
            await self._process.step()
            yield Producer(self._process, transactional_id, epoch)

    async def asked(self, ask: Callable[[Any], Awaitable[T]], within_s: float = 0.0) -> T:
        await self._process.step()
        return await ask(self._admin)

    async def _new_consumer(self) -> Any:
        return Consumer(self._process)
