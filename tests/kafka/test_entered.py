"""Who entered an event, on a real broker: as the header says it, whoever wrote that."""

import asyncio
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from ledger.log.port import Rejected
from schemas.codec import encode
from schemas.record import Record
from schemas.topics import ENTERED_BY, EVENTS
from tests.api.serving import make_token, serving
from tests.kafka.topics import fresh
from tests.kafka.workers import all_live, opened, workers
from tests.log.contract import every
from tests.log.events import EXCHANGE, released

WRITTEN = [
    ([(ENTERED_BY, b"desk:debezium")], "desk:debezium"),
    ([(ENTERED_BY, b"token:newsroom"), (ENTERED_BY, b"desk:late")], "token:newsroom"),
    ([(ENTERED_BY, b"nonsense"), (ENTERED_BY, b"desk:second")], "desk:second"),
    ([], None),
    *(
        ([(ENTERED_BY, raw)], None)
        for raw in (None, b"", b"desk:", b"Desk:a", b"desk:A", b"key:abc", b"desk:a\n", b"desk:" + b"a" * 65, b"\xff")
    ),
]
"""Headers of foreign producers, and whom they name."""


def topic_of(url: str) -> str:
    return EVENTS.name(url.rpartition("/")[2])


async def test_a_header_of_another_producer_says_it_in_its_form_alone(kafka: str) -> None:
    url = await fresh(kafka)
    async with AIOKafkaProducer(bootstrap_servers=kafka) as producer, opened(url) as log:
        for number, (headers, _) in enumerate(WRITTEN):
            value = encode(released(number))
            await producer.send_and_wait(topic_of(url), value, EXCHANGE.encode(), partition=0, headers=headers)
        assert [each.entered_by for each in await every(log)] == [name for _, name in WRITTEN]
        found = await log.find(released(0).id)
        assert found is not None
        assert found.entered_by == "desk:debezium"


async def test_a_server_writes_the_token_into_the_header(
    kafka: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEDGER_SERVE_TOKENS", str(tmp_path / "tokens.json"))
    url = await fresh(kafka)
    with serving(url) as server:
        token = make_token(url, "publish", "audit", name="newsroom")
        got = await asyncio.to_thread(server.publish, encode(released(1)) + b"\nnonsense", token)
        assert got.status == 207
        await asyncio.to_thread(server.reach, "0:0")
        assert server.get("/v1/events").json["records"][0]["entered_by"] == "token:newsroom"
        refused = server.ask("GET", "/v1/rejected", headers={"Authorization": f"Bearer {token}"}).json
        assert [each["entered_by"] for each in refused] == ["token:newsroom"]
    async with AIOKafkaConsumer(topic_of(url), bootstrap_servers=kafka, auto_offset_reset="earliest") as consumer:
        assert (ENTERED_BY, b"token:newsroom") in (await consumer.getone()).headers


async def test_it_goes_along_with_what_a_worker_relays_or_rejects(kafka: str, tmp_path: Path) -> None:
    url = await fresh(kafka, 2)
    said = [(ENTERED_BY, b"desk:debezium")]
    async with AIOKafkaProducer(bootstrap_servers=kafka) as producer, opened(url) as log:
        away = 1 - (await log.partitioner()).of(EXCHANGE)
        for value in (encode(released(1)), b"no event"):
            await producer.send_and_wait(topic_of(url), value, partition=away, headers=said)
        with workers(url, tmp_path, 1) as running:
            await all_live(running, 2)
            records, refused = list[Record](), list[Rejected]()
            async with asyncio.timeout(60):
                while len(records) < 2 or not refused:
                    records, refused = await every(log), await log.rejected()
        assert {(each.payload, each.entered_by) for each in records} == {
            (encode(released(1)), "desk:debezium"),
            (b"no event", "desk:debezium"),
        }
        assert [(each.payload, each.entered_by, each.headers) for each in refused] == [
            (b"no event", "desk:debezium", ())
        ]
