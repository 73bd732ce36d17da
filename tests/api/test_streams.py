"""Streams: snapshot, then changes; resumed exactly; bounded in every way."""

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
import pytest

from ledger.api.access.allowances import Asker
from ledger.api.http.problems import HttpProblem
from ledger.api.http.query import NOW
from ledger.api.server.app import Application
from ledger.api.service.health import readiness
from ledger.api.views.bodies import Question
from ledger.blocking import Ledger
from ledger.client import AsyncLedger
from ledger.log.port import NOTHING_VOUCHED, Vouched
from ledger.log.sqlite import SqliteLog
from ledger.settings import Settings
from schemas.record import Frontier
from schemas.view_kinds import VIEW_KINDS
from schemas.views import view_bytes
from tests.api.following import Event, Refused, events, first
from tests.api.serving import HOST, NDJSON, Served, process, serving
from tests.api.serving import publish as put
from tests.log.events import EXCHANGE, messages, released


def publish(server: Served, *numbers: int, exchange: str = EXCHANGE, round: int = 1) -> None:
    put(server, [released(number, exchange=exchange, round=round) for number in numbers])


def ids(found: list[Event]) -> list[str]:
    return [json.loads(event.data)["event"]["id"] for event in found]


async def test_events_come_from_the_beginning_and_go_on(server: Served) -> None:
    publish(server, 1, 2)
    waiting = asyncio.create_task(first(server.port, "/v1/stream/events", 3))
    await asyncio.sleep(0.3)
    await asyncio.to_thread(publish, server, 3)
    found = await waiting
    assert ids(found) == [released(number).id for number in (1, 2, 3)]
    assert [event.id for event in found] == ["0:0", "0:1", "0:2"]
    assert {event.name for event in found} == {"event"}


async def test_a_stream_goes_on_after_a_position(server: Served) -> None:
    publish(server, 1, 2, 3)
    by_query = await first(server.port, "/v1/stream/events?since=0:0", 2)
    by_header = await first(server.port, "/v1/stream/events?since=0:1", 2, last_id="0:0")
    assert ids(by_query) == ids(by_header) == [released(number).id for number in (2, 3)]


async def test_since_now_gives_only_what_is_new(server: Served) -> None:
    publish(server, 1)
    waiting = asyncio.create_task(first(server.port, "/v1/stream/events?since=now", 1))
    await asyncio.sleep(0.3)
    await asyncio.to_thread(publish, server, 2)
    assert ids(await waiting) == [released(2).id]


async def test_streams_are_filtered_by_exchange_and_round(server: Served) -> None:
    publish(server, 1)
    publish(server, 2, exchange="EAST-WEST-2018")
    publish(server, 3, exchange="EAST-WEST-2018", round=2)
    publish(server, 4)
    here = "/v1/stream/events?exchange=EAST-WEST-2018"
    assert ids(await first(server.port, here, 2)) == [released(number).id for number in (2, 3)]
    assert ids(await first(server.port, f"{here}&round=2", 1)) == [released(3).id]
    [view] = await first(server.port, "/v1/stream/rounds?exchange=EAST-WEST-2018&round=2", 1)
    assert json.loads(view.data)["round"] == 2


async def test_views_come_as_they_are_and_then_whenever_they_change(server: Served) -> None:
    publish(server, 1)
    publish(server, 2, exchange="EAST-WEST-2018")
    waiting = asyncio.create_task(first(server.port, "/v1/stream/tallies", 3))
    await asyncio.sleep(0.3)
    await asyncio.to_thread(publish, server, 3)
    east, north, changed = await waiting
    assert [json.loads(each.data)["exchange"] for each in (east, north, changed)] == [
        "EAST-WEST-2018",
        EXCHANGE,
        EXCHANGE,
    ]
    assert (east.id, north.id, changed.id) == ("", "0:1", "0:2")  # only with the last has the client come so far
    assert {each.name for each in (east, north, changed)} == {"tally"}
    with Ledger.open(server.url) as ledger:
        assert changed.data.encode() == view_bytes(ledger.tally(EXCHANGE))


async def test_views_go_on_with_what_has_changed_since(server: Served) -> None:
    publish(server, 1)
    publish(server, 2, exchange="EAST-WEST-2018")
    for position, changed in (("0:0", ["EAST-WEST-2018"]), ("0:1", [])):
        publish(server, 10 + len(changed), exchange="THIRD-2018")
        found = await first(server.port, f"/v1/stream/tallies?since={position}", len(changed) + 1)
        assert [json.loads(each.data)["exchange"] for each in found] == [*changed, "THIRD-2018"]


async def test_views_go_on_after_a_position_of_before_the_server_started(url: str) -> None:
    with serving(url) as server:
        publish(server, 1)
        publish(server, 2, exchange="EAST-WEST-2018")
    with serving(url) as server:
        [found] = await first(server.port, "/v1/stream/tallies?since=0:0", 1)
        assert json.loads(found.data)["exchange"] == "EAST-WEST-2018"
        assert found.id == "0:1"


async def test_a_stream_is_had_as_json_lines(server: Served) -> None:
    publish(server, 1)
    lines = await asyncio.to_thread(read_lines, server, "/v1/stream/events", 2)
    assert lines[0] == {"position": ""}
    assert lines[1]["position"] == "0:0"
    assert lines[1]["kind"] == "event"
    assert lines[1]["item"]["event"]["id"] == released(1).id
    tallies = await asyncio.to_thread(read_lines, server, "/v1/stream/tallies", 2)
    assert tallies[1]["item"]["exchange"] == EXCHANGE


def read_lines(server: Served, path: str, count: int) -> list[Any]:
    with socket.create_connection((HOST, server.port)) as client, client.makefile("rb") as file:
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: {NDJSON}\r\n\r\n".encode())
        lines: list[Any] = []
        for line in file:
            if line.startswith(b"{"):
                lines.append(orjson.loads(line))
            if len(lines) == count:
                break
        return lines


async def test_a_form_that_there_is_not_is_refused(server: Served) -> None:
    with pytest.raises(Refused, match="406"):
        await first(server.port, "/v1/stream/events", 1, Accept="image/png")


@pytest.mark.parametrize("query", ["since=0:5", "since=3:0"])
async def test_a_position_that_is_not_there_is_gone(server: Served, query: str) -> None:
    publish(server, 1)
    with pytest.raises(Refused) as refused:
        await first(server.port, f"/v1/stream/events?{query}", 1)
    assert refused.value.status == 410
    assert '"earliest":null' in refused.value.body
    assert '"end":"0:0"' in refused.value.body


@pytest.mark.parametrize("query", ["since=yesterday", "round=1", "exchange=X&round=a", "until=0:1"])
async def test_a_question_that_makes_no_sense_is_refused(server: Served, query: str) -> None:
    with pytest.raises(Refused, match="400"):
        await first(server.port, f"/v1/stream/events?{query}", 1)


class Shortened(SqliteLog):
    """A log that somebody has let lose its first five records, as only one on Kafka can."""

    async def events(self) -> "Shortened":
        return self

    async def start(self) -> Frontier:
        return Frontier({0: 4})

    async def vouched(self) -> Vouched:
        return NOTHING_VOUCHED


async def test_what_is_gone_is_told_with_the_earliest_position(tmp_path: Path) -> None:
    log = Shortened(tmp_path / "ledger.db")
    await log.append(messages(0, 10))
    async with AsyncLedger(log) as ledger, (app := Application(ledger, Settings(log="sqlite:///x"))).running():
        service = app.service
        await service.wait_ready(5)
        assert len(service.replica.events) == 5
        for lost in ("0:3", "0:0"):
            with pytest.raises(HttpProblem) as problem:
                await service.history.existing(Frontier.parse(lost))
            assert (problem.value.slug, problem.value.more["earliest"]) == ("gone", "0:4")
        assert await service.history.existing(Frontier({0: 4})) == Frontier({0: 4})
        question = Question(VIEW_KINDS["tally"], EXCHANGE, "", ".json", "")
        with pytest.raises(HttpProblem, match="lost its beginning"):  # rather than wrong figures
            await service.bodies.answer(question, NOW, Asker("", lambda work: None))
        assert not readiness(service.replica).ready


# -- bounds ----------------------------------------------------------------------------------------


async def test_a_quiet_stream_shows_signs_of_life_that_take_the_client_on(url: str) -> None:
    with serving(url, ping=0.1) as server:
        publish(server, 1)
        publish(server, 2, exchange="EAST-WEST-2018")
        stream = events(server.port, f"/v1/stream/events?exchange={EXCHANGE}")
        seen = [await anext(stream) for _ in range(4)]
        await stream.aclose()  # type: ignore[attr-defined]
        assert [event.id for event in seen if not event.data][-1] == "0:1"


async def test_a_stream_ends_after_its_time_and_the_client_comes_again(url: str) -> None:
    with serving(url, age=0.3) as server:
        publish(server, 1)
        seen = [event async for event in events(server.port, "/v1/stream/events")]
        assert seen[-1].id == "0:0"
        metrics = await asyncio.to_thread(server.get, "/metrics")
        assert 'ledger_streams_ended_total{why="aged"} 1.0' in metrics.body.decode()


async def test_one_address_has_so_many_streams_and_no_more(url: str) -> None:
    with serving(url, streams_each=2, ping=0.1) as server:
        held = [events(server.port, "/v1/stream/events") for _ in range(2)]
        for each in held:
            await anext(each)
        with pytest.raises(Refused, match="429"):
            await first(server.port, "/v1/stream/events", 1)
        await held.pop().aclose()  # type: ignore[attr-defined]
        await asyncio.sleep(0.3)
        assert await anext(events(server.port, "/v1/stream/events"))
        await held.pop().aclose()  # type: ignore[attr-defined]


async def test_one_address_has_so_many_connections_and_no_more(url: str) -> None:
    with serving(url, connections_each=4) as server:
        held = [socket.create_connection((HOST, server.port)) for _ in range(4)]
        await asyncio.sleep(0.2)
        with pytest.raises(OSError, match=r"reset|disconnected|closed"):
            await asyncio.to_thread(server.get, "/health/live")
        for each in held:
            each.close()
        await asyncio.sleep(0.2)
        assert (await asyncio.to_thread(server.get, "/health/live")).status == 200


async def test_a_client_that_says_nothing_is_dropped(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.api.server.server.HEAD_S", 0.3)
    with serving(url) as server:
        for said in (b"", b"GET / HTT", b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n"):
            reader, writer = await asyncio.open_connection(HOST, server.port)
            writer.write(said)
            async with asyncio.timeout(5):
                with suppress(ConnectionResetError):
                    assert await reader.read() == b""
            writer.close()
        waiting = asyncio.create_task(first(server.port, "/v1/stream/events", 1))
        await asyncio.sleep(0.6)
        publish(server, 1)
        assert len(await waiting) == 1  # who has said what it wants is not


@pytest.fixture
def stalled(url: str) -> Iterator[Served]:
    """A server with a little patience, and far more to say than the buffers of a connection hold."""
    with Ledger.open(url) as ledger:
        list(ledger.publish_stream(released(number) for number in range(20_000)))
    with serving(url, send=1) as server:
        yield server


async def test_a_client_that_stops_reading_costs_nobody_else_anything(stalled: Served) -> None:
    clients = []
    for _ in range(5):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect((HOST, stalled.port))
        client.sendall(b"GET /v1/stream/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        clients.append(client)
    began = time.monotonic()
    found = await first(stalled.port, "/v1/stream/events?since=0:18999", 1000)
    assert len(found) == 1000
    assert time.monotonic() - began < 2
    while 'why="stalled"} 5.0' not in (text := (await asyncio.to_thread(stalled.get, "/metrics")).body.decode()):
        assert time.monotonic() - began < 15, text
        await asyncio.sleep(0.2)
    assert 'ledger_streams{kind="events"} 0.0' in text
    for client in clients:
        client.close()


async def test_the_server_ends_well_with_streams_open(url: str) -> None:
    with process(url) as server:
        publish(server, 1)
        streams = [events(server.port, "/v1/stream/events") for _ in range(10)]
        for stream in streams:
            while not (await anext(stream)).data:
                pass
        began = time.monotonic()
        stopping = asyncio.create_task(asyncio.to_thread(server.stop))
        for stream in streams:
            assert [event async for event in stream] == []
        logged = await stopping
        assert time.monotonic() - began < 3
        assert server.process.returncode == 0
        assert "Traceback" not in logged
