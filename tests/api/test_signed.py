"""Signed events over HTTP: taken, refused, and given back with the envelope that proves them."""

import asyncio
from pathlib import Path

import orjson
import pytest

from ledger.log.port import Message
from ledger.log.sqlite import SqliteLog
from schemas.codec import encode
from schemas.dsse import event_bytes
from tests.api.serving import make_token, serving
from tests.log.events import EXCHANGE, released
from tests.signing import FEED, KEEPER, THIEF, key_file, revoked, settings, signed


@pytest.fixture
def required(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in settings(tmp_path).items():
        monkeypatch.setenv(name, text)
    monkeypatch.setenv("LEDGER_SIGNING_KEY", str(key_file(tmp_path, FEED)))  # which is not the clients'


def test_only_signed_events_are_taken(url: str, required: None) -> None:
    with serving(url) as server:
        token = make_token(url)
        lines = [signed(released(1)), encode(released(2)), signed(released(3), THIEF), signed(revoked(FEED), KEEPER)]
        got = server.publish(b"\n".join([*lines, signed(released(4))]), token)
        assert [each["status"] for each in got.json["results"]] == [201, 400, 400, 201, 400]
        [unsigned] = got.json["results"][1]["problem"]["problems"]
        assert unsigned["field"] == "signature"
        assert unsigned["reason"].startswith("this is not signed, and the ledger takes signed events alone")
        late = server.publish(signed(released(5)), token)
        assert "was revoked before" in late.json["detail"]

        tally = server.get(f"/v1/exchanges/{EXCHANGE}").json
        assert tally["captives"]["released"]["best"] == 1
        events = server.get("/v1/events").json["records"]
        assert [each["event"]["type"] for each in events] == ["captives_released", "key_revoked"]
        for each, raw in zip(events, (lines[0], lines[3]), strict=True):
            assert orjson.dumps(each["envelope"]) == raw
            assert orjson.dumps(each["event"]) == event_bytes(raw)
        one = server.get(f"/v1/events/{released(1).id}").json
        assert orjson.dumps(one["envelope"]) == lines[0]


def test_an_event_without_a_signature_has_no_envelope(url: str) -> None:
    with serving(url) as server:
        server.publish(encode(released(1)), make_token(url))
        server.reach("0:0")
        [only] = server.get("/v1/events").json["records"]
        assert "envelope" not in only


def test_what_does_not_count_is_not_shown(tmp_path: Path, required: None) -> None:
    path = tmp_path / "ledger.db"

    async def fill() -> None:
        log = SqliteLog(path)
        events = [encode(released(1)), signed(released(2)), signed(released(3), THIEF)]
        await log.append([Message(released(n).id, EXCHANGE, raw) for n, raw in enumerate(events, 1)])
        await log.close()

    asyncio.run(fill())
    with serving(f"sqlite:///{path}") as server:
        records = server.get("/v1/events").json["records"]
        assert [each["position"] for each in records] == ["0:1"]
        assert server.get(f"/v1/exchanges/{EXCHANGE}").json["events"] == 1
