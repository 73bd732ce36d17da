"""Where each event stands, for a log that cannot be asked by id: read once, and kept up to date."""

import asyncio
from collections.abc import Collection, Container, Iterator

from ledger.log.ids import MATCHES_MAX, Ids, hex_digits
from ledger.log.port import Readable
from schemas.codec import skim
from schemas.errors import InvalidEvent
from schemas.record import NOWHERE, Position

OFFSET_BITS = 48


class Index:
    """The positions of each event id. The first question reads the whole log, later ones what is new."""

    def __init__(self, log: Readable) -> None:
        self._log = log
        self._reached = NOWHERE
        self._ids = Ids()
        self._reading = asyncio.Lock()

    async def position(self, event_id: str, besides: Container[Position] = ()) -> Position | None:
        """Where an event stands first, but for some positions; or None."""
        first = next(self._positions(event_id), None)
        if first is None or besides:
            await self._catch_up()
        return next((each for each in self._positions(event_id) if each not in besides), None)

    async def matching(self, prefix: str) -> list[str]:
        """Up to ten ids that start with `prefix`, in order."""
        digits = hex_digits(prefix)
        if digits is None:
            return []
        await self._catch_up()
        return self._ids.starting(digits, MATCHES_MAX)

    async def shared_digits(self, event_ids: Collection[str]) -> int:
        """With how many digits at most one of some ids begins as another id does."""
        await self._catch_up()
        return self._ids.shared_digits(event_ids)

    def _positions(self, event_id: str) -> Iterator[Position]:
        try:
            for number in self._ids.find(event_id):
                yield Position(number >> OFFSET_BITS, number & (1 << OFFSET_BITS) - 1)
        except ValueError:  # no UUID, so no id of any event
            return

    async def _catch_up(self) -> None:
        async with self._reading:
            async for batch in self._log.read(self._reached):
                for offset, _, payload, _ in batch.rows:
                    try:
                        self._ids.add(skim(payload).id, batch.partition << OFFSET_BITS | offset)
                    except InvalidEvent:
                        continue
                self._reached = self._reached.advanced(batch.partition, batch.last)
