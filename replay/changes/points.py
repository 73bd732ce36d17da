"""A point in a log, as people name one: an event, a position, or the time by which something was recorded."""

import re
from datetime import datetime
from typing import NamedTuple

from ledger.book.cut import Cut
from ledger.errors import UsageError
from ledger.follow.bound import Bound, named_record
from ledger.log.port import EventLog
from schemas.record import Batch, Frontier, from_microseconds

_FRONTIER = re.compile(r"\d{1,9}:\d{1,15}(,\d{1,9}:\d{1,15})*", re.ASCII)
_TIME = re.compile(r"\d{4}-\d\d-\d\d(T.*)?", re.ASCII)


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


async def log_point(log: EventLog, option: str, text: str) -> Bound:
    """The point that a text names: an event's id or its first digits, a position, a date or a time with its offset.

    A date includes that whole day (UTC). Raises UsageError, UnknownName.
    """
    if _FRONTIER.fullmatch(text):
        return Bound(Frontier.parse(text))
    if not _TIME.fullmatch(text):
        return Bound(stop=await named_record(log, text))
    try:
        return Bound.of(Cut.parse(recorded_by=text))
    except UsageError as error:
        raise UsageError(
            f"{option} {text!r}: give an event's id, a position such as 0:41, a date such as 2023-11-28, "
            "or a time with its offset such as 2023-11-28T20:00+02:00"
        ) from error
