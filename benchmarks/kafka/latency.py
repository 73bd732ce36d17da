"""Latency: from before a publish to the view in a subscriber's hands, at a steady rate, with history behind it.

The publisher keeps to its timetable whether or not earlier publishes have returned, and the clock of an event starts
when the timetable says, so that a stall counts against every event that it delays. Publisher and subscriber are in one
process, the worker and the broker in others. A view answers for an event once it counts as many events of its exchange.
"""

import asyncio
import math
import os
import statistics
import subprocess
import sys
import time
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, TypeAlias

from benchmarks import corpus
from benchmarks.kafka import timeline
from benchmarks.kafka.candidates import WAYS
from benchmarks.kafka.ledgers import filled, opened
from benchmarks.kafka.processes import line, spawned, until
from benchmarks.kafka.timeline import Event, Mark
from benchmarks.kafka.worker import group
from benchmarks.measure import Sample, measured, report, say, table
from ledger.log.kafka import KafkaLog
from ledger.log.kafka.partitioner import Partitioner
from ledger.log.port import Message

RATES = (100, 1000, 5000)
SECONDS = 20
WARM_UP_S = 2
HISTORY = 20_000
WAIT_S = 120.0

FIGURES = ("`publish` returns, p50 ms", "view, p50 ms", "view, p99 ms (aim: under 100)", "p99 of each run", "worst ms")
WORKER, BROKER, CLIENTS = "worker", "broker", "publisher and subscriber"
PROCESSES = (WORKER, BROKER, CLIENTS, timeline.OTHERS)


class Setting(NamedTuple):
    """What all runs have in common: the broker's address and process, and a CSV for the time line of each."""

    brokers: str
    broker: int
    timeline: Path | None = None


class Arrived(NamedTuple):
    """A view: how many events it counts, and when it was there."""

    events: int
    at: float


Arrivals: TypeAlias = Mapping[str, list[Arrived]]
Samples: TypeAlias = Mapping[tuple[str, int], list[Sample]]


def run(setting: Setting, repeat: int) -> str:
    """Measure the worker at every rate, several times. Returns the table."""
    samples = taken(setting, ["replay"], RATES, repeat)
    rows = [[f"{rate:,}", *cells(found), *_bounds(found)] for (_, rate), found in samples.items()]
    head = [f"events/s, for {SECONDS} s on {HISTORY:,} events, median of {repeat} (least to most)"]
    return table([*head, *FIGURES, "most events behind", "bounded by, and the processors that each had"], rows)


def cells(samples: Sequence[Sample]) -> list[str]:
    """What belongs under FIGURES."""
    every = " ".join(f"{sample.parts['p99']:,.0f}" for sample in samples)
    return [*(spread(samples, name) for name in ("published", "p50", "p99")), every, spread(samples, "worst")]


def _bounds(samples: Sequence[Sample]) -> list[str]:
    shares = {name: statistics.median(sample.parts[name] for sample in samples) for name in PROCESSES}
    return [spread(samples, "behind"), timeline.bound(shares)]


def spread(samples: Sequence[Sample], name: str) -> str:
    """The median of a part of the samples, its least and its most."""
    found = [sample.parts[name] for sample in samples] or [math.nan]
    return f"{statistics.median(found):,.0f} ({min(found):,.0f} to {max(found):,.0f})"


def taken(setting: Setting, ways: Sequence[str], rates: Sequence[int], repeat: int) -> Samples:
    """Measure every way at every rate once, then all again."""
    samples: dict[tuple[str, int], list[Sample]] = {(way, rate): [] for rate in rates for way in ways}
    for turn in range(repeat):
        for (way, rate), found in samples.items():
            say(f"  {turn + 1}/{repeat} {way}, {rate:,} events/s")
            try:
                found.append(_sample(setting, way, rate, turn + 1))
            except subprocess.CalledProcessError:  # it says why; a run of hours is not lost for one that is too slow
                say(f"  {way} has not counted all, {WAIT_S:.0f} s after the last event")
    return samples


def _sample(setting: Setting, way: str, rate: int, turn: int) -> Sample:
    url, name = asyncio.run(filled(setting.brokers, HISTORY)), group()
    with (
        TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        spawned("candidates", way, url, name, Path(folder) / "c") as candidate,
    ):
        _, _, worker = line(candidate).split()
        kept = [] if setting.timeline is None else [setting.timeline]
        return measured(__name__, url, name, way, rate, turn, worker, setting.broker, *kept)


class Run(NamedTuple):
    """One run: its ledger, the group and way that count, the rate, and the processes that it is made of."""

    url: str
    group: str
    way: str
    rate: int
    pids: Mapping[str, int]


async def _measured(run: Run) -> tuple[Sample, Sequence[timeline.Row]]:
    messages = list(islice(corpus.messages(HISTORY + run.rate * SECONDS), HISTORY, None))
    known = Counter(exchange for _, exchange, _, _ in corpus.events(HISTORY))
    log = opened(run.url)
    arrivals: defaultdict[str, list[Arrived]] = defaultdict(list)
    following = asyncio.create_task(_follow(WAYS[run.way].follow(run.url, run.group), arrivals))
    await _until_all_arrived(known, arrivals)
    await asyncio.sleep(WARM_UP_S)
    marks = [timeline.mark(run.pids)]
    marking = asyncio.create_task(_mark(run.pids, marks))
    due, returned = await _publish(log, messages, run.rate)
    published = len(marks)
    await _until_all_arrived(known + Counter(message.exchange for message in messages), arrivals)
    await asyncio.sleep(1)  # so that the last events are within the last second of the time line
    following.cancel()
    marking.cancel()
    events = list(_events(zip(messages, due, strict=True), known, arrivals, await log.partitioner()))
    rows = list(timeline.rows(events, marks))
    parts = {
        "published": statistics.median(returned) * 1000,
        **_figures(events[run.rate * WARM_UP_S :]),
        **timeline.shares(marks[0], marks[published - 1]),
        "behind": max(row.behind or 0 for row in rows),
    }
    await log.close()
    return Sample(len(messages), SECONDS, 0, parts), rows


async def _follow(counts: AsyncIterator[tuple[str, int]], arrivals: defaultdict[str, list[Arrived]]) -> None:
    async for exchange, counted in counts:
        arrivals[exchange].append(Arrived(counted, time.monotonic()))


async def _mark(pids: Mapping[str, int], marks: list[Mark]) -> None:
    while True:
        await asyncio.sleep(1)
        marks.append(timeline.mark(pids))


async def _publish(log: KafkaLog, messages: Sequence[Message], rate: int) -> tuple[list[float], list[float]]:
    """Append each message at its time. Returns when each was due, and how long each took."""
    began = time.monotonic()
    due = [began + number / rate for number in range(len(messages))]
    took: list[float] = []

    async def publish(message: Message, at: float) -> None:
        await log.append([message])
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


def _events(
    published: Iterable[tuple[Message, float]], known: Counter[str], arrivals: Arrivals, partitioner: Partitioner
) -> Iterator[Event]:
    """Each event with when it was due, and when the first view that counts it was there; `known` were before."""
    counted = known.copy()
    for message, due in published:
        counted[message.exchange] += 1
        views = arrivals[message.exchange]
        first = bisect_left(views, counted[message.exchange], key=lambda view: view.events)
        yield Event(partitioner.of(message.exchange), due, views[first].at)


def _figures(events: Sequence[Event]) -> dict[str, float]:
    """The median, the 99th percentile and the worst, in milliseconds."""
    ordered = sorted((event.arrived - event.due) * 1000 for event in events)
    return {"p50": statistics.median(ordered), "p99": ordered[len(ordered) * 99 // 100], "worst": ordered[-1]}


def _main(
    url: str, group: str, way: str, rate: str, turn: str, worker: str, broker: str, kept: str | None = None
) -> None:
    pids = {WORKER: int(worker), BROKER: int(broker), CLIENTS: os.getpid()}
    sample, rows = asyncio.run(_measured(Run(url, group, way, int(rate), pids)))
    if kept is not None:
        timeline.write(Path(kept), {"way": way, "rate": rate, "run": turn}, rows)
    report(sample)


if __name__ == "__main__":
    _main(*sys.argv[1:])
