"""What a worker writes: all that a turn changed in all its partitions, in one transaction."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.structs import RecordMetadata

from ledger.log.kafka import KafkaLog
from ledger.log.kafka.progress import Claims, ProgressTopic, claim, handled, passed_over, struck_out
from ledger.log.kafka.rejects import dead_letter_headers
from ledger.worker.partition_fold import Publication
from schemas.record import Position
from schemas.topics import (
    CE_ID,
    EVENTS,
    POSITION,
    PROGRESS,
    REJECTED,
    TOPIC_OF_VIEW,
    view_headers,
    view_id,
    worker_group,
)

TRANSACTION_TIMEOUT_MS = 60_000
"""For all views of a worker at once. What is left open by one that died ends as it is fenced."""
WRITE_S, VIEWS_EACH_S = 10.0, 1_000
"""Within which a transaction is written, and how many views are allowed a second more. The client library has no limit
of its own for one, during which no partition can be given up."""


class Writer:
    """The right to write under one transactional id, `worker`, which no other worker has or will have."""

    def __init__(
        self, log: KafkaLog, progress: ProgressTopic, worker: str, version: str, producer: AIOKafkaProducer
    ) -> None:
        self.worker = worker
        self._log = log
        self._progress = progress
        self._producer = producer
        self._group = worker_group(log.address.prefix)
        self._version = version
        self._views = {
            topic.suffix: _borne(name, topic.name(log.address.prefix)) for name, topic in TOPIC_OF_VIEW.items()
        }

    @classmethod
    @asynccontextmanager
    async def opened(cls, log: KafkaLog, version: str) -> AsyncIterator["Writer"]:
        """A writer with an id of its own, for views of this version. Raises LogUnreachable."""
        worker = f"{worker_group(log.address.prefix)}.{uuid.uuid4().hex}"
        async with log.connection.transactional(worker, TRANSACTION_TIMEOUT_MS) as producer:
            yield cls(log, await log.progress(), worker, version, producer)

    async def write(
        self, changes: Iterable[Publication], told: Mapping[int, int], check: Callable[[Iterable[RecordMetadata]], None]
    ) -> None:
        """All of some changes, or nothing; `check` may refuse where the records stand, by raising.

        `told` are offsets for tools that show how far the group lags. Raises LogUnreachable, also where this writer
        was fenced: it writes no more then.
        """
        changes = [*changes]
        views = sum(len(each.views) for each in changes)
        async with self._log.connection.answering(min(WRITE_S + views / VIEWS_EACH_S, TRANSACTION_TIMEOUT_MS / 1000)):
            await self._producer.begin_transaction()
            sent = [await each for change in changes for each in self._sends(change)]
            if told:
                topic = EVENTS.name(self._log.address.prefix)
                offsets = {TopicPartition(topic, number): offset + 1 for number, offset in told.items()}
                await self._producer.send_offsets_to_transaction(offsets, self._group)
            check(await asyncio.gather(*sent))
            await self._producer.commit_transaction()

    def _sends(self, change: Publication) -> Iterator[Awaitable[Awaitable[RecordMetadata]]]:
        send, prefix, partition = self._producer.send, self._log.address.prefix, change.partition
        here = str(Position(partition, change.reached))
        for view in change.views:
            topic, borne = self._views[view.topic.suffix]
            own = [(CE_ID, view_id(view.key, here).encode()), (POSITION, here.encode())]
            yield send(topic, view.value, view.key.encode(), partition=partition, headers=[*borne, *own])
        for record, stage, reason in change.rejects:
            told = dead_letter_headers(EVENTS.name(prefix), record, stage, reason)
            yield send(REJECTED.name(prefix), record.value or b"", record.key, headers=told)
        marks = [*map(struck_out, change.fenced), *(passed_over(*each) for each in change.passed_over.items())]
        if change.reached >= 0:
            # While a partition is replayed, what is rejected goes out before the views: nothing vouches for those then.
            marks.append(handled(change.reached, self.worker, self._version if change.is_current else ""))
        for mark in marks:
            yield send(PROGRESS.name(prefix), mark.value, mark.key, partition=partition)

    # -- claims ------------------------------------------------------------------------------------

    async def claims(self, partitions: Iterable[int]) -> dict[int, Claims]:
        return await self._progress.claims(partitions)

    async def claim(self, partitions: Iterable[int], worker: str) -> dict[int, int]:
        return await self._progress.write(partitions, claim(worker))

    async def fence(self, worker: str) -> None:
        async with self._log.connection.transactional(worker, TRANSACTION_TIMEOUT_MS):
            pass

    async def give_up(self, partitions: Collection[int]) -> None:
        """Strike out the claims to partitions, to which nothing is written any more.

        In a transaction, which begins once all that was written in the one before can be read: whoever takes a
        partition over then reads all of its views.
        """
        if not partitions:
            return
        mark = struck_out(self.worker)
        async with self._log.connection.answering(WRITE_S):
            await self._producer.begin_transaction()
            for number in partitions:
                await self._producer.send(self._progress.name, mark.value, mark.key, partition=number)
            await self._producer.commit_transaction()


def _borne(name: str, topic: str) -> tuple[str, list[tuple[str, bytes]]]:
    """A view's topic, and what every view there bears alike."""
    return topic, [(header, text.encode()) for header, text in view_headers(name, topic).items()]
