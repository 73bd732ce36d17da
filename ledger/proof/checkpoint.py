"""Checkpoints (C2SP tlog-checkpoint): the size and the root of one partition's tree, in the text of a signed note.

example.org/ledger/0        the origin: the ledger's name and the partition
407                         how many records the tree has
qINS1GRF...                 its root, in Base 64
last 0:406                  the position of the last record
time 2026-03-01T12:00:00Z   when it was made, by the clock of whoever signed it
"""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from ledger.errors import VerificationFailed
from ledger.proof.merkle import HASH_BYTES
from ledger.proof.note import Note, SigningKey
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


def sign_checkpoint(of: Checkpoint, key: SigningKey) -> Note:
    """A checkpoint with a key's two lines: as the origin, as C2SP names the key of a log, and as the key is named.

    So whoever holds nothing but the line that `replay keygen` prints can check it with other software, too.
    """
    return key.sign(key.named(of.origin).sign(Note(of.text)))


def one_ledger(names: Iterable[str], demanded: str | None = None) -> str | None:
    """The name of the one ledger that checkpoints are of, by the names in them; None where there are none.

    Raises VerificationFailed where they are of several, or not of the one that is `demanded`.
    """
    names = sorted(set(names))
    if len(names) > 1:
        what = f"the checkpoints are of {len(names)} ledgers, {', '.join(names)}"
        raise VerificationFailed(f"{what}: check each ledger alone, by its own checkpoints")
    if demanded is not None and not names:
        raise VerificationFailed(
            f"no checkpoint says which ledger this is, and {demanded} is asked for: give one of it"
        )
    if demanded is not None and names != [demanded]:
        raise VerificationFailed(f"this is the ledger {names[0]}, and {demanded} is asked for")
    return names[0] if names else None


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
