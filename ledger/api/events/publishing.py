"""Events by POST, one or many: each is admitted or refused by itself; refused ones are kept whole, with the reason."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from typing import Any, NamedTuple, TypeAlias

import orjson
from prometheus_client import Counter
from pydantic import BaseModel
from starlette.requests import ClientDisconnect, Request

from ledger.api.access.allowances import client_in
from ledger.api.access.capacity import Capacity
from ledger.api.access.tokens import Token
from ledger.api.events.notices import NoticesView, noticed
from ledger.api.http.answers import Answer
from ledger.api.http.problems import HttpProblem, answer_to, members, problem_of
from ledger.api.state.fair_turns import FairTurns
from ledger.api.telemetry.tracing import Tracing
from ledger.client import AsyncLedger
from ledger.errors import InvalidEvent, LedgerError, LogDamaged, LogUnreachable
from ledger.follow.books import paused_garbage_collection
from ledger.follow.replica import Replica
from ledger.log.port import Receipt
from ledger.pacing import paced
from ledger.settings import Settings
from schemas.carriers import with_id
from schemas.entrants import by_token
from schemas.record import Position

Members: TypeAlias = dict[str, Any]
"""A model as JSON."""
MEDIA_TYPES = ("application/x-ndjson", "application/ndjson", "application/jsonl", "application/json")
LINE_BYTES_MAX = 256 * 1024
"""A line is refused from 64 KiB on and then kept whole, for which it must not be larger than this."""
MANY_LINES = 100
"""Requests of more are published one after another: several at once take no less time, and as many times the memory."""
BODY_S = 30.0
"""Within which a body has to come, so that nobody keeps others out by sending slowly."""
BLANK = b" \t\r\n"
NOTICED_MAX = 10_000
"""In a log of more events nobody is told what came with his own: a likely double would cost a tenth of a second."""


class SentLine(NamedTuple):
    """A line of a request, its number from 1, and the event made of it."""

    number: int
    raw: bytes

    @property
    def event(self) -> bytes:
        return with_id(self.raw.strip(BLANK))


class Accepted(BaseModel):
    """An event that is durably in the log. `duplicate`: it was there before, byte for byte."""

    line: int
    status: int
    id: str
    position: str
    recorded_at: str
    duplicate: bool


class Refused(BaseModel):
    """A line that is not in the log, and why."""

    line: int
    status: int
    problem: dict[str, Any]


class Receipts(BaseModel):
    """What became of each line, in their order.

    `notices` is null where nobody looked: nothing is new, the log is long, or it is on Kafka.
    """

    accepted: int
    refused: int
    results: list[Accepted | Refused]
    notices: NoticesView | None


class Publishing:
    """Takes a bounded number of requests at once, each of bounded size. `counted` counts events by their outcome."""

    def __init__(
        self, ledger: AsyncLedger, replica: Replica, settings: Settings, counted: Counter, tracing: Tracing
    ) -> None:
        self._ledger = ledger
        self._replica = replica
        self._settings = settings
        self._counted = counted
        self._tracing = tracing
        self._running = Capacity(settings.serve_publishing, settings.serve_publishing_each)
        self._turns = FairTurns(1, settings.serve_publishing, settings.serve_publishing_each)

    async def publish(self, request: Request, token: Token) -> Answer:
        """Publish the events of a request. Raises HttpProblem for one that cannot be read as lines."""
        client = client_in(request)
        if not self._running.enter(client):
            detail = f"{self._running.of(client)} requests of this address are being published; send it again"
            raise HttpProblem("too-many", detail, {"Retry-After": "1"}, reason="publishing")
        try:
            _check_media_type(request)
            _check_coding(request)
            lines = self._lines(await self._body(request))
            turn = self._turns.turn(client, len(lines)) if len(lines) > MANY_LINES else nullcontext()
            async with turn:
                with self._tracing.part("publish", {"ledger.lines": len(lines)}) as span:
                    answer = await self._publish(lines, token)
                    span.tell({"ledger.status": answer.status})
            return answer
        finally:
            self._running.leave(client)

    async def _publish(self, lines: Sequence[SentLine], token: Token) -> Answer:
        results: list[Members] = []
        refused: list[tuple[SentLine, LedgerError]] = []
        new: dict[Position, bytes] = {}
        events = [line.event async for line in paced(lines)]
        waiting = zip(lines, events, strict=True)
        sender = by_token(token.name)
        async for outcome in self._ledger.publish_stream(events, sender):
            line, event = next(waiting)
            results.append(_result(line, outcome).model_dump(mode="json"))
            if not isinstance(outcome, Receipt):
                refused.append((line, outcome))
            elif not outcome.duplicate:
                new[outcome.position] = event
        await self._ledger.reject_many(
            [(f"http:{token.name}:{line.number}", error, line.raw) async for line, error in paced(refused)], sender
        )
        known = len(results) - len(refused) - len(new)
        for kind, times in (("new", len(new)), ("known", known), ("refused", len(refused))):
            self._counted.labels(kind).inc(times)
        return _answer(results, [error for _, error in refused], await self._notices(new))

    async def _notices(self, new: Mapping[Position, bytes]) -> NoticesView | None:
        """What new events have brought with them, where the books are here and the log is short."""
        last = max(new, default=None)
        if last is None or last.offset >= NOTICED_MAX:
            return None
        try:
            if not await self._replica.hasten(last):
                return None
        except (LogUnreachable, LogDamaged):  # which publishing has not found out
            return None
        with paused_garbage_collection():
            return NoticesView.model_validate(noticed(self._replica.books, new.values()))

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


def _check_media_type(request: Request) -> None:
    said = request.headers.get("content-type", "")
    if said and said.partition(";")[0].strip().lower() not in MEDIA_TYPES:
        raise HttpProblem("wrong-media-type", f"send {MEDIA_TYPES[0]}: events, one JSON object a line")


def _check_coding(request: Request) -> None:
    coding = request.headers.get("content-encoding", "identity")
    if coding.strip().lower() != "identity":
        detail = f"a body with Content-Encoding: {coding[:80]} is not read here; send it as it is"
        raise HttpProblem("wrong-media-type", detail, {"Accept-Encoding": "identity"})


def _too_large(what: str, limit: str) -> HttpProblem:
    return HttpProblem("too-large", f"{what}, and at most {limit} are taken at once; send it in parts")


def _result(line: SentLine, outcome: Receipt | LedgerError) -> Accepted | Refused:
    if isinstance(outcome, Receipt):
        return Accepted(
            line=line.number,
            status=200 if outcome.duplicate else 201,
            id=outcome.event_id,
            position=str(outcome.position),
            recorded_at=outcome.recorded_at.isoformat(),
            duplicate=outcome.duplicate,
        )
    told = members(problem_of(outcome))
    return Refused(line=line.number, status=told["status"], problem=told)


def _answer(results: list[Members], refused: Sequence[LedgerError], notices: NoticesView | None) -> Answer:
    """201 where all lines are in the log, 207 where some are; else what is wrong with the first of each kind."""
    told = Receipts(accepted=len(results) - len(refused), refused=len(refused), results=[], notices=notices)
    document = {**told.model_dump(mode="json"), "results": results}
    if not refused:
        return Answer(orjson.dumps(document), status=201)
    if told.accepted:
        return Answer(orjson.dumps(document), status=207)
    worst = problem_of(next((each for each in refused if isinstance(each, InvalidEvent)), refused[0]))
    return answer_to(HttpProblem(worst.slug, worst.detail, worst.headers, **worst.more, **document))
