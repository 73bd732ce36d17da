"""Every kind of event in one row: all that the program knows of a type beyond its fields.

Transfers, figures, facts, conservation, explanations, words and contracts are derived from these rows. A type without a
row, and a row without a type, end the program when it starts.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

from schemas.events import EVENT_TYPES, Movement
from schemas.vocabulary import Side

Nature: TypeAlias = Literal["move", "note", "fact", "statement", "decision", "remark"]
"""`move`: people of one batch move. `note`: something is counted, and nobody moves. `fact`: a view reads it whole.
`statement`: a total to check. `decision`: about other claims. `remark`: kept and readable, in no figure and no view."""

Authority: TypeAlias = Literal["releaser", "receiver", "neutral", "none"]
"""Who is the one to know. `releaser`: the UN, the facilitator, or the authority that let them go. `receiver`: the
authority that received them. `neutral`: the UN or the facilitator."""

Move: TypeAlias = Literal[
    "taken", "released", "rescued", "escaped", "transferred", "died", "retaken", "died_free", "returned", "recovered"
]


class Kind(NamedTuple):
    """One type of event. `words` follow a number ("13 captives freed") or stand alone ("meeting held").

    `side` is None where the event itself says it, or where it has none. `move` is there for nature `move`.
    `timeless`: knowledge about events, which the clock of events does not cut. `plans`: speaks of the future by
    nature, so that status `planned` is no bar to it.
    """

    nature: Nature
    words: str
    side: Side | None = None
    move: Move | None = None
    authority: Authority = "none"
    timeless: bool = False
    plans: bool = False


KINDS: Mapping[str, Kind] = {
    "captives_taken": Kind("move", "captives taken", "captives", "taken", "neutral"),
    "captives_released": Kind("move", "captives freed", "captives", "released", "releaser"),
    "captives_rescued": Kind("move", "captives rescued", "captives", "rescued", "neutral"),
    "captives_escaped": Kind("move", "captives escaped", "captives", "escaped", "neutral"),
    "captives_died": Kind("move", "captives died", "captives", "died", "neutral"),
    "prisoners_taken": Kind("move", "prisoners taken", "prisoners", "taken", "neutral"),
    "prisoners_released": Kind("move", "prisoners freed", "prisoners", "released", "releaser"),
    "prisoners_rescued": Kind("move", "prisoners rescued", "prisoners", "rescued", "neutral"),
    "prisoners_escaped": Kind("move", "prisoners escaped", "prisoners", "escaped", "neutral"),
    "prisoners_died": Kind("move", "prisoners died", "prisoners", "died", "neutral"),
    "people_retaken": Kind("move", "people retaken", None, "retaken", "neutral"),
    "people_transferred": Kind("move", "people transferred", None, "transferred", "neutral"),
    "people_died_free": Kind("move", "people died in freedom", None, "died_free", "neutral"),
    "remains_returned": Kind("move", "remains returned", None, "returned", "receiver"),
    "remains_recovered": Kind("move", "remains recovered", None, "recovered", "receiver"),
    "remains_received": Kind("note", "remains received, not yet identified", authority="receiver"),
    "remains_identified": Kind("note", "remains identified", authority="receiver"),
    "handover_rejected": Kind("note", "remains rejected", authority="receiver"),
    "release_planned": Kind("fact", "release planned", plans=True),
    "release_delayed": Kind("fact", "release delayed", plans=True),
    "release_cancelled": Kind("fact", "release cancelled"),
    "count_credited": Kind("note", "counted in another round"),
    "pause_started": Kind("fact", "pause started"),
    "pause_extended": Kind("fact", "pause extended"),
    "pause_ended": Kind("fact", "pause ended"),
    "pause_violated": Kind("fact", "pause violated"),
    "meeting_held": Kind("remark", "meeting held"),
    "terms_proposed": Kind("fact", "terms proposed", plans=True),
    "terms_agreed": Kind("fact", "terms agreed"),
    "terms_refused": Kind("fact", "terms refused"),
    "position_declared": Kind("fact", "position declared"),
    "comment_sought": Kind("remark", "comment sought"),
    "aid_delivered": Kind("note", "aid delivered", authority="neutral"),
    "aid_suspended": Kind("remark", "aid suspended"),
    "funds_released": Kind("note", "funds released", authority="neutral"),
    "tally_stated": Kind("statement", "total stated"),
    "claim_disputed": Kind("decision", "claim disputed", timeless=True),
    "claim_retracted": Kind("decision", "claim retracted", timeless=True),
    "claim_adopted": Kind("decision", "claim adopted", timeless=True),
    "exchange_opened": Kind("fact", "exchange opened", timeless=True),
    "party_registered": Kind("remark", "party registered", timeless=True),
    "key_revoked": Kind("remark", "key revoked", timeless=True),
    "event_redacted": Kind("remark", "event redacted", timeless=True),
}


def types_of(*natures: Nature) -> frozenset[str]:
    """The types of some natures."""
    return frozenset(name for name, kind in KINDS.items() if kind.nature in natures)


def side_of(event_type: str, said: Side | None) -> Side:
    """The side that an event is about: its kind's, else the one that the event itself names."""
    side = KINDS[event_type].side or said
    if side is None:
        raise LookupError(f"{event_type} names no side")
    return side


def check(kinds: Mapping[str, Kind], types: Mapping[str, type]) -> None:
    """Raise LookupError for whatever a row lacks, so that no type can be half there."""
    for name in {*types} ^ {*kinds}:
        raise LookupError(f"{name} is {'an event type without a row' if name in types else 'a row without a type'}")
    for name, kind in kinds.items():
        has_side = kind.side is not None or "side" in getattr(types[name], "model_fields", {})
        if kind.nature == "move" and not (kind.move and has_side and issubclass(types[name], Movement)):
            raise LookupError(f"{name} moves people: it is a Movement, with a move and a side")
        if kind.nature != "move" and kind.move:
            raise LookupError(f"{name} has a move, and nature {kind.nature}")


check(KINDS, EVENT_TYPES)
