"""Which claim counts: the standing claims on an occurrence, and the one that is adopted.

The rule, in order: an explicit `claim_adopted` decision; else the better credibility (1-6), the better
reliability (A-F), the natural authority for that kind of movement, a figure with two independent origins,
and the earliest published. Only a claim that stands can be adopted, and a plan never is.
"""

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias, cast

from ledger.book.balances import Entry, bounds, entry, hedged, summed
from ledger.book.transfers import Transfer
from schemas.events import AnyEvent, ClaimAdopted, ClaimDisputed, ClaimRetracted
from schemas.values import Count, Group

AnyDecision: TypeAlias = ClaimAdopted | ClaimDisputed | ClaimRetracted
Figure: TypeAlias = tuple[str, Entry]

PLANS = frozenset({"release_planned", "release_delayed", "terms_proposed"})
"""Types that speak of the future by nature, so that status `planned` is no bar to them."""

DECISIONS = frozenset({"claim_adopted", "claim_disputed", "claim_retracted"})


class Claim(NamedTuple):
    """An event on an occurrence, and its place among the events of its exchange."""

    order: int
    event: AnyEvent


class Occurrence:
    """A thing that happened, all claims about it, and what its adopted claim has posted."""

    __slots__ = ("adopted", "claims", "contested", "day", "decisions", "disputes", "key", "posted", "round")

    def __init__(self, key: str) -> None:
        self.key = key
        self.claims: list[Claim] = []
        self.decisions: Sequence[Claim] = ()
        self.adopted: AnyEvent | None = None
        self.posted: Sequence[Transfer] = ()
        self.round: int | None = None
        self.day: str | None = None
        self.contested = False
        self.disputes = 0


class Judgement(NamedTuple):
    """The verdict on one occurrence: the claim adopted and by which rule, and why each other is not."""

    adopted: Claim | None
    rule: str
    eligible: Sequence[Claim]
    left_out: Sequence[tuple[Claim, str]]
    disputes: int


def judge(occurrence: Occurrence, withheld: Container[str] = ()) -> Judgement:
    """Weigh all claims on an occurrence. The order in which they came decides nothing but ties.

    `withheld` holds the ids of events that exist and that the present cut does not know.
    """
    decisions = _in_force(occurrence.decisions)
    retracted = {each.claim: each.why for each in decisions if each.type == "claim_retracted"}
    known = {claim.event.id for claim in occurrence.claims}
    replaced_by = {
        claim.event.supersedes: claim.event
        for claim in occurrence.claims
        if claim.event.supersedes is not None and claim.event.id not in retracted
    }
    eligible: list[Claim] = []
    left_out: list[tuple[Claim, str]] = []
    for claim in occurrence.claims:
        why = _bar(claim.event, retracted, replaced_by, known, withheld)
        if why:
            left_out.append((claim, why))
        else:
            eligible.append(claim)
    adopted, rule = _adopt(eligible, decisions, replaced_by)
    left_out += [(claim, f"not adopted: {rule}") for claim in eligible if claim is not adopted]
    return Judgement(adopted, rule, eligible, left_out, _open_disputes(decisions, retracted))


def _in_force(decisions: Sequence[Claim]) -> list[AnyDecision]:
    """Decisions that no later decision in force retracts, in order."""
    void: set[str] = set()
    standing: list[AnyDecision] = []
    for claim in reversed(decisions):
        event = cast(AnyDecision, claim.event)
        if event.id in void:
            continue
        if event.type == "claim_retracted":
            void.add(event.claim)
        standing.append(event)
    return standing[::-1]


def _bar(
    event: AnyEvent,
    retracted: Mapping[str, str],
    replaced_by: Mapping[str, AnyEvent],
    known: Container[str],
    withheld: Container[str],
) -> str:
    """Why a claim cannot be adopted; empty where it can."""
    if event.id in retracted:
        return f"retracted: {retracted[event.id]}"
    if event.id in replaced_by:
        return f"{replaced_by[event.id].reason} by {replaced_by[event.id].id}"
    if event.status == "failed":
        return "reported, and did not happen"
    if event.status == "planned" and event.type not in PLANS:
        return "a plan, not a delivery"
    if event.supersedes is not None and event.supersedes not in known and event.supersedes not in withheld:
        return f"supersedes {event.supersedes}, which this occurrence does not have"
    return ""


def _adopt(
    eligible: Sequence[Claim], decisions: Sequence[AnyDecision], replaced_by: Mapping[str, AnyEvent]
) -> tuple[Claim | None, str]:
    decided = next((each for each in reversed(decisions) if each.type == "claim_adopted"), None)
    if decided is not None and decided.claim is None:
        return None, f"decided that none counts: {decided.why}"
    if decided is not None and decided.claim is not None:
        chosen = _latest(decided.claim, replaced_by)
        for claim in eligible:
            if claim.event.id == chosen:
                return claim, f"decided: {decided.why}"
    if not eligible:
        return None, "no claim stands"
    if len(eligible) == 1:
        return eligible[0], "the only claim that stands"
    origins = _origins_by_figure(eligible)
    ranked = sorted((_rank(claim, origins), index) for index, claim in enumerate(eligible))
    (best, index), (second, _) = ranked[:2]
    decisive = next((i for i, (a, b) in enumerate(zip(best, second, strict=True)) if a != b), -1)
    return eligible[index], _RULES[decisive]


def _latest(claim: str, replaced_by: Mapping[str, AnyEvent]) -> str:
    """The end of the chain of corrections that starts at a claim."""
    seen = {claim}
    while claim in replaced_by and (claim := replaced_by[claim].id) not in seen:
        seen.add(claim)
    return claim


_RULES = (
    "the better credibility",
    "the better reliability",
    "the natural authority for this movement",
    "two independent origins",
    "the earliest published",
    "the earliest recorded",
)


def _rank(claim: Claim, origins: Mapping[Figure, int]) -> tuple[int, str, bool, bool, str, int]:
    """Smaller is better; one element for each of `_RULES`."""
    event = claim.event
    source = event.source
    return (
        source.credibility,
        source.reliability,
        not has_natural_authority(event),
        origins[_figure(event)] < 2,
        source.published or "9999",
        claim.order,
    )


def has_natural_authority(event: AnyEvent) -> bool:
    """Whether this source is the one to know: the facilitator or the UN for captives and remains that were
    physically moved, the releasing authority for prisoners, the receiving one for identified remains."""
    source = event.source
    official = source.kind == "official_party" and source.speaks_for is not None
    if event.type == "prisoners_released":
        return official and source.speaks_for == event.by
    if event.type == "remains_returned" and official:
        return source.speaks_for == event.to
    return source.kind in ("facilitator", "un")


def _figure(event: AnyEvent) -> Figure:
    return event.type, amount(event)


def amount(event: AnyEvent) -> Entry:
    """What a claim counts in all, as one entry; 0 for a claim that counts nothing."""
    groups: Sequence[Group] | None = getattr(event, "groups", None)
    if groups is not None:
        return summed(entry(group.count) for group in groups)
    count: Count | None = getattr(event, "count", None) or getattr(event, "amount", None)
    return 0 if count is None else entry(count)


def spanning(posted: Sequence[Transfer], own: Entry, rivals: Sequence[Entry]) -> list[Transfer]:
    """An adopted claim's transfers, their range widened to that of all claims that stand.

    The range belongs to the claim's sum `own`: of several groups, the largest carries it.
    """
    best, own_low, own_high = bounds(own)
    low = min(bounds(rival)[1] for rival in rivals)
    high = max((bounds(rival)[2] for rival in rivals if bounds(rival)[2] is not None), default=None)
    if all(each[2] == own for each in posted):
        spanned = hedged(best, low, high)
        return [Transfer(round, account, spanned) for round, account, _ in posted]
    carrier = max(range(len(posted)), key=lambda index: bounds(posted[index][2])[1])
    round, account, carried = posted[carrier]
    best, carried_low, carried_high = bounds(carried)
    high = None if None in (high, own_high, carried_high) else carried_high + high - own_high
    widened = hedged(best, max(0, carried_low + low - own_low), high)
    return [*posted[:carrier], Transfer(round, account, widened), *posted[carrier + 1 :]]


def _origins_by_figure(claims: Iterable[Claim]) -> Mapping[Figure, int]:
    """How many independent origins state each figure. Re-posts of one origin add no weight."""
    origins = {(_figure(claim.event), claim.event.source.origin or claim.event.source.publisher) for claim in claims}
    return Counter(figure for figure, _ in origins)


def _open_disputes(decisions: Sequence[AnyDecision], retracted: Container[str]) -> int:
    """Disputes since the last adoption, but for those of claims that were retracted."""
    count = 0
    for each in decisions:
        if each.type == "claim_adopted":
            count = 0
        elif each.type == "claim_disputed" and each.claim not in retracted:
            count += 1
    return count
