"""What a log adds to a record, and its headers say: when it was recorded, and who entered it.

It was recorded by the broker's clock, or where it was first recorded, for a copy that says so.
"""

from collections.abc import Iterable
from datetime import datetime

from schemas.entrants import is_entrant
from schemas.record import to_microseconds
from schemas.topics import ENTERED_BY, RECORDED


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


def entered_header(entered_by: str) -> tuple[str, bytes]:
    """What a record says of who entered it."""
    return ENTERED_BY, entered_by.encode()


def entered_by(headers: Iterable[tuple[str, bytes | None]]) -> bytes | None:
    """Who entered a record, as the first header that can say so does. Whoever may write to the topic may write it."""
    return next((value for name, value in headers if name == ENTERED_BY and is_entrant(value)), None)
