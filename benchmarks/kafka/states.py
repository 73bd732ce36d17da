"""How a worker could hold its state: each way is killed again and again while events come, and its counts are compared.

A kill (SIGKILL) comes a random while after it is live. At the end the way runs until its counts
have stood still, and every exchange's count is held against what was published. For the replay, what counts are the
tallies on the topic, and their bytes are also compared with those of a fold of the whole log.
"""

import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import orjson

from benchmarks import corpus
from benchmarks.kafka.candidates import WAYS
from benchmarks.kafka.ledgers import filled, fresh, opened
from benchmarks.kafka.processes import line, spawned, until
from benchmarks.kafka.worker import group
from benchmarks.measure import Sample, measured, say, table
from ledger.follow.follower import read_books
from schemas.topics import TALLIES
from schemas.views import Tally, view_bytes

RATE = 300
ALIVE_S = (0.5, 3.0)
STILL_S, PATIENCE_S = 15.0, 300.0
SEED = 7
SIZES = (10_000, 40_000)


class Held(NamedTuple):
    """What came of the kills: events published and counted, exchanges that are wrong, and seconds to be live again."""

    published: int
    counted: int
    wrong: int
    restarts: list[float]


def run(brokers: str, kills: int) -> str:
    """Kill every way, and measure how its recovery grows. Returns the tables."""
    return f"{_exactness(brokers, kills)}\n\n{_growth(brokers)}"


def _exactness(brokers: str, kills: int) -> str:
    rows = []
    for way, (meaning, *_) in WAYS.items():
        say(f"  {kills} kills: {meaning}")
        held = asyncio.run(killed(way, brokers, kills))
        ordered = sorted(held.restarts)
        cells = [f"{held.published:,}", f"{held.counted:,}", f"{held.counted - held.published:+,}", held.wrong]
        rows.append([meaning, *cells, f"{ordered[len(ordered) // 2]:.1f} ({ordered[0]:.1f} to {ordered[-1]:.1f})"])
    head = [
        f"state, after {kills} kills at {RATE:,} events/s",
        "events",
        "counted",
        "off by",
        "exchanges that are wrong",
    ]
    return table([*head, "from start to live, s, median (least to most)"], rows)


# -- kills -------------------------------------------------------------------------------------------


async def killed(way: str, brokers: str, kills: int) -> Held:
    """Kill a way so often while events come, and hold what it has counted at the end against what was published."""
    url, name, rng, ended = await fresh(brokers), group(), random.Random(SEED), asyncio.Event()
    publishing = asyncio.create_task(_publish(url, ended))
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        file = Path(folder) / "counts"
        restarts = [await _untilkilled(way, url, name, file, rng.uniform(*ALIVE_S)) for _ in range(kills)]
        ended.set()
        published = await publishing
        file.unlink(missing_ok=True)
        with spawned("candidates", way, url, name, file):
            await _until_still(file)
        counts = await _tallies(url) if way == "replay" else read(file)
    wrong = sum(counts.get(exchange, 0) != events for exchange, events in published.items())
    return Held(sum(published.values()), sum(counts.values()), wrong, restarts)


async def _publish(url: str, ended: asyncio.Event) -> Counter[str]:
    """Publish steadily. Returns how many events of each exchange are in the log."""
    log, published, messages = opened(url), Counter[str](), corpus.messages(sys.maxsize)
    while not ended.is_set():
        batch = list(islice(messages, RATE // 10))
        await log.append(batch)
        published.update(message.exchange for message in batch)
        await asyncio.sleep(0.1)
    await log.close()
    return published


async def _untilkilled(way: str, url: str, name: str, file: Path, alive_s: float) -> float:
    """Start a candidate, and kill it a while after it is live. Returns how long it took to be that."""
    started = time.monotonic()
    with spawned("candidates", way, url, name, file) as candidate:
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.to_thread(line, candidate)
        took = time.monotonic() - started
        await asyncio.sleep(alive_s)
    return took


async def _until_still(file: Path) -> None:
    """Wait until there are counts, and until they have stood still for long enough."""
    async with asyncio.timeout(PATIENCE_S):
        await until(file.exists)
        last, since = read(file), time.monotonic()
        while time.monotonic() < since + STILL_S:
            await asyncio.sleep(0.2)
            if (now := read(file)) != last:
                last, since = now, time.monotonic()


def read(file: Path) -> Mapping[str, int]:
    """What a candidate has written that it has counted."""
    counts: Mapping[str, int] = orjson.loads(file.read_bytes()) if file.exists() else {}
    return counts


async def _tallies(url: str) -> Mapping[str, int]:
    """The events that each tally on the topic counts; none for one whose bytes are not those of a fold of the log."""
    log = opened(url)
    books, kept = await read_books(log), dict[str, bytes]()
    reader = await log.reader(TALLIES)
    async for fetched in reader.read():
        kept.update((record.key.decode(), record.value) for record in fetched.records)
    await log.close()
    return {
        exchange: Tally.model_validate_json(body).events
        for exchange, body in kept.items()
        if exchange in books.by_exchange and body == view_bytes(books.tally(exchange))
    }


# -- growth ------------------------------------------------------------------------------------------


def _growth(brokers: str) -> str:
    rows = []
    for way, (meaning, *_) in WAYS.items():
        for size in SIZES:
            say(f"  {size:,} events: {meaning}")
            taken, again = _counted(way, brokers, size)
            rows.append([meaning, f"{size:,}", f"{taken.rate:,.0f}", f"{again:.1f}"])
    return table(["state", "events", "events/s from a start to all counted", "s from the next start to live"], rows)


def _counted(way: str, brokers: str, events: int) -> tuple[Sample, float]:
    """How fast a way counts what is there, and how long it needs when it starts again."""
    url, name = asyncio.run(filled(brokers, events)), group()
    with TemporaryDirectory() as folder:
        arguments = (way, url, name, Path(folder) / "counts")
        taken = measured("benchmarks.kafka.candidates", *arguments, events)
        with spawned("candidates", *arguments) as again:
            return taken, float(line(again).split()[1])
