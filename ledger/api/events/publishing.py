"""Events by POST, one or many: each is admitted or refused by itself; refused ones are kept whole, with the reason."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Any, TypeAlias

import orjson
from prometheus_client import Counter
from pydantic import BaseModel
from starlette.requests import Request

from ledger.api.access.allowances import client_in
from ledger.api.access.tokens import Token
from ledger.api.events.notices import NoticesView, noticed
from ledger.api.events.sent import Sending, SentLine
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
from schemas.entrants import by_token
from schemas.record import Position

Members: TypeAlias = dict[str, Any]
"""A model as JSON."""
MANY_LINES = 100
"""Requests of more are published one after another: several at once take no less time, and as many times the memory."""
NOTICED_MAX = 10_000
"""In a log of more events nobody is told what came with his own: a likely double would cost a tenth of a second."""


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
    """Publishes what is sent. `counted` counts events by their outcome."""

    def __init__(
        self, ledger: AsyncLedger, replica: Replica, settings: Settings, counted: Counter, tracing: Tracing
    ) -> None:
        self._ledger = ledger
        self._replica = replica
        self._counted = counted
        self._tracing = tracing
        self._sending = Sending(settings, "published")
        self._turns = FairTurns(1, settings.serve_publishing, settings.serve_publishing_each)

    async def publish(self, request: Request, token: Token) -> Answer:
        """Publish the events of a request. Raises HttpProblem for one that cannot be read as lines."""
        async with self._sending.lines(request) as lines:
            is_long = len(lines) > MANY_LINES
            async with self._turns.turn(client_in(request), len(lines)) if is_long else nullcontext():
                with self._tracing.part("publish", {"ledger.lines": len(lines)}) as span:
                    answer = await self._publish(lines, token)
                    span.tell({"ledger.status": answer.status})
            return answer

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
    return refusal(line, outcome)


def refusal(line: SentLine, error: LedgerError) -> Refused:
    """What is told of a line that is refused."""
    told = members(problem_of(error))
    return Refused(line=line.number, status=told["status"], problem=told)


def _answer(results: list[Members], refused: Sequence[LedgerError], notices: NoticesView | None) -> Answer:
    told = Receipts(accepted=len(results) - len(refused), refused=len(refused), results=[], notices=notices)
    return answer_about({**told.model_dump(mode="json"), "results": results}, refused, 201)


def answer_about(document: Members, refused: Sequence[LedgerError], status: int) -> Answer:
    """The status where no line is refused, 207 where some are; else what is wrong with the first of each kind."""
    if not refused:
        return Answer(orjson.dumps(document), status=status)
    if document["accepted"]:
        return Answer(orjson.dumps(document), status=207)
    worst = problem_of(next((each for each in refused if isinstance(each, InvalidEvent)), refused[0]))
    return answer_to(HttpProblem(worst.slug, worst.detail, worst.headers, **worst.more, **document))
