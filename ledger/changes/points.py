"""A point in a log, as people name one: an event, a position, or the time by which something was recorded."""

import re
from bisect import bisect_right
from datetime import datetime
from typing import NamedTuple

from ledger.book.cut import Cut
from ledger.errors import UsageError
from ledger.follow.bound import Bound, Finds, named_record
from ledger.follow.events import Events
from schemas.record import NOWHERE, Batch, Frontier, Position, from_microseconds

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


def runs_backwards(first_beyond: Position, text: str) -> UsageError:
    """That a point is no one place in a log, since a record within stands behind one that is not."""
    return UsageError(
        f"recorded times run backwards after {first_beyond}, so that {text} is no one place in this log; "
        "name it by an event or by a position"
    )


def extent_of(events: Events, bound: Bound, text: str) -> LogExtent:
    """Where a point lies among events in memory. `text` is how somebody named it. Raises UsageError."""
    found = LogExtent(NOWHERE, 0, None)
    for partition, arrivals in events.partitions.items():
        count = bisect_right(arrivals, bound.last(partition), key=events.offset)
        times = [*map(events.recorded_us, arrivals[:count])]
        before_us = bound.before(partition)
        within = next((number for number, each in enumerate(times) if each >= before_us), count)
        if min(times[within:], default=before_us) < before_us:
            raise runs_backwards(Position(partition, events.offset(arrivals[within])), text)
        if within:
            last = from_microseconds(max(times[:within]))
            recorded = last if found.recorded is None else max(last, found.recorded)
            reached = found.frontier.advanced(partition, events.offset(arrivals[within - 1]))
            found = LogExtent(reached, found.records + within, recorded)
    return found


async def log_point(log: Finds, option: str, text: str) -> Bound:
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
