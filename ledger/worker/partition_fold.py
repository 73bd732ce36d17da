"""The state of one partition: its fold, and what that has to publish.

Nothing but the log needs to survive a crash. Whoever takes a partition over rebuilds the state by replay. Where the
mark of what is handled names the same version of all that decides a view, it vouches for the views that stand in the
topics, and for which messages count: neither is looked at again. Otherwise every message is validated, every view is
compared, and what differs is published.
"""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple, TypeAlias

from aiokafka import ConsumerRecord

from ledger.book.projection import ViewKey
from ledger.follow.books import Books
from ledger.follow.follower import books_of
from ledger.log.kafka import KafkaLog
from ledger.log.kafka.log import at_home, rows_of
from ledger.log.kafka.progress import BLOCK, Claims
from ledger.log.kafka.reader import Fetched
from ledger.log.port import Message, Vouched
from schemas.codec import UnknownEvent, accept
from schemas.errors import InvalidEvent
from schemas.record import NOWHERE, Batch, Position, Row, entered_text, from_microseconds
from schemas.topics import ROUNDS, TALLIES, Topic, round_key
from schemas.views import view_bytes, view_digest

SLICE = 500
"""Events folded before the event loop, and with it the heartbeat, has its turn."""

Key: TypeAlias = tuple[str, str]
"""The suffix of a view's topic, and its key there."""
RefusedAt: TypeAlias = tuple[int, str, str]
"""The offset of a message that is no event of this ledger, the step that says so, and why."""

UNVOUCHED = b"?"
"""In place of the digest of a view that stands in a topic, and nobody knows why."""


class ViewMessage(NamedTuple):
    """A view as it goes out; without a value it is no more."""

    topic: Topic
    key: str
    value: bytes | None
    digest: bytes = b""

    @property
    def name(self) -> Key:
        return self.topic.suffix, self.key


class Reject(NamedTuple):
    """A message that is no event of this ledger, as it stands in the events, and why."""

    record: ConsumerRecord
    stage: str
    reason: str

    @property
    def offset(self) -> int:
        offset: int = self.record.offset
        return offset


class Stray(NamedTuple):
    """An event away from home, as it is to be sent there."""

    offset: int
    message: Message


class Publication(NamedTuple):
    """What is to be published of a partition, up to and including an offset, and whose claims to it are void.

    `is_current`: with it the views are those of the whole log. `passed_over`: all such offsets, of blocks that changed.
    """

    partition: int
    reached: int
    views: Sequence[ViewMessage]
    rejects: Sequence[Reject]
    strays: Sequence[Stray]
    passed_over: Mapping[int, Collection[int]]
    fenced: Collection[str]
    is_current: bool

    @property
    def is_empty(self) -> bool:
        """Whether the partition is, too, so that there is nothing to say of it."""
        return self.reached < 0 and not self.fenced and not self.views


class PartitionFold:
    """Folds one partition, and says what that changed. It publishes nothing itself.

    `is_owned`: this worker may write the partition. `has_caught_up`: all that was in the log is folded. `is_live`: its
    views are published, and kept up to date. `steps` grows with whatever it does: a start folds and computes for long
    before anything is published.
    """

    def __init__(self, log: KafkaLog, partition: int, version: str) -> None:
        """`version` names all that decides a view besides the events."""
        self.partition = partition
        self.books = books_of(log, strict=True)
        self.is_owned = self.has_caught_up = self.is_live = False
        self.views_published = self.rejected = self.relayed = 0
        self.steps = 0
        self._log = log
        self._version = version
        self._compares_all = True
        self._passed_over: defaultdict[int, set[int]] = defaultdict(set)
        self._changed_blocks: set[int] = set()
        self._published: dict[Key, bytes] = {}
        self._handled = -1
        self._fenced: Collection[str] = ()
        self._touched: set[ViewKey] = set()
        self._leaving: tuple[set[ViewKey], set[int]] = set(), set()
        self._gone: set[Key] = set()
        self._rejects: list[Reject] = []
        self._strays: list[Stray] = []
        self._turn = asyncio.Lock()

    @property
    def reached(self) -> int:
        """The last offset that is folded."""
        return self.books.reached.last(self.partition)

    @property
    def published(self) -> int:
        """The last offset up to which the views are published, and what is no event is rejected."""
        return self._handled

    # -- whose it is -------------------------------------------------------------------------------

    def take_over(self, claims: Claims, fenced: Collection[str], published: Mapping[Key, bytes]) -> None:
        """This worker may write from now on, behind what is handled; `published` are the digests of the views there."""
        self._handled, self._fenced, self._published = claims.handled, fenced, dict(published)
        # A key can be revoked by an event that is refused itself: with signatures all is read as it came.
        self._compares_all = claims.version != self._version or self.books.asks_for_signatures
        if self._compares_all:
            self._changed_blocks |= self._passed_over.keys() | claims.passed_over.keys()
        else:
            for block, offsets in claims.passed_over.items():
                self._passed_over[block].update(offsets)
            but_for = {offset for offsets in self._passed_over.values() for offset in offsets}
            self.books.vouched = Vouched(NOWHERE.advanced(self.partition, claims.handled), {self.partition: but_for})
        self._rejects = [each for each in self._rejects if each.offset > claims.handled]
        self._strays = [each for each in self._strays if each.offset > claims.handled]
        self.is_owned = True

    def catch_up(self) -> None:
        """All that is in the log is folded: what may differ is compared with its topic, and kept from now on."""
        names = {name_of(each): each for each in self.books.every_view()}
        known = {name for name, digest in self._published.items() if digest not in (b"", UNVOUCHED)}
        due = names.keys() if self._compares_all else names.keys() - known
        self._touched |= {names[name] for name in due}
        self._gone = self._published.keys() - names.keys()
        self.has_caught_up = True

    def lose(self) -> None:
        """This worker may write no more. What is folded stays true."""
        self.is_owned = self.has_caught_up = self.is_live = False
        views, blocks = self._leaving
        self._touched |= views
        self._changed_blocks |= blocks

    # -- folding -----------------------------------------------------------------------------------

    async def take(self, fetched: Fetched) -> None:
        """Fold what follows, and lay aside what is to be rejected or relayed: it stays there until it has been."""
        async with self._turn:
            for part in rows_of(fetched).parts(SLICE):
                if part.last <= self.books.vouched.through.last(self.partition):
                    self._take_vouched(part)
                else:
                    await self._take_anew(part, fetched.records)
                self.steps += 1
                await asyncio.sleep(0)

    def _take_vouched(self, part: Batch) -> None:
        """Fold what was handled, by what is known of it: each message is valid and at home, or passed over."""
        if passed_over := self.books.vouched.but_for.get(self.partition):
            part = part._replace(rows=[row for row in part.rows if row[0] not in passed_over])
        self.books.take(part)

    async def _take_anew(self, part: Batch, records: Sequence[ConsumerRecord]) -> None:
        home, fresh = at_home(part, await self._log.partitioner()), max(self.reached, self._handled) + 1
        self._touched |= self.books.take(home)
        refused = [*self._refused(home)]
        for offset, _, _ in refused:
            self._pass_over(offset)
        if len(home.rows) < len(part.rows):
            at_home_offsets = {row[0] for row in home.rows}
            away = [row for row in part.rows if row[0] not in at_home_offsets]
            for offset, *_ in away:
                self._pass_over(offset)
            refused += self._lay_aside(row for row in away if row[0] >= fresh)
        if refused := [each for each in refused if each[0] >= fresh]:
            by_offset = {record.offset: record for record in records}
            self._rejects += [Reject(by_offset[offset], *why) for offset, *why in refused]

    def _pass_over(self, offset: int) -> None:
        block = offset // BLOCK
        self._passed_over[block].add(offset)
        self._changed_blocks.add(block)

    def _refused(self, batch: Batch) -> Iterator[RefusedAt]:
        books = self.books
        refused = {"decode": books.undecodable, "signature": books.unbelieved, "fold": books.conflicting}
        if not any(refused.values()):
            return
        for offset, *_ in batch.rows:
            for stage, reasons in refused.items():
                if why := reasons.pop(Position(self.partition, offset), None):
                    yield offset, stage, why

    def _lay_aside(self, rows: Iterable[Row]) -> Iterator[RefusedAt]:
        """Keep what stands away from home, to be sent there with the time at which it came; what is to be rejected."""
        for offset, recorded_us, payload, entered_by in rows:
            try:
                event = accept(payload)
            except InvalidEvent as error:
                yield offset, "decode", str(error)
                continue
            if why := self.books.disbelief(Position(self.partition, offset), recorded_us, event, payload):
                yield offset, "signature", why
                continue
            known = None if isinstance(event, UnknownEvent) else event
            told = from_microseconds(recorded_us), entered_text(entered_by)
            self._strays.append(Stray(offset, Message(event.id, event.exchange, payload, known, *told)))

    # -- publishing --------------------------------------------------------------------------------

    @property
    def views_due(self) -> int:
        """How many views are to be computed."""
        return len(self._touched)

    @property
    def has_news(self) -> bool:
        """Whether anything is to be published: also that nothing is, up to where it has come."""
        if not self.has_caught_up:  # as long as it is replayed, only what was laid aside
            return self.is_owned and bool(self._rejects or self._strays)
        return not self.is_live or self.reached > self._handled or bool(self._touched)

    async def change(self) -> Publication:
        """What is to be published now. It stays so until it `was_published`."""
        async with self._turn:
            is_current, views = self.has_caught_up, list[ViewMessage]()
            touched, blocks = self._leaving = self._take_touched() if is_current else set(), self._changed_blocks
            self._changed_blocks = set()
            ended, self._gone = list(map(_ended, self._gone)), set()
            for view in chain(ended, view_messages(self.books, touched)):
                if self._published.get(view.name, b"") != view.digest:
                    views.append(view)
                self.steps += 1
                await asyncio.sleep(0)  # others must have their turn between two of them
            rejects, strays = [*self._rejects], [*self._strays]
            passed_over = {block: {*self._passed_over[block]} for block in blocks}
            fenced = self._fenced
            return Publication(self.partition, self.reached, views, rejects, strays, passed_over, fenced, is_current)

    def _take_touched(self) -> set[ViewKey]:
        touched, self._touched = self._touched, set()
        return touched

    def was_published(self, change: Publication) -> None:
        self.is_live = change.is_current and self.is_owned
        self._leaving = set(), set()
        self._published.update((view.name, view.digest) for view in change.views)
        self._handled, self._fenced = max(self._handled, change.reached), ()
        del self._rejects[: len(change.rejects)], self._strays[: len(change.strays)]
        self.steps += 1
        self.views_published += len(change.views)
        self.rejected += len(change.rejects)
        self.relayed += len(change.strays)


def name_of(view: ViewKey) -> Key:
    """Where a view stands: the topic, and its key there."""
    if view.round is None:
        return TALLIES.suffix, view.exchange
    return ROUNDS.suffix, round_key(view.exchange, view.round)


def _ended(name: Key) -> ViewMessage:
    """An end to a view that stands in its topic and is no more."""
    suffix, key = name
    return ViewMessage(TALLIES if suffix == TALLIES.suffix else ROUNDS, key, None)


def view_messages(books: Books, touched: Iterable[ViewKey]) -> Iterator[ViewMessage]:
    """Views as they go out. A round whose last claim went elsewhere is no more."""
    for each in touched:
        view = books.view(each)
        body = None if view is None else view_bytes(view)
        topic = TALLIES if each.round is None else ROUNDS
        yield ViewMessage(topic, name_of(each)[1], body, view_digest(body))
