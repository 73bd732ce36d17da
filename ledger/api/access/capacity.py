"""How much of something there is at once: in all, and of one client."""

from collections import Counter


class Capacity:
    """How many there are, and of which client."""

    def __init__(self, most: int, most_each: int) -> None:
        self._most, self._most_each = most, most_each
        self._of: Counter[str] = Counter()

    def of(self, client: str) -> int:
        """How many there are of a client."""
        return self._of[client]

    def enter(self, client: str) -> bool:
        """Count one more; whether there is room for it."""
        if self._of.total() >= self._most or self._of[client] >= self._most_each:
            return False
        self._of[client] += 1
        return True

    def leave(self, client: str) -> None:
        """Count one less."""
        self._of[client] -= 1
        if self._of[client] <= 0:
            del self._of[client]
