"""An archive in the hands of somebody who changes it, and who knows how it is made."""

import random
import struct
from collections.abc import Sequence
from pathlib import Path

import apsw

from ledger.proof.leaf import record_hashes
from ledger.proof.tree import Tree
from replay.archive.layout import PAGE_BYTES, number, seal
from schemas.record import Row

Found = list[tuple[int, Row]]
"""The records of an archive with their partition."""


def records(path: Path) -> Found:
    query = "SELECT partition, offset, recorded_at, payload, entered_by FROM records ORDER BY number"
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return [(partition, (row[0], row[1], row[2], row[3])) for partition, *row in connection.execute(query)]
    finally:
        connection.close()


def run(path: Path, *statements: str) -> None:
    """Change an archive by SQL, and seal it again."""
    connection = apsw.Connection(str(path))
    for statement in statements:
        connection.execute(statement)
    connection.close()
    seal(path)


def rewrite(path: Path, found: Sequence[tuple[int, Row]], *, trees: bool) -> None:
    """Put other records into an archive, with or without the trees that belong to them, and seal it again."""
    connection = apsw.Connection(str(path))
    connection.execute("BEGIN; DELETE FROM records")
    grown: dict[int, Tree] = {}
    for partition, row in found:
        tree = grown.setdefault(partition, Tree())
        connection.execute(
            "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?)", (number(partition, tree.size), partition, *row)
        )
        tree.extend(record_hashes(partition, [row]))
    if trees:
        connection.execute("DELETE FROM tiles; DELETE FROM partitions")
        for partition, tree in grown.items():
            last = [row[0] for its, row in found if its == partition][-1]
            connection.execute("INSERT INTO partitions VALUES (?, ?, ?, ?)", (partition, tree.size, last, tree.root()))
            for level in range(3):
                for at in range(tree.tiles(level)):
                    tile = (partition, level, at, tree.tile(level, at))
                    connection.execute("INSERT INTO tiles VALUES (?, ?, ?, ?)", tile)
    connection.execute("COMMIT; VACUUM")
    connection.close()
    seal(path)


def flip(path: Path, chance: random.Random) -> int:
    """Flip one bit of a file, and say of which byte."""
    raw = bytearray(path.read_bytes())
    at = chance.randrange(len(raw))
    raw[at] ^= 1 << chance.randrange(8)
    path.write_bytes(raw)
    return at


# -- tables without an end ---------------------------------------------------------------------

_INDEX, _TABLE = 2, 5
_ROW = bytes([4, 8, 9, 15]) + b"x"  # as SQLite writes (0, 1, 'x')


def make_endless(path: Path, table: str) -> None:
    """Let 17 pages stand below one another, each four times, so that a small file has more rows than can be read."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    root = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)).get
    connection.close()
    raw = bytearray(path.read_bytes())
    leaf, kind = len(raw) // PAGE_BYTES + 1, _TABLE if table == "records" else _INDEX
    key = b"\x90" + bytes([0x80] * 6) + b"\x00" if kind == _TABLE else b""  # 2^53: beyond all records
    raw += _page(kind + 8, [bytes([len(_ROW)]) + key + _ROW])
    above = key if kind == _TABLE else bytes([len(_ROW)]) + _ROW
    for below in range(leaf, leaf + 16):
        raw += _page(kind, [below.to_bytes(4, "big") + above] * 3, below)
    at = slice((root - 1) * PAGE_BYTES, root * PAGE_BYTES)
    raw[at] = _extended(raw[at], leaf + 16) if kind == _TABLE else bytes(raw[-PAGE_BYTES:])
    path.write_bytes(raw)
    seal(path)


def _page(kind: int, cells: Sequence[bytes], last: int | None = None) -> bytes:
    """A page of a B-tree (SQLite's file format, 1.6)."""
    below = b"" if last is None else last.to_bytes(4, "big")
    starts = [PAGE_BYTES - sum(map(len, cells[: at + 1])) for at in range(len(cells))]
    head = struct.pack(">BHHHB", kind, 0, len(cells), starts[-1], 0) + below
    head += b"".join(start.to_bytes(2, "big") for start in starts)
    return head.ljust(starts[-1], b"\0") + b"".join(reversed(cells))


def _extended(page: bytes | bytearray, last: int) -> bytes:
    """The root of the records with one more page below it, behind all others."""
    _, _, count, start, _, before = struct.unpack(">BHHHBI", page[:12])
    cell = before.to_bytes(4, "big") + b"\xbf\xff\xff\xff\xff\xff\x7f"  # all records of the archive are below 2^48
    head = struct.pack(">BHHHBI", _TABLE, 0, count + 1, start - len(cell), 0, last) + page[12 : 12 + 2 * count]
    head += (start - len(cell)).to_bytes(2, "big")
    return bytes(head + page[len(head) : start - len(cell)] + cell + page[start:])
