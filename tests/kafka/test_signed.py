"""Signed events on Kafka, where anybody may write to the topic: workers reject what is not signed well."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from ledger.client import AsyncLedger
from ledger.errors import InvalidEvent
from ledger.follow.books import Books
from ledger.log.kafka import KafkaLog
from replay.rebuild import digest, rebuild
from schemas.codec import encode, exchange_of
from schemas.dsse import EnvelopeSignature, sealed
from schemas.topics import CONTENT_TYPE, DSSE, EVENTS, ORIGIN, REASON, STAGE
from tests.kafka.topics import fresh
from tests.kafka.workers import LOOK_S, WITHIN_S, Kept, all_live, opened, rejected, settled, workers
from tests.log.events import released
from tests.signing import FEED, NEXT, THIEF, revoked, settings, signed

PARTITIONS = 3
EXCHANGES = ("NORTH-SOUTH-2017", "EAST-WEST-2018", "HILL-VALLEY-2019")


def event(number: int) -> bytes:
    return encode(released(number, exchange=EXCHANGES[number % 3]))


def by_feed(number: int) -> bytes:
    return signed(released(number, exchange=EXCHANGES[number % 3]))


def is_astray(number: int) -> bool:
    """Whether a message goes elsewhere than to its home: a worker relays it, or rejects it where it stands."""
    return number % 5 == 0


async def written(kafka: str, log: KafkaLog, lines: list[bytes]) -> None:
    """What a client of another kind writes, each exchange to its home, or to the next partition beside it."""
    partitioner = await log.partitioner()
    async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
        for number, raw in enumerate(lines):
            exchange = exchange_of(raw)
            assert exchange
            partition = (partitioner.of(exchange) + is_astray(number)) % PARTITIONS
            await producer.send_and_wait(EVENTS.name(log.address.prefix), raw, exchange.encode(), partition=partition)


async def refused(log: KafkaLog, count: int) -> list[Any]:
    """What was rejected, once it is so much."""
    async with asyncio.timeout(WITHIN_S):
        while len(found := await rejected(log)) < count:  # noqa: ASYNC110  # it comes from another process
            await asyncio.sleep(LOOK_S)
    return found


async def counted(kept: Kept, events: int) -> Books:
    """The replay, once it counts so many events and the views are the same."""
    books = await settled(kept)
    async with asyncio.timeout(WITHIN_S):
        while sum(tally.events for tally in books.tallies()) < events:
            books = await settled(kept)
    assert sum(tally.events for tally in books.tallies()) == events
    return books


async def test_workers_reject_what_is_not_signed_well_and_all_readers_agree(
    kafka: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env = settings(tmp_path)
    for name, text in env.items():
        monkeypatch.setenv(name, text)
    url = await fresh(kafka, PARTITIONS)
    forged = sealed(event(200), [EnvelopeSignature(FEED.verifier.label, bytes(64))])
    bad = [event(100 + number) for number in range(10)]
    # An unsigned event that comes before the signed one of the same id must not stand in its place.
    bad += [event(30), forged, signed(released(201), THIEF)]
    good = [by_feed(number) for number in range(31)]
    with workers(url, tmp_path, 2, **env) as running:
        await all_live(running, PARTITIONS, 60)
        async with opened(url) as log, AsyncLedger.open(url, key=FEED) as ledger:
            await written(kafka, log, [*bad, *good])
            with pytest.raises(InvalidEvent, match="among the trusted keys"):
                await AsyncLedger(log, key=THIEF).publish(released(202))
            await ledger.publish(released(40))
            kept = Kept(log)
            found = await refused(log, len(bad))
            books = await counted(kept, 32)
            told = [{name: value.decode() for name, value in each.headers} for each in found]
            assert sorted(each.value for each in found) == sorted(bad)
            assert {each[STAGE] for each in told} == {"signature"}
            assert len({each[ORIGIN] for each in told}) == len(bad)
            assert all("signed" in each[REASON] or "signature" in each[REASON] for each in told)

            record, _ = await ledger.event(released(30).id)
            assert record.payload == by_feed(30)
            rebuilt = await rebuild(log)
            at_home = sum(not is_astray(number) for number in range(len(bad)))  # readers pass over the others
            assert (rebuilt.digest, rebuilt.unbelieved) == (digest(books), at_home)

            await AsyncLedger(log, key=NEXT).publish(revoked(FEED, EXCHANGES[0]))
            await written(kafka, log, [by_feed(301), by_feed(300)])
            found = await refused(log, len(bad) + 1)
            assert found[-1].value == by_feed(300)
            books = await counted(kept, 34)
            assert (await rebuild(log)).digest == digest(books)


async def test_a_signed_event_says_so_in_its_headers(kafka: str, tmp_path: Path) -> None:
    url = await fresh(kafka, 1)
    async with AsyncLedger.open(url, key=FEED) as ledger:
        await ledger.publish(released(1))
    async with opened(url) as log:
        [fetched] = [each async for each in (await log.events()).read()]
        [record] = fetched.records
        assert (CONTENT_TYPE, DSSE.encode()) in record.headers
        assert record.value == signed(released(1))
