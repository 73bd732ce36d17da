"""What was refused, for those who may see it."""

import base64
from collections.abc import Sequence
from typing import Any

import orjson
from pydantic import BaseModel

from ledger.entrants import entrant
from ledger.log.port import Rejected


class AcknowledgmentView(BaseModel):
    """That a refused message was dealt with, by whom and why, where they say so."""

    at: str
    by: str | None = None
    why: str | None = None


class RejectedView(BaseModel):
    """A message that is no event, whole: as text, or in base64 where it is none. `key` and `headers` are its own.

    `entered_by`: who sent it, as of an event in the log.
    """

    number: int
    at: str
    origin: str
    stage: str
    reason: str
    payload: str | None = None
    payload_base64: str | None = None
    key: str | None = None
    headers: dict[str, str] | None = None
    entered_by: str | None = None
    acknowledged: AcknowledgmentView | None = None


def rejected_bytes(kept: Sequence[Rejected]) -> bytes:
    """Refused messages as a JSON list."""
    return orjson.dumps([rejected_members(each) for each in kept])


def rejected_members(kept: Rejected) -> dict[str, Any]:
    """A refused message as JSON. What is no text among its key and headers is escaped; of two headers of a name the
    last is shown."""
    said = kept.acknowledged
    return RejectedView(
        number=kept.number,
        at=kept.at.isoformat(),
        origin=kept.origin,
        stage=kept.stage,
        reason=kept.reason,
        **_payload(kept.payload),
        key=None if kept.key is None else text(kept.key),
        headers={name: text(value or b"") for name, value in kept.headers} or None,
        entered_by=entrant(kept.entered_by, kept.payload),
        acknowledged=said and AcknowledgmentView(at=said.at.isoformat(), by=said.by or None, why=said.why or None),
    ).model_dump(exclude_none=True)


def text(raw: bytes) -> str:
    """Bytes as text, what is none in them escaped."""
    return raw.decode(errors="backslashreplace")


def _payload(raw: bytes) -> dict[str, str]:
    """The bytes as they came: as text, or in base64 where they are none."""
    try:
        return {"payload": raw.decode()}
    except UnicodeDecodeError:
        return {"payload_base64": base64.b64encode(raw).decode()}
