"""What goes wrong, as RFC 9457 tells it: `application/problem+json` with a type, a title, a status and what to do."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict

from ledger.api.http.answers import Answer, Headers
from ledger.errors import EventConflict, InvalidEvent, LedgerError, LogDamaged, LogUnreachable, UnknownName, UsageError

MEDIA_TYPE = "application/problem+json"
INTERNAL = "the error is in the server's log"
KNOWN_MAX = 20
"""Names that are offered in place of an unknown one."""

TITLES: Mapping[str, tuple[int, str]] = {
    "invalid-request": (400, "The request makes no sense"),
    "invalid-events": (400, "Nothing in the request is an event"),
    "no-dry-run": (400, "Of this ledger no dry run is made here"),
    "unauthenticated": (401, "This needs a token"),
    "forbidden": (403, "This token may not do that"),
    "unknown-name": (404, "There is no such thing in this ledger"),
    "no-proof": (404, "There is no proof of this figure here"),
    "no-such-page": (404, "There is nothing at this address"),
    "wrong-method": (405, "This address does not take that method"),
    "not-acceptable": (406, "This cannot be had in that form"),
    "too-slow": (408, "The request did not come in time"),
    "conflicting-event": (409, "This id is in the log with other content"),
    "gone": (410, "This position is not in the log"),
    "too-large": (413, "The request is too large"),
    "wrong-media-type": (415, "The body is of a kind that is not read here"),
    "misdirected": (421, "This server does not go by that name"),
    "too-many": (429, "Too many requests at once"),
    "head-too-large": (431, "The head of the request is too large"),
    "internal": (500, "The server made a mistake"),
    "not-made": (501, "This is not made here in that form"),
    "unavailable": (503, "The ledger cannot answer now"),
}
"""Every kind of problem: its status and its title."""


class ProblemView(BaseModel):
    """A problem (RFC 9457). Some have more members: the `problems` of an event, the `earliest` position, receipts, the
    `reason` why a client is turned away."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str


class HttpProblem(LedgerError):
    """A request that is refused. `slug` is a key of TITLES; `more` adds members to the answer."""

    def __init__(self, slug: str, detail: str, headers: Mapping[str, str] | None = None, **more: Any) -> None:
        self.slug, self.detail, self.headers, self.more = slug, detail, headers or {}, more
        super().__init__(detail)


def problem_of(error: LedgerError) -> HttpProblem:
    """An error of the ledger in the terms of HTTP."""
    if isinstance(error, HttpProblem):
        return error
    if isinstance(error, UnknownName):
        known = list(error.known)
        listed = f"; there is {', '.join(known[:KNOWN_MAX])}" if known else ""
        asked = f"; did you mean {error.near}?" if error.near else ""
        return HttpProblem("unknown-name", f"no {error.kind} {error.name!r} in this ledger{listed}{asked}")
    if isinstance(error, InvalidEvent):
        problems = [{"field": each.field, "reason": each.reason} for each in error.problems]
        return HttpProblem("invalid-events", str(error), problems=problems)
    if isinstance(error, EventConflict):
        first = str(error).partition("\n")[0]
        return HttpProblem("conflicting-event", first, id=error.event_id, position=str(error.position))
    if isinstance(error, UsageError):
        return HttpProblem("invalid-request", str(error))
    if isinstance(error, LogUnreachable):
        return HttpProblem("unavailable", "the log does not answer; try again", {"Retry-After": "2"})
    if isinstance(error, LogDamaged):
        return HttpProblem("unavailable", f"the log is damaged: {error}")
    return HttpProblem("internal", INTERNAL)


def members(problem: HttpProblem) -> dict[str, Any]:
    """The members of a problem document."""
    status, title = TITLES[problem.slug]
    named = f"urn:exchange-ledger:problem:{problem.slug}"
    return {"type": named, "title": title, "status": status, "detail": problem.detail, **problem.more}


def answer_to(problem: HttpProblem, more: Sequence[tuple[bytes, bytes]] = ()) -> Answer:
    """A problem as an answer, with more headers."""
    status, _ = TITLES[problem.slug]
    headers: Headers = [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
    body = orjson.dumps(members(problem))
    return Answer(body, MEDIA_TYPE, status, [(b"cache-control", b"no-store"), *headers, *more])
