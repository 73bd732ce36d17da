"""Sums of counts that are not all exact, and that can be taken back.

An entry is an exact number or a `Hedged` one. A balance adds entries up and subtracts them again, so that a
correction is the old entry reversed and the new one made.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias, cast

import msgspec

from schemas.values import Count
from schemas.views import Estimate, unchecked


class Hedged(NamedTuple):
    """An entry whose best, low and high differ, or are not known (`no_best`, `no_high` are then 1).

    `hedges` is 1 where the source itself hedges, and 0 where only its rivals differ.
    """

    best: int
    low: int
    high: int
    no_best: int
    no_high: int
    hedges: int


Entry: TypeAlias = int | Hedged
"""What is posted for one count: an exact number, or a hedged one."""


def entry(count: Count) -> Entry:
    """The entry of a stated count, its bounds as they can be meant. "Unknown" is at least 0 and has no best.

    "Nearly 900" keeps its number: it is best 899, and reaches as far down as so round a number can mean.
    """
    best, low, high, qualifier = count.best, count.low, count.high, count.qualifier
    if best is not None and qualifier == "exact":
        return best
    if qualifier == "nearly" and high is not None:
        return hedged(high, max(0, high + 1 - tolerance(high + 1)) if low is None else low, high, hedges=1)
    is_hedged = qualifier not in ("exact", "estimate")
    return hedged(best, (best or 0) if low is None else low, best if high is None else high, hedges=is_hedged)


def tolerance(number: int) -> int:
    """How far off a hedged round number can be: a tenth of it, or half the place of its last digit that is not 0."""
    place = 1
    while number and number % (place * 10) == 0:
        place *= 10
    return max(1, min(number // 10, place // 2))


def hedged(best: int | None, low: int, high: int | None, hedges: int) -> Hedged:
    """An entry from its three numbers, where None is not known."""
    return Hedged(best or 0, low, high or 0, int(best is None), int(high is None), int(hedges))


def bounds(entry: Entry) -> tuple[int | None, int, int | None]:
    """Best, low and high of an entry; None is not known."""
    if not isinstance(entry, tuple):
        return entry, entry, entry
    return None if entry.no_best else entry.best, entry.low, None if entry.no_high else entry.high


def hedges(entry: Entry) -> int:
    """How many hedged claims are in an entry."""
    return entry.hedges if isinstance(entry, tuple) else 0


def is_number(entry: Entry) -> bool:
    """Whether an entry says any number, and not only "several" or "unknown"."""
    return bounds(entry) != (None, 0, None)


def possible(entry: Entry) -> Entry:
    """An entry of people who may or may not belong: from none of them to all."""
    _, _, high = bounds(entry)
    return 0 if high == 0 and not hedges(entry) else hedged(None, 0, high, hedges(entry))


class Balance(msgspec.Struct, eq=False, gc=False):
    """A running sum of entries, kept for one account in one round; `postings` counts them.

    Exact entries and hedged ones are summed apart, since nearly all are exact.
    """

    round: int | None = None
    account: tuple[Any, ...] = ()
    postings: int = 0
    exact: int = 0
    hedged: Hedged | None = None

    def add(self, entry: Entry, sign: int = 1) -> None:
        self.postings += sign
        if isinstance(entry, int):
            self.exact += sign * entry
        else:
            self.hedged = _moved(self.hedged, entry, sign)

    def merge(self, other: "Balance", sign: int = 1) -> None:
        """Add another balance's sum to this one, or with `sign` -1 take it out again."""
        self.postings += sign * other.postings
        self.exact += sign * other.exact
        if other.hedged is not None:
            self.hedged = _moved(self.hedged, other.hedged, sign)

    def __bool__(self) -> bool:
        return self.exact != 0 or any(self.hedged or _NOTHING)

    def entry(self) -> Entry:
        """The sum as one entry."""
        if self.hedged is None:
            return self.exact
        best, low, high, *rest = self.hedged
        return Hedged(self.exact + best, self.exact + low, self.exact + high, *rest)

    def estimate(self) -> Estimate:
        """Best is null as soon as one entry has none; low counts such an entry at its lower bound."""
        exact = self.exact
        if self.hedged is None:
            return estimated(exact, exact, exact)
        best, low, high, no_best, no_high, hedges = self.hedged
        return estimated(None if no_best else exact + best, exact + low, None if no_high else exact + high, hedges > 0)


def _moved(known: Hedged | None, change: Hedged, sign: int) -> Hedged:
    """A sum with a change added to it, or taken out."""
    a, b, c, d, e, f = known or _NOTHING
    best, low, high, no_best, no_high, hedges = change
    if sign > 0:
        return Hedged(a + best, b + low, c + high, d + no_best, e + no_high, f + hedges)
    return Hedged(a - best, b - low, c - high, d - no_best, e - no_high, f - hedges)


@lru_cache(maxsize=65_536)
def estimated(best: int | None, low: int, high: int | None, hedged: bool = False, recorded: bool = False) -> Estimate:
    """An estimate of these numbers; one that is only as recorded is never exact.

    Estimates cannot change, and most are small numbers that come again and again.
    """
    exact = best is not None and low == best == high and not hedged and not recorded
    return _make(best=best, low=low, high=high, hedged=hedged, exact=exact)


_make = unchecked(Estimate)

_NOTHING = Hedged(0, 0, 0, 0, 0, 0)
ZERO = estimated(0, 0, 0)


def summed(entries: Iterable[Entry]) -> Entry:
    """The sum of some entries, as one entry."""
    entries = tuple(entries)
    if len(entries) == 1:
        return entries[0]
    if all(isinstance(each, int) for each in entries):
        return sum(cast("tuple[int, ...]", entries))
    parts = [each if isinstance(each, tuple) else Hedged(each, each, each, 0, 0, 0) for each in entries]
    return Hedged(*map(sum, zip(*parts, strict=True)))


def estimate_of(entry: Entry) -> Estimate:
    """An entry as readers see it."""
    return estimated(*bounds(entry), hedges(entry) > 0)


class Term(NamedTuple):
    """An estimate that is added (`sign` 1) or taken away (-1)."""

    sign: int
    value: Estimate


class Reach(NamedTuple):
    """What some numbers come to, each added or taken away, before anything is made of it; None is not known."""

    best: int | None
    low: int | None
    high: int | None
    hedged: bool

    def or_none_of(self, open: "Reach") -> "Reach":
        """With people who may belong as well, from none to all of them; nobody where all were taken away again."""
        is_hedged = self.hedged or open.hedged
        if open.high is not None and open.high <= 0:
            return Reach(self.best, self.low, self.high, is_hedged)
        high = None if self.high is None or open.high is None else self.high + open.high
        return Reach(None, self.low, high, is_hedged)

    def estimate(self, recorded: bool = False) -> Estimate | None:
        """None where it is less than nothing. `recorded`: a stock, which is never exact."""
        best, low, high, is_hedged = self
        if (best is not None and best < 0) or (high is not None and high < 0):
            return None
        return estimated(best, low if low and low > 0 else 0, high, is_hedged, recorded)


def reach_of(signs: Mapping[str, int], sums: Mapping[str, Balance]) -> Reach:
    """What the sums of some names come to, each added (1) or taken away (-1), as `combined` has it of estimates."""
    total = best = low = high = 0
    no_best = no_low = no_high = hedges = 0
    for name, sign in signs.items():
        known = sums.get(name)
        if known is None:
            continue
        total += sign * known.exact
        if known.hedged is not None:
            its_best, below, above, its_no_best, its_no_high, its_hedges = known.hedged
            best, no_best, hedges = best + sign * its_best, no_best + its_no_best, hedges + its_hedges
            if sign > 0:
                low, high, no_high = low + below, high + above, no_high + its_no_high
            else:
                low, high, no_low = low - above, high - below, no_low + its_no_high
    return Reach(
        None if no_best else total + best,
        None if no_low else total + low,
        None if no_high else total + high,
        hedges > 0,
    )


def combined(terms: Iterable[Term], recorded: bool = False) -> Estimate | None:
    """What some estimates come to, each added or taken away; None where that is less than nothing.

    What is unknown in one is unknown in the whole. The lowest rest is the low of what is there less the high of what
    went, and at least 0. `recorded`: a stock, which is never exact.
    """
    best, low, high, hedged = 0, 0, 0, False
    has_best, has_low, has_high = True, True, True
    for sign, value in terms:
        hedged = hedged or value.hedged
        has_best = has_best and value.best is not None
        best += sign * (value.best or 0)
        below, above = (value.low, value.high) if sign > 0 else (value.high, value.low)
        has_low, has_high = has_low and below is not None, has_high and above is not None
        low, high = low + sign * (below or 0), high + sign * (above or 0)
    known = Reach(best if has_best else None, low if has_low else None, high if has_high else None, hedged)
    return known.estimate(recorded)


def enclosing(several: Sequence[Estimate]) -> Estimate:
    """From the least to the greatest that some estimates can be, of which there is at least one."""
    highs = [each.high for each in several]
    low, high = min(each.low for each in several), None if None in highs else max(each or 0 for each in highs)
    return estimated(low if low == high else None, low, high, any(each.hedged for each in several))


def plus(one: Estimate, other: Estimate) -> Estimate:
    """The sum of two estimates."""
    total = combined([Term(1, one), Term(1, other)])
    assert total is not None
    return total


def times(estimate: Estimate, factor: int) -> Estimate:
    """So many times an estimate; no times any number is exactly nothing."""
    if factor == 0:
        return ZERO
    best, high = estimate.best, estimate.high
    return estimated(
        None if best is None else best * factor,
        estimate.low * factor,
        None if high is None else high * factor,
        estimate.hedged,
    )
