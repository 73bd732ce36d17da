"""Workers that start, stop, stand still, are killed and come back."""

import asyncio
import re
import time
from pathlib import Path

from aiokafka import AIOKafkaProducer
from prometheus_client.parser import text_string_to_metric_families

from broker.ports import HOST, free_ports
from ledger.client import AsyncLedger
from schemas.codec import encode
from schemas.topics import EVENTS, PARTITIONS, PROGRESS
from tests.kafka.load import load
from tests.kafka.topics import deleted, fresh, made, prefix
from tests.kafka.workers import (
    WITHIN_S,
    Kept,
    Worker,
    all_live,
    opened,
    rejected,
    seeded,
    settled,
    shared,
    until,
    workers,
)
from tests.log.events import EXCHANGE, TREE, released

STALL_S = 8


# -- starting and stopping ---------------------------------------------------------------------


async def test_a_worker_without_topics_or_without_a_broker_says_so(kafka: str, tmp_path: Path) -> None:
    [port] = free_ports(1)
    wrong = {
        f"kafka://{kafka}/never-made": "the topic never-made.events is missing; `ledger topics ensure` makes it",
        f"kafka://{HOST}:{port}/nobody": f"kafka://{HOST}:{port}/nobody: ",
    }
    started = [Worker(url, tmp_path) for url in wrong]
    for worker, why in zip(started, wrong.values(), strict=True):
        with worker:
            assert await worker.ended() == 4, worker.said
            said = " ".join(worker.said.split())
            assert f"error: {why}" in said or why in said
            assert "Traceback" not in said


async def test_two_workers_share_and_one_that_is_told_to_stop_hands_over_at_once(kafka: str, tmp_path: Path) -> None:
    url, session_s = await fresh(kafka, PARTITIONS), 40
    with workers(url, tmp_path, 2, LEDGER_WORKER_SESSION=str(session_s)) as (stopping, staying):
        await shared([stopping, staying], PARTITIONS)
        async with AsyncLedger.open(url) as ledger:
            await ledger.publish(released(1))
        began = time.monotonic()
        stopping.terminate()
        await all_live([staying], PARTITIONS)
        handed_over = time.monotonic() - began
        assert await stopping.ended() == 0
        print(f"handed over in {handed_over:.1f} s, ended in {time.monotonic() - began:.1f} s")
        assert handed_over < session_s / 4
        async with opened(url) as log:
            await settled(Kept(log))


async def test_health_and_metrics(kafka: str, tmp_path: Path) -> None:
    url = await fresh(kafka, PARTITIONS)
    async with AsyncLedger.open(url) as ledger:
        await ledger.publish_many(released(number) for number in range(10))
    with workers(url, tmp_path, 1) as [worker]:
        await until(lambda: worker.address is not None, 30, "no address")
        seen = []
        while (status := (await worker.asked("/health/ready"))[0]) != 200:
            assert (await worker.asked("/health/live"))[0] == 200
            seen.append(status)
        assert set(seen) <= {503}
        assert await worker.live() == {*range(PARTITIONS)}
        _, text = await worker.asked("/metrics")
        families = {family.name: family for family in text_string_to_metric_families(text)}
        named = {sample.name for family in families.values() for sample in family.samples}
        assert named == {*re.findall(r"ledger_worker_\w+", (TREE / "docs/kafka-operations.md").read_text("utf-8"))}
        assert sum(sample.value for sample in families["ledger_worker_views"].samples) == 2
        assert [sample.value for sample in families["ledger_worker_live"].samples] == [1.0] * PARTITIONS
        assert max(sample.value for sample in families["ledger_worker_position"].samples) == 9


# -- what stands still -------------------------------------------------------------------------


async def test_a_worker_that_cannot_go_on_ends_itself(kafka: str, tmp_path: Path) -> None:
    """Somebody deletes the topic of progress: writes to it are neither refused nor done."""
    url = await fresh(kafka)
    with workers(url, tmp_path, 1, LEDGER_WORKER_STALL=str(STALL_S)) as running:
        await all_live(running, 1)
        [stuck] = running
        async with AsyncLedger.open(url) as ledger:
            await ledger.publish(released(1))
            async with opened(url) as log:
                await settled(Kept(log))
            await deleted(kafka, PROGRESS.name(prefix(url)))
            await ledger.publish(released(2))
        began = time.monotonic()
        assert await stuck.ended() == 1, stuck.said
        print(f"ended itself after {time.monotonic() - began:.1f} s")
        assert f"no progress for {STALL_S} s in partition [0]: ending" in stuck.said
        with Worker(url, tmp_path) as told:
            assert await told.ended() == 4
            assert "is missing; `ledger topics ensure` makes it" in " ".join(told.said.split())
        await made(url)
        running.append(Worker(url, tmp_path))
        async with opened(url) as log:
            kept = Kept(log)
            await settled(kept)
            assert len(kept.bodies) == 2


async def test_a_worker_that_cannot_go_on_stops_when_it_is_told_to(kafka: str, tmp_path: Path) -> None:
    url = await fresh(kafka)
    with workers(url, tmp_path, 1) as [worker]:
        await all_live([worker], 1)
        async with AsyncLedger.open(url) as ledger:
            await ledger.publish(released(1))
            await deleted(kafka, PROGRESS.name(prefix(url)))
            await ledger.publish(released(2))
        await asyncio.sleep(1)
        worker.terminate()
        began = time.monotonic()
        assert await worker.ended() == 0
        print(f"stopped after {time.monotonic() - began:.1f} s")
        assert time.monotonic() - began < 10


async def test_a_publisher_with_transactions_counts_once_it_commits(kafka: str, tmp_path: Path) -> None:
    """What it aborts never counts; and the marks that it leaves in the log are no events that nobody folds."""
    url = await fresh(kafka)
    topic = EVENTS.name(prefix(url))
    with workers(url, tmp_path, 1, LEDGER_WORKER_STALL=str(STALL_S)) as [worker]:
        await all_live([worker], 1)
        async with (
            AIOKafkaProducer(bootstrap_servers=kafka, transactional_id=prefix(url)) as producer,
            opened(url) as log,
        ):
            kept = Kept(log)
            for number, is_aborted in enumerate([False, True, False, True, True]):
                await producer.begin_transaction()
                await producer.send_and_wait(topic, encode(released(number)), partition=0)
                await asyncio.sleep(0.3)
                await (producer.abort_transaction() if is_aborted else producer.commit_transaction())
            await counted(kept, 2)
            await asyncio.sleep(STALL_S + 4)
            assert worker.is_running, worker.said
            await producer.begin_transaction()
            await producer.send_and_wait(topic, encode(released(9)), partition=0)
            await producer.commit_transaction()
            await counted(kept, 3)


async def counted(kept: Kept, events: int) -> None:
    """Until so many events count and no more. Kafka confirms a commit before its mark is in the partition."""
    deadline = time.monotonic() + WITHIN_S
    while (found := sum(each.events for each in (await settled(kept)).tallies())) < events:
        assert time.monotonic() < deadline, f"{found} of {events} count"
    assert found == events


async def test_one_that_stood_still_past_its_session_writes_nothing_old(kafka: str, tmp_path: Path) -> None:
    chance, url = seeded("PAUSE_SEED"), await fresh(kafka, PARTITIONS)
    with workers(url, tmp_path, 2) as running:
        await all_live(running, PARTITIONS, 60)
        async with load(url, tmp_path, 1) as publisher, opened(url) as log:
            kept, took = Kept(log), []
            for paused, other in ((0, 1), (1, 0)):
                await publisher.go()
                await asyncio.sleep(chance.uniform(0, 1))
                running[paused].pause()
                took.append(await all_live([running[other]], PARTITIONS))
                await kept.read()
                running[paused].resume()
                await shared(running, PARTITIONS)
                await publisher.stop()
                await settled(kept)
            print("taken over after", ", ".join(f"{each:.1f} s" for each in took))


# -- coming and going --------------------------------------------------------------------------


async def test_workers_that_come_and_go_under_load(kafka: str, tmp_path: Path) -> None:
    chance, url = seeded("STORM_SEED"), await fresh(kafka, PARTITIONS)
    with workers(url, tmp_path, 1) as running:
        async with load(url, tmp_path, 2) as publisher, opened(url) as log:
            kept = Kept(log)
            await publisher.go()
            for turn in range(9):
                alive = [each for each in running if each.is_running]
                if turn % 2 == 0 or len(alive) == 1:
                    running.append(Worker(url, tmp_path))
                else:
                    leaving = chance.choice(alive)
                    leaving.kill() if chance.random() < 0.5 else leaving.terminate()
                await asyncio.sleep(3)
                await kept.read()
            await publisher.stop()
            took = await all_live([each for each in running if each.is_running], PARTITIONS)
            books = await settled(kept)
            counted = sum(tally.events for tally in books.tallies())
            assert counted == len(publisher.acknowledged)
            print(f"{counted} events, {kept.written} views; live {took:.1f} s after the storm")


async def test_a_worker_killed_while_it_starts_again_and_again(kafka: str, tmp_path: Path) -> None:
    """At any stage: before it has partitions, while it replays, rejects or relays, and before and after it commits."""
    chance, url = seeded("KILL_SEED"), await fresh(kafka, 2)
    async with AsyncLedger.open(url) as ledger:
        for first in range(0, 6000, 2000):
            told = (released(number, round=number // 50 + 1) for number in range(first, first + 2000))
            await ledger.publish_many(told)
    async with AIOKafkaProducer(bootstrap_servers=kafka) as producer, opened(url) as log:
        topic, partitioner, kept = EVENTS.name(prefix(url)), await log.partitioner(), Kept(log)
        away = 1 - partitioner.of(EXCHANGE)
        for number in range(40):
            await producer.send(topic, b"no event %d" % number, partition=number % 2)
            await producer.send(topic, encode(released(20_000 + number)), partition=away)
        await producer.flush()
        with workers(url, tmp_path, 0) as running:
            for _ in range(4):
                worker = Worker(url, tmp_path)
                running.append(worker)
                if chance.random() < 0.8:
                    await until(lambda worker=worker: "has partitions" in worker.said, 60, "no partitions")  # type: ignore[misc]
                await asyncio.sleep(chance.uniform(0, 1.5))
                worker.kill()
                await kept.read()
            running.append(Worker(url, tmp_path))
            books = await settled(kept, 60)
            assert books.tally(EXCHANGE).events == 6040
            assert sorted(each.value for each in await rejected(log)) == sorted(b"no event %d" % n for n in range(40))
