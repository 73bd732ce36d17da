"""A broker that is away for a while: a worker says that it is not ready, writes little, and goes on by itself."""

import asyncio
import math
import os
import time
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from broker.cluster import Cluster
from ledger.client import AsyncLedger
from ledger.follow.log_end import KNOWN_S
from schemas.topics import PARTITIONS
from tests.kafka.conftest import killed_at_the_end
from tests.kafka.load import load
from tests.kafka.topics import fresh
from tests.kafka.workers import LOOK_S, WITHIN_S, Kept, Worker, all_live, opened, settled, workers
from tests.log.events import EXCHANGE, released

OUTAGE_S = float(os.environ.get("OUTAGE_S", "12"))
LINES_MAX = 20
"""Of a worker's log, in each minute that has begun."""


@pytest.fixture
def one_node(own_brokers: None, tmp_path: Path) -> Iterator[Cluster]:
    with killed_at_the_end(Cluster(tmp_path / "cluster", heap_mib=256)) as cluster:
        yield cluster


async def test_a_worker_and_clients_outlive_their_broker(one_node: Cluster, tmp_path: Path) -> None:
    """Once when nothing goes on, and once under load."""
    url = await fresh(one_node.bootstrap, PARTITIONS)
    with workers(url, tmp_path, 1) as [worker]:
        await all_live([worker], PARTITIONS, 60)
        async with AsyncLedger.open(url) as ledger, opened(url) as log, load(url, tmp_path, 1) as publisher:
            kept = Kept(log)
            await ledger.publish(released(-1))
            await settled(kept)
            await outage(one_node, worker)
            await ledger.publish(released(-2))
            assert (await settled(kept)).tally(EXCHANGE).events == 2
            await publisher.go()
            await outage(one_node, worker)
            await publisher.stop()
            counted = sum(tally.events for tally in (await settled(kept)).tallies())
            assert counted == len(publisher.acknowledged) + 2
            assert worker.is_running
            wrong, over = (
                worker.said.count(f"{sees} how far the log reaches") for sees in ("cannot see", "sees again")
            )
            # Outages that are close together are said once, and a machine under load can have some of its own.
            assert 1 <= over <= wrong <= 6


async def outage(cluster: Cluster, worker: Worker) -> None:
    """Kill the broker and start it again; return once the worker is ready again, without anybody's help."""
    said, began = len(worker.said.splitlines()), time.monotonic()
    cluster.kill(1)
    await unready(worker, OUTAGE_S)
    await asyncio.to_thread(cluster.start, 1)
    back = time.monotonic()
    while (await worker.asked("/health/ready"))[0] != 200:
        assert time.monotonic() < back + WITHIN_S, worker.said
        await asyncio.sleep(LOOK_S)
    lines, ended = worker.said.splitlines()[said:], time.monotonic()
    print(f"{len(lines)} lines in {ended - began:.1f} s, ready {ended - back:.1f} s after the broker was back")
    assert len(lines) <= LINES_MAX * math.ceil((ended - began) / 60), "\n".join(lines)


async def unready(worker: Worker, for_s: float) -> None:
    """Look each second: soon the worker is not ready, stays so, and knows no lag. It never stops answering."""
    began = time.monotonic()
    while (passed := time.monotonic() - began) < for_s:
        (status, text), (metrics_status, metrics) = await worker.asked("/health/ready"), await worker.asked("/metrics")
        assert metrics_status == 200
        lags = {state["lag"] for state in orjson.loads(text)["partitions"].values()}
        if passed > KNOWN_S:
            assert (status, lags) == (503, {None})
            assert "ledger_worker_lag_events{" not in metrics
        await asyncio.sleep(1)
