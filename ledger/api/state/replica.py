"""The log in memory as it comes, and the books of it: what every answer of the server is made from."""

import asyncio
import logging
from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Sequence
from contextlib import aclosing
from typing import NamedTuple, Protocol, TypeAlias, runtime_checkable

import msgspec

from ledger.api.state.garbage import Garbage
from ledger.book.projection import ViewKey
from ledger.errors import LogUnreachable
from ledger.follow.books import Books
from ledger.log.port import EventLog
from schemas.codec import exchange_of, skim
from schemas.dsse import event_bytes
from schemas.record import NOWHERE, Batch, Frontier, Position, Record, from_microseconds

logger = logging.getLogger(__name__)

SLICE = 1000
"""Events folded before the event loop has its turn."""
RETRY_S = 1.0
"""Before a log that did not answer is asked again."""
LOOK_S = 2.0
"""Between two looks at how far the log reaches."""

Version: TypeAlias = tuple[int, ...]
"""How many events of each exchange of a scope an answer rests on: the same numbers, the same bytes."""


class Entry(NamedTuple):
    """One event of the log, and where it stands."""

    partition: int
    offset: int
    recorded_us: int
    payload: bytes
    exchange: str

    @property
    def position(self) -> Position:
        return Position(self.partition, self.offset)

    def record(self) -> Record:
        return Record(self.position, from_microseconds(self.recorded_us), self.payload)


class _Partition(NamedTuple):
    """Where the events of a partition stand in it, and in the order in which all came."""

    offsets: "array[int]"
    arrivals: "array[int]"


class _Identified(msgspec.Struct):
    id: str


class _Starts(Protocol):
    async def start(self) -> Frontier: ...


@runtime_checkable
class _OnTopics(Protocol):
    """A log that somebody could have let lose its beginning."""

    async def events(self) -> _Starts: ...


_id_of = msgspec.json.Decoder(_Identified).decode
Listener: TypeAlias = Callable[[set[ViewKey]], None]


class Replica:
    """Follows a log for ever. All that it holds changes only between two turns of the event loop.

    `entries` are the events in the order in which they came here, which in each partition is the log's. `gone` is what
    the log has lost of its beginning. A listener is told which views a change has changed.
    """

    def __init__(self, log: EventLog) -> None:
        self.books = Books(strict=not log.is_validated, trust=log.trust)
        self.entries: list[Entry] = []
        self.gone: Frontier = NOWHERE
        self.end: Frontier = NOWHERE
        self.is_live = False
        self.is_reachable = False
        self.garbage = Garbage()
        self._log = log
        self._listeners: list[Listener] = []
        self._partitions: defaultdict[int, _Partition] = defaultdict(lambda: _Partition(array("q"), array("Q")))
        self._exchanges: defaultdict[str, array[int]] = defaultdict(lambda: array("Q"))
        self._processes: defaultdict[str, set[str]] = defaultdict(set)
        self._declared: defaultdict[str, set[str]] = defaultdict(set)
        self._takings: defaultdict[str, set[str]] = defaultdict(set)
        self._ids: defaultdict[str, dict[str, int]] = defaultdict(dict)
        self._moved = asyncio.Event()
        self._hastening = asyncio.Lock()

    @property
    def reached(self) -> Frontier:
        """How far the log is folded here."""
        return self.books.reached

    @property
    def lag(self) -> int:
        """Events that are not folded yet, when the log was last looked at."""
        return sum(max(0, last - self.reached.last(number)) for number, last in self.end.offsets.items())

    # -- following ---------------------------------------------------------------------------------

    def listen(self, listener: Listener) -> None:
        """Have a listener called after each change."""
        self._listeners.append(listener)

    async def follow(self) -> None:
        """Read the log up to its end and then whatever comes, for ever; a log that does not answer is asked again."""
        while True:
            try:
                await self._catch_up()
                async with aclosing(self._log.tail(self.reached)) as batches:
                    await self._take_all(batches)
            except LogUnreachable as error:
                self.is_reachable = False
                logger.warning("the log does not answer: %s", error)
                await asyncio.sleep(RETRY_S)

    async def watch(self) -> None:
        """Look for ever at how far the log reaches, so that `lag` can be told."""
        while True:
            try:
                self.end = await self._log.end()
                self.is_reachable = True
            except LogUnreachable:
                self.is_reachable = False
            await asyncio.sleep(LOOK_S)

    async def _catch_up(self) -> None:
        self.end = await self._log.end()
        self.is_reachable = True
        if isinstance(self._log, _OnTopics):
            self.gone = await (await self._log.events()).start()
        async with aclosing(self._log.read(self.reached or self.gone, self.end)) as batches:
            await self._take_all(batches)
        self.is_live = True
        self._wake()

    async def _take_all(self, batches: AsyncGenerator[Batch, None]) -> None:
        async for batch in batches:
            for part in batch.parts(SLICE):
                self.take(part)
                await asyncio.sleep(0)

    def take(self, batch: Batch) -> None:
        """Fold a batch and keep its events. What is known is passed over."""
        known = self.reached.last(batch.partition)
        touched = self.books.take(batch)
        for offset, recorded_us, payload in batch.rows:
            if offset > known and self._is_event(Position(batch.partition, offset)):
                self._keep(batch.partition, offset, recorded_us, payload)
        self.garbage.grown(len(batch.rows))
        for listener in self._listeners:
            listener(touched)
        self._wake()

    def _is_event(self, position: Position) -> bool:
        return position not in self.books.undecodable and position not in self.books.unbelieved

    def _keep(self, partition: int, offset: int, recorded_us: int, payload: bytes) -> None:
        exchange = exchange_of(payload)
        if exchange is None:
            return
        arrival = len(self.entries)
        indexes = self._exchanges[exchange]
        name = self.entries[indexes[0]].exchange if indexes else exchange
        self.entries.append(Entry(partition, offset, recorded_us, payload, name))
        indexes.append(arrival)
        place = self._partitions[partition]
        place.offsets.append(offset)
        place.arrivals.append(arrival)
        told = event_bytes(payload)
        if b"exchange_opened" in told or b'"taken"' in told:
            self._link(skim(payload), exchange)

    def _link(self, event: object, exchange: str) -> None:
        """Keep in mind which other exchanges a view of this one can rest on."""
        if process := getattr(event, "process", None):
            self._processes[process].add(exchange)
            self._declared[exchange].add(process)
        for group in getattr(event, "groups", ()):
            self._takings[exchange].update(each.exchange for each in group.taken if each.exchange is not None)

    def _wake(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()

    async def reach(self, frontier: Frontier, timeout_s: float) -> bool:
        """Wait until a position is folded; whether it is when the time is over."""
        try:
            async with asyncio.timeout(timeout_s):
                while not (self.is_live and self.covers(frontier)):
                    await self._moved.wait()
        except TimeoutError:
            return False
        return True

    async def hasten(self, position: Position) -> bool:
        """Fold up to a position now, where that takes no more than a look into a file; whether it does."""
        if isinstance(self._log, _OnTopics):
            return False
        async with self._hastening:  # one look for all who ask
            if not self.reached.covers(position):
                async with aclosing(self._log.read(self.reached, NOWHERE.advanced(*position))) as batches:
                    await self._take_all(batches)
        return True

    # -- asking ------------------------------------------------------------------------------------

    def covers(self, frontier: Frontier) -> bool:
        """Whether a position is folded."""
        return all(offset <= self.reached.last(number) for number, offset in frontier.offsets.items())

    def has_lost(self, after: Frontier) -> bool:
        """Whether something that follows a position is gone."""
        return any(after.last(number) < offset for number, offset in self.gone.offsets.items())

    @property
    def exchanges(self) -> Collection[str]:
        """The exchanges of which there is an event."""
        return self._exchanges.keys()

    def scope(self, name: str) -> tuple[str, ...]:
        """The exchanges on which a view of an exchange or a process can rest: those of its processes, ever."""
        found = {name} & self._exchanges.keys()
        for process in {name, *self._declared.get(name, ())}:
            found |= self._processes.get(process, set())
        return tuple(sorted(found))

    def scope_with_takings(self, name: str) -> tuple[str, ...]:
        """The scope of a name, with the exchanges in which people were taken whom it says were let go."""
        taken = self._takings.get(name, set()) & self._exchanges.keys()
        return tuple(sorted({*self.scope(name), *taken}))

    def version(self, scope: Sequence[str], at: Frontier | None = None) -> Version:
        """How many events of each exchange there are, up to a position."""
        if at is None or self.reached == at:
            return tuple(len(self.arrivals_of(each)) for each in scope)
        return tuple(self._count(self.arrivals_of(each), at) for each in scope)

    def _count(self, indexes: Sequence[int], at: Frontier) -> int:
        if not indexes:
            return 0
        last = at.last(self.entries[indexes[0]].partition)  # all of one exchange is in one partition
        return bisect_right(indexes, last, key=lambda arrival: self.entries[arrival].offset)

    def of(self, exchange: str, count: int | None = None) -> Iterable[Entry]:
        """The first events of an exchange."""
        return (self.entries[arrival] for arrival in self.arrivals_of(exchange)[:count])

    def arrivals_of(self, exchange: str) -> Sequence[int]:
        """Where in `entries` the events of an exchange are."""
        return self._exchanges.get(exchange, array("Q"))

    def arrivals_after(self, after: Frontier, exchange: str | None) -> Sequence[int]:
        """Where in `entries` the events beyond a position are, perhaps with some that it covers."""
        first = self.first_after(after)
        if exchange is None:
            return range(first, len(self.entries))
        every = self.arrivals_of(exchange)
        return every[bisect_left(every, first) :]

    def event(self, exchange: str, event_id: str) -> Entry | None:
        """The first event of an exchange that bears an id."""
        ids, indexes = self._ids[exchange], self.arrivals_of(exchange)
        for arrival in indexes[len(ids) :]:
            entry = self.entries[arrival]
            ids.setdefault(_id_of(event_bytes(entry.payload)).id, arrival)
        return self.entries[ids[event_id]] if event_id in ids else None

    def first_after(self, after: Frontier) -> int:
        """The arrival of the first event that a position does not cover."""
        starts = [len(self.entries)]
        for number, place in self._partitions.items():
            found = bisect_left(place.offsets, after.last(number) + 1)
            if found < len(place.arrivals):
                starts.append(place.arrivals[found])
        return min(starts)
