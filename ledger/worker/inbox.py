"""What came for one partition while its fold was busy."""

import asyncio

from schemas.record import Row

FULL = 10_000


class Inbox:
    """Records that wait for their fold. It takes all of them: the longer one batch takes, the larger the next.

    One that is full is emptied and not waited for, since others' partitions go on: the fold reads from the log what
    is missing before the records that it takes.
    """

    def __init__(self) -> None:
        self._rows: list[Row] = []
        self._filled = asyncio.Event()

    def put(self, row: Row) -> None:
        """Add a record, later ones after earlier ones."""
        if len(self._rows) >= FULL:
            self._rows.clear()
        self._rows.append(row)
        self._filled.set()

    async def take(self) -> list[Row]:
        """All records that are here; waits for one."""
        await self._filled.wait()
        self._filled.clear()
        rows, self._rows = self._rows, []
        return rows
