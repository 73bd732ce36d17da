"""From event to transfers: one rule for each event type, and the only place that says what moves where.

A transfer posts an entry to an account. The account names the flow; a flow leads from one place to another, so
that what is held, and that nobody is lost, follow from the same sums.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

from ledger.book.balances import Entry, entry
from schemas.events import (
    AidDelivered,
    AnyEvent,
    CaptivesDied,
    CountCredited,
    FundsReleased,
    Movement,
    RemainsReturned,
)
from schemas.vocabulary import Side

AccountKey: TypeAlias = tuple[str, str, tuple[str, ...], str, str | None, str, str, str | None]
"""The fields of an `Account`, as the plain tuple that a replay builds and hashes by the million."""


class Account(NamedTuple):
    """What a sum is kept for, within one round of one exchange: `Account._make(key)` names the fields."""

    flow: str
    scope: str
    nationality: tuple[str, ...]
    category: str
    holder: str | None
    basis: str
    sentence: str
    destination: str | None


Transfer: TypeAlias = tuple[int | None, AccountKey, Entry]
"""So many people, or so much, along one flow (named by the account) in one round (None: outside all rounds)."""


PLACES: Mapping[str, tuple[str, str]] = {
    "captives_taken": ("home", "held"),
    "captives_taken_dead": ("home", "remains_held"),
    "captives_released": ("held", "freed"),
    "captives_rescued": ("held", "rescued"),
    "captives_escaped": ("held", "escaped"),
    "captives_died": ("held", "remains_held"),
    "captives_died_away": ("held", "died"),
    "remains_returned": ("remains_held", "returned"),
    "remains_recovered": ("remains_held", "recovered"),
    "prisoners_released": ("imprisoned", "released"),
    "remains_given": ("remains_kept", "given"),
}
"""Where each flow of people starts and ends."""

_DEAD: Mapping[str, str] = {"captives_taken": "captives_taken_dead", "captives_released": "remains_returned"}
"""Where remains go that an event about people has among its groups."""

Rule: TypeAlias = Callable[[Any], list[Transfer]]


def transfers(event: AnyEvent) -> list[Transfer]:
    """What `event` moves, if it is the claim that counts. Empty for an event that moves nothing."""
    return RULES[event.type](event)


def _account(flow: str, scope: str = "none") -> AccountKey:
    return (flow, scope, (), "unknown", None, "unknown", "unknown", None)


def _along(flow: str, event: Movement) -> list[Transfer]:
    """One transfer for each group. Most events of a replay come here, so that exact counts need no further call."""
    round, by, part = event.round, event.by, event.part
    if part is not None:
        flow = f"{flow}/{part.by}"
    moved: list[Transfer] = []
    for group in event.groups:
        count = group.count
        exact = count.best if count.qualifier == "exact" else None
        account = (
            flow if group.vital != "remains" else _DEAD.get(flow, flow),
            group.ratio_scope,
            group.nationality,
            group.category,
            group.holder or by,
            group.basis,
            group.sentence,
            group.destination,
        )
        moved.append((round, account, entry(count) if exact is None else exact))
    return moved


def _movement(flow: str) -> Rule:
    return lambda event: _along(flow, event)


def _died(event: CaptivesDied) -> list[Transfer]:
    return _along("captives_died" if event.remains_held else "captives_died_away", event)


_REMAINS_FLOW: Mapping[Side, str] = {"captives": "remains_returned", "prisoners": "remains_given"}


def _remains(event: RemainsReturned) -> list[Transfer]:
    return _along(_REMAINS_FLOW[event.side], event)


def _credited(event: CountCredited) -> list[Transfer]:
    credited = entry(event.count)
    return [
        (event.from_round, _account("credited_out", event.from_scope), credited),
        (event.to_round, _account("credited_in", "inside"), credited),
    ]


def _aid(event: AidDelivered) -> list[Transfer]:
    return [(event.round, _account(f"aid.{event.item}.{event.stage}"), entry(event.amount))]


def _funds(event: FundsReleased) -> list[Transfer]:
    return [(event.round, _account(f"funds.{event.currency}"), entry(event.amount))]


def _nothing(event: AnyEvent) -> list[Transfer]:
    """A fact, a statement or a decision: it moves nothing."""
    return []


RULES: Mapping[str, Rule] = {
    "captives_taken": _movement("captives_taken"),
    "captives_released": _movement("captives_released"),
    "captives_rescued": _movement("captives_rescued"),
    "captives_escaped": _movement("captives_escaped"),
    "captives_died": _died,
    "prisoners_released": _movement("prisoners_released"),
    "remains_returned": _remains,
    "remains_recovered": _movement("remains_recovered"),
    "handover_rejected": _movement("handover_rejected"),
    "release_planned": _nothing,
    "release_delayed": _nothing,
    "release_cancelled": _nothing,
    "count_credited": _credited,
    "pause_started": _nothing,
    "pause_extended": _nothing,
    "pause_ended": _nothing,
    "pause_violated": _nothing,
    "meeting_held": _nothing,
    "terms_proposed": _nothing,
    "terms_agreed": _nothing,
    "terms_refused": _nothing,
    "position_declared": _nothing,
    "comment_sought": _nothing,
    "aid_delivered": _aid,
    "aid_suspended": _nothing,
    "funds_released": _funds,
    "tally_stated": _nothing,
    "claim_disputed": _nothing,
    "claim_retracted": _nothing,
    "claim_adopted": _nothing,
    "exchange_opened": _nothing,
    "party_registered": _nothing,
    "key_revoked": _nothing,
}

FACTS = frozenset(
    {
        "release_planned",
        "release_delayed",
        "release_cancelled",
        "pause_started",
        "pause_extended",
        "pause_ended",
        "pause_violated",
        "terms_proposed",
        "terms_agreed",
        "terms_refused",
        "position_declared",
        "tally_stated",
        "exchange_opened",
    }
)
"""The types that a view reads whole, since they are no counts that add up."""

MOVING = frozenset(name for name, rule in RULES.items() if rule is not _nothing)
"""The types whose adopted claims are counted."""
