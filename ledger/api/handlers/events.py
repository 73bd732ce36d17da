"""Events: those of the log, those that somebody publishes, those that were refused, and what changes as they come."""

from starlette.types import ASGIApp

from ledger.api.events.records import record_bytes, records_bytes
from ledger.api.events.redactions import redaction_bytes
from ledger.api.events.rejects import rejected_bytes
from ledger.api.events.search import NOTHING_NAMED, FoundClaims, SearchResult, Within, found_claim, named
from ledger.api.handlers.call import Call, Handler
from ledger.api.http.answers import Answer
from ledger.api.http.problems import HttpProblem
from ledger.api.http.query import AsOf, as_of, filter_in, flag, number, position
from ledger.api.state.asking import FoundPage
from ledger.errors import UnknownName
from ledger.follow.bound import Bound
from ledger.follow.filters import Filter
from ledger.pacing import paced
from schemas.entrants import by_token
from schemas.record import NOWHERE

_STREAMS = {
    "events": "Every event, then each new one.",
    "tallies": "Every tally, then each whenever it changes.",
    "rounds": "Every round, then each whenever it changes.",
}
PAGE_MAX, PAGE_DEFAULT = 1000, 100
FOUND_DEFAULT = 20
"""Claims of one page of what was searched for."""


async def events(call: Call) -> ASGIApp:
    """The events as they stand in the log, page by page: all, or those that are asked for."""
    limit = number(call.given, "limit", PAGE_DEFAULT, PAGE_MAX)
    asked = as_of(call.given)
    page = await _page(call, filter_in(call.given, asked.cut), asked, limit)
    records = [record_bytes(each.record()) async for each in paced(page.entries)]
    return _fresh(call, records_bytes(records, str(page.reached), page.more))


async def search(call: Call) -> ASGIApp:
    """What some words lead to: exchanges, processes, parties, sources, and claims page by page."""
    limit = number(call.given, "limit", FOUND_DEFAULT, PAGE_MAX)
    asked, words = as_of(call.given), call.given.get("q", "")
    wanted = filter_in({"text": words}, asked.cut, {"text": "q"})
    assert wanted.text is not None
    asking, bound = call.service.asking, await _bound(call, asked)
    names = NOTHING_NAMED
    if "after" not in call.given:
        names = await named(asking, wanted.text, Within(asked.cut, bound), call.asker)
    page = await _page(call, wanted, asked, limit)
    claims = [found_claim(each, wanted.text) async for each in paced(page.entries)]
    found = SearchResult(**names, claims=FoundClaims(found=claims, reached=str(page.reached), more=page.more))
    return _fresh(call, found.model_dump_json().encode())


async def _page(call: Call, wanted: Filter, asked: AsOf, limit: int) -> FoundPage:
    found = position(call.given, "after")
    after = await call.service.history.existing(found) if found else NOWHERE
    return await call.service.asking.page(wanted, await _bound(call, asked), after, limit, call.asker)


async def _bound(call: Call, asked: AsOf) -> Bound:
    """How far is looked. Raises HttpProblem, UnknownName."""
    if not asked.texts:
        return Bound()
    found = await call.service.history.bound(asked)
    return Bound.of(asked.cut, found.stop)._replace(position=found.position)


def _fresh(call: Call, body: bytes) -> ASGIApp:
    return Answer(body, headers=[(b"cache-control", b"no-cache"), *call.service.shared])


async def event(call: Call) -> ASGIApp:
    """One event as it stands in the log."""
    event_id = call.request.path_params["event"]
    record = await call.service.replica.find(event_id)
    if record is None:
        raise UnknownName("event", event_id)
    return Answer(record_bytes(record), headers=[(b"cache-control", b"max-age=86400"), *call.service.shared])


async def publish(call: Call) -> ASGIApp:
    """Publish events, one JSON object a line; or say what publishing them would do, in a dry run."""
    assert call.token is not None
    if flag(call.given, "dry_run"):
        return await call.service.dry_runs.run(call.request)
    return await call.service.publishing.publish(call.request, call.token)


async def redact(call: Call) -> ASGIApp:
    """Remove the bytes of an event for ever. Its record keeps position, recorded time and hash, so that proofs hold."""
    assert call.token is not None
    event_id, why = call.request.path_params["event"], call.given.get("why")
    if not why:
        raise HttpProblem("invalid-request", "say `why`, in words that the public may read")
    name = call.token.name
    done = await call.service.ledger.redact(event_id, why, name, entered_by=by_token(name))
    return Answer(redaction_bytes(event_id, done), headers=[(b"cache-control", b"no-store")])


async def rejected(call: Call) -> ASGIApp:
    """What was refused and nobody has dealt with yet, with the reason."""
    limit, is_all = number(call.given, "limit", PAGE_DEFAULT, PAGE_MAX), flag(call.given, "all")
    kept = [each for each in await call.service.ledger.rejected() if is_all or each.acknowledged is None]
    return Answer(rejected_bytes(kept[-limit:]), headers=[(b"cache-control", b"no-store")])


def stream(kind: str) -> Handler:
    """Answers with one kind of stream. Raises LookupError for what there is none of."""

    async def handler(call: Call) -> ASGIApp:
        return await call.service.streams.stream(call.request, call.given, kind)

    handler.__doc__ = _STREAMS[kind]
    return handler
