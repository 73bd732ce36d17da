"""Up to where a log is read: what a cut says of its records, found in that log.

Three types tell of it. A `Cut` is what somebody asks for. A `Bound` is where that lies in one log. A `Frontier` is how
far a log, or a reader of it, has come.
"""

from typing import NamedTuple, Protocol

from ledger.book.cut import Cut
from ledger.errors import UnknownName
from ledger.log.port import EventLog
from schemas.record import Frontier, Record, to_microseconds

ENDLESS = 2**63
"""Beyond every offset and every time."""


class Bound(NamedTuple):
    """The records up to a position, up to and including an event, and recorded before a time (microseconds).

    Partitions have no order between them: the event bounds its own by its place, and others by when it was recorded.
    """

    position: Frontier | None = None
    stop: Record | None = None
    before_us: int | None = None

    @classmethod
    def of(cls, cut: Cut, stop: Record | None = None) -> "Bound":
        """The bound of a cut of which `stop` is the event that it reads through."""
        before_us = None if cut.recorded_by is None else to_microseconds(cut.recorded_by)
        return cls(cut.position, stop, before_us)

    def last(self, partition: int) -> int:
        """The last offset of a partition that is within."""
        offsets = [ENDLESS if self.position is None else self.position.last(partition)]
        if self.stop is not None and self.stop.position.partition == partition:
            offsets.append(self.stop.position.offset)
        return min(offsets)

    def before(self, partition: int) -> int:
        """The recorded time, in microseconds, before which records of a partition are within."""
        times = [ENDLESS if self.before_us is None else self.before_us]
        if self.stop is not None and self.stop.position.partition != partition:
            times.append(to_microseconds(self.stop.recorded_at) + 1)
        return min(times)

    def has(self, partition: int, offset: int, recorded_us: int) -> bool:
        """Whether a record is within."""
        return offset <= self.last(partition) and recorded_us < self.before(partition)

    def within(self, end: Frontier) -> Frontier:
        """How far a log that ends there has to be read."""
        if self.position is not None:
            end = self.position.within(end)
        if self.stop is None or not end.covers(self.stop.position):
            return end
        return end.advanced(*self.stop.position)


async def bound_of(log: EventLog, cut: Cut) -> Bound:
    """Where a cut lies in a log. Raises UnknownName for an event that is not in it."""
    return Bound.of(cut, None if cut.through is None else await named_record(log, cut.through))


class Finds(Protocol):
    """Whatever knows events by their ids."""

    async def find(self, event_id: str) -> Record | None: ...
    async def matching(self, prefix: str) -> list[str]: ...


async def named_record(log: Finds, event_id: str) -> Record:
    """The record of an event, by its id or the unique start of one. Raises UnknownName."""
    record = await log.find(event_id) if len(event_id) == 36 else None
    if record is None:
        ids = await log.matching(event_id)
        if len(ids) != 1:
            raise UnknownName("event", event_id, ids)
        record = await log.find(ids[0])
    assert record is not None
    return record
