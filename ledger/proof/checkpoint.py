"""Checkpoints (C2SP tlog-checkpoint): the size and the root of one partition's tree, in the text of a signed note.

example.org/ledger/0        the origin: the ledger's name and the partition
407                         how many records the tree has
qINS1GRF...                 its root, in Base 64
last 0:406                  the position of the last record
time 2026-03-01T12:00:00Z   when it was made, by the clock of whoever signed it
"""

import base64
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from ledger.errors import VerificationFailed
from ledger.proof.merkle import HASH_BYTES
from ledger.proof.note import Note
from schemas.record import Position

_SHAPE = re.compile(
    r"(?P<name>[^\s+]+)/(?P<partition>0|[1-9][0-9]{0,9})\n(?P<size>0|[1-9][0-9]{0,18})\n(?P<root>[A-Za-z0-9+/]{43}=)\n"
    r"last (?P<last>[0-9]{1,10}:[0-9]{1,19})\ntime (?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)\n"
)
_TIME = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True)
class Checkpoint:
    """What a ledger says of one partition: so many records, under this root, at this time (whole seconds, UTC)."""

    name: str
    size: int
    root: bytes
    last: Position
    time: datetime

    @property
    def partition(self) -> int:
        return self.last.partition

    @property
    def origin(self) -> str:
        """The log's identity, and the name of the key that signs for it."""
        return origin(self.name, self.partition)

    @property
    def text(self) -> str:
        """The text that is signed."""
        root = base64.b64encode(self.root).decode()
        return f"{self.origin}\n{self.size}\n{root}\nlast {self.last}\ntime {format_time(self.time)}\n"

    def __str__(self) -> str:
        return f"checkpoint of {self.size:,} records of {self.origin} at {format_time(self.time)}"


def origin(name: str, partition: int) -> str:
    """The origin of a ledger's partition."""
    return f"{name}/{partition}"


def parse_checkpoint(note: Note) -> Checkpoint:
    """What a note says. Whether it is to be believed, its signatures tell. Raises VerificationFailed."""
    found = _SHAPE.fullmatch(note.text)
    if found is None:
        raise VerificationFailed(f"{note.text.partition(chr(10))[0][:80]!r} is no checkpoint of a ledger")
    last, size = Position.parse(found["last"]), int(found["size"])
    checkpoint = Checkpoint(found["name"], size, base64.b64decode(found["root"]), last, parse_time(found["time"]))
    if checkpoint.text != note.text or len(checkpoint.root) != HASH_BYTES or not 0 < size <= last.offset + 1:
        raise VerificationFailed(f"the checkpoint of {checkpoint.origin} contradicts itself")
    return checkpoint


def format_time(time: datetime) -> str:
    """An aware time in whole seconds, as checkpoints and keys write it."""
    return time.astimezone(UTC).strftime(_TIME)


def parse_time(text: str) -> datetime:
    """The time that `format_time` writes. Raises VerificationFailed."""
    try:
        return datetime.strptime(text, _TIME).replace(tzinfo=UTC)
    except ValueError as error:
        raise VerificationFailed(f"{text[:40]!r} is no time such as 2026-03-01T12:00:00Z") from error
