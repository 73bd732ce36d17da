"""Reads a log twice: up to one point in bulk, and from there to another one event by event."""

from collections.abc import Callable
from typing import NamedTuple

from ledger.book.cut import Cut
from ledger.changes.points import LogExtent, log_point, runs_backwards
from ledger.changes.tracing import FigureChange, Replaced, Tracer
from ledger.errors import UsageError
from ledger.follow.books import Books
from ledger.follow.bound import Bound
from ledger.follow.follower import Follower, books_of
from ledger.log.port import EventLog, check_reached
from schemas.record import NOWHERE, Batch, Frontier, Position, Progress, Row


class Between(NamedTuple):
    """What moved from one point to the other, where they are, and the books at the second.

    `replaced`: what counts by another source's word, whether or not a figure moved.
    """

    since: LogExtent
    until: LogExtent
    changes: list[FigureChange]
    replaced: list[Replaced]
    books: Books


async def changes_between(
    log: EventLog, since: str, until: str | None = None, cut: Cut | None = None, *, progress: Progress | None = None
) -> Between:
    """Every figure that moved between two points of a log. `until` None: the end as of now.

    `cut` holds for both: what had happened, or was published, by a time. Raises UsageError, UnknownName.
    """
    end = await log.end()
    first = await _point(log, end, "--since", since)
    last = Bound(end) if until is None else await _point(log, end, "--until", until)
    books = books_of(log, cut)

    def fold(batch: Batch) -> None:
        if not last.has(batch.partition, *batch.rows[-1][:2]):
            raise UsageError(f"--until {until} lies before --since {since}; turn them round")
        books.take(batch)

    start = _Within(first, since, fold, LogExtent(NOWHERE, 0, None))
    await Follower(log, start).catch_up(end, progress)
    tracer = Tracer(books)
    stop = _Within(last, until or "the end", tracer.take, start.at)
    await Follower(log, stop).catch_up(end, progress)
    return Between(start.at, stop.at, tracer.changes(), tracer.replaced(), books)


class _Within:
    """Passes on the records within a bound, and says where that is. `text` is how somebody named it."""

    def __init__(self, bound: Bound, text: str, take: Callable[[Batch], None], after: LogExtent) -> None:
        self.at = after
        self._bound = bound
        self._text = text
        self._take = take
        self._beyond: dict[int, int] = {}

    @property
    def reached(self) -> Frontier:
        return self.at.frontier

    def take(self, batch: Batch) -> None:
        """Raises UsageError where a record within stands behind one that is not."""
        partition, rows = batch.partition, list[Row]()
        for row in batch.rows:
            if not self._bound.has(partition, *row[:2]):
                self._beyond.setdefault(partition, row[0])
            elif partition in self._beyond:
                raise runs_backwards(Position(partition, self._beyond[partition]), self._text)
            else:
                rows.append(row)
        if rows:
            part = Batch.of(partition, rows)
            self._take(part)
            self.at = self.at.beyond(part)


async def _point(log: EventLog, end: Frontier, option: str, text: str) -> Bound:
    bound = await log_point(log, option, text)
    if bound.position is not None:
        check_reached(bound.position, end)
    return bound
