"""The books as of a position and a cut, of which a bounded number is kept.

Those of a large exchange are made from an index of it, and all others folded anew from the events in memory.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from typing import TypeAlias

from ledger.api.http.problems import HttpProblem
from ledger.api.http.query import AsOf
from ledger.api.lru import Lru
from ledger.api.state.indexes import Indexes
from ledger.api.telemetry.tracing import Tracing
from ledger.book.cut import Cut
from ledger.book.cuts.book import books_at
from ledger.book.cuts.index import ExchangeBound
from ledger.follow.books import Books
from ledger.follow.bound import Bound, named_record
from ledger.follow.replica import WAIT_S, Replica, Version
from ledger.log.port import EventLog
from schemas.record import Batch, Frontier, Record, Row

Spend: TypeAlias = Callable[[int], None]

INDEXED_FROM = 5_000
"""So many events make an exchange large: a fold of fewer takes less than a tenth of a second."""
EVENT_WEIGHT = 8
"""What the empty books of a cut weigh in a cache that counts events."""


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


class History:
    """Readings of a replica at other moments than now. `folds_max`: how many are folded at once."""

    def __init__(
        self, replica: Replica, log: EventLog, tracing: Tracing, events_max: int, folds_max: int, waiting_max: int
    ) -> None:
        self.cache: Lru[Books] = Lru(events_max)
        replica.when_redacted(self.cache.clear)
        self.folds = 0
        self._indexes = Indexes(replica)
        self._replica = replica
        self._log = log
        self._tracing = tracing
        self._turns = asyncio.Semaphore(folds_max)
        self._waiting_max = waiting_max
        self._folding: dict[Hashable, asyncio.Task[Books]] = {}

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

    async def books(self, place: Place, spend: Spend) -> Books:
        """The books at a place: the kept ones where that is now; else `spend` is told how many events are to be folded.

        Raises HttpProblem where too many ask, or one asks for too much.
        """
        replica = self._replica
        if place.cut.is_whole and place.version == replica.version(place.scope):
            return replica.books
        found = self.cache.get(place.key)
        return found or await self._folded(place, spend)

    async def _folded(self, place: Place, spend: Spend) -> Books:
        """Folded once, however many ask for it at the same time, and for them also when the first one has gone."""
        task = self._folding.get(place.key)
        if task is None:
            if len(self._folding) >= self._waiting_max:
                raise HttpProblem("too-many", "too many other moments are asked for at once", {"Retry-After": "1"})
            spend(sum(place.version))
            task = self._folding[place.key] = asyncio.create_task(self._fold(place))
            task.add_done_callback(lambda _: self._folding.pop(place.key, None))
        return await asyncio.shield(task)

    async def _fold(self, place: Place) -> Books:
        async with self._turns:
            self.folds += 1
            with self._tracing.part("fold", {"ledger.events": sum(place.version)}):
                books = await asyncio.to_thread(self._read, place)
        self._replica.garbage.grown(sum(place.version))
        self.cache.put(place.key, books, EVENT_WEIGHT + sum(place.version))
        return books

    def _read(self, place: Place) -> Books:
        """Fold, in a thread of its own: up to a place, the replica never changes."""
        books, rows = Books(place.cut, stop=place.stop), defaultdict[int, list[Row]](list)
        for exchange, count in zip(place.scope, place.version, strict=True):
            index = self._indexes.of(exchange, count) if count >= INDEXED_FROM else None
            if index is None:
                for partition, row in self._replica.events.rows(exchange, count):
                    rows[partition].append(row)
            else:
                before_us = books.bound.before(self._replica.events.partition_of(exchange))
                books.projection.hold(books_at([(index, ExchangeBound(place.cut, count, before_us))]))
        for partition, its in rows.items():
            its.sort(key=lambda row: row[0])
            books.take(Batch(partition, its, its[-1][0]))
        return books
