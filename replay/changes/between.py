"""Reads a log twice: up to one point in bulk, and from there to another one event by event."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import NamedTuple

from ledger.book.cut import Cut
from ledger.errors import UsageError
from ledger.follow.books import Books
from ledger.log.port import EventLog, check_reached
from replay.changes.points import LogExtent, LogPoint, log_point
from replay.changes.tracing import FigureChange, Replaced, Tracer
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
    last = LogPoint("the end", frontier=end) if until is None else await _point(log, end, "--until", until)
    books = Books(cut or Cut(), strict=not log.is_validated, trust=log.trust)
    start = LogExtent(NOWHERE, 0, None)
    async with aclosing(_up_to(first, log, NOWHERE, end)) as batches:
        async for batch in batches:
            if not last.has(batch.partition, batch.rows[-1]):
                raise UsageError(f"--until {last.text} lies before --since {first.text}; turn them round")
            books.take(batch)
            start = start.beyond(batch)
            if progress:
                progress(len(batch.rows))
    tracer, reached = Tracer(books), start
    async with aclosing(_up_to(last, log, start.frontier, end)) as batches:
        async for batch in batches:
            for row in batch.rows:
                tracer.take(batch.partition, row)
            reached = reached.beyond(batch)
            if progress:
                progress(len(batch.rows))
    return Between(start, reached, tracer.changes(), tracer.replaced(), books)


async def _point(log: EventLog, end: Frontier, option: str, text: str) -> LogPoint:
    point = await log_point(log, option, text)
    if point.frontier is not None:
        check_reached(point.frontier, end)
    return point


async def _up_to(point: LogPoint, log: EventLog, after: Frontier, end: Frontier) -> AsyncGenerator[Batch, None]:
    """The records before a point. Raises UsageError where one of them stands behind another that is not."""
    passed: dict[int, int] = {}
    async with aclosing(log.read(after, end)) as batches:
        async for batch in batches:
            rows: list[Row] = []
            for row in batch.rows:
                if not point.has(batch.partition, row):
                    passed.setdefault(batch.partition, row[0])
                elif batch.partition in passed:
                    raise UsageError(
                        f"recorded times run backwards after {Position(batch.partition, passed[batch.partition])}, so "
                        f"that {point.text} is no one place in this log; name it by an event or by a position"
                    )
                else:
                    rows.append(row)
            if rows:
                yield Batch(batch.partition, rows, rows[-1][0])
