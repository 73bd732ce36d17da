"""Who published the claims that changes are about."""

from collections.abc import Container, Iterable
from contextlib import suppress

from ledger.book.claims import DECISIONS
from ledger.log.port import EventLog
from schemas.codec import UnknownEvent, skim
from schemas.errors import InvalidEvent
from schemas.record import Position, Progress


async def publishers(
    log: EventLog, ids: Iterable[str], refused: Container[Position], progress: Progress | None = None
) -> dict[str, str]:
    """Who published each of some claims, by its id: nobody of what is no event, and of a decision about others."""
    found = dict[str, str]()
    for event_id in ids:
        record = await log.find(event_id, refused)
        with suppress(InvalidEvent):
            event = skim(record.payload) if record else None
            if event is not None and not isinstance(event, UnknownEvent) and event.type not in DECISIONS:
                found[event_id] = event.source.publisher
        if progress:
            progress(1)
    return found
