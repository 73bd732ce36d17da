"""Long work on an event loop in short parts, so that nobody else waits for all of it."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from typing import TypeVar

T = TypeVar("T")

PART_S = 0.002
"""After which others have their turn."""


async def paced(items: Iterable[T], part_s: float = PART_S) -> AsyncIterator[T]:
    """The same items. What is done with them is interrupted after so many seconds, between two of them."""
    began = time.perf_counter()
    for each in items:
        yield each
        if time.perf_counter() - began >= part_s:
            await asyncio.sleep(0)
            began = time.perf_counter()
