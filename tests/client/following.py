"""What a follower gives, for tests of any log."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from ledger.client import Change
from schemas.views import Estimate


async def first(changes: AsyncGenerator[Change, None], count: int) -> list[Change]:
    """The first changes of a follower, which then stops."""
    found: list[Change] = []
    async with aclosing(changes):
        async for change in changes:
            found.append(change)
            if len(found) == count:
                break
    return found


def best(found: Estimate | None) -> int | None:
    """The best number of a figure; None where it has none, or is not recorded."""
    return None if found is None else found.best
