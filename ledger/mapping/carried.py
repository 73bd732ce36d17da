"""Texts that are carried into the empty cells below them, and where nobody says that they hold there too.

A merged cell says so. Where a column has merged cells, an empty one that is none of them says nothing; where it has
none, as in a text, neither does one beside which another column begins anew.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ledger.mapping.workbook import Cell, Merged
from schemas.errors import listed

SHOWN_MAX = 5


class _Taken(NamedTuple):
    """What is carried from a row into a column, and the rows that take it: all, and those that begin anew."""

    column: str
    row: int
    text: str


class Carried:
    """What a table has taken from above, to be told at its end."""

    def __init__(self) -> None:
        self._from: dict[str, int] = {}
        self._taken: dict[_Taken, list[int]] = {}
        self._beside: set[tuple[str, int]] = set()
        self._merging: set[str] = set()

    def note(self, row: int, own: Mapping[str, Cell], filled: Mapping[str, Cell]) -> None:
        """The cells of a row that take what stands above them, as they are and as they are filled."""
        for column, cell in own.items():
            if cell:
                self._from[column] = row
            elif isinstance(cell, Merged) and self._from.get(column) == cell.row:
                self._merging.add(column)
            elif isinstance(text := filled[column], str) and text:
                self._taken.setdefault(_Taken(column, self._from[column], text), []).append(row)
                if any(own.values()):
                    self._beside.add((column, row))

    def told(self) -> Iterator[str]:
        """A line for each text that is carried to where nobody says so."""
        lines = [*self._lines()]
        yield from lines[:SHOWN_MAX]
        if len(lines) > SHOWN_MAX:
            yield f"and {len(lines) - SHOWN_MAX:,} more texts are filled into rows below that do not say so"

    def _lines(self) -> Iterator[str]:
        for taken, taking in self._taken.items():
            is_merging = taken.column in self._merging
            if rows := [row for row in taking if is_merging or (taken.column, row) in self._beside]:
                why = "no part of the merged cell" if is_merging else "beside a cell of another column that is not"
                yield (
                    f"{taken.column!r} is empty in {rows_text(rows)}, {why}, and is filled with {taken.text!r} of row "
                    f"{taken.row}: nobody says so; write it there, or what is true"
                )


def rows_text(numbers: Sequence[int]) -> str:
    return f"{'rows' if len(numbers) > 1 else 'row'} {listed([*map(str, numbers)])}"
