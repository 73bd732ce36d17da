"""The books as of a position and a cut, of which a bounded number is kept.

Those of a large exchange are made from an index of it, and all others folded anew from the events in memory.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from threading import Lock
from typing import TypeVar

from ledger.api.access.allowances import REQUEST_WORK, Asker, timed
from ledger.api.http.problems import HttpProblem
from ledger.api.http.query import AsOf
from ledger.api.lru import Lru
from ledger.api.state.fair_turns import FairTurns
from ledger.api.state.indexes import Indexes
from ledger.api.telemetry.tracing import Tracing
from ledger.book.cut import Cut
from ledger.book.cuts.book import books_at
from ledger.book.cuts.index import ExchangeBound
from ledger.follow.books import Books, paused_garbage_collection
from ledger.follow.bound import Bound, named_record
from ledger.follow.events import Entry
from ledger.follow.replica import WAIT_S, Replica, Version
from ledger.log.port import EventLog
from schemas.record import Frontier, Record, Row, batches

T = TypeVar("T")

INDEXED_FROM = 5_000
"""So many events make an exchange large: a fold of fewer takes less than a tenth of a second."""
READING_BYTES, EVENT_BYTES = 32 * 1024, 3_000
"""What books take, and what each of their events adds once views were made of them: measured 25 kB, and 1,100 bytes of
large exchanges to 4,200 of small ones that are told at length."""
NAME_BYTES = 100
"""What each exchange of its scope adds to a key."""


class Place:
    """Up to where a request reads: the events of each exchange in its scope, and the clocks."""

    def __init__(
        self, scope: Sequence[str], version: Version, position: Frontier, cut: Cut, stop: Record | None
    ) -> None:
        self.scope, self.version, self.position, self.cut, self.stop = tuple(scope), version, position, cut, stop

    @property
    def key(self) -> Hashable:
        """The same for two requests that must get the same bytes."""
        return self.scope, self.version, self.cut

    @property
    def events(self) -> int:
        """How many events are folded for it, at most."""
        return sum(self.version)

    def has(self, entry: Entry) -> bool:
        """Whether an event had been recorded there."""
        is_within = Bound.of(self.cut, self.stop).has(entry.partition, entry.offset, entry.recorded_us)
        return is_within and self.position.covers(entry.position)


class _Reading:
    """The books at a place, once they are there. One thread at a time uses them: asking makes what is asked for."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.books: Books | None = None


class History:
    """Readings of a replica at other moments than now."""

    def __init__(self, replica: Replica, log: EventLog, tracing: Tracing, bytes_max: int, turns: FairTurns) -> None:
        self.cache: Lru[_Reading] = Lru(bytes_max)
        replica.when_redacted(self.cache.clear)
        self.folds = 0
        self._indexes = Indexes(replica)
        self._replica = replica
        self._log = log
        self._tracing = tracing
        self._turns = turns

    async def bound(self, asked: AsOf) -> Bound:
        """How far a request reads, once all of that is here. Raises HttpProblem for a position that is not there,
        UnknownName for an event.
        """
        self.check_whole()
        if not asked.texts:
            return Bound(self._replica.reached)
        stop = None if asked.cut.through is None else await named_record(self._replica, asked.cut.through)
        if stop is not None:
            await self.existing(Frontier({stop.position.partition: stop.position.offset}))
        return Bound(await self.existing(asked.position), stop)

    def place(self, scope: Sequence[str], asked: AsOf, bound: Bound) -> Place:
        """Where a request reads, for the exchanges that there are by then."""
        position, stop = bound.position or self._replica.reached, bound.stop
        if not asked.texts:
            return Place(scope, self._replica.version(scope), position, asked.cut, None)
        version = self._replica.version(scope, bound.within(position))
        cut = asked.cut if stop is None else replace(asked.cut, through=str(stop.position))
        return Place(scope, version, position, cut, stop)

    def check_whole(self) -> None:
        """Raises HttpProblem where the log has lost its beginning, so that every view would be wrong."""
        if gone := self._replica.gone:
            raise HttpProblem("unavailable", f"the log has lost its beginning, up to {gone}: restore it")

    def check_undamaged(self) -> None:
        """Raises HttpProblem where the log is damaged, so that nobody vouches for any view."""
        if damage := self._replica.damage:
            raise HttpProblem("unavailable", f"the log is damaged: {damage}")

    async def existing(self, position: Frontier | None) -> Frontier:
        """A position once it is folded here; now, where none is given. Raises HttpProblem."""
        replica = self._replica
        if position is None:
            return replica.reached
        if not replica.reached.includes(position) and not await self._comes(position):
            raise HttpProblem("unavailable", f"position {position} is not folded here yet", {"Retry-After": "1"})
        if replica.has_lost(position):
            raise self._gone(position, "what follows it is gone", replica.reached)
        return position

    async def _comes(self, position: Frontier) -> bool:
        end = await self._log.end()
        if any(offset > end.last(number) for number, offset in position.offsets.items()):
            raise self._gone(position, "it was never reached", end)
        return await self._replica.reach(position, WAIT_S)

    def _gone(self, position: Frontier, why: str, end: Frontier) -> HttpProblem:
        earliest = str(self._replica.gone) or None
        detail = f"there is no going on from {position}: {why}; start again from the earliest position"
        return HttpProblem("gone", detail, earliest=earliest, end=str(end))

    async def read(self, place: Place, asker: Asker, make: Callable[[Books], T]) -> T:
        """What `make` makes of the books at a place: of the kept ones where that is now; else in a thread, of others.

        Those are folded once, however many ask for them, at the cost of whoever is first.

        Raises HttpProblem where too many ask, or one asks for too much.
        """
        replica = self._replica
        if place.cut.is_whole and place.version == replica.version(place.scope):
            with timed(asker, REQUEST_WORK), paused_garbage_collection():
                return make(replica.books)
        async with self._turns.turn(asker.client, place.events):
            reading = self.cache.get(place.key) or self._begun(place, asker)
            is_new = reading.books is None
            made = await asyncio.to_thread(self._made, place, reading, make)
            replica.garbage.grown(place.events if is_new else 0)
            return made

    def _begun(self, place: Place, asker: Asker) -> _Reading:
        asker.spend(place.events)
        reading = _Reading()
        weight = READING_BYTES + EVENT_BYTES * place.events + NAME_BYTES * len(place.scope)
        self.cache.put(place.key, reading, weight)
        return reading

    def _made(self, place: Place, reading: _Reading, make: Callable[[Books], T]) -> T:
        with reading.lock, paused_garbage_collection():
            if reading.books is None:
                self.folds += 1
                with self._tracing.part("fold", {"ledger.events": place.events}):
                    reading.books = self.fold(place)
            return make(reading.books)

    def turn(self, client: str, cost: int) -> AbstractAsyncContextManager[None]:
        """A turn for work that takes long, which whoever wants another moment waits for as well."""
        return self._turns.turn(client, cost)

    def fold(self, place: Place) -> Books:
        """Fold, in a thread of its own: up to a place, the replica never changes. Nothing of it is kept."""
        books, rows = Books(place.cut, stop=place.stop), defaultdict[int, list[Row]](list)
        for exchange, count in zip(place.scope, place.version, strict=True):
            index = self._indexes.of(exchange, count) if count >= INDEXED_FROM else None
            if index is None:
                for partition, row in self._replica.events.rows(exchange, count):
                    rows[partition].append(row)
            else:
                before_us = books.bound.before(self._replica.events.partition_of(exchange))
                books.projection.hold(books_at([(index, ExchangeBound(place.cut, count, before_us))]))
        for batch in batches(rows):
            books.take(batch)
        return books
