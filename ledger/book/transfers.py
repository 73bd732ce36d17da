"""From event to transfers: what moves where, for captives and prisoners alike.

A transfer posts an entry to an account. The account names its side and move; a move leads from one place to another, so
that what is held, and that nobody is lost, follow from the same sums.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias, get_args

from ledger.book.balances import Entry, entry
from schemas.events import AidDelivered, AnyEvent, CountCredited, FundsReleased, Movement, RemainsIdentified
from schemas.kinds import KINDS, Move, types_of
from schemas.vocabulary import Side

SIDES: tuple[Side, ...] = get_args(Side)

PLACES: Mapping[str, tuple[str, str]] = {
    "taken": ("home", "held"),
    "taken_dead": ("home", "remains_held"),
    "released": ("held", "free"),
    "rescued": ("held", "free"),
    "escaped": ("held", "free"),
    "transferred": ("held", "away"),
    "died": ("held", "remains_held"),
    "died_away": ("held", "gone"),
    "died_free": ("free", "gone"),
    "retaken": ("free", "held"),
    "returned": ("remains_held", "back"),
    "recovered": ("remains_held", "back"),
}
"""Where each move of people starts and ends, on both sides."""


def flow(move: str, *places: str) -> int:
    """Whether a move comes into some places (1), leaves them (-1), or neither."""
    start, end = PLACES[move]
    return (end in places) - (start in places)


_DEAD: Mapping[str, str] = {
    "taken": "taken_dead",
    "released": "returned",
    "rescued": "recovered",
    "escaped": "recovered",
}
"""The path of the dead among the groups of an event about people."""
_ARE_DEAD = frozenset({"remains", "died"})

AccountKey: TypeAlias = tuple[
    str, str, str, str, tuple[str, ...], str, str | None, str | None, str, str, str, str | None
]
"""The fields of an `Account`, as the plain tuple that a replay builds and hashes by the million."""


class Account(NamedTuple):
    """What a sum is kept for, within one round of one exchange: `Account._make(key)` names the fields.

    `part` is the dimension of a part, and empty for what counts; `side` is empty for aid and money.
    """

    side: str
    move: str
    part: str = ""
    scope: str = "none"
    nationality: tuple[str, ...] = ()
    category: str = "unknown"
    holder: str | None = None
    destination: str | None = None
    basis: str = "unknown"
    sentence: str = "unknown"
    vital: str = "unknown"
    terms: str | None = None


Transfer: TypeAlias = tuple[int | None, AccountKey, Entry]
"""So many people, or so much, of one account in one round (None: outside all rounds)."""

Rule: TypeAlias = Callable[[Any], list[Transfer]]


def _along(side: str, move: str, event: Movement) -> list[Transfer]:
    """One transfer for each group. Most events of a replay come here, so that exact counts need no further call."""
    round, by, terms = event.round, event.by, event.terms
    part = event.part.by if event.part is not None else ""
    mover = (event.facilitators or (by,))[0] if part == "mover" else None
    moved: list[Transfer] = []
    for group in event.groups:
        count = group.count
        exact = count.best if count.qualifier == "exact" else None
        account = (
            side,
            move if group.vital not in _ARE_DEAD else _DEAD.get(move, move),
            part,
            group.ratio_scope,
            group.nationality,
            group.category,
            mover or group.holder or by,
            group.destination,
            group.basis,
            group.sentence,
            group.vital,
            terms,
        )
        moved.append((round, account, entry(count) if exact is None else exact))
    return moved


def _of_one_side(side: Side, move: Move) -> Rule:
    return lambda event: _along(side, move, event)


def _of_its_side(move: str) -> Rule:
    return lambda event: _along(event.side, move, event)


def _died(side: Side) -> Rule:
    return lambda event: _along(side, "died" if event.remains_held else "died_away", event)


def _identified(event: RemainsIdentified) -> list[Transfer]:
    """Remains that are no longer unidentified: they are back, or they are rejected."""
    outcome = "returned" if event.matched else "rejected"
    return _along(event.side, outcome, event) + _along(event.side, "identified", event)


def _credited(event: CountCredited) -> list[Transfer]:
    credited = entry(event.count)
    return [
        (event.from_round, Account(event.side, "credited_out", scope=event.from_scope), credited),
        (event.to_round, Account(event.side, "credited_in", scope="inside"), credited),
    ]


def _aid(event: AidDelivered) -> list[Transfer]:
    return [(event.round, Account("", f"aid.{event.item}.{event.stage}"), entry(event.amount))]


def _funds(event: FundsReleased) -> list[Transfer]:
    return [(event.round, Account("", f"funds.{event.currency}"), entry(event.amount))]


def _nothing(event: AnyEvent) -> list[Transfer]:
    """A fact, a statement, a decision or a remark: it moves nothing."""
    return []


_NOTES: Mapping[str, Rule] = {
    "remains_received": _of_its_side("received"),
    "remains_identified": _identified,
    "handover_rejected": _of_its_side("rejected"),
    "count_credited": _credited,
    "aid_delivered": _aid,
    "funds_released": _funds,
}
"""What the kinds count that are no moves."""

TWICE = frozenset({"count_credited", "remains_identified"})
"""The types that post each of their counts to two accounts, one after the other."""


def _rule(name: str) -> Rule:
    kind = KINDS[name]
    if kind.nature == "note":
        return _NOTES[name]
    if kind.move is None:
        return _nothing
    if kind.side is None:
        return _of_its_side(kind.move)
    return _died(kind.side) if kind.move == "died" else _of_one_side(kind.side, kind.move)


RULES: Mapping[str, Rule] = {name: _rule(name) for name in KINDS}
"""What each type of event moves, if it is the claim that counts. A kind that counts and has no rule is a KeyError."""

if strange := _NOTES.keys() - types_of("note"):
    raise LookupError(f"{', '.join(strange)}: rules for types that are no notes")
if unplaced := {kind.move for kind in KINDS.values() if kind.move} - PLACES.keys():
    raise LookupError(f"{', '.join(map(str, unplaced))}: moves without a place to start and to end")


def transfers(event: AnyEvent) -> list[Transfer]:
    """What `event` moves, if it is the claim that counts. Empty for an event that moves nothing."""
    return RULES[event.type](event)


FACTS = types_of("fact", "statement")
"""The types that a view reads whole, since they are no counts that add up."""

MOVING = types_of("move", "note")
"""The types whose adopted claims are counted."""
