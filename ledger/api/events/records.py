"""Events as they stand in the log: with their position, the time at which they were recorded, and their own bytes."""

from typing import Any

import orjson
from pydantic import BaseModel

from ledger.entrants import entrant
from schemas.dsse import event_bytes
from schemas.record import Record


class RecordView(BaseModel):
    """An event in the log. `event` is what its publisher wrote, byte for byte but for line breaks between members.

    Where it is signed, `envelope` is the record itself, a DSSE envelope with the event's exact bytes. `entered_by` is
    who entered it, which no client can set: `token:NAME`, by that token of a server; `desk:NAME`, by whoever wrote to
    the log itself under that name; else `key:ID`, by the key that the envelope names; null where none of them says so.
    """

    position: str
    recorded_at: str
    event: dict[str, Any]
    entered_by: str | None
    envelope: dict[str, Any] | None = None


class Records(BaseModel):
    """A page of the log. `reached` is the `after` of the next one; `more`: there is more by now."""

    records: list[RecordView]
    reached: str
    more: bool


def record_bytes(record: Record) -> bytes:
    """An event of the log as JSON, its own bytes within."""
    position, recorded_at = str(record.position).encode(), record.recorded_at.isoformat().encode()
    event = event_bytes(record.payload)
    signed = b"" if event is record.payload else b'"envelope":%s,' % one_line(record.payload)
    entered_by = orjson.dumps(entrant(record.entered_by, record.payload))
    told = signed, entered_by, one_line(event), position, recorded_at
    return b'{%s"entered_by":%s,"event":%s,"position":"%s","recorded_at":"%s"}' % told


def records_bytes(records: list[bytes], reached: str, more: bool) -> bytes:
    """A page of the log as JSON."""
    told = b"true" if more else b"false"
    return b'{"more":%s,"reached":"%s","records":[%s]}' % (told, reached.encode(), b",".join(records))


def one_line(payload: bytes) -> bytes:
    """JSON without line breaks, which in valid JSON can only stand between its parts."""
    if b"\n" not in payload and b"\r" not in payload:
        return payload
    return payload.replace(b"\r", b" ").replace(b"\n", b" ")
