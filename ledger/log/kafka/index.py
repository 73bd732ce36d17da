"""Where each event stands, for a log that cannot be asked by id: read once, and kept up to date."""

import asyncio
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
    """The position of each event id's first record. The first question reads the whole log, later ones what is new."""

    def __init__(self, log: Readable) -> None:
        self._log = log
        self._reached = NOWHERE
        self._positions: dict[str, Position] = {}
        self._reading = asyncio.Lock()

    async def position(self, event_id: str) -> Position | None:
        """Where an event stands, or None."""
        if event_id not in self._positions:
            await self._catch_up()
        return self._positions.get(event_id)

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
                        self._positions.setdefault(skim(payload).id, Position(batch.partition, offset))
                    except InvalidEvent:
                        continue
                self._reached = self._reached.advanced(batch.partition, batch.last)
