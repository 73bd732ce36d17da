"""Subscribers of a ledger on Kafka: the views as they are and then each that changes, resumed without gap or repeat."""

import asyncio
import random
import subprocess
import sys
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from pathlib import Path

import pytest

from ledger.client import AsyncLedger, Change, What
from ledger.errors import UsageError
from ledger.log.port import Message
from schemas.codec import encode
from schemas.events import CaptivesReleased
from schemas.record import NOWHERE, Frontier
from schemas.views import Round, Tally
from tests.cli.run import environment
from tests.kafka.publisher import EXCHANGES, event
from tests.kafka.topics import fresh
from tests.kafka.workers import Kept, all_live, opened, settled, until, workers
from tests.log.events import TREE, released

PARTITIONS = 6
EVENTS = 240


async def test_events_tallies_and_rounds_are_resumed_without_gap_or_repeat(kafka: str, tmp_path: Path) -> None:
    """One subscriber follows all the time, another leaves after every few changes and comes back later."""
    url = await fresh(kafka, PARTITIONS)
    kinds: tuple[What, ...] = ("events", "tallies", "rounds")
    with workers(url, tmp_path, 1) as running:
        await all_live(running, PARTITIONS, 60)
        async with AsyncLedger.open(url) as ledger, AsyncLedger.open(url) as other:
            await ledger.publish_many(event(number) for number in range(EVENTS // 2))
            async with opened(url) as log:
                kept = Kept(log)
                await settled(kept)
                steady: dict[What, list[Change]] = {what: [] for what in kinds}
                leaving: dict[What, list[Change]] = {what: [] for what in kinds}
                tasks = [asyncio.create_task(stay(other, what, steady[what])) for what in kinds]
                tasks += [asyncio.create_task(come_and_go(other, what, leaving[what])) for what in kinds]
                everybody = [*steady.values(), *leaving.values()]
                await until(lambda: all(seen and seen[-1].reached for seen in everybody), 30, "no snapshot")
                assert [change.item for change in steady["tallies"]] == await ledger.tallies()
                for number in range(EVENTS // 2, EVENTS, 4):
                    await ledger.publish_many(event(each) for each in range(number, number + 4))
                    await asyncio.sleep(0.02)
                await settled(kept)
                for what in kinds:
                    await the_same(steady[what], leaving[what])
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            ids = [change.item.id for change in steady["events"] if isinstance(change.item, CaptivesReleased)]
            assert sorted(ids) == sorted(event(number).id for number in range(EVENTS))
            assert {each.item.exchange: each.item for each in steady["tallies"]} == {
                tally.exchange: tally for tally in await ledger.tallies()
            }
            assert last_rounds(steady["rounds"]) == {
                (name, each.round): each for name in EXCHANGES for each in await ledger.rounds(name)
            }


async def stay(ledger: AsyncLedger, what: What, seen: list[Change]) -> None:
    async with aclosing(ledger.follow(what)) as changes:
        async for change in changes:
            seen.append(change)  # noqa: PERF401 - it never ends


async def come_and_go(ledger: AsyncLedger, what: What, seen: list[Change]) -> None:
    chance = random.Random(what)
    while True:
        after = seen[-1].reached if seen else NOWHERE
        wanted = len(seen) + chance.randint(1, 40)
        with suppress(TimeoutError):
            async with asyncio.timeout(1), aclosing(ledger.follow(what, after=after)) as changes:
                async for change in changes:
                    seen.append(change)
                    if len(seen) >= wanted and change.reached:
                        break
        await asyncio.sleep(chance.uniform(0, 0.1))


async def the_same(steady: list[Change], leaving: list[Change], within_s: float = 30) -> None:
    """Until both have seen the same of each exchange, in the same order: partitions have no order between them."""
    deadline = asyncio.get_running_loop().time() + within_s
    while by_exchange(steady) != by_exchange(leaving):
        assert len(leaving) <= len(steady) + 50
        assert asyncio.get_running_loop().time() < deadline, f"{len(leaving)} of {len(steady)}"
        await asyncio.sleep(0.1)


def by_exchange(changes: list[Change]) -> dict[str, list[object]]:
    found: defaultdict[str, list[object]] = defaultdict(list)
    for change in changes:
        found[change.item.exchange].append(change.item)
    return found


def last_rounds(changes: list[Change]) -> dict[tuple[str, int], Round]:
    return {(each.item.exchange, each.item.round): each.item for each in changes if isinstance(each.item, Round)}


async def test_one_exchange_and_one_round(kafka: str, tmp_path: Path) -> None:
    url = await fresh(kafka, PARTITIONS)
    with workers(url, tmp_path, 1):
        async with AsyncLedger.open(url) as ledger, opened(url) as log:
            told = [released(number, exchange=EXCHANGES[number % 3], round=number % 2 + 1) for number in range(30)]
            await ledger.publish_many(told[:18])
            await settled(kept := Kept(log))
            exchange = EXCHANGES[1]
            followed = {
                "events": ledger.follow("events", exchange, 2),
                "tallies": ledger.follow("tallies", exchange),
                "rounds": ledger.follow("rounds", exchange, 2),
            }
            mine = [each for each in told if (each.exchange, each.round) == (exchange, 2)]
            first = {what: await anext(changes) for what, changes in followed.items()}
            assert first["events"].item == mine[0]
            assert first["tallies"].item == await ledger.tally(exchange)
            assert first["rounds"].item == await ledger.round(exchange, 2)
            await ledger.publish_many(told[18:])
            await settled(kept)
            given = [first["events"].item, *[(await anext(followed["events"])).item for _ in mine[1:]]]
            assert given == mine
            tally, round = await latest(followed["tallies"]), await latest(followed["rounds"])
            assert tally == await ledger.tally(exchange)
            assert round == await ledger.round(exchange, 2)
            for changes in followed.values():
                await changes.aclose()
            for what in ("tallies", "rounds"):
                with pytest.raises(UsageError, match="no position 0:99999 here"):
                    await anext(ledger.follow(what, after=Frontier({0: 99_999})))


async def latest(changes: AsyncGenerator[Change, None]) -> object:
    """What a subscriber was given last when nothing comes any more."""
    found: Tally | Round | None = None
    with suppress(TimeoutError):
        while True:
            item = (await asyncio.wait_for(anext(changes), 3)).item
            assert isinstance(item, Tally | Round)
            found = item
    return found


async def test_a_slow_subscriber_holds_little(kafka: str) -> None:
    """It reads a few hundred of events that are far more than it may hold."""
    url = await fresh(kafka, PARTITIONS)
    async with opened(url) as log:
        for first in range(0, 5000, 250):
            await log.append([padded(number) for number in range(first, first + 250)])
        assert (await log.end()).records == 5000
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "tests.kafka.slow", url, "4"],
        cwd=TREE,
        env=environment(),
        capture_output=True,
        check=True,
    )
    seen, grown_mib = map(int, done.stdout.split())
    print(f"{seen} events, {grown_mib} MiB more")
    assert 100 < seen < 4000
    assert grown_mib < 120


def padded(number: int) -> Message:
    """An event of 30 kB, most of which is blank."""
    told = released(number, exchange=EXCHANGES[number % len(EXCHANGES)])
    return Message(told.id, told.exchange, encode(told).ljust(30_000), told)
