"""What a client sends to be published: lines, within the bounds of what is taken at once."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

from starlette.requests import ClientDisconnect, Request

from ledger.api.access.allowances import client_in
from ledger.api.access.capacity import Capacity
from ledger.api.http.problems import HttpProblem
from ledger.settings import Settings
from schemas.carriers import with_id

MEDIA_TYPES = ("application/x-ndjson", "application/ndjson", "application/jsonl", "application/json")
LINE_BYTES_MAX = 256 * 1024
"""A line is refused from 64 KiB on and then kept whole, for which it must not be larger than this."""
BODY_S = 30.0
"""Within which a body has to come, so that nobody keeps others out by sending slowly."""
BLANK = b" \t\r\n"


class SentLine(NamedTuple):
    """A line of a request, its number from 1, and the event made of it."""

    number: int
    raw: bytes

    @property
    def event(self) -> bytes:
        return with_id(self.raw.strip(BLANK))


class Sending:
    """Takes a bounded number of requests at once, each of bounded size. `what` is done with them, in words."""

    def __init__(self, settings: Settings, what: str) -> None:
        self._settings = settings
        self._what = what
        self._running = Capacity(settings.serve_publishing, settings.serve_publishing_each)

    @asynccontextmanager
    async def lines(self, request: Request) -> AsyncIterator[list[SentLine]]:
        """The lines of a request, which counts as one of those for as long as this is open.

        Raises HttpProblem for one that cannot be read as lines, and where there are too many.
        """
        async with self.body(request, MEDIA_TYPES, "events, one JSON object a line") as body:
            yield self._lines(body)

    @asynccontextmanager
    async def body(self, request: Request, media_types: Sequence[str], what: str) -> AsyncIterator[bytes]:
        """The body of a request, in the same way. `what` is to be sent, in words, where it is of no such type."""
        client = client_in(request)
        if not self._running.enter(client):
            detail = f"{self._running.of(client)} requests of this address are being {self._what}; send it again"
            raise HttpProblem("too-many", detail, {"Retry-After": "1"}, reason="publishing")
        try:
            _check_media_type(request, media_types, what)
            _check_coding(request)
            yield await self._body(request)
        finally:
            self._running.leave(client)

    async def _body(self, request: Request) -> bytes:
        largest = self._settings.serve_body
        said = request.headers.get("content-length", "0")
        if said.isascii() and said.isdigit() and int(said[:18]) > largest:
            raise _too_large(f"{int(said[:18]):,} bytes", f"{largest:,} bytes")
        try:
            async with asyncio.timeout(BODY_S):
                return await _limited(request, largest)
        except ClientDisconnect as error:
            raise HttpProblem("invalid-request", "the request ended in the middle") from error
        except TimeoutError as error:
            raise HttpProblem("too-slow", f"the body did not come within {BODY_S:.0f} seconds") from error

    def _lines(self, body: bytes) -> list[SentLine]:
        count = body.rstrip(BLANK).count(b"\n") + 1  # before there are as many objects
        if count > self._settings.serve_lines:
            raise _too_large(f"{count:,} lines", f"{self._settings.serve_lines:,}")
        lines = list(_split(body))
        if not lines:
            raise HttpProblem("invalid-request", "the body is empty; send events, one JSON object a line")
        for line in lines:
            if len(line.raw) > LINE_BYTES_MAX:
                raise _too_large(f"line {line.number} of {len(line.raw):,} bytes", f"{LINE_BYTES_MAX:,}")
        return lines


async def _limited(request: Request, largest: int) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > largest:
            raise _too_large("more", f"{largest:,} bytes")
    return bytes(body)


def _split(body: bytes) -> Iterator[SentLine]:
    for number, raw in enumerate(body.rstrip(BLANK).split(b"\n"), 1):
        if raw.strip(BLANK):
            yield SentLine(number, raw)


def _check_media_type(request: Request, media_types: Sequence[str], what: str) -> None:
    said = request.headers.get("content-type", "")
    if said and said.partition(";")[0].strip().lower() not in media_types:
        raise HttpProblem("wrong-media-type", f"send {media_types[0]}: {what}")


def _check_coding(request: Request) -> None:
    coding = request.headers.get("content-encoding", "identity")
    if coding.strip().lower() != "identity":
        detail = f"a body with Content-Encoding: {coding[:80]} is not read here; send it as it is"
        raise HttpProblem("wrong-media-type", detail, {"Accept-Encoding": "identity"})


def _too_large(what: str, limit: str) -> HttpProblem:
    return HttpProblem("too-large", f"{what}, and at most {limit} are taken at once; send it in parts")
