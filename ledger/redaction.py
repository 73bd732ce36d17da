"""Removing the bytes of an event for ever: what nobody may keep goes, and who removed it, when and why is an event."""

from collections.abc import Collection, Iterable
from contextlib import aclosing
from datetime import UTC, datetime
from typing import NamedTuple

import orjson

from ledger.admission import Check, admitted
from ledger.errors import UnknownName, UsageError
from ledger.log.port import EventLog, Message, Receipt, Redactable, Rejected
from ledger.proof.leaf import record_hash
from ledger.proof.note import SigningKey
from schemas.codec import decode, skim
from schemas.dsse import event_bytes
from schemas.errors import InvalidEvent
from schemas.events import EventRedacted
from schemas.ids import new_id
from schemas.record import Position, Record
from schemas.redaction import is_redacted, redacted_bytes

KAFKA = (
    "Kafka keeps every record for ever: `replay export ARCHIVE`, then `replay restore ARCHIVE kafka://HOST/NEW-PREFIX "
    "--redact EVENT_ID --why ... --by ...` copies the ledger to new topics without these bytes, with the same roots; "
    "use those from then on, and delete the old topics and every archive of them"
)


KEPT = {
    "event_redacted": "says why another event was removed, which nobody could tell without it",
    "key_revoked": "says since when a key is not to be believed, and without it what a thief signed would count",
}
"""What cannot be removed, and why."""
PROSE = ("note", "as_stated", "why")
"""The fields of an event in which people write what they like."""


class Redaction(NamedTuple):
    """What was removed: the record at a position, and refused messages, by their numbers. `receipt`: of who says so."""

    position: Position
    refused: list[int]
    receipt: Receipt


def redacted(record: Record) -> Record:
    """A record with its hash in place of its bytes. Raises InvalidEvent for bytes that are no event."""
    if is_redacted(record.payload):
        return record
    event = skim(record.payload)
    leaf_hash = record_hash(record.position.partition, record.row())
    return record._replace(payload=redacted_bytes(event.id, event.exchange, leaf_hash))


class Grounds(NamedTuple):
    """Why something is removed, by whom and when, signed where there is a key.

    `entered_by` is who enters that as an event; it is signed for the `ledger` of a name alone.
    """

    why: str
    by: str
    now: datetime
    key: SigningKey | None = None
    entered_by: str | None = None
    ledger: str = ""

    def message(self, event_id: str, exchange: str) -> Message:
        """The event that says so of an event. Raises InvalidEvent for words that no event may hold."""
        at = self.now.astimezone(UTC)
        members = {
            "exchange": exchange,
            "occurred": {"at": at.strftime("%Y-%m-%dT%H:%M+00:00"), "precision": "minute"},
            "source": {"publisher": self.by, "kind": "aggregator", "published": at.date().isoformat()},
            "event": event_id,
            "why": self.why,
        }
        raw = orjson.dumps({"type": "event_redacted", "version": 1, "id": new_id(), **members})
        return admitted(raw, self.key, self.ledger, self.entered_by)


async def redact(
    log: EventLog, event_id: str, grounds: Grounds, refused: Collection[int] = (), check: Check | None = None
) -> Redaction:
    """Remove the bytes of an event from a log, and from what it refused. Doing it again completes what was interrupted.

    Refused messages go as well that have its id or all words of a field of it, and those of some numbers.

    Raises UnknownName for an event that is not there, UsageError where the log cannot forget, InvalidEvent where who
    says so would not be believed, LogUnreachable.
    """
    if not isinstance(log, Redactable):
        raise UsageError(KAFKA)
    record = await log.find(event_id)
    if record is None:
        raise UnknownName("event", event_id)
    event = skim(record.payload)
    if event.type in KEPT:
        raise UsageError(f"{event_id} {KEPT[event.type]}")
    told = await _told(log, event_id) if is_redacted(record.payload) else None
    told = told or grounds.message(event_id, event.exchange)
    if check is not None and told.event is not None:
        check(told.event, told.payload, grounds.now)
    kept = [each for each in await log.rejected() if each.payload]
    gone = sorted({*_copies(kept, record), *(each.number for each in kept if each.number in refused)})
    receipt = await log.redact(redacted(record), told, gone)
    return Redaction(record.position, gone, receipt)


async def _told(log: EventLog, event_id: str) -> Message | None:
    """What the log says already of why an event was removed."""
    async with aclosing(log.read()) as batches:
        async for batch in batches:
            for _, _, payload, _ in batch.rows:
                if (found := redacted_event(payload)) and found.event == event_id:
                    return Message(found.id, found.exchange, payload)
    return None


def redacted_event(payload: bytes) -> EventRedacted | None:
    """The event in a record that says that another was removed; None for any other record."""
    try:
        own = event_bytes(payload)
        found = decode(own) if b"event_redacted" in own else None
    except InvalidEvent:
        return None
    return found if isinstance(found, EventRedacted) else None


def _copies(refused: Iterable[Rejected], record: Record) -> list[int]:
    """The refused messages that bear the id of a record's event, or repeat its words, as far as these are there."""
    event = decode(record.payload)
    said = [event.id, *(text for name in PROSE if (text := getattr(event, name, None)))]
    parts = [orjson.dumps(text)[1:-1] for text in said]
    return [each.number for each in refused if any(part in _opened(each.payload) for part in parts)]


def _opened(payload: bytes) -> bytes:
    try:
        return event_bytes(payload)
    except InvalidEvent:
        return payload
