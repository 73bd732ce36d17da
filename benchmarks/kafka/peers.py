"""The worker beside its peers, in one run on one broker: a row for each of them.

Kafka Streams and Quix Streams read each event's JSON, count by exchange and round into a state store of their own, and
write each count to a compacted topic, exactly once; Faust's agent reads no JSON and counts by exchange. The worker
decodes and checks every event, folds it, and writes tallies and rounds. So what a peer does for an event is a small
part of what the worker does, which favours the peer.

A way is back once it has counted what was published while it was dead, from the start of its process. It is killed at
rest, 5 s after the last event; its state stays where it was, and so does its group, whose session is 2 s for all.
"""

import asyncio
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import sleep

from benchmarks import corpus
from benchmarks.kafka import latency, states, worker
from benchmarks.kafka.candidates import WAYS
from benchmarks.kafka.ledgers import filled, opened
from benchmarks.kafka.processes import WORKED, spawned, until, worked
from benchmarks.measure import in_turns, measured, say, table

BARE = "bare `getmany`, strict fold, views in one transaction"
PEERS = ("replay", "naive", "streams", "streams-25", "quix")
RATES = (100, 1000)
MISSED = 100
REST_S, PATIENCE_S = 5.0, 1800.0


def run(setting: latency.Setting, events: int, back: int, repeat: int, kills: int) -> str:
    """Measure all with `events`, and how soon they are back at `back` events. Returns the tables."""
    full = asyncio.run(filled(setting.brokers, events))
    names = [*(f"{when} {way}" for way in PEERS for when in ("live", "backlog")), "backlog bare"]
    rates = in_turns(names, repeat, lambda name: worker.sample(name, setting.brokers, full, events))
    late = latency.taken(setting, PEERS, RATES, repeat)
    backs = {way: _back(way, setting.brokers, back, repeat) for way in (*PEERS, "bare")}
    rows = [
        [
            WAYS[way].meaning,
            rates[f"live {way}"],
            worked(rates[f"live {way}"]),
            rates[f"backlog {way}"],
            *(latency.spread(late[way, rate], name) for rate in RATES for name in ("p50", "p99")),
            _seconds(backs[way]),
            *_exactness(way, setting.brokers, kills),
        ]
        for way in PEERS
    ]
    bare = [BARE, "-", worked(rates["backlog bare"]), rates["backlog bare"], *"----", _seconds(backs["bare"]), "-", "-"]
    head = [
        f"{events:,} events, median of {repeat} (least to most)",
        "live, events/s",
        WORKED,
        "of a backlog, events/s",
        *(f"count at {rate:,}/s, {name} ms" for rate in RATES for name in ("p50", "p99")),
        f"back after kill -9 at {back:,} events, s",
        f"off by, after {kills} kills",
        "exchanges that are wrong",
    ]
    return f"{table(head, [*rows, bare])}\n\n{_latencies(late)}"


def _latencies(late: latency.Samples) -> str:
    rows = [[WAYS[way].meaning, f"{rate:,}", *latency.cells(found)] for (way, rate), found in late.items()]
    return table(["latency", "events/s", *latency.FIGURES], rows)


def _seconds(found: Sequence[float]) -> str:
    return f"{median(found):.1f} ({min(found):.1f} to {max(found):.1f})"


def _exactness(way: str, brokers: str, kills: int) -> list[str]:
    say(f"  {kills} kills: {way}")
    held = asyncio.run(states.killed(way, brokers, kills))
    return [f"{held.counted - held.published:+,} of {held.published:,}", str(held.wrong)]


def _back(way: str, brokers: str, events: int, repeat: int) -> list[float]:
    """Seconds from the start of a process to all counted, each time after a kill."""
    say(f"  back at {events:,} events: {way}")
    url, name = asyncio.run(filled(brokers, events)), worker.group()
    if way == "bare":  # it keeps nothing, and knows nothing of groups
        return [measured("benchmarks.kafka.worker", url, events).seconds for _ in range(repeat)]
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        return [_once_back(way, url, name, Path(folder) / "c", events + turn * MISSED) for turn in range(repeat)]


def _once_back(way: str, url: str, name: str, file: Path, events: int) -> float:
    file.unlink(missing_ok=True)
    with spawned("candidates", way, url, name, file):
        asyncio.run(_until_counted(file, events))
        sleep(REST_S)
    asyncio.run(_missed(url, events))
    return measured("benchmarks.kafka.candidates", way, url, name, file, events + MISSED).seconds


async def _until_counted(file: Path, events: int) -> None:
    async with asyncio.timeout(PATIENCE_S):
        await until(lambda: sum(states.read(file).values()) >= events)


async def _missed(url: str, events: int) -> None:
    """Publish what comes behind the first `events` of the corpus."""
    log = opened(url)
    await log.append(list(islice(corpus.messages(events + MISSED), events, None)))
    await log.close()
