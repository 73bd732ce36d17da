"""What the terms in force promise, against what was delivered."""

from collections.abc import Mapping

from ledger.book.balances import ZERO, Balance, entry, estimate_of, minus, plus
from ledger.book.facts import facts
from ledger.book.figures import is_recorded, value
from ledger.book.pauses import extended_days
from ledger.book.projection import Book
from ledger.book.ratios import UNDEFINED, ratio
from schemas.events import TermsAgreed
from schemas.values import Count, Pledge
from schemas.views import Estimate, Promise, Ratio
from schemas.vocabulary import PledgeItem

_DELIVERED: Mapping[PledgeItem, str] = {
    "captives": "captives.deal",
    "captive_remains": "remains.returned",
    "prisoners": "prisoners.released",
    "prisoner_remains": "remains.given",
}
"""The figure that says how much of an item was delivered."""


def agreed_pledges(book: Book) -> dict[tuple[str, str, str], tuple[str, Pledge]]:
    """The pledges in force with the events that say so: for each item, unit and category, the latest agreed."""
    return {
        (pledge.item, pledge.per, pledge.category): (event.id, pledge)
        for event in facts(book, TermsAgreed)
        for pledge in event.pledges
    }


def promises(book: Book, sums: Mapping[str, Balance]) -> list[Promise]:
    """Each item promised in total: for the deal, and for each day by which the pause was extended."""
    days = extended_days(book)
    promised: dict[PledgeItem, Estimate] = {}
    events: dict[PledgeItem, list[str]] = {}
    for (_, per, _), (event_id, pledge) in agreed_pledges(book).items():
        if per in ("deal", "extra_day") and pledge.item in _DELIVERED:
            total = times(estimate_of(entry(pledge.count)), 1 if per == "deal" else days)
            promised[pledge.item] = plus(promised.get(pledge.item, ZERO), total)
            events.setdefault(pledge.item, []).append(event_id)
    return [
        Promise(
            item=item,
            promised=total,
            delivered=(delivered := _delivered(item, sums)),
            outstanding=None if delivered is None else outstanding(total, delivered),
            by=events[item],
        )
        for item, total in sorted(promised.items())
    ]


def _delivered(item: PledgeItem, sums: Mapping[str, Balance]) -> Estimate | None:
    """What was delivered of an item; None where nothing was ever recorded, since that is unknown and not 0."""
    figure = _DELIVERED[item]
    return value(figure, sums) if is_recorded(figure, sums) else None


def promised_ratio(book: Book) -> Ratio:
    """The agreed ratio of prisoners per captive; undefined where categories have ratios of their own."""
    ratios = [
        pledge
        for (item, per, _), (_, pledge) in agreed_pledges(book).items()
        if (item, per) == ("prisoners", "captive")
    ]
    if len(ratios) != 1:
        return UNDEFINED
    return ratio(estimate_of(entry(ratios[0].count)), estimate_of(entry(Count(best=1))))


def outstanding(promised: Estimate, delivered: Estimate) -> Estimate:
    """What is still to come: never less than nothing."""
    rest = minus(promised, delivered)
    return rest.model_copy(update={"best": None if rest.best is None else max(0, rest.best), "low": max(0, rest.low)})


def times(estimate: Estimate, factor: int) -> Estimate:
    return Estimate(
        best=None if estimate.best is None else estimate.best * factor,
        low=estimate.low * factor,
        high=None if estimate.high is None else estimate.high * factor,
        exact=estimate.exact,
    )
