"""Cells as text: CSV in UTF-8 as RFC 4180 has it, with nothing that a spreadsheet would take for a formula.

Such a cell gets an apostrophe in front, and so does what a spreadsheet would take for another cell.
"""

import csv
import io
import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Sequence

from ledger.tables.column import Cell

EXCEL_START = BOM_UTF8
"""Without these bytes Excel takes Arabic and Hebrew for something else."""
TURN = 512
"""So many rows are written at once."""
_FORMULA = re.compile("[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_WITHIN = re.compile("(;\\s*)([=+\\-@\uff1d\uff0b\uff0d\uff20])")
"""Where spreadsheets of half the world begin another cell, since a comma is their decimal point."""


def csv_parts(head: Iterable[Sequence[str]], rows: Iterable[Iterable[Cell]]) -> Iterator[bytes]:
    """The lines of a table in parts, its heads first."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows(head)
    for place, row in enumerate(rows, 1):
        writer.writerow(map(_harmless, row))
        if place % TURN == 0:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


def _harmless(cell: Cell) -> Cell:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if not isinstance(cell, str):
        return cell
    told = _WITHIN.sub(r"\1'\2", cell)
    return f"'{told}" if _FORMULA.match(told.lstrip(" ")) else told
