"""Reading an archive: its records, tiles and checkpoints, with errors for what a damaged file can do."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw

from ledger.errors import LogUnreachable
from ledger.proof.merkle import HASH_BYTES
from ledger.proof.note import Note, parse_note
from ledger.proof.tree import TiledTree
from replay.archive.layout import (
    FIRST_TABLES,
    INDEX_BITS,
    LEDGER_ID,
    PAGE_BYTES,
    TABLES,
    header,
    is_sealed,
    number,
)
from replay.checkpoints.check import Damaged, StoredPartition, damaged
from replay.files import reading
from schemas.record import FIRST_US, LAST_US, Position, Row

PARTITIONS_MAX = 1 << (63 - INDEX_BITS)
_FROM_START = Position(0, 0)
_UNREADABLE = (apsw.Error, UnicodeDecodeError)


class Archive:
    """An open archive. Every method raises Damaged for what is not as it was written; nothing is believed."""

    def __init__(self, connection: apsw.Connection, name: str) -> None:
        self.name = name
        self._connection = connection
        found = tuple(sql for (sql,) in self._all("SELECT sql FROM sqlite_schema ORDER BY rowid"))
        self.is_first_format = found == FIRST_TABLES
        if found != TABLES and not self.is_first_format:
            raise self.damaged("its tables are not those of an archive", _FROM_START)

    @classmethod
    def open(cls, path: Path) -> "Archive":
        """The archive in a file whose seal holds. Raises LogUnreachable, Damaged."""
        archive = cls.open_sealed(path)
        if archive is None:
            raise Damaged(f"{path} is damaged: `replay verify {path}` says where", _FROM_START)
        return archive

    @classmethod
    def open_if_there(cls, path: Path) -> "Archive | None":
        """The archive in a file whose seal holds, if there is a file. Raises LogUnreachable, Damaged."""
        return cls.open(path) if path.exists() else None

    @classmethod
    def open_sealed(cls, path: Path) -> "Archive | None":
        """The archive in a file; None where its seal does not hold. Raises LogUnreachable, Damaged."""
        if not path.is_file():
            raise LogUnreachable(f"there is no archive at {path}; `replay export {path}` makes one")
        with reading(path):
            _refuse_ledger(path)
            if not is_sealed(path):
                return None
        flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
        connection = apsw.Connection(f"{path.absolute().as_uri()}?immutable=1", flags=flags)
        return cls(connection, str(path))

    @classmethod
    def salvage(cls, path: Path) -> "Archive":
        """What is left of an archive that is damaged or cut off, to find out where. It is read into memory."""
        with reading(path):
            raw = path.read_bytes()
        pages = max(-(-len(raw) // PAGE_BYTES), 2)  # not as many as it says, which may be any number
        whole = header(pages) + raw[100:]
        connection = apsw.Connection(":memory:")
        connection.deserialize("main", whole[: pages * PAGE_BYTES].ljust(pages * PAGE_BYTES, b"\0"))
        return cls(connection, str(path))

    def close(self) -> None:
        self._connection.close()

    def damaged(self, what: str, position: Position | None) -> Damaged:
        return damaged(self.name, what, position)

    # -- what it holds -----------------------------------------------------------------------------

    def partitions(self) -> list[StoredPartition]:
        """The partitions that have records, in order."""
        found = list[StoredPartition]()
        for row in self._each('SELECT * FROM partitions ORDER BY "partition"'):
            each, before = StoredPartition(*row), found[-1].partition if found else -1
            if not (_is_partition(each) and each.partition > before):
                raise self.damaged(
                    "what it says of its partitions makes no sense", Position(max(each.partition, before + 1), 0)
                )
            found.append(each)
        return found

    def rows(self, partition: int, start: int, end: int) -> Iterator[Row]:
        """The records of a partition by their index, the last excluded. Raises Damaged at the first that is missing."""
        entered_by = "NULL" if self.is_first_format else "entered_by"
        columns = f"number, partition, offset, recorded_at, payload, {entered_by}"
        query = f"SELECT {columns} FROM records WHERE number >= ? AND number < ?"
        expected, last = number(partition, start), -1
        try:
            for key, its, *row in self._connection.execute(query, (expected, number(partition, end))):
                if not (key == expected and its == partition and _is_row(row) and row[0] > last):
                    break
                offset, recorded_us, payload, said = row
                yield offset, recorded_us, payload, said
                expected, last = expected + 1, offset
        except _UNREADABLE as error:
            raise self._broken(partition, expected, last, f"the file cannot be read there ({error})") from error
        if expected != number(partition, end):
            raise self._broken(partition, expected, last, "the record that should follow is missing or changed")

    def count(self, most: int) -> int:
        """How many records there are, of whatever partition; no more than `most` are looked for."""
        [[count]] = self._all("SELECT count(*) FROM (SELECT 1 FROM records LIMIT ?)", (most,))
        return int(count)

    def hashes(self, partition: int) -> bytes:
        """The hashes of all records of a partition that the tiles hold, one after the other."""
        return b"".join(self.tiles(partition, 0))

    def tiles(self, partition: int, level: int) -> list[bytes]:
        """The tiles of one level, up to the first that is not there."""
        query = 'SELECT number, hashes FROM tiles WHERE "partition" = ? AND level = ? ORDER BY number'
        found = list[bytes]()
        try:
            for at, hashes in self._connection.execute(query, (partition, level)):
                if at != len(found) or not isinstance(hashes, bytes):
                    break
                found.append(hashes)
        except _UNREADABLE:
            return found  # the records whose hashes are missing are found when they are compared
        return found

    def tree(self, stored: StoredPartition) -> TiledTree:
        """The tree of a partition, of which only those tiles are read that a question needs."""
        return TiledTree(stored.size, lambda level, at: self._tile(stored.partition, level, at))

    def notes(self) -> list[Note]:
        """The checkpoints, by partition and size. Raises VerificationFailed for what is no signed note."""
        found, before = list[Note](), (-1, -1, "")
        for its, size, note in self._each('SELECT * FROM checkpoints ORDER BY "partition", size, note'):
            if not (_are_integers((its, size)) and isinstance(note, str) and (its, size, note) > before):
                raise self.damaged("what it says of its checkpoints makes no sense", _FROM_START)
            found.append(parse_note(note))
            before = its, size, note
        return found

    def schemas(self) -> list[tuple[str, int, str]]:
        """The JSON Schemas of the types of events: their name, version and text."""
        return [(str(name), int(version), str(text)) for name, version, text in self._all("SELECT * FROM schemas")]

    def offset(self, partition: int, index: int) -> int:
        """The offset of a record by its index. Raises Damaged."""
        return next(self.rows(partition, index, index + 1))[0]

    def _tile(self, partition: int, level: int, at: int) -> bytes:
        query = 'SELECT hashes FROM tiles WHERE "partition" = ? AND level = ? AND number = ?'
        for (hashes,) in self._all(query, (partition, level, at)):
            if isinstance(hashes, bytes):
                return hashes
        raise LookupError(f"{self.name} has no tile {at} at level {level} of partition {partition}")

    def _each(self, query: str) -> Iterator[Any]:
        """Row by row, for those who stop at the first that is not as it should be.

        A table can be made to have more rows than there is time for, when its pages stand below several others.
        """
        try:
            yield from self._connection.execute(query)
        except _UNREADABLE as error:
            raise self._unreadable(error) from error

    def _all(self, query: str, values: tuple[int, ...] = ()) -> list[Any]:
        try:
            return self._connection.execute(query, values).fetchall()
        except _UNREADABLE as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: Exception) -> Damaged:
        return self.damaged(f"nothing can be relied on, since it cannot be read ({error})", _FROM_START)

    def _broken(self, partition: int, key: int, last: int, what: str) -> Damaged:
        index = key - (partition << INDEX_BITS)
        return self.damaged(what, Position(partition, last + 1 if last >= 0 else index))


def _is_partition(said: StoredPartition) -> bool:
    is_known = _are_integers(said[:3]) and said.partition < PARTITIONS_MAX
    return is_known and 0 < said.size <= said.last + 1 and _is_hashes(said.root, 1)


def _is_row(row: list[Any]) -> bool:
    is_said = row[3] is None or isinstance(row[3], bytes)
    return _are_integers(row[:2]) and FIRST_US <= row[1] <= LAST_US and isinstance(row[2], bytes) and is_said


def _are_integers(values: Any) -> bool:
    return all(type(each) is int for each in values)


def _is_hashes(value: Any, count: int) -> bool:
    return isinstance(value, bytes) and len(value) == count * HASH_BYTES


def _refuse_ledger(path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(100)
    if head[68:72] == LEDGER_ID.to_bytes(4, "big"):
        raise LogUnreachable(f"{path} is a ledger, and no archive of one: `replay export ARCHIVE` makes that")
