"""What workers published is compared with a strict fold of the events, byte for byte, each view where it stands."""

from pathlib import Path

import pytest

from ledger.client import AsyncLedger
from ledger.errors import UsageError
from ledger.log.kafka import KafkaLog
from replay.audit.read_evidence import read_log
from replay.audit.run import audit
from replay.compare.published import Published, compare_published
from replay.compare.views import ViewDifference
from schemas.topics import POSITION, ROUNDS, TALLIES, Topic, round_key
from schemas.views import view_bytes
from tests.history.bundled import NOVEMBER, folded, history
from tests.kafka.topics import fresh
from tests.kafka.workers import Kept, all_live, bodies, opened, settled, workers
from tests.log.events import released
from tests.replay.audit.auditing import NOBODY

PARTITIONS = 3


@pytest.fixture
async def url(kafka: str, tmp_path: Path) -> str:
    """The bundled history, whose views a worker has published before it was killed."""
    url = await fresh(kafka, PARTITIONS)
    async with AsyncLedger.open(url) as ledger:
        await ledger.publish_many(history())
    with workers(url, tmp_path, 1) as running:
        await all_live(running, PARTITIONS)
        async with opened(url) as log:
            await settled(Kept(log))
    return url


async def compared(url: str) -> Published:
    async with opened(url) as log:
        return await compare_published(log)


async def seen(url: str) -> list[ViewDifference]:
    return (await compared(url)).differences


async def put(log: KafkaLog, topic: Topic, key: str, value: bytes | None, position: str) -> None:
    """Write a view as somebody would who may."""
    producer, partition = await log.connection.producer(), (await log.partitioner()).of(key.partition("/")[0])
    headers = [(POSITION, position.encode())] if position else []
    await producer.send_and_wait(topic.name(log.address.prefix), value, key.encode(), partition, headers=headers)


async def test_what_workers_published_is_what_a_fold_gives(url: str) -> None:
    found = await compared(url)
    assert (found.differences, found.behind) == ([], 0)
    assert found.views == len(bodies(folded(history()))) == 43
    evidence = await read_log(url)
    assert (evidence.live, evidence.published) == ([], found.views)
    assert audit(evidence, NOBODY).failures() == []


async def test_events_that_no_worker_has_folded_are_told_and_are_no_difference(url: str) -> None:
    async with AsyncLedger.open(url) as ledger:
        await ledger.publish_many([released(number) for number in range(4)])
    found = await compared(url)
    assert (found.differences, found.behind) == ([], 4)


async def test_whoever_changes_a_view_or_takes_one_away_is_seen(url: str) -> None:
    async with opened(url) as log:
        kept = {(each.exchange, each.round): each for each in await log.standing_views()}
        tally, other = kept[NOVEMBER, None], kept[NOVEMBER, 1]
        assert tally.value is not None
        assert other.value is not None
        there = str(tally.position)
        await put(log, TALLIES, NOVEMBER, tally.value.replace(b'"best":105', b'"best":106'), there)
        await put(log, ROUNDS, round_key(NOVEMBER, 2), None, there)
        await put(log, ROUNDS, round_key(NOVEMBER, 99), other.value, there)
        await put(log, ROUNDS, round_key(NOVEMBER, 1), other.value, "")
    found = {(each.view.removeprefix(NOVEMBER), each.member): (each.left, each.right) for each in await seen(url)}
    assert found["/tally", "captives.released.best"] == (106, 105)
    assert found["/rounds/2", ""] == (None, "present")
    assert found["/rounds/99", ""] == ("present", None)
    assert found["/rounds/1", "position"][0] is None
    assert {view for view, _ in found} == {"/tally", "/rounds/1", "/rounds/2", "/rounds/99"}


async def test_a_view_that_comes_while_others_are_compared_is_held_against_its_own_position(url: str) -> None:
    async with AsyncLedger.open(url) as ledger:
        receipt = await ledger.publish(released(1))
        exchange = released(1).exchange
        async with opened(url) as log:
            await put(log, TALLIES, exchange, b"{}", str(receipt.position))
            assert {each.view for each in (await compare_published(log)).differences} == {f"{exchange}/tally"}
            await put(log, TALLIES, exchange, view_bytes(await ledger.tally(exchange)), str(receipt.position))
            found = await compare_published(log)
    assert (found.differences, found.behind) == ([], 1)


async def test_a_ledger_that_no_worker_keeps_says_so(kafka: str) -> None:
    url = await fresh(kafka)
    async with AsyncLedger.open(url) as ledger:
        await ledger.publish(released(1))
    with pytest.raises(UsageError, match="ledger worker"):
        await compared(url)
