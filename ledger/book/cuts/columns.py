"""Columns by the place of an event in its exchange: what is posted where, its sums, and where each key stands."""

import sys
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from itertools import compress
from operator import sub
from typing import Any, NamedTuple

from ledger.book.balances import Balance, Entry, Hedged
from ledger.book.keys import Key

_OTHERS = bytes.maketrans(b"\0\1", b"\1\0")


class Posted:
    """Postings by place: the first of each claim in columns, those that follow it beside them."""

    def __init__(self, size: int, none: int) -> None:
        self.first = array("I", [none]) * size
        self.exact = array("q", [0]) * size
        self.more_places, self.more, self.more_exact = array("I"), array("I"), array("q")
        self.hedged: list[tuple[int, int, Hedged]] = []
        self._size, self._of_all = 0, Sums.of(0)

    def add(self, place: int, where: int, entry: Entry, is_first: bool) -> None:
        number = entry if isinstance(entry, int) else 0
        if not isinstance(entry, int):
            self.hedged.append((place, where, entry))
        if is_first:
            self.first[place], self.exact[place] = where, number
        else:
            self.more_places.append(place)
            self.more.append(where)
            self.more_exact.append(number)

    def close(self, size: int) -> None:
        """Keep what all of them come to, of so many numbers to which they are posted. Nothing is added afterwards."""
        self._size = size
        self._of_all = self._added_up(bytes([1]) * len(self.first))

    def sums(self, places: bytes) -> "Sums":
        """What those of some places come to: added up, or where they are most of all, those of the others taken off."""
        if 2 * places.count(1) <= len(places):
            return self._added_up(places)
        return self._of_all.less(self._added_up(places.translate(_OTHERS)))

    def _added_up(self, places: bytes) -> "Sums":
        found = Sums.of(self._size)
        counts, exact = found.counts, found.exact
        for where, number in Counter(compress(self.first, places)).items():
            counts[where] = number
        for where, number in zip(compress(self.first, places), compress(self.exact, places), strict=True):
            exact[where] += number
        besides = bytes(map(places.__getitem__, self.more_places))
        for where, number in zip(compress(self.more, besides), compress(self.more_exact, besides), strict=True):
            counts[where] += 1
            exact[where] += number
        for place, where, entry in self.hedged:
            if places[place]:
                found.hedge(where, entry, 1)
        return found

    @property
    def size(self) -> int:
        columns = (self.first, self.exact, self.more_places, self.more, self.more_exact, self.hedged, *self._of_all)
        return sum(map(sys.getsizeof, columns)) + 200 * (len(self.hedged) + len(self._of_all.hedged))


class Sums(NamedTuple):
    """Sums by number: how many postings, their exact entries, and the hedged ones where there are any."""

    counts: list[int]
    exact: list[int]
    hedged: dict[int, list[int]]

    @classmethod
    def of(cls, size: int) -> "Sums":
        return cls([0] * size, [0] * size, {})

    def add(self, where: int, entry: Entry, sign: int) -> None:
        self.counts[where] += sign
        if isinstance(entry, int):
            self.exact[where] += sign * entry
        else:
            self.hedge(where, entry, sign)

    def less(self, others: "Sums") -> "Sums":
        """The same without some of the postings that are in it."""
        hedged = {where: [*entry] for where, entry in self.hedged.items()}
        left = Sums([*map(sub, self.counts, others.counts)], [*map(sub, self.exact, others.exact)], hedged)
        for where, entry in others.hedged.items():
            left.hedge(where, entry, -1)
        return left

    def hedge(self, where: int, entry: Sequence[int], sign: int) -> None:
        best, low, high, no_best, no_high, hedges = entry
        known = self.hedged.setdefault(where, [0, 0, 0, 0, 0, 0])
        known[0] += sign * best
        known[1] += sign * low
        known[2] += sign * high
        known[3] += sign * no_best
        known[4] += sign * no_high
        known[5] += sign * hedges

    def balance(self, where: int, round: int | None = None, account: tuple[Any, ...] = ()) -> Balance:
        """The sum of one number as a balance."""
        hedged = self.hedged.get(where)
        hedged_sum = None if hedged is None else Hedged._make(hedged)
        return Balance(round, account, self.counts[where], self.exact[where], hedged_sum)


class Places:
    """Where the first event of each occurrence stands, by its key: the hashes of keys in order, and their places."""

    def __init__(self, keys: Sequence[Key | None]) -> None:
        self._keys = keys
        places: dict[Key, int] = {}
        for place, key in enumerate(keys):
            if key is not None:
                places.setdefault(key, place)
        ordered = sorted((hash(key), place) for key, place in places.items())
        self.hashes = array("q", (each for each, _ in ordered))
        self.places = array("I", (place for _, place in ordered))

    def __getitem__(self, key: Key) -> int:
        wanted = hash(key)
        for number in range(bisect_left(self.hashes, wanted), len(self.hashes)):
            place = self.places[number]
            if self.hashes[number] != wanted:
                break
            if self._keys[place] == key:
                return place
        raise KeyError(key)
