"""Load: `python -m tests.kafka.publisher URL SEED` publishes while the last line on its stdin was `go`.

Three of ten events are repeated. It prints each id that is acknowledged, and `stopped` after a line `stop`, once
nothing is on its way any more. What the log does not take is published again: it is not known whether it was stored.
"""

import asyncio
import random
import sys

from ledger.client import AsyncLedger
from ledger.errors import LogUnreachable
from schemas.events import CaptivesReleased
from tests.log.events import released

EXCHANGES = [f"DEAL-{number}" for number in range(12)]
PER_ROUND = 20
PAUSE_S = 0.04


def event(number: int) -> CaptivesReleased:
    """The event of a number: those of one exchange fill one round after the other."""
    turn, exchange = divmod(number, len(EXCHANGES))
    return released(number, count=number % 5 + 1, exchange=EXCHANGES[exchange], round=turn // PER_ROUND + 1)


async def work(url: str, seed: int) -> None:
    chance, known, going = random.Random(seed), 0, asyncio.Event()
    orders = asyncio.create_task(obey(going))
    async with AsyncLedger.open(url) as ledger:
        while not orders.done():
            if not going.is_set():
                print("stopped", flush=True)
                await asyncio.wait([orders, asyncio.create_task(going.wait())], return_when=asyncio.FIRST_COMPLETED)
                continue
            batch = []
            for _ in range(chance.randint(1, 8)):
                is_repeated = known > 0 and chance.random() < 0.3
                batch.append(event(chance.randrange(known) if is_repeated else known))
                known += not is_repeated
            await publish(ledger, batch)
            await asyncio.sleep(PAUSE_S)


async def publish(ledger: AsyncLedger, batch: list[CaptivesReleased]) -> None:
    while True:
        try:
            receipts = await ledger.publish_many(batch)
        except LogUnreachable as error:
            print(error, file=sys.stderr, flush=True)
            await asyncio.sleep(0.2)
            continue
        for receipt in receipts:
            print(receipt.event_id)
        sys.stdout.flush()
        return


async def obey(going: asyncio.Event) -> None:
    """Until the end of stdin."""
    while line := await asyncio.to_thread(sys.stdin.readline):
        going.set() if line == "go\n" else going.clear()


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], int(sys.argv[2])))
