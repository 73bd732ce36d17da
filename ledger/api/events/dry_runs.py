"""Dry runs: what would become of the lines of a request, and which figures would move, found out on a copy."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel
from starlette.requests import Request

from ledger.api.access.allowances import client_in
from ledger.api.events.notices import NoticesView, noticed
from ledger.api.events.publishing import Members, Refused, answer_about, refusal
from ledger.api.events.sent import Sending, SentLine
from ledger.api.http.answers import Answer
from ledger.api.http.problems import HttpProblem
from ledger.api.state.fair_turns import FairTurns
from ledger.api.telemetry.tracing import Tracing
from ledger.blocking import Ledger
from ledger.client import AsyncLedger
from ledger.errors import LedgerError
from ledger.log.port import Receipt
from ledger.log.sqlite import SqliteLog
from ledger.notices import EVENTS_MAX
from ledger.rehearsal import FigureShift, Rehearsal, rehearsed
from ledger.settings import Settings


class WouldBeAccepted(BaseModel):
    """An event that would be taken: `status` 201 says that it would be new, 200 that it is there already."""

    line: int
    status: int
    id: str
    duplicate: bool


class DryRun(BaseModel):
    """What would become of each line, in their order, and which figures would move. Nothing is in the log by this.

    It is a model of its own and no receipt with gaps, so that positions and times of receipts are never null, and a
    client that looks for them finds out that nothing was published.

    `moved` has each figure that would be another, before and after; null is not recorded. `notices` is null where
    nothing is new.
    """

    accepted: int
    refused: int
    results: list[WouldBeAccepted | Refused]
    moved: list[FigureShift]
    notices: NoticesView | None


class DryRuns:
    """Makes dry runs one at a time, in turns of their own: nobody who publishes waits for one who only looks."""

    def __init__(self, ledger: AsyncLedger, settings: Settings, tracing: Tracing) -> None:
        self._ledger = ledger
        self._settings = settings
        self._tracing = tracing
        self._sending = Sending(settings, "tried")
        self._turns = FairTurns(1, settings.serve_publishing, settings.serve_publishing_each)

    async def run(self, request: Request) -> Answer:
        """Say what publishing a request would do. Raises HttpProblem, also for a ledger of too many events."""
        events = await self._events()
        async with (
            self._sending.lines(request) as lines,
            self._turns.turn(client_in(request), events + len(lines)),
        ):
            if await request.is_disconnected():
                raise HttpProblem("invalid-request", "the client went away before its turn came")
            with self._tracing.part("dry run", {"ledger.lines": len(lines), "ledger.events": events}) as span:
                answer = await asyncio.to_thread(self._run, lines)
                span.tell({"ledger.status": answer.status})
        return answer

    async def _events(self) -> int:
        """How many events a copy would have. Raises HttpProblem for too many."""
        events = (await self._ledger.log.end()).records
        if events > EVENTS_MAX:
            long = f"a dry run copies the ledger and folds it twice, which takes seconds for {events:,} events"
            how = f"it is made here of up to {EVENTS_MAX:,}, and on the server's machine by `ledger publish --dry-run`"
            raise HttpProblem("no-dry-run", f"{long}: {how}")
        return events

    def _run(self, lines: Sequence[SentLine]) -> Answer:
        """All of it, in a thread: what is begun is ended there, and the copy gone, whoever waits for it or does not."""
        with rehearsed(self._settings.log, opened=self._opened) as rehearsal:
            return tried(rehearsal, lines)

    def _opened(self, path: Path) -> Ledger:
        """The copy as the ledger itself is served: it signs nothing, and asks for the same signatures."""
        log = SqliteLog(path, trust=self._ledger.log.trust)
        return Ledger(AsyncLedger(log, batch=self._settings.batch))


def tried(rehearsal: Rehearsal, lines: Sequence[SentLine]) -> Answer:
    """Publish lines to a copy, and tell what became of them there."""
    results: list[WouldBeAccepted | Refused] = []
    refused: list[LedgerError] = []
    new: list[bytes] = []
    events = [line.event for line in lines]
    for line, event, outcome in zip(lines, events, rehearsal.ledger.publish_stream(events), strict=True):
        if not isinstance(outcome, Receipt):
            refused.append(outcome)
            results.append(refusal(line, outcome))
            continue
        results.append(_would_be(line, outcome))
        if not outcome.duplicate:
            new.append(event)
    return answer_about(_document(rehearsal, results, refused, new), refused, 200)


def _would_be(line: SentLine, receipt: Receipt) -> WouldBeAccepted:
    is_known = receipt.duplicate
    return WouldBeAccepted(line=line.number, status=200 if is_known else 201, id=receipt.event_id, duplicate=is_known)


def _document(
    rehearsal: Rehearsal,
    results: list[WouldBeAccepted | Refused],
    refused: Sequence[LedgerError],
    new: Sequence[bytes],
) -> Members:
    books = rehearsal.ledger.read()
    told = DryRun(
        accepted=len(results) - len(refused),
        refused=len(refused),
        results=results,
        moved=rehearsal.moved(books),
        notices=NoticesView.model_validate(noticed(books, new)) if new else None,
    )
    return told.model_dump(mode="json")
