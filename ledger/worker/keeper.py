"""The state of one partition: its fold, and its views on the compacted topics.

Nothing but the log needs to survive a crash. On assignment the state is rebuilt by replay, compared with the views
that the topics hold, and what differs is published. A transactional producer of the partition's own fences every
earlier keeper, so that one that was stopped for a while and goes on writes no stale view over a newer one.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, aclosing
from typing import NamedTuple, TypeAlias

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import ProducerFenced

from ledger.book.projection import Touched
from ledger.errors import LogUnreachable
from ledger.log.kafka import KafkaLog
from ledger.log.kafka.homes import Homes
from ledger.log.kafka.log import at_home, reject_headers, rows_of
from ledger.log.port import Message
from ledger.reading import Reading
from schemas.codec import UnknownEvent, decode
from schemas.errors import InvalidEvent
from schemas.record import Batch, Frontier, Position, Row, from_microseconds
from schemas.topics import EVENTS, POSITION, REJECTED, ROUNDS, TALLIES, Topic, round_key
from schemas.views import view_bytes, view_digest

SLICE = 500
"""Events folded before the event loop, and with it the heartbeat, has its turn."""
TRANSACTION_TIMEOUT_MS = 10_000

Key: TypeAlias = tuple[str, str]


class Fenced(LogUnreachable):
    """Another keeper has taken the partition over: this one must not write any more."""


class View(NamedTuple):
    """A view as it goes out; without a value it is no more."""

    topic: Topic
    key: str
    value: bytes | None

    @property
    def name(self) -> Key:
        return self.topic.suffix, self.key


class Reject(NamedTuple):
    """A message that is no event of this ledger, and why."""

    stage: str
    reason: str
    row: Row


class Keeper:
    """Keeps the views of one partition. `group` is the consumer group whose offset says what has been handled."""

    def __init__(self, log: KafkaLog, homes: Homes, partition: int, group: str) -> None:
        self.partition = partition
        self.reading = Reading(strict=True)
        self.is_live = False
        self.views_published = self.rejected = self.relayed = 0
        self._log = log
        self._homes = homes
        self._group = group
        self._published: dict[Key, bytes] = {}
        self._handled = 0
        self._turn = asyncio.Lock()
        self._open = AsyncExitStack()
        self._producer: AIOKafkaProducer | None = None

    @property
    def reached(self) -> int:
        """The last offset that is folded."""
        return self.reading.reached.last(self.partition)

    async def start(self) -> None:
        """Take the partition over from whoever had it, catch up with its log, and publish what differs.

        Raises LogUnreachable.
        """
        async with self._turn:
            await self._take_over()
            await self._replay(None)
            await self._publish(self._differing(), [])
            self.is_live = True

    async def stop(self) -> None:
        """Publish no more. What is folded stays, so that a later `start` only has to catch up."""
        self.is_live = False
        async with self._turn:
            await self._open.aclose()

    async def take(self, batch: Batch) -> None:
        """Fold records of the partition, of which some may be known, and publish what they change.

        What is missing before them is read from the log. A keeper that is not live ignores them: its `start` reads
        them from the log. Raises LogUnreachable.
        """
        async with self._turn:
            if not self.is_live or batch.last <= self.reached:
                return
            if batch.rows[0][0] > self.reached + 1:
                await self._replay(batch.rows[0][0] - 1)
                await self._publish(self._differing(), [])
            touched, rejects = await self._fold(batch)
            await self._publish(view_messages(self.reading, touched), rejects)

    async def catch_up(self) -> None:
        """Read the log up to its end in bulk, and publish what differs. Raises LogUnreachable."""
        async with self._turn:
            if self.is_live:
                await self._replay(None)
                await self._publish(self._differing(), [])

    # -- taking over -------------------------------------------------------------------------------

    async def _take_over(self) -> None:
        await self._open.aclose()
        self._open = AsyncExitStack()
        prefix, connection = self._log.address.prefix, self._log.connection
        producer = connection.transactional(f"{prefix}.worker.{self.partition}", TRANSACTION_TIMEOUT_MS)
        self._producer = await self._open.enter_async_context(producer)
        self._handled = await connection.committed(self._group, EVENTS.name(prefix), self.partition)
        self._published = {}
        for topic in (TALLIES, ROUNDS):
            reader = await self._log.reader(topic)
            async for fetched in reader.read(through=await reader.end_of(self.partition)):
                for record in fetched.records:
                    self._published[topic.suffix, record.key.decode()] = view_digest(record.value)

    async def _replay(self, through: int | None) -> None:
        """Fold the log up to an offset, or its end. What was handled before is not rejected or relayed again."""
        events = await self._log.events()
        bound = await events.end_of(self.partition) if through is None else Frontier({self.partition: through})
        async with aclosing(events.read(self.reading.reached, bound)) as found:
            async for fetched in found:
                _, rejects = await self._fold(rows_of(fetched))
                if rejects:
                    await self._publish([], rejects)

    # -- folding -----------------------------------------------------------------------------------

    async def _fold(self, batch: Batch) -> tuple[set[Touched], list[Reject]]:
        touched: set[Touched] = set()
        known = self.reached
        for part in _slices(batch):
            touched |= self.reading.take(at_home(part, self._homes))
            await asyncio.sleep(0)
        fresh = [row for row in batch.rows if row[0] > max(known, self._handled - 1)]
        rejects = list(self._refused(fresh))
        rejects += await self._relay([row for row in fresh if not self._homes.has(self.partition, row[2])])
        return touched, rejects

    def _refused(self, rows: Iterable[Row]) -> Iterator[Reject]:
        for row in rows:
            position = Position(self.partition, row[0])
            if why := self.reading.undecodable.pop(position, None):
                yield Reject("decode", why, row)
            elif why := self.reading.conflicting.pop(position, None):
                yield Reject("fold", why, row)

    async def _relay(self, strays: Sequence[Row]) -> list[Reject]:
        """Send events that stand away from home there, with the time at which they came. Returns what is no event."""
        messages, rejects = [], []
        for row in strays:
            try:
                event = decode(row[2])
            except InvalidEvent as error:
                rejects.append(Reject("decode", str(error), row))
                continue
            known = None if isinstance(event, UnknownEvent) else event
            messages.append(Message(event.id, event.exchange, row[2], known, from_microseconds(row[1])))
        await self._log.append(messages)
        self.relayed += len(messages)
        return rejects

    # -- publishing --------------------------------------------------------------------------------

    def _differing(self) -> Iterator[View]:
        """Every view, and an end to those that are no more."""
        views = dict.fromkeys(self._published, None) | {
            view.name: view for view in view_messages(self.reading, self.reading.every_view())
        }
        for (suffix, key), view in views.items():
            topic = TALLIES if suffix == TALLIES.suffix else ROUNDS
            yield view or View(topic, key, None)

    async def _write(self, views: Iterable[View], rejects: Iterable[Reject]) -> None:
        producer, prefix = self._producer, self._log.address.prefix
        assert producer is not None
        here = [(POSITION, str(Position(self.partition, self.reached)).encode())]
        async with producer.transaction():
            sent = [
                await producer.send(
                    view.topic.name(prefix), view.value, view.key.encode(), partition=self.partition, headers=here
                )
                for view in views
            ]
            for stage, reason, (offset, _, payload) in rejects:
                origin = f"{EVENTS.name(prefix)} {Position(self.partition, offset)}"
                headers = reject_headers(origin, stage, reason)
                sent.append(await producer.send(REJECTED.name(prefix), payload, headers=headers))
            handled = {TopicPartition(EVENTS.name(prefix), self.partition): self.reached + 1}
            await producer.send_offsets_to_transaction(handled, self._group)
            await asyncio.gather(*sent)

    async def _publish(self, views: Iterable[View], rejects: Sequence[Reject]) -> None:
        """Views that are not published as they are, rejects and how far this came: all of it, or nothing."""
        changed = [view for view in views if self._published.get(view.name, b"") != view_digest(view.value)]
        if not (changed or rejects or self.reached >= self._handled):
            return
        try:
            with self._log.connection.reporting():
                await self._write(changed, rejects)
        except LogUnreachable as error:
            self.is_live = False
            if isinstance(error.__cause__, ProducerFenced):
                raise Fenced(f"partition {self.partition} has another keeper by now") from error
            raise
        self._published.update((view.name, view_digest(view.value)) for view in changed)
        self._handled = max(self._handled, self.reached + 1)
        self.views_published += len(changed)
        self.rejected += len(rejects)


def view_messages(reading: Reading, touched: Iterable[Touched]) -> Iterator[View]:
    """Views as they go out. A round whose last claim went elsewhere is no more."""
    for exchange, number in touched:
        if number is None:
            yield View(TALLIES, exchange, view_bytes(reading.tally(exchange)))
        else:
            is_there = number in reading.book(exchange).rounds()
            body = view_bytes(reading.round(exchange, number)) if is_there else None
            yield View(ROUNDS, round_key(exchange, number), body)


def _slices(batch: Batch) -> Iterator[Batch]:
    for first in range(0, len(batch.rows), SLICE):
        rows = batch.rows[first : first + SLICE]
        is_last = first + SLICE >= len(batch.rows)
        yield Batch(batch.partition, rows, batch.last if is_last else rows[-1][0])
    if not batch.rows:
        yield batch
