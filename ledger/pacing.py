"""Long work on an event loop in short parts, so that nobody else waits for all of it."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from typing import TypeVar

T = TypeVar("T")

PART_S = 0.002
"""After which others have their turn."""


async def paced(items: Iterable[T]) -> AsyncIterator[T]:
    """The same items. What is done with them is interrupted from time to time, between two of them."""
    began = time.perf_counter()
    for each in items:
        yield each
        if time.perf_counter() - began >= PART_S:
            await asyncio.sleep(0)
            began = time.perf_counter()
