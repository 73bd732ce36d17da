"""Figures that are kept up to date, and what was made from them: it stays until a figure that it rests on changes.

A value is kept under its figure's name, and a part of a view (`captives`, `captives.by.category`) under that by which
the names of its figures begin. When a plain figure changes, `affected` says which of these go: nothing else is kept,
and nothing else has to be told.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from operator import is_not
from typing import Any, TypeVar

from ledger.book.balances import Balance
from ledger.book.figures import DERIVED, rests_on, unknown, value
from schemas.views import Breakdown, Estimate

T = TypeVar("T")


class LiveFigures(dict[str, Balance]):
    """The plain figures of an exchange, or of some of its rounds, by name. They change by `post` alone."""

    __slots__ = ("_below", "_changed", "_kept", "_made_of")

    def __init__(self, sums: Mapping[str, Balance] | None = None) -> None:
        super().__init__(sums or {})
        self._kept: dict[str, Any] = {}
        self._made_of: dict[str, tuple[tuple[object, ...], Any]] = {}
        self._changed: set[str] = set()
        self._below: dict[str, list[tuple[str, str]]] | None = None

    def post(self, names: Iterable[str], change: Balance) -> None:
        """Add to some figures; one to which nothing is posted any more is not recorded."""
        for name in names:
            known = self.get(name)
            if known is None:
                known = self[name] = Balance()
                self._place(name)
            known.merge(change)
            if not known.postings:
                del self[name]
                self._displace(name)
        self._changed.update(names)

    def let_go(self) -> None:
        """Keep the figures alone."""
        self._kept, self._made_of, self._changed, self._below = {}, {}, set(), None

    def made(self, key: str, make: Callable[[], T]) -> T:
        """What rests on the figures whose names begin with `key`, made anew only where one of them changed."""
        if self._changed:
            self._forget()
        kept = self._kept
        if key not in kept:
            kept[key] = make()
        made: T = kept[key]
        return made

    def made_of(self, parts: tuple[object, ...], key: str, make: Callable[[], T]) -> T:
        """What is made of some parts alone, made anew only where one of them is another object than the last time."""
        known = self._made_of.get(key)
        if known is None or any(map(is_not, known[0], parts)):
            known = self._made_of[key] = parts, make()
        made: T = known[1]
        return made

    def value(self, name: str) -> Estimate | None:
        """A figure, plain or derived, as `ledger.book.figures.value` has it."""
        if self._changed:
            self._forget()
        kept = self._kept
        if name not in kept:
            kept[name] = value(name, self)
        known: Estimate | None = kept[name]
        return known

    def values_of(self, named: Iterable[tuple[str, str]]) -> dict[str, Any]:
        """The values of some figures, each by the word that stands before its name."""
        if self._changed:
            self._forget()
        kept, value_of = self._kept, self.value
        return {word: kept[name] if name in kept else value_of(name) for word, name in named}

    def below(self, group: str) -> Sequence[tuple[str, str]]:
        """The figures of one breakdown (`captives.by.category`, `aid`), sorted: the rest of each name, and the name."""
        if self._below is None:
            self._below = {}
            for name in sorted(self):
                if (its := group_of(name)) is not None:
                    self._below.setdefault(its, []).append((name[len(its) + 1 :], name))
        return self._below.get(group, ())

    def breakdown(self, group: str) -> Breakdown:
        """The figures of one breakdown by the rest of their names, in order."""
        return self.made(group, lambda: self.values_of(self.below(group)))

    def _forget(self) -> None:
        kept = self._kept
        for key in frozenset().union(*map(affected, self._changed)):
            kept.pop(key, None)
        self._changed.clear()

    def _place(self, name: str) -> None:
        group = group_of(name)
        if self._below is not None and group is not None:
            insort(self._below.setdefault(group, []), (name[len(group) + 1 :], name))

    def _displace(self, name: str) -> None:
        group = group_of(name)
        if self._below is not None and group is not None:
            names = self._below[group]
            del names[bisect_left(names, (name[len(group) + 1 :], name))]


def live(sums: Mapping[str, Balance]) -> LiveFigures:
    """The same figures; those that are not kept up to date keep what was made from them for this once."""
    return sums if isinstance(sums, LiveFigures) else LiveFigures(sums)


@lru_cache(maxsize=65_536)
def affected(name: str) -> frozenset[str]:
    """Every figure that rests on a plain one, and all by which their names begin."""
    return frozenset(start for figure in (name, *_RESTING.get(name, ())) for start in _starts(figure))


_RESTING: Mapping[str, Sequence[str]] = {
    plain: [each for each in DERIVED if plain in (*rests_on(each), unknown(each))]
    for plain in {plain for each in DERIVED for plain in (*rests_on(each), unknown(each))}
}
"""The derived figures that rest on each plain one."""


def _starts(name: str) -> Iterator[str]:
    yield name
    head = name.partition("|")[0]
    while head:
        yield head
        head = head.rpartition(".")[0]


@lru_cache(maxsize=65_536)
def group_of(name: str) -> str | None:
    """The breakdown to which a plain figure belongs; None for one that is in none."""
    head, bar, _ = name.partition("|")
    if bar:
        return head
    steps = name.split(".")
    if steps[0] in _FLAT:
        return steps[0]
    depth = next((depth for depth in (1, 2) if steps[depth : depth + 1] in _SPLIT), None)
    return None if depth is None else ".".join(steps[: depth + 2])


_FLAT = ("aid", "funds")
"""Breakdowns that are of no side."""
_SPLIT = (["by"], ["of_which"])
"""What stands before the dimension in the name of a figure of a breakdown: `captives.remains.by.nationality.THA`."""
