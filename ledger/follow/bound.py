"""Up to where a log is read: what a cut says of its records, found in that log.

Three types tell of it. A `Cut` is what somebody asks for. A `Bound` is where that lies in one log. A `Frontier` is how
far a log, or a reader of it, has come.
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple, Protocol

from ledger.book.cut import Cut
from ledger.errors import AmbiguousId, UnknownName, UsageError
from ledger.log.ids import ID_DIGITS_MIN, ID_LENGTH_MIN, beginning, hex_digits, length_of, packed, shared_digits
from ledger.log.port import EventLog
from schemas.codec import skim
from schemas.errors import InvalidEvent
from schemas.record import Frontier, Record, to_microseconds

ENDLESS = 2**63
"""Beyond every offset and every time."""
LENGTH = 36
"""Of a whole id, as it is written."""
CHOICES_MAX = 5
"""So many of the events whose ids begin alike are told to whoever asks for one of them."""


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


async def named_record(log: Finds, name: str) -> Record:
    """The record of an event, by its id or the start of one. Raises UnknownName, UsageError as `full_id` does."""
    record = await log.find(await full_id(log, name))
    if record is None:
        raise UnknownName("event", name)
    return record


async def full_id(log: Finds, name: str) -> str:
    """The id of the one event whose id begins so, with or without hyphens; a whole id as it is, unlooked for.

    Raises UnknownName where there is none, AmbiguousId where there are several, UsageError for too few digits.
    """
    if len(name) == LENGTH:
        return name
    digits = hex_digits(name)
    if digits is not None and len(digits) < ID_DIGITS_MIN:
        raise UsageError(f"event {name!r}: give at least the first {ID_DIGITS_MIN} characters of its id")
    found = await log.matching(name)
    if len(found) == 1:
        return found[0]
    if found:
        raise await _ambiguous(log, name, found)
    raise UnknownName("event", name) if digits is None else UnknownName("event whose id begins with", name)


async def id_length(log: EventLog, event_ids: Collection[str]) -> int:
    """How many characters of each of some ids are to be shown, so that it is the only one in a log to begin so.

    Ids of one minute begin with the same eight, since they are in the order of time.
    """
    shared = await log.shared_digits(event_ids) if event_ids else 0
    return max(ID_LENGTH_MIN, length_of(shared + 1))


async def _ambiguous(log: Finds, name: str, found: Sequence[str]) -> AmbiguousId:
    """That several ids begin so, with the first of them. The one behind these is their neighbour, so that what is said
    to be enough is so in the whole log."""
    shown = found[:CHOICES_MAX]
    digits = shared_digits([*map(packed, shown)], map(packed, found)) + 1
    starts = [beginning(each, digits) for each in shown]
    told = [f"{start}  {await _in_words(log, each)}" for start, each in zip(starts, shown, strict=True)]
    return AmbiguousId(name, found, told, f"{len(starts[0])} characters are enough for these")


async def _in_words(log: Finds, event_id: str) -> str:
    """What an event is, where and about what: enough to know it by."""
    record = await log.find(event_id)
    try:
        event = skim(record.payload) if record else None
    except InvalidEvent:
        event = None
    if event is None:
        return "no event that can be read"
    return "  ".join(filter(None, (event.type, event.exchange, getattr(event, "occurrence", None))))
