"""What can be seen to be wrong with the file of a ledger: its schema, its end and each record, without any key.

The first two cost nothing and are looked at whenever a file is opened. What is not seen here is a change after which
everything still keeps the rules, such as another count in an event: that takes a checkpoint.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import apsw

from ledger.errors import LogDamaged
from ledger.log.ids import packed
from schemas.codec import accept
from schemas.errors import InvalidEvent
from schemas.record import FIRST_US, LAST_US, Position, Row

TAIL_BYTES = 8192
"""More than the longest checkpoint has."""

_OBJECTS = "SELECT type, name, sql FROM sqlite_schema WHERE name NOT GLOB 'sqlite_[as]*' OR type IN ('trigger', 'view')"
_LAST = re.compile(rb"^last 0:([0-9]{1,18})$", re.MULTILINE)


def check_schema(connection: apsw.Connection, path: Path, formats: Sequence[str]) -> None:
    """Raises LogDamaged for a table, an index, a trigger or a view that the ledger did not make, or lacks.

    A trigger of somebody else could drop or change what is appended, and readers would be told nothing.
    """
    ours, there = _made_by(tuple(formats)), _objects(connection)
    for name in sorted(ours.keys() | there.keys()):
        if ours.get(name) != there.get(name):
            what = "is not the ledger's" if name not in ours else "is missing" if name not in there else "was changed"
            raise LogDamaged(
                f"{path}: the {' '.join(name)} {what}: restore the last archive, or mend it if you know why"
            )


@cache
def _made_by(formats: tuple[str, ...]) -> Mapping[tuple[str, str], str]:
    blank = apsw.Connection(":memory:")
    for step in formats:
        blank.execute(step)
    return _objects(blank)


def _objects(connection: apsw.Connection) -> Mapping[tuple[str, str], str]:
    return {(str(kind), str(name)): str(sql) for kind, name, sql in connection.execute(_OBJECTS)}


def check_end(path: Path, last: int | None, checkpoints: Path) -> None:
    """Raises LogDamaged for a log that ends before the last record of which a checkpoint beside it speaks."""
    signed, end = _last_signed(checkpoints), -1 if last is None else last
    if end < signed:
        there = "is empty" if end < 0 else f"ends at {Position(0, end)}"
        what = f"{path} {there}, and {checkpoints.name} beside it has a checkpoint up to {Position(0, signed)}"
        raise LogDamaged(
            f"{what}: restore the last archive into a new file; for another ledger here move {checkpoints} away",
            Position(0, end + 1),
        )


def _last_signed(checkpoints: Path) -> int:
    try:
        with checkpoints.open("rb") as file:
            file.seek(max(file.seek(0, os.SEEK_END) - TAIL_BYTES, 0))
            found = _LAST.findall(file.read())
    except OSError:
        return -1
    return max(map(int, found), default=-1)


def check_rows(path: Path, after: int, rows: Sequence[Row]) -> None:
    """Raises LogDamaged where rows that were read do not follow each other, or are no records."""
    for expected, (offset, recorded_us, payload, entered_by) in enumerate(rows, after + 1):
        if offset != expected:
            raise LogDamaged(f"{path}: the record is missing", Position(0, expected))
        if not _is_row(recorded_us, payload, entered_by):
            raise LogDamaged(f"{path}: the record cannot be read", Position(0, expected))


def record_faults(after: int, rows: Sequence[Any]) -> Iterator[str]:
    """What is wrong with each of some rows with ids that should follow an offset, decoded strictly."""
    for offset, key, *row in rows:
        if offset <= after:
            yield f"{Position(0, after + 1)}: the records are not in their order"
            return
        if missing := offset - after - 1:
            yield f"{Position(0, after + 1)}: {missing:,} {'record is' if missing == 1 else 'records are'} missing"
        if why := _fault(key, *row):
            yield f"{Position(0, offset)}: {why}"
        after = offset


def _is_row(recorded_us: Any, payload: Any, entered_by: Any) -> bool:
    return type(payload) is bytes and type(recorded_us) is int and (entered_by is None or type(entered_by) is bytes)


def _fault(key: Any, recorded_us: Any, payload: Any, entered_by: Any) -> str | None:
    if not _is_row(recorded_us, payload, entered_by) or not FIRST_US <= recorded_us <= LAST_US:
        return "the record cannot be read"
    try:
        event = accept(payload)
    except InvalidEvent as error:
        return f"the record is no event any more: {error}"
    return None if packed(event.id) == key else f"the record of {event.id} stands under another id"
