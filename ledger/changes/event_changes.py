"""What each event changed, from just before it to just after it.

Most events only tell of what happened since: that is seen from their own occurrence, for the price of a fold. Only
where something that was said could be otherwise now are the sheets before and after made.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ledger.book.book import Book
from ledger.changes.filters import KINDS, ChangeKind
from ledger.changes.sheets import all_counted
from ledger.changes.tracing import FigureChange, Replaced, Tracer, last_day, looked_at
from ledger.follow.books import Books
from schemas.codec import UnknownEvent, skim
from schemas.errors import InvalidEvent
from schemas.events import AnyEvent
from schemas.record import Batch, Position, Record, Row, entered_text, from_microseconds
from schemas.values import span_of


class EventChange(NamedTuple):
    """A record, and what it changed: figures, and by whose word occurrences count."""

    exchange: str
    record: Record
    figures: Sequence[FigureChange] = ()
    replaced: Sequence[Replaced] = ()

    @property
    def kind(self) -> ChangeKind | None:
        """The first of `KINDS` that is among its changes; None where it changed nothing."""
        found = {*(each.kind for each in self.figures), *("source" for _ in self.replaced)}
        return next((kind for kind in KINDS if kind in found), None)


class EventTracer:
    """Takes records one by one, and tells what each of them changed.

    With `growth` also what only happened since, for the price of two sheets an event.
    """

    def __init__(self, books: Books, *, growth: bool = False) -> None:
        self.books = books
        self._growth = growth
        self._last = LastDays()

    def take(self, batch: Batch) -> Iterator[EventChange]:
        """Fold records, and give those that changed something, in their order."""
        for row in batch.rows:
            change = self.change(batch.partition, row)
            if change.kind is not None and (self._growth or change.kind != "growth"):
                yield change

    def change(self, partition: int, row: Row) -> EventChange:
        """Fold one record, and say what it changed. Without `growth` what only grew can be left out."""
        batch = Batch.of(partition, [row])
        event = _event(row)
        if event is None or not (self._growth or self._may_correct(event)):
            self.books.take(batch)
            return EventChange("" if event is None else event.exchange, _record(partition, row))
        tracer = Tracer(self.books)
        tracer.take(batch)
        return EventChange(event.exchange, _record(partition, row), tracer.changes(), tracer.replaced())

    def _may_correct(self, event: AnyEvent) -> bool:
        """Whether an event can do more than add what happened since: a superset, for a fraction of the price."""
        book = self.books.by_exchange.get(event.exchange)
        if book is None:
            return False
        if event.exchange not in self._last:
            self._last[event.exchange] = last_day(all_counted(book).values()) or ""
        is_late = self._last.is_late(event)
        is_known = any(book.named(key) is not None for key in looked_at(book, event))
        return is_late or is_known or event.type == DECLARING


class LastDays(dict[str, str]):
    """The last day on which anything began that was ever told, by exchange."""

    def is_late(self, event: AnyEvent) -> bool:
        """Whether an event was over before the last day of its exchange, which then may be its own."""
        last, span = self.get(event.exchange, ""), span_of(event.occurred)
        if span.start is not None and (day := str(span.start)[:10]) > last:
            self[event.exchange] = day
        return span.end is not None and str(span.end)[:10] <= last


DECLARING = "exchange_opened"
"""The type of event that says anew what others count as."""


def is_alone(book: Book, event: AnyEvent) -> bool:
    """Whether an event that is folded is all that was ever said of its occurrence, and tells of no part of another."""
    occurrence = book.named(event.occurrence or event.id)
    if occurrence is None:
        return True
    is_part = getattr(event, "part", None) is not None
    return not is_part and not occurrence.decisions and [claim.id for claim in occurrence.claims] == [event.id]


def _event(row: Row) -> AnyEvent | None:
    """The event of a record; None where it is none that this software understands."""
    try:
        event = skim(row[2])
    except InvalidEvent:
        return None
    return None if isinstance(event, UnknownEvent) else event


def _record(partition: int, row: Row) -> Record:
    offset, recorded_us, payload, entered_by = row
    return Record(Position(partition, offset), from_microseconds(recorded_us), payload, entered_text(entered_by))
