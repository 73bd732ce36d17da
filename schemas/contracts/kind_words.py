"""What the row of each type in `schemas.kinds` says, in plain words: for docs/events.md and asyncapi.json.

The words are those of natures, moves and authorities. No type is named here: each gets the words of its row.
"""

from collections.abc import Mapping
from typing import get_args

from schemas.events import EVENT_TYPES
from schemas.kinds import KINDS, Authority, Kind, Move, Nature

NATURES: Mapping[Nature, str] = {
    "move": "people of one batch move from one place of their life to the next, and are counted",
    "note": "something is counted, and nobody moves",
    "fact": "a view reads it whole, and adds it to nothing",
    "statement": "a total to check the ledger's own figure against, never added",
    "decision": "it is about other claims, and changes what counts",
    "remark": "it is kept and readable, in no figure and no view",
}
MOVES: Mapping[Move, str] = {
    "taken": "from home into captivity",
    "released": "from captivity into freedom, let go by the holders",
    "rescued": "from captivity into freedom, by force",
    "escaped": "from captivity into freedom, by themselves",
    "transferred": "from captivity into custody outside their side's holders, not free",
    "died": "from the living in captivity to the dead",
    "retaken": "from freedom back into captivity",
    "died_free": "from freedom to the dead, which changes nothing that is held",
    "returned": "remains from the holders back to their own side",
    "recovered": "remains back to their own side, which took them itself",
}
AUTHORITIES: Mapping[Authority, str] = {
    "releaser": "the UN, the facilitator, or the party that let them go (`by`)",
    "receiver": "the party that received them (`to`)",
    "neutral": "the UN or the facilitator",
    "none": "",
}

for told, all_of_them in ((NATURES, Nature), (MOVES, Move), (AUTHORITIES, Authority)):
    if unsaid := {*get_args(all_of_them)} ^ {*told}:
        raise LookupError(f"say in schemas/contracts/kind_words.py what is meant by {', '.join(sorted(unsaid))}")


def kind_words(name: str) -> str:
    """Whose event a type is, its nature, what it moves, and who is the one to know."""
    kind = KINDS[name]
    moved = f"{MOVES[kind.move]}." if kind.move else f"{NATURES[kind.nature]}."
    return " ".join([f"A {kind.nature}{_whose(name, kind)}: {moved}", *_further(kind)])


def _whose(name: str, kind: Kind) -> str:
    if kind.side is not None:
        return f" of {kind.side}"
    field = next((field for field in ("side", "leg") if field in EVENT_TYPES[name].model_fields), None)
    about = "of" if kind.nature == "move" else "about"
    return f" {about} the {field} that `{field}` names" if field else ""


def _further(kind: Kind) -> list[str]:
    sentences = {
        f"Its natural authority is {AUTHORITIES[kind.authority]}.": kind.authority != "none",
        "It speaks of the future, so that it counts with status `planned` too.": kind.plans,
        "It is knowledge about events: a cut by when things happened leaves it in.": kind.timeless,
    }
    return [sentence for sentence, is_said in sentences.items() if is_said]
