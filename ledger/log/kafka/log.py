"""The log on Kafka, for ledgers that one machine is not enough for."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.structs import RecordMetadata

from ledger.errors import LogUnreachable
from ledger.log.grouping import GroupCommit
from ledger.log.kafka.connection import Connection
from ledger.log.kafka.homes import Homes
from ledger.log.kafka.index import Index
from ledger.log.kafka.topics import check_topics, describe_topics
from ledger.log.port import Message, Outcome, Receipt, Rejected
from schemas.record import NOWHERE, Batch, Frontier, Position, Record, Row, from_microseconds, to_microseconds
from schemas.topics import EVENTS, ORIGIN, REASON, RECORDED, REJECTED, STAGE, event_headers

POLL_MS = 1000


class KafkaLog:
    """An `EventLog` whose records stand in the partitions of one topic, each exchange in its home.

    A producer does not know which ids the topic holds: an event that is sent twice stands there twice, and the fold
    counts it once. Others may write to the topic, so that readers validate every event.
    """

    is_validated = False

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.address = connection.address
        self.topic = EVENTS.name(self.address.prefix)
        self._group = GroupCommit(str(self.address), self._append)
        self._index = Index(self)
        self._opening = asyncio.Lock()
        self._homes: Homes | None = None

    # -- the port ----------------------------------------------------------------------------------

    async def append(self, messages: Sequence[Message]) -> list[Outcome]:
        return await self._group.append(messages)

    async def read(self, after: Frontier = NOWHERE, through: Frontier | None = None) -> AsyncIterator[Batch]:
        end = await self.end()
        bound = end if through is None else through.within(end)
        open_partitions = {p for p, offset in bound.offsets.items() if offset > after.last(p)}
        if not open_partitions:
            return
        async with self.connection.consumer() as consumer:
            async for batch in self._batches(consumer, after, open_partitions):
                last = bound.last(batch.partition)
                if batch.last >= last:
                    open_partitions.discard(batch.partition)
                    consumer.pause(TopicPartition(self.topic, batch.partition))
                    batch = Batch(batch.partition, [row for row in batch.rows if row[0] <= last], last)
                yield batch
                if not open_partitions:
                    return

    async def tail(self, after: Frontier = NOWHERE) -> AsyncIterator[Batch]:
        homes = await self.homes()
        async with self.connection.consumer() as consumer:
            async for batch in self._batches(consumer, after, range(homes.partitions)):
                yield batch

    async def end(self) -> Frontier:
        homes = await self.homes()
        partitions = [TopicPartition(self.topic, number) for number in range(homes.partitions)]
        async with self.connection.consumer() as consumer:
            ends = await consumer.end_offsets(partitions)
        return Frontier({each.partition: offset - 1 for each, offset in ends.items() if offset})

    async def find(self, event_id: str) -> Record | None:
        position = await self._index.position(event_id)
        return None if position is None else await self._record(position)

    async def matching(self, prefix: str) -> list[str]:
        return await self._index.matching(prefix)

    async def reject(self, origin: str, stage: str, reason: str, payload: bytes) -> None:
        await self.homes()
        producer = await self.connection.producer()
        headers = [(ORIGIN, origin.encode()), (STAGE, stage.encode()), (REASON, reason.encode())]
        with self.connection.reporting():
            await producer.send_and_wait(REJECTED.name(self.address.prefix), payload, headers=headers)

    async def rejected(self) -> list[Rejected]:
        await self.homes()
        partition = TopicPartition(REJECTED.name(self.address.prefix), 0)
        found: dict[tuple[str, str, str, bytes], Rejected] = {}
        async with self.connection.consumer() as consumer:
            end = (await consumer.end_offsets([partition]))[partition]
            consumer.assign([partition])
            consumer.seek(partition, 0)
            while await consumer.position(partition) < end:
                for records in (await consumer.getmany(timeout_ms=POLL_MS)).values():
                    for each in map(_rejected, records):  # a worker that was killed says some things twice
                        found.setdefault((each.origin, each.stage, each.reason, each.payload), each)
        return list(found.values())

    async def examine(self) -> list[str]:
        states = await describe_topics(self.connection)
        found = [f"{state.name} {problem}" for state in states for problem in state.problems]
        partitions = [TopicPartition(self.topic, number) for number in range((await self.homes()).partitions)]
        async with self.connection.consumer() as consumer:
            starts = await consumer.beginning_offsets(partitions)
        return [
            *found,
            *(f"{start} records of partition {each.partition} are gone" for each, start in starts.items() if start),
        ]

    async def close(self) -> None:
        await self._group.drain()
        await self.connection.close()

    # -- reading -----------------------------------------------------------------------------------

    async def homes(self) -> Homes:
        """The homes of exchanges; the first call checks the topics. Raises LogUnreachable."""
        async with self._opening:
            if self._homes is None:
                self._homes = Homes(await check_topics(self.connection))
            return self._homes

    async def _batches(
        self, consumer: AIOKafkaConsumer, after: Frontier, partitions: Iterable[int]
    ) -> AsyncIterator[Batch]:
        """What partitions hold beyond `after`, for ever."""
        homes = await self.homes()
        assigned = [TopicPartition(self.topic, number) for number in partitions]
        consumer.assign(assigned)
        for each in assigned:
            consumer.seek(each, after.last(each.partition) + 1)
        while True:
            for each, records in (await consumer.getmany(timeout_ms=POLL_MS)).items():
                yield batch_of(each.partition, records, homes)

    async def _record(self, position: Position) -> Record:
        before = Frontier({position.partition: position.offset - 1})
        async for batch in self.read(before, Frontier({position.partition: position.offset})):
            for record in batch.records():
                return record
        raise LogUnreachable(f"{self.address}: nothing stands at {position} any more")

    # -- appending ---------------------------------------------------------------------------------

    async def _append(self, messages: Sequence[Message]) -> list[Outcome]:
        homes = await self.homes()
        producer = await self.connection.producer()
        placed: defaultdict[int, list[int]] = defaultdict(list)
        for number, message in enumerate(messages):
            placed[homes.of(message.exchange)].append(number)
        with self.connection.reporting():
            sent = [
                (numbers, partition, await producer.send_batch(batch, self.topic, partition=partition))
                for partition, its in placed.items()
                for numbers, batch in _batched(producer, messages, its)
            ]
            outcomes: dict[int, Outcome] = {}
            for numbers, partition, stored in sent:
                outcomes.update(_receipts(messages, numbers, partition, await stored))
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
            type=event.type, version=event.version, id=event.id, exchange=event.exchange, publisher=publisher
        )
    if message.recorded_at is not None:
        headers[RECORDED] = str(to_microseconds(message.recorded_at))
    return [(name, text.encode()) for name, text in headers.items()]


def _receipts(
    messages: Sequence[Message], numbers: Sequence[int], partition: int, stored: RecordMetadata
) -> Iterable[tuple[int, Receipt]]:
    stored_at = from_microseconds(stored.timestamp * 1000)
    for index, number in enumerate(numbers):
        message, position = messages[number], Position(partition, stored.offset + index)
        yield number, Receipt(message.id, position, message.recorded_at or stored_at, False)


def batch_of(partition: int, records: Sequence[ConsumerRecord], homes: Homes) -> Batch:
    """Consumed records as the fold takes them: those of other partitions' exchanges count once they are relayed."""
    rows: list[Row] = [
        (each.offset, recorded_us(each), value) for each in records if homes.has(partition, value := each.value or b"")
    ]
    return Batch(partition, rows, records[-1].offset)


def recorded_us(record: ConsumerRecord) -> int:
    """When a record was recorded: by the broker's clock, or where it was first recorded, for a copy that says so."""
    for name, value in record.headers:
        if name == RECORDED and value.isdigit() and len(value) <= 17:
            return int(value)
    return int(record.timestamp) * 1000


def _rejected(record: ConsumerRecord) -> Rejected:
    headers = {name: value.decode(errors="replace") for name, value in record.headers}
    origin, stage, reason = (headers.get(name, "") for name in (ORIGIN, STAGE, REASON))
    at = from_microseconds(record.timestamp * 1000)
    return Rejected(record.offset, at, origin, stage, reason, record.value or b"")
