"""What was refused, for those who may see it."""

import base64
from collections.abc import Sequence
from typing import Any

import orjson
from pydantic import BaseModel

from ledger.log.port import Rejected


class RejectedView(BaseModel):
    """A message that is no event, whole: as text, or in base64 where it is none."""

    number: int
    at: str
    origin: str
    stage: str
    reason: str
    payload: str | None = None
    payload_base64: str | None = None


def rejected_bytes(kept: Sequence[Rejected]) -> bytes:
    """Refused messages as a JSON list."""
    return orjson.dumps([_view(each).model_dump(exclude_none=True) for each in kept])


def _view(kept: Rejected) -> RejectedView:
    told: dict[str, Any] = {"number": kept.number, "at": kept.at.isoformat(), "origin": kept.origin}
    told |= {"stage": kept.stage, "reason": kept.reason}
    try:
        return RejectedView(**told, payload=kept.payload.decode())
    except UnicodeDecodeError:
        return RejectedView(**told, payload_base64=base64.b64encode(kept.payload).decode())
