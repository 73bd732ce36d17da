"""When a record was recorded: by the broker's clock, or where it was first recorded, for a copy that says so."""

from collections.abc import Iterable
from datetime import datetime

from schemas.record import to_microseconds
from schemas.topics import RECORDED


def recorded_header(at: datetime) -> tuple[str, bytes]:
    """What a copy says of a record."""
    return RECORDED, str(to_microseconds(at)).encode()


def recorded_us(stored_ms: int, headers: Iterable[tuple[str, bytes | None]]) -> int:
    """Microseconds since 1970 (UTC). No record was made after a broker stored it, which counts whole milliseconds."""
    for name, value in headers:
        if name == RECORDED and value and value.isdigit() and len(value) <= 17:
            said = int(value)
            return said if said < (stored_ms + 1) * 1000 else stored_ms * 1000
    return stored_ms * 1000
