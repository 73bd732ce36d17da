"""A client of Server-Sent Events, as a browser is one: it comes again with the last id that it was given."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import NamedTuple

from tests.api.serving import HOST


class Event(NamedTuple):
    """One event of a stream. `id` is the last id by then."""

    id: str
    name: str
    data: str


class Refused(Exception):
    """The server answered with another status than 200."""

    def __init__(self, status: int, body: str) -> None:
        self.status, self.body = status, body
        super().__init__(f"{status}: {body}")


async def events(port: int, path: str, last_id: str = "", **headers: str) -> AsyncIterator[Event]:
    """What comes on one connection, until it ends. Raises Refused, OSError."""
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        said = {"Host": HOST, "Last-Event-ID": last_id, **headers}
        lines = "".join(f"{name}: {text}\r\n" for name, text in said.items() if text)
        writer.write(f"GET {path} HTTP/1.1\r\n{lines}\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head.split()[1])
        if status != 200:
            raise Refused(status, (await asyncio.wait_for(reader.read(4096), 1)).decode())
        buffer, name, data = b"", "message", ""
        while chunk := await _chunk(reader):
            *whole, buffer = (buffer + chunk).split(b"\n")
            for line in whole:
                field, _, text = line.decode().partition(": ")
                if field == "id":
                    last_id = text
                elif field == "event":
                    name = text
                elif field == "data":
                    data = text
                elif not field:
                    if data:
                        yield Event(last_id, name, data)
                    else:
                        yield Event(last_id, "", "")
                    name, data = "message", ""
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def _chunk(reader: asyncio.StreamReader) -> bytes:
    """One chunk of the transfer; empty at the end, also where the connection breaks."""
    try:
        size = int(await reader.readline() or b"0", 16)
        return (await reader.readexactly(size + 2))[:-2]
    except (asyncio.IncompleteReadError, OSError):
        return b""


async def first(port: int, path: str, count: int, last_id: str = "", **headers: str) -> list[Event]:
    """The first events of a stream, signs of life left out."""
    found: list[Event] = []
    async with asyncio.timeout(20):
        stream = events(port, path, last_id, **headers)
        async for event in stream:
            if event.data:
                found.append(event)
            if len(found) == count:
                break
        await stream.aclose()  # type: ignore[attr-defined]
    return found
