"""What the terms in force promise, against what was delivered."""

from collections.abc import Iterable, Iterator, Mapping

from ledger.book.balances import (
    ZERO,
    Balance,
    Term,
    combined,
    enclosing,
    estimate_of,
    estimated,
    plus,
    possible,
    times,
)
from ledger.book.deal import HEADS, InForce, agreed_pledges
from ledger.book.live import LiveFigures, live
from ledger.book.pauses import extended_days
from ledger.book.projection import Book
from schemas.views import Estimate, Promise
from schemas.vocabulary import PledgeItem

DELIVERED: Mapping[PledgeItem, str] = {
    "captives": "captives.deal",
    "captive_remains": "captives.remains.returned",
    "prisoners": "prisoners.deal",
    "prisoner_remains": "prisoners.remains.returned",
}
"""The figure that says how much of an item was delivered."""


def promises(book: Book, sums: LiveFigures) -> list[Promise]:
    """Each item promised in total: for the deal and each day by which the pause was extended, else per head."""
    agreed, days = agreed_pledges(book), extended_days(book)
    found: list[Promise] = []
    for item in sorted(DELIVERED):
        of_item = [each for each in agreed if each.pledge.item == item]
        totals = [each for unit in ("deal", "extra_day") for each in _not_within(of_item, unit)]
        heads = [] if totals else [each for each in of_item if each.pledge.per in HEADS]
        promised: Estimate | None = ZERO
        if totals:
            for each in totals:
                promised = plus(promised or ZERO, times(each.stated, 1 if each.pledge.per == "deal" else days))
        else:
            promised = per_head(sums, item, heads) if heads else None
        if promised is not None:
            delivered = sums.value(DELIVERED[item])
            rest = outstanding(promised, delivered)
            by = [each.event for each in totals or heads]
            found.append(Promise(item=item, promised=promised, delivered=delivered, outstanding=rest, by=by))
    return found


def _not_within(agreed: Iterable[InForce], unit: str) -> list[InForce]:
    """The pledges of a unit that add up: what a set promises by category is within what it promises of all."""
    of_unit = [each for each in agreed if each.pledge.per == unit]
    of_all = {each.terms for each in of_unit if each.pledge.category == "unknown"}
    return [each for each in of_unit if each.pledge.category == "unknown" or each.terms not in of_all]


# -- promises per head -------------------------------------------------------------------------


def per_head(sums: Mapping[str, Balance], item: PledgeItem, agreed: Iterable[InForce]) -> Estimate | None:
    """What is promised of an item for those who came inside the deal; None where nobody did, or some have no ratio."""
    rates = [each for each in agreed if each.pledge.item == item and each.pledge.per in HEADS]
    terms: list[Term] = []
    for per in dict.fromkeys(each.pledge.per for each in rates):
        of_unit = [each for each in rates if each.pledge.per == per]
        for sign, named, category, came in came_in_deal(sums, *HEADS[per]):
            own = [each for each in of_unit if each.terms == named]
            rate = _rate(own or [each for each in of_unit if each.terms is None], category)
            if rate is None:
                return None
            terms.append(Term(sign, product(rate, came)))
    return combined(terms) if terms else None


def came_in_deal(sums: Mapping[str, Balance], side: str, move: str) -> Iterator[tuple[int, str, str, Estimate]]:
    """Those who came in the deal by terms and category, and credits into it (1) and out of it (-1).

    People of whom nobody says that the deal counts them come from none of them to all.
    """
    signs = {move: 1, **({"credited_in": 1, "credited_out": -1} if move == "released" else {})}
    for name in live(sums).below(f"{side}.rated"):
        _, moved, terms, category, scope = name.split("|")
        if moved in signs:
            came = sums[name].entry()
            yield signs[moved], terms, category, estimate_of(came if scope == "inside" else possible(came))


def _rate(agreed: Iterable[InForce], category: str) -> Estimate | None:
    """So many per head of one category: its own pledge, else that for all; `mixed` has a range."""
    rates = {each.pledge.category: each.stated for each in agreed}
    if category in rates:
        return rates[category]
    if "unknown" in rates:
        return rates["unknown"]
    if category != "mixed" or not rates:
        return None
    return enclosing([*rates.values()])


def product(one: Estimate, other: Estimate) -> Estimate:
    """One estimate times another."""
    best = None if one.best is None or other.best is None else one.best * other.best
    high = None if one.high is None or other.high is None else one.high * other.high
    return estimated(best, one.low * other.low, high, one.hedged or other.hedged)


def outstanding(promised: Estimate, delivered: Estimate | None) -> Estimate:
    """What is still to come: never less than nothing, and without a best where the promise is hedged.

    All of it, where nothing is recorded to have come.
    """
    delivered = delivered or ZERO
    is_known = promised.best is not None and delivered.best is not None and not promised.hedged
    best = max(0, (promised.best or 0) - (delivered.best or 0)) if is_known else None
    low = 0 if delivered.high is None else max(0, promised.low - delivered.high)
    high = None if promised.high is None else max(0, promised.high - delivered.low)
    return estimated(best, low, high, promised.hedged or delivered.hedged)
