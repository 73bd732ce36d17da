"""The ids of events: made anew, or made of what an event is a row or a text of."""

import hashlib
import uuid
from datetime import UTC, datetime


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
