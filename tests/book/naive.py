"""A second, slow and plain reading of `docs/uncertainty.md` and `docs/counting.md`, which shares nothing with the fold.

Claims are grouped by what they are about. Of each group one is chosen, its amounts are widened by its rivals and posted
under plain names, and a figure is what the postings of a side and a round add up to.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as members
from datetime import date, datetime, time, timedelta, tzinfo
from functools import cached_property
from typing import Any, Literal, NamedTuple, TypeAlias

from schemas.events import (
    AnyEvent,
    ClaimAdopted,
    ClaimRetracted,
    CountCredited,
    ExchangeOpened,
    Movement,
    RemainsIdentified,
    TallyStated,
)
from schemas.kinds import KINDS, side_of
from schemas.values import Count, Group, Moment, Span, span

Rounds: TypeAlias = int | Literal["all"] | None
SIDES = ("captives", "prisoners")
NEVER = datetime(9999, 12, 31)

# -- sums --------------------------------------------------------------------------------------------


class Sum(NamedTuple):
    """A number with its bounds. None stands for unknown (best), or for no end (high)."""

    best: int | None
    low: int
    high: int | None
    hedged: bool = False

    @property
    def says_nothing(self) -> bool:
        return self.best is None and self.low == 0 and self.high is None


NOTHING = Sum(0, 0, 0)
UNKNOWN = Sum(None, 0, None, True)


def either(first: int | None, second: int | None, sign: int = 1) -> int | None:
    """The sum, or the difference, of two numbers; unknown where one is."""
    return None if first is None or second is None else first + sign * second


def plus(first: Sum, second: Sum) -> Sum:
    return Sum(
        either(first.best, second.best),
        first.low + second.low,
        either(first.high, second.high),
        first.hedged or second.hedged,
    )


def added(sums: Iterable[Sum]) -> Sum:
    result = NOTHING
    for each in sums:
        result = plus(result, each)
    return result


def minus(there: Sum, went: Sum) -> Sum:
    """What is left; its best and its high are below 0 where more went than was there."""
    low = 0 if went.high is None else max(0, there.low - went.high)
    high = None if there.high is None else there.high - went.low
    return Sum(either(there.best, went.best, -1), low, high, there.hedged or went.hedged)


def sound(amount: Sum) -> Sum | None:
    """A difference, unless it is no number."""
    least = amount.high if amount.best is None else amount.best
    return None if least is not None and least < 0 else amount


def with_some_of(certain: Sum, possible: Sum) -> Sum:
    """What certainly belongs, and what may belong."""
    if possible.high is not None and possible.high <= 0:
        return certain._replace(hedged=certain.hedged or possible.hedged)
    return Sum(None, certain.low, either(certain.high, possible.high), certain.hedged or possible.hedged)


def from_none_to_all(amount: Sum) -> Sum:
    return amount if amount.high == 0 else amount._replace(best=None, low=0)


def without(amount: Sum, best: int, low: int, high: int) -> Sum:
    """An amount, less so much of each of its numbers."""
    return amount._replace(best=either(amount.best, best, -1), low=amount.low - low, high=either(amount.high, high, -1))


def tolerance(number: int) -> int:
    """How much a round number can mean."""
    place = 1
    while number and number % (place * 10) == 0:
        place *= 10
    return max(1, min(number // 10, place // 2))


def stated(count: Count) -> Sum:
    """A count as its table reads it."""
    hedged = count.qualifier not in ("exact", "estimate")
    if count.qualifier == "nearly" and count.high is not None:
        nearly = count.high + 1
        return Sum(count.high, max(0, nearly - tolerance(nearly)) if count.low is None else count.low, count.high, True)
    low = count.low if count.low is not None else count.best or 0
    return Sum(count.best, low, count.high if count.high is not None else count.best, hedged)


def amounts(event: AnyEvent) -> list[Sum]:
    """What a claim states, group by group."""
    if isinstance(event, Movement):
        return [stated(each.count) for each in event.groups]
    count = getattr(event, "count", None) or getattr(event, "amount", None)
    return [stated(count)] if isinstance(count, Count) else []


def total(event: AnyEvent) -> Sum:
    stated_amounts = amounts(event)
    return added(stated_amounts) if stated_amounts else UNKNOWN


# -- time --------------------------------------------------------------------------------------------


class Clock(NamedTuple):
    """The end of a bound, and the zone on whose clock times are compared with it."""

    end: datetime
    zone: tzinfo | None


def clock(bound: str) -> Clock:
    return Clock(when(bound, None)[1], datetime.fromisoformat(bound).tzinfo)


def when(at: str, zone: tzinfo | None) -> tuple[datetime, datetime]:
    """A date, or a time, from its beginning to its end."""
    begins, ends = span(at, "minute" if "T" in at else "day", None, zone)
    assert begins is not None
    assert ends is not None
    return begins, ends


def lasting(moment: Moment, zone: tzinfo | None = None) -> Span:
    return span(moment.at, moment.precision, moment.until, zone)


def is_over(moment: Moment, bound: Clock) -> bool:
    """Whether a moment is certainly over by the end of a bound."""
    ends = lasting(moment, bound.zone).end
    return ends is not None and ends <= bound.end


def began(moment: Moment, bound: Clock) -> bool:
    """Whether a moment began before the end of a bound, as far as anybody knows."""
    begins = lasting(moment, bound.zone).start
    return begins is None or begins < bound.end


def is_published(event: AnyEvent, bound: Clock | None) -> bool:
    if bound is None:
        return True
    published = event.source.published
    return published is not None and when(published, bound.zone)[1] <= bound.end


# -- claims on one occurrence ------------------------------------------------------------------------


@dataclass
class Said:
    """All that is said of one occurrence, in the order of the log: what a cut knows, and the claims it withholds."""

    known: list[AnyEvent] = members(default_factory=list)
    withheld: list[AnyEvent] = members(default_factory=list)


@dataclass(frozen=True)
class Verdict:
    """The claim that counts, and all that stand."""

    claim: AnyEvent
    standing: Sequence[AnyEvent]

    @cached_property
    def amounts(self) -> list[Sum]:
        """What the claim adds, group by group, with the range of all claims of its type."""
        own = amounts(self.claim)
        alike = [each for each in rivals_of(self) if told_alike(each, self.claim)]
        groups = list(own)
        for place, group in enumerate(own):
            said = [amounts(each)[place_of(self.claim, place, each)] for each in alike]
            low, high = stretched(group, said)
            groups[place] = group._replace(low=low, high=high)
        others = [total(each) for each in rivals_of(self) if each not in alike]
        if not [each for each in others if not (each.says_nothing or agrees(each, added(own)))]:
            return groups
        low, high = stretched(added(own), others)
        reached = added(groups)
        top = None if high is None or reached.high is None else max(high, reached.high)
        return spread(groups, (min(low, reached.low), top))

    @property
    def total(self) -> Sum:
        return added(self.amounts)


def is_decision(event: AnyEvent) -> bool:
    return KINDS[event.type].nature == "decision"


def adds(event: AnyEvent) -> bool:
    """Whether a claim counts anything."""
    return KINDS[event.type].nature in ("move", "note") and getattr(event, "part", None) is None


def choose(said: Said) -> Verdict | None:
    """The claim that counts and all that stand; None where none counts."""
    decisions = in_force([each for each in said.known if is_decision(each)])
    claims = [each for each in said.known if not is_decision(each)]
    retracted = {each.claim for each in decisions if isinstance(each, ClaimRetracted)}
    alive = [each for each in claims if each.id not in retracted]
    supersedes = {each.id: each.supersedes for each in (*claims, *said.withheld)}
    successors = successors_of(alive, supersedes)
    standing = [each for each in alive if each.id not in successors and may_count(each, supersedes)]
    standing = [each for each in standing if adds(each)] or standing
    first = {each.id: first_of(each, alive, supersedes) for each in standing}
    adoptions = [each for each in decisions if isinstance(each, ClaimAdopted)]
    if adoptions:
        if adoptions[-1].claim is None:
            return None
        wanted = last_of(adoptions[-1].claim, successors)
        for each in standing:
            if each.id == wanted:
                return Verdict(each, of_one_side(each, standing))
    if not standing:
        return None
    rivals = of_one_side(best_of(standing, first, claims), standing)
    return Verdict(best_of(rivals, first, claims), rivals)


def of_one_side(claim: AnyEvent, claims: Iterable[AnyEvent]) -> list[AnyEvent]:
    """The claims about the side that one is about."""
    return [each for each in claims if whose(each) == whose(claim)]


def whose(event: AnyEvent) -> str | None:
    """The side of those whom a claim counts, also one about a part; None for what counts nobody."""
    kind = KINDS[event.type]
    return kind.side or getattr(event, "side", None) if kind.nature in ("move", "note") else None


def in_force(decisions: Sequence[AnyEvent]) -> list[AnyEvent]:
    """The decisions that no later decision, itself in force, retracts."""
    result: list[AnyEvent] = []
    for each in reversed(decisions):
        if not any(isinstance(later, ClaimRetracted) and later.claim == each.id for later in result):
            result.append(each)
    return result[::-1]


def successors_of(alive: Sequence[AnyEvent], supersedes: Mapping[str, str | None]) -> dict[str, str]:
    """For each claim that is superseded, by which one: also through claims that are retracted or not yet published."""
    living = {each.id for each in alive}
    result: dict[str, str] = {}
    for each in alive:
        replaced, seen = each.supersedes, set[str]()
        while replaced is not None and replaced not in seen:
            seen.add(replaced)
            result.setdefault(replaced, each.id)
            replaced = None if replaced in living else supersedes.get(replaced)
    return result


def may_count(claim: AnyEvent, supersedes: Mapping[str, str | None]) -> bool:
    """Whether a claim speaks of what happened, and supersedes no claim that its occurrence does not have."""
    if claim.status == "failed" or (claim.status == "planned" and not KINDS[claim.type].plans):
        return False
    return claim.supersedes is None or claim.supersedes in supersedes


def last_of(claim: str, successors: Mapping[str, str]) -> str:
    """The last correction of a chain."""
    seen: set[str] = set()
    while claim in successors and claim not in seen:
        seen.add(claim)
        claim = successors[claim]
    return claim


def first_of(claim: AnyEvent, alive: Sequence[AnyEvent], supersedes: Mapping[str, str | None]) -> AnyEvent:
    """The first claim of the chain of a correction that is known and not retracted."""
    by_id = {each.id: each for each in alive}
    result, seen = claim, {claim.id}
    before = claim.supersedes
    while before is not None and before not in seen:
        seen.add(before)
        result = by_id.get(before, result)
        before = supersedes.get(before)
    return result


def best_of(standing: Sequence[AnyEvent], first: Mapping[str, AnyEvent], claims: Sequence[AnyEvent]) -> AnyEvent:
    """The one that the rules leave, one after the other."""
    left = list(standing)
    rules: list[Callable[[AnyEvent], Any]] = [
        lambda each: total(each).says_nothing,
        lambda each: each.source.credibility,
        lambda each: each.source.reliability,
        lambda each: not knows_best(each),
        lambda each: len(origins(each, left)) < 2,
        lambda each: first[each.id].source.published or "9999",
        lambda each: claims.index(first[each.id]),
        claims.index,
    ]
    for rule in rules:
        ranks = [rule(each) for each in left]
        left = [each for each, rank in zip(left, ranks, strict=True) if rank == min(ranks)]
    return left[0]


def knows_best(event: AnyEvent) -> bool:
    """Whether the source of a claim is the natural authority on it."""
    source = event.source
    is_neutral = source.kind in ("un", "facilitator")
    speaks_for = source.speaks_for if source.kind == "official_party" else None
    match KINDS[event.type].authority:
        case "releaser":
            return is_neutral or (speaks_for is not None and speaks_for == getattr(event, "by", None))
        case "receiver":
            return speaks_for is not None and speaks_for == getattr(event, "to", None)
        case "neutral":
            return is_neutral
    return False


def origins(claim: AnyEvent, claims: Iterable[AnyEvent]) -> set[str]:
    """Where the figure of a claim comes from."""
    return {
        each.source.origin or each.source.publisher
        for each in claims
        if each.type == claim.type and total(each) == total(claim)
    }


# -- rivals ------------------------------------------------------------------------------------------


def rivals_of(verdict: Verdict) -> list[AnyEvent]:
    return [each for each in verdict.standing if each is not verdict.claim and is_rival(each, verdict.claim)]


def described(claim: AnyEvent) -> list[tuple[object, ...]]:
    """What a claim says of each of its groups, but for how many and who held them."""
    if not isinstance(claim, Movement):
        return []
    names = ("ratio_scope", "nationality", "category", "destination", "basis", "sentence", "vital")
    return [(claim.round, claim.terms, *(getattr(group, name) for name in names)) for group in claim.groups]


def told_alike(rival: AnyEvent, claim: AnyEvent) -> bool:
    """Whether a rival tells of the same groups, of which there are several that differ."""
    ours, theirs = described(claim), described(rival)
    is_plain = len(set(ours)) == len(ours) and len(set(theirs)) == len(theirs)
    return len(ours) > 1 and is_plain and set(ours) == set(theirs)


def place_of(claim: AnyEvent, place: int, rival: AnyEvent) -> int:
    return described(rival).index(described(claim)[place])


def stretched(own: Sum, rivals: Sequence[Sum]) -> tuple[int, int | None]:
    """The bounds of an amount, and of every rival that does not agree with it."""
    moving = [each for each in rivals if not (each.says_nothing or agrees(each, own))]
    highs = [own.high, *(each.high for each in moving)]
    low = min([own.low, *(each.low for each in moving)])
    return low, None if None in highs else max(each for each in highs if each is not None)


def is_rival(claim: AnyEvent, other: AnyEvent) -> bool:
    """Whether two claims count the same: a stated total is of one figure, scope and party."""
    names = ("type", "figure", "scope", "party") if isinstance(claim, TallyStated) else ("type",)
    return [getattr(claim, name) for name in names] == [getattr(other, name, None) for name in names]


def agrees(rival: Sum, own: Sum) -> bool:
    """Whether a rival without a best that is open at an end says no other than the adopted claim."""
    if rival.best is not None or not (rival.high is None or rival.low == 0):
        return False
    if own.best is not None:
        return rival.low <= own.best and (rival.high is None or own.best <= rival.high)
    return (own.high is None or rival.low <= own.high) and (rival.high is None or own.low <= rival.high)


def spread(groups: Sequence[Sum], bounds: tuple[int, int | None]) -> list[Sum]:
    """The groups of a claim, the largest of which carry the range of the sum."""
    result, own = list(groups), added(groups)
    low, high = bounds
    below = own.low - low
    for nth, place in enumerate(largest_first(groups)):
        group = result[place]
        if nth == 0:
            above = 0 if own.high is None else either(high, own.high, -1)
            group = group._replace(high=either(group.high, above))
        taken = min(below, group.low)
        below -= taken
        result[place] = group._replace(low=group.low - taken)
    return result


def largest_first(groups: Sequence[Sum]) -> list[int]:
    return sorted(range(len(groups)), key=lambda place: -groups[place].low)


# -- parts -------------------------------------------------------------------------------------------


class Judged(NamedTuple):
    """A verdict that counts as of a cut, with its amounts."""

    claim: AnyEvent
    amounts: Sequence[Sum]


def part_of(event: AnyEvent) -> tuple[str, str] | None:
    """Of what a claim is a part, and by what."""
    return (event.part.of, event.part.by) if isinstance(event, Movement) and event.part is not None else None


def is_alike(part: AnyEvent, whole: AnyEvent) -> bool:
    outcomes = [each.matched for each in (part, whole) if isinstance(each, RemainsIdentified)]
    return part.type == whole.type and whose(part) == whose(whole) and len({*outcomes}) < 2


def as_of(key: str, verdict: Verdict, parts: Sequence[Verdict], bound: Clock | None) -> Judged | None:
    """What a verdict adds as of a cut by the clock of events, given all parts; None for nothing."""
    claim, own = verdict.claim, verdict.amounts
    mine = [each for each in parts if (part_of(each.claim) or ("",))[0] == key and is_alike(each.claim, claim)]
    over = [each for each in mine if bound is None or is_over(each.claim.occurred, bound)]
    if bound is None or KINDS[claim.type].timeless or is_over(claim.occurred, bound):
        return Judged(claim, at_least(claim, own, over) if is_told_by_parts(claim) else own)
    batches = [each for each in over if is_batch(each)]
    if not (batches and adds(claim) and isinstance(claim, Movement) and began(claim.occurred, bound)):
        return None
    return Judged(claim, so_far(claim, own, batches, [each for each in mine if is_batch(each)]))


def is_batch(part: Verdict) -> bool:
    return (part_of(part.claim) or ("", ""))[1] == "batch"


def is_told_by_parts(claim: AnyEvent) -> bool:
    return isinstance(claim, Movement) and total(claim).says_nothing


def at_least(claim: AnyEvent, groups: Sequence[Sum], parts: Sequence[Verdict]) -> list[Sum]:
    """The groups of a whole that states no number, of which the parts give the low."""
    assert isinstance(claim, Movement)
    dimensions: dict[str, list[Verdict]] = {}
    for part in parts:
        dimensions.setdefault((part_of(part.claim) or ("", ""))[1], []).append(part)
    if "mover" in dimensions:
        dimensions["mover"] = [max(dimensions["mover"], key=lambda part: part.total.low)]
    told = max(dimensions.values(), key=lambda each: added(part.total for part in each).low, default=[])
    lows = shares(claim, groups, told)
    return [group._replace(low=max(group.low, low)) for group, low in zip(groups, lows, strict=True)]


def shares(whole: Movement, groups: Sequence[Sum], parts: Sequence[Verdict]) -> list[int]:
    """At least how many of each group of a whole are among those of whom parts tell."""
    sure, unsure = [0] * len(groups), 0
    for part in parts:
        assert isinstance(part.claim, Movement)
        for group, amount in zip(part.claim.groups, part.amounts, strict=True):
            places = [n for n, other in enumerate(whole.groups) if may_be_of(group, part.claim, other, whole)]
            if len(groups) == 1:
                places = [0]
            if len(places) == 1:
                sure[places[0]] += amount.low
            else:
                unsure += amount.low
    for place, own in enumerate(groups):
        unsure += 0 if own.high is None else max(0, sure[place] - own.high)
    result = []
    for place, own in enumerate(groups):
        others = [n for n in range(len(groups)) if n != place]
        is_open = any(groups[n].high is None for n in others)
        room = sum(max(0, (groups[n].high or 0) - sure[n]) for n in others)
        low = sure[place] + (0 if is_open else max(0, unsure - room))
        result.append(low if own.high is None else min(low, own.high))
    return result


def may_be_of(part: Group, of_part: Movement, group: Group, of_group: Movement) -> bool:
    """Whether nothing that is said of two groups keeps the one from being of the other."""
    if has_a_path_of_the_dead(of_part) and (part.vital in DEAD) != (group.vital in DEAD):
        return False
    names = ("ratio_scope", "nationality", "category", "destination", "basis", "sentence", "vital")
    pairs = [(getattr(part, name), getattr(group, name)) for name in names] + [(of_part.terms, of_group.terms)]
    silent = {"none", "unknown", "mixed", None, ()}
    return all(one == other for one, other in pairs if one not in silent and other not in silent)


def has_a_path_of_the_dead(claim: Any) -> bool:
    """Whether the dead of a claim count under another name than its living."""
    return KINDS[claim.type].move in ("taken", "released", "rescued", "escaped")


def so_far(claim: Movement, groups: Sequence[Sum], over: Sequence[Verdict], batches: Sequence[Verdict]) -> list[Sum]:
    """The groups of a leg that is not over, of which some batches are."""
    own, there = added(groups), added(each.total for each in over)
    result = [group._replace(best=None, low=0, hedged=group.hedged or there.hedged) for group in groups]
    for place, low in enumerate(shares(claim, groups, over)):
        result[place] = result[place]._replace(low=low)
    whole = added(each.total for each in batches).best
    if len(groups) == 1 and whole is not None and whole == own.best:
        result[0] = result[0]._replace(best=there.best)
    return result


# -- postings ----------------------------------------------------------------------------------------


class Posting(NamedTuple):
    """An amount of one side, by a plain name, of one round."""

    side: str
    name: str
    round: int | None
    amount: Sum
    claim: AnyEvent


class Declared(NamedTuple):
    """What the opening of an exchange declares."""

    nationals: Mapping[str, frozenset[str]]
    unsaid_scope: str


NO_DEAL = ("unilateral", "humanitarian", "side_arrangement", "amnesty")
DEAD = ("remains", "died")
NOTES = {"remains_received": "received", "handover_rejected": "rejected"}


def posted(judged: Judged, declared: Declared) -> Iterable[Posting]:
    claim = judged.claim
    if isinstance(claim, CountCredited):
        scope = declared.unsaid_scope if claim.from_scope == "none" else claim.from_scope
        [amount] = judged.amounts
        yield Posting(claim.side, "credited_in", claim.to_round, amount, claim)
        yield Posting(claim.side, "credited_out", claim.from_round, amount, claim)
        yield Posting(claim.side, f"out of {scope}", claim.from_round, amount, claim)
    elif isinstance(claim, Movement) and adds(claim):
        side = side_of(claim.type, getattr(claim, "side", None))
        for group, amount in zip(claim.groups, judged.amounts, strict=True):
            for name in names(claim, group, declared, side):
                yield Posting(side, name, claim.round, amount, claim)


def names(claim: AnyEvent, group: Group, declared: Declared, side: str) -> tuple[str, ...]:
    """The plain names under which a group is posted."""
    own = nationality(group, declared.nationals[side])
    back = ("returned", f"returned {own}")
    if isinstance(claim, RemainsIdentified):
        return ("identified", *back) if claim.matched else ("identified", "rejected")
    move, dead = KINDS[claim.type].move, group.vital in DEAD
    match move:
        case None:
            return (NOTES[claim.type],)
        case "taken":
            return ("taken", "taken dead" if dead else "taken alive")
        case "released":
            return back if dead else ("released", f"released {own}", scope_of(group, declared))
        case "returned":
            return back
        case "rescued" | "escaped" if dead:
            return ("recovered",)
        case "died":
            return ("died", "died held" if getattr(claim, "remains_held", True) else "died gone")
    return (move,)


def scope_of(group: Group, declared: Declared) -> str:
    """Whether a group that is released counts in the deal; "none" where nobody said it."""
    if group.ratio_scope != "none":
        return group.ratio_scope
    return "outside" if group.basis in NO_DEAL else declared.unsaid_scope


def nationality(group: Group, nationals: frozenset[str]) -> str:
    if not group.nationality:
        return "anybody"
    return "national" if nationals & {*group.nationality} else "other"


# -- what is held ------------------------------------------------------------------------------------

INTO = ("taken", "retaken")
OUT_OF = ("released", "rescued", "escaped", "transferred", "died gone", "returned", "recovered")
FREED = ("released", "rescued", "escaped")
LIVING = frozenset({*FREED, "taken alive", "retaken", "transferred", "died held", "died gone", "died_free"})
"""What changes how many are alive, in captivity or free."""


class Stock(NamedTuple):
    """A stated stock that opens what is held, and the end of its last day."""

    amount: Sum
    end: datetime

    def place(self, moment: Moment) -> Literal["in", "later", "straddles"]:
        begins, ends = lasting(moment)
        if ends is not None and ends <= self.end:
            return "in"
        return "later" if begins is not None and begins >= self.end else "straddles"


def stock_of(judged: Judged) -> Stock | None:
    """The stock that an opening declares; None where it is never over."""
    moment = judged.claim.occurred
    ends = lasting(moment).end
    if ends is None:
        return None
    midnight = datetime.combine(ends.date(), time())
    return Stock(added(judged.amounts), ends if ends == midnight else midnight + timedelta(days=1))


class Step(NamedTuple):
    """What of one group began, or was over, on a day: its name, its number, and whether it came after the stock."""

    name: str
    amount: Sum
    place: Literal["in", "later", "straddles"]
    is_begun: bool
    over: date


@dataclass
class Ends:
    """The best, the least and the most of how many were alive in captivity, or free."""

    best: float = 0
    least: float = 0
    most: float = 0

    def change(self, best: float, least: float, most: float) -> None:
        self.best, self.least, self.most = self.best + best, self.least + least, self.most + most

    def enter(self, step: Step, *, early: bool) -> None:
        """People who come: in the best from when they can have come, or (not `early`) once they have."""
        best = step.amount.best or 0 if early == step.is_begun else 0
        if step.is_begun:
            self.change(best, 0, top(step.amount))
        else:
            self.change(best, step.amount.low, 0)

    def leave(self, step: Step, *, early: bool) -> None:
        best = step.amount.best or 0 if early == step.is_begun else 0
        if step.is_begun:
            self.change(-best, -top(step.amount), 0)
        else:
            self.change(-best, 0, -step.amount.low)


class Excess(NamedTuple):
    """What comes off the best, the low and the high of a day's deaths."""

    best: int
    low: int
    high: int


def top(amount: Sum) -> float:
    return float("inf") if amount.high is None else amount.high


def in_freedom(dead: float, alive: float, free: float) -> float:
    """The dead beyond those alive in captivity, as far as so many are free."""
    return min(max(0, dead - max(0, alive)), max(0, free)) if dead < float("inf") else max(0, free)


def beyond_those_held(postings: Sequence[Posting], stock: Stock | None) -> dict[tuple[date, date, str], Excess]:
    """How many of the deaths of a name, by the days on which they began and were over, were in freedom."""
    alive, free, excess = Ends(), Ends(), dict[tuple[date, date, str], Excess]()
    days = steps(postings, stock)
    for day in sorted(days):
        if any(step.amount.best is None or (step.place == "straddles" and not step.is_begun) for step in days[day]):
            break
        for step in days[day]:
            if step.name in FREED:
                free.enter(step, early=False)
            if step.name in ("retaken", "died_free"):
                free.leave(step, early=True)
            if step.place == "later" and step.name in ("taken alive", "retaken"):
                alive.enter(step, early=True)
            if step.place == "later" and step.name in (*FREED, "transferred"):
                alive.leave(step, early=False)
        dying = [step for step in days[day] if step.place == "later" and step.is_begun]
        for name in ("died gone", "died held"):
            for over in sorted({step.over for step in dying if step.name == name}):
                dead = added(step.amount for step in dying if step.name == name and step.over == over)
                best = in_freedom(dead.best or 0, alive.best, free.best)
                low = in_freedom(dead.low, alive.least, free.most)
                high = 0 if dead.high is None else in_freedom(dead.high, alive.most, free.least)
                excess[day, over, name] = Excess(int(best), int(low), int(high))
                fewest = in_freedom(dead.low, alive.most, free.least)
                most = in_freedom(top(dead), alive.least, free.most)
                alive.change(best - (dead.best or 0), high - top(dead), low - dead.low)
                free.change(-best, -most, -fewest)
        if stock is not None and day == last_day(stock.end):
            if stock.amount.best is None:
                break
            alive.change(stock.amount.best, stock.amount.low, top(stock.amount))
    return excess


def steps(postings: Sequence[Posting], stock: Stock | None) -> dict[date, list[Step]]:
    found: dict[date, list[Step]] = {} if stock is None else {last_day(stock.end): []}
    for each in postings:
        if each.name in LIVING:
            place: Literal["in", "later", "straddles"] = "later" if stock is None else stock.place(each.claim.occurred)
            first, last = lasts(each.claim.occurred)
            for day, is_begun in ((first, True), (last, False)):
                found.setdefault(day, []).append(Step(each.name, each.amount, place, is_begun, last))
    return found


def lasts(moment: Moment) -> tuple[date, date]:
    """The first and the last day of a moment, as far as anybody knows."""
    begins, ends = lasting(moment)
    return date.min if begins is None else begins.date(), last_day(ends or NEVER)


def last_day(end: datetime) -> date:
    return (end - timedelta(microseconds=1)).date()


# -- figures -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Side:
    """The postings of one side of an exchange, and what was declared of it."""

    postings: Sequence[Posting]
    openings: Sequence[Stock]
    declares: bool

    def sum(self, name: str, round: Rounds) -> Sum | None:
        """What is posted under a name; None where nothing is."""
        found = [each.amount for each in self.postings if each.name == name and round in (each.round, "all")]
        return added(found) if found else None

    def sums(self, round: Rounds, *names: str) -> Sum | None:
        """The sum of what is recorded of some names; None where nothing is."""
        found = [amount for name in names if (amount := self.sum(name, round)) is not None]
        return added(found) if found else None

    def of(self, round: Rounds, *names: str) -> Sum:
        return self.sums(round, *names) or NOTHING

    # the figures

    def figure(self, name: str, round: Rounds) -> Sum | None:
        match name:
            case "deal" | "outside" | "unsaid":
                return self.scope(name, round)
            case "nationals" | "others":
                return self.nationality("released", {"nationals": "national", "others": "other"}[name], round)
            case "freed":
                return self.sums(round, *FREED)
            case "held":
                return self.held() if round == "all" else None
            case "remains.held":
                return self.remains_held() if round == "all" else None
            case "remains.back":
                return self.sums(round, "returned", "recovered")
            case "remains.unidentified":
                received = self.sum("received", round) if round == "all" else None
                return received and sound(minus(received, self.of(round, "identified")))
            case "remains.nationals":
                return self.nationality("returned", "national", round)
        return self.sum(name.removeprefix("remains."), round)

    def scope(self, name: str, round: Rounds) -> Sum | None:
        """A class of the released by whether the deal counts them."""
        reached = ("released", "credited_in") if name == "deal" else ("released",)
        if self.sums(round, *reached) is None:
            return None
        if any(sound(minus(there, out)) is None for there, out in self.credited(round)):
            return None
        unsaid = minus(self.of(round, "none"), self.of(round, "out of none"))
        if name == "unsaid":
            return sound(unsaid)
        if name == "deal":
            certain = minus(self.of(round, "inside", "credited_in"), self.of(round, "out of inside"))
        else:
            there = self.of(round, "outside", "credited_next_round")
            certain = minus(there, self.of(round, "out of outside", "out of credited_next_round"))
        return sound(with_some_of(certain, unsaid))

    def credited(self, round: Rounds) -> list[tuple[Sum, Sum]]:
        """How many there are of each class, and how many of those are credited to another round."""
        if self.sum("released", round) is None:
            return []
        there = {
            "inside": self.of(round, "inside", "credited_in"),
            **{name: self.of(round, name) for name in ("outside", "credited_next_round", "none")},
        }
        return [(amount, self.of(round, f"out of {name}")) for name, amount in there.items()]

    def nationality(self, total: str, whose: str, round: Rounds) -> Sum | None:
        """A class of a total by nationality: those of whom none is stated may belong."""
        if not self.declares or self.sum(total, round) is None:
            return None
        return with_some_of(self.of(round, f"{total} {whose}"), self.of(round, f"{total} anybody"))

    # what is held

    @cached_property
    def stock(self) -> Stock | None:
        """The opening that is over earliest, unless a taking was over by its end."""
        if not self.openings:
            return None
        earliest = min(self.openings, key=lambda each: each.end)
        takings = [each.claim.occurred for each in self.postings if each.name == "taken"]
        return None if any(earliest.place(each) == "in" for each in takings) else earliest

    @cached_property
    def died_in_freedom(self) -> Mapping[tuple[date, date, str], Excess]:
        if self.sum("taken", "all") is None and self.stock is None:
            return {}
        return beyond_those_held(self.postings, self.stock)

    def moves(self, name: str) -> list[tuple[Moment, Sum]]:
        """What is posted under a name; of deaths, day by day, less those who died in freedom."""
        found = [(each.claim.occurred, each.amount) for each in self.postings if each.name == name]
        if name not in ("died held", "died gone"):
            return found
        days: dict[tuple[date, date, str], tuple[Moment, Sum]] = {}
        for moment, amount in found:
            place = "later" if self.stock is None else self.stock.place(moment)
            key = *lasts(moment), place
            days[key] = moment, plus(days.get(key, (moment, NOTHING))[1], amount)
        gone = {(first, last): excess for (first, last, of), excess in self.died_in_freedom.items() if of == name}
        return [
            (moment, without(amount, *gone[first, last]) if place == "later" and (first, last) in gone else amount)
            for (first, last, place), (moment, amount) in days.items()
        ]

    def moved(self, names: Iterable[str]) -> Sum:
        """What moved by some names, as far as it is not in the stock already."""
        found: list[Sum] = []
        for moment, amount in (each for name in names for each in self.moves(name)):
            place = "later" if self.stock is None else self.stock.place(moment)
            if place != "in":
                found.append(from_none_to_all(amount) if place == "straddles" else amount)
        return added(found)

    def held(self) -> Sum | None:
        if self.sum("taken", "all") is None and self.stock is None:
            return None
        opening = self.stock.amount if self.stock else NOTHING
        return sound(minus(plus(opening, self.moved(INTO)), self.moved(OUT_OF)))

    def remains_held(self) -> Sum | None:
        if self.sums("all", "taken dead") is None and not self.moves("died held"):
            return None
        dead = plus(added(amount for _, amount in self.moves("died held")), self.of("all", "taken dead"))
        back = self.of("all", "returned", "recovered")
        if dead.best is not None and back.best is not None:
            return sound(minus(dead, back))
        covers = back.high is not None and dead.low >= back.high
        return minus(dead, back) if covers else None

    # parts of ratios

    def living(self, round: Rounds) -> Sum | None:
        return self.figure("nationals" if self.declares else "released", round)

    def dead(self, round: Rounds) -> Sum | None:
        return self.figure("remains.nationals" if self.declares else "remains.returned", round)


# -- the whole ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Exchange:
    """One exchange: its two sides, and which rounds share a ratio."""

    sides: Mapping[str, Side]
    joined: Sequence[frozenset[int]]


@dataclass(frozen=True)
class Naive:
    """The figures of several exchanges as of a cut."""

    exchanges: Mapping[str, Exchange]

    def figure(self, exchange: str, name: str, round: Rounds) -> Sum | None:
        """A figure of one round, or of all; None where it is not recorded."""
        if exchange not in self.exchanges:
            return None
        side, _, rest = name.partition(".")
        sides = self.exchanges[exchange].sides
        if side != "both":
            return sides[side].figure(rest, round)
        found = [amount for each in SIDES if (amount := sides[each].sum(rest, round)) is not None]
        if len(found) == 1:
            return found[0]._replace(best=None, high=None)
        return added(found) if found else None

    def ratio(self, exchange: str, scope: str, round: Rounds) -> tuple[Sum | None, Sum | None]:
        """Numerator and denominator; None where there is none."""
        found = self.exchanges.get(exchange)
        if found is None or (scope != "remains" and any(round in each for each in found.joined)):
            return None, None
        if scope == "nationals" and not any(side.declares for side in found.sides.values()):
            return None, None
        return ratio_part(found.sides["prisoners"], scope, round), ratio_part(found.sides["captives"], scope, round)


def ratio_part(side: Side, scope: str, round: Rounds) -> Sum | None:
    match scope:
        case "deal":
            return side.figure("deal", round)
        case "all":
            return side.figure("released", round)
        case "nationals":
            return side.living(round)
        case "remains":
            return side.dead(round)
    together = [amount for amount in (side.living(round), side.dead(round)) if amount is not None]
    return added(together) if together else None


def naive(events: Sequence[AnyEvent], occurred_by: str | None = None, published_by: str | None = None) -> Naive:
    """The figures of events of several exchanges, in the order of their log, as of a cut."""
    published = None if published_by is None else clock(published_by)
    occurred = None if occurred_by is None else clock(occurred_by)
    exchanges: dict[str, dict[str, Said]] = {}
    first: dict[str, AnyEvent] = {}
    for event in events:
        first.setdefault(event.id, event)
    known = [each for each in first.values() if is_published(each, published)]
    for event in known:
        said = exchanges.setdefault(event.exchange, {})
        said.setdefault(event.occurrence or event.id, Said()).known.append(event)
    for event in first.values():
        about = exchanges.get(event.exchange, {}).get(event.occurrence or event.id)
        if about is not None and not is_decision(event) and not is_published(event, published):
            about.withheld.append(event)
    return Naive({name: exchange_of(said, occurred) for name, said in exchanges.items()})


def exchange_of(said: Mapping[str, Said], occurred: Clock | None) -> Exchange:
    verdicts = {key: verdict for key, each in said.items() if (verdict := choose(each)) is not None}
    parts = [each for each in verdicts.values() if part_of(each.claim) is not None]
    found = [as_of(key, verdict, parts, occurred) for key, verdict in verdicts.items()]
    judged = [each for each in found if each is not None]
    declared = declared_by(judged)
    postings = [posting for each in judged for posting in posted(each, declared)]
    sides = {name: side_in(name, postings, judged, declared) for name in SIDES}
    return Exchange(sides, joined_by([each.claim for each in judged]))


def declared_by(judged: Iterable[Judged]) -> Declared:
    """What the latest opening of an exchange says."""
    found = Declared(dict.fromkeys(SIDES, frozenset()), "none")
    for claim, _ in judged:
        if isinstance(claim, ExchangeOpened):
            nationals = {"captives": frozenset(claim.nationals), "prisoners": frozenset(claim.prisoner_nationals)}
            found = Declared(nationals, claim.unsaid_scope or "none")
    return found


def side_in(name: str, postings: Iterable[Posting], judged: Iterable[Judged], declared: Declared) -> Side:
    openings = [stock for each in judged if opens(each.claim, name) and (stock := stock_of(each)) is not None]
    return Side([each for each in postings if each.side == name], openings, bool(declared.nationals[name]))


def opens(claim: AnyEvent, side: str) -> bool:
    """Whether a claim states a stock with which the counting of a side of this exchange begins."""
    if not isinstance(claim, TallyStated):
        return False
    return claim.opening and claim.figure == f"{side}.held" and claim.scope == "exchange"


def joined_by(claims: Iterable[AnyEvent]) -> list[frozenset[int]]:
    """The rounds that legs join, each with all those that it is joined to."""
    groups: list[frozenset[int]] = []
    for claim in claims:
        if isinstance(claim, Movement) and adds(claim) and claim.settles:
            together = frozenset(claim.settles) | ({claim.round} if claim.round is not None else frozenset())
            touched = [each for each in groups if each & together]
            groups = [each for each in groups if not each & together] + [together.union(*touched)]
    return [each for each in groups if len(each) > 1]
