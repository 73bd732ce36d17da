"""Rows of a text that is parted by a mark: the header is looked for, and a quote may go on over lines."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import BinaryIO

from ledger.errors import UsageError
from ledger.mapping.dialect import Dialect, errors_of
from ledger.mapping.encoding import ESCAPED, decoded, say_encoding
from ledger.mapping.header import LOOKED_AT, Header, Line, best, has_all
from schemas.errors import InvalidEvent, Problem

DELIMITERS = (",", ";", "\t", "|")


def of_text(name: str, file: BinaryIO, table: Dialect, needed: Mapping[str, str]) -> tuple[Header, Iterator[Line]]:
    encoding, texts = decoded(name, file, table)
    head: list[str] = []
    tried: list[Header] = []
    last = table.header + LOOKED_AT if table.header else LOOKED_AT
    for text in texts:
        head.append(text)
        tried += (new := list(_headers(head, table)))
        if len(head) >= last or any(has_all(each, needed, table.header) for each in new):
            break
    header = best(tried, needed, table.header)
    if header is None:
        raise UsageError(f"{name}: has no header in line {table.header or 1}")
    if ESCAPED.search("".join(head[: header.last])) and not has_all(header, needed, header.line):
        raise UsageError(f"{name}: the header is not {encoding.upper()}; {say_encoding(table)}")
    return header, _records(chain(head[header.last :], texts), header, encoding, table)


def _headers(head: Sequence[str], table: Dialect) -> Iterator[Header]:
    """What the lines so far can be read as: a header that ends with the last of them, by each mark that may part it."""
    starts = {*range(len(head))[-LOOKED_AT:], min(table.header or 1, len(head)) - 1}
    for start in sorted(starts, reverse=True):
        for delimiter in (table.delimiter,) if table.delimiter else DELIMITERS:
            lines = head[start:]
            reader = csv.reader([*lines, ""], delimiter=delimiter)  # an open quote goes on into what comes
            try:
                cells = next(reader, [])
            except csv.Error:
                continue
            if cells and reader.line_num == len(lines):
                yield Header(start + 1, [each.strip() for each in cells], delimiter, len(head))


def _records(texts: Iterator[str], header: Header, encoding: str, table: Dialect) -> Iterator[Line]:
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
            yield from _after_open_quote(consumed, texts, header, encoding, table, header.last + reader.line_num)
            return
        consumed.clear()
        if wrong := ESCAPED.search(text):
            at = len(text[: wrong.start()].encode(encoding)) + 1
            reason = f"is not {encoding.upper()} at byte {at} of the row (0x{wrong[0].encode(encoding, errors).hex()})"
            cells = InvalidEvent(Problem("", f"{reason}; {say_encoding(table)}"))
        elif not isinstance(cells, InvalidEvent):
            cells = [each.strip() for each in cells]
        yield Line(header.last + reader.line_num, text.encode(encoding, errors), cells)


def _is_open(lines: Sequence[str], header: Header) -> bool:
    """Whether a quote is never closed: the reader takes all that follows into its cell."""
    try:
        list(csv.reader(lines, delimiter=header.delimiter, strict=True))
    except csv.Error as error:
        return "unexpected end" in str(error)
    return False


def _after_open_quote(
    lines: Sequence[str], texts: Iterator[str], header: Header, encoding: str, table: Dialect, last: int
) -> Iterator[Line]:
    """The line that opens a quote as one that is refused, and those below it as rows of their own."""
    opening = last - len(lines) + 1
    reason = "has a quote that is never closed; close it, or leave it out"
    yield Line(opening, lines[0].encode(encoding, errors_of(encoding)), InvalidEvent(Problem("", reason)))
    yield from _records(chain(lines[1:], texts), header._replace(last=opening), encoding, table)


def _noting(lines: Iterable[str], consumed: list[str]) -> Iterator[str]:
    for line in lines:
        consumed.append(line)
        yield line
