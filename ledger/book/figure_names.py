"""The words of every figure, the same for captives and prisoners: for terminals, audits and correction notes."""

from collections.abc import Mapping

from ledger.book.figures import ALIASES, DERIVED, TOTALS
from ledger.book.ratios import SCOPES
from ledger.book.transfers import SIDES
from schemas.kinds import KINDS

_OF_SIDE: Mapping[str, str] = {
    "taken": "{side} taken",
    "held": "{side} held, alive or dead",
    "released": "{side} freed",
    "deal": "{side} counted in the deal",
    "nationals": "{side} freed of their side's own nationality",
    "others": "{side} freed of other nationalities",
    "outside": "{side} freed beside the deal",
    "unsaid": "{side} freed of whom nobody says whether the deal counts them",
    "credited_in": "{side} of another round counted in this one",
    "credited_out": "{side} counted in another round",
    "rescued": "{side} rescued",
    "escaped": "{side} escaped",
    "transferred": "{side} transferred to the custody of others",
    "died": "{side} who died",
    "died_free": "{side} who died after they were freed",
    "retaken": "{side} taken again",
    "freed": "{side} freed, rescued or escaped",
    "nationals_back": "{side} of their side's own nationality who are back, alive or dead",
    "returned": "{side} freed, and remains of {side} returned",
    "returned_nationals": "{side} of their side's own nationality freed, or returned dead",
    "remains.held": "remains of {side} held",
    "remains.returned": "remains of {side} returned",
    "remains.recovered": "remains of {side} recovered",
    "remains.back": "remains of {side} returned or recovered",
    "remains.rejected": "remains rejected as those of {side}",
    "remains.unidentified": "remains of {side} received and not identified",
    "remains.received": "remains received as those of {side}",
    "remains.identified": "remains of {side} examined",
    "remains.nationals": "remains of {side} of their side's own nationality returned",
}
_BOTH: Mapping[str, str] = {"both.released": "captives and prisoners freed"}
_RATIOS: Mapping[str, str] = {
    "deal": "prisoners for each captive in the deal",
    "nationals": "prisoners for each captive, of each side's own nationality",
    "all": "prisoners for each captive freed",
    "remains": "remains returned on both sides, as a ratio",
    "returned": "prisoners for each captive, the living and the dead",
}
_LEGS: Mapping[str, str] = {
    "captives": "day of the captives' release",
    "prisoners": "day of the prisoners' release",
    "remains": "day of the return of captives' remains",
    "prisoner_remains": "day of the return of prisoners' remains",
}

NAMES: Mapping[str, str] = {
    **{f"{side}.{name}": words.format(side=side) for side in SIDES for name, words in _OF_SIDE.items()},
    **_BOTH,
    **{f"ratios.{name}": words for name, words in _RATIOS.items()},
    **{f"legs.{name}": words for name, words in _LEGS.items()},
}
"""Each figure's words, by its name, in the order in which people ask."""

_HIDDEN = ("held_since",)
if nameless := {
    *(each for each in (*TOTALS, *DERIVED) if each not in NAMES and not each.endswith(_HIDDEN)),
    *(f"ratios.{each}" for each in SCOPES.keys() - _RATIOS.keys()),
}:
    raise LookupError(f"figures without words: {', '.join(sorted(nameless))}")


def figure_name(name: str) -> str:
    """A figure in words: `prisoners freed`, `captives freed, by category: children`, `trucks of aid`, `USD`."""
    name = ALIASES.get(name, name)
    if name in NAMES:
        return NAMES[name]
    side, _, rest = name.partition(".")
    for prefix, words in (("by.", "freed"), ("of_which.", "freed as breakdowns say"), ("remains.by.", "returned dead")):
        if side in SIDES and rest.startswith(prefix):
            dimension, _, term = rest.removeprefix(prefix).partition(".")
            return f"{side} {words}, by {dimension}: {term.replace('_', ' ')}"
    return name.replace(".", ", ").replace("_", " ")


def kind_name(type: str) -> str:
    """A type of event in words that follow a number, or stand alone."""
    return KINDS[type].words if type in KINDS else type.replace("_", " ")
