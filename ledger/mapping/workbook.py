"""The cells of a sheet of an Excel workbook as texts: days as days, whole numbers as whole numbers."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any, BinaryIO

from ledger.errors import UsageError
from schemas.errors import InvalidEvent, Problem

WORKBOOKS = (".xlsx", ".xlsm")

Cell = str | InvalidEvent


def sheet_rows(name: str, file: BinaryIO, sheet: str | None) -> list[tuple[int, Sequence[Cell]]]:
    """The rows of a sheet with their numbers. A cell whose value cannot be told says why, and where it stands.

    Raises UsageError, where it is no workbook, or has several sheets and none is named.
    """
    values, formulas = _opened(name, file)
    chosen = _chosen(name, values, sheet)
    pairs = zip(values[chosen].iter_rows(), formulas[chosen].iter_rows(), strict=True)
    return [
        (number, [_text(value, formula) for value, formula in zip(*both, strict=True)])
        for number, both in enumerate(pairs, 1)
    ]


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
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(timespec="minutes")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def _opened(name: str, file: BinaryIO) -> tuple[Any, Any]:
    try:
        from openpyxl import load_workbook
    except ImportError as error:
        raise UsageError(f'{name}: workbooks need the extra: pip install "exchange-ledger[excel]"') from error
    try:
        return load_workbook(file, data_only=True), load_workbook(file)
    except Exception as error:  # of zipfile, of an XML parser and of openpyxl: there is no common one
        raise UsageError(f"{name}: is no workbook that can be read: {error}") from error


def _chosen(name: str, workbook: Any, sheet: str | None) -> str:
    sheets = [each.title for each in workbook.worksheets]
    if sheet is None and len(sheets) == 1:
        return str(sheets[0])
    if sheet is not None and sheet in sheets:
        return sheet
    wrong = "has several sheets" if sheet is None else f"has no sheet {sheet!r}"
    listed = ", ".join(f'"{each}"' for each in sheets)
    raise UsageError(f"{name}: {wrong}; say which under [table] of the mapping, sheet = ...: {listed}")
