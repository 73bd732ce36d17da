"""What a worker writes: all that a turn changed in all its partitions, in one transaction."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.structs import RecordMetadata

from ledger.log.kafka import KafkaLog
from ledger.log.kafka.log import reject_headers
from ledger.log.kafka.progress import Claims, ProgressTopic, claim, handled, passed_over, struck_out
from ledger.worker.partition_fold import Publication
from schemas.record import Position
from schemas.topics import EVENTS, POSITION, PROGRESS, REJECTED, worker_group

TRANSACTION_TIMEOUT_MS = 60_000
"""For all views of a worker at once. What is left open by one that died ends as it is fenced."""


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

    @classmethod
    @asynccontextmanager
    async def opened(cls, log: KafkaLog, version: str) -> AsyncIterator["Writer"]:
        """A writer with an id of its own, for views of this version. Raises LogUnreachable."""
        worker = f"{worker_group(log.address.prefix)}.{uuid.uuid4().hex}"
        async with log.connection.transactional(worker, TRANSACTION_TIMEOUT_MS) as producer:
            yield cls(log, await log.progress(), worker, version, producer)

    async def write(self, changes: Iterable[Publication], told: Mapping[int, int]) -> list[RecordMetadata]:
        """All of some changes, or nothing; where each record stands. `told`: offsets for tools that show the lag.

        Raises LogUnreachable, also where this writer was fenced: it writes no more then.
        """
        with self._log.connection.reporting():
            await self._producer.begin_transaction()
            sent = [await each for change in changes for each in self._sends(change)]
            if told:
                topic = EVENTS.name(self._log.address.prefix)
                offsets = {TopicPartition(topic, number): offset + 1 for number, offset in told.items()}
                await self._producer.send_offsets_to_transaction(offsets, self._group)
            stored = await asyncio.gather(*sent)
            await self._producer.commit_transaction()
        return stored

    def _sends(self, change: Publication) -> Iterator[Awaitable[Awaitable[RecordMetadata]]]:
        send, prefix, partition = self._producer.send, self._log.address.prefix, change.partition
        here = [(POSITION, str(Position(partition, change.reached)).encode())]
        for view in change.views:
            yield send(view.topic.name(prefix), view.value, view.key.encode(), partition=partition, headers=here)
        for offset, stage, reason, payload in change.rejects:
            origin = f"{EVENTS.name(prefix)} {Position(partition, offset)}"
            yield send(REJECTED.name(prefix), payload, headers=reject_headers(origin, stage, reason))
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

    async def give_up(self, partitions: Iterable[int]) -> None:
        """Strike out the claims to partitions, to which nothing is written any more."""
        await self._progress.write(partitions, struck_out(self.worker))
