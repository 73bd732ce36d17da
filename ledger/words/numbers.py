"""Whole numbers as people write them: in digits with marks between thousands, or in English words."""

import re

from schemas.values import WHOLE_MAX

_SPACES = dict.fromkeys(map(ord, "\u00a0\u2007\u2009\u202f\u2002\u2003"), " ")
_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212"), "-")
_DIGITS = {zero + n: str(n) for zero in (0x0660, 0x06F0) for n in range(10)}
_ARABIC = {0x066C: ",", 0x2019: "'", 0x02BC: "'"}
LENGTH_MAX = 40
_PLAIN = re.compile(r"\d+", re.ASCII)
_ZEROS = re.compile(r"(\d+)[.,]0{1,2}", re.ASCII)
_MANY = {"thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
_SCALED = re.compile(rf"(\d+)(?:[.,](\d{{1,2}}))?\s*({'|'.join(_MANY)})", re.ASCII)
_ONES = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen"""
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_WORDS = dict(zip((*_ONES.split(), *_TENS.split()), (*range(20), *range(20, 100, 10)), strict=True))


class Undecided(ValueError):
    """A text that can be read in more ways than one, and the setting of a table that would decide it."""

    def __init__(self, reason: str, setting: str) -> None:
        self.setting = setting
        super().__init__(reason)


def plain(text: str) -> str:
    """Text with ASCII digits, dashes and spaces for those of other scripts and of typesetters, in lower case.

    Arabic-Indic and Persian digits are read; superscripts, which mark footnotes, are left as they are.
    """
    return " ".join(text.translate(_SPACES | _DASHES | _DIGITS | _ARABIC).lower().split())


def whole_number(text: str, thousands: str = ",") -> int:
    """`1778`, `1,778`, `1 778` or `twenty-four`, up to 2^53. `thousands` is the mark between thousands, `,` or `.`.

    Raises ValueError, which says what else the text could mean.
    """
    said = plain(text)
    if len(said) > LENGTH_MAX and not re.search(r"[^\d,.' ]", said):
        raise ValueError(f"{text[:20]!r}\u2026 is too large; numbers go up to {WHOLE_MAX:,}")
    if (number := _digits(said, thousands)) is None and (number := _spelled(said)) is None:
        raise ValueError(_no_number(text, said, thousands))
    if number > WHOLE_MAX:
        raise ValueError(f"{text[:20]!r} is too large; numbers go up to {WHOLE_MAX:,}")
    return number


def _digits(said: str, thousands: str) -> int | None:
    if len(said) > LENGTH_MAX:
        return None
    if _PLAIN.fullmatch(said):
        return int(said)
    for mark in (thousands, " ", "'"):  # a space and an apostrophe mean nothing else there
        if re.fullmatch(rf"\d{{1,3}}(?:{re.escape(mark)}\d{{3}})+", said, re.ASCII):
            return int(said.replace(mark, ""))
    if zeros := _ZEROS.fullmatch(said):  # what a spreadsheet writes for a whole number; three zeros are thousands
        return int(zeros[1])
    if scaled := _SCALED.fullmatch(said):
        whole, part, many = scaled.groups("")
        return int(whole + part) * _MANY[many] // int(10 ** len(part))
    return None


def _spelled(said: str) -> int | None:
    """A number in English words: `twelve`, `twenty-four`, `two hundred and fifty`, `three thousand`."""
    total = group = 0
    previous = 0
    for word in (words := _parts(said)):
        if word == "hundred" and 0 < group < 10:
            group *= 100
        elif word in _MANY and 0 < group < 1000 and not total % (_MANY[word] * 1000):
            total, group = total + group * _MANY[word], 0
        elif word in _WORDS and _fits(group, previous, _WORDS[word], len(words)):
            group += _WORDS[word]
        else:
            return None
        previous = _WORDS.get(word, 100)
    return total + group if words else None


def _parts(said: str) -> list[str]:
    words = said.replace("-", " ").split()
    return [
        word for n, word in enumerate(words) if word != "and" or n in (0, len(words) - 1) or not _joins(words[n - 1])
    ]


def _joins(word: str) -> bool:
    return word == "hundred" or word in _MANY


def _fits(group: int, previous: int, number: int, length: int) -> bool:
    """Whether a word can follow in a group: after a hundred anything, after a ten a digit."""
    if number == 0:
        return length == 1
    return group == 0 or previous >= 100 or (20 <= previous < 100 and number < 10)


def _no_number(text: str, said: str, thousands: str) -> str:
    other = "." if thousands == "," else ","
    if re.fullmatch(rf"\d{{1,3}}(?:{re.escape(other)}\d{{3}})+", said, re.ASCII):
        grouped = said.replace(other, "")
        raise Undecided(
            f"{text!r} has two readings: {grouped}, or a number with decimals; write {grouped}",
            f'thousands = "{other}"',
        )
    if re.fullmatch(r"\d+[.,]\d+", said, re.ASCII):
        return f"{text!r} is no whole number"
    if re.fullmatch(r"-\d+", said, re.ASCII):
        return f"{text!r} is below 0"
    if re.fullmatch(r"[\d.,' ]+", said, re.ASCII):
        return f"{text!r} is no whole number: its digits are not in groups of three"
    return f"{text!r} is no whole number"


def whole_numbers(text: str, thousands: str = ",") -> list[int]:
    """A list of whole numbers: `7; 8`, `7, 8`, `7 and 8`. Raises ValueError."""
    return [whole_number(each, thousands) for each in re.split(r"\s*;\s*|,\s+|\s+(?:and|&)\s+|\s*&\s*", text) if each]
