"""Streams of what changes: bounded in number, in age, and in the patience that a client gets."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from ledger.api.access.allowances import Asker
from ledger.api.access.hosts import shared_by
from ledger.api.http.answers import INERT, Headers
from ledger.api.http.problems import HttpProblem
from ledger.api.http.query import AsOf, filter_in, position
from ledger.api.lru import Lru
from ledger.api.state.history import History
from ledger.api.stream.feeds import SHARED_BYTES, EventFeed, Feed, SharedViews, ViewFeed
from ledger.api.stream.frames import NDJSON, SSE, Frames, NdjsonFrames, SseFrames
from ledger.api.views.bodies import BodyCache
from ledger.book.cut import Cut
from ledger.follow.filters import Filter
from ledger.follow.replica import Replica
from ledger.settings import Settings
from schemas.record import NOWHERE, Frontier

KINDS = ("events", "tallies", "rounds")
RETRY_MS = 1000
"""After which a browser comes again whose stream has ended."""
AGE_SPREAD = 0.1
"""The part of a stream's age by which it varies, so that those who came together do not come again together."""


class Streams:
    """All streams of a server. `ended` counts why they ended; `sent_bytes` is what all have sent."""

    def __init__(
        self,
        replica: Replica,
        history: History,
        bodies: BodyCache,
        settings: Settings,
        asker: Callable[[Request], Asker],
    ) -> None:
        self.open: Counter[str] = Counter()
        self.ended: Counter[str] = Counter()
        self.sent_bytes = 0
        self.settings = settings
        self.is_stopping = False
        self._replica = replica
        self._history = history
        self._asker = asker
        self._views = SharedViews(replica, bodies)
        self._chunks: Lru[Any] = Lru(SHARED_BYTES)
        replica.when_redacted(self._chunks.clear)
        self._clients: Counter[str] = Counter()
        self._streams: set[Stream] = set()
        replica.listen(lambda _: self._wake())

    async def stream(self, request: Request, given: Mapping[str, str], kind: str) -> "Stream":
        """The stream that a request asks for. Raises HttpProblem."""
        wanted, frames = filter_in(given), _frames(request)
        if wanted.round is not None and wanted.exchange is None:
            raise HttpProblem("invalid-request", "round goes with an exchange")
        asker = self._asker(request)
        self._check_caps(asker.client)
        after = await self._after(request, given)
        feed = await self._feed(kind, wanted, frames, after, asker)
        self._check_caps(asker.client)  # others may have come meanwhile
        return Stream(self, kind, asker.client, frames, feed)

    def stop(self) -> None:
        """End every stream, so that its client comes again, perhaps to another server."""
        self.is_stopping = True
        self._wake()

    def _wake(self) -> None:
        for stream in self._streams:
            stream.woken.set()

    async def watch(self) -> None:
        """Look after all streams for ever. One watch for all costs less than timers for each."""
        settings = self.settings
        tick_s = min(1.0, settings.serve_ping, settings.serve_send, settings.serve_age) / 2
        while True:
            await asyncio.sleep(tick_s)
            now = asyncio.get_running_loop().time()
            for stream in tuple(self._streams):
                stream.look(now)

    # -- beginning ---------------------------------------------------------------------------------

    async def _after(self, request: Request, given: Mapping[str, str]) -> Frontier:
        """Where to go on: where a client that comes again has come to, else where it says, else at the beginning."""
        last = request.headers.get("last-event-id")
        if last:
            given = {"Last-Event-ID": last}
        if given.get("since") == "now":
            return self._replica.reached
        found = position(given, "Last-Event-ID" if last else "since")
        return await self._history.existing(found) if found else NOWHERE

    async def _feed(self, kind: str, wanted: Filter, frames: Frames, after: Frontier, asker: Asker) -> Feed:
        if kind == "events":
            if wanted.reads_events:  # at once, since a stream that has begun cannot be refused any more
                asker.spend(len(self._replica.events.after(after, wanted.exchange)))
            return EventFeed(self._replica, self._chunks, wanted, frames, after)
        views = self._views
        self._history.check_whole()
        if not after:
            pending = views.shown(views.every(), kind, wanted)
            return ViewFeed(views, kind, wanted, frames, after, pending)
        number = views.changes.at(after)
        touched = None if number is None else views.changes.since(number)
        if touched is not None:
            return ViewFeed(views, kind, wanted, frames, after, views.shown(touched, kind, wanted))
        scope = tuple(sorted(self._replica.exchanges)) if wanted.exchange is None else (wanted.exchange,)
        asked = AsOf(Cut(), after, (("position", str(after)),))
        place = self._history.place(scope, asked, await self._history.bound(asked))
        earlier = await self._history.read(place, asker, partial(views.digests, kind, wanted))
        return ViewFeed(views, kind, wanted, frames, after, views.differing(earlier, kind, wanted))

    def _check_caps(self, client: str) -> None:
        if self.is_stopping:
            raise HttpProblem("unavailable", "the server is stopping; come again", {"Retry-After": "1"})
        if self.open.total() >= self.settings.serve_streams:
            detail = "the server has as many streams as it takes"
            raise HttpProblem("unavailable", detail, {"Retry-After": "10"}, reason="streams")
        if self._clients[client] >= self.settings.serve_streams_each:
            detail = f"this address has {self._clients[client]} streams already; close one"
            raise HttpProblem("too-many", detail, {"Retry-After": "10"}, reason="streams")

    @contextmanager
    def counted(self, stream: "Stream") -> Iterator[None]:
        """Counts a stream while it runs."""
        self._streams.add(stream)
        self.open[stream.kind] += 1
        self._clients[stream.client] += 1
        try:
            yield
        finally:
            self._streams.discard(stream)
            self.open[stream.kind] -= 1
            self._clients[stream.client] -= 1
            if not self._clients[stream.client]:
                del self._clients[stream.client]


class Stream:
    """One client's stream, as an ASGI application. `woken` is set when there may be something to do."""

    def __init__(self, streams: Streams, kind: str, client: str, frames: Frames, feed: Feed) -> None:
        self.kind = kind
        self.client = client
        self.woken = asyncio.Event()
        self._streams = streams
        self._frames = frames
        self._feed = feed
        self._now = asyncio.get_running_loop().time
        self._ends = self._now() + streams.settings.serve_age * (1 - AGE_SPREAD * random.random())
        self._told = self._now()
        self._is_sending = self._is_due = self._is_over = self._has_left = self._has_stalled = False
        self._abort: Callable[[], None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._abort = scope.get("extensions", {}).get("ledger", {}).get("abort")
        with self._streams.counted(self):
            listening = asyncio.create_task(self._listen(receive))
            try:
                await send({"type": "http.response.start", "status": 200, "headers": self._headers()})
                why = "left" if scope["method"] == "HEAD" else await self._run(send)
                if not self._has_left:
                    await send({"type": "http.response.body", "body": b"", "more_body": False})
            finally:
                listening.cancel()
            self._streams.ended[why] += 1

    def look(self, now: float) -> None:
        """Find a client that does not read, a stream that is old, or one that was silent for long."""
        settings = self._streams.settings
        if self._is_sending:
            if now - self._told > settings.serve_send and self._abort is not None:
                self._has_stalled = True
                self._abort()  # a connection that is not read would wait for ever to be closed in order
            return
        self._is_over = now >= self._ends
        self._is_due = now - self._told >= settings.serve_ping
        if self._is_over or self._is_due:
            self.woken.set()

    def _headers(self) -> Headers:
        media_type = self._frames.media_type.encode()
        return [
            (b"content-type", media_type + b"; charset=utf-8" if self._frames.media_type == SSE else media_type),
            (b"cache-control", b"no-store"),
            (b"x-accel-buffering", b"no"),
            (b"vary", b"accept"),
            *shared_by(self._streams.settings),
            *INERT,
        ]

    async def _listen(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._has_left = True
        self.woken.set()

    async def _run(self, send: Send) -> str:
        """Send until the client or the server has enough; why it ended."""
        streams, feed = self._streams, self._feed
        await self._send(send, self._frames.first(RETRY_MS) or self._frames.ping(feed.reached))
        while not self._has_left:
            if streams.is_stopping or self._is_over:
                return "stopped" if streams.is_stopping else "aged"
            chunk = feed.take()
            if not chunk and self._is_due:
                chunk = self._frames.ping(feed.reached)
            if chunk:
                await self._send(send, chunk)
            elif feed.is_behind:
                await asyncio.sleep(0)
            else:
                self.woken.clear()
                await self.woken.wait()
        return "stalled" if self._has_stalled else "left"

    async def _send(self, send: Send, chunk: bytes) -> None:
        self._told, self._is_sending, self._is_due = self._now(), True, False
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
        self._is_sending = False
        self._streams.sent_bytes += len(chunk)


def _frames(request: Request) -> Frames:
    accepted = request.headers.get("accept", "")
    if NDJSON in accepted:
        return NdjsonFrames()
    if not accepted or SSE in accepted or "text/*" in accepted or "*/*" in accepted:
        return SseFrames()
    raise HttpProblem("not-acceptable", f"a stream is had as {SSE} or {NDJSON}")
