"""As many partitions as a ledger has by default: shared by one, two and four workers; and the way to another number."""

import asyncio
import uuid
from pathlib import Path

from ledger.client import AsyncLedger
from replay.compare.published import compare_published
from schemas.topics import PARTITIONS
from tests.cli.run import inside
from tests.kafka.load import load
from tests.kafka.topics import fresh
from tests.kafka.workers import Kept, Worker, all_live, opened, rejected, seeded, settled, shared, workers
from tests.log.events import released

EVERYWHERE = [released(-number - 1, exchange=f"OTHER-{number}") for number in range(120)]
"""Events of so many exchanges that each partition has some."""


async def test_one_two_and_four_workers_lose_nothing_and_count_nothing_twice(kafka: str, tmp_path: Path) -> None:
    """Of each number one is killed under load, and those that remain or come take over."""
    chance, url = seeded("SHARE_SEED"), await fresh(kafka, PARTITIONS)
    async with AsyncLedger.open(url) as ledger:
        receipts = await ledger.publish_many(EVERYWHERE)
    assert {receipt.position.partition for receipt in receipts} == {*range(PARTITIONS)}
    with workers(url, tmp_path, 0) as running:
        async with load(url, tmp_path, 1) as publisher, opened(url) as log:
            kept = Kept(log)
            await publisher.go()
            for count in (1, 2, 4):
                running += [Worker(url, tmp_path) for _ in range(count - len(running))]
                await shared(running, PARTITIONS)
                await asyncio.sleep(chance.uniform(0, 1))
                running.pop(chance.randrange(count)).kill()
                await kept.read()
            await publisher.stop()
            books = await settled(kept)
            assert sum(tally.events for tally in books.tallies()) == len(publisher.acknowledged) + len(EVERYWHERE)
            found = await compare_published(log)
            assert (found.differences, found.behind, await rejected(log)) == ([], 0, [])
            print(f"{len(publisher.acknowledged)} events under load, {kept.written} views written")


def test_a_ledger_moves_to_more_partitions(kafka: str, tmp_path: Path) -> None:
    """As docs/kafka.md says: copied while the old one goes on, and once more when nobody publishes to it."""
    old, new = (f"kafka://{kafka}/t{uuid.uuid4().hex[:12]}" for _ in range(2))

    def run(program: str, *words: str) -> None:
        ran = inside(tmp_path, *words, program=program)
        assert ran.code == 0, ran.err

    run("ledger", "topics", "ensure", "--partitions", "6", "--log", old)
    run("ledger", "demo", "--log", old)
    run("ledger", "topics", "ensure", "--log", new)
    run("replay", "copy", old, new)
    asyncio.run(published(old))
    run("replay", "copy", old, new)
    run("replay", "compare", old, new)
    asyncio.run(kept_on(new, tmp_path))


async def published(url: str) -> None:
    async with AsyncLedger.open(url) as ledger:
        await ledger.publish_many(EVERYWHERE)


async def kept_on(url: str, folder: Path) -> None:
    with workers(url, folder, 1) as running:
        await all_live(running, PARTITIONS)
        async with opened(url) as log:
            books = await settled(Kept(log))
    assert sum(tally.events for tally in books.tallies()) == 405 + len(EVERYWHERE)
