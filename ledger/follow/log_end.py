"""How far a log reaches, and whether that is known: a log that does not answer looks like one that stands still."""

import asyncio
import logging
import time
from typing import Protocol

from ledger.errors import LogUnreachable
from ledger.logs import Trouble
from schemas.record import NOWHERE, Frontier

logger = logging.getLogger(__name__)

LOOK_S = 2.0
"""Between two looks."""
READY_LAG = 1000
"""Records that a reader may be behind and still be called ready."""
KNOWN_S = 8.0
"""So long what was seen is believed; a look that takes longer has seen nothing."""


class _HasEnd(Protocol):
    async def end(self) -> Frontier: ...


class LogEnd:
    """The end of a log, as it was last seen."""

    def __init__(self, log: _HasEnd) -> None:
        self.frontier: Frontier = NOWHERE
        self._log = log
        self._seen_at = float("-inf")
        self._trouble = Trouble(logger, "sees again how far the log reaches")

    @property
    def is_known(self) -> bool:
        """Whether the log has answered of late."""
        return time.monotonic() - self._seen_at <= KNOWN_S

    def came(self, partition: int, offset: int) -> None:
        """Take in that a partition reaches as far as this."""
        self.frontier = self.frontier.advanced(partition, max(offset, self.frontier.last(partition)))

    def lag(self, reached: Frontier) -> int | None:
        """How many records lie beyond a position; None where nobody knows."""
        if not self.is_known:
            return None
        return sum(max(0, last - reached.last(number)) for number, last in self.frontier.offsets.items())

    async def see(self) -> Frontier:
        """Look now. Raises LogUnreachable, also for a log that does not answer in time."""
        try:
            async with asyncio.timeout(KNOWN_S):
                self.frontier = await self._log.end()
        except TimeoutError as error:
            raise LogUnreachable(f"no answer for {KNOWN_S:.0f} s") from error
        self._seen_at = time.monotonic()
        return self.frontier

    async def look(self) -> bool:
        """Look now, and say in the logs when the log stops answering, and answers again. Whether it did."""
        try:
            await self.see()
        except LogUnreachable as error:
            self._trouble.began(f"cannot see how far the log reaches: {error}")
            return False
        self._trouble.ended()
        return True

    async def watch(self) -> None:
        """Look for ever."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)
