"""A publisher in a process of its own: `python -m benchmarks.kafka.flood URL EVENTS`.

It prepares its messages, says `ready`, waits for a line, and appends as fast as it can. It ends by saying when it
began (time.monotonic, which all processes share).
"""

import asyncio
import sys
import time
from collections.abc import Sequence

from benchmarks import corpus
from benchmarks.kafka.ledgers import batches, opened
from ledger.log.port import Message


async def flood(url: str, messages: Sequence[Message]) -> float:
    """Append messages. Returns when it began."""
    log = opened(url)
    await log.partitioner()
    await log.connection.producer()
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    began = time.monotonic()
    for batch in batches(iter(messages)):
        await log.append(batch)
    await log.close()
    return began


if __name__ == "__main__":
    print(asyncio.run(flood(sys.argv[1], list(corpus.messages(int(sys.argv[2]))))))
