"""A cache that holds the most recently used within a bound."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Lru(Generic[T]):
    """Values by key. Each weighs something, and all together no more than `weight_max`.

    `cleared` is how often everything was let go: who has begun before must not keep what he made.
    """

    def __init__(self, weight_max: int) -> None:
        self.weight = 0
        self.hits = self.misses = self.cleared = 0
        self._weight_max = weight_max
        self._kept: OrderedDict[Hashable, tuple[T, int]] = OrderedDict()

    def get(self, key: Hashable) -> T | None:
        """A value, which is then the most recently used; None where it is not here."""
        found = self._kept.get(key)
        if found is None:
            self.misses += 1
            return None
        self.hits += 1
        self._kept.move_to_end(key)
        return found[0]

    def put(self, key: Hashable, value: T, weight: int) -> None:
        """Keep a value, and let go of those that were not used for longest. One that is too heavy is not kept."""
        if weight > self._weight_max:
            return
        if key in self._kept:
            self.weight -= self._kept.pop(key)[1]
        self._kept[key] = value, weight
        self.weight += weight
        while self.weight > self._weight_max:
            self.weight -= self._kept.popitem(last=False)[1][1]

    def clear(self) -> None:
        """Let go of everything."""
        self._kept.clear()
        self.weight = 0
        self.cleared += 1

    def __len__(self) -> int:
        return len(self._kept)
