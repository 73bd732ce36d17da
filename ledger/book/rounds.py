"""One round: both sides, its ratios, its promise, and every claim it rests on."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import partial
from operator import attrgetter
from typing import NamedTuple, TypeAlias, TypeVar, cast

from ledger.book.balances import Entry, Term, combined, entry, estimate_of, estimated, possible, summed
from ledger.book.book import Book
from ledger.book.claims import Claim, Occurrence
from ledger.book.deal import Deal
from ledger.book.durations import days_held
from ledger.book.facts import copied
from ledger.book.filing import RoundFiling
from ledger.book.live import LiveFigures
from ledger.book.promises import DELIVERED, outstanding, per_head
from ledger.book.ratios import ratio, ratios
from ledger.book.tally import declared_sides, figures, joined_figures, lacking_sides, side_figures
from ledger.book.transfers import SIDES
from schemas.events import ReleaseDelayed, ReleasePlanned
from schemas.values import Moment
from schemas.views import (
    ClaimCounts,
    ClaimLeftOut,
    Due,
    Estimate,
    JointRatio,
    LegTimes,
    Round,
    unchecked,
)
from schemas.vocabulary import Leg, Side

_make_round, _make_due = unchecked(Round), unchecked(Due)
_make_times, _make_counts = unchecked(LegTimes), unchecked(ClaimCounts)


def round_view(book: Book, number: int) -> Round:
    """The view of one round."""
    sums = figures(book, [number])
    filed = book.filed.of(number)
    joined, is_joint = book.joined(number), book.shares_a_ratio(number)
    settling = _settling(book, number)
    deal = Deal.of(book)
    dues = _dues(book, number, deal, filed, sums)
    return _make_round(
        exchange=book.exchange,
        round=number,
        captives=side_figures("captives", sums),
        prisoners=side_figures("prisoners", sums),
        ratios=ratios(sums, declared_sides([book]), own=not is_joint),
        joint=joint_ratio(book, joined) if is_joint else None,
        incomplete=sorted({*lacking_sides(book, joined), *+filed.unfinished}),
        promised_ratio=deal.agreed.ratio(),
        promised=dues.promised,
        delivered=dues.delivered,
        outstanding=dues.outstanding,
        settles=sorted(+filed.settles),
        settled_by=[leg.adopted.id for leg in settling if leg.adopted is not None],
        legs=leg_times(filed, sums),
        days_held=days_held(book, _named(book, filed.linked)),
        claims=_make_counts(used=filed.used, left_out=filed.claims - filed.used),
        exceeding=[check for _, checks in sorted(filed.exceeding.items()) for check in checks],
    )


def joint_ratio(book: Book, rounds: Iterable[int]) -> JointRatio:
    """The ratio of rounds that legs join: of the living, and where remains were inside the deal, of all."""
    return book.kept("ratio", frozenset(rounds), lambda: _joint_ratio(book, sorted(rounds)))


def _joint_ratio(book: Book, numbers: list[int]) -> JointRatio:
    sums = joined_figures(book, numbers)
    living = {side: sums.value(f"{side}.deal") for side in SIDES}
    dead = {side: its for side in SIDES if (its := _dead_in_deal(sums, side)) is not None}
    together = {side: _added(living[side], dead.get(side)) for side in SIDES}
    return JointRatio(
        rounds=numbers,
        living=ratio(living["prisoners"], living["captives"], ("prisoners.deal", "captives.deal")),
        all=ratio(together["prisoners"], together["captives"]) if dead else None,
    )


def _dead_in_deal(sums: LiveFigures, side: Side) -> Estimate | None:
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


def _named(book: Book, keys: Iterable[str]) -> list[Occurrence]:
    """Occurrences by their names, in the order of those: the same however they came to be filed."""
    found = map(book.named, sorted(keys))
    return [each for each in found if each is not None]


# -- what was promised, and what became of it ---------------------------------------------------


ByLeg: TypeAlias = dict[Side, Estimate | None]
Joint: TypeAlias = Mapping[Side, tuple[int, Estimate | None]]
"""Of rounds that legs join: how many promise people of a side, and what is outstanding of all of them together."""


class Dues(NamedTuple):
    """What was promised for one round, what came, and what is still to come."""

    promised: Due
    delivered: Due
    outstanding: Due


def every_due(book: Book) -> Iterator[tuple[int, Dues]]:
    """The promise of each round, for less than whole views cost."""
    deal = Deal.of(book)
    for number in book.rounds():
        sums = figures(book, [number])
        yield number, _dues(book, number, deal, book.filed.of(number), sums)


def _dues(book: Book, number: int, deal: Deal, filed: RoundFiling, sums: LiveFigures) -> Dues:
    promised = {side: _promised(book, deal, filed, sums, side) for side in SIDES}
    delivered = {side: sums.value(DELIVERED[side]) for side in SIDES}
    together = _together(book, number, deal) if book.shares_a_ratio(number) else None
    parts = *promised.values(), *delivered.values(), together
    return sums.made_of(parts, "dues", lambda: _make_dues(promised, delivered, together))


def _make_dues(promised: ByLeg, delivered: ByLeg, together: Joint | None) -> Dues:
    if together is None:
        rest = {side: _rest(promised[side], delivered[side]) for side in SIDES}
    else:
        rest = {side: None if promised[side] is None else _share(promised[side], *together[side]) for side in SIDES}
    return Dues(_make_due(**promised), _make_due(**delivered), _make_due(**rest))


def _together(book: Book, number: int, deal: Deal) -> Joint:
    joined = frozenset(book.joined(number))
    return book.kept("dues", joined, lambda: _joint_dues(book, joined, deal))


def _joint_dues(book: Book, joined: Collection[int], deal: Deal) -> Joint:
    sums, found = joined_figures(book, joined), dict[Side, tuple[int, Estimate | None]]()
    for side in SIDES:
        each = [_promised(book, deal, book.filed.of(n), figures(book, [n]), side) for n in sorted(joined)]
        known = [promised for promised in each if promised is not None]
        found[side] = len(known), _rest(_added(*known), sums.value(DELIVERED[side]))
    return found


def _share(promised: Estimate | None, several: int, rest: Estimate | None) -> Estimate | None:
    """What is outstanding of one of several rounds that a leg pays for: nobody says which of them it paid first."""
    if several == 1 or rest is None or promised is None or rest.high == 0:
        return rest
    highs = [high for high in (rest.high, promised.high) if high is not None]
    return estimated(None, 0, min(highs, default=None), rest.hedged)


def _promised(book: Book, deal: Deal, filed: RoundFiling, sums: LiveFigures, side: Side) -> Estimate | None:
    """The plan for this round; else what was put off and has not come; else the agreed ratio of those who came."""
    stated = None
    if filed.plans:
        standing = [plan for plan in _named(book, filed.plans) if not deal.cancelled.calls_off(plan)]
        stated = _stated(standing, ReleasePlanned, side)
        if stated is None and (side not in filed.legs or filed.legs[side].ends() is None):
            stated = _stated(standing, ReleaseDelayed, side)
    return stated or per_head(sums, side, deal.agreed.of(side))


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


def _settling(book: Book, number: int) -> list[Occurrence]:
    """The legs that pay for this round and belong to another."""
    legs = [(leg, leg.adopted) for leg in book.settling(number)]
    return [leg for leg, claim in legs if claim is not None and number in claim.settles and claim.round != number]


# -- the claims behind it -----------------------------------------------------------------------


def ends(of: Round) -> tuple[Moment, Moment] | None:
    """When the legs of a round first began, and when the last of them ended; None where neither has a date."""
    days = [each.ends for leg in of.legs.values() for each in (leg.first, leg.last)]
    if not days:
        return None
    return min((first for first, _ in days), key=_BY_DAY), max((last for _, last in days), key=_BY_DAY)


_BY_DAY = attrgetter("at")


def leg_times(filed: RoundFiling, sums: LiveFigures) -> dict[Leg, LegTimes]:
    """When each leg of a round took place."""
    ends = {leg: times.ends() for leg, times in sorted(filed.legs.items())}
    return {leg: sums.made_of((its,), leg, partial(_times, its)) for leg, its in ends.items() if its is not None}


def _times(ends: tuple[Moment, Moment]) -> LegTimes:
    return _make_times(first=copied(ends[0]), last=copied(ends[1]))


def left_out_claim(occurrence: Occurrence, claim: Claim, why: str) -> ClaimLeftOut:
    """A claim that enters no sum, as readers see it."""
    return ClaimLeftOut(occurrence=occurrence.key, event=claim.id, count=stated_count(claim), why=why)


def stated_count(claim: Claim) -> Estimate | None:
    """What a claim counts, whether or not it enters a sum; None for one that counts nothing."""
    stated = claim.stated
    return None if stated is None else estimate_of(stated)
