"""One of the publishers: `python -m tests.siege.publisher HISTORY NUMBER EVENTS SEED LEDGER`.

It publishes its share of the events, of which every fourth is its own, and repeats three of ten: its own, or those of
others, which may have published them or may not yet. LEDGER is the URL of a log, or of a server, whose token is in the
environment. Killed, it goes on from its history.
"""

import asyncio
import os
import random
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeAlias

import aiohttp

from ledger.client import AsyncLedger
from ledger.errors import LogUnreachable
from schemas.codec import encode
from tests.kafka.publisher import event
from tests.siege.history import Operation, Writer, read

PUBLISHERS = 4
BATCH_MAX = 200
REPEATS = 0.3
ANSWER_S, AGAIN_S = 30, 0.2
NDJSON = "application/x-ndjson"

Publish: TypeAlias = Callable[[Sequence[int]], Awaitable[object]]


class NotTaken(Exception):
    """Surely nothing is in the log: nobody took the batch."""


class Unknown(Exception):
    """The batch may be in the log or not."""


def batches(publisher: int, events: int, seed: int, begun: int) -> list[list[int]]:
    """The batches of a publisher from its event number `begun` on: new numbers in order, and repeats between them."""
    chance, found, known = random.Random(f"{seed} {publisher} {begun}"), list[list[int]](), begun
    while known * PUBLISHERS + publisher < events:
        batch = list[int]()
        for _ in range(chance.choice((1, 5, 20, 100, BATCH_MAX))):
            own = known * PUBLISHERS + publisher
            if own >= events or (known and chance.random() < REPEATS):
                of = chance.choice((publisher, chance.randrange(PUBLISHERS)))
                batch.append(min(chance.randrange(known) * PUBLISHERS + of, events - 1))
            else:
                batch.append(own)
                known += 1
        found.append(batch)
    return found


def begun(publisher: int, history: Sequence[Operation]) -> int:
    """How many of its own events a publisher has had acknowledged: without a gap, since it leaves none behind."""
    own = (n for each in history if each.end == "ok" for n in each.numbers if n % PUBLISHERS == publisher)
    return max((number // PUBLISHERS + 1 for number in own), default=0)


async def work(path: Path, publisher: int, events: int, seed: int, ledger: str) -> None:
    history, writer = read(publisher, path), Writer(path)
    operation = len(history)
    opened = by_server if ledger.startswith("http") else by_log
    async with opened(ledger) as publish:
        for batch in batches(publisher, events, seed, begun(publisher, history)):
            while True:
                operation += 1
                writer.write(f"invoke {operation} {','.join(map(str, batch))}")
                try:
                    await publish(batch)
                    writer.write(f"ok {operation}")
                    break
                except (NotTaken, Unknown) as error:
                    end = "fail" if isinstance(error, NotTaken) else "info"
                    writer.write(f"{end} {operation} {' '.join(str(error).split())[:200]}")
                    await asyncio.sleep(AGAIN_S)


@asynccontextmanager
async def by_log(url: str) -> AsyncIterator[Publish]:
    ledger = await _opened(url)

    async def publish(batch: Sequence[int]) -> object:
        try:
            return await ledger.publish_many([event(number) for number in batch])
        except LogUnreachable as error:
            raise Unknown(str(error)) from error

    async with ledger:
        yield publish


async def _opened(url: str) -> AsyncLedger:
    while True:
        try:
            return AsyncLedger.open(url, create=False)
        except LogUnreachable as error:
            print(error, file=sys.stderr, flush=True)
            await asyncio.sleep(AGAIN_S)


@asynccontextmanager
async def by_server(url: str) -> AsyncIterator[Publish]:
    headers = {"Authorization": f"Bearer {os.environ['SIEGE_TOKEN']}", "Content-Type": NDJSON}
    limit = aiohttp.ClientTimeout(total=ANSWER_S)
    async with aiohttp.ClientSession(headers=headers, timeout=limit) as session:

        async def publish(batch: Sequence[int]) -> object:
            body = b"\n".join(encode(event(number)) for number in batch)
            try:
                async with session.post(f"{url}/v1/events", data=body) as answer:
                    said = await answer.text()
            except aiohttp.ClientConnectorError as error:
                raise NotTaken(str(error)) from error
            except (aiohttp.ClientError, TimeoutError) as error:
                raise Unknown(repr(error)) from error
            if answer.status != 201:
                raise Unknown(f"{answer.status} {said}")
            return said

        yield publish


if __name__ == "__main__":
    its, its_events, its_seed = map(int, sys.argv[2:5])
    asyncio.run(work(Path(sys.argv[1]), its, its_events, its_seed, sys.argv[5]))
