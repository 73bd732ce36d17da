"""One round: both legs, its ratios, its promise, and every claim it rests on."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeVar, cast

from ledger.book.balances import ZERO, Entry, entry, estimate_of, plus, summed
from ledger.book.claims import Claim, Occurrence
from ledger.book.facts import copied, facts, nationals
from ledger.book.figures import value
from ledger.book.projection import Book
from ledger.book.promises import outstanding, promised_ratio, times
from ledger.book.ratios import UNDEFINED
from ledger.book.sums import Figures
from ledger.book.tally import figures, ratios
from ledger.book.transfers import MOVING
from schemas.events import ReleaseCancelled, ReleaseDelayed, ReleasePlanned
from schemas.values import Count, Moment, span
from schemas.views import (
    ClaimLeftOut,
    ClaimUsed,
    Due,
    Estimate,
    LegTimes,
    PartCheck,
    Ratio,
    Round,
    RoundCaptives,
    RoundRemains,
)
from schemas.vocabulary import Leg

LEGS: dict[str, Leg] = {
    "captives_released": "captives",
    "prisoners_released": "prisoners",
    "remains_returned": "remains",
    "remains_recovered": "remains",
}
_PLANS = ("release_planned", "release_delayed")


def round_view(book: Book, number: int) -> Round:
    """The view of one round."""
    sums = figures(book, [number])
    scoped = bool(nationals(book))
    occurrences = book.in_round(number)
    prisoners = value("prisoners.released", sums)
    captives = RoundCaptives(
        deal=value("captives.deal", sums),
        nationals=value("captives.nationals", sums) if scoped else None,
        all=value("captives.released", sums),
        credited_in=value("captives.credited_in", sums),
        credited_out=value("captives.credited_out", sums),
    )
    settling = _settling(book, number)
    deal = Deal.of(book)
    dues = _dues(deal, occurrences, settling, sums)
    used, left_out = _claims(book, occurrences)
    return Round(
        exchange=book.exchange,
        round=number,
        captives=captives,
        prisoners=prisoners,
        remains=RoundRemains(
            captives=value("remains.returned", sums),
            nationals=value("remains.nationals", sums) if scoped else None,
            prisoners=value("remains.given", sums),
        ),
        ratios=ratios(sums, scoped),
        promised_ratio=deal.agreed,
        promised=dues.promised,
        delivered=dues.delivered,
        outstanding=dues.outstanding,
        settles=sorted({n for o in occurrences for n in _settles(o)}),
        settled_by=[leg.id for leg in settling],
        legs=leg_times(occurrences),
        used=used,
        left_out=left_out,
        parts=part_checks(book, occurrences),
    )


# -- what was promised, and what became of it ---------------------------------------------------


class Dues(NamedTuple):
    """What was promised for one round, what came, and what is still to come."""

    promised: Due
    delivered: Due
    outstanding: Due


class Deal(NamedTuple):
    """What holds for all rounds of an exchange: the ratio agreed, and what was called off."""

    agreed: Ratio
    cancelled: Sequence[ReleaseCancelled]

    @classmethod
    def of(cls, book: Book) -> "Deal":
        return cls(promised_ratio(book), [*facts(book, ReleaseCancelled)])


def every_due(book: Book) -> Iterator[tuple[int, Dues]]:
    """The promise of each round, for less than whole views cost."""
    deal = Deal.of(book)
    for number in book.rounds():
        yield number, _dues(deal, book.in_round(number), _settling(book, number), figures(book, [number]))


def _dues(deal: Deal, occurrences: Sequence[Occurrence], settling: Iterable[Claim], sums: Figures) -> Dues:
    captives, prisoners = value("captives.deal", sums), value("prisoners.released", sums)
    promised = _promised(deal, occurrences, captives)
    rest = _rest(promised.prisoners, plus(prisoners, _settled(settling)))
    outstanding = Due(captives=_rest(promised.captives, captives), prisoners=rest)
    return Dues(promised, Due(captives=captives, prisoners=prisoners), outstanding)


def _promised(deal: Deal, occurrences: Sequence[Occurrence], came: Estimate) -> Due:
    """The plan for this round; else what was put off and has not come; else the agreed ratio of the captives."""
    planned = [o for o in occurrences if o.adopted is not None and o.adopted.type in _PLANS]
    standing = [o for o in planned if not any(_cancels(event, o) for event in deal.cancelled)]
    captives = _stated(standing, ReleasePlanned, "captives")
    prisoners = _stated(standing, ReleasePlanned, "prisoners")
    if not any(_leg(occurrence) == "prisoners" for occurrence in occurrences):
        prisoners = prisoners or _stated(standing, ReleaseDelayed, "prisoners")
    agreed = deal.agreed
    if prisoners is None and agreed != UNDEFINED and agreed.value is not None and came != ZERO:
        prisoners = times(came, int(agreed.value)) if agreed.value == int(agreed.value) else None
    return Due(captives=captives, prisoners=prisoners)


def _cancels(event: ReleaseCancelled, occurrence: Occurrence) -> bool:
    """Whether this calls a plan off: the plan that it names, else every plan for its round and leg."""
    plan = None if occurrence.adopted is None else occurrence.adopted.event
    if event.plan is not None or plan is None or plan.type != "release_planned":
        return event.plan == occurrence.key
    return (plan.round, plan.leg) == (event.round, event.leg)


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


def _rest(promised: Estimate | None, delivered: Estimate) -> Estimate | None:
    return None if promised is None else outstanding(promised, delivered)


def _settles(occurrence: Occurrence) -> tuple[int, ...]:
    return () if occurrence.adopted is None else occurrence.adopted.settles


def _settling(book: Book, number: int) -> list[Claim]:
    """The adopted legs that pay for this round and belong to another."""
    legs = [(leg, leg.adopted) for leg in book.settling(number)]
    return [claim for leg, claim in legs if claim is not None and number in _settles(leg) and claim.round != number]


def _settled(legs: Iterable[Claim]) -> Estimate:
    """The prisoners who came with the legs that settle a round."""
    return estimate_of(summed(leg.amount for leg in legs if leg.type == "prisoners_released"))


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
    """The leg that an occurrence's adopted claim is of, if it is of one, and no part of one."""
    claim = occurrence.adopted
    return None if claim is None or claim.part is not None else LEGS.get(claim.type)


def _start(moment: Moment) -> tuple[str, str]:
    return _started(moment.at, moment.precision, moment.until), moment.at


@lru_cache(maxsize=4096)
def _started(at: str, precision: str, until: str | None) -> str:
    start = span(at, precision, until).start
    return "" if start is None else start.isoformat()


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
                count = estimate_of(claim.amount)
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
    if claim.event is None:
        return estimate_of(claim.amount)
    count: Count | None = getattr(claim.event, "count", None)
    return None if count is None else estimate_of(entry(count))


def part_checks(book: Book, occurrences: Iterable[Occurrence]) -> list[PartCheck]:
    """What the adopted parts of some occurrences add up to in each dimension, against the whole."""
    checks: list[PartCheck] = []
    for whole in occurrences:
        by: dict[str, list[Entry]] = {}
        for each in book.parts_of(whole.key):
            claim = each.adopted
            if claim is not None and claim.part is not None and claim.part.of == whole.key:
                by.setdefault(claim.part.by, []).append(claim.amount)
        for dimension, entries in sorted(by.items()):
            total = estimate_of(whole.adopted.amount) if whole.adopted is not None else None
            checks.append(_check(whole.key, dimension, total, entries))
    return checks


def _check(whole: str, by: str, total: Estimate | None, entries: list[Entry]) -> PartCheck:
    """Parts may fall short of the whole (a subset, an incomplete breakdown), never exceed it."""
    parts = estimate_of(summed(entries))
    exceeds = total is not None and total.high is not None and parts.low > total.high
    return PartCheck(occurrence=whole, by=by, whole=total, parts=parts, agrees=total is not None and not exceeds)
