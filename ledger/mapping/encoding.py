"""The bytes of a text as lines: in which encoding they are, and what becomes of bytes that are wrong in it."""

import codecs
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import BinaryIO

from ledger.errors import UsageError
from ledger.mapping.dialect import Dialect, errors_of

_CHUNK = 1 << 16
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins as that of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
ESCAPED = re.compile("[\ud800-\udfff]")
"""What stands for a byte that is wrong: a lone surrogate."""


def say_encoding(table: Dialect) -> str:
    said = f"the mapping says {table.encoding}" if table.encoding else "say which encoding it has"
    return f'{said}: encoding = "cp1252" under [table] is what Windows programs write in western Europe'


def decoded(name: str, file: BinaryIO, table: Dialect) -> tuple[str, Iterator[str]]:
    """The encoding of a text, and its lines. Bytes that are wrong become lone surrogates.

    Raises UsageError for what is wrong in a way that leaves no more lines: of a file, which can be read twice, before
    the first line.
    """
    start = file.tell() if file.seekable() else None
    chunks = _chunks(file)
    first = next(chunks, b"")
    said = "utf-8" if table.encoding is None or _is_utf8(first, table.encoding) else table.encoding
    mark, encoding = next((each for each in _MARKS if first.startswith(each[0])), (b"", said))
    if b"\0" in first[len(mark) :] and "16" not in encoding and "32" not in encoding:
        raise UsageError(
            f"{name}: is no text in {encoding.upper()}: it has zero bytes; say its encoding under [table] of the "
            'mapping, such as encoding = "utf-16-le"; a workbook is read where its name ends with .xlsx'
        )
    begins = first[len(mark) :]
    if start is not None and encoding != "utf-8":  # in which every byte becomes a letter or a lone surrogate
        for _ in _texts(name, chain([begins], chunks), encoding, len(mark)):
            pass
        file.seek(start + len(first))
    return encoding, _lines(_texts(name, chain([begins], chunks), encoding, len(mark)))


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


def _texts(name: str, chunks: Iterable[bytes], encoding: str, before: int) -> Iterator[str]:
    """What bytes say, piece by piece. Raises UsageError, with the line and the byte, counted from `before`."""
    decoder = codecs.getincrementaldecoder(encoding)(errors_of(encoding))
    line = 1
    for chunk in chain(chunks, (None,)):
        read = chunk or b""
        try:
            text = decoder.decode(read, chunk is None)
        except UnicodeDecodeError as error:
            line += error.object[: error.start].decode(encoding, errors_of(encoding)).count("\n")
            at = before + len(read) - len(error.object) + error.start + 1
            where = f"in line {line:,}, at byte {at:,}"
            raise UsageError(
                f"{name}: is not {encoding.upper()} {where}: {error.reason}; save it anew, best as UTF-8"
            ) from error
        before += len(read)
        line += text.count("\n")
        yield text


def _lines(texts: Iterable[str]) -> Iterator[str]:
    rest = ""
    is_old = False
    for number, text in enumerate(texts):
        is_old = is_old if number else "\r" in text and "\n" not in text  # as Macs wrote before 2001
        *whole, rest = (rest + (text.replace("\r", "\n") if is_old else text)).split("\n")
        yield from (f"{line}\n" for line in whole)
    if rest:
        yield rest
