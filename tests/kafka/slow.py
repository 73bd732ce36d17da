"""A subscriber that is slow: `python -m tests.kafka.slow URL SECONDS` follows events, a few hundred a second.

It prints how many it was given, and by how many MiB its memory grew meanwhile.
"""

import asyncio
import resource
import sys
import time
from contextlib import aclosing

from ledger.client import AsyncLedger


async def follow(url: str, seconds: float) -> None:
    seen, deadline = 0, time.monotonic() + seconds
    async with AsyncLedger.open(url) as ledger:
        await ledger.log.end()
        before = peak_mib()
        async with aclosing(ledger.follow("events")) as changes:
            async for _ in changes:
                seen += 1
                await asyncio.sleep(0.005)
                if time.monotonic() > deadline:
                    break
    print(seen, peak_mib() - before)


def peak_mib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    asyncio.run(follow(sys.argv[1], float(sys.argv[2])))
