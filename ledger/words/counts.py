"""Counts as people write them: a number with its hedge, a range, or a word that gives no number.

A hedge is read as the weakest thing that it can mean, and never as an exact number; what has two readings is refused.
"""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from ledger.words.numbers import plain, whole_number
from schemas.errors import problem_in
from schemas.values import Amount
from schemas.vocabulary import Qualifier

BEFORE: Mapping[Qualifier, tuple[str, ...]] = {
    "exact": ("exactly", "precisely", "a total of", "in total"),
    "about": (
        "about",
        "approximately",
        "approx.",
        "approx",
        "ca.",
        "ca",
        "circa",
        "c.",
        "some",
        "~",
        "\u2248",
        "an estimated",
        "estimated",
        "close to",
        "in the region of",
    ),
    "around": ("around",),
    "roughly": ("roughly",),
    "over": ("over", "just over", "slightly over", "a little over", "above"),
    "well_over": ("well over", "far more than"),
    "more_than": ("more than", ">"),
    "at_least": (
        "at least",
        "no fewer than",
        "not fewer than",
        "no less than",
        "not less than",
        "a minimum of",
        "minimum",
        "upwards of",
        ">=",
        "\u2265",
    ),
    "up_to": (
        "up to",
        "at most",
        "no more than",
        "not more than",
        "as many as",
        "a maximum of",
        "maximum",
        "<=",
        "\u2264",
    ),
    "nearly": ("nearly", "almost"),
    "under": ("under", "just under", "fewer than", "less than", "below", "<"),
}
"""Words before a number, by what they say. "Upwards of" and "as many as" take the number in: the weaker reading."""

AFTER: Mapping[Qualifier, tuple[str, ...]] = {
    "about": ("or so", "approximately"),
    "at_least": ("+", "or more", "and more", "at least"),
    "up_to": ("or fewer", "or less", "at most"),
}
"""Words after a number. "900+" takes 900 in: the weaker reading."""

WITHOUT: Mapping[Qualifier, tuple[str, ...]] = {
    "several": ("several", "some", "a few", "few", "a handful", "handful", "a couple", "a number"),
    "numerous": ("numerous", "many", "dozens", "several dozen", "scores", "tens", "thousands", "several thousand"),
    "hundreds": ("hundreds", "several hundred"),
    "unknown": ("unknown", "an unknown number", "not known", "undisclosed", "?"),
}
"""Words that give no number, so that none is made of them: "dozens" is no 24."""

NONE = ("none", "no one", "nobody", "nil")
ROUND: Mapping[str, int] = {
    "a dozen": 12,
    "half a dozen": 6,
    "two dozen": 24,
    "three dozen": 36,
    "a hundred": 100,
    "a thousand": 1_000,
    "a million": 1_000_000,
    "a score": 20,
}
"""Round words: about so many, never exactly."""

_HEDGES: Mapping[str, Qualifier] = {word: name for name, words in BEFORE.items() for word in words}
_ENDINGS: Mapping[str, Qualifier] = {word: name for name, words in AFTER.items() for word in words}
_WORDS: Mapping[str, Qualifier] = {word: name for name, words in WITHOUT.items() for word in words}
_APPROXIMATE: frozenset[Qualifier] = frozenset({"about", "around", "roughly"})
_RANGE = re.compile(r"(?:between (.+) and (.+))|(?:from )?(.+?) ?(?:-| to | or ) ?(.+)")
_WITH_ENDS = re.compile(r"([^(]+?) ?\(([^()]+?) ?(?:-| to ) ?([^()]+)\)")
_EXAMPLES = "write 24, about 900, over 130, 40-45, several or unknown"
_A_DATE = "is a date; a spreadsheet makes dates of such cells as 3-5"
_A_NOTE = "has the mark of a note; write the number alone"
_MONTH = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_NO_COUNTS = (
    (r"[-.]+|n/?a\.?|tb[cda]", "could mean none or not known; write 0 or unknown, or leave it empty"),
    (r"(\d{4}-\d\d?-\d\d?|\d\d?[-/.]\d\d?[-/.]\d{4}).*", _A_DATE),
    (rf"\d\d?[- ]({_MONTH})\w*", _A_DATE),
    (r".*%", "is a share; write how many"),
    (r"\d+ ?/ ?\d+", "has two readings: one of the two numbers, or a share"),
    (r"[\d,.' ]+ ?(\[.*\]|\*+|\u2020|[\u00b2\u00b3\u00b9\u2070-\u2079]+)", _A_NOTE),
    (r"[\d,.' ]+ ?[a-z(].*", "has words behind its number; write the number alone"),
)


def count_members(text: str, thousands: str = ",") -> dict[str, Any]:
    """A number as sources write it, as the members of a count. `thousands` is the mark between thousands.

    Raises ValueError, which says why it cannot be read, or which two readings it has.
    """
    said = re.sub(r"^(~|\u2248|>=|<=|[<>\u2264\u2265])", r"\1 ", plain(text)).removesuffix(" of")
    said = " ".join(said.split())
    try:
        found = (
            _without_number(said)
            or _numbered(said, thousands)
            or _ranged(said, thousands)
            or _estimated(said, thousands)
        )
    except ValidationError as error:
        raise ValueError(f"{text[:40]!r} is no count: {problem_in(error.errors()[0]).reason}") from error
    if found is None:
        raise ValueError(_why_not(text, said, thousands))
    return found.model_dump(exclude_none=True)


def _without_number(said: str) -> Amount | None:
    if said in NONE:
        return Amount.of(0)
    return Amount.of(None, _WORDS[said]) if said in _WORDS else None


def _numbered(said: str, thousands: str) -> Amount | None:
    """One number with at most one hedge, before or behind it: "about 12 or more" has two."""
    before, rest = _hedged(said)
    ending = max((each for each in _ENDINGS if rest.endswith(each)), key=len, default=None)
    after = None if ending is None else _ENDINGS[ending]
    if before is not None and after not in (None, before):
        return None
    rest = rest.removesuffix(ending or "").strip()
    hedge = before or after
    if rest in ROUND:
        return Amount.of(ROUND[rest], hedge or "about")
    number = _number(rest, thousands)
    return None if number is None else Amount.of(number, hedge or "exact")


def _ranged(said: str, thousands: str) -> Amount | None:
    """`40-45`, `250 to 300`, `between 4 and 5`, `about 40-45`: no best, and both ends."""
    hedge, rest = _hedged(said)
    if hedge not in (None, *_APPROXIMATE) or (found := _RANGE.fullmatch(rest)) is None:
        return None
    low, high = (_number(each, thousands) for each in found.groups() if each is not None)
    if low is None or high is None:
        return None
    return Amount(low=low, high=high, qualifier=hedge or "about")


def _estimated(said: str, thousands: str) -> Amount | None:
    """`12 (10-14)`, `about 12 (10 to 14)`, `several (3-9)`: a best number or a word, and both ends."""
    hedge, rest = _hedged(said)
    found = _WITH_ENDS.fullmatch(rest)
    if found is None or hedge not in (None, *_APPROXIMATE):
        return None
    best, low, high = (_number(each, thousands) for each in found.groups())
    if low is None or high is None:
        return None
    if best is not None:
        return Amount(best=best, low=low, high=high, qualifier=hedge or "estimate")
    word = _WORDS.get(found[1]) if hedge is None else None
    return None if word is None else Amount(low=low, high=high, qualifier=word)


def _hedged(said: str) -> tuple[Qualifier | None, str]:
    """The longest hedge that a text begins with, and the rest."""
    hedge = max((each for each in _HEDGES if said.startswith(f"{each} ")), key=len, default=None)
    return (None, said) if hedge is None else (_HEDGES[hedge], said.removeprefix(hedge).strip())


def _number(said: str, thousands: str) -> int | None:
    try:
        return whole_number(said, thousands)
    except ValueError:
        return None


def _why_not(text: str, said: str, thousands: str) -> str:
    shown = repr(text if len(text) <= 40 else f"{text[:40]}\u2026")
    for shape, reason in _NO_COUNTS:
        if re.fullmatch(shape, said):
            return f"{shown} {reason}"
    hedge, rest = _hedged(said)
    if hedge is not None and "-" in rest:
        return f"{shown} has a hedge and a range; write one of the two"
    if hedge is not None and any(rest.endswith(each) for each in _ENDINGS):
        return f"{shown} has two hedges; write one of them"
    if re.fullmatch(r"-?[\d.,' ]+", rest):
        whole_number(rest, thousands)  # which says why it is none
    return f"{shown} is no count; {_EXAMPLES}"
