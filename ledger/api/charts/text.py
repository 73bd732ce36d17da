"""Text in a drawing: made harmless, measured and broken into lines by the font that is shipped.

It is DejaVu Sans: free, with Latin, Greek, Cyrillic, Armenian, Georgian, Arabic and Hebrew in one file, and wider than
what browsers set in its place, so that what fits here fits there.
"""

import re
import struct
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import accumulate, islice, takewhile
from pathlib import Path

FONTS = Path(__file__).parent / "fonts"
FAMILY = "DejaVu Sans"
REGULAR, BOLD = FONTS / "DejaVuSans.ttf", FONTS / "DejaVuSans-Bold.ttf"
LINE = 1.3
"""From one line to the next, in sizes of the font."""

_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2028\u2029\u2066-\u2069\ud800-\udfff\ufffe\uffff\ufff9-\ufffb]+")
_SET_APART, _END = "\u2068", "\u2069"


def clean(text: str) -> str:
    """Text without what XML may not hold, what turns the text around it, and breaks of lines."""
    return " ".join(_UNFIT.sub(" ", text).split())


def set_apart(text: str) -> str:
    """Text that runs in its own direction, whatever stands around it."""
    is_turned = any(unicodedata.bidirectional(each) in ("R", "AL") for each in text)
    return f"{_SET_APART}{text}{_END}" if is_turned else text


def width(text: str, size: float, bold: bool = False) -> float:
    """How wide a text becomes at most, in the unit of its size."""
    advances = _advances(BOLD if bold else REGULAR)
    return size * sum(advances.get(ord(each), _unknown(each)) for each in text)


def lines(text: str, size: float, room: float, bold: bool = False, most: int = 3) -> list[str]:
    """Text broken at its spaces into lines that fit; what comes after the last of `most` lines is left out (`…`)."""
    broken = list(islice(_lines(clean(text), size, room, bold), most + 1))
    if len(broken) <= most:
        return broken
    return [*broken[: most - 1], _cut(f"{broken[most - 1]} …", size, room, bold)]


def _lines(text: str, size: float, room: float, bold: bool) -> Iterator[str]:
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if line and width(longer, size, bold) > room:
            yield line
            longer = word
        while width(longer, size, bold) > room and len(longer) > 1:
            fits = _fitting(longer, size, room, bold)
            yield longer[:fits]
            longer = longer[fits:]
        line = longer
    yield line


def _fitting(word: str, size: float, room: float, bold: bool) -> int:
    """How many characters of a word fit in a line: at least one."""
    reached = accumulate(width(each, size, bold) for each in word)
    return max(1, sum(1 for _ in takewhile(lambda end: end <= room, reached)))


def _cut(text: str, size: float, room: float, bold: bool) -> str:
    while width(text, size, bold) > room and len(text) > 2:
        text = f"{text[:-2].rstrip()}…"
    return text


def _unknown(character: str) -> float:
    """What the font does not have: as wide as a Chinese character, or no wider than what it is put upon."""
    return 0.0 if unicodedata.combining(character) else 1.0


@cache
def _advances(font: Path) -> Mapping[int, float]:
    """The advance of each character of a TrueType font, in sizes of the font."""
    data = font.read_bytes()
    count = struct.unpack_from(">H", data, 4)[0]
    entries = (struct.unpack_from(">4sLLL", data, 12 + 16 * number) for number in range(count))
    tables = {tag: offset for tag, _, offset, _ in entries}
    units = struct.unpack_from(">H", data, tables[b"head"] + 18)[0]
    measured = struct.unpack_from(">H", data, tables[b"hhea"] + 34)[0]
    glyphs = struct.unpack_from(f">{2 * measured}H", data, tables[b"hmtx"])[::2]
    return {code: glyphs[min(glyph, measured - 1)] / units for code, glyph in _glyphs(data, tables[b"cmap"])}


def _glyphs(data: bytes, cmap: int) -> Iterator[tuple[int, int]]:
    """Each character and its glyph, of a table of format 12, which holds all of them."""
    count = struct.unpack_from(">H", data, cmap + 2)[0]
    starts = (cmap + struct.unpack_from(">HHL", data, cmap + 4 + 8 * number)[2] for number in range(count))
    start = next(each for each in starts if struct.unpack_from(">H", data, each)[0] == 12)
    for number in range(struct.unpack_from(">L", data, start + 12)[0]):
        first, last, glyph = struct.unpack_from(">LLL", data, start + 16 + 12 * number)
        yield from zip(range(first, last + 1), range(glyph, glyph + last - first + 1), strict=True)
