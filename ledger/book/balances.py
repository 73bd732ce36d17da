"""Sums of counts that are not all exact, and that can be taken back.

An entry is an exact number or a `Hedged` one. A balance adds entries up and subtracts them again, so that a
correction is the old entry reversed and the new one made.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias, cast

import msgspec

from schemas.values import Count
from schemas.views import Estimate


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
    """The entry of a stated count. A hedge without numbers is at least 0 and has no best."""
    best = count.best
    if best is not None and count.qualifier == "exact":
        return best
    low, high = count.low, count.high
    return hedged(best, (best or 0) if low is None else low, best if high is None else high, hedges=1)


def hedged(best: int | None, low: int, high: int | None, hedges: int) -> Hedged:
    """An entry from its three numbers, where None is not known."""
    return Hedged(best or 0, low, high or 0, int(best is None), int(high is None), hedges)


def bounds(entry: Entry) -> tuple[int | None, int, int | None]:
    """Best, low and high of an entry; None is not known."""
    if not isinstance(entry, tuple):
        return entry, entry, entry
    return None if entry.no_best else entry.best, entry.low, None if entry.no_high else entry.high


def hedges(entry: Entry) -> int:
    """How many hedged claims are in an entry."""
    return entry.hedges if isinstance(entry, tuple) else 0


def possible(entry: Entry) -> Entry:
    """An entry of people who may or may not belong: from none of them to all."""
    _, _, high = bounds(entry)
    return hedged(None, 0, high, hedges(entry))


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
            self.hedged = Hedged(*(a + sign * b for a, b in zip(self.hedged or _NOTHING, entry, strict=True)))

    def merge(self, other: "Balance", sign: int = 1) -> None:
        """Add another balance's sum to this one, or with `sign` -1 take it out again."""
        self.postings += sign * other.postings
        self.exact += sign * other.exact
        if other.hedged is not None:
            self.hedged = Hedged(*(a + sign * b for a, b in zip(self.hedged or _NOTHING, other.hedged, strict=True)))

    def __bool__(self) -> bool:
        return self.exact != 0 or any(self.hedged or _NOTHING)

    def estimate(self) -> Estimate:
        """Best is null as soon as one entry has none; low counts such an entry at its lower bound."""
        exact = self.exact
        if self.hedged is None:
            return _estimate(exact, exact, exact, True)
        best, low, high, no_best, no_high, hedges = self.hedged
        return _estimate(None if no_best else exact + best, exact + low, None if no_high else exact + high, hedges == 0)


@lru_cache(maxsize=65_536)
def _estimate(best: int | None, low: int, high: int | None, exact: bool) -> Estimate:
    """Estimates cannot change, and most are small numbers that come again and again."""
    return Estimate(best=best, low=low, high=high, exact=exact)


_NOTHING = Hedged(0, 0, 0, 0, 0, 0)
ZERO = Estimate(best=0, low=0, high=0)


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
    return _estimate(*bounds(entry), hedges(entry) == 0)


def plus(one: Estimate, other: Estimate) -> Estimate:
    """The sum of two estimates; what is unknown in one is unknown in the sum."""
    best = None if one.best is None or other.best is None else one.best + other.best
    high = None if one.high is None or other.high is None else one.high + other.high
    return _estimate(best, one.low + other.low, high, one.exact and other.exact)


def minus(one: Estimate, other: Estimate) -> Estimate:
    """What is left: the lowest rest is the low of one less the high of the other, and at least 0."""
    best = None if one.best is None or other.best is None else one.best - other.best
    low = 0 if other.high is None else max(0, one.low - other.high)
    high = None if one.high is None else max(0, one.high - other.low, best or 0)
    return _estimate(best, low if best is None else min(low, best), high, one.exact and other.exact)
