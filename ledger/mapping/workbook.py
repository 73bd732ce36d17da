"""The cells of a sheet of an Excel workbook as texts: days as days, whole numbers as whole numbers."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from io import BytesIO
from typing import Any, BinaryIO, TypeAlias
from warnings import catch_warnings
from zipfile import BadZipFile, ZipFile

from ledger.errors import UsageError
from schemas.errors import InvalidEvent, Problem

WORKBOOKS = (".xlsx", ".xlsm")

_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\b[^>]*\bref="([A-Z]+)(\d+):[A-Z]+(\d+)"')


class Merged(str):
    """The empty text of a cell that is one with the cell above it: which row the text of both stands in."""

    row: int

    @classmethod
    def below(cls, row: int) -> "Merged":
        cell = cls()
        cell.row = row
        return cell


Cell: TypeAlias = str | InvalidEvent


def sheet_rows(name: str, file: BinaryIO, sheet: str | None) -> Iterator[tuple[int, Sequence[Cell]]]:
    """The rows of a sheet with their numbers. A cell whose value cannot be told says why, and where it stands.

    Raises UsageError, where it is no workbook, or has several sheets and none is named.
    """
    raw = file.read()
    _check_bytes(name, raw)
    with _opened(name, raw, data_only=True) as values, _opened(name, raw) as formulas:
        chosen = _chosen(name, values, sheet)
        try:
            merged = _MergedCells(raw, values[chosen])
            for book in (values, formulas):  # some programs leave the size as it was before the last rows
                book[chosen].reset_dimensions()
            pairs = zip(values[chosen].iter_rows(), formulas[chosen].iter_rows(), strict=True)
            for number, (cells, written) in enumerate(pairs, 1):
                texts = [_text(*both) for both in zip(cells, written, strict=True)]
                yield number, [text or merged.empty(number, column) for column, text in enumerate(texts, 1)]
        except Exception as error:  # as below
            raise UsageError(f"{name}: cannot be read on: {error}") from error


class _MergedCells:
    """The cells of a sheet that are one with another above them: openpyxl does not tell of what it streams."""

    def __init__(self, raw: bytes, sheet: Any) -> None:
        from openpyxl.utils import column_index_from_string

        self._rows: dict[int, list[tuple[int, int]]] = {}  # by column: one range may be a million cells
        with ZipFile(BytesIO(raw)) as archive:
            ranges = _MERGED.findall(archive.read(sheet._worksheet_path))
        for column, first, last in ranges:
            self._rows.setdefault(column_index_from_string(column.decode()), []).append((int(first), int(last)))
        for each in self._rows.values():
            each.sort()

    def empty(self, row: int, column: int) -> str:
        """What an empty cell is."""
        rows = self._rows.get(column, [])
        place = bisect_left(rows, (row, 0)) - 1
        return Merged.below(rows[place][0]) if place >= 0 and rows[place][1] >= row else ""


def unpacked_size(name: str, raw: bytes) -> int:
    """How many bytes a workbook is when it is unpacked: as its directory says, beyond which nothing of it is read.

    Raises UsageError where it is no archive.
    """
    try:
        with ZipFile(BytesIO(raw)) as archive:
            return sum(each.file_size for each in archive.infolist())
    except (BadZipFile, ValueError, NotImplementedError) as error:
        raise UsageError(f"{name}: is no workbook that can be read: {error}") from error


def _text(cell: Any, formula: Any) -> Cell:
    value = cell.value
    if cell.data_type == "e":
        return InvalidEvent(Problem(f"cell {cell.coordinate}", f"holds the error {value}"))
    if value is None:
        if formula.data_type == "f":
            how = "open and save the workbook in a spreadsheet program"
            return InvalidEvent(Problem(f"cell {cell.coordinate}", f"holds a formula without its value; {how}"))
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    shown_as = (getattr(cell, "number_format", None) or "").lower()
    if isinstance(value, datetime | date) and not isinstance(value, time) and not re.search("d|h|general", shown_as):
        return f"{value:%Y-%m}" if "m" in shown_as else f"{value:%Y}"  # no more precise than the cell is shown
    if isinstance(value, int | float) and "%" in shown_as:
        return f"{value:.0%}"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(timespec="minutes")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def _check_bytes(name: str, raw: bytes) -> None:
    """Raises UsageError for a workbook whose bytes were damaged, which would else be found out in the midst of it."""
    try:
        with ZipFile(BytesIO(raw)) as parts:
            damaged = parts.testzip()
    except Exception as error:  # of zipfile and of what it decompresses with
        raise UsageError(f"{name}: is no workbook that can be read: {error}") from error
    if damaged:
        raise UsageError(f"{name}: is no workbook that can be read: {damaged} in it is damaged")


@contextmanager
def _opened(name: str, raw: bytes, **how: bool) -> Iterator[Any]:
    try:
        from openpyxl import load_workbook
    except ImportError as error:
        raise UsageError(f'{name}: workbooks need the extra: pip install "exchange-ledger[excel]"') from error
    try:
        with catch_warnings(action="ignore"):  # of what openpyxl leaves aside, such as choices of a cell
            workbook = load_workbook(BytesIO(raw), read_only=True, **how)
    except Exception as error:  # of zipfile, of an XML parser and of openpyxl: there is no common one
        raise UsageError(f"{name}: is no workbook that can be read: {error}") from error
    try:
        yield workbook
    finally:
        workbook.close()


def _chosen(name: str, workbook: Any, sheet: str | None) -> str:
    sheets = [each.title for each in workbook.worksheets]
    if sheet is None and len(sheets) == 1:
        return str(sheets[0])
    if sheet is not None and sheet in sheets:
        return sheet
    wrong = "has several sheets" if sheet is None else f"has no sheet {sheet!r}"
    listed = ", ".join(f'"{each}"' for each in sheets)
    how = "sheet = ... under [table] of the mapping, or --sheet where there is none yet"
    raise UsageError(f"{name}: {wrong}; say which of {listed}: {how}")
