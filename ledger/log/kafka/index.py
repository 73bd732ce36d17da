"""Where each event stands, for a log that cannot be asked by id: read once, and kept up to date."""

import asyncio
from collections import defaultdict
from collections.abc import Container
from typing import Protocol

from ledger.log.port import Batches
from schemas.codec import skim
from schemas.errors import InvalidEvent
from schemas.record import NOWHERE, Frontier, Position

MATCHES_MAX = 10


class Readable(Protocol):
    """A log that can be read."""

    def read(self, after: Frontier = NOWHERE, through: Frontier | None = None) -> Batches: ...


class Index:
    """The positions of each event id. The first question reads the whole log, later ones what is new."""

    def __init__(self, log: Readable) -> None:
        self._log = log
        self._reached = NOWHERE
        self._positions: dict[str, Position] = {}
        self._repeated: defaultdict[str, list[Position]] = defaultdict(list)
        self._reading = asyncio.Lock()

    async def position(self, event_id: str, besides: Container[Position] = ()) -> Position | None:
        """Where an event stands first, but for some positions; or None."""
        if event_id not in self._positions or besides:
            await self._catch_up()
        if event_id not in self._positions:
            return None
        every = (self._positions[event_id], *self._repeated.get(event_id, ()))
        return next((each for each in every if each not in besides), None)

    async def matching(self, prefix: str) -> list[str]:
        """Up to ten ids that start with `prefix`, in order."""
        digits = prefix.replace("-", "").lower()
        if not digits or not set(digits) <= set("0123456789abcdef"):
            return []
        await self._catch_up()
        return sorted(each for each in self._positions if each.replace("-", "").startswith(digits))[:MATCHES_MAX]

    async def _catch_up(self) -> None:
        async with self._reading:
            async for batch in self._log.read(self._reached):
                for offset, _, payload in batch.rows:
                    try:
                        self._add(skim(payload).id, Position(batch.partition, offset))
                    except InvalidEvent:
                        continue
                self._reached = self._reached.advanced(batch.partition, batch.last)

    def _add(self, event_id: str, position: Position) -> None:
        if event_id in self._positions:
            self._repeated[event_id].append(position)
        else:
            self._positions[event_id] = position
