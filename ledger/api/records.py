"""Events as they stand in the log: with their position, the time at which they were recorded, and their own bytes."""

from typing import Any

from pydantic import BaseModel

from ledger.api.frames import one_line
from schemas.record import Record


class RecordView(BaseModel):
    """An event in the log. `event` is what its publisher wrote, byte for byte but for line breaks between members."""

    position: str
    recorded_at: str
    event: dict[str, Any]


class Records(BaseModel):
    """A page of the log. `reached` is the `after` of the next one; `more`: there is more by now."""

    records: list[RecordView]
    reached: str
    more: bool


def record_bytes(record: Record) -> bytes:
    """An event of the log as JSON, its own bytes within."""
    position, recorded_at = str(record.position).encode(), record.recorded_at.isoformat().encode()
    return b'{"event":%s,"position":"%s","recorded_at":"%s"}' % (one_line(record.payload), position, recorded_at)


def records_bytes(records: list[bytes], reached: str, more: bool) -> bytes:
    """A page of the log as JSON."""
    told = b"true" if more else b"false"
    return b'{"more":%s,"reached":"%s","records":[%s]}' % (told, reached.encode(), b",".join(records))
