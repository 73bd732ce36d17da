"""A second, slow and plain reading of the rules: group claims by what they are about, judge each, add up."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeAlias

from ledger.book.transfers import MOVING
from schemas.events import AnyEvent, ClaimAdopted, ClaimRetracted, CountCredited, Movement
from schemas.values import Count

DECISIONS = ("claim_adopted", "claim_disputed", "claim_retracted")
PLANS = ("release_planned", "release_delayed", "terms_proposed")


class Sum(NamedTuple):
    best: int | None
    low: int
    high: int | None

    def plus(self, other: "Sum", sign: int = 1) -> "Sum":
        """The sum of two, where None stands for unknown."""
        best = None if self.best is None or other.best is None else self.best + sign * other.best
        high = None if self.high is None or other.high is None else self.high + sign * other.high
        return Sum(best, self.low + sign * other.low, high)


NOTHING = Sum(0, 0, 0)
Figures: TypeAlias = dict[tuple[str, int | None, str], Sum]


def stated(count: Count) -> Sum:
    low = count.low if count.low is not None else count.best or 0
    return Sum(count.best, low, count.high if count.high is not None else count.best)


def counts(event: AnyEvent) -> list[Sum]:
    if isinstance(event, CountCredited):
        return [stated(event.count)]
    return [stated(each.count) for each in event.groups] if isinstance(event, Movement) else []


def total(event: AnyEvent) -> Sum:
    result = NOTHING
    for each in counts(event):
        result = result.plus(each)
    return result


def naive(events: Iterable[AnyEvent], occurred_by: str | None = None, published_by: str | None = None) -> Figures:
    """The best, low and high of some figures by exchange and round, as of a cut."""
    about: dict[tuple[str, str], list[AnyEvent]] = {}
    withheld: dict[tuple[str, str], dict[str, str | None]] = {}
    for event in events:
        place = (event.exchange, event.occurrence or event.id)
        if published_by is not None and not over(event.source.published, published_by):
            withheld.setdefault(place, {})[event.id] = event.supersedes
        else:
            about.setdefault(place, []).append(event)
    figures: Figures = {}
    for (exchange, key), said in about.items():
        judged = choose(said, withheld.get((exchange, key), {}))
        if judged is None:
            continue
        chosen, standing = judged
        if occurred_by is not None and not over(chosen.occurred.at, occurred_by):
            continue
        for round, name, amount, sign in posted(chosen, widened(chosen, standing)):
            at = (exchange, round, name)
            figures[at] = figures.get(at, NOTHING).plus(amount, sign)
    return figures


def over(at: str | None, bound: str) -> bool:
    """Whether a date or a time is over by the end of another, on the clock of the latter."""
    if at is None:
        return False
    moment, limit = datetime.fromisoformat(at), datetime.fromisoformat(bound)
    if moment.tzinfo is not None and limit.tzinfo is not None:
        moment = moment.astimezone(limit.tzinfo)
    ends = [
        each.replace(tzinfo=None) + (timedelta(minutes=1) if "T" in text else timedelta(days=1))
        for each, text in ((moment, at), (limit, bound))
    ]
    return ends[0] <= ends[1]


def choose(said: Sequence[AnyEvent], withheld: dict[str, str | None]) -> tuple[AnyEvent, list[AnyEvent]] | None:
    """The claim that counts, and all that stand; None where none counts."""
    decisions = [each for each in said if each.type in DECISIONS]
    claims = [each for each in said if each.type not in DECISIONS]

    def holds(place: int) -> bool:
        later = range(place + 1, len(decisions))
        return not any(retracts(decisions[n], decisions[place].id) and holds(n) for n in later)

    in_force = [each for place, each in enumerate(decisions) if holds(place)]
    retracted = {each.claim for each in in_force if isinstance(each, ClaimRetracted)}
    alive = [each for each in claims if each.id not in retracted]
    gone = withheld | {each.id: each.supersedes for each in claims if each.id in retracted}
    successor: dict[str, str] = {}
    for each in alive:
        for replaced in reaching(each.supersedes, gone):
            successor.setdefault(replaced, each.id)
    ids = {each.id for each in claims} | set(withheld)
    standing = [
        each
        for each in alive
        if each.id not in successor
        and each.status != "failed"
        and (each.status != "planned" or each.type in PLANS)
        and (each.supersedes is None or each.supersedes in ids)
    ]
    standing = [each for each in standing if is_counted(each)] or standing
    adoptions = [each for each in in_force if isinstance(each, ClaimAdopted)]
    if adoptions:
        wanted = adoptions[-1].claim
        if wanted is None:
            return None
        seen: set[str] = set()
        while wanted in successor and wanted not in seen:
            seen.add(wanted)
            wanted = successor[wanted]
        for each in standing:
            if each.id == wanted:
                return each, standing
    return (best_of(standing, claims), standing) if standing else None


def reaching(claim: str | None, gone: dict[str, str | None]) -> list[str]:
    """The claim that another supersedes and, through those that are gone, all that it stands for."""
    found: list[str] = []
    while claim is not None and claim not in found:
        found.append(claim)
        claim = gone.get(claim)
    return found


def is_counted(event: AnyEvent) -> bool:
    """Whether a claim adds to any figure."""
    return event.type in MOVING and getattr(event, "part", None) is None


def retracts(event: AnyEvent, other: str) -> bool:
    return isinstance(event, ClaimRetracted) and event.claim == other


def best_of(standing: Sequence[AnyEvent], claims: Sequence[AnyEvent]) -> AnyEvent:
    """The first by credibility, reliability, authority, two origins, publication, and place in the log."""
    left = list(standing)
    keys: list[Callable[[AnyEvent], Any]] = [
        lambda each: each.source.credibility,
        lambda each: each.source.reliability,
        lambda each: not knows_best(each),
        lambda each: len(origins(each, left)) < 2,
        lambda each: each.source.published or "9999",
        lambda each: recorded(each, claims),
    ]
    for key in keys:
        ranks = [key(each) for each in left]
        left = [each for each, rank in zip(left, ranks, strict=True) if rank == min(ranks)]
    return left[0]


def recorded(claim: AnyEvent, claims: Sequence[AnyEvent]) -> int:
    """A correction has the place of the claim that it replaces, where that came before it."""
    place = claims.index(claim)
    replaced = [each for each in claims[:place] if each.id == claim.supersedes]
    return recorded(replaced[0], claims) if replaced else place


def origins(claim: AnyEvent, claims: Iterable[AnyEvent]) -> set[str]:
    return {
        each.source.origin or each.source.publisher
        for each in claims
        if each.type == claim.type and total(each) == total(claim) and hedges(each) == hedges(claim)
    }


def hedges(event: AnyEvent) -> int:
    if not isinstance(event, Movement):
        return 0
    return sum(each.count.qualifier != "exact" for each in event.groups)


def knows_best(event: AnyEvent) -> bool:
    source = event.source
    speaks = source.speaks_for if source.kind == "official_party" else None
    if event.type == "prisoners_released":
        return speaks is not None and speaks == getattr(event, "by", None)
    if event.type == "remains_returned" and speaks is not None:
        return speaks == getattr(event, "to", None)
    return source.kind in ("un", "facilitator")


def widened(chosen: AnyEvent, standing: Iterable[AnyEvent]) -> list[Sum]:
    """The groups of a claim, the largest first carrying the range of all claims of its type."""
    own = total(chosen)
    groups = counts(chosen)
    rivals = [total(each) for each in standing if each.type == chosen.type]
    if not groups or all(each == own for each in rivals):
        return groups
    low = min(each.low for each in rivals)
    highs = [each.low if each.high is None else each.high for each in rivals]
    below, above = own.low - low, None if own.high is None else max(highs) - own.high
    for place in sorted(range(len(groups)), key=lambda place: -groups[place].low):
        best, part_low, part_high = groups[place]
        high = None if part_high is None or above is None else part_high + above
        groups[place] = Sum(best, max(0, part_low - below), high)
        below, above = max(0, below - part_low), above and 0
        if not below:
            break
    return groups


FLOWS = {
    "captives_released": "captives.released",
    "captives_taken": "captives.taken",
    "captives_died": "captives.died",
    "prisoners_released": "prisoners.released",
    "remains_returned": "remains.returned",
}


def posted(event: AnyEvent, amounts: Sequence[Sum]) -> Iterable[tuple[int | None, str, Sum, int]]:
    if isinstance(event, CountCredited):
        yield event.to_round, "captives.deal", amounts[0], 1
        if event.from_scope == "inside":
            yield event.from_round, "captives.deal", amounts[0], -1
    elif isinstance(event, Movement) and event.part is None:
        for group, amount in zip(event.groups, amounts, strict=True):
            yield event.round, FLOWS[event.type], amount, 1
            if event.type == "captives_released" and group.ratio_scope == "inside":
                yield event.round, "captives.deal", amount, 1
