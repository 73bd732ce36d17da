"""Random but coherent sequences of events: shared occurrences, corrections, decisions, credits, parts and facts."""

from collections.abc import Sequence
from itertools import product
from random import Random
from typing import Any, NamedTuple

from hypothesis import strategies as st

from schemas.events import EVENT_TYPES, AnyEvent, CountCredited, ExchangeOpened, Movement, TallyStated
from schemas.kinds import types_of
from tests.book.building import event, ident

EXCHANGES = ("AB-2024", "AB-2025", "CD-2024")
MOSTLY = EXCHANGES[0]
KEYS = ("a", "b", "c", None, None)
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
RARE_COUNTS: tuple[dict[str, Any], ...] = (
    {"best": 10, "low": 8, "qualifier": "roughly"},
    {"best": 5, "low": 3, "high": 9, "qualifier": "estimate"},
    {"best": 12, "low": 12, "high": 20, "qualifier": "estimate"},
    {"low": 12, "qualifier": "at_least"},
    {"low": 5, "qualifier": "more_than"},
    {"low": 31, "qualifier": "well_over"},
    {"high": 12, "qualifier": "up_to"},
    {"low": 4, "high": 11, "qualifier": "up_to"},
    {"high": 11, "qualifier": "nearly"},
    {"high": 239, "qualifier": "nearly"},
    {"low": 7, "high": 29, "qualifier": "nearly"},
    {"low": 3, "high": 9, "qualifier": "several"},
    {"low": 2, "qualifier": "several"},
    {"qualifier": "numerous"},
    {"low": 100, "high": 300, "qualifier": "hundreds"},
)
DAYS = tuple(f"2024-03-{day:02}" for day in range(1, 7))
TIMES = ("2024-03-02T01:00+02:00", "2024-03-02T23:30Z", "2024-03-04T00:15+05:30")
MOMENTS: tuple[dict[str, Any], ...] = (
    *({"at": day, "precision": "day"} for day in DAYS * 2),
    *({"at": time, "precision": "minute"} for time in TIMES),
    {"at": "2024-03-03T22:40-03:00", "precision": "hour"},
    *({"at": DAYS[start], "until": DAYS[end], "precision": "interval"} for start, end in ((0, 2), (1, 3), (2, 5))),
    {"at": "2024-03-02T10:00+02:00", "until": "2024-03-04T09:00+02:00", "precision": "interval"},
    {"at": "2024-02", "until": "2024-03", "precision": "interval"},
    {"at": "2024-W09", "precision": "week"},
    {"at": "2024-03", "precision": "month"},
    {"at": "2023-winter", "precision": "season"},
    {"at": "2023", "precision": "year"},
    {"at": "2024-03-03", "precision": "before"},
    {"at": "2024-03-02", "precision": "after"},
    {"at": "2024-03-02", "precision": "day", "qualifier": "approximate"},
    {"at": "2024-03", "precision": "month", "qualifier": "uncertain"},
    {"at": "2024-03-01", "until": "2024-03-05", "precision": "interval", "until_qualifier": "uncertain_approximate"},
)
SPANS = tuple(each for each in MOMENTS if each["precision"] == "interval" and len(each["at"]) > 7)
SOURCES: tuple[dict[str, Any], ...] = (
    {"kind": "newspaper"},
    {"kind": "newspaper"},
    {"kind": "facilitator"},
    {"kind": "un"},
    {"kind": "official_party", "speaks_for": "north"},
    {"kind": "official_party", "speaks_for": "south"},
)
MOVES = (
    *("captives_released", "prisoners_released", "captives_taken", "prisoners_taken", "captives_died") * 2,
    *("captives_released", "prisoners_released", "prisoners_died", "remains_returned", "remains_received"),
    *("captives_rescued", "captives_escaped", "prisoners_rescued", "prisoners_escaped"),
    *("people_retaken", "people_transferred", "people_died_free"),
    *("remains_recovered", "remains_identified", "handover_rejected"),
)
if untried := types_of("move") - {*MOVES}:
    raise LookupError(f"no random ledger has any {', '.join(untried)}")
UNKNOWN = 60
"""From here on, the target of an intent is an event that is yet to come, or never comes."""
LIFE = ("taken", "taken", "released", "released", "escaped", "rescued", "died", "died")
"""What happens to the people of a side, in numbers that balance more often than at random."""
KINDS = (
    *("move",) * 8,
    *("life", "part") * 4,
    *("rival", "correct") * 3,
    *("credit", "fact"),
    *("retract", "adopt", "dispute", "stock", "opened", "credit", "fact"),
)
GROUPS: tuple[dict[str, Any], ...] = (
    {"nationality": ["XNO"], "ratio_scope": "inside"},
    {"nationality": ["XSO"], "ratio_scope": "inside", "vital": "alive"},
    {"nationality": ["XSO"], "basis": "exchange"},
    {"nationality": ["THA"], "ratio_scope": "outside"},
    {"nationality": ["THA", "XNO"], "basis": "unilateral"},
    {"nationality": ["XSO", "THA"], "ratio_scope": "inside", "basis": "amnesty"},
    {"nationality": ["XXX"], "basis": "humanitarian", "vital": "mixed"},
    {"nationality": ["XNO"], "basis": "side_arrangement", "category": "men"},
    {"ratio_scope": "credited_next_round", "category": "women"},
    {"basis": "disputed"},
    {"ratio_scope": "inside", "vital": "remains"},
    {"nationality": ["XNO"], "vital": "died"},
    {},
)
DIMENSIONS = (*("batch",) * 6, "category", "mover", "mover", "nationality")
PLENTY = {"best": 60}


class Intent(NamedTuple):
    """What one event is about, before it is known which earlier events it can speak of."""

    kind: str
    type: str
    side: str
    exchange: str
    key: str | None
    round: int | None
    counts: tuple[dict[str, Any], ...]
    groups: tuple[dict[str, Any], ...]
    at: dict[str, Any]
    published: str | None
    source: dict[str, Any]
    reliability: str
    credibility: int
    origin: str
    status: str
    scope: str
    by: str
    declared: dict[str, Any]
    chance: int
    target: int


CHOICES: dict[str, Sequence[Any]] = {
    "kind": KINDS,
    "type": MOVES,
    "side": ("captives", "prisoners"),
    "exchange": (*(MOSTLY,) * 4, *EXCHANGES),
    "key": KEYS,
    "round": (1, 1, 2, None),
    "counts": (
        *((count,) for count in COUNTS * 2 + RARE_COUNTS),
        *product((*COUNTS[:8], RARE_COUNTS[1]), (*COUNTS[:4], COUNTS[12])),
        (COUNTS[1], COUNTS[0], COUNTS[5]),
    ),
    "groups": tuple(product(GROUPS, GROUPS)),
    "at": MOMENTS,
    "published": (*DAYS, *DAYS, "2024-03-03T12:00Z", "2024-03-04T20:00Z", None),
    "source": SOURCES,
    "reliability": ("B", "F", "F"),
    "credibility": (2, 2, 3),
    "origin": ("One", "Two", "Three"),
    "status": ("reported",) * 8 + ("planned", "failed"),
    "scope": ("inside", "credited_next_round", "outside", "none"),
    "by": DIMENSIONS,
    "declared": tuple(
        {"nationals": captives, "prisoner_nationals": prisoners, "unsaid_scope": unsaid}
        for captives, prisoners, unsaid in product((["XNO"], ["XNO"], []), (["XSO"], []), ("inside", "outside", None))
    ),
    "chance": range(12),
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
    shared: dict[str, Any] = {"exchange": intent.exchange, "occurred": moment(intent), "source": source(intent)}
    about = {**shared, "exchange": exchange, "occurrence": key}
    match intent.kind:
        case "correct":
            reason = "corrected" if intent.chance % 2 else "updated"
            return alike(number, intent, target, {**about, "supersedes": claim, "reason": reason})
        case "rival" if target is not None and target.type not in types_of("decision"):
            return alike(number, intent, target, about)
        case "retract" | "adopt" | "dispute" if target is not None and target.type in types_of("decision"):
            return event("claim_retracted", number, **about, claim=claim, why="decided too early")
        case "retract":
            return event("claim_retracted", number, **about, claim=claim, why="entered twice")
        case "adopt":
            chosen = None if intent.status == "failed" else claim
            return event("claim_adopted", number, **about, claim=chosen, why="looked into")
        case "dispute":
            return event("claim_disputed", number, **about, claim=claim if intent.round else None, why="others differ")
        case "credit":
            shared["occurrence"] = intent.key and "credit"
            return event("count_credited", number, **shared, status=intent.status, **credit(intent))
        case "part":
            latest = [each for each in before if isinstance(each, Movement)][-1:]
            return part(number, intent, shared, latest[0] if latest and intent.chance % 2 else target)
        case "opened":
            return event("exchange_opened", number, **shared, occurrence=opening_key(intent), **opened(intent))
        case "stock":
            return event("tally_stated", number, **shared, occurrence=opening_key(intent), **stock(intent))
        case "life":
            return life(number, intent, shared)
        case "fact":
            return fact(number, intent, shared)
    moving = people(intent, intent.type)
    return event(intent.type, number, **shared, occurrence=intent.key, status=intent.status, **moving)


def alike(number: int, intent: Intent, target: AnyEvent | None, about: dict[str, Any]) -> AnyEvent:
    """A claim on the occurrence of another, mostly of its type."""
    if isinstance(target, CountCredited):
        return event("count_credited", number, **about, **{**credit(intent), "side": target.side})
    if isinstance(target, ExchangeOpened):
        return event("exchange_opened", number, **about, **opened(intent))
    if isinstance(target, TallyStated):
        about |= {"figure": target.figure, "opening": target.opening, "scope": target.scope}
        return event("tally_stated", number, **about, count=intent.counts[0])
    if not isinstance(target, Movement) or intent.chance == 0:
        return event(intent.type, number, **about, **people(intent, intent.type))
    members = people(intent, target.type)
    if target.part is not None and intent.chance != 1:
        members["part"] = target.part.model_dump(mode="json")
    for name in ("side", "matched", "remains_held") if intent.chance % 3 else ():
        if name in members:
            members[name] = getattr(target, name)
    return event(target.type, number, **about, **members)


def moment(intent: Intent) -> dict[str, Any]:
    """When it happened: of what others are batches of, often several days."""
    return SPANS[intent.target % len(SPANS)] if intent.kind == "move" and intent.chance < 4 else intent.at


def source(intent: Intent) -> dict[str, Any]:
    said = {name: getattr(intent, name) for name in ("credibility", "reliability", "origin")}
    return {**intent.source, **said, "published": intent.published}


def people(intent: Intent, type: str) -> dict[str, Any]:
    """The members of a movement: up to three groups, which way, and what its type adds to it."""
    counts = (PLENTY,) if type.endswith("_taken") and intent.chance % 3 == 0 else intent.counts
    groups = [{**intent.groups[place % 2], "count": count} for place, count in enumerate(counts)]
    settles = [1] if intent.round == 2 and intent.target % 5 == 0 else []
    own = {"side": intent.side, "matched": intent.chance % 3 > 0, "remains_held": intent.chance % 4 > 0}
    said = {name: value for name, value in own.items() if name in EVENT_TYPES[type].model_fields}
    by, to = ("north", "south") if intent.chance % 5 else ("south", "north")
    return {"groups": groups, "round": intent.round, "by": by, "to": to, "settles": settles, **said}


def life(number: int, intent: Intent, shared: dict[str, Any]) -> AnyEvent:
    """An exact number of people of one side, on one day."""
    side, type = ("captives", "prisoners")[intent.chance == 0], LIFE[intent.target % len(LIFE)]
    members = people(intent, f"{side}_{type}") | {"settles": []}
    members["groups"] = [{**intent.groups[0], "vital": "alive", "count": COUNTS[intent.chance % 6]}]
    when = {"at": DAYS[intent.target // len(LIFE) % len(DAYS)], "precision": "day"}
    return event(f"{side}_{type}", number, **{**shared, "exchange": MOSTLY, "occurred": when}, **members)


def part(number: int, intent: Intent, shared: dict[str, Any], target: AnyEvent | None) -> AnyEvent:
    """A part of an earlier claim, often a half of it; one beside an earlier part; or one of what is yet to come."""
    if not isinstance(target, Movement) or (target.part is None and str(target.occurrence).startswith("part")):
        type, of, by = intent.type, intent.key or "a", intent.by
        members = {**shared, **people(intent, type)}
    else:
        type, beside, best = target.type, target.part, target.groups[0].count.best
        of, by = (beside.of, beside.by) if beside else (target.occurrence or target.id, intent.by)
        members = {**shared, **people(intent, type), "exchange": target.exchange, "round": target.round}
        if best is not None and intent.chance < 10:
            half = best if beside else best - best // 2
            members["groups"] = [{**intent.groups[0], "count": {"best": half}}]
            members["occurred"] = {"at": DAYS[intent.target % len(DAYS)], "precision": "day"}
    members |= {"occurrence": f"part{number % 7}", "part": {"of": of, "by": by}}
    return event(type, number, **members, status=intent.status)


def credit(intent: Intent) -> dict[str, Any]:
    rounds = {"from_round": 1, "to_round": 2} if intent.chance else {"from_round": 2, "to_round": 3}
    return {"side": intent.side, "from_scope": intent.scope, "count": intent.counts[0], **rounds}


def opening_key(intent: Intent) -> str | None:
    return f"{intent.kind}{intent.target % 3}" if intent.chance % 2 else None


def opened(intent: Intent) -> dict[str, Any]:
    return {"title": "A deal", "process": intent.exchange[:2], **intent.declared}


def stock(intent: Intent) -> dict[str, Any]:
    """A total of those held, with which counting begins; now and then of the whole process, or no opening."""
    count = PLENTY if intent.chance % 3 == 0 else intent.counts[0]
    scope = "process" if intent.chance == 1 else "exchange"
    return {"figure": f"{intent.side}.held", "count": count, "opening": intent.chance != 2, "scope": scope}


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
        ("tally_stated", {"figure": f"{intent.side}.released", "count": count, "round": intent.round}),
        ("tally_stated", {"figure": "prisoners.released", "count": count, "scope": "process"}),
        ("release_planned", {"leg": "captives", "count": count, "round": intent.round, "status": "planned"}),
        ("pause_extended", {"pause": "calm", "hours": 24}),
        ("position_declared", {"party": "north", "formula": "stages"}),
        ("aid_delivered", {"item": "trucks", "amount": count, "occurrence": intent.key}),
    )
    type, members = kinds[when]
    return event(type, number, **shared, **members)
