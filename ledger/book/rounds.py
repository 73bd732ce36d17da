"""One round: both sides, its ratios, its promise, and every claim it rests on."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar, cast

from ledger.book.balances import Entry, Term, bounds, combined, entry, estimate_of, estimated, possible, summed
from ledger.book.claims import Claim, Occurrence
from ledger.book.deal import Cancelled, InForce, agreed_pledges, cancelled, promised_ratio
from ledger.book.durations import days_held
from ledger.book.facts import copied
from ledger.book.figures import value
from ledger.book.points import start_of
from ledger.book.projection import Book
from ledger.book.promises import DELIVERED, outstanding, per_head
from ledger.book.ratios import ratio, ratios
from ledger.book.sums import Figures, missing_sides
from ledger.book.tally import declared_sides, figures, joined_figures, side_figures
from ledger.book.transfers import MOVING, SIDES
from schemas.events import ReleaseDelayed, ReleasePlanned
from schemas.kinds import KINDS
from schemas.values import Moment
from schemas.views import (
    ClaimLeftOut,
    ClaimUsed,
    Due,
    Estimate,
    JointRatio,
    LegTimes,
    PartCheck,
    Ratio,
    Round,
)
from schemas.vocabulary import Leg, Side

_PLANS = ("release_planned", "release_delayed")
REMAINS_LEGS: Mapping[str, Leg] = {"captives": "remains", "prisoners": "prisoner_remains"}
"""The leg by which the dead of each side come back."""


def round_view(book: Book, number: int) -> Round:
    """The view of one round."""
    sums = figures(book, [number])
    occurrences = book.in_round(number)
    joined, is_joint = book.joined(number), book.shares_a_ratio(number)
    settling = _settling(book, number)
    deal = Deal.of(book)
    dues = _dues(book, number, deal, occurrences, sums)
    used, left_out = _claims(book, occurrences)
    return Round(
        exchange=book.exchange,
        round=number,
        captives=side_figures("captives", sums),
        prisoners=side_figures("prisoners", sums),
        ratios=ratios(sums, declared_sides([book]), own=not is_joint),
        joint=joint_ratio(book, joined) if is_joint else None,
        incomplete=_incomplete(book, occurrences, joined_figures(book, joined)),
        promised_ratio=deal.agreed,
        promised=dues.promised,
        delivered=dues.delivered,
        outstanding=dues.outstanding,
        settles=sorted({n for o in occurrences for n in _settles(o)}),
        settled_by=[leg.adopted.id for leg in settling if leg.adopted is not None],
        legs=leg_times(occurrences),
        days_held=days_held(book, occurrences),
        used=used,
        left_out=left_out,
        parts=part_checks(book, occurrences),
    )


def joint_ratio(book: Book, rounds: Iterable[int]) -> JointRatio:
    """The ratio of rounds that legs join: of the living, and where remains were inside the deal, of all."""
    numbers = sorted(rounds)
    sums = joined_figures(book, numbers)
    living = {side: value(f"{side}.deal", sums) for side in SIDES}
    dead = {side: its for side in SIDES if (its := _dead_in_deal(sums, side)) is not None}
    together = {side: _added(living[side], dead.get(side)) for side in SIDES}
    return JointRatio(
        rounds=numbers,
        living=ratio(living["prisoners"], living["captives"], ("prisoners.deal", "captives.deal")),
        all=ratio(together["prisoners"], together["captives"]) if dead else None,
    )


def _dead_in_deal(sums: Figures, side: Side) -> Estimate | None:
    """The remains of one side that the deal counts, and those of whom nobody says it; None where there are none."""
    inside, unsaid = (sums.get(f"{side}.remains.scope.{scope}") for scope in ("inside", "unsaid"))
    return _added(
        None if inside is None else inside.estimate(),
        None if unsaid is None else estimate_of(possible(unsaid.entry())),
    )


def _added(*several: Estimate | None) -> Estimate | None:
    """The sum of what is recorded; None where nothing is."""
    known = [Term(1, each) for each in several if each is not None]
    return combined(known) if known else None


def _incomplete(book: Book, occurrences: Iterable[Occurrence], sums: Figures) -> list[Leg]:
    """The legs that are not there, in any of the rounds that are joined, and those inside which the cut falls."""
    missing: list[Leg] = [*missing_sides(sums)]
    claims = [(each, each.adopted) for each in occurrences]
    partly = [_leg(each) for each, claim in claims if claim is not None and not book.cut.covers(claim)]
    return sorted({*missing, *(leg for leg in partly if leg is not None)})


# -- what was promised, and what became of it ---------------------------------------------------


class Dues(NamedTuple):
    """What was promised for one round, what came, and what is still to come."""

    promised: Due
    delivered: Due
    outstanding: Due


class Deal(NamedTuple):
    """What holds for all rounds of an exchange: the pledges and the ratio agreed, and what was called off."""

    pledges: Sequence[InForce]
    agreed: Ratio
    cancelled: Cancelled

    @classmethod
    def of(cls, book: Book) -> "Deal":
        pledges = agreed_pledges(book)
        return cls(pledges, promised_ratio(pledges), cancelled(book))


def every_due(book: Book) -> Iterator[tuple[int, Dues]]:
    """The promise of each round, for less than whole views cost."""
    deal = Deal.of(book)
    for number in book.rounds():
        sums = figures(book, [number])
        yield number, _dues(book, number, deal, book.in_round(number), sums)


def _dues(book: Book, number: int, deal: Deal, occurrences: Sequence[Occurrence], sums: Figures) -> Dues:
    promised = {side: _promised(deal, occurrences, sums, side) for side in SIDES}
    delivered = {side: value(DELIVERED[side], sums) for side in SIDES}
    if not book.shares_a_ratio(number):
        rest = {side: _rest(promised[side], delivered[side]) for side in SIDES}
    else:
        together = _joint_dues(book, book.joined(number), deal)
        rest = {side: None if promised[side] is None else _share(promised[side], *together[side]) for side in SIDES}
    return Dues(Due(**promised), Due(**delivered), Due(**rest))


def _joint_dues(book: Book, joined: set[int], deal: Deal) -> dict[Side, tuple[int, Estimate | None]]:
    """Of rounds that legs join: how many promise people of a side, and what is outstanding of all of them together."""
    key = frozenset(joined)
    if key not in book.joint_dues:
        sums, found = joined_figures(book, joined), dict[Side, tuple[int, Estimate | None]]()
        for side in SIDES:
            each = [_promised(deal, book.in_round(n), figures(book, [n]), side) for n in sorted(joined)]
            known = [promised for promised in each if promised is not None]
            found[side] = len(known), _rest(_added(*known), value(DELIVERED[side], sums))
        book.joint_dues[key] = found
    return book.joint_dues[key]


def _share(promised: Estimate | None, several: int, rest: Estimate | None) -> Estimate | None:
    """What is outstanding of one of several rounds that a leg pays for: nobody says which of them it paid first."""
    if several == 1 or rest is None or promised is None or rest.high == 0:
        return rest
    highs = [high for high in (rest.high, promised.high) if high is not None]
    return estimated(None, 0, min(highs, default=None), rest.hedged)


def _promised(deal: Deal, occurrences: Sequence[Occurrence], sums: Figures, side: Side) -> Estimate | None:
    """The plan for this round; else what was put off and has not come; else the agreed ratio of those who came."""
    planned = [o for o in occurrences if o.adopted is not None and o.adopted.type in _PLANS]
    standing = [o for o in planned if not deal.cancelled.calls_off(o)]
    stated = _stated(standing, ReleasePlanned, side)
    if stated is None and not any(_leg(occurrence) == side for occurrence in occurrences):
        stated = _stated(standing, ReleaseDelayed, side)
    return stated or per_head(sums, side, deal.pledges)


P = TypeVar("P", ReleasePlanned, ReleaseDelayed)


def _stated(occurrences: Iterable[Occurrence], model: type[P], leg: Leg) -> Estimate | None:
    """The sum of what adopted plans, or delays, of one leg say."""
    name = model.model_fields["type"].default
    counts: list[Entry] = []
    for occurrence in occurrences:
        if occurrence.adopted is not None and occurrence.adopted.type == name:
            event = cast("P", occurrence.adopted.event)
            if event.leg == leg and event.count is not None:
                counts.append(entry(event.count))
    return estimate_of(summed(counts)) if counts else None


def _rest(promised: Estimate | None, came: Estimate | None) -> Estimate | None:
    """What is still to come; None where nothing was promised."""
    return None if promised is None else outstanding(promised, came)


def _settles(occurrence: Occurrence) -> tuple[int, ...]:
    return () if occurrence.adopted is None else occurrence.adopted.settles


def _settling(book: Book, number: int) -> list[Occurrence]:
    """The legs that pay for this round and belong to another."""
    legs = [(leg, leg.adopted) for leg in book.settling(number)]
    return [leg for leg, claim in legs if claim is not None and number in claim.settles and claim.round != number]


# -- the claims behind it -----------------------------------------------------------------------


def leg_times(occurrences: Iterable[Occurrence]) -> dict[Leg, LegTimes]:
    """When each leg of a round took place, of which these are the occurrences."""
    moments: dict[Leg, list[Moment]] = {}
    for occurrence in occurrences:
        leg = _leg(occurrence)
        if leg is not None and occurrence.adopted is not None:
            moments.setdefault(leg, []).append(occurrence.adopted.occurred)
    return {
        leg: LegTimes(first=copied(min(found, key=_start)), last=copied(max(found, key=_start)))
        for leg, found in sorted(moments.items())
    }


def _leg(occurrence: Occurrence) -> Leg | None:
    """The leg that an occurrence's adopted claim is of, if it is of one."""
    return None if occurrence.adopted is None else leg_of(occurrence.adopted)


def leg_of(claim: Claim) -> Leg | None:
    """The leg that a claim is of: people of one side let go, or their remains back. A part is of none."""
    move = KINDS[claim.type].move
    if claim.part is not None or not claim.postings:
        return None
    side = cast("Side", claim.side)
    if move == "released":
        return side
    return REMAINS_LEGS[side] if move in ("returned", "recovered") or claim.type == "remains_identified" else None


def _start(moment: Moment) -> tuple[str, str]:
    return start_of(moment), moment.at


def _claims(book: Book, occurrences: Iterable[Occurrence]) -> tuple[list[ClaimUsed], list[ClaimLeftOut]]:
    used: list[ClaimUsed] = []
    left_out: list[ClaimLeftOut] = []
    for occurrence in occurrences:
        verdict = book.verdict(occurrence)
        if verdict.adopted is not None:
            claim = verdict.adopted
            why = uncounted(claim)
            if why:
                left_out.append(left_out_claim(occurrence, claim, why))
            else:
                count = estimate_of(occurrence.amount)
                used.append(ClaimUsed(occurrence=occurrence.key, event=claim.id, count=count, rule=verdict.rule))
        left_out.extend(left_out_claim(occurrence, claim, why) for claim, why in verdict.left_out)
    return used, left_out


def uncounted(claim: Claim) -> str:
    """Why an adopted claim enters no sum by its nature; empty where it does."""
    if claim.part is not None:
        return f"a part of {claim.part.of} by {claim.part.by}: checked against it, never added"
    if claim.type == "tally_stated":
        return "a stated total: checked against the computed one, never added"
    if claim.type not in MOVING:
        return "moves nobody"
    return ""


def left_out_claim(occurrence: Occurrence, claim: Claim, why: str) -> ClaimLeftOut:
    """A claim that enters no sum, as readers see it."""
    return ClaimLeftOut(occurrence=occurrence.key, event=claim.id, count=stated_count(claim), why=why)


def stated_count(claim: Claim) -> Estimate | None:
    """What a claim counts, whether or not it enters a sum; None for one that counts nothing."""
    stated = claim.stated
    return None if stated is None else estimate_of(stated)


def part_checks(book: Book, occurrences: Iterable[Occurrence]) -> list[PartCheck]:
    """What the adopted parts of some occurrences add up to in each dimension, against the whole."""
    checks: list[PartCheck] = []
    for whole in occurrences:
        by: dict[str, list[Entry]] = {}
        for each in book.parts_alike(whole.key, whole.leading) if whole.leading is not None else ():
            if each.adopted is not None:
                by.setdefault(each.part_by, []).append(each.adopted.amount)
        for dimension, entries in sorted(by.items()):
            total = estimate_of(whole.adopted.amount) if whole.adopted is not None else None
            checks.append(_check(whole.key, dimension, total, entries))
    return checks


def _check(whole: str, by: str, total: Estimate | None, entries: list[Entry]) -> PartCheck:
    """Parts may fall short of the whole (a subset, an incomplete breakdown), never exceed it. Movers may overlap."""
    parts = estimate_of(max(entries, key=lambda each: bounds(each)[1]) if by == "mover" else summed(entries))
    exceeds = total is not None and total.high is not None and parts.low > total.high
    return PartCheck(occurrence=whole, by=by, whole=total, parts=parts, agrees=total is not None and not exceeds)
