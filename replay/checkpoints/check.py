"""The checkpoints by which records are judged, in an archive or in a log, and what they leave to be believed."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from ledger.errors import VerificationFailed
from ledger.proof.checkpoint import Checkpoint, parse_checkpoint
from ledger.proof.keys import Keyring
from ledger.proof.note import Note
from ledger.proof.tree import Tree
from replay.archive.layout import Damaged, damaged, damaged_among
from replay.archive.reading import Stored
from schemas.record import Position


class Places(Protocol):
    """Records in the order of their partitions, of something that has a name."""

    @property
    def name(self) -> str: ...

    def offset(self, partition: int, index: int) -> int:
        """The offset of a record by its index."""
        ...


class Held(NamedTuple):
    """A partition whose records are those of its tree; `vouched` of them are under a checkpoint that was verified."""

    partition: int
    size: int
    last: int
    root: bytes
    vouched: int


@dataclass(frozen=True)
class Checked:
    """Records that are all as they were written. `signed`: each checkpoint is by a key that is trusted."""

    partitions: list[Held]
    checkpoints: int
    signed: bool

    @property
    def records(self) -> int:
        return sum(each.size for each in self.partitions)

    @property
    def vouched(self) -> int:
        return sum(each.vouched for each in self.partitions)


class Vouching:
    """Checkpoints, and those of them that are not to be believed, with the reason. With a keyring there must be one."""

    def __init__(self, places: Places, keyring: Keyring | None, notes: Iterable[Note]) -> None:
        self._places = places
        self._of: defaultdict[int, list[Checkpoint]] = defaultdict(list)
        self._refused: dict[int, VerificationFailed] = {}
        self.count = 0
        for note in dict.fromkeys(notes):
            checkpoint = parse_checkpoint(note)
            self.count += 1
            try:
                self._of[checkpoint.partition].append(keyring.verify(note) if keyring else checkpoint)
            except VerificationFailed as error:
                self._refused.setdefault(checkpoint.partition, error)
        if keyring and not self.count:
            raise VerificationFailed(
                f"{places.name}: there is no checkpoint, so that no key vouches for anything in it"
            )

    def check(self, stored: Stored, tree: Tree) -> int:
        """That a partition is the one that its checkpoints speak of. Returns how many records they vouch for."""
        good = start = 0
        for each in sorted(self._of[stored.partition], key=lambda checkpoint: checkpoint.size):
            start = good if good < each.size else start
            if each.size > stored.size:
                raise self._among(stored, start, each.last, f"the {each} covers more than the {stored.size:,} here")
            if tree.root(each.size) != each.root:
                raise self._among(stored, start, each.last, f"the {each} is of others")
            if self._places.offset(stored.partition, each.size - 1) != each.last.offset:
                raise self._among(stored, start, each.last, f"the {each} names another last position")
            good = each.size
        if stored.partition in self._refused:
            reason = f"nobody vouches for it: {self._refused[stored.partition]}"
            raise self._among(stored, min(good, stored.size - 1), Position(stored.partition, stored.last), reason)
        return good

    def _among(self, stored: Stored, start: int, last: Position, what: str) -> Damaged:
        after = self._places.offset(stored.partition, start - 1) if start else -1
        return damaged_among(self._places.name, Position(stored.partition, after + 1), last, what)

    def check_complete(self, partitions: Iterable[int]) -> None:
        """That no partition is missing altogether."""
        for partition in {*self._of, *self._refused}.difference(partitions):
            raise damaged(self._places.name, "a checkpoint covers it, and it is missing", Position(partition, 0))
