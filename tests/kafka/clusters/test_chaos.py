"""Brokers and workers killed under load: nothing acknowledged is lost, nothing counts twice, no view goes back."""

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import orjson
import pytest

from broker.cluster import Cluster
from ledger.client import AsyncLedger, What
from ledger.errors import LogUnreachable
from ledger.log.kafka import KafkaLog
from schemas.record import NOWHERE, Frontier
from schemas.topics import TALLIES
from schemas.views import Round, Tally, view_bytes
from tests.kafka.conftest import killed_at_the_end
from tests.kafka.load import load
from tests.kafka.publisher import EXCHANGES
from tests.kafka.topics import fresh, layout
from tests.kafka.workers import LOOK_S, Kept, Worker, all_live, opened, settled, workers
from tests.log.events import released

ROUNDS = int(os.environ.get("CHAOS_ROUNDS", "20"))
PARTITIONS = 6
SPREAD_S = 1.5
NODE_S = 60.0


@pytest.fixture
def quick_nodes(own_brokers: None, tmp_path: Path) -> Iterator[Cluster]:
    """Three nodes that are missed soon, so that a round is short."""
    soon = {"broker.session.timeout.ms": "2000", "broker.heartbeat.interval.ms": "400"}
    with killed_at_the_end(Cluster(tmp_path / "cluster", nodes=3, heap_mib=256, settings=soon)) as cluster:
        yield cluster


async def test_kills_of_workers_and_brokers_under_load(quick_nodes: Cluster, tmp_path: Path) -> None:
    seed = int(os.environ.get("CHAOS_SEED", random.randrange(2**32)))
    print(f"CHAOS_SEED={seed}")
    chance, url, took = random.Random(seed), await fresh(quick_nodes.bootstrap, PARTITIONS), Took()
    with workers(url, tmp_path, 2) as running:
        async with (
            load(url, tmp_path, seed) as publisher,
            opened(url) as log,
            AsyncLedger.open(url) as ledger,
            following(url) as followers,
        ):
            kept, stored = Kept(log), Stored(log)
            await all_live(running, PARTITIONS, 60)
            for number in range(ROUNDS):
                began = time.monotonic()
                await publisher.go()
                node = await (controller if number % 2 else some_leader)(quick_nodes, url, chance)
                killed = chance.randrange(2)
                moments = chance.uniform(0, SPREAD_S), chance.uniform(0, SPREAD_S)
                worker_back, views_back, _ = await asyncio.gather(
                    worker_killed(running, killed, moments[0], url, tmp_path),
                    broker_killed(quick_nodes, node, moments[1], ledger, kept, number),
                    in_sync_again(quick_nodes, node, moments[1], url),
                )
                await publisher.stop()
                await settled(kept, 60)
                lost = publisher.acknowledged - await stored.ids()
                assert not lost, f"{len(lost)} acknowledged events are lost; CHAOS_SEED={seed}"
                took.add(worker_back, views_back, time.monotonic() - began)
            for follower in followers:
                await follower.sees(kept)
    print(took)
    print(f"{len(publisher.acknowledged)} events acknowledged, {stored.records} records, {kept.written} views written")
    print(", ".join(f"{each.what}: {each.seen} changes, resumed {each.resumed} times" for each in followers))


@dataclass
class Took:
    """Seconds, of each round."""

    worker: list[float] = field(default_factory=list)
    views: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)

    def add(self, worker: float, views: float, whole: float) -> None:
        self.worker.append(worker)
        self.views.append(views)
        self.whole.append(whole)
        print(f"round {len(self.whole)}: live {worker:.1f} s, views {views:.1f} s, round {whole:.1f} s", flush=True)

    def __str__(self) -> str:
        named = {
            "all partitions live again after a worker was killed": self.worker,
            "an event published after a broker was killed in its view": self.views,
            "a round": self.whole,
        }
        return "\n".join(f"{name}: p50 {median(each):.1f} s, max {max(each):.1f} s" for name, each in named.items())


# -- killing -----------------------------------------------------------------------------------


async def worker_killed(running: list[Worker], number: int, moment: float, url: str, folder: Path) -> float:
    """Kill a worker and start another in its place; how long until all partitions were live again."""
    await asyncio.sleep(moment)
    running[number].kill()
    started = time.monotonic()
    running[number] = Worker(url, folder)
    await all_live(running, PARTITIONS, 60)
    return time.monotonic() - started


async def broker_killed(
    cluster: Cluster, node: int, moment: float, ledger: AsyncLedger, kept: Kept, number: int
) -> float:
    """Kill a broker and start it again; how long until events that are published then are in their views."""
    await asyncio.sleep(moment)
    cluster.kill(node)
    cluster.nodes[node - 1].launch()
    started = time.monotonic()
    probes = [released(-number * len(EXCHANGES) - n - 1, exchange=each) for n, each in enumerate(EXCHANGES)]
    while True:
        try:
            receipts = await ledger.publish_many(probes)
            break
        except LogUnreachable as error:
            print(f"published again: {error}")
    for exchange, receipt in zip(EXCHANGES, receipts, strict=True):
        key = TALLIES.suffix, exchange
        while key not in kept.latest or kept.latest[key].position < receipt.position:
            assert time.monotonic() < started + 60, f"{exchange} stands still"
            await kept.read()
            await asyncio.sleep(LOOK_S)
    return time.monotonic() - started


async def in_sync_again(cluster: Cluster, node: int, moment: float, url: str) -> None:
    """Until a killed broker is back, and has all that the others have: only then another may die."""
    await asyncio.sleep(moment + 0.5)
    deadline = time.monotonic() + NODE_S
    await asyncio.to_thread(cluster.nodes[node - 1].wait, deadline)
    while any(len(each["isr"]) < 3 for each in await layout(cluster, url)):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.1)


async def some_leader(cluster: Cluster, url: str, chance: random.Random) -> int:
    """The node that leads some partition of the events."""
    return int(chance.choice(await layout(cluster, url))["leader"])


async def controller(cluster: Cluster, url: str, chance: random.Random) -> int:
    """The node that leads the controllers, by what each keeps of its last vote."""
    states = [orjson.loads((each.data / "__cluster_metadata-0/quorum-state").read_bytes()) for each in cluster.nodes]
    return int(max(states, key=lambda state: int(state["leaderEpoch"]))["leaderId"])


# -- looking on --------------------------------------------------------------------------------


class Stored:
    """The ids of the events in the topic, read as they come."""

    def __init__(self, log: KafkaLog) -> None:
        self.records = 0
        self._log = log
        self._ids: set[str] = set()
        self._reached = NOWHERE

    async def ids(self) -> set[str]:
        async for batch in self._log.read(self._reached):
            self._ids |= {orjson.loads(payload)["id"] for _, _, payload, _ in batch.rows}
            self.records += len(batch.rows)
            self._reached = self._reached.advanced(batch.partition, batch.last)
        return self._ids


class Follower:
    """A subscriber of views that checks what it is given, and resumes where the log did not answer."""

    def __init__(self, what: What) -> None:
        self.what = what
        self.seen = self.resumed = 0
        self.latest: dict[tuple[str, int | None], Tally | Round] = {}
        self._reached = NOWHERE

    async def follow(self, ledger: AsyncLedger) -> None:
        while True:
            try:
                async with aclosing(ledger.follow(self.what, after=self._reached)) as changes:
                    async for change in changes:
                        assert isinstance(change.item, Tally | Round)
                        self._take(change.item, change.reached)
            except LogUnreachable:
                self.resumed += 1
                await asyncio.sleep(0.2)

    def _take(self, view: Tally | Round, reached: Frontier) -> None:
        key = view.exchange, getattr(view, "round", None)
        known = self.latest.get(key)
        if known is not None:
            assert view_bytes(view) != view_bytes(known), f"{key} twice"
            assert known_events(view) > known_events(known), f"{key} went back"
        self.latest[key] = view
        self._reached = reached
        self.seen += 1

    async def sees(self, kept: Kept) -> None:
        """Return once it has the views that are kept."""
        expected = {body for (suffix, _), body in kept.bodies.items() if suffix == self.what}
        deadline = time.monotonic() + 30
        while {view_bytes(each) for each in self.latest.values()} != expected:
            assert time.monotonic() < deadline, f"{self.what}: {len(self.latest)} of {len(expected)}"
            await asyncio.sleep(LOOK_S)


@asynccontextmanager
async def following(url: str) -> AsyncIterator[list[Follower]]:
    """Two subscribers, of tallies and of rounds; what they find wrong is raised in the end."""
    followers = [Follower("tallies"), Follower("rounds")]
    async with AsyncLedger.open(url) as ledger:
        tasks = [asyncio.create_task(each.follow(ledger)) for each in followers]
        try:
            yield followers
        finally:
            for task in tasks:
                task.cancel()
            for error in await asyncio.gather(*tasks, return_exceptions=True):
                if error is not None and not isinstance(error, asyncio.CancelledError):
                    raise error


def known_events(view: Tally | Round) -> int:
    """How many events a view rests on, of those that are published here."""
    return view.events if isinstance(view, Tally) else view.claims.used + view.claims.left_out
