"""An archive in the hands of somebody who changes it, and who knows how it is made."""

import random
from collections.abc import Sequence
from pathlib import Path

import apsw

from ledger.proof.leaf import record_hashes
from ledger.proof.tree import Tree
from replay.archive.layout import number, seal
from schemas.record import Row

Found = list[tuple[int, Row]]
"""The records of an archive with their partition."""


def records(path: Path) -> Found:
    query = "SELECT partition, offset, recorded_at, payload FROM records ORDER BY number"
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return [(partition, (offset, at, payload)) for partition, offset, at, payload in connection.execute(query)]
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
            "INSERT INTO records VALUES (?, ?, ?, ?, ?)", (number(partition, tree.size), partition, *row)
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
