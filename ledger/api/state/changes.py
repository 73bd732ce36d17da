"""What changed between two points, by one event, and by the last ones: from the events in memory, at the cost of
whoever asks first."""

import asyncio
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from ledger.api.access.allowances import Asker
from ledger.api.lru import Lru
from ledger.api.state.asking import LOOK_WORK, LOOKED_THROUGH
from ledger.api.state.fair_turns import FairTurns
from ledger.api.state.history import History
from ledger.api.state.journals import EVENTS_MAX, EventSpan, Journals
from ledger.book.claims import DECISIONS
from ledger.book.cut import Cut
from ledger.changes.event_changes import EventChange, EventTracer
from ledger.changes.points import LogExtent, extent_of, log_point
from ledger.changes.tracing import FigureChange, Replaced, Tracer
from ledger.errors import UnknownName, UsageError
from ledger.follow.books import Books, paused_garbage_collection
from ledger.follow.bound import Bound, full_id
from ledger.follow.replica import Replica
from schemas.codec import UnknownEvent, skim
from schemas.record import NOWHERE, Batch, Frontier, Row, batches

T = TypeVar("T")

WINDOW_MAX = 10_000
"""Events between two points whose changes are looked for, each by itself."""
TRACING_WORK = 20
"""What it costs to look what an event moved: so many times as much as to fold it."""
WRITING_WORK = 4
"""What it costs to write down a change that is known, in the same."""
WRITTEN_AT_ONCE = 50
"""So many changes are written in some milliseconds: others need not be asked to wait for more."""
KEPT_BYTES = 32 * 2**20
CHANGE_BYTES = 2_000
"""What a change takes in memory, with its values and causes."""


class AskedWindow(NamedTuple):
    """From when to when somebody asks: points as people name them, of one exchange or all, both seen at a cut.

    `since` None: the last `EVENTS_MAX` events; `until` None: now.
    """

    since: str | None
    until: str | None
    exchange: str | None
    cut: Cut


class ChangesWindow(NamedTuple):
    """What moved from one point to the other."""

    since: LogExtent
    until: LogExtent
    changes: Sequence[FigureChange]
    replaced: Sequence[Replaced]


class ChangesAsked:
    """Tells what changed. Whatever takes long is done in a thread, in fair turns, once for all who ask the same."""

    def __init__(self, replica: Replica, history: History, turns: FairTurns) -> None:
        self._replica = replica
        self._history = history
        self._turns = turns
        self._journals = Journals(replica)
        self._windows: Lru[tuple[Sequence[FigureChange], Sequence[Replaced]]] = Lru(KEPT_BYTES)
        replica.when_redacted(self._windows.clear)

    # -- between two points ------------------------------------------------------------------------

    async def between(self, asked: AskedWindow, asker: Asker) -> ChangesWindow:
        """What moved between two points. Raises UnknownName, UsageError, HttpProblem."""
        self._history.check_whole()
        first = self._recent(asked.exchange) if asked.since is None else await self._point("since", asked.since)
        last = Bound(self._replica.reached) if asked.until is None else await self._point("until", asked.until)
        since = await self._extent(first, asked.since or "the last events", asker)
        until = await self._extent(last, asked.until or "the end", asker)
        if not until.frontier.includes(since.frontier):
            raise UsageError(f"until {asked.until} lies before since {asked.since}; turn them round")
        spans = self._touched(asked.exchange, since.frontier, until.frontier)
        key = (asked.cut, *spans)
        found = self._windows.get(key)
        if found is None:
            cleared = self._windows.cleared
            found = await self._in_turn(spans, TRACING_WORK, asker, lambda: self._traced(asked.cut, spans))
            if cleared == self._windows.cleared:
                self._windows.put(key, found, CHANGE_BYTES * (1 + sum(map(len, found))))
        else:
            asker.spend(WRITING_WORK * sum(map(len, found)))
        return ChangesWindow(since, until, *found)

    async def _point(self, name: str, text: str) -> Bound:
        bound = await log_point(self._replica, name, text)
        if bound.position is not None:
            await self._history.existing(bound.position)
        return bound

    async def _extent(self, bound: Bound, text: str, asker: Asker) -> LogExtent:
        events = self._replica.events
        work = LOOK_WORK * len(events) // LOOKED_THROUGH
        async with self._turns.turn(asker.client, work):
            asker.spend(work)
            return await asyncio.to_thread(extent_of, events, bound, text)

    def _recent(self, exchange: str | None) -> Bound:
        """Just before the last events, of an exchange or of all."""
        events = self._replica.events
        its = range(len(events)) if exchange is None else events.of(exchange)
        if len(its) <= EVENTS_MAX:
            return Bound(NOWHERE)
        oldest, offsets = its[-EVENTS_MAX], dict[int, int]()
        for partition, arrivals in events.partitions.items():
            if count := bisect_left(arrivals, oldest):
                offsets[partition] = events.offset(arrivals[count - 1])
        return Bound(Frontier(offsets))

    def _touched(self, exchange: str | None, since: Frontier, until: Frontier) -> list[EventSpan]:
        """The exchanges of which there are events between two positions."""
        events, names = self._replica.events, self._replica.exchanges
        if exchange is not None and not events.covered(exchange, until):
            raise UnknownName("exchange", exchange, sorted(name for name in names if events.covered(name, until)))
        asked = sorted(names) if exchange is None else [exchange]
        found = [EventSpan(name, events.covered(name, since), events.covered(name, until)) for name in asked]
        found = [each for each in found if each.first < each.end]
        between = sum(each.end - each.first for each in found)
        if between > WINDOW_MAX:
            raise UsageError(
                f"{between:,} events lie between these points, and at most {WINDOW_MAX:,} are looked at here: give "
                "points that are nearer, or one exchange; `replay changes` on the ledger itself has no bound"
            )
        return found

    def _traced(self, cut: Cut, spans: Sequence[EventSpan]) -> tuple[Sequence[FigureChange], Sequence[Replaced]]:
        before, after = (defaultdict[int, list[Row]](list) for _ in range(2))
        for exchange, first, end in spans:
            for number, (partition, row) in enumerate(self._replica.events.rows(exchange, end)):
                (before if number < first else after)[partition].append(row)
        books = Books(cut)
        for batch in batches(before):
            books.take(batch)
        tracer = Tracer(books)
        for batch in batches(after):
            tracer.take(batch)
        return tracer.changes(), tracer.replaced()

    # -- by one event, and by the last ones --------------------------------------------------------

    async def of_event(self, name: str, asker: Asker) -> EventChange:
        """What an event changed, from just before it to just after it. Raises UnknownName, HttpProblem."""
        self._history.check_whole()
        event_id = await full_id(self._replica, name)
        if await self._replica.find(event_id) is None:
            raise UnknownName("event", event_id)
        events = self._replica.events
        arrival = next(iter(events.bearing(event_id)))
        exchange = events.exchange(arrival)
        number = bisect_left(events.of(exchange), arrival)
        span = EventSpan(exchange, number, number + 1)

        def made() -> EventChange:
            *before, (partition, row) = events.rows(exchange, span.end)
            tracer = EventTracer(Books(), growth=True)
            if before:
                rows = [each for _, each in before]
                tracer.books.take(Batch.of(partition, rows))
            return tracer.change(partition, row)

        return await self._in_turn([span], TRACING_WORK + self._journals.sheets_work(exchange), asker, made)

    async def recent(self, exchange: str | None, asker: Asker, *, growth: bool) -> list[EventChange]:
        """What the last events changed, the newest first. Raises UnknownName, HttpProblem."""
        self._history.check_whole()
        if exchange is not None and exchange not in self._replica.exchanges:
            raise UnknownName("exchange", exchange, sorted(self._replica.exchanges))
        spans = self._journals.spans(exchange, growth=growth)
        work = self._journals.work(spans, growth=growth)
        made = await self._in_thread(work, asker, lambda: self._journals.changes(spans, growth=growth))
        return sorted(made, key=lambda each: (each.record.recorded_at, each.record.position), reverse=True)

    async def written(self, changes: int, asker: Asker, write: Callable[[], T]) -> T:
        """What `write` makes of so many changes, which are paid for; of many in a thread, in a turn.

        Raises HttpProblem where too many wait.
        """
        if changes <= WRITTEN_AT_ONCE:
            return write()
        async with self._turns.turn(asker.client, WRITING_WORK * changes):
            return await asyncio.to_thread(_uncollected, write)

    def published_by(self, event_id: str) -> str | None:
        """Who published a claim, by its id; None for what is no claim."""
        entry = self._replica.events.named(event_id)
        event = None if entry is None else skim(entry.payload)
        if event is None or isinstance(event, UnknownEvent) or event.type in DECISIONS:
            return None
        return event.source.publisher

    # -- turns -------------------------------------------------------------------------------------

    async def _in_turn(self, spans: Sequence[EventSpan], tracing: int, asker: Asker, make: Callable[[], T]) -> T:
        work = sum(each.first + tracing * (each.end - each.first) for each in spans)
        return await self._in_thread(work, asker, make)

    async def _in_thread(self, work: int, asker: Asker, make: Callable[[], T]) -> T:
        """Have something made in a thread, when it is the asker's turn."""
        async with self._turns.turn(asker.client, work):
            asker.spend(work)
            return await asyncio.to_thread(_uncollected, make)


def _uncollected(make: Callable[[], T]) -> T:
    with paused_garbage_collection():
        return make()
