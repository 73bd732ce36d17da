"""The words of every figure, in one table that terminals, audits, correction notes and the page read.

`make contracts` writes it for the page, as `ledger/api/page/figures.js`.
"""

from collections.abc import Mapping
from typing import NamedTuple

from ledger.book.figures import ALIASES, DERIVED, TOTALS
from ledger.book.ratios import SCOPES
from ledger.book.transfers import SIDES
from schemas.kinds import KINDS
from schemas.vocabulary import Leg


class FigureWords(NamedTuple):
    """A figure of either side in words, `#` being its people.

    `row`: what stands before its numbers where the columns are the sides; none for what such a table does not show.
    `again`: it says once more, or in other classes, what other figures say, so that a correction note leaves it out.
    """

    words: str
    row: str | None = None
    again: bool = False


FIGURES: Mapping[str, FigureWords] = {
    "taken": FigureWords("# taken", "taken"),
    "held": FigureWords("# held, alive or dead", "held, alive or dead"),
    "released": FigureWords("# freed", "freed"),
    "deal": FigureWords("# counted in the deal", "  counted in the deal"),
    "outside": FigureWords("# freed beside the deal", "  beside the deal", again=True),
    "unsaid": FigureWords(
        "# freed of whom nobody says whether the deal counts them", "  nobody says which of both", again=True
    ),
    "nationals": FigureWords("# freed, own nationals", "  own nationals"),
    "others": FigureWords("# freed of other nationalities", "  of other nationalities"),
    "credited_in": FigureWords("# of another round counted in this one", "counted from another round"),
    "credited_out": FigureWords("# counted in another round", "counted in another round"),
    "rescued": FigureWords("# rescued", "rescued"),
    "escaped": FigureWords("# escaped", "escaped"),
    "transferred": FigureWords("# transferred to the custody of others", "in the custody of others"),
    "retaken": FigureWords("# taken again", "taken again"),
    "died": FigureWords("# who died", "died"),
    "died_free": FigureWords("# who died after they were freed", "died after they were freed"),
    "freed": FigureWords("# freed, rescued or escaped", again=True),
    "nationals_back": FigureWords("# who are back, alive or dead, own nationals", again=True),
    "returned": FigureWords("# freed or returned dead", again=True),
    "returned_nationals": FigureWords("# freed or returned dead, own nationals", again=True),
    "remains.held": FigureWords("remains of # held", "remains held"),
    "remains.returned": FigureWords("remains of # returned", "remains returned"),
    "remains.recovered": FigureWords("remains of # recovered", "remains recovered"),
    "remains.back": FigureWords("remains of # returned or recovered", again=True),
    "remains.rejected": FigureWords("remains rejected as those of #", "remains rejected"),
    "remains.unidentified": FigureWords("remains received as those of # and not identified", "remains not identified"),
    "remains.received": FigureWords("remains received as those of #", again=True),
    "remains.identified": FigureWords("remains received as those of # and examined", again=True),
    "remains.nationals": FigureWords("remains of # returned, own nationals", again=True),
}
"""The figures that both sides have, in the order in which people ask."""


class RatioWords(NamedTuple):
    """A ratio in words: in a sentence; by what it counts, beside other ratios; at the head of a column."""

    words: str
    by: str
    head: str


RATIOS: Mapping[str, RatioWords] = {
    "deal": RatioWords("prisoners for each captive in the deal", "by the deal's own count", "Deal"),
    "nationals": RatioWords("prisoners for each captive, own nationals of each side", "to own nationals", "Own"),
    "all": RatioWords("prisoners for each captive freed", "of everyone freed", "All"),
    "remains": RatioWords("remains returned on both sides, as a ratio", "of remains returned", "Remains"),
    "returned": RatioWords(
        "prisoners for each captive, the living and the dead", "of all who came back, alive or dead", "Back"
    ),
}


class LegWords(NamedTuple):
    """A leg of a round in words: whom it brings, and what is meant by its day."""

    people: str
    day: str


LEGS: Mapping[Leg, LegWords] = {
    "captives": LegWords("captives", "day of the captives' release"),
    "prisoners": LegWords("prisoners", "day of the prisoners' release"),
    "remains": LegWords("remains of captives", "day of the return of captives' remains"),
    "prisoner_remains": LegWords("remains of prisoners", "day of the return of prisoners' remains"),
}
BOTH = "both.released"
_JOINT = "with the rounds that a leg joins to it"

NAMES: Mapping[str, str] = {
    **{f"{side}.{name}": row.words.replace("#", side) for side in SIDES for name, row in FIGURES.items()},
    BOTH: "captives and prisoners freed",
    **{f"ratios.{name}": row.words for name, row in RATIOS.items()},
    **{f"legs.{leg}": row.day for leg, row in LEGS.items()},
    "joint.living": f"prisoners for each captive in the deal, {_JOINT}",
    "joint.all": f"prisoners for each captive in the deal, the dead as well, {_JOINT}",
}
"""Each figure's words, by its name, in the order in which people ask."""
AGAIN = frozenset({BOTH, *(f"{side}.{name}" for side in SIDES for name, row in FIGURES.items() if row.again)})
"""Figures that say once more, or in other classes, what others say."""

_HIDDEN = ("held_since",)
if nameless := {
    *(each for each in (*TOTALS, *DERIVED) if each not in NAMES and not each.endswith(_HIDDEN)),
    *(f"ratios.{each}" for each in SCOPES.keys() ^ RATIOS.keys()),
}:
    raise LookupError(f"figures without words: {', '.join(sorted(nameless))}")


_BROKEN_DOWN = {"by.": "released", "of_which.": "released", "remains.by.": "remains.back"}
"""The figure that a breakdown is of, by how its name begins."""


def figure_name(name: str) -> str:
    """A figure in words: `prisoners freed`, `captives freed, by category: children`, `trucks of aid`, `USD`."""
    name = ALIASES.get(name, name)
    if name in NAMES:
        return NAMES[name]
    side, _, rest = name.partition(".")
    for prefix, whole in _BROKEN_DOWN.items():
        if side in SIDES and rest.startswith(prefix):
            dimension, _, term = rest.removeprefix(prefix).partition(".")
            told = " as breakdowns say" if prefix == "of_which." else ""
            return f"{NAMES[f'{side}.{whole}']}{told}, by {dimension}: {term.replace('_', ' ')}"
    return name.replace(".", ", ").replace("_", " ")


def kind_name(type: str) -> str:
    """A type of event in words that follow a number, or stand alone."""
    return KINDS[type].words if type in KINDS else type.replace("_", " ")
