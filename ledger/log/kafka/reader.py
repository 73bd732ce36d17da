"""Reading one topic, from any position, to its end or for ever. Never as one of a group: nothing is skipped."""

from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from typing import NamedTuple, TypeAlias

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from ledger.log.kafka.connection import Connection
from schemas.record import NOWHERE, Frontier

POLL_MS = 1000
FAR = 2**63 - 1
"""Beyond every offset."""


def whole(partitions: Iterable[int]) -> Frontier:
    """The end of some partitions, wherever that is when it is asked for."""
    return Frontier(dict.fromkeys(partitions, FAR))


class Fetched(NamedTuple):
    """Records of one partition in their order, and the offset up to which they cover it."""

    partition: int
    records: Sequence[ConsumerRecord]
    last: int


Fetches: TypeAlias = AsyncGenerator[Fetched, None]


class TopicReader:
    """A topic of so many partitions. Every method raises LogUnreachable.

    Of one that is compacted what is gone is passed over: it was overwritten, or somebody emptied the topic, and what it
    is to hold is written again.
    """

    def __init__(self, connection: Connection, topic: str, partitions: int, *, is_compacted: bool = False) -> None:
        self.topic = topic
        self._is_compacted = is_compacted
        self._connection = connection
        self._partitions = [TopicPartition(topic, number) for number in range(partitions)]

    async def end(self) -> Frontier:
        """How far each partition reaches: the last offset that is committed."""
        async with self._connection.consumer(self.topic) as consumer:
            ends = await consumer.end_offsets(self._partitions)
        return Frontier({each.partition: offset - 1 for each, offset in ends.items() if offset})

    async def start(self) -> Frontier:
        """The last offset of each partition that is gone."""
        async with self._connection.consumer(self.topic) as consumer:
            starts = await consumer.beginning_offsets(self._partitions)
        return Frontier({each.partition: offset - 1 for each, offset in starts.items() if offset})

    def read_partition(self, partition: int, after: int = -1, through: int = FAR) -> Fetches:
        """What lies beyond an offset of one partition, up to another or to the end as of now."""
        return self.read(Frontier({partition: after}), Frontier({partition: through}))

    async def read(self, after: Frontier = NOWHERE, through: Frontier | None = None) -> Fetches:
        """What lies beyond `after`, up to `through` (None: the end as of now)."""
        end, after = await self.end(), await self._there(after)
        bound = end if through is None else through.within(end)
        left = {number for number, offset in bound.offsets.items() if offset > after.last(number)}
        if not left:
            return
        async with (
            self._connection.consumer(self.topic) as consumer,
            aclosing(self._fetched(consumer, after, left)) as found,
        ):
            async for partition, records, covered in found:
                last = bound.last(partition)
                if covered < last:
                    yield Fetched(partition, records, covered)
                    continue
                yield Fetched(partition, [record for record in records if record.offset <= last], last)
                left.discard(partition)
                if not left:
                    return
                consumer.pause(TopicPartition(self.topic, partition))

    async def tail(self, after: Frontier = NOWHERE, partitions: Iterable[int] | None = None) -> Fetches:
        """What lies beyond `after`, and then what comes, for ever; of all partitions, or of some."""
        numbers, after = range(len(self._partitions)) if partitions is None else partitions, await self._there(after)
        async with (
            self._connection.consumer(self.topic) as consumer,
            aclosing(self._fetched(consumer, after, numbers)) as found,
        ):
            async for fetched in found:
                if fetched.records:
                    yield fetched

    async def _there(self, after: Frontier) -> Frontier:
        """A position to read on from: of events one that is gone is an error, and never passed over."""
        if self._is_compacted:
            for number, gone in (await self.start()).offsets.items():
                after = after.advanced(number, max(gone, after.last(number)))
        return after

    async def _fetched(self, consumer: AIOKafkaConsumer, after: Frontier, partitions: Iterable[int]) -> Fetches:
        assigned = [self._partitions[number] for number in sorted(partitions)]
        consumer.assign(assigned)
        for each in assigned:
            consumer.seek(each, after.last(each.partition) + 1)
        while True:
            found = await consumer.getmany(timeout_ms=POLL_MS)
            for each in assigned:
                # Its own position tells how far the consumer is: the last offsets may hold no record but a marker.
                yield Fetched(each.partition, found.get(each, []), await consumer.position(each) - 1)
