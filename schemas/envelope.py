"""The envelope: what every event says, whatever it is about."""

import hashlib
import uuid
from datetime import UTC, datetime

from pydantic import Field, model_validator

from schemas.values import EventId, ExchangeId, Moment, Occurrence, Prose, RoundNumber, Source, Value
from schemas.vocabulary import Status, SupersedeReason


class Envelope(Value):
    """One source's attributed claim that something happened. Immutable once published.

    `occurrence` names the thing that happened, unique in its exchange. Two events with the same
    occurrence are two claims about one thing and are never added; without one, an event is a claim about
    a thing of its own. A claim that `supersedes` another names the same occurrence and says the `reason`.
    """

    id: EventId = Field(default_factory=lambda: new_id())
    exchange: ExchangeId
    round: RoundNumber | None = None
    occurrence: Occurrence | None = None
    occurred: Moment
    source: Source
    status: Status = "reported"
    supersedes: EventId | None = None
    reason: SupersedeReason | None = None
    as_stated: Prose | None = None
    note: Prose | None = None

    @model_validator(mode="after")
    def _supersedes_within_its_occurrence(self) -> "Envelope":
        if (self.supersedes is None) != (self.reason is None):
            raise ValueError("`supersedes` and `reason` (corrected or updated) go together")
        if self.supersedes is not None and self.occurrence is None:
            raise ValueError("a claim that supersedes another names its `occurrence` (by default that claim's id)")
        if self.supersedes == self.id:
            raise ValueError("a claim cannot supersede itself")
        return self


def new_id() -> str:
    """A fresh time-ordered event id (UUIDv8: 48 bits of milliseconds, then random bits).

    Time-ordered ids keep the log's index appending in one place; random ones cost five times as much.
    """
    return _uuid8(int(datetime.now(UTC).timestamp() * 1000), uuid.uuid4().bytes)


def derive_id(dataset: str, key: str, at: str | None = None) -> str:
    """The id of a source row: the same row always gives the same event, so publishing it again is harmless.

    `dataset` and `key` name the row in its source. `at` (an ISO date or time) puts ids into the order of time, which
    pays from a million rows on; give it a value that the source never edits, or leave it out.
    """
    digest = hashlib.sha256(f"{dataset}\0{key}".encode()).digest()
    if at is None:
        return _uuid8(int.from_bytes(digest[10:16]), digest)
    time = datetime.fromisoformat(at)
    moment = time if time.tzinfo else time.replace(tzinfo=UTC)
    return _uuid8(max(0, int(moment.timestamp() * 1000)), digest)


def _uuid8(milliseconds: int, entropy: bytes) -> str:
    value = (milliseconds & (2**48 - 1)) << 80 | int.from_bytes(entropy[:10])
    value = value & ~(0xF << 76) | 0x8 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))
