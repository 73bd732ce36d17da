"""An event as a log keeps it: the bytes that came, where they stand, and when they were recorded."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, TypeAlias

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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


class Record(NamedTuple):
    """One entry of a log. `payload` is exactly what the producer sent: it is what is hashed and proved."""

    position: Position
    recorded_at: datetime
    payload: bytes


Row: TypeAlias = tuple[int, int, bytes]
"""A record inside a batch: its offset, its recorded time in microseconds since 1970 (UTC), its payload."""


class Batch(NamedTuple):
    """Consecutive records of one partition, as plain rows, since a replay reads millions of them."""

    partition: int
    rows: list[Row]

    @property
    def end(self) -> Position | None:
        return Position(self.partition, self.rows[-1][0]) if self.rows else None

    def records(self) -> Iterator[Record]:
        for offset, recorded_us, payload in self.rows:
            yield Record(Position(self.partition, offset), from_microseconds(recorded_us), payload)


def to_microseconds(time: datetime) -> int:
    """Whole microseconds since 1970 (UTC) of an aware time."""
    return (time - _EPOCH) // timedelta(microseconds=1)


def from_microseconds(microseconds: int) -> datetime:
    """The aware UTC time that `to_microseconds` was given."""
    return _EPOCH + timedelta(microseconds=microseconds)
