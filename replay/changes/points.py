"""A point in a log, as people name one: an event, a position, or the time by which something was recorded."""

import re
from datetime import datetime
from typing import NamedTuple

from ledger.book.cut import Cut
from ledger.errors import UsageError
from ledger.follow.books import named_record
from ledger.log.port import EventLog
from schemas.record import Batch, Frontier, Record, Row, from_microseconds, to_microseconds

_FRONTIER = re.compile(r"\d{1,9}:\d{1,15}(,\d{1,9}:\d{1,15})*", re.ASCII)
_TIME = re.compile(r"\d{4}-\d\d-\d\d(T.*)?", re.ASCII)


class LogPoint(NamedTuple):
    """Up to where a log is read: to a frontier, up to and including an event, or before a recorded time."""

    text: str
    frontier: Frontier | None = None
    stop: Record | None = None
    before: datetime | None = None

    def has(self, partition: int, row: Row) -> bool:
        """Whether a record lies before the point. An event bounds other partitions by when it was recorded."""
        offset, recorded_us, _ = row
        if self.frontier is not None:
            return offset <= self.frontier.last(partition)
        if self.stop is None:
            assert self.before is not None
            return recorded_us < to_microseconds(self.before)
        if partition == self.stop.position.partition:
            return offset <= self.stop.position.offset
        return recorded_us <= to_microseconds(self.stop.recorded_at)


class LogExtent(NamedTuple):
    """Where a point lies in a log: the frontier, how many records are before it, and when the last was recorded."""

    frontier: Frontier
    records: int
    recorded: datetime | None

    def beyond(self, batch: Batch) -> "LogExtent":
        """The same once a batch has been read, too."""
        last = from_microseconds(batch.rows[-1][1])
        recorded = last if self.recorded is None else max(last, self.recorded)
        return LogExtent(self.frontier.advanced(batch.partition, batch.last), self.records + len(batch.rows), recorded)


async def log_point(log: EventLog, option: str, text: str) -> LogPoint:
    """The point that a text names: an event's id or its first digits, a position, a date or a time with its offset.

    A date includes that whole day (UTC). Raises UsageError, UnknownName.
    """
    if _FRONTIER.fullmatch(text):
        return LogPoint(text, frontier=Frontier.parse(text))
    if _TIME.fullmatch(text):
        try:
            return LogPoint(text, before=Cut.parse(recorded_by=text).recorded_by)
        except UsageError as error:
            raise UsageError(
                f"{option} {text!r}: give an event's id, a position such as 0:41, a date such as 2023-11-28, "
                "or a time with its offset such as 2023-11-28T20:00+02:00"
            ) from error
    return LogPoint(text, stop=await named_record(log, text))
