"""What the terms in force promise, against what was delivered."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

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
from ledger.book.book import Book
from ledger.book.deal import HEADS, InForce, Pledged, agreed_in
from ledger.book.live import LiveFigures, live
from ledger.book.pauses import extended_days
from schemas.views import Estimate, Promise, unchecked
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
    agreed = agreed_in(book)
    found = (_promise(book, sums, item, agreed.of(item)) for item in _ITEMS)
    return [each for each in found if each is not None]


def _promise(book: Book, sums: LiveFigures, item: PledgeItem, pledged: Pledged) -> Promise | None:
    promised = _in_all(book, pledged.in_all) if pledged.in_all else per_head(sums, item, pledged)
    if promised is None:
        return None
    delivered = sums.value(DELIVERED[item])
    return sums.made_of(
        (promised, delivered, pledged),
        f"promise.{item}",
        lambda: _make_promise(
            item=item,
            promised=promised,
            delivered=delivered,
            outstanding=outstanding(promised, delivered),
            by=[each.event for each in pledged.in_all or pledged.per_head],
        ),
    )


_ITEMS = sorted(DELIVERED)
_make_promise = unchecked(Promise)


def _in_all(book: Book, pledges: Iterable[InForce]) -> Estimate:
    promised = ZERO
    for each in pledges:
        promised = plus(promised, times(each.stated, 1 if each.pledge.per == "deal" else extended_days(book)))
    return promised


# -- promises per head -------------------------------------------------------------------------


Came: TypeAlias = tuple[int, str, str, Estimate]
"""A sign, the terms by which people came, their category, and how many they are."""


def per_head(sums: LiveFigures, item: PledgeItem, pledged: Pledged) -> Estimate | None:
    """What is promised of an item for those who came inside the deal; None where nobody did, or some have no ratio."""
    if not pledged.rates:
        return None
    came = tuple(came_in_deal(sums, *HEADS[per]) for per in pledged.rates)
    return sums.made_of((pledged, *came), f"per head.{item}", lambda: _per_head(pledged, came))


def _per_head(pledged: Pledged, several: Iterable[Sequence[Came]]) -> Estimate | None:
    terms: list[Term] = []
    for by_terms, all_who_came in zip(pledged.rates.values(), several, strict=True):
        in_general = by_terms.get(None, {})
        for sign, named, category, came in all_who_came:
            rate = _rate(by_terms.get(named, in_general), category)
            if rate is None:
                return None
            terms.append(Term(sign, product(rate, came)))
    return combined(terms) if terms else None


def came_in_deal(sums: Mapping[str, Balance], side: str, move: str) -> Sequence[Came]:
    """Those who came in the deal by terms and category, and credits into it (1) and out of it (-1).

    People of whom nobody says that the deal counts them come from none of them to all.
    """
    known = live(sums)
    came: dict[str, Sequence[Came]] = known.made(f"{side}.rated", dict)
    if move not in came:
        came[move] = [*_came_in_deal(known, side, move)]
    return came[move]


def _came_in_deal(sums: LiveFigures, side: str, move: str) -> Iterator[Came]:
    signs = {move: 1, **({"credited_in": 1, "credited_out": -1} if move == "released" else {})}
    for rated, name in sums.below(f"{side}.rated"):
        moved, terms, category, scope = rated.split("|")
        if moved in signs:
            came = sums[name].entry()
            yield signs[moved], terms, category, estimate_of(came if scope == "inside" else possible(came))


def _rate(rates: Mapping[str, Estimate], category: str) -> Estimate | None:
    """So many per head of one category: its own pledge, else that for all; `mixed` has a range."""
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
