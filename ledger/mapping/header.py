"""The line of a table that names its columns: which it is, and whether it has what a mapping names."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from ledger.errors import UsageError
from ledger.mapping.workbook import Cell
from schemas.errors import InvalidEvent, nearest

LOOKED_AT = 20
"""Lines among which the header is looked for."""
JSON = "json"

Notice: TypeAlias = Callable[[str], None]


class Header(NamedTuple):
    """The columns of a table, the line that names them, and what parts them."""

    line: int
    columns: Sequence[str]
    delimiter: str = ""


class Line(NamedTuple):
    """A row before its columns are known. It may say why it has no cells, and a cell why it has no text."""

    number: int
    raw: bytes
    cells: Sequence[Cell] | InvalidEvent


def best(found: Iterable[Header], needed: Mapping[str, str]) -> Header | None:
    """The first header that has all columns that are needed, else that with most of them."""
    if not needed:
        return _likeliest(list(found))
    return max(found, key=lambda each: len(needed.keys() & set(each.columns)), default=None)


def _likeliest(found: Sequence[Header]) -> Header | None:
    """The first line of names that is parted as most other lines are: for a first mapping, which a person looks at."""

    def likelihood(header: Header) -> tuple[int, int]:
        width = len(header.columns)
        alike = sum(each.delimiter == header.delimiter and len(each.columns) == width for each in found)
        named = sum(bool(each) and not each[0].isdigit() for each in header.columns)
        return (alike if width > 1 else 0, named)

    return max(found, key=likelihood, default=None)


def has_all(header: Header, needed: Mapping[str, str]) -> bool:
    return bool(needed) and needed.keys() <= set(header.columns)


def check_header(
    name: str, header: Header, needed: Mapping[str, str], asked: Mapping[str, str], notice: Notice
) -> None:
    """One message for all that is wrong with a header; `asked` are also the columns that may be missing.

    Raises UsageError.
    """
    wrong = [_missing(column, place, header) for column, place in needed.items() if column not in header.columns]
    for column in asked:
        places = [n for n, each in enumerate(header.columns, 1) if each == column]
        if len(places) > 1:
            wrong.append(f"{column!r} stands twice, in columns {' and '.join(map(str, places))}; rename one")
    if wrong:
        has = ", ".join(filter(None, header.columns)) or "no names"
        where = "the objects" if header.delimiter == JSON else f"the header in line {header.line}"
        raise UsageError(f"{name}: {where}: {'; '.join(wrong)}. It has: {_short(has)}")
    unused = [each for each in dict.fromkeys(header.columns) if each and each not in asked]
    if unused:
        notice(f"{name}: not used by the mapping: {_short(', '.join(unused))}")


def _missing(column: str, place: str, header: Header) -> str:
    near = nearest(column, tuple(filter(None, header.columns)))
    return f"has no {column!r}, which {place} names" + (f"; is it {near!r}?" if near else "")


def _short(text: str) -> str:
    return text if len(text) <= 300 else f"{text[:300]}\u2026"
