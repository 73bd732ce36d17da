"""The line of a table that names its columns: which it is, and whether it has what a mapping names."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple, TypeAlias

from ledger.errors import UsageError
from ledger.mapping.toml import toml_text
from ledger.mapping.workbook import Cell
from ledger.words.counts import count_members
from ledger.words.moments import Order, moment_members
from schemas.errors import InvalidEvent, listed, nearest

LOOKED_AT = 20
"""Lines among which the header is looked for."""
ORDERS: tuple[Order, ...] = ("dmy", "mdy")
JSON = "json"

Notice: TypeAlias = Callable[[str], None]


class Header(NamedTuple):
    """The columns of a table, the line that names them, and what parts them.

    A header whose cells have line breaks ends in a later line than it begins. `above` are the lines before it.
    """

    line: int
    columns: Sequence[str]
    delimiter: str = ""
    last: int = 0
    above: tuple["Header", ...] = ()

    @property
    def width(self) -> int:
        """The columns up to the last one that has a name."""
        return max((n for n, each in enumerate(self.columns, 1) if each), default=0)

    @property
    def holds_data(self) -> bool:
        return any(map(_is_data, self.columns))


class Line(NamedTuple):
    """A row before its columns are known. It may say why it has no cells, and a cell why it has no text."""

    number: int
    raw: bytes
    cells: Sequence[Cell] | InvalidEvent


def best(found: Sequence[Header], needed: Mapping[str, str], line: int | None) -> Header | None:
    """The first header that has all columns that are needed, else that with most of them; that of a line if it is said.

    Where nothing is needed, the likeliest.
    """
    open_to = [each for each in found if line in (None, each.line)]
    most = max(open_to, key=lambda each: len(needed.keys() & set(each.columns)), default=None)
    chosen = most if needed else _likeliest(open_to, found)
    if chosen is None:
        return None
    above = (each for each in found if each.delimiter == chosen.delimiter and each.line < chosen.line and each.width)
    return chosen._replace(above=tuple(above))


def _likeliest(open_to: Sequence[Header], found: Sequence[Header]) -> Header | None:
    """For a first mapping, which a person looks at: of the lines that can have the cells of most others, the first one
    without data that has most names. Empty cells at the end of a line say nothing."""
    alike = {id(each): sum(_holds(each, other) for other in found) for each in open_to}
    most = max(alike.values(), default=0)

    def likelihood(header: Header) -> tuple[bool, int, int]:
        held = alike[id(header)]
        named = sum(bool(each) and not each[0].isdigit() for each in header.columns)
        return (held * 2 >= most and not header.holds_data, held, named)

    return max(open_to, key=likelihood, default=None)


def _holds(header: Header, other: Header) -> bool:
    return header.delimiter == other.delimiter and 1 < other.width <= header.width


def _is_data(text: str) -> bool:
    """Whether a text is a date, a number or a hedged count, in whatever order of days."""
    if any(map(str.isdigit, text)) and not any(map(str.isalpha, text)):
        return True
    reads: Sequence[Callable[[str], object]] = [
        count_members,
        *(partial(moment_members, order=each) for each in ORDERS),
    ]
    return any(can_read(each, text) for each in reads)


def can_read(read: Callable[[str], object], text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True


def has_all(header: Header, needed: Mapping[str, str], line: int | None) -> bool:
    """Whether no other header needs to be looked for."""
    return line in (None, header.line) and bool(needed) and needed.keys() <= set(header.columns)


def check_header(
    name: str, header: Header, needed: Mapping[str, str], asked: Mapping[str, str], notice: Notice
) -> None:
    """One message for all that is wrong with a header; `asked` are also the columns that may be missing.

    Raises UsageError.
    """
    wrong = [_missing(column, place, header) for column, place in needed.items() if column not in header.columns]
    if len(wrong) == 1 and not wrong[0].endswith("?"):
        optional = toml_text([column for column in needed if column not in header.columns])
        wrong.append(f"where a table may be without it, optional = {optional} under [table]")
    for column in asked:
        places = [n for n, each in enumerate(header.columns, 1) if each == column]
        if len(places) > 1:
            wrong.append(f"{column!r} stands twice, in columns {' and '.join(map(str, places))}; rename one")
    if wrong:
        has = ", ".join(filter(None, header.columns)) or "no names"
        where = "the objects" if header.delimiter == JSON else f"the header in line {header.line}"
        what = "; ".join(wrong)
        raise UsageError(f"{name}: {where}: {what}{'' if what.endswith('?') else '.'} It has: {_short(has)}")
    if rows := [str(each.line) for each in header.above if each.holds_data and each.width * 2 > header.width > 1]:
        noun, verb, it = ("lines", "look like rows", "them") if len(rows) > 1 else ("line", "looks like a row", "it")
        left = f"{noun} {listed(rows)} above the header in line {header.line} {verb}, and nothing is made of {it}"
        notice(f"{name}: {left}; header = ... under [table] of the mapping says which line is the header")
    unused = [each for each in dict.fromkeys(header.columns) if each and each not in asked]
    if unused:
        notice(f"{name}: not used by the mapping: {_short(', '.join(unused))}")


def _missing(column: str, place: str, header: Header) -> str:
    near = nearest(column, tuple(filter(None, header.columns)))
    return f"has no {column!r}, which {place} names" + (f"; is it {near!r}?" if near else "")


def _short(text: str) -> str:
    return text if len(text) <= 300 else f"{text[:300]}\u2026"
