"""Random but coherent sequences of events: shared occurrences, corrections, decisions, credits, parts, facts."""

from collections.abc import Sequence
from itertools import product
from random import Random
from typing import Any, NamedTuple

from hypothesis import strategies as st

from ledger.book.claims import DECISIONS
from schemas.events import AnyEvent
from tests.book.building import event, ident

EXCHANGES = ("AB-2024", "AB-2025", "CD-2024")
KEYS = ("a", "b", "c", None)
COUNTS: tuple[dict[str, Any], ...] = (
    *({"best": number} for number in (10, 12, 13, 1, 2, 30, 0)),
    {"best": 12, "qualifier": "about"},
    {"best": 12, "low": 10, "high": 14, "qualifier": "about"},
    {"low": 9, "high": 15, "qualifier": "around"},
    {"low": 11, "qualifier": "over"},
    {"high": 19, "qualifier": "under"},
    {"qualifier": "several"},
    {"qualifier": "unknown"},
)
DAYS = tuple(f"2024-03-{day:02}" for day in range(1, 7))
TIMES = ("2024-03-02T01:00+02:00", "2024-03-02T23:30Z", "2024-03-04T00:15+05:30")
SOURCES: tuple[dict[str, Any], ...] = (
    {"kind": "newspaper"},
    {"kind": "facilitator"},
    {"kind": "official_party", "speaks_for": "north"},
)
MOVES = (
    "captives_released",
    "captives_released",
    "prisoners_released",
    "captives_taken",
    "captives_died",
    "remains_returned",
)
UNKNOWN = 60
"""From here on, the target of an intent is an event that is yet to come, or never comes."""
KINDS = ("move",) * 8 + ("correct",) * 3 + ("retract", "adopt", "dispute", "credit", "part", "fact", "fact")
GROUPS: tuple[dict[str, Any], ...] = (
    {"nationality": ["XNO"], "ratio_scope": "inside"},
    {"nationality": ["XNO"], "ratio_scope": "inside"},
    {"nationality": ["THA"], "ratio_scope": "outside"},
    {"ratio_scope": "credited_next_round", "category": "women"},
)


class Intent(NamedTuple):
    """What one event is about, before it is known which earlier events it can speak of."""

    kind: str
    type: str
    exchange: str
    key: str | None
    round: int | None
    counts: tuple[dict[str, Any], ...]
    group: dict[str, Any]
    at: str
    published: str | None
    source: dict[str, Any]
    credibility: int
    origin: str
    status: str
    target: int


CHOICES: dict[str, Sequence[Any]] = {
    "kind": KINDS,
    "type": MOVES,
    "exchange": EXCHANGES,
    "key": KEYS,
    "round": (1, 1, 2, None),
    "counts": (*((count,) for count in COUNTS * 2), *product(COUNTS[:8], COUNTS[:4])),
    "group": GROUPS,
    "at": DAYS + TIMES,
    "published": (*DAYS, None),
    "source": SOURCES,
    "credibility": (2, 3),
    "origin": ("One", "Two", "Three"),
    "status": ("reported",) * 6 + ("planned", "failed"),
    "target": range(UNKNOWN + 4),
}
"""What each member of an intent is one of."""


def intents() -> st.SearchStrategy[Intent]:
    return st.builds(Intent, **{name: st.sampled_from(choices) for name, choices in CHOICES.items()})


def random_history(seed: int, most: int = 30) -> list[AnyEvent]:
    """Events that are as different as can be from one seed to the next."""
    random = Random(seed)
    size = random.randint(1, most)
    return told([Intent(*(random.choice(CHOICES[name]) for name in Intent._fields)) for _ in range(size)])


def histories(most: int = 25) -> st.SearchStrategy[list[AnyEvent]]:
    """Events of several exchanges, in the order in which they are recorded: some that shrink, and some at random."""
    shrinking = st.lists(intents(), min_size=1, max_size=most).map(told)
    return st.integers(0, 2**32).map(random_history) | shrinking


def told(said: Sequence[Intent]) -> list[AnyEvent]:
    """The events that some intents come to, one after the other."""
    events: list[AnyEvent] = []
    for number, intent in enumerate(said, 1):
        events.append(next_event(number, intent, events))
    return events


def next_event(number: int, intent: Intent, before: Sequence[AnyEvent]) -> AnyEvent:
    """The event of an intent, given those before it. Some speak of a claim that is yet to come, or never comes."""
    target = before[intent.target % len(before)] if before and intent.target < UNKNOWN else None
    exchange = target.exchange if target is not None else intent.exchange
    key = (target.occurrence or target.id) if target is not None else (intent.key or "a")
    claim = target.id if target is not None else ident(number + 1 + intent.target % 3)
    shared: dict[str, Any] = {"exchange": intent.exchange, "occurred": moment(intent.at), "source": source(intent)}
    about = {**shared, "exchange": exchange, "occurrence": key}
    match intent.kind:
        case "correct":
            reason = "corrected" if intent.target % 2 else "updated"
            kind = target.type if target is not None and target.type in MOVES else intent.type
            return event(kind, number, **about, **people(intent), supersedes=claim, reason=reason)
        case "retract" | "adopt" | "dispute" if target is not None and target.type in DECISIONS and intent.round:
            return event("claim_retracted", number, **about, claim=claim, why="decided too early")
        case "retract":
            return event("claim_retracted", number, **about, claim=claim, why="entered twice")
        case "adopt":
            chosen = None if intent.status == "failed" else claim
            return event("claim_adopted", number, **about, claim=chosen, why="looked into")
        case "dispute":
            return event("claim_disputed", number, **about, claim=claim if intent.round else None, why="others differ")
        case "credit":
            scope = "inside" if intent.target % 2 else "credited_next_round"
            rounds: dict[str, Any] = {"from_round": 1, "to_round": 2, "from_scope": scope}
            return event("count_credited", number, **shared, occurrence="credit", count=intent.counts[0], **rounds)
        case "part":
            part = {"of": intent.key or "a", "by": "category" if intent.target % 2 else "batch"}
            return event(
                intent.type, number, **shared, occurrence=f"part{intent.target % 3}", **people(intent), part=part
            )
        case "fact":
            return fact(number, intent, shared)
    return event(intent.type, number, **shared, occurrence=intent.key, status=intent.status, **people(intent))


def moment(at: str) -> dict[str, Any]:
    return {"at": at, "precision": "minute" if "T" in at else "day"}


def source(intent: Intent) -> dict[str, Any]:
    said = {"credibility": intent.credibility, "origin": intent.origin, "published": intent.published}
    return {**intent.source, **{name: value for name, value in said.items() if value is not None}} | (
        {} if intent.published else {"published": None}
    )


def people(intent: Intent) -> dict[str, Any]:
    """One or two groups; the rest of their fields are alike."""
    groups = [{**intent.group, "count": count} for count in intent.counts]
    settles = [1] if intent.round == 2 and intent.target % 5 == 0 else []
    return {"groups": groups, "round": intent.round, "by": "north", "to": "south", "settles": settles}


def fact(number: int, intent: Intent, shared: dict[str, Any]) -> AnyEvent:
    """A declaration, terms, a stated total, a plan, a pause, a position, or aid."""
    count, when = intent.counts[0], intent.target % 8
    pledges = [
        {"item": "prisoners", "count": {"best": 3}, "per": "captive"},
        {"item": "captives", "count": count, "per": "extra_day" if intent.round else "deal"},
    ]
    kinds: tuple[tuple[str, dict[str, Any]], ...] = (
        ("exchange_opened", {"title": "A deal", "process": intent.exchange[:2], "nationals": ["XNO"]}),
        ("terms_agreed", {"terms": "deal", "pledges": pledges}),
        ("tally_stated", {"figure": "captives.released", "count": count, "round": intent.round}),
        ("tally_stated", {"figure": "prisoners.released", "count": count, "scope": "process"}),
        ("release_planned", {"leg": "captives", "count": count, "round": intent.round, "status": "planned"}),
        ("pause_extended", {"pause": "calm", "hours": 24}),
        ("position_declared", {"party": "north", "formula": "stages"}),
        ("aid_delivered", {"item": "trucks", "amount": count, "occurrence": intent.key}),
    )
    type, members = kinds[when]
    return event(type, number, **shared, **members)
