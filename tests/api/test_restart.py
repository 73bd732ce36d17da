"""`kill -9` of the server with many clients: what they resume with, nothing is missed and nothing comes twice."""

import asyncio
import json
import time
from contextlib import aclosing, suppress
from typing import Any

from schemas.codec import encode
from tests.api.following import events
from tests.api.serving import REACH_S, Process, make_token
from tests.log.events import released

CLIENTS, EVENTS, BATCH = 100, 10_000, 250
KILLS = (2_000, 5_000, 8_000)
"""How many events are published when the server is killed."""


async def follow(server: Process, wanted: int) -> list[str]:
    """All events, as a client gets them that comes again whenever its stream breaks."""
    found: list[str] = []
    last = ""
    while len(found) < wanted:
        try:
            async with aclosing(events(server.port, "/v1/stream/events", last)) as stream:  # type: ignore[type-var]
                async for event in stream:
                    last = event.id
                    if event.data:
                        found.append(json.loads(event.data)["event"]["id"])
                    if len(found) >= wanted:
                        break
        except (OSError, asyncio.IncompleteReadError):
            await asyncio.sleep(0.1)
    return found


async def publish(server: Process, token: str) -> None:
    """Every event, each batch again until it is acknowledged, with kills on the way."""
    kills = list(KILLS)
    for first in range(0, EVENTS, BATCH):
        body = b"\n".join(encode(released(number)) for number in range(first, first + BATCH))
        killing: asyncio.Task[Any] | None = None
        if kills and first >= kills[0]:
            kills.pop(0)
            killing = asyncio.create_task(asyncio.to_thread(restart, server))
        await asyncio.to_thread(insist, server, token, body)
        if killing is not None:
            await killing


def restart(server: Process) -> None:
    server.kill()
    server.start()


def insist(server: Process, token: str, body: bytes) -> None:
    """Publish until it is acknowledged. One that starts may say when to come again."""
    deadline = time.monotonic() + REACH_S
    while True:
        assert time.monotonic() < deadline, f"nothing is acknowledged in {REACH_S} s"
        with suppress(OSError):
            got = server.publish(body, token)
            if got.status == 201:
                return
            assert (got.status, "retry-after" in got.headers) == (503, True), got.body
        time.sleep(0.1)


async def test_streams_miss_nothing_and_repeat_nothing(url: str) -> None:
    server = Process(url, {"streams_each": 200, "connections_each": 400}).start()
    try:
        async with asyncio.timeout(240):
            clients = [asyncio.create_task(follow(server, EVENTS)) for _ in range(CLIENTS)]
            await publish(server, make_token(url))
            found = await asyncio.gather(*clients)
    finally:
        server.kill()
    expected = [released(number).id for number in range(EVENTS)]
    assert all(each == expected for each in found)
