"""The state of one partition: its fold, and its views on the compacted topics.

Nothing but the log needs to survive a crash. On assignment the state is rebuilt by replay, compared with the views
that the topics hold, and what differs is published. A transactional producer of the partition's own fences every
earlier fold of it, so that one that was stopped for a while and goes on writes no stale view over a newer one.
"""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import AsyncExitStack, aclosing
from typing import NamedTuple, TypeAlias

from aiokafka import AIOKafkaProducer, TopicPartition

from ledger.book.projection import ViewKey
from ledger.follow.books import Books
from ledger.follow.follower import books_of
from ledger.log.kafka import KafkaLog
from ledger.log.kafka.log import at_home, reject_headers, rows_of
from ledger.log.kafka.partitioner import Partitioner
from ledger.log.kafka.reader import FAR
from ledger.log.port import Message
from schemas.codec import UnknownEvent, decode
from schemas.errors import InvalidEvent
from schemas.record import Batch, Position, Row, from_microseconds
from schemas.topics import EVENTS, POSITION, REJECTED, ROUNDS, TALLIES, Topic, round_key
from schemas.views import view_bytes, view_digest

SLICE = 500
"""Events folded before the event loop, and with it the heartbeat, has its turn."""
TRANSACTION_TIMEOUT_MS = 60_000
"""For all views of a partition at once. What is left open by a worker that died, the next one ends as it starts."""

Key: TypeAlias = tuple[str, str]


class ViewMessage(NamedTuple):
    """A view as it goes out; without a value it is no more."""

    topic: Topic
    key: str
    value: bytes | None

    @property
    def name(self) -> Key:
        return self.topic.suffix, self.key


class Reject(NamedTuple):
    """A message that is no event of this ledger, and why."""

    offset: int
    stage: str
    reason: str
    payload: bytes


class Stray(NamedTuple):
    """An event away from home, as it is to be sent there."""

    offset: int
    message: Message


class PartitionFold:
    """Keeps the views of one partition. `group` is the consumer group whose offset says what has been handled.

    `steps` grows with whatever it does: a start folds and computes for long before anything is published.
    """

    def __init__(self, log: KafkaLog, partitioner: Partitioner, partition: int, group: str) -> None:
        self.partition = partition
        self.books = books_of(log, strict=True)
        self.is_live = False
        self.views_published = self.rejected = self.relayed = 0
        self.steps = 0
        self._log = log
        self._partitioner = partitioner
        self._group = group
        self._published: dict[Key, bytes] = {}
        self._handled = 0
        self._rejects: list[Reject] = []
        self._strays: list[Stray] = []
        self._turn = asyncio.Lock()
        self._open = AsyncExitStack()
        self._producer: AIOKafkaProducer | None = None

    @property
    def reached(self) -> int:
        """The last offset that is folded."""
        return self.books.reached.last(self.partition)

    @property
    def published(self) -> int:
        """The last offset up to which the views are published, and what is no event is rejected."""
        return self._handled - 1

    async def start(self) -> None:
        """Take the partition over from whoever had it, catch up with its log, and publish what differs.

        Raises LogUnreachable.
        """
        async with self._turn:
            await self._take_over()
            await self._replay()
            await self._publish(self._differing())
            self.is_live = True

    async def stop(self) -> None:
        """Publish no more. What is folded stays, so that a later `start` only has to catch up."""
        self.is_live = False
        async with self._turn:
            await self._open.aclose()

    async def take(self, batch: Batch) -> None:
        """Fold records of the partition, of which some may be known, and publish what they change.

        What is missing before them is read from the log. A fold that is not live ignores them, at once: whoever
        starts it lets it `catch_up` then. Raises LogUnreachable.
        """
        if not self.is_live:
            return
        async with self._turn:
            if not self.is_live or batch.last <= self.reached:
                return
            is_gap = batch.rows[0][0] > self.reached + 1
            touched = await self._replay(batch.rows[0][0] - 1) if is_gap else set()
            touched |= await self._fold(batch)
            await self._publish(view_messages(self.books, touched))

    async def catch_up(self) -> None:
        """Read the log up to its end in bulk, and publish what that changes. Raises LogUnreachable."""
        async with self._turn:
            if self.is_live:
                await self._publish(view_messages(self.books, await self._replay()))

    # -- taking over -------------------------------------------------------------------------------

    async def _take_over(self) -> None:
        await self._open.aclose()
        self._open = AsyncExitStack()
        prefix, connection = self._log.address.prefix, self._log.connection
        producer = connection.transactional(f"{prefix}.worker.{self.partition}", TRANSACTION_TIMEOUT_MS)
        self._producer = await self._open.enter_async_context(producer)
        handled = await connection.committed(self._group, EVENTS.name(prefix), [self.partition])
        self._handled = handled[self.partition]
        self._rejects = [each for each in self._rejects if each.offset >= self._handled]
        self._strays = [each for each in self._strays if each.offset >= self._handled]
        self._published = {}
        for topic in (TALLIES, ROUNDS):
            reader = await self._log.reader(topic)
            async for fetched in reader.read_partition(self.partition):
                for record in fetched.records:
                    self._published[topic.suffix, record.key.decode()] = view_digest(record.value)

    async def _replay(self, through: int = FAR) -> set[ViewKey]:
        """Fold the log up to an offset, or its end. What was handled before is not rejected or relayed again."""
        touched: set[ViewKey] = set()
        events = await self._log.events()
        async with aclosing(events.read_partition(self.partition, self.reached, through)) as found:
            async for fetched in found:
                touched |= await self._fold(rows_of(fetched))
                if self._rejects or self._strays:
                    await self._publish([])
        return touched

    # -- folding -----------------------------------------------------------------------------------

    async def _fold(self, batch: Batch) -> set[ViewKey]:
        """Take in a batch, and lay aside what is to be rejected or relayed: it stays there until it has been."""
        touched: set[ViewKey] = set()
        for part in batch.parts(SLICE):
            home, fresh = at_home(part, self._partitioner), max(self.reached + 1, self._handled)
            touched |= self.books.take(home)
            self._rejects += [each for each in self._refused(home) if each.offset >= fresh]
            if len(home.rows) < len(part.rows):
                at_home_offsets = {row[0] for row in home.rows}
                self._lay_aside(row for row in part.rows if row[0] >= fresh and row[0] not in at_home_offsets)
            self.steps += 1
            await asyncio.sleep(0)
        return touched

    def _refused(self, batch: Batch) -> Iterator[Reject]:
        books = self.books
        refused = {"decode": books.undecodable, "signature": books.unbelieved, "fold": books.conflicting}
        if not any(refused.values()):
            return
        for offset, _, payload in batch.rows:
            for stage, reasons in refused.items():
                if why := reasons.pop(Position(self.partition, offset), None):
                    yield Reject(offset, stage, why, payload)

    def _lay_aside(self, rows: Iterable[Row]) -> None:
        """Keep what stands away from home: to be sent there with the time at which it came, or to be rejected."""
        for offset, recorded_us, payload in rows:
            try:
                event = decode(payload)
            except InvalidEvent as error:
                self._rejects.append(Reject(offset, "decode", str(error), payload))
                continue
            if why := self.books.disbelief(Position(self.partition, offset), recorded_us, event, payload):
                self._rejects.append(Reject(offset, "signature", why, payload))
                continue
            known = None if isinstance(event, UnknownEvent) else event
            recorded = from_microseconds(recorded_us)
            self._strays.append(Stray(offset, Message(event.id, event.exchange, payload, known, recorded)))

    # -- publishing --------------------------------------------------------------------------------

    def _differing(self) -> Iterator[ViewMessage]:
        """Every view, and an end to those that are no more."""
        gone = dict.fromkeys(self._published)
        for view in view_messages(self.books, self.books.every_view()):
            gone.pop(view.name, None)
            yield view
        for suffix, key in gone:
            yield ViewMessage(TALLIES if suffix == TALLIES.suffix else ROUNDS, key, None)

    async def _write(self, views: Iterable[ViewMessage]) -> None:
        producer, prefix = self._producer, self._log.address.prefix
        assert producer is not None
        here = [(POSITION, str(Position(self.partition, self.reached)).encode())]
        await producer.begin_transaction()  # where it fails, the next start of this worker or another aborts it
        sent = [
            await producer.send(
                view.topic.name(prefix), view.value, view.key.encode(), partition=self.partition, headers=here
            )
            for view in views
        ]
        for offset, stage, reason, payload in self._rejects:
            origin = f"{EVENTS.name(prefix)} {Position(self.partition, offset)}"
            headers = reject_headers(origin, stage, reason)
            sent.append(await producer.send(REJECTED.name(prefix), payload, headers=headers))
        handled = {TopicPartition(EVENTS.name(prefix), self.partition): self.reached + 1}
        await producer.send_offsets_to_transaction(handled, self._group)
        await asyncio.gather(*sent)
        await producer.commit_transaction()

    async def _publish(self, views: Iterable[ViewMessage]) -> None:
        """Views that are not published as they are, rejects and how far this came: all of it, or nothing.

        Strays go first: should this be done again, they are sent twice, and count once.
        """
        changed = []
        for view in views:  # others must have their turn between two of them
            if self._published.get(view.name, b"") != view_digest(view.value):
                changed.append(view)
            self.steps += 1
            await asyncio.sleep(0)
        if not (changed or self.reached >= self._handled):
            return
        try:
            await self._log.append([stray.message for stray in self._strays])
            with self._log.connection.reporting():
                await self._write(changed)
        except BaseException:
            self.is_live = False
            raise
        self._published.update((view.name, view_digest(view.value)) for view in changed)
        self._handled = max(self._handled, self.reached + 1)
        self.steps += 1
        self.views_published += len(changed)
        self.rejected += len(self._rejects)
        self.relayed += len(self._strays)
        self._rejects, self._strays = [], []


def view_messages(books: Books, touched: Iterable[ViewKey]) -> Iterator[ViewMessage]:
    """Views as they go out. A round whose last claim went elsewhere is no more."""
    for each in touched:
        view = books.view(each)
        body = None if view is None else view_bytes(view)
        if each.round is None:
            yield ViewMessage(TALLIES, each.exchange, body)
        else:
            yield ViewMessage(ROUNDS, round_key(each.exchange, each.round), body)
