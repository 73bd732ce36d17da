"""Turns for work that takes long: each client gets as much of it as every other one, and cheap questions come first."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from heapq import heappop, heappush
from itertools import count
from typing import NamedTuple

from ledger.api.access.allowances import CLIENTS_MAX
from ledger.api.http.problems import HttpProblem
from ledger.api.lru import Lru


class _Waiting(NamedTuple):
    cost: int
    number: int
    turn: "asyncio.Future[None]"


class FairTurns:
    """So many turns at once, of each client one at a time. The rest waits, within a bound for all and for each.

    Next is whoever would have been given least by the end of it (start-time fair queuing), however many questions
    another one has asked before; of a client its cheapest question.
    """

    def __init__(self, at_once: int, waiting_max: int, waiting_each: int) -> None:
        self._at_once, self._waiting_max, self._waiting_each = at_once, waiting_max, waiting_each
        self._waiting: defaultdict[str, list[_Waiting]] = defaultdict(list)
        self._running: set[str] = set()
        self._numbers = count()
        self._now = 0  # in work that was given to a client: one that has asked for nothing saves nothing up
        self._given: Lru[int] = Lru(CLIENTS_MAX)

    @asynccontextmanager
    async def turn(self, client: str, cost: int) -> AsyncIterator[None]:
        """Wait for a turn, and hold it. Raises HttpProblem where too many wait."""
        mine = self._waiting.get(client, ())
        if len(mine) >= self._waiting_each or sum(map(len, self._waiting.values())) >= self._waiting_max:
            whose = "by this address" if len(mine) >= self._waiting_each else "at once"
            detail = f"too many questions that take long are asked {whose}; come again"
            raise HttpProblem("too-many", detail, {"Retry-After": "1"}, reason="folds")
        if not mine:
            self._given.put(client, max(self._now, self._given.get(client) or 0), 1)
        turn = asyncio.get_running_loop().create_future()
        heappush(self._waiting[client], _Waiting(cost, next(self._numbers), turn))
        self._give()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._end(client)
            raise
        try:
            yield
        finally:
            self._end(client)

    def _end(self, client: str) -> None:
        self._running.discard(client)
        self._give()

    def _give(self) -> None:
        while len(self._running) < self._at_once and (waiting := self._waiting.keys() - self._running):
            client = min(waiting, key=self._rank)
            cost, _, turn = heappop(self._waiting[client])
            if not self._waiting[client]:
                del self._waiting[client]
            if turn.cancelled():
                continue
            self._now = self._given.get(client) or 0
            self._given.put(client, self._now + cost, 1)
            self._running.add(client)
            turn.set_result(None)

    def _rank(self, client: str) -> tuple[int, int]:
        first = self._waiting[client][0]
        return (self._given.get(client) or 0) + first.cost, first.number
