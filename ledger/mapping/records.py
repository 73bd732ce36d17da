"""The rows of a file, whatever it is: text parted by a mark, JSON lines, or a workbook.

A row is refused by itself, and the others go on; what concerns the whole table, such as its header, is said once and
before anything is written.
"""

import codecs
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import BinaryIO, NamedTuple

from ledger.errors import UsageError
from ledger.mapping.carried import Carried
from ledger.mapping.conditions import fits_any, is_total, skipping
from ledger.mapping.delimited import of_text
from ledger.mapping.dialect import Dialect
from ledger.mapping.header import JSON, LOOKED_AT, Header, Line, Notice, best, check_header, has_all
from ledger.mapping.json_lines import members
from ledger.mapping.workbook import WORKBOOKS, Cell, sheet_rows
from schemas.errors import InvalidEvent, Problem
from schemas.json_bytes import json_bytes

TABLES = (".csv", ".tsv", *WORKBOOKS)
JSON_LINES = (".ndjson", ".jsonl")
JSON_LOOKED_AT = 1000
"""Objects whose members are taken for the header, since an object may leave out what it does not say."""
_HXL_TAG = re.compile(r"#[a-z]\w*([ +].*)?")


class Row(NamedTuple):
    """A row: where it stands, its bytes as they came, and its texts by column, or why it has none."""

    number: int
    raw: bytes
    cells: Mapping[str, str] | InvalidEvent


class _Named(NamedTuple):
    """A row with its columns, before it is known whether it is one of those that count."""

    number: int
    raw: bytes
    cells: Mapping[str, Cell] | InvalidEvent


class TableRead(NamedTuple):
    """The header of a table, and its rows."""

    header: Header
    rows: Iterator[Row]


def rows_of(name: str, file: BinaryIO, table: Dialect, needed: Mapping[str, str], notice: Notice) -> Iterator[Row]:
    """The rows of a file, as `table_of` reads it. Raises UsageError."""
    return table_of(name, file, table, needed, notice).rows


def table_of(name: str, file: BinaryIO, table: Dialect, needed: Mapping[str, str], notice: Notice) -> TableRead:
    """A table with its rows, each with the texts of all its columns.

    `needed` are the columns that a mapping names, with the place that names each. `notice` is told of columns that
    nothing uses. Raises UsageError, before any row, where the file cannot be such a table, or lacks a column.
    """
    if name.lower().endswith(".toml"):
        raise UsageError(f"{name}: is a mapping, and stands where the table is wanted")
    if name.lower().endswith(JSON_LINES):
        return _json_rows(name, file, table, needed, notice)
    asked, needed = needed, {column: place for column, place in needed.items() if column not in table.optional}
    if name.lower().endswith(WORKBOOKS):
        header, lines = _of_workbook(name, file, table, needed)
    else:
        header, lines = of_text(name, file, table, needed)
    check_header(name, header, needed, asked, notice)
    return TableRead(header, _rows(name, _named(lines, header), table, asked, notice))


# -- from lines to rows ------------------------------------------------------------------------


def _named(lines: Iterable[Line], header: Header) -> Iterator[_Named]:
    """Lines with the names of their columns; empty ones are left out, and a row of HXL tags below the header."""
    is_first = True
    for line in lines:
        cells = line.cells
        if isinstance(cells, InvalidEvent):
            yield _Named(line.number, line.raw, cells)
        elif any(cells):
            if not (is_first and all(isinstance(each, str) and _HXL_TAG.fullmatch(each) for each in cells if each)):
                yield _Named(line.number, line.raw, _by_column(cells, header))
        else:
            continue
        is_first = False


def _by_column(cells: Sequence[Cell], header: Header) -> Mapping[str, Cell] | InvalidEvent:
    if any(cells[len(header.columns) :]):
        return InvalidEvent(Problem("", "has more values than the header has columns"))
    return dict.fromkeys(header.columns, "") | dict(zip(header.columns, cells, strict=False))


def _rows(name: str, lines: Iterable[_Named], table: Dialect, needed: Collection[str], notice: Notice) -> Iterator[Row]:
    """The rows that are not to be skipped; where a cell is to be filled, with the text above it."""
    above: dict[str, Cell] = dict.fromkeys(table.fill, "")
    carried = Carried()
    for number, raw, cells in lines:
        if isinstance(cells, InvalidEvent):
            yield Row(number, raw, cells)
            continue
        texts = {column: cell for column, cell in cells.items() if isinstance(cell, str)}
        hidden = {column: cell for column in table.skip if isinstance(cell := cells.get(column), InvalidEvent)}
        if fits_any(texts, {column: each for column, each in table.skip.items() if column not in hidden}):
            continue
        if hidden:  # whether it is to be skipped cannot be told
            yield Row(number, raw, next(iter(hidden.values())))
            continue
        above = {column: cells.get(column) or cell for column, cell in above.items()}
        if table.fill:
            carried.note(number, {column: cells.get(column, "") for column in table.fill}, above)
        wrong = [cell for column, cell in {**cells, **above}.items() if column in needed and not isinstance(cell, str)]
        problems = [problem for each in wrong for problem in each.problems]
        if problems and (total := next((column for column, text in texts.items() if is_total(text)), None)):
            problems.append(Problem(total, f"is a total of other rows; {skipping(total, texts[total])} leaves it out"))
        filled = {column: cell for column, cell in above.items() if isinstance(cell, str)}
        yield Row(number, raw, InvalidEvent(*problems) if problems else _meant(texts | filled, table))
    for each in carried.told():
        notice(f"{name}: {each}")


def _meant(texts: dict[str, str], table: Dialect) -> Mapping[str, str]:
    """The texts of a row with those of the columns that may be missing, and with what empty cells stand for."""
    if not table.optional and not table.empty:
        return texts
    whole = dict.fromkeys(table.optional, "") | texts
    return whole | {column: text for column, text in table.empty.items() if not whole.get(column)}


# -- lines of each kind of file ----------------------------------------------------------------


def _json_rows(name: str, file: BinaryIO, table: Dialect, needed: Mapping[str, str], notice: Notice) -> TableRead:
    """An object a line is a row; its members are the columns, and those of the first rows are the header."""
    lines = ((number, raw) for number, raw in enumerate(file, 1) if raw.strip())
    named = (_Named(number, raw, members(raw.removeprefix(codecs.BOM_UTF8).strip())) for number, raw in lines)
    first = list(islice(named, JSON_LOOKED_AT))
    objects = [each.cells for each in first if not isinstance(each.cells, InvalidEvent)]
    names = list(dict.fromkeys(member for each in objects for member in each))
    header = Header(first[0].number if first else 1, names, JSON)
    if objects and needed:
        asked = {column: place for column, place in needed.items() if column not in table.optional}
        check_header(name, header, asked, needed, notice)
    return TableRead(header, _rows(name, chain(first, named), table, needed, notice))


def _of_workbook(name: str, file: BinaryIO, table: Dialect, needed: Mapping[str, str]) -> tuple[Header, Iterator[Line]]:
    sheet = sheet_rows(name, file, table.sheet)
    looked_at: list[tuple[int, Sequence[Cell]]] = []
    tried: list[Header] = []
    for line, cells in islice(sheet, table.header or LOOKED_AT):
        looked_at.append((line, cells))
        tried.append(Header(line, [each if isinstance(each, str) else "" for each in cells]))
        if has_all(tried[-1], needed, table.header):
            break
    header = best(tried, needed, table.header)
    if header is None:
        raise UsageError(f"{name}: has no header in row {table.header or 1}")
    below = chain((each for each in looked_at if each[0] > header.line), sheet)
    return header, (Line(line, json_bytes([str(each) for each in cells]), cells) for line, cells in below)
