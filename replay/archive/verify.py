"""Verifying an archive: the file, the records against their hashes, these against the root, it against checkpoints.

What is found bad is named by the first position that it affects, as exactly as what was signed allows.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ledger.proof.keys import Keyring
from ledger.proof.leaf import record_hash
from ledger.proof.merkle import HASH_BYTES
from ledger.proof.note import Note
from ledger.proof.tree import TILE_HASHES, Tree
from replay.archive.reading import Archive
from replay.checkpoints.check import CheckpointCheck, Damaged, StoredPartition, Verified, damaged_among
from schemas.record import Position, Progress, Row
from schemas.redaction import is_redacted

_STEP = 4096


def verify_archive(
    path: Path,
    keyring: Keyring | None = None,
    given: Sequence[Note] = (),
    *,
    ledger: str | None = None,
    progress: Progress | None = None,
) -> Verified:
    """Check a whole archive: against itself, the checkpoints in it, and those `given` that came by another way.

    With a keyring every checkpoint must be signed by a key in it, and there must be one. All must be of one ledger, and
    of `ledger` where that is named. Raises Damaged for the first record that is not as it was, VerificationFailed for
    what is wrong with a checkpoint, LogUnreachable.
    """
    archive = Archive.open_sealed(path)
    if archive is None:
        raise _diagnosis(path, progress)
    try:
        trees, redacted = _checked_trees(archive, progress)
        verified = CheckpointCheck(archive, keyring, [*archive.notes(), *given], ledger).verified(trees)
        return replace(verified, redacted=redacted)
    finally:
        archive.close()


def _diagnosis(path: Path, progress: Progress | None) -> Damaged:
    """Where a file is damaged whose seal does not hold."""
    try:
        archive = Archive.salvage(path)
        try:
            _checked_trees(archive, progress)
        finally:
            archive.close()
    except Damaged as found:
        return found
    return Damaged(f"{path}: the file is not as it was written; every record is, so that another part is bad", None)


# -- records and trees -------------------------------------------------------------------------


def _checked_trees(
    archive: Archive, progress: Progress | None
) -> tuple[list[tuple[StoredPartition, Tree]], list[Position]]:
    """Each partition with its tree, whose records are those that are there, and no others; which of them are redacted.

    Raises Damaged.
    """
    partitions = archive.partitions()
    hashes = {each.partition: archive.hashes(each.partition) for each in partitions}
    redacted = list[Position]()
    for stored in partitions:
        redacted += _check_records(archive, stored, hashes[stored.partition], progress)
    size = sum(each.size for each in partitions)
    if archive.count(size + 1) != size:
        last = partitions[-1] if partitions else StoredPartition(0, 0, -1, b"")
        raise archive.damaged("a record is there that belongs to no partition", Position(last.partition, last.last + 1))
    return [(each, _checked_tree(archive, each, hashes[each.partition])) for each in partitions], redacted


def _check_records(
    archive: Archive, stored: StoredPartition, hashes: bytes, progress: Progress | None
) -> list[Position]:
    """Where a record is redacted. Raises Damaged for one that is not the one of the tree."""
    partition, size, last, _ = stored
    row: Row = (-1, 0, b"", None)
    redacted = list[Position]()
    for index, row in enumerate(archive.rows(partition, 0, size)):
        if record_hash(partition, row) != hashes[index * HASH_BYTES : (index + 1) * HASH_BYTES]:
            expected = Position(partition, index if last == size - 1 else row[0])
            raise archive.damaged("the record is not the one of the tree", expected)
        if is_redacted(row[2]):
            redacted.append(Position(partition, row[0]))
        if progress and (index + 1) % _STEP == 0:
            progress(_STEP)
    if row[0] != last or len(hashes) != size * HASH_BYTES:
        raise archive.damaged("the records do not end where they should", Position(partition, min(row[0], last) + 1))
    if progress:
        progress(size % _STEP)
    return redacted


def _checked_tree(archive: Archive, stored: StoredPartition, hashes: bytes) -> Tree:
    """The tree over the hashes, whose upper tiles and root must be those that the archive holds."""
    tree = Tree()
    tree.extend(hashes)
    level = 1
    while count := tree.tiles(level):
        kept = b"".join(archive.tiles(stored.partition, level))
        made = b"".join(tree.tile(level, at) for at in range(count))
        if kept != made:
            span = TILE_HASHES**level
            first = next(at for at in range(count * TILE_HASHES) if _hash(kept, at) != _hash(made, at))
            raise _among(archive, stored, first * span, min(stored.size, (first + 1) * span), "its tree is another")
        level += 1
    if tree.root() != stored.root:
        raise _among(archive, stored, 0, stored.size, "the root of its tree is another")
    return tree


def _hash(hashes: bytes, at: int) -> bytes:
    return hashes[at * HASH_BYTES : (at + 1) * HASH_BYTES]


def _among(archive: Archive, stored: StoredPartition, start: int, end: int, what: str) -> Damaged:
    first, last = (Position(stored.partition, archive.offset(stored.partition, index)) for index in (start, end - 1))
    return damaged_among(archive.name, first, last, what)
