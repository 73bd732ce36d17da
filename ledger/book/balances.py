"""Sums of counts that are not all exact, and that can be taken back.

An entry is an exact number or a `Hedged` one. A balance adds entries up and subtracts them again, so that a
correction is the old entry reversed and the new one made.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple, TypeAlias, cast

from schemas.values import Count
from schemas.views import Estimate


class Hedged(NamedTuple):
    """An entry whose best, low and high differ, or are not known (`no_best`, `no_high` are then 1)."""

    best: int
    low: int
    high: int
    no_best: int
    no_high: int


Entry: TypeAlias = int | Hedged
"""What is posted for one count: an exact number, or a hedged one."""


def entry(count: Count) -> Entry:
    """The entry of a stated count. A hedge without numbers is at least 0 and has no best."""
    best = count.best
    if best is not None and count.qualifier == "exact":
        return best
    low, high = count.low, count.high
    return hedged(best, (best or 0) if low is None else low, best if high is None else high)


def hedged(best: int | None, low: int, high: int | None) -> Entry:
    """An entry from its three numbers, where None is not known."""
    if best is not None and best == low == high:
        return best
    return Hedged(best or 0, low, high or 0, int(best is None), int(high is None))


def bounds(entry: Entry) -> tuple[int | None, int, int | None]:
    """Best, low and high of an entry; None is not known."""
    if not isinstance(entry, tuple):
        return entry, entry, entry
    return None if entry.no_best else entry.best, entry.low, None if entry.no_high else entry.high


class Balance:
    """A running sum of entries, kept for one account in one round; `postings` counts them.

    An exact entry touches one sum only, since nearly all are exact.
    """

    __slots__ = ("account", "best", "exact", "high", "low", "no_best", "no_high", "postings", "round")

    def __init__(self, round: int | None = None, account: tuple[Any, ...] = ()) -> None:
        self.round, self.account = round, account
        self.postings = self.exact = self.best = self.low = self.high = self.no_best = self.no_high = 0

    def add(self, entry: Entry, sign: int = 1) -> None:
        self.postings += sign
        if not isinstance(entry, tuple):
            self.exact += sign * entry
            return
        self.best += sign * entry.best
        self.low += sign * entry.low
        self.high += sign * entry.high
        self.no_best += sign * entry.no_best
        self.no_high += sign * entry.no_high

    def merge(self, other: "Balance") -> None:
        self.postings += other.postings
        self.exact += other.exact
        self.best += other.best
        self.low += other.low
        self.high += other.high
        self.no_best += other.no_best
        self.no_high += other.no_high

    def __bool__(self) -> bool:
        return any((self.exact, self.best, self.low, self.high, self.no_best, self.no_high))

    def estimate(self) -> Estimate:
        """Best is null as soon as one entry has none; low counts such an entry at its lower bound."""
        return Estimate(
            best=None if self.no_best else self.exact + self.best,
            low=self.exact + self.low,
            high=None if self.no_high else self.exact + self.high,
        )


ZERO = Estimate(best=0, low=0, high=0)


def summed(entries: Iterable[Entry]) -> Entry:
    """The sum of some entries, as one entry."""
    entries = tuple(entries)
    if all(isinstance(each, int) for each in entries):
        return sum(cast("tuple[int, ...]", entries))
    parts = [each if isinstance(each, tuple) else Hedged(each, each, each, 0, 0) for each in entries]
    return Hedged(*map(sum, zip(*parts, strict=True)))


def estimate_of(entry: Entry) -> Estimate:
    """An entry as readers see it."""
    balance = Balance()
    balance.add(entry)
    return balance.estimate()


def plus(one: Estimate, other: Estimate) -> Estimate:
    """The sum of two estimates; what is unknown in one is unknown in the sum."""
    return Estimate(
        best=None if one.best is None or other.best is None else one.best + other.best,
        low=one.low + other.low,
        high=None if one.high is None or other.high is None else one.high + other.high,
    )


def minus(one: Estimate, other: Estimate) -> Estimate:
    """What is left: the lowest rest is the low of one less the high of the other, and at least 0."""
    best = None if one.best is None or other.best is None else one.best - other.best
    low = 0 if other.high is None else max(0, one.low - other.high)
    high = None if one.high is None else max(0, one.high - other.low)
    return Estimate(best=best, low=low if best is None else min(low, best), high=high)
