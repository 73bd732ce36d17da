"""Which claim counts: the claims that stand on an occurrence, and the one that is adopted.

The rule, in order: an explicit `claim_adopted` decision; else the better credibility (1-6), the better
reliability (A-F), the natural authority for that kind of movement, a figure with two independent origins,
the earliest published, the earliest recorded. Only a claim that stands can be adopted, and a plan never is.
"""

from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeAlias

import msgspec

from ledger.book.balances import Balance, Entry, bounds, hedged, hedges, summed
from schemas.events import AnyEvent, ClaimAdopted, ClaimDisputed, ClaimRetracted
from schemas.values import Moment, Part

AnyDecision: TypeAlias = ClaimAdopted | ClaimDisputed | ClaimRetracted

DECISIONS = frozenset({"claim_adopted", "claim_disputed", "claim_retracted"})
_NONE: Mapping[str, str | None] = {}
PLANS = frozenset({"release_planned", "release_delayed", "terms_proposed"})
"""Types that speak of the future by nature, so that status `planned` is no bar to them."""


SOLE = "the only claim that stands"
"""The rule by which a claim without rivals counts."""


class Extra(msgspec.Struct, frozen=True, gc=False):
    """What few claims have. `event` is there for facts that a view reads whole, since they never add up."""

    status: str
    supersedes: str | None
    reason: str | None
    part: Part | None
    settles: tuple[int, ...]
    event: AnyEvent | None


class Claim(msgspec.Struct, frozen=True, gc=False):
    """What the fold keeps of an event: what it would post to which balances, and what it weighs.

    A ledger holds millions, so equal parts are shared between claims and nothing else of the event stays.
    `postings` holds each balance followed by its entry: flat, since most claims have one of each.
    """

    id: str
    type: str
    round: int | None
    occurred: Moment
    credibility: int
    reliability: str
    has_authority: bool
    published: str
    origin: str
    postings: tuple[Any, ...]
    extra: Extra | None

    @property
    def balances(self) -> tuple[Balance, ...]:
        return self.postings[::2]

    @property
    def entries(self) -> tuple[Entry, ...]:
        return self.postings[1::2]

    @property
    def supersedes(self) -> str | None:
        return None if self.extra is None else self.extra.supersedes

    @property
    def part(self) -> Part | None:
        return None if self.extra is None else self.extra.part

    @property
    def settles(self) -> tuple[int, ...]:
        return () if self.extra is None else self.extra.settles

    @property
    def event(self) -> AnyEvent | None:
        return None if self.extra is None else self.extra.event

    @property
    def is_barred(self) -> bool:
        """Whether the claim's own status keeps it from counting: it did not happen, or is only planned."""
        return self.extra is not None and is_barred(self.extra.status, self.type)

    @property
    def amount(self) -> Entry:
        """What the claim counts in all, as one entry; 0 for one that counts nothing."""
        # A credit posts its one count twice: out of one round and into another.
        return summed(self.entries[:1] if self.type == "count_credited" else self.entries)


def is_barred(status: str, kind: str) -> bool:
    """Whether a claim of this status never counts: it did not happen, or is only planned."""
    return status == "failed" or (status == "planned" and kind not in PLANS)


class Occurrence(msgspec.Struct, gc=False):
    """A thing that happened: all claims about it, decisions on them, and the claim that is adopted.

    `widened` replaces the adopted claim's entries where rivals widen their range.
    """

    key: str
    claims: tuple[Claim, ...] = ()
    decisions: tuple[AnyDecision, ...] = ()
    adopted: Claim | None = None
    widened: tuple[Entry, ...] | None = None
    disputes: int = 0

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What this occurrence has added to the balances of its adopted claim."""
        if self.widened is not None:
            return self.widened
        return () if self.adopted is None else self.adopted.entries

    @property
    def posted(self) -> Iterable[tuple[Balance, Entry]]:
        """What this occurrence has added to which balances."""
        return () if self.adopted is None else zip(self.adopted.balances, self.entries, strict=True)

    @property
    def leading(self) -> Claim | None:
        """The claim under which the occurrence is filed: the adopted one, else the first."""
        return self.adopted or next(iter(self.claims), None)


SOLE = "the only claim that stands"
"""The rule by which a claim without rivals is adopted."""


class Judgement(NamedTuple):
    """The verdict on one occurrence: the claim adopted and by which rule, and why each other one is not."""

    adopted: Claim | None
    rule: str
    eligible: Sequence[Claim]
    left_out: Sequence[tuple[Claim, str]]
    disputes: int


def judge(occurrence: Occurrence, withheld: Mapping[str, str | None] = _NONE) -> Judgement:
    """Weigh all claims on an occurrence. The order in which they came decides nothing but ties.

    `withheld` holds the events about it that exist and that the present cut does not know: for each id, the id that
    it supersedes. A claim that counts nothing (a statement, a part of something) is no rival to one that does.
    """
    if len(occurrence.claims) == 1 and not (occurrence.decisions or withheld) and _stands_alone(occurrence.claims[0]):
        return Judgement(occurrence.claims[0], SOLE, occurrence.claims, (), 0)
    decisions = _in_force(occurrence.decisions)
    retracted = {each.claim: each.why for each in decisions if each.type == "claim_retracted"}
    places = _places(occurrence.claims)
    replaced_by = _replacements(occurrence.claims, retracted, withheld)
    eligible: list[Claim] = []
    left_out: list[tuple[Claim, str]] = []
    for claim in occurrence.claims:
        why = _bar(claim, retracted, replaced_by, places, withheld)
        if why:
            left_out.append((claim, why))
        else:
            eligible.append(claim)
    counting = [claim for claim in eligible if claim.postings and claim.part is None]
    if counting:
        left_out += [(claim, "counts nothing here") for claim in eligible if claim not in counting]
        eligible = counting
    eligible.sort(key=lambda claim: places[claim.id])
    adopted, rule, lost = _adopt(eligible, decisions, replaced_by)
    left_out += [(claim, f"not adopted: {lost.get(claim.id, rule)}") for claim in eligible if claim is not adopted]
    return Judgement(adopted, rule, eligible, left_out, _open_disputes(decisions, retracted))


def _stands_alone(claim: Claim) -> bool:
    """Whether a claim without rivals, as nearly all are, counts without further ado."""
    return claim.extra is None or not (claim.supersedes is not None or claim.is_barred)


def _replacements(
    claims: Iterable[Claim], retracted: Container[str], withheld: Mapping[str, str | None]
) -> Mapping[str, Claim]:
    """The claim that replaces each id. Through a correction that was itself retracted, or that the cut does not know,
    the next one of the chain replaces what it replaced."""
    gone = {**withheld, **{claim.id: claim.supersedes for claim in claims if claim.id in retracted}}
    replaced_by: dict[str, Claim] = {}
    for claim in claims:
        target = None if claim.id in retracted else claim.supersedes
        while target is not None and target not in replaced_by:
            replaced_by[target] = claim
            target = gone.get(target)
    return replaced_by


def _places(claims: Iterable[Claim]) -> Mapping[str, int]:
    """The order in which claims were recorded. A correction has the place of the claim that it replaces."""
    places: dict[str, int] = {}
    for number, claim in enumerate(claims):
        places[claim.id] = number if claim.supersedes is None else places.get(claim.supersedes, number)
    return places


def _in_force(decisions: Sequence[AnyDecision]) -> list[AnyDecision]:
    """Decisions that no later decision in force retracts, in order."""
    void: set[str] = set()
    standing: list[AnyDecision] = []
    for event in reversed(decisions):
        if event.id in void:
            continue
        if event.type == "claim_retracted":
            void.add(event.claim)
        standing.append(event)
    return standing[::-1]


def _bar(
    claim: Claim,
    retracted: Mapping[str, str],
    replaced_by: Mapping[str, Claim],
    known: Container[str],
    withheld: Container[str],
) -> str:
    """Why a claim cannot be adopted; empty where it can."""
    if claim.id in retracted:
        return f"retracted: {retracted[claim.id]}"
    if claim.id in replaced_by:
        successor = replaced_by[claim.id]
        return f"{successor.extra.reason if successor.extra else 'superseded'} by {successor.id}"
    if claim.is_barred:
        failed = claim.extra is not None and claim.extra.status == "failed"
        return "reported, and did not happen" if failed else "a plan, not a delivery"
    if claim.supersedes is not None and claim.supersedes not in known and claim.supersedes not in withheld:
        return f"supersedes {claim.supersedes}, which this occurrence does not have"
    return ""


def _adopt(
    eligible: Sequence[Claim], decisions: Sequence[AnyDecision], replaced_by: Mapping[str, Claim]
) -> tuple[Claim | None, str, Mapping[str, str]]:
    """The claim that counts, by which rule, and the rules by which rivals lost, where those differ."""
    decided = next((each for each in reversed(decisions) if each.type == "claim_adopted"), None)
    if decided is not None and decided.claim is None:
        return None, f"decided that none counts: {decided.why}", {}
    if decided is not None and decided.claim is not None:
        chosen = _latest(decided.claim, replaced_by)
        for claim in eligible:
            if claim.id == chosen:
                return claim, f"decided: {decided.why}", {}
    if not eligible:
        return None, "no claim stands", {}
    if len(eligible) == 1:
        return eligible[0], SOLE, {}
    return _by_rule(eligible)


def _by_rule(claims: Sequence[Claim]) -> tuple[Claim, str, Mapping[str, str]]:
    """The best of several claims, by the first rule that leaves only one of them, and the rule by which each lost."""
    lost: dict[str, str] = {}
    for rule, rank in _RULES:
        ranks = rank(claims)
        best = min(ranks)
        if ranks.count(best) == len(ranks):
            continue
        lost.update((claim.id, rule) for claim, each in zip(claims, ranks, strict=True) if each != best)
        claims = [claim for claim, each in zip(claims, ranks, strict=True) if each == best]
        if len(claims) == 1:
            return claims[0], rule, lost
    return claims[0], "the earliest recorded", lost


def _latest(claim: str, replaced_by: Mapping[str, Claim]) -> str:
    """The end of the chain of corrections that starts at a claim."""
    seen = {claim}
    while claim in replaced_by and (claim := replaced_by[claim].id) not in seen:
        seen.add(claim)
    return claim


def _lacking_origins(claims: Sequence[Claim]) -> list[bool]:
    """Which figures do not come from two independent origins. Re-posts of one origin add no weight."""
    origins = {(claim.type, claim.amount, claim.origin) for claim in claims}
    found = Counter((kind, amount) for kind, amount, _ in origins)
    return [found[claim.type, claim.amount] < 2 for claim in claims]


def _instant(published: str) -> str:
    """A publication date that sorts by time: in UTC where it bears an offset, else at the start of its day."""
    if "T" not in published:
        return published
    return datetime.fromisoformat(published).astimezone(UTC).isoformat()


Rank: TypeAlias = Callable[[Sequence[Claim]], list[Any]]
_RULES: Sequence[tuple[str, Rank]] = (
    ("the better credibility", lambda claims: [claim.credibility for claim in claims]),
    ("the better reliability", lambda claims: [claim.reliability for claim in claims]),
    ("the natural authority for this movement", lambda claims: [not claim.has_authority for claim in claims]),
    ("two independent origins", _lacking_origins),
    ("the earliest published", lambda claims: [_instant(claim.published) for claim in claims]),
)
"""Each rule by its name, and how it ranks claims: smaller is better."""

AUTHORITIES = frozenset({"official_party", "facilitator", "un"})
"""The kinds of source that can have natural authority."""


def has_natural_authority(event: AnyEvent) -> bool:
    """Whether this source is the one to know: the facilitator or the UN for captives and remains that were
    physically moved, the releasing authority for prisoners, the receiving one for identified remains."""
    source = event.source
    kind, official = source.kind, source.kind == "official_party" and source.speaks_for is not None
    if event.type == "prisoners_released":
        return official and source.speaks_for == event.by
    if official and event.type == "remains_returned":
        return source.speaks_for == event.to
    return kind == "un" or kind == "facilitator"


def _open_disputes(decisions: Sequence[AnyDecision], retracted: Container[str]) -> int:
    """Disputes since the last adoption, but for those of claims that were retracted."""
    count = 0
    for each in decisions:
        if each.type == "claim_adopted":
            count = 0
        elif each.type == "claim_disputed" and each.claim not in retracted:
            count += 1
    return count


def spanning(adopted: Claim, rivals: Sequence[Entry]) -> tuple[Entry, ...]:
    """The adopted claim's entries, their range widened to that of all claims that stand.

    A rival without an upper bound reaches at least its low. The range belongs to the claim's sum: of several
    groups, the largest carry it.
    """
    own = adopted.amount
    best, own_low, own_high = bounds(own)
    ranges = [bounds(rival)[1:] for rival in rivals]
    low = min(low for low, _ in ranges)
    high = None if own_high is None else max(low if high is None else high for low, high in ranges)
    if len(adopted.entries) == 1 or adopted.type == "count_credited":
        return tuple(hedged(best, low, high, hedges(own)) for _ in adopted.entries)
    below, above = own_low - low, None if high is None or own_high is None else high - own_high
    spread = list(adopted.entries)
    for index in sorted(range(len(spread)), key=lambda index: -bounds(spread[index])[1]):
        best, part_low, part_high = bounds(spread[index])
        taken = min(below, part_low)
        reach = None if above is None or part_high is None else part_high + above
        spread[index] = hedged(best, part_low - taken, reach, hedges(spread[index]))
        below, above = below - taken, None if above is None else 0
        if not below:
            break
    return tuple(spread)
