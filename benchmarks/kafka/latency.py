"""Latency: from before a publish to the view in a subscriber's hands, at a steady rate, with history behind it.

The publisher keeps to its timetable whether or not earlier publishes have returned, and the clock of an event starts
when the timetable says, so that a stall counts against every event that it delays. Publisher and subscriber are in one
process, the worker and the broker in others. A view answers for an event once it counts as many events of its exchange.
"""

import asyncio
import statistics
import sys
import time
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import aclosing
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, TypeAlias

from benchmarks import corpus
from benchmarks.kafka.ledgers import filled, opened
from benchmarks.kafka.processes import line, spawned, until
from benchmarks.kafka.worker import group
from benchmarks.measure import Sample, measured, report, say, table
from ledger.client import AsyncLedger
from ledger.log.port import Message
from schemas.views import Tally

RATES = (100, 1000)
SECONDS = 20
WARM_UP_S = 2
HISTORY = 20_000
WAIT_S = 120.0


class Wanted(NamedTuple):
    """An event: its exchange, the how many-th event of it, and when it was due (time.monotonic)."""

    exchange: str
    number: int
    due: float


class Arrived(NamedTuple):
    """A view: how many events it counts, and when it was there."""

    events: int
    at: float


Arrivals: TypeAlias = Mapping[str, list[Arrived]]


def run(brokers: str, repeat: int) -> str:
    """Measure every rate, several times. Returns the table."""
    rows = []
    for rate in RATES:
        samples = []
        for turn in range(repeat):
            say(f"  {turn + 1}/{repeat} {rate} events/s")
            samples.append(_sample(brokers, rate))
        rows.append([f"{rate:,}", *(_spread(samples, name) for name in ("published", "p50", "p99", "worst"))])
    head = [f"events/s, for {SECONDS} s on {HISTORY:,} events, median of {repeat} (least to most)"]
    return table(
        [*head, "`publish` returns, p50 ms", "view, p50 ms", "view, p99 ms (aim: under 100)", "worst ms"], rows
    )


def _spread(samples: Sequence[Sample], name: str) -> str:
    found = [sample.parts[name] for sample in samples]
    return f"{statistics.median(found):,.0f} ({min(found):,.0f} to {max(found):,.0f})"


def _sample(brokers: str, rate: int) -> Sample:
    url = asyncio.run(filled(brokers, HISTORY))
    with TemporaryDirectory() as folder, spawned("candidates", "replay", url, group(), Path(folder) / "c") as worker:
        line(worker)
        return measured(__name__, url, rate)


async def _measured(url: str, rate: int) -> Sample:
    count = rate * SECONDS
    messages = list(islice(corpus.messages(HISTORY + count), HISTORY, None))
    known = Counter(exchange for _, exchange, _, _ in corpus.events(HISTORY))
    ledger = AsyncLedger(opened(url))
    await ledger.log.end()
    arrivals: defaultdict[str, list[Arrived]] = defaultdict(list)
    following = asyncio.create_task(_follow(AsyncLedger(opened(url)), arrivals))
    await asyncio.sleep(WARM_UP_S)
    due, returned = await _publish(ledger, messages, rate)
    wanted = []
    for message, at in zip(messages, due, strict=True):
        known[message.exchange] += 1
        wanted.append(Wanted(message.exchange, known[message.exchange], at))
    await _until_all_arrived(known, arrivals)
    following.cancel()
    seen = list(_latencies(wanted[rate * WARM_UP_S :], arrivals))
    return Sample(count, SECONDS, 0, {"published": statistics.median(returned) * 1000, **_figures(seen)})


async def _follow(ledger: AsyncLedger, arrivals: defaultdict[str, list[Arrived]]) -> None:
    async with aclosing(ledger.follow("tallies")) as changes:
        async for change in changes:
            assert isinstance(change.item, Tally)
            arrivals[change.item.exchange].append(Arrived(change.item.events, time.monotonic()))


async def _publish(ledger: AsyncLedger, messages: Sequence[Message], rate: int) -> tuple[list[float], list[float]]:
    """Append each message at its time. Returns when each was due, and how long each took."""
    began = time.monotonic()
    due = [began + number / rate for number in range(len(messages))]
    took: list[float] = []

    async def publish(message: Message, at: float) -> None:
        await ledger.log.append([message])
        took.append(time.monotonic() - at)

    async with asyncio.TaskGroup() as group:
        for message, at in zip(messages, due, strict=True):
            if (early := at - time.monotonic()) > 0:
                await asyncio.sleep(early)
            group.create_task(publish(message, at))
    return due, took


async def _until_all_arrived(known: Mapping[str, int], arrivals: Arrivals) -> None:
    async with asyncio.timeout(WAIT_S):
        await until(lambda: all(arrivals[name] and arrivals[name][-1].events >= known[name] for name in known))


def _latencies(wanted: Sequence[Wanted], arrivals: Arrivals) -> Iterator[float]:
    """Seconds from when each event was due to the first view that counts it."""
    for exchange, number, due in wanted:
        counts = [arrived.events for arrived in arrivals[exchange]]
        yield arrivals[exchange][bisect_left(counts, number)].at - due


def _figures(seconds: Sequence[float]) -> dict[str, float]:
    """The median, the 99th percentile and the worst, in milliseconds."""
    ordered = sorted(each * 1000 for each in seconds)
    return {"p50": statistics.median(ordered), "p99": ordered[len(ordered) * 99 // 100], "worst": ordered[-1]}


if __name__ == "__main__":
    report(asyncio.run(_measured(sys.argv[1], int(sys.argv[2]))))
