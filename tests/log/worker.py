"""Another process on a log: `python -m tests.log.worker URL SEED COUNT` publishes, once told to by a line on stdin.

It appends COUNT events in batches of random size, about a third of which are repeated: by itself or by every other
worker. Each receipt is printed as id, offset and whether it was a duplicate.
"""

import asyncio
import random
import sys
from itertools import pairwise

from ledger.log import open_log
from ledger.log.port import Receipt
from tests.log.events import message

SHARED = 100


async def work(url: str, seed: int, count: int) -> None:
    chance = random.Random(seed)
    log = open_log(url)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    for numbers in batches(chance, seed, count):
        for outcome in await log.append([message(number) for number in numbers]):
            assert isinstance(outcome, Receipt)
            print(outcome.event_id, outcome.position.offset, int(outcome.duplicate), flush=True)
    await log.close()


def batches(chance: random.Random, seed: int, count: int) -> list[list[int]]:
    """Numbers of events: seven of ten are this worker's own and new, the others were or will be published too."""
    numbers = [chance.randrange(SHARED) if chance.random() < 0.3 else (seed + 1) * 10_000 + i for i in range(count)]
    cuts = [0]
    while cuts[-1] < count:
        cuts.append(min(count, cuts[-1] + chance.randint(1, 20)))
    return [numbers[start:end] for start, end in pairwise(cuts)]


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
