"""What a mark of progress vouches for is not looked at again, by the version that wrote it; another looks at all."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager

import orjson
import pytest
from aiokafka import AIOKafkaProducer

from ledger.follow import books
from ledger.follow.books import Books
from ledger.follow.replica import Replica
from ledger.log.kafka import KafkaLog
from ledger.log.kafka import log as log_module
from ledger.log.kafka.reader import Fetched
from ledger.log.kafka.version import version_of_views
from ledger.log.port import Message
from ledger.settings import TRUSTING, Trust
from ledger.worker import partition_fold, turns
from ledger.worker.partition_fold import PartitionFold, ViewMessage
from ledger.worker.turns import Turns
from schemas.codec import encode
from schemas.topics import EVENTS, POSITION, TALLIES
from tests.kafka.publisher import EXCHANGES, event
from tests.kafka.topics import fresh
from tests.kafka.workers import WITHIN_S, Kept, bodies, opened, rejected, settled, until

PARTITIONS = 3
GOOD = 60


class Looks:
    """How many events were validated, and how many views were computed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.validated = self.computed = 0
        validate, messages = books._validated, partition_fold.view_messages

        def validated(payload: bytes) -> object:
            self.validated += 1
            return validate(payload)

        def computed(of: Books, touched: Iterable[object]) -> Iterator[ViewMessage]:
            for each in messages(of, touched):  # type: ignore[arg-type]
                self.computed += 1
                yield each

        monkeypatch.setattr(books, "_validated", validated)
        monkeypatch.setattr(partition_fold, "view_messages", computed)


async def test_a_broker_that_gives_nothing_yet_changes_nothing() -> None:
    """As one does that is slow: nothing is vouched for, and the first answer has no records."""
    async with opened("kafka://127.0.0.1:1") as log:
        fold = PartitionFold(log, 0, "version")
        await fold.take(Fetched(0, [], -1))
        assert fold.reached == -1


@asynccontextmanager
async def working(log: KafkaLog) -> AsyncIterator[Turns]:
    """A worker with all partitions, which is live."""
    worker = Turns(log)
    worker.want(range(PARTITIONS))
    running = asyncio.create_task(worker.run())
    try:
        await until(lambda: all(fold.is_live for fold in worker.folds.values()), WITHIN_S, "it is not live")
        yield worker
    finally:
        await worker.stop()
        running.cancel()
        await asyncio.wait([running], timeout=WITHIN_S)


async def filled(log: KafkaLog) -> None:
    """Good events at home and away, some that are none, and some under an id that is taken."""
    partitioner, topic = await log.partitioner(), EVENTS.name(log.address.prefix)
    producer = AIOKafkaProducer(bootstrap_servers=log.address.brokers)
    await producer.start()
    for number in range(GOOD):
        told = event(number)
        home = partitioner.of(told.exchange)
        await producer.send(topic, encode(told), partition=home if number % 5 else (home + 1) % PARTITIONS)
        await producer.send(topic, b'{"type": "captives_released"}', partition=number % PARTITIONS)
        if number % 7 == 0:
            other = orjson.loads(encode(told)) | {"publisher_text": "other"}
            await producer.send(topic, orjson.dumps(other), partition=home)
    await producer.stop()


async def test_the_same_version_goes_on_without_a_look_at_what_is_handled(
    kafka: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(await fresh(kafka, PARTITIONS)) as log:
        await filled(log)
        async with working(log):
            await settled(Kept(log))
        refused = len(await rejected(log))
        assert refused > GOOD
        looks = Looks(monkeypatch)
        async with working(log) as worker:
            assert (looks.validated, looks.computed) == (0, 0)
            assert sum(fold.views_published for fold in worker.folds.values()) == 0
            new = [event(number) for number in range(GOOD, GOOD + 6)]
            await log.append([Message(each.id, each.exchange, encode(each)) for each in new])
            end, folds = await log.end(), worker.folds
            await until(lambda: all(folds[n].published >= end.last(n) for n in folds), WITHIN_S, "not published")
            assert looks.validated == len(new)
            kept = Kept(log)
            await settled(kept)
            assert len(await rejected(log)) == refused
            assert {key for _, key in kept.bodies if "/" not in key} == set(EXCHANGES)


async def test_another_version_looks_at_everything(kafka: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(await fresh(kafka, PARTITIONS)) as log:
        await filled(log)
        async with working(log):
            kept = Kept(log)
            await settled(kept)
        refused = len(await rejected(log))
        monkeypatch.setattr(turns, "version_of_views", lambda trust: "another")
        looks = Looks(monkeypatch)
        async with working(log):
            assert looks.validated > GOOD
            assert looks.computed == len(kept.bodies)
            assert len(await rejected(log)) == refused
        monkeypatch.undo()
        looks = Looks(monkeypatch)
        async with working(log):
            assert looks.computed == len(kept.bodies)


@pytest.mark.parametrize("position", [None, b"%d:999999"], ids=["none", "beyond"])
async def test_a_view_that_bears_no_position_that_is_handled_is_put_right(kafka: str, position: bytes | None) -> None:
    async with opened(await fresh(kafka, PARTITIONS)) as log:
        await filled(log)
        async with working(log):
            await settled(Kept(log))
        home = (await log.partitioner()).of(EXCHANGES[0])
        headers = [] if position is None else [(POSITION, position % home)]
        producer = AIOKafkaProducer(bootstrap_servers=log.address.brokers)
        await producer.start()
        topic = TALLIES.name(log.address.prefix)
        await producer.send_and_wait(topic, b"{}", EXCHANGES[0].encode(), partition=home, headers=headers)
        await producer.stop()
        async with working(log):
            standing = {each.exchange: each.value for each in await log.standing_views() if each.round is None}
            assert standing[EXCHANGES[0]] not in (None, b"{}")


async def test_a_server_validates_only_what_nobody_vouches_for(kafka: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(await fresh(kafka, PARTITIONS)) as log:
        await filled(log)
        async with working(log):
            expected = await settled(Kept(log))
        looks = Looks(monkeypatch)
        replica = await followed(log)
        assert bodies(replica.books) == bodies(expected)
        assert replica.books.refused == expected.refused
        assert replica.books.conflicting == expected.conflicting
        assert looks.validated == len(expected.refused | expected.conflicting)
        monkeypatch.setattr(log_module, "version_of_views", lambda trust: "another")
        replica = await followed(log)
        assert bodies(replica.books) == bodies(expected)
        assert looks.validated > GOOD


async def followed(log: KafkaLog) -> Replica:
    """A server's replica that has read the log to its end."""
    replica = Replica(log)
    following = asyncio.create_task(replica.follow())
    await until(lambda: replica.is_live, WITHIN_S, "it is not live")
    following.cancel()
    await asyncio.wait([following], timeout=WITHIN_S)
    assert following.done()
    return replica


def test_a_version_is_of_the_code_and_of_what_is_trusted() -> None:
    assert version_of_views(TRUSTING) == version_of_views(TRUSTING)
    assert version_of_views(TRUSTING) != version_of_views(Trust("required", "keys"))
