"""How much of a table is taken that a stranger sends: a few bytes can stand for more cells than a memory holds."""

from collections.abc import Mapping
from io import BytesIO
from typing import NamedTuple

from ledger.errors import UsageError
from ledger.mapping.dialect import Dialect
from ledger.mapping.header import Notice
from ledger.mapping.records import Row, rows_of
from ledger.mapping.workbook import WORKBOOKS, unpacked_size


class TableTooLarge(UsageError):
    """A table has more of something than is taken at once."""


class TableBounds(NamedTuple):
    """So many rows, columns and cells, and bytes of a workbook that is unpacked."""

    rows: int
    columns: int
    cells: int
    unpacked: int


def bounded_rows(
    name: str, raw: bytes, table: Dialect, needed: Mapping[str, str], notice: Notice, bounds: TableBounds
) -> list[Row]:
    """All rows of a table, as `rows_of` reads them. Raises UsageError, TableTooLarge as soon as a bound is met."""
    if name.lower().endswith(WORKBOOKS) and (size := unpacked_size(name, raw)) > bounds.unpacked:
        raise _too_large(name, "bytes when it is unpacked", bounds.unpacked, f": {size:,}")
    rows: list[Row] = []
    cells = 0
    for row in rows_of(name, BytesIO(raw), table, needed, notice):
        rows.append(row)
        width = len(row.cells) if isinstance(row.cells, Mapping) else 0
        cells += width
        for what, found, most in (
            ("rows", len(rows), bounds.rows),
            ("columns", width, bounds.columns),
            ("cells", cells, bounds.cells),
        ):
            if found > most:
                raise _too_large(name, what, most)
    return rows


def _too_large(name: str, what: str, most: int, more: str = "") -> TableTooLarge:
    return TableTooLarge(f"{name}: has more than {most:,} {what}{more}; send it in parts")
