"""The same history gives the same bytes, in a file and on Kafka."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.blocking import Ledger
from ledger.client import AsyncLedger
from ledger.log.port import Message
from schemas.codec import decode, encode
from schemas.record import Record
from schemas.view_kinds import VIEW_KINDS
from tests.api.following import first
from tests.api.serving import Served, loaded, make_token, serving
from tests.kafka.topics import fresh
from tests.log.events import released

LISTS = [each.address for each in VIEW_KINDS.values() if each.shape == "list"]
NOVEMBER = "/v1/exchanges/IL-HAMAS-2023-11"
VIEWS = ("", *LISTS, "/explain/captives.released")
CUTS = ("", "occurred_by=2023-11-27", "published_by=2023-11-28", "recorded_by=2030-01-01", "through=b35ed33e")


async def copied(source: str, target: str) -> None:
    """Every record of one log in another, with the time at which it was recorded."""
    async with AsyncLedger.open(source) as ours, AsyncLedger.open(target) as theirs:
        async for batch in ours.log.read():
            await theirs.log.append([copy(record) for record in batch.records()])


def copy(record: Record) -> Message:
    event = decode(record.payload)
    return Message(event.id, event.exchange, record.payload, None, record.recorded_at)


@pytest.fixture(scope="module", params=[1, 3], ids=["one partition", "three partitions"])
def both(
    request: pytest.FixtureRequest, kafka: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Served, Served]]:
    """A server of the bundled history in a file, and one of it on Kafka."""
    in_file = loaded(tmp_path_factory.mktemp("both"))
    on_kafka = asyncio.run(fresh(kafka, request.param))
    asyncio.run(copied(in_file, on_kafka))
    with serving(in_file) as ours, serving(on_kafka) as theirs:
        yield ours, theirs


def is_one_order(both: tuple[Served, Served]) -> bool:
    """Partitions have no order between them: up to an event, others are cut by the clock, and here all came at once."""
    return "," not in both[1].get("/health/ready").json["position"]


def test_every_view_is_the_same_at_every_cut(both: tuple[Served, Served]) -> None:
    ours, _ = both
    exchanges = [each["exchange"] for each in ours.get("/v1/exchanges").json["exchanges"]]
    paths = [f"/v1/exchanges/{name}{view}" for name in exchanges for view in VIEWS]
    for path in ("/v1/exchanges", *paths):
        for cut in CUTS if is_one_order(both) or path.startswith(NOVEMBER) else CUTS[:-1]:
            for ending in ("", ".csv"):
                here, there = (each.get(f"{path}{ending}?{cut}") for each in both)
                assert here.status == there.status, (path, cut)
                assert here.body == there.body, (path, cut)
                assert here.headers.get("etag") == there.headers.get("etag")


@pytest.mark.parametrize("both", [1], indirect=True, ids=["one partition"])  # several have no order between them
def test_one_partition_gives_the_same_positions_and_events_too(both: tuple[Served, Served]) -> None:
    ours, theirs = both
    beside = f"{NOVEMBER}.metadata.json"
    for path in ("/v1/events?limit=1000", "/v1/events?after=0:99&limit=10", beside):
        assert ours.get(path).body == theirs.get(path).body
    here, there = (asyncio.run(first(each.port, "/v1/stream/events", 405)) for each in both)
    assert here == there


def test_every_event_is_found_by_its_id(both: tuple[Served, Served]) -> None:
    ours, theirs = both
    for record in ours.get("/v1/events?limit=5").json["records"]:
        found = theirs.get(f"/v1/events/{record['event']['id']}").json
        assert (found["event"], found["recorded_at"]) == (record["event"], record["recorded_at"])


async def test_publishing_and_streams_work_on_kafka_as_in_a_file(
    kafka: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEDGER_SERVE_TOKENS", str(tmp_path / "tokens.json"))
    url = await fresh(kafka, 3)
    with serving(url) as server:
        waiting = asyncio.create_task(first(server.port, "/v1/stream/tallies", 8))
        await asyncio.sleep(0.5)
        token = make_token(url, "publish", "audit")
        names = [f"EXCHANGE-{number}" for number in range(8)]
        body = b"\n".join(encode(released(number, exchange=name)) for number, name in enumerate(names))
        got = await asyncio.to_thread(server.publish, body + b"\nnonsense", token)
        assert (got.status, got.json["notices"]) == (207, None)  # the books come later than the answer
        assert len(await waiting) == 8
        everything = await first(server.port, "/v1/stream/events", 8)
        assert "," in everything[-1].id  # how far it has come in each partition
        rest = await first(server.port, "/v1/stream/events", 5, last_id=everything[2].id)
        assert [each.data for each in rest] == [each.data for each in everything[3:]]
    with Ledger.open(url) as ledger:
        assert [each.payload for each in ledger.rejected()] == [b"nonsense"]


def test_the_file_of_tokens_of_a_ledger_on_kafka_is_where_the_settings_say(
    kafka: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEDGER_SERVE_TOKENS", str(tmp_path / "tokens.json"))
    url = asyncio.run(fresh(kafka))
    token = make_token(url, "publish")
    with serving(url) as server:
        assert server.publish(encode(released(1)), token).status == 201
    assert (tmp_path / "tokens.json").exists()
