"""The log in memory as it comes, and the books of it: what every answer of a server is made from."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Sequence
from contextlib import aclosing, suppress
from typing import Protocol, TypeAlias, runtime_checkable

from ledger.book.projection import ViewKey
from ledger.errors import LogDamaged, LogUnreachable
from ledger.follow.books import Keep
from ledger.follow.checkpoints import examined
from ledger.follow.events import Entry, Events
from ledger.follow.follower import Follower, books_of, outdated
from ledger.follow.garbage import Garbage
from ledger.follow.log_end import LogEnd
from ledger.log.ids import MATCHES_MAX, hex_digits
from ledger.log.port import EventLog, Vouched
from ledger.logs import Trouble
from schemas.codec import UnknownEvent
from schemas.events import AnyEvent
from schemas.record import NOWHERE, Batch, Frontier, Position, Record, Row

logger = logging.getLogger(__name__)

SLICE = 1000
"""Events folded before the event loop has its turn."""
RETRY_S = 1.0
"""Before a log that did not answer is asked again."""
WAIT_S = 2.0
"""How long something that the log has is waited for."""
EXAMINED_FIRST = 20_000
"""A log of so many records is examined before anything is said of it, in half a second; a longer one meanwhile."""

Version: TypeAlias = tuple[int, ...]
"""How many events of each exchange of a scope an answer rests on: the same numbers, the same bytes."""
Listener: TypeAlias = Callable[[set[ViewKey]], None]


class _Starts(Protocol):
    async def start(self) -> Frontier: ...


@runtime_checkable
class _OnTopics(Protocol):
    """A log that somebody could have let lose its beginning."""

    async def events(self) -> _Starts: ...
    async def vouched(self) -> Vouched: ...


class Replica:
    """Follows a log for ever. All that it holds changes only between two turns of the event loop.

    `gone` is what the log has lost of its beginning, `damage` says what else is wrong with it. A listener is told which
    views a change has changed.
    """

    def __init__(self, log: EventLog) -> None:
        self.events = Events()
        self.books = books_of(log, keep=self._keep)
        self.gone: Frontier = NOWHERE
        self.damage: str | None = None
        self.end = LogEnd(log)
        self.is_live = False
        self.garbage = Garbage()
        self._log = log
        self._follower = Follower(log, self, SLICE)
        self._trouble = Trouble(logger, "the log is followed again")
        self._listeners: list[Listener] = []
        self._keepers: list[Keep] = []
        self._forgetters: list[Callable[[], None]] = []
        self._processes: defaultdict[str, set[str]] = defaultdict(set)
        self._declared: defaultdict[str, set[str]] = defaultdict(set)
        self._takings: defaultdict[str, set[str]] = defaultdict(set)
        self._hastening = asyncio.Lock()
        self._examining: asyncio.Task[None] | None = None

    @property
    def reached(self) -> Frontier:
        """How far the log is folded here."""
        return self.books.reached

    @property
    def lag(self) -> int | None:
        """Events that are not folded yet, when the log was last looked at; None for one that does not answer."""
        return self.end.lag(self.reached)

    # -- following ---------------------------------------------------------------------------------

    def listen(self, listener: Listener) -> None:
        """Have a listener called after each change."""
        self._listeners.append(listener)

    def when_kept(self, take: Keep) -> None:
        """Have something called with each event that is kept, once it is folded."""
        self._keepers.append(take)

    def when_redacted(self, forget: Callable[[], None]) -> None:
        """Have something called after an event was redacted: to let go of what was made of events."""
        self._forgetters.append(forget)

    async def follow(self) -> None:
        """Read the log up to its end and then whatever comes, for ever; a log that does not answer is asked again.

        One that is damaged is not: it is to be mended, and then read from its beginning.
        """
        try:
            while self.damage is None:
                try:
                    await self._catch_up()
                    await self._take_in(self._follower.follow())
                except LogUnreachable as error:
                    self._trouble.began(f"the log cannot be followed: {error}")
                    await asyncio.sleep(RETRY_S)
        except LogDamaged as error:
            self._found(str(error))
        finally:
            if self._examining is not None:
                self._examining.cancel()
        await asyncio.Event().wait()

    async def _catch_up(self) -> None:
        end = await self.end.see()
        if isinstance(self._log, _OnTopics):
            self.gone = await (await self._log.events()).start()
            self.books.reached = self.reached or self.gone
            with suppress(LogUnreachable):  # as where there is no topic of progress: then all is validated
                self.books.vouched = await self._log.vouched()
        await self._take_in(self._follower.read(end))
        await self._begin_examining(end)
        self._trouble.ended()
        self.is_live = True
        self._follower.wake()

    async def _begin_examining(self, end: Frontier) -> None:
        """Have a log looked through once that is believed: what it holds is folded without being validated."""
        if self._examining is None and self._log.is_validated:
            self._examining = asyncio.create_task(self._examine())
            if end.records <= EXAMINED_FIRST:
                await self._examining

    async def _examine(self) -> None:
        while True:
            try:
                found = await examined(self._log)
            except LogUnreachable:
                await asyncio.sleep(RETRY_S)
                continue
            if found:
                self._found(found[0])
            return

    def _found(self, damage: str) -> None:
        self.damage = damage
        logger.critical("the log is damaged, and nothing is answered from it: %s", damage)
        self._follower.wake()

    def take(self, batch: Batch) -> set[ViewKey]:
        """Fold a batch and keep its events. What is known is passed over."""
        changed = self.books.take(batch)
        self.garbage.grown(len(batch.rows))
        for listener in self._listeners:
            listener(changed)
        return changed

    def _keep(self, partition: int, row: Row, event: AnyEvent | UnknownEvent) -> None:
        """Keep an event, and in mind which other exchanges a view of its own can rest on."""
        self.events.add(partition, row, event)
        if process := getattr(event, "process", None):
            self._processes[process].add(event.exchange)
            self._declared[event.exchange].add(process)
        for group in getattr(event, "groups", ()):
            if group.taken:
                linked = (each.exchange for each in group.taken if each.exchange is not None)
                self._takings[event.exchange].update(linked)
        for take in self._keepers:
            take(partition, row, event)

    async def _take_in(self, reading: AsyncGenerator[object, None]) -> None:
        """Read on, and let the event loop have its turn after each slice."""
        async with aclosing(reading):
            async for _ in reading:
                if self.books.outdated:
                    await self._forget()
                await asyncio.sleep(0)

    async def _forget(self) -> None:
        """Let go of what is redacted in the log by now, and of all that was made from it."""
        redacted = await outdated(self._log, self.books)
        for each, record in redacted.items():
            for arrival in self.events.bearing(each.event):
                self.events.redact(arrival, record.payload)
        for exchange in {each.exchange for each in redacted}:
            changed = self.books.fold_again(exchange, self.events.rows(exchange, len(self.events.of(exchange))))
            for listener in self._listeners:
                listener(changed)
        for forget in self._forgetters if redacted else ():
            forget()

    async def reach(self, frontier: Frontier, timeout_s: float) -> bool:
        """Wait until a position is folded and the log was read to its end once; whether it is when the time is over."""
        return await self._follower.wait(lambda: self.is_live and self.reached.includes(frontier), timeout_s)

    async def hasten(self, position: Position) -> bool:
        """Fold up to a position now, where that takes no more than a look into a file; whether it does."""
        if isinstance(self._log, _OnTopics):
            return False
        async with self._hastening:  # one look for all who ask
            if not self.reached.covers(position):
                await self._take_in(self._follower.read(NOWHERE.advanced(*position)))
        return True

    # -- asking ------------------------------------------------------------------------------------

    async def find(self, event_id: str) -> Record | None:
        """The first record of an event, for which what the log has by now is waited for; None where it has none."""
        return self._record(event_id) or (self._record(event_id) if await self._is_whole() else None)

    async def matching(self, prefix: str) -> list[str]:
        """Up to ten event ids that start with `prefix`, in order."""
        await self._is_whole()
        digits = hex_digits(prefix)
        return [] if digits is None else self.events.starting(digits, MATCHES_MAX)

    def _record(self, event_id: str) -> Record | None:
        try:
            entry = self.events.named(event_id)
        except ValueError:  # no UUID, so no id of any event
            return None
        return None if entry is None else entry.record()

    async def _is_whole(self) -> bool:
        """Whether everything that is in the log by now is here, once it has had the time to come."""
        return await self.reach(await self._log.end(), WAIT_S)

    def has_lost(self, after: Frontier) -> bool:
        """Whether something that follows a position is gone."""
        return any(after.last(number) < offset for number, offset in self.gone.offsets.items())

    @property
    def exchanges(self) -> Collection[str]:
        """The exchanges of which there is an event."""
        return self.events.exchanges

    def scope(self, name: str) -> tuple[str, ...]:
        """The exchanges on which a view of an exchange or a process can rest: those of its processes, ever."""
        found = {name}.intersection(self.exchanges)
        for process in {name, *self._declared.get(name, ())}:
            found |= self._processes.get(process, set())
        return tuple(sorted(found))

    def scope_with_takings(self, name: str) -> tuple[str, ...]:
        """The scope of a name, with the exchanges in which people were taken whom it says were let go."""
        return tuple(sorted({*self.scope(name), *self._takings.get(name, set()).intersection(self.exchanges)}))

    def version(self, scope: Sequence[str], at: Frontier | None = None) -> Version:
        """How many events of each exchange there are, up to a position."""
        if at is None or self.reached == at:
            return tuple(len(self.events.of(each)) for each in scope)
        return tuple(self.events.covered(each, at) for each in scope)

    def last_of(self, scope: Sequence[str], version: Version) -> list[Entry]:
        """The last of the first so many events of each exchange that has any."""
        counted = zip(scope, version, strict=True)
        return [self.events[self.events.of(exchange)[count - 1]] for exchange, count in counted if count]

    def of(self, exchange: str, count: int | None = None) -> Iterable[Entry]:
        """The first events of an exchange."""
        return (self.events[arrival] for arrival in self.events.of(exchange)[:count])
