"""Answers that are asked for again and again: whole, and given at once as long as nothing new has come to the log."""

from collections.abc import Iterator

from starlette.types import Scope

from ledger.api.answers import Answer
from ledger.api.lru import Lru
from ledger.api.replica import Replica
from schemas.record import Frontier

HOT_MAX = 1024


class Hot:
    """A whole answer, and the position at which it was made."""

    __slots__ = ("answer", "reached", "route")

    def __init__(self, route: str, answer: Answer, reached: Frontier) -> None:
        self.route, self.answer, self.reached = route, answer, reached


class HotAnswers:
    """What everybody may read, by path and query. `given` counts by route what was given."""

    def __init__(self, replica: Replica) -> None:
        self._replica = replica
        self._kept: Lru[Hot] = Lru(HOT_MAX)
        self._given: dict[str, int] = {}

    def put(self, scope: Scope, route: str, answer: Answer) -> None:
        """Keep an answer until something new comes to the log."""
        self._kept.put((scope["path"], scope["query_string"]), Hot(route, answer, self._replica.reached), 1)

    def find(self, scope: Scope) -> Answer | None:
        """The answer to a plain request, where nothing has come since it was made."""
        hot = self._kept.get((scope["path"], scope["query_string"]))
        if hot is None or hot.reached is not self._replica.reached:
            return None
        for name, _ in scope["headers"]:
            if name in (b"authorization", b"if-none-match"):
                return None
        self._given[hot.route] = self._given.get(hot.route, 0) + 1
        return hot.answer

    def counted(self) -> Iterator[tuple[str, int]]:
        """How many answers of each route were given since this was last asked."""
        given, self._given = self._given, {}
        yield from given.items()
