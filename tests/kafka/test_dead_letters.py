"""Refused messages as dead letters, on a real broker: what they bear, what is believed of it, what was dealt with."""

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path

import orjson
from aiokafka import AIOKafkaProducer

from ledger.book.cut import Cut
from ledger.client import AsyncLedger
from ledger.copying import copy
from ledger.log import open_log
from ledger.log.kafka import KafkaLog
from ledger.log.port import Refusal, Rejected
from schemas.codec import encode
from schemas.contracts.published import view_schema
from schemas.record import Position
from schemas.topics import (
    ACKNOWLEDGES,
    EVENT_BATCH_BYTES_MAX,
    EVENTS,
    ORIGIN,
    REASON,
    RECORDED,
    REJECTED,
    ROUNDS,
    TALLIES,
)
from schemas.wellformed import MESSAGE_BYTES_MAX
from tests.cli.run import inside
from tests.kafka.topics import fresh
from tests.kafka.workers import Kept, Worker, all_live, opened, rejected, settled, workers
from tests.log.events import EXCHANGE, message, released

FORGED = [
    (ORIGIN, b"elsewhere 0:0"),
    (REASON, b"none"),
    (RECORDED, b"1"),
    (ACKNOWLEDGES, b"0"),
    ("__streams.errors.topic", b"elsewhere"),
    ("__streams.errors.offset", b"7"),
]
OWN = [("trace", b"\x00\xff"), ("trace", b"two"), ("none", None)]
NAMES = ("exception", "message", "stacktrace", "topic", "partition", "offset")
YEARS = {"past": 2020, "future": 2090}
SLACK = 1024
"""What a batch of one record has besides."""


async def send(kafka: str, topic: str, *records: tuple[bytes | None, bytes, list[tuple[str, bytes | None]]]) -> None:
    async with AIOKafkaProducer(bootstrap_servers=kafka, max_request_size=4 * EVENT_BATCH_BYTES_MAX) as producer:
        for key, value, headers in records:
            await producer.send_and_wait(topic, value, key, partition=0, headers=headers)


async def refusals(log: KafkaLog, count: int) -> list[Rejected]:
    """The refused messages, once there are so many."""
    deadline = time.monotonic() + 30
    while len(found := await log.rejected()) < count:
        assert time.monotonic() < deadline, found
        await asyncio.sleep(0.05)
    return found


async def test_a_dead_letter_keeps_its_key_and_headers_and_no_forged_one_is_believed(
    kafka: str, tmp_path: Path
) -> None:
    url = await fresh(kafka)
    topic = EVENTS.name(url.rpartition("/")[2])
    huge: list[tuple[str, bytes | None]] = [("huge", b"x" * (EVENT_BATCH_BYTES_MAX - MESSAGE_BYTES_MAX - SLACK))]
    endless = b'{"type":"terms_proposed","pledges":[' + b"{}," * (MESSAGE_BYTES_MAX // 3 - 20) + b"{}]}"
    with workers(url, tmp_path, 1) as running:
        await all_live(running, 1)
        await send(kafka, topic, (b"key", b"{", [*FORGED, *OWN]), (None, b"[", []), (b"", endless, huge))
        async with opened(url) as log:
            found = await refusals(log, 3)
            assert [(each.key, each.payload) for each in found] == [(b"key", b"{"), (None, b"["), (b"", endless)]
            assert [each.headers for each in found] == [tuple(OWN), (), tuple(huge)]
            assert [each.position for each in found] == [Position(0, offset) for offset in range(3)]
            assert [each.origin for each in found] == [f"{topic} 0:{offset}" for offset in range(3)]
            assert all(each.acknowledged is None and each.at.year >= 2024 for each in found)
            for record, each in zip(await rejected(log), found, strict=True):
                names = [name for name, _ in record.headers if name not in dict([*OWN, *huge])]
                assert len(names) == len({*names})
                told = {name: value.decode() for name, value in record.headers if name in names}
                assert {name: told[f"__streams.errors.{name}"] for name in NAMES} == {
                    "exception": "decode",
                    "message": each.reason,
                    "stacktrace": "",
                    "topic": topic,
                    "partition": "0",
                    "offset": str(each.position and each.position.offset),
                }


async def test_what_was_dealt_with_is_told_no_more_by_any_reader(kafka: str, tmp_path: Path) -> None:
    url = await fresh(kafka)
    topic = EVENTS.name(url.rpartition("/")[2])
    with workers(url, tmp_path, 1) as running:
        await all_live(running, 1)
        await send(kafka, topic, (None, encode(released(1)), []), (None, b"{", []), (None, b"[", []))
        async with opened(url) as log:
            first, second = (each.number for each in await refusals(log, 2))
        assert "2 records are no events and count nowhere" in inside(tmp_path, "tallies", "--log", url).err
        [facts] = inside(tmp_path, "doctor", "--json", "--log", url).lines
        assert f"`ledger rejected acknowledge {first}` once it is dealt with" in facts["problems"][0]
        inside(tmp_path, "rejected", "acknowledge", str(first), "--log", url)
        assert "1 record is no event and counts nowhere" in inside(tmp_path, "tallies", "--log", url).err
        inside(tmp_path, "rejected", "acknowledge", str(second), "--log", url)
        assert "nowhere" not in inside(tmp_path, "tallies", "--log", url).err
        assert inside(tmp_path, "doctor", "--log", url).code == 0
        running[0].kill()
        running.append(Worker(url, tmp_path))
        await all_live(running, 1)
        async with opened(url) as log:
            assert [each.acknowledged is not None for each in await log.rejected()] == [True, True]


async def test_an_acknowledgment_of_a_copy_silences_nothing_of_the_target(kafka: str, tmp_path: Path) -> None:
    """What was refused at 0:0 there is something else than what stands at 0:0 here."""
    source_url, target_url = await fresh(kafka), await fresh(kafka)
    topic = EVENTS.name(target_url.rpartition("/")[2])
    async with opened(source_url) as source, opened(target_url) as target:
        await source.reject(Refusal(f"{topic} 0:0", "decode", "is not JSON", b"{"))
        [kept] = await source.rejected()
        await source.acknowledge([kept.number])
        await copy(source, target, "here")
        await send(kafka, topic, (None, b"{", []))
        [copied] = await target.rejected()
        assert copied.acknowledged is not None
        assert copied.position is None
        async with AsyncLedger.open(target_url) as ledger:
            assert [*await ledger.unacknowledged((await ledger.read()).refused)] == [Position(0, 0)]


async def test_nonsense_among_the_refused_is_passed_over(kafka: str) -> None:
    url = await fresh(kafka)
    async with opened(url) as log:
        await log.reject(Refusal("a:1", "publish", "why", b"{"))
        for number in (b"x", b"-1", b"7", b"\xc2\xb2", b"9" * 5000, b""):
            await send(
                kafka, REJECTED.name(log.address.prefix), (None, b"", [(ACKNOWLEDGES, number), (RECORDED, None)])
            )
        [kept] = await log.rejected()
        assert kept.acknowledged is None


async def test_no_record_was_made_after_the_broker_stored_it(kafka: str, tmp_path: Path) -> None:
    url = await fresh(kafka)
    topic = EVENTS.name(url.rpartition("/")[2])
    years = {name: str(int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000) for name, year in YEARS.items()}
    before = time.time()
    said = [years["past"].encode(), years["future"].encode(), b"99999999999999999", None]
    await send(kafka, topic, *[(None, encode(released(n)), [(RECORDED, each)]) for n, each in enumerate(said)])
    async with AsyncLedger.open(url) as ledger:
        records = [(await ledger.event(released(number).id))[0].recorded_at for number in range(len(said))]
        assert records[0] == datetime(YEARS["past"], 1, 1, tzinfo=UTC)
        assert all(before - 1 < each.timestamp() < time.time() + 1 for each in records[1:])
        now = await ledger.read(Cut.parse(recorded_by=datetime.now(UTC).isoformat()))
        assert now.tally(EXCHANGE).events == len(said)
    log = open_log(url)
    [receipt] = await log.append([message(9)._replace(recorded_at=datetime(YEARS["future"], 1, 1, tzinfo=UTC))])
    found = await log.find(released(9).id)
    await log.close()
    assert found is not None
    assert getattr(receipt, "recorded_at", None) == found.recorded_at < datetime.now(UTC)


async def test_views_say_what_they_are(kafka: str, tmp_path: Path) -> None:
    url = await fresh(kafka)
    prefix = url.rpartition("/")[2]
    with workers(url, tmp_path, 1) as running:
        await all_live(running, 1)
        async with AsyncLedger.open(url) as ledger, opened(url) as log:
            await ledger.publish(released(1))
            await settled(Kept(log))
            for view in await log.standing_views():
                assert view.position == Position(0, 0)
            for topic, name, key in ((TALLIES, "tally", EXCHANGE), (ROUNDS, "round", f"{EXCHANGE}/1")):
                fetches = (await log.reader(topic)).read()
                [record] = [record async for fetched in fetches for record in fetched.records]
                assert {each: value.decode() for each, value in record.headers} == {
                    "ce_specversion": "1.0",
                    "ce_id": f"{key}@0:0",
                    "ce_type": f"ledger.{name}.v1",
                    "ce_source": f"{prefix}.{topic.suffix}",
                    "ce_dataschema": view_schema(name)["$id"],
                    "content-type": "application/json",
                    "ledger_position": "0:0",
                }
                assert orjson.loads(record.value)["exchange"] == EXCHANGE
