"""The log on Kafka, for ledgers that one machine is not enough for."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Collection, Container, Iterable, Sequence, Set
from contextlib import aclosing, suppress
from datetime import datetime

from aiokafka import AIOKafkaProducer, ConsumerRecord
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.structs import RecordMetadata

from ledger.errors import LogUnreachable
from ledger.log.grouping import GroupCommit
from ledger.log.kafka.connection import Connection
from ledger.log.kafka.index import Index
from ledger.log.kafka.partitioner import Partitioner
from ledger.log.kafka.progress import ProgressTopic
from ledger.log.kafka.reader import Fetched, TopicReader
from ledger.log.kafka.recorded import entered_by, entered_header, recorded_header, recorded_us
from ledger.log.kafka.rejects import acknowledgment_headers, reject_headers, rejected_messages
from ledger.log.kafka.topics import describe_topics, refuse_unsafe
from ledger.log.kafka.version import version_of_views
from ledger.log.port import (
    Batches,
    KeptView,
    Message,
    Outcome,
    Receipt,
    Refusal,
    Rejected,
    StandingView,
    Vouched,
    check_reached,
)
from ledger.settings import TRUSTING, Trust
from schemas.dsse import is_signed
from schemas.record import NOWHERE, Batch, Frontier, Position, Record, Row, from_microseconds
from schemas.topics import (
    CHECKPOINTS,
    EVENTS,
    POSITION,
    PROGRESS,
    REJECTED,
    ROUNDS,
    TALLIES,
    Topic,
    event_headers,
)
from schemas.views import view_digest


class KafkaLog:
    """An `EventLog` whose records stand in the partitions of one topic, each exchange in its home.

    A producer does not know which ids the topic holds: an event that is sent twice stands there twice, and the fold
    counts it once. Others may write to the topic, so that readers validate every event.
    """

    is_validated = False

    def __init__(self, connection: Connection, trust: Trust = TRUSTING) -> None:
        self.connection = connection
        self.trust = trust
        self.address = connection.address
        self._group = GroupCommit(str(self.address), self._append)
        self._index = Index(self)
        self._opening = asyncio.Lock()
        self._partitioner: Partitioner | None = None
        self._safe: set[str] = set()

    # -- the port ----------------------------------------------------------------------------------

    async def append(self, messages: Sequence[Message]) -> list[Outcome]:
        return await self._group.append(messages)

    async def read(self, after: Frontier = NOWHERE, through: Frontier | None = None) -> Batches:
        partitioner = await self.partitioner()
        async with aclosing((await self.events()).read(after, through)) as found:
            async for fetched in found:
                yield at_home(rows_of(fetched), partitioner)

    async def tail(self, after: Frontier = NOWHERE) -> Batches:
        partitioner = await self.partitioner()
        async with aclosing((await self.events()).tail(after)) as found:
            async for fetched in found:
                yield at_home(rows_of(fetched), partitioner)

    async def end(self) -> Frontier:
        return await (await self.events()).end()

    async def find(self, event_id: str, besides: Container[Position] = ()) -> Record | None:
        position = await self._index.position(event_id, besides)
        return None if position is None else await self._record(position)

    async def matching(self, prefix: str) -> list[str]:
        return await self._index.matching(prefix)

    async def shared_digits(self, event_ids: Collection[str]) -> int:
        return await self._index.shared_digits(event_ids)

    async def reject(self, *refusals: Refusal) -> None:
        await self._check(REJECTED)
        topic = REJECTED.name(self.address.prefix)
        async with self.connection.sending() as producer:
            told = [(each, reject_headers(each)) for each in refusals]
            sent = [await producer.send(topic, each.payload, each.key, headers=headers) for each, headers in told]
            await asyncio.gather(*sent)

    async def acknowledge(
        self, numbers: Sequence[int], by: str = "", why: str = "", at: datetime | None = None
    ) -> None:
        await self._check(REJECTED)
        topic = REJECTED.name(self.address.prefix)
        async with self.connection.sending() as producer:
            told = [acknowledgment_headers(number, by, why, at) for number in numbers]
            await asyncio.gather(*[await producer.send(topic, b"", headers=headers) for headers in told])

    async def rejected(self) -> list[Rejected]:
        await self._check(REJECTED)
        reader = TopicReader(self.connection, REJECTED.name(self.address.prefix), 1)
        records = [record async for fetched in reader.read() for record in fetched.records]
        return rejected_messages(records, EVENTS.name(self.address.prefix))

    async def keep_checkpoint(self, origin: str, note: str) -> None:
        await self._check(CHECKPOINTS)
        async with self.connection.sending() as producer:
            await producer.send_and_wait(CHECKPOINTS.name(self.address.prefix), note.encode(), origin.encode())

    async def checkpoints(self) -> list[str]:
        await self._check(CHECKPOINTS)
        reader = TopicReader(self.connection, CHECKPOINTS.name(self.address.prefix), 1)
        values = [record.value async for fetched in reader.read() for record in fetched.records]
        # Others may be allowed to write there, too: what is no note has no signature either, and is passed over.
        return [note for value in dict.fromkeys(values) if value and (note := value.decode(errors="replace"))]

    async def examine(self) -> list[str]:
        states = await describe_topics(self.connection)
        gone = await (await self.events()).start()
        return [
            *(f"{state.name} {problem}" for state in states for problem in state.problems),
            *(f"{offset + 1} records of partition {number} are gone" for number, offset in gone.offsets.items()),
        ]

    async def close(self) -> None:
        await self._group.drain()
        await self.connection.close()

    def kept_tallies(self, after: Frontier = NOWHERE) -> AsyncGenerator[KeptView, None]:
        return self._kept(TALLIES, after)

    def kept_rounds(self, after: Frontier = NOWHERE) -> AsyncGenerator[KeptView, None]:
        return self._kept(ROUNDS, after)

    async def published(self) -> Frontier:
        progress = await self.progress()
        claims = await progress.claims(range((await self.partitioner()).partitions))
        return Frontier({partition: its.handled for partition, its in claims.items() if its.handled >= 0})

    async def vouched(self) -> Vouched:
        """What workers of this very version have handled, and trusted as this process does. Raises LogUnreachable."""
        progress, partitions = await self.progress(), (await self.partitioner()).partitions
        version, through, but_for = version_of_views(self.trust), NOWHERE, dict[int, Set[int]]()
        end = await self.end()
        for number, its in (await progress.claims(range(partitions))).items():
            if its.version == version and its.handled <= end.last(number):
                through = through.advanced(number, its.handled)
                but_for[number] = {offset for offsets in its.passed_over.values() for offset in offsets}
        return Vouched(through, but_for)

    async def standing_views(self) -> list[StandingView]:
        latest: dict[tuple[str, bytes], StandingView] = {}
        for topic in (TALLIES, ROUNDS):
            async with aclosing((await self.reader(topic)).read()) as found:
                async for fetched in found:
                    latest.update(((topic.suffix, record.key), _standing_view(record)) for record in fetched.records)
        return list(latest.values())

    # -- topics ------------------------------------------------------------------------------------

    async def partitioner(self) -> Partitioner:
        """The home of each exchange. Raises LogUnreachable where no events are kept, or could be lost."""
        return await self._check(EVENTS)

    async def _check(self, topic: Topic) -> Partitioner:
        """Raises LogUnreachable for a topic that is missing or unsafe. One that was not is not looked at again."""
        async with self._opening:
            if self._partitioner is None or topic.suffix not in self._safe:
                states = await describe_topics(self.connection)
                refuse_unsafe(self.connection, (state for state in states if state.topic in (EVENTS, topic)))
                self._safe |= {state.topic.suffix for state in states if not state.unsafe}
                self._partitioner = Partitioner(states[0].partitions)
            return self._partitioner

    async def events(self) -> TopicReader:
        """The events as they stand in the topic, also those away from home. Raises LogUnreachable."""
        return await self.reader(EVENTS)

    async def progress(self) -> ProgressTopic:
        """How far workers have come. Raises LogUnreachable."""
        return ProgressTopic(self.connection, (await self._check(PROGRESS)).partitions)

    async def reader(self, topic: Topic) -> TopicReader:
        """A reader of a topic that is partitioned as the events are. Raises LogUnreachable."""
        partitions, name = (await self._check(topic)).partitions, topic.name(self.address.prefix)
        return TopicReader(self.connection, name, partitions, is_compacted=topic.is_compacted)

    async def _kept(self, topic: Topic, after: Frontier) -> AsyncGenerator[KeptView, None]:
        """Views as they stand, unless somebody resumes, and then whenever they change.

        Only with the last of those that stand has a reader come further. A worker that takes over may write one again.
        """
        reader, latest = await self.reader(topic), dict[bytes, bytes | None]()
        end = await reader.end()
        check_reached(after, end)
        if not after:
            async with aclosing(reader.read(through=end)) as found:
                async for fetched in found:
                    latest.update((record.key, record.value) for record in fetched.records)
            standing = sorted(key for key, value in latest.items() if value is not None)
            for number, key in enumerate(standing, 1):
                yield _kept_view(end if number == len(standing) else NOWHERE, key, latest[key])
            after = end
        known = {key: view_digest(value) for key, value in latest.items()}
        latest.clear()
        async with aclosing(reader.tail(after)) as found:
            async for partition, records, _ in found:
                for record in records:
                    after = after.advanced(partition, record.offset)
                    if known.get(record.key) != view_digest(record.value):
                        known[record.key] = view_digest(record.value)
                        yield _kept_view(after, record.key, record.value)

    async def _record(self, position: Position) -> Record:
        before = Frontier({position.partition: position.offset - 1})
        batches = [batch async for batch in self.read(before, Frontier({position.partition: position.offset}))]
        for record in (record for batch in batches for record in batch.records()):
            return record
        raise LogUnreachable(f"{self.address}: nothing stands at {position} any more")

    # -- appending ---------------------------------------------------------------------------------

    async def _append(self, messages: Sequence[Message]) -> list[Outcome]:
        partitioner = await self.partitioner()
        producer, topic = await self.connection.producer(), EVENTS.name(self.address.prefix)
        placed: defaultdict[int, list[int]] = defaultdict(list)
        for number, message in enumerate(messages):
            placed[partitioner.of(message.exchange)].append(number)
        batches = [
            (numbers, partition, batch)
            for partition, its in placed.items()
            for numbers, batch in _batched(producer, messages, its)
        ]
        async with self.connection.sending() as producer:
            sent = [await producer.send_batch(batch, topic, partition=number) for _, number, batch in batches]
            stored = await asyncio.gather(*sent)
        outcomes: dict[int, Outcome] = {}
        for (numbers, partition, _), where in zip(batches, stored, strict=True):
            outcomes.update(_receipts(messages, numbers, partition, where))
        return [outcomes[number] for number in range(len(messages))]


def _batched(
    producer: AIOKafkaProducer, messages: Sequence[Message], numbers: Sequence[int]
) -> Iterable[tuple[list[int], BatchBuilder]]:
    """Messages of one partition in as few batches as hold them, each with the numbers of its messages."""
    batch, taken = producer.create_batch(), list[int]()
    for number in numbers:
        if not _put(batch, messages[number]):
            yield taken, batch
            batch, taken = producer.create_batch(), []
            if not _put(batch, messages[number]):
                raise LogUnreachable(f"{messages[number].id} has {len(messages[number].payload):,} bytes: too many")
        taken.append(number)
    batch.close()
    yield taken, batch


def _put(batch: BatchBuilder, message: Message) -> bool:
    key = message.exchange.encode()
    return batch.append(timestamp=None, key=key, value=message.payload, headers=_headers(message)) is not None


def _headers(message: Message) -> list[tuple[str, bytes]]:
    event, headers = message.event, dict[str, str]()
    if event is not None:
        publisher = event.source.publisher
        headers = event_headers(
            type=event.type,
            version=event.version,
            id=event.id,
            exchange=event.exchange,
            publisher=publisher,
            is_signed=is_signed(message.payload),
        )
    said = [(name, text.encode()) for name, text in headers.items()]
    if message.entered_by is not None:
        said.append(entered_header(message.entered_by))
    return said if message.recorded_at is None else [*said, recorded_header(message.recorded_at)]


def _receipts(
    messages: Sequence[Message], numbers: Sequence[int], partition: int, stored: RecordMetadata
) -> Iterable[tuple[int, Receipt]]:
    for index, number in enumerate(numbers):
        message, position = messages[number], Position(partition, stored.offset + index)
        said = [] if message.recorded_at is None else [recorded_header(message.recorded_at)]
        recorded_at = from_microseconds(recorded_us(stored.timestamp, said))
        yield number, Receipt(message.id, position, recorded_at, False)


def rows_of(fetched: Fetched) -> Batch:
    """Consumed records as the plain rows that a fold takes."""
    rows: list[Row] = [
        (each.offset, recorded_us(each.timestamp, each.headers), each.value or b"", entered_by(each.headers))
        for each in fetched.records
    ]
    return Batch(fetched.partition, rows, fetched.last)


def at_home(batch: Batch, partitioner: Partitioner) -> Batch:
    """A batch without the events of other partitions' exchanges: those count once they are relayed."""
    return batch._replace(rows=[row for row in batch.rows if partitioner.has(batch.partition, row[2])])


def _kept_view(reached: Frontier, key: bytes, value: bytes | None) -> KeptView:
    exchange, _, number = key.decode().partition("/")
    return KeptView(reached, exchange, int(number) if number else None, value)


def _standing_view(record: ConsumerRecord) -> StandingView:
    view = _kept_view(NOWHERE, record.key, record.value)
    return StandingView(view.exchange, view.round, view.value, position_of(record))


def position_of(view: ConsumerRecord) -> Position | None:
    """Up to which event a view was computed; None where it does not say so."""
    with suppress(ValueError):
        return Position.parse(dict(view.headers).get(POSITION, b"").decode())
    return None
