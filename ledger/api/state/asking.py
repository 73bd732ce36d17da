"""Events that somebody asks for, found page by page at the asker's cost, and what things are called."""

import asyncio
from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from ledger.api.access.allowances import Asker
from ledger.api.http.problems import HttpProblem
from ledger.api.state.fair_turns import FairTurns
from ledger.follow.bound import Bound
from ledger.follow.events import Entry
from ledger.follow.filters import Filter, check_name
from ledger.follow.finder import Finder, IndexRow, KnownName
from ledger.follow.replica import Replica
from ledger.pacing import paced
from ledger.words.folding import Phrase
from schemas.record import Frontier

PATIENCE_S = 5.0
"""How long a question waits until the index has all events."""
ADDED_AT_ONCE = 1_000
"""Events that are taken into the index in one go."""
BUILDING_S = 0.0005
"""After so much work on the index others have their turn: it takes long, and whoever else asks has no part in it."""
LOOKED_THROUGH = 100_000
"""Events through which the index looks in one turn: some ten milliseconds, in a thread."""
LOOK_WORK = 500
"""What that costs: about as much as to fold so many events."""
HELD = 250
"""Events that are held against a filter in one go: what one of them costs is about a fold."""
HELD_MAX = 5_000
"""Events that are held against a filter for one page. Then it says where to go on."""


class FoundPage(NamedTuple):
    """The events of a page; where the next one goes on, and whether there may be more by now."""

    entries: Sequence[Entry]
    reached: Frontier
    more: bool


class Asking:
    """Finds events of a replica. The index is made when somebody first asks for what needs it, and then kept up."""

    def __init__(self, replica: Replica, turns: FairTurns) -> None:
        self._replica = replica
        self._turns = turns
        self._finder = Finder()
        self._building: asyncio.Task[None] | None = None
        replica.when_redacted(self._forget)

    def _forget(self) -> None:
        """Let go of the whole index, so that no word of what was redacted is left in it."""
        self._finder = Finder()

    async def page(self, wanted: Filter, bound: Bound, after: Frontier, limit: int, asker: Asker) -> FoundPage:
        """The first events beyond a position that are wanted and lie within a bound, in their order.

        Raises HttpProblem where the asker has nothing left, or the index is still being made; UnknownName.
        """
        finder = await self._whole() if wanted.reads_events else None
        if finder is not None:
            wanted.check(finder.known)
        else:
            check_name("exchange", wanted.exchange, self._replica.exchanges)
        events, found = self._replica.events, list[Entry]()
        reached, count = self._replica.reached, len(events) if finder is None else finder.reached
        end, at, held = min(count, events.last_within(bound.within(reached))), events.first_after(after), 0
        while at < end:
            arrivals, beyond = await self._arrivals(finder, wanted, at, end, asker)
            async for arrival in paced(arrivals):
                entry = events[arrival]
                if after.covers(entry.position) or not bound.has(entry.partition, entry.offset, entry.recorded_us):
                    continue
                if wanted.wants(entry.exchange, entry.recorded_us, entry.payload):
                    if len(found) == limit:
                        return FoundPage(found, events.frontier(arrival, after), True)
                    found.append(entry)
            at, held = beyond, held + len(arrivals)
            if held >= HELD_MAX and at < end:
                return FoundPage(found, events.frontier(at, after), True)
        whole = end == len(events) and reached == self._replica.reached
        return FoundPage(found, reached if whole else events.frontier(end, after), False)

    async def named(self, phrase: Phrase, asker: Asker) -> tuple[Finder, list[KnownName]]:
        """What is called by some words, and the index that says so."""
        finder = await self._whole()
        asker.spend(LOOK_WORK)
        async with self._turns.turn(asker.client, LOOK_WORK):
            return finder, await asyncio.to_thread(finder.named, phrase)

    async def _arrivals(
        self, finder: Finder | None, wanted: Filter, first: int, end: int, asker: Asker
    ) -> tuple[Sequence[int], int]:
        """The next events that may be wanted, and the arrival up to which there are no others."""
        if finder is None:
            return self._of_exchange(wanted.exchange, first, end)
        beyond = min(end, first + LOOKED_THROUGH)
        asker.spend(LOOK_WORK)
        async with self._turns.turn(asker.client, LOOK_WORK):
            arrivals = await asyncio.to_thread(finder.arrivals, wanted, first, beyond, HELD)
        asker.spend(len(arrivals))
        return arrivals, arrivals[-1] + 1 if len(arrivals) == HELD else beyond

    def _of_exchange(self, exchange: str | None, first: int, end: int) -> tuple[Sequence[int], int]:
        """The next events of an exchange, or of all, and where to go on after them."""
        if exchange is None:
            beyond = min(end, first + HELD)
            return range(first, beyond), beyond
        every = self._replica.events.of(exchange)
        place = bisect_left(every, first)
        arrivals = every[place : place + HELD]
        return arrivals, arrivals[-1] + 1 if len(arrivals) == HELD else end

    # -- the index ---------------------------------------------------------------------------------

    async def _whole(self) -> Finder:
        """The index once it has every event that is here by now. Raises HttpProblem where that takes long."""
        end = len(self._replica.events)
        deadline = asyncio.get_running_loop().time() + PATIENCE_S
        while (finder := self._finder).reached < end:
            if self._building is None or self._building.done():
                self._building = asyncio.create_task(self._build())
            left_s = deadline - asyncio.get_running_loop().time()
            done, _ = await asyncio.wait([self._building], timeout=max(0.0, left_s))
            for task in done:
                task.result()
            if not done:
                so_far = f"{finder.reached:,} of {end:,} events"
                raise HttpProblem("unavailable", f"the index is being made: {so_far}", {"Retry-After": "2"})
        return finder

    async def _build(self) -> None:
        """Take in every event that the index does not have."""
        finder, events = self._finder, self._replica.events
        while finder is self._finder and finder.reached < (end := len(events)):
            rows = list[IndexRow]()
            async for arrival in paced(range(finder.reached, min(end, finder.reached + ADDED_AT_ONCE)), BUILDING_S):
                rows.append(finder.row(arrival, events[arrival]))
            await asyncio.to_thread(finder.add, rows)
