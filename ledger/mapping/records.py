"""The rows of a file, whatever it is: text parted by a mark, JSON lines, or a workbook.

A row is refused by itself, and the others go on; what concerns the whole table, such as its header, is said once and
before anything is written.
"""

import codecs
import csv
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import BinaryIO, NamedTuple, TypeAlias

import orjson

from ledger.errors import UsageError
from ledger.mapping.conditions import fits_any
from ledger.mapping.dialect import Dialect, errors_of
from ledger.mapping.workbook import WORKBOOKS, Cell, sheet_rows
from schemas.errors import InvalidEvent, Problem, nearest
from schemas.values import WHOLE_MAX

LOOKED_AT = 20
"""Lines among which the header is looked for."""
DELIMITERS = (",", ";", "\t", "|")
TABLES = (".csv", ".tsv", *WORKBOOKS)
JSON_LINES = (".ndjson", ".jsonl")
JSON = "json"
JSON_LOOKED_AT = 1000
"""Objects whose members are taken for the header, since an object may leave out what it does not say."""
_CHUNK = 1 << 16
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins as that of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ESCAPED = re.compile("[\ud800-\udfff]")
_HXL_TAG = re.compile(r"#[a-z]\w*([ +].*)?")

Notice: TypeAlias = Callable[[str], None]


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


class Header(NamedTuple):
    """The columns of a table, the line that names them, and what parts them."""

    line: int
    columns: Sequence[str]
    delimiter: str = ""


class _Line(NamedTuple):
    """A row before its columns are known. It may say why it has no cells, and a cell why it has no text."""

    number: int
    raw: bytes
    cells: Sequence[Cell] | InvalidEvent


def rows_of(name: str, file: BinaryIO, table: Dialect, needed: Mapping[str, str], notice: Notice) -> Iterator[Row]:
    """The rows of a file, each with the texts of all its columns.

    `needed` are the columns that a mapping names, with the place that names each. `notice` is told of columns that
    nothing uses. Raises UsageError, before any row, where the file cannot be such a table, or lacks a column.
    """
    if name.lower().endswith(JSON_LINES):
        return _json_rows(name, file, table, needed, notice)
    asked, needed = needed, {column: place for column, place in needed.items() if column not in table.optional}
    if name.lower().endswith(WORKBOOKS):
        header, lines = _of_workbook(name, file, table, needed)
    else:
        header, lines = _of_text(name, file, table, needed)
    _check(name, header, needed, asked, notice)
    return _rows(_named(lines, header), table, asked)


# -- the header --------------------------------------------------------------------------------


def _best(found: Iterable[Header], needed: Mapping[str, str]) -> Header | None:
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


def _has_all(header: Header, needed: Mapping[str, str]) -> bool:
    return bool(needed) and needed.keys() <= set(header.columns)


def _check(name: str, header: Header, needed: Mapping[str, str], asked: Mapping[str, str], notice: Notice) -> None:
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


def _named(lines: Iterable[_Line], header: Header) -> Iterator[_Named]:
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


def _rows(lines: Iterable[_Named], table: Dialect, needed: Collection[str]) -> Iterator[Row]:
    """The rows that are not to be skipped; where a cell is to be filled, with the text above it."""
    above: dict[str, Cell] = dict.fromkeys(table.fill, "")
    for number, raw, cells in lines:
        if isinstance(cells, InvalidEvent):
            yield Row(number, raw, cells)
            continue
        if hidden := [cell for column in table.skip if isinstance(cell := cells.get(column, ""), InvalidEvent)]:
            yield Row(number, raw, hidden[0])  # whether it is to be skipped cannot be told
            continue
        texts = {column: cell for column, cell in cells.items() if isinstance(cell, str)}
        if fits_any(texts, table.skip):
            continue
        above = {column: cells.get(column) or cell for column, cell in above.items()}
        wrong = [cell for column, cell in {**cells, **above}.items() if column in needed and not isinstance(cell, str)]
        problems = [problem for each in wrong for problem in each.problems]
        filled = {column: cell for column, cell in above.items() if isinstance(cell, str)}
        yield Row(number, raw, InvalidEvent(*problems) if problems else _meant(texts | filled, table))


def _meant(texts: dict[str, str], table: Dialect) -> Mapping[str, str]:
    """The texts of a row with those of the columns that may be missing, and with what empty cells stand for."""
    if not table.optional and not table.empty:
        return texts
    whole = dict.fromkeys(table.optional, "") | texts
    return whole | {column: text for column, text in table.empty.items() if not whole.get(column)}


# -- text --------------------------------------------------------------------------------------


def _of_text(name: str, file: BinaryIO, table: Dialect, needed: Mapping[str, str]) -> tuple[Header, Iterator[_Line]]:
    encoding, texts = _decoded(name, file, table)
    head: list[str] = []
    tried: list[Header] = []
    last = table.header + LOOKED_AT if table.header else LOOKED_AT
    for text in texts:
        head.append(text)
        tried += (new := list(_headers(head, table)))
        if len(head) >= last or any(_has_all(each, needed) for each in new):
            break
    header = _best(tried, needed)
    if header is None:
        raise UsageError(f"{name}: has no header in line {table.header or 1}")
    if _ESCAPED.search("".join(head[: header.line])) and not _has_all(header, needed):
        raise UsageError(f"{name}: the header is not {encoding.upper()}; {_say_encoding(table)}")
    return header, _records(chain(head[header.line :], texts), header, encoding, table)


def _headers(head: Sequence[str], table: Dialect) -> Iterator[Header]:
    """What the lines so far can be read as: a header that ends with the last of them, by each mark that may part it."""
    starts = range(len(head) - 1, -1, -1) if table.header is None else [table.header - 1]
    for start in starts:
        for delimiter in (table.delimiter,) if table.delimiter else DELIMITERS:
            lines = head[start:]
            reader = csv.reader([*lines, ""], delimiter=delimiter)  # an open quote goes on into what comes
            try:
                cells = next(reader, [])
            except csv.Error:
                continue
            if cells and reader.line_num == len(lines):
                yield Header(len(head), [each.strip() for each in cells], delimiter)


def _records(texts: Iterator[str], header: Header, encoding: str, table: Dialect) -> Iterator[_Line]:
    consumed: list[str] = []
    errors = errors_of(encoding)
    reader = csv.reader(_noting(texts, consumed), delimiter=header.delimiter)
    while True:
        try:
            cells: Sequence[str] | InvalidEvent | None = next(reader, None)
        except csv.Error as error:
            cells = InvalidEvent(Problem("", f"is no CSV: {error}"))
        if cells is None:
            return
        text = "".join(consumed)
        if '"' in text and text.count('"') % 2 and _is_open(consumed, header):
            yield from _after_open_quote(consumed, texts, header, encoding, table, header.line + reader.line_num)
            return
        consumed.clear()
        if wrong := _ESCAPED.search(text):
            at = len(text[: wrong.start()].encode(encoding)) + 1
            reason = f"is not {encoding.upper()} at byte {at} of the row (0x{wrong[0].encode(encoding, errors).hex()})"
            cells = InvalidEvent(Problem("", f"{reason}; {_say_encoding(table)}"))
        elif not isinstance(cells, InvalidEvent):
            cells = [each.strip() for each in cells]
        yield _Line(header.line + reader.line_num, text.encode(encoding, errors), cells)


def _is_open(lines: Sequence[str], header: Header) -> bool:
    """Whether a quote is never closed: the reader takes all that follows into its cell."""
    try:
        list(csv.reader(lines, delimiter=header.delimiter, strict=True))
    except csv.Error as error:
        return "unexpected end" in str(error)
    return False


def _after_open_quote(
    lines: Sequence[str], texts: Iterator[str], header: Header, encoding: str, table: Dialect, last: int
) -> Iterator[_Line]:
    """The line that opens a quote as one that is refused, and those below it as rows of their own."""
    opening = last - len(lines) + 1
    reason = "has a quote that is never closed; close it, or leave it out"
    yield _Line(opening, lines[0].encode(encoding, errors_of(encoding)), InvalidEvent(Problem("", reason)))
    yield from _records(chain(lines[1:], texts), header._replace(line=opening), encoding, table)


def _noting(lines: Iterable[str], consumed: list[str]) -> Iterator[str]:
    for line in lines:
        consumed.append(line)
        yield line


def _say_encoding(table: Dialect) -> str:
    said = f"the mapping says {table.encoding}" if table.encoding else "say which encoding it has"
    return f'{said}: encoding = "cp1252" under [table] is what Windows programs write in western Europe'


def _decoded(name: str, file: BinaryIO, table: Dialect) -> tuple[str, Iterator[str]]:
    """The encoding of a text, and its lines. Bytes that are wrong become lone surrogates."""
    chunks = _chunks(file)
    first = next(chunks, b"")
    said = "utf-8" if table.encoding is None or _is_utf8(first, table.encoding) else table.encoding
    mark, encoding = next((each for each in _MARKS if first.startswith(each[0])), (b"", said))
    if b"\0" in first[len(mark) :] and "16" not in encoding and "32" not in encoding:
        raise UsageError(
            f"{name}: is no text in {encoding.upper()}: it has zero bytes; say its encoding under [table] of the "
            'mapping, such as encoding = "utf-16-le"; a workbook is read where its name ends with .xlsx'
        )
    return encoding, _lines(name, chain([first[len(mark) :]], chunks), encoding)


def _is_utf8(first: bytes, encoding: str) -> bool:
    """Whether a text that should be in an encoding of one byte a letter is UTF-8, which is nearly never both."""
    if first.isascii() or "16" in encoding or "32" in encoding:
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(first)
    except UnicodeDecodeError:
        return False
    return True


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    """What there is, as it comes."""
    read = getattr(file, "read1", file.read)
    while chunk := read(_CHUNK):
        yield chunk


def _lines(name: str, chunks: Iterable[bytes], encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)(errors_of(encoding))
    rest = ""
    is_old = False
    try:
        for number, chunk in enumerate(chunks):
            text = decoder.decode(chunk)
            is_old = is_old if number else "\r" in text and "\n" not in text  # as Macs wrote before 2001
            *whole, rest = (rest + (text.replace("\r", "\n") if is_old else text)).split("\n")
            yield from (f"{line}\n" for line in whole)
        rest += decoder.decode(b"", True)
    except UnicodeDecodeError as error:
        raise UsageError(f"{name}: is not {encoding.upper()}: {error.reason}") from error
    if rest:
        yield rest


# -- JSON lines and workbooks ------------------------------------------------------------------


def _json_rows(name: str, file: BinaryIO, table: Dialect, needed: Mapping[str, str], notice: Notice) -> Iterator[Row]:
    """An object a line is a row; its members are the columns, and those of the first rows are the header."""
    lines = ((number, raw) for number, raw in enumerate(file, 1) if raw.strip())
    named = (_Named(number, raw, _members(raw.removeprefix(codecs.BOM_UTF8).strip())) for number, raw in lines)
    first = list(islice(named, JSON_LOOKED_AT))
    objects = [each.cells for each in first if not isinstance(each.cells, InvalidEvent)]
    if objects and needed:
        members = list(dict.fromkeys(member for each in objects for member in each))
        asked = {column: place for column, place in needed.items() if column not in table.optional}
        _check(name, Header(first[0].number, members, JSON), asked, needed, notice)
    return _rows(chain(first, named), table, needed)


def _members(raw: bytes) -> Mapping[str, Cell] | InvalidEvent:
    try:
        row = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        return InvalidEvent(Problem("", f"is no JSON: {error}"))
    if not isinstance(row, dict):
        return InvalidEvent(Problem("", "is no JSON object"))
    return {name: _text(name, value) for name, value in row.items()}


def _text(name: str, value: object) -> Cell:
    if value is None:
        return ""
    if isinstance(value, list):
        texts = [_text(name, each) for each in value]
        wrong = next((each for each in texts if isinstance(each, InvalidEvent)), None)
        return wrong or "; ".join(each for each in texts if isinstance(each, str))
    if isinstance(value, float) and abs(value) > WHOLE_MAX:
        return InvalidEvent(Problem(name, "is a number too large to be kept exactly; put it in quotes"))
    return value.strip() if isinstance(value, str) else orjson.dumps(value).decode()


def _of_workbook(
    name: str, file: BinaryIO, table: Dialect, needed: Mapping[str, str]
) -> tuple[Header, Iterator[_Line]]:
    sheet = sheet_rows(name, file, table.sheet)
    looked_at: list[tuple[int, Sequence[Cell]]] = []
    tried: list[Header] = []
    for line, cells in islice(sheet, table.header or LOOKED_AT):
        looked_at.append((line, cells))
        if table.header in (None, line):
            tried.append(Header(line, [each if isinstance(each, str) else "" for each in cells]))
            if _has_all(tried[-1], needed):
                break
    header = _best(tried, needed)
    if header is None:
        raise UsageError(f"{name}: has no header in row {table.header or 1}")
    below = chain((each for each in looked_at if each[0] > header.line), sheet)
    return header, (_Line(line, orjson.dumps([str(each) for each in cells]), cells) for line, cells in below)
