"""Records against the checkpoints that speak of them, in an archive or in a log: the first that is not as it was."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from ledger.errors import VerificationFailed
from ledger.proof.checkpoint import Checkpoint, one_ledger, parse_checkpoint
from ledger.proof.keys import Keyring
from ledger.proof.note import Note
from ledger.proof.tree import Tree
from schemas.record import Position


class Damaged(VerificationFailed):
    """Records, or the archive that holds them, are not what was written.

    No record before `position` is affected. Without one, none is: the damage is elsewhere in its file.
    """

    def __init__(self, what: str, position: Position | None) -> None:
        self.position = position
        super().__init__(what)


def damaged(name: str, what: str, position: Position | None) -> Damaged:
    """The error for a record of whatever has this name that is not as it was."""
    where = f"the first bad position is {position}: " if position else ""
    return Damaged(f"{name}: {where}{what}", position)


def damaged_among(name: str, first: Position, last: Position, what: str) -> Damaged:
    """The error for a bad record of which no more is known than between which others it stands."""
    if first == last:
        return damaged(name, what, first)
    return Damaged(f"{name}: the first bad position is one of {first} to {last}: {what}", first)


class StoredPartition(NamedTuple):
    """A partition as it is held: how many records it has, the offset of the last, the root of their tree."""

    partition: int
    size: int
    last: int
    root: bytes


@dataclass(frozen=True)
class Verified:
    """Records that are all as they were written.

    `covered`: how many of them are under some checkpoint. `signed`: each checkpoint is by a key that is trusted.
    `ledger`: whose they are, as the checkpoints say; None without any. `redacted`: where the bytes are gone, and the
    hash alone is left.
    """

    partitions: list[StoredPartition]
    covered: int
    checkpoints: int
    signed: bool
    ledger: str | None
    redacted: Sequence[Position] = ()

    @property
    def records(self) -> int:
        return sum(each.size for each in self.partitions)


class Offsets(Protocol):
    """Where the records of something that has a name stand."""

    @property
    def name(self) -> str: ...

    def offset(self, partition: int, index: int) -> int:
        """The offset of a record, by how many of its partition stand before it."""
        ...


class CheckpointCheck:
    """Checkpoints by which records are judged. With a keyring there must be one, and each must be signed by its keys.

    All must be of one ledger, and of the one that is demanded by its name.

    A checkpoint that no trusted key signed is refused once its partition is looked at, so that what is found first is
    the first bad position.
    """

    def __init__(
        self, records: Offsets, keyring: Keyring | None, notes: Iterable[Note], ledger: str | None = None
    ) -> None:
        self._records, self._signed = records, keyring is not None
        self._of: defaultdict[int, list[Checkpoint]] = defaultdict(list)
        self._refused: dict[int, VerificationFailed] = {}
        found = {note: parse_checkpoint(note) for note in notes}
        self._count = len(found)
        for note, checkpoint in found.items():
            try:
                self._of[checkpoint.partition].append(keyring.verify(note) if keyring else checkpoint)
            except VerificationFailed as error:
                self._refused.setdefault(checkpoint.partition, error)
        if keyring and not self._count:
            raise VerificationFailed(
                f"{records.name}: there is no checkpoint, so that no key vouches for anything in it"
            )
        try:
            self._ledger = one_ledger((each.name for each in found.values()), ledger)
        except VerificationFailed as error:
            raise VerificationFailed(f"{records.name}: {error}") from error

    def verified(self, partitions: Iterable[tuple[StoredPartition, Tree]]) -> Verified:
        """Records, of which these are all partitions with their trees. Raises Damaged, VerificationFailed."""
        stored, covered = list[StoredPartition](), 0
        for each, tree in partitions:
            covered += self._covered(each, tree)
            stored.append(each)
        for missing in {*self._of, *self._refused}.difference(each.partition for each in stored):
            raise damaged(self._records.name, "a checkpoint covers it, and it is missing", Position(missing, 0))
        return Verified(stored, covered, self._count, self._signed, self._ledger)

    def _covered(self, stored: StoredPartition, tree: Tree) -> int:
        """How many records of a partition its checkpoints cover, all of which must be of these records."""
        good = start = 0
        for each in sorted(self._of[stored.partition], key=lambda checkpoint: checkpoint.size):
            start = good if good < each.size else start
            if each.size > stored.size:
                raise self._among(stored, start, each.last, f"the {each} covers more than the {stored.size:,} here")
            if tree.root(each.size) != each.root:
                raise self._among(stored, start, each.last, f"the {each} is of others")
            if self._records.offset(stored.partition, each.size - 1) != each.last.offset:
                raise self._among(stored, start, each.last, f"the {each} names another last position")
            good = each.size
        if stored.partition in self._refused:
            reason = f"nobody vouches for it: {self._refused[stored.partition]}"
            raise self._among(stored, min(good, stored.size - 1), Position(stored.partition, stored.last), reason)
        return good

    def _among(self, stored: StoredPartition, start: int, last: Position, what: str) -> Damaged:
        after = self._records.offset(stored.partition, start - 1) if start else -1
        return damaged_among(self._records.name, Position(stored.partition, after + 1), last, what)
