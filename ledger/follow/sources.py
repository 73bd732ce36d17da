"""What stands behind a figure, with the sources as they stand in the log."""

from ledger.book.explain import explain, rests_on
from ledger.follow.books import Books
from ledger.log.port import EventLog
from schemas.codec import UnknownEvent, decode
from schemas.events import AnyEvent
from schemas.views import Explanation


async def explain_figure(log: EventLog, books: Books, exchange: str, figure: str) -> Explanation:
    """A figure down to its claims, with the sources as they stand in the log. Raises UnknownName."""
    book = books.book(exchange)
    found: dict[str, AnyEvent | UnknownEvent | None] = {}
    besides = books.refused
    while sought := [event_id for event_id in rests_on(book, figure) if event_id not in found]:
        for event_id in sought:  # meanwhile the books may be brought up to date
            record = await log.find(event_id, besides)
            found[event_id] = decode(record.payload) if record else None
    events = {key: event for key, event in found.items() if event is not None and not isinstance(event, UnknownEvent)}
    return explain(book, figure, events.__getitem__, books.taking_of(exchange))
