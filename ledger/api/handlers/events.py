"""Events: those of the log, those that somebody publishes, those that were refused, and what changes as they come."""

from starlette.types import ASGIApp

from ledger.api.events.records import record_bytes, records_bytes
from ledger.api.events.redactions import redaction_bytes
from ledger.api.events.rejects import rejected_bytes
from ledger.api.handlers.call import Call, Handler
from ledger.api.http.answers import Answer
from ledger.api.http.problems import HttpProblem
from ledger.api.http.query import flag, number, position
from ledger.errors import UnknownName
from schemas.entrants import by_token
from schemas.record import NOWHERE

_STREAMS = {
    "events": "Every event, then each new one.",
    "tallies": "Every tally, then each whenever it changes.",
    "rounds": "Every round, then each whenever it changes.",
}
PAGE_MAX, PAGE_DEFAULT = 1000, 100


async def events(call: Call) -> ASGIApp:
    """The events as they stand in the log, page by page."""
    limit = number(call.given, "limit", PAGE_DEFAULT, PAGE_MAX)
    found = position(call.given, "after")
    after = await call.service.history.existing(found) if found else NOWHERE
    replica = call.service.replica
    arrivals = replica.events.after(after, call.given.get("exchange"))
    records: list[bytes] = []
    for arrival in arrivals[: limit + 1]:
        entry = replica.events[arrival]
        if len(records) == limit:
            body = records_bytes(records, str(after), more=True)
            break
        if entry.offset > after.last(entry.partition):
            records.append(record_bytes(entry.record()))
            after = after.advanced(entry.partition, entry.offset)
    else:
        is_all = len(arrivals) <= limit
        body = records_bytes(records, str(replica.reached if is_all else after), more=not is_all)
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
