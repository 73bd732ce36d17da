"""Topics of views that somebody deletes, empties or makes anew: a worker notices, and puts the views back."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from aiokafka import TopicPartition
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.admin.records_to_delete import RecordsToDelete

from ledger.client import AsyncLedger
from ledger.errors import LogUnreachable
from schemas.topics import EVENTS, PROGRESS, ROUNDS, TALLIES, Topic
from tests.kafka.clients import send
from tests.kafka.topics import administered, deleted, fresh, made, prefix
from tests.kafka.workers import Kept, Worker, all_live, opened, rejected, settled, until, workers
from tests.log.events import EXCHANGE, released

HEALED_S = 30.0


async def emptied(url: str, topic: Topic) -> None:
    """Kafka takes no records away from a topic that is compacted, but it can be told to be none."""
    brokers, name = url.removeprefix("kafka://").split("/")[0], topic.name(prefix(url))
    async with administered(brokers) as admin, opened(url) as log:
        end = await (await log.reader(topic)).end()
        await _configured(admin, name, {"cleanup.policy": "delete"})
        ends = {TopicPartition(name, number): RecordsToDelete(offset + 1) for number, offset in end.offsets.items()}
        await admin.delete_records(ends)
        await _configured(admin, name, {"cleanup.policy": "compact"})


async def _configured(admin: object, name: str, config: dict[str, str]) -> None:
    resource = ConfigResource(ConfigResourceType.TOPIC, name, config | {"unclean.leader.election.enable": "false"})
    await admin.alter_configs([resource])  # type: ignore[attr-defined]


@pytest.mark.parametrize("topic", [TALLIES, ROUNDS, PROGRESS], ids=lambda topic: topic.suffix)
async def test_a_worker_whose_clock_is_ahead_writes_all_the_same(kafka: str, topic: Topic) -> None:
    async with opened(await fresh(kafka)) as log, log.connection.sending() as producer:
        ahead = round((time.time() + 20 * 3600) * 1000)
        sent = await producer.send(topic.name(log.address.prefix), b"{}", b"A", timestamp_ms=ahead)
        assert (await sent).timestamp < ahead


async def gone(url: str, topic: Topic) -> None:
    await deleted(url.removeprefix("kafka://").split("/")[0], topic.name(prefix(url)))


async def made_again(url: str, topic: Topic) -> None:
    await gone(url, topic)
    await made(url)


@pytest.mark.parametrize(("harm", "topic"), [(gone, TALLIES), (made_again, ROUNDS), (emptied, TALLIES)])
async def test_views_come_back_within_half_a_minute(
    kafka: str, tmp_path: Path, harm: Callable[[str, Topic], Awaitable[None]], topic: Topic
) -> None:
    url = await fresh(kafka)
    with workers(url, tmp_path, 1) as [worker]:
        await all_live([worker], 1)
        async with AsyncLedger.open(url) as ledger:
            await ledger.publish(released(1))
            await ledger.publish(released(2))
            async with opened(url) as log:
                await settled(Kept(log))
            await harm(url, topic)
            began = time.monotonic()
            await healed(url, began)
            await ledger.publish(released(3))
            await healed(url, began)
        print(f"healed after {time.monotonic() - began:.1f} s")
        await all_live([worker], 1)
        assert worker.said.count('"level":"warning"') <= 2, worker.said


async def healed(url: str, began: float) -> None:
    """Return once both topics hold every view as a replay has it."""
    while True:
        try:
            async with opened(url) as log:
                kept = Kept(log)
                await settled(kept, 1)
                assert len(kept.bodies) == 2
            return
        except (LogUnreachable, AssertionError):
            assert time.monotonic() - began < HEALED_S
            await asyncio.sleep(0.2)


async def test_views_that_were_lost_while_no_worker_ran_are_there_after_the_next_start(
    kafka: str, tmp_path: Path
) -> None:
    url = await fresh(kafka)
    async with AsyncLedger.open(url) as ledger:
        await ledger.publish(released(1))
    with Worker(url, tmp_path) as worker:
        await all_live([worker], 1)
    await emptied(url, TALLIES)
    with Worker(url, tmp_path) as worker:
        await all_live([worker], 1)
        await healed(url, time.monotonic())


async def test_a_topic_of_progress_that_is_made_anew_is_written_whole(kafka: str, tmp_path: Path) -> None:
    url = await fresh(kafka)
    with workers(url, tmp_path, 1) as [worker]:
        await all_live([worker], 1)
        await send(kafka, EVENTS.name(prefix(url)), b"no event")
        async with AsyncLedger.open(url) as ledger, opened(url) as log:
            await ledger.publish(released(1))
            await settled(Kept(log))
            await made_again(url, PROGRESS)
            began = time.monotonic()
            while True:
                its = (await (await log.progress()).claims([0]))[0]
                if its.handled == 1 and len(its.standing) == 1 and its.passed_over == {0: (0,)}:
                    break
                assert time.monotonic() - began < HEALED_S, its
                await asyncio.sleep(0.2)
            assert len(await rejected(log)) == 1


async def test_a_worker_that_has_handled_more_than_there_is_says_so_and_writes_nothing(
    kafka: str, tmp_path: Path
) -> None:
    url = await fresh(kafka)
    async with AsyncLedger.open(url) as ledger:
        await ledger.publish(released(1))
        await ledger.publish(released(2))
    with Worker(url, tmp_path) as worker:
        await all_live([worker], 1)
        async with opened(url) as log:
            await settled(Kept(log))
    await made_again(url, EVENTS)
    async with AsyncLedger.open(url) as ledger:
        await ledger.publish(released(3))
    with Worker(url, tmp_path) as worker:
        told = "ends at 0, and workers have handled 1: events were lost, or the topic was made anew"
        await until(lambda: told in worker.said, HEALED_S, worker.said)
        assert await worker.live() == set()


async def test_a_missing_topic_of_views_stops_no_writer_and_no_reader_of_events(kafka: str) -> None:
    url = await fresh(kafka)
    await gone(url, TALLIES)
    async with AsyncLedger.open(url) as ledger:
        await ledger.publish(released(1))
        assert [tally.exchange for tally in await ledger.tallies()] == [EXCHANGE]
        with pytest.raises(LogUnreachable, match="tallies is missing; `ledger topics ensure` makes it"):
            await anext(ledger.follow("tallies"))
