"""An event as a log keeps it: the bytes that came, where they stand, and when they were recorded."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import NamedTuple, TypeAlias

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Progress: TypeAlias = Callable[[int], None]
"""Told how many records more have been read."""


class Position(NamedTuple):
    """Where a record stands: its offset, from 0, in its partition. Within a partition offsets only grow."""

    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.partition}:{self.offset}"

    @classmethod
    def parse(cls, text: str) -> "Position":
        """The position that `str` prints. Raises ValueError."""
        partition, _, offset = text.partition(":")
        return cls(int(partition), int(offset))


@dataclass(frozen=True, slots=True)
class Frontier:
    """How far a log, or a reader of it, has come: the last offset of each partition that has any.

    Partitions have no order between them, so that a log of several has no single last position.
    """

    offsets: Mapping[int, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.offsets)

    def __str__(self) -> str:
        return ",".join(str(Position(*each)) for each in sorted(self.offsets.items()))

    @classmethod
    def parse(cls, text: str) -> "Frontier":
        """The frontier that `str` prints. Raises ValueError."""
        return cls(dict(Position.parse(each) for each in text.split(",")))

    @property
    def records(self) -> int:
        """How many records lie behind it, at most."""
        return sum(offset + 1 for offset in self.offsets.values())

    def last(self, partition: int) -> int:
        """The last offset of a partition; -1 where it has none."""
        return self.offsets.get(partition, -1)

    def advanced(self, partition: int, offset: int) -> "Frontier":
        """The frontier once a partition has been read up to an offset."""
        return Frontier({**self.offsets, partition: offset})

    def of(self, partition: int) -> "Frontier":
        """The frontier of one partition alone."""
        return Frontier({each: offset for each, offset in self.offsets.items() if each == partition})

    def within(self, bound: "Frontier") -> "Frontier":
        """As far as this and `bound` both reach."""
        both = self.offsets.keys() & bound.offsets.keys()
        return Frontier({each: min(self.offsets[each], bound.offsets[each]) for each in both})

    def covers(self, position: Position) -> bool:
        """Whether a position lies behind it."""
        return position.offset <= self.last(position.partition)

    def includes(self, other: "Frontier") -> bool:
        """Whether everything up to another frontier lies behind it."""
        return all(offset <= self.last(partition) for partition, offset in other.offsets.items())


NOWHERE = Frontier()
"""Before the first record."""


class Record(NamedTuple):
    """One entry of a log. `payload` is exactly what the producer sent: all of the record is hashed and proved.

    `entered_by`: who entered it, as the log keeps it (`schemas.entrants`); None where nobody says so.
    """

    position: Position
    recorded_at: datetime
    payload: bytes
    entered_by: str | None = None

    def row(self) -> "Row":
        """The same inside a batch of its partition."""
        recorded_us = to_microseconds(self.recorded_at)
        return self.position.offset, recorded_us, self.payload, entered_bytes(self.entered_by)


Row: TypeAlias = tuple[int, int, bytes, bytes | None]
"""A record inside a batch: its offset, its recorded time in microseconds since 1970 (UTC), its payload, and who
entered it, in the bytes that the log keeps."""


class Batch(NamedTuple):
    """Records of one partition in their order, as plain rows, since a replay reads millions of them.

    `last` is the offset up to which it covers the partition, where it leaves out what is no record of the ledger.
    """

    partition: int
    rows: Sequence[Row]
    last: int

    @classmethod
    def of(cls, partition: int, rows: Sequence[Row]) -> "Batch":
        """Rows of a partition, of which there is one at least, as a batch that ends with the last of them."""
        return cls(partition, rows, rows[-1][0])

    def records(self) -> Iterator[Record]:
        for offset, recorded_us, payload, entered_by in self.rows:
            position, recorded_at = Position(self.partition, offset), from_microseconds(recorded_us)
            yield Record(position, recorded_at, payload, entered_text(entered_by))

    def parts(self, size: int) -> "Iterator[Batch]":
        """The same in batches of at most so many rows: one at least, and the last covers what this one covers."""
        for first in range(0, max(len(self.rows), 1), size):
            rows = self.rows[first : first + size]
            is_last = first + size >= len(self.rows)
            yield Batch(self.partition, rows, self.last) if is_last else Batch.of(self.partition, rows)


def batches(rows: Mapping[int, Sequence[Row]]) -> Iterator[Batch]:
    """The rows of each partition in the order of the log, whatever order they are in, partition by partition."""
    for partition, its in sorted(rows.items()):
        yield Batch.of(partition, sorted(its, key=itemgetter(0)))


def entered_bytes(entered_by: str | None) -> bytes | None:
    """Who entered a record, in the bytes that a log keeps."""
    return None if entered_by is None else entered_by.encode()


def entered_text(kept: bytes | None) -> str | None:
    """Who entered a record, as text. Whoever can write to a log's file can put any bytes there."""
    return None if kept is None else kept.decode(errors="backslashreplace")


def to_microseconds(time: datetime) -> int:
    """Whole microseconds since 1970 (UTC) of an aware time."""
    return (time - _EPOCH) // timedelta(microseconds=1)


def from_microseconds(microseconds: int) -> datetime:
    """The aware UTC time that `to_microseconds` was given; the first or the last that there is for what lies beyond.

    Whoever can write to a log's file can put any number there, and readers of it must not fall over that.
    """
    return _EPOCH + timedelta(microseconds=min(max(microseconds, FIRST_US), LAST_US))


FIRST_US = to_microseconds(datetime.min.replace(tzinfo=UTC))
LAST_US = to_microseconds(datetime.max.replace(tzinfo=UTC))
"""The first and the last time that there is, in microseconds since 1970."""
