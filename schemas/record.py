"""An event as a log keeps it: the bytes that came, where they stand, and when they were recorded."""

from datetime import datetime
from typing import NamedTuple


class Position(NamedTuple):
    """Where a record stands: the offset in its partition, from 0. Within a partition offsets only grow."""

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
