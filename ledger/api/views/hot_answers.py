"""Answers that are asked for again and again: whole, and given at once as long as nothing new has come to the log."""

from collections.abc import Hashable, Iterator
from typing import NamedTuple

from starlette.types import Scope

from ledger.api.http.answers import Answer, takes_zipped
from ledger.api.lru import Lru
from ledger.follow.replica import Replica
from schemas.record import Frontier

ANSWER_WEIGHT = 1024
"""What an answer weighs without its body, in a cache that counts bytes."""


class Hot(NamedTuple):
    """A whole answer, and the position at which it was made."""

    route: str
    answer: Answer
    reached: Frontier


class HotAnswers:
    """What everybody may read, by path and query. `given` counts by route what was given."""

    def __init__(self, replica: Replica, bytes_max: int) -> None:
        self._replica = replica
        self._kept: Lru[Hot] = Lru(bytes_max)
        replica.when_redacted(self._kept.clear)
        self._given: dict[str, int] = {}

    def put(self, scope: Scope, zipped: bool, route: str, answer: Answer) -> None:
        """Keep an answer, to those who take compressed ones or do not, until something new comes to the log."""
        hot = Hot(route, answer, self._replica.reached)
        weight = ANSWER_WEIGHT + len(scope["path"]) + len(scope["query_string"]) + len(answer.body)
        self._kept.put(_key(scope, zipped), hot, weight)

    def find(self, scope: Scope) -> Answer | None:
        """The answer to a plain request, where nothing has come since it was made."""
        zipped = False
        for name, text in scope["headers"]:
            if name in (b"authorization", b"if-none-match"):
                return None
            if name == b"accept-encoding":
                zipped = takes_zipped(text.decode("latin-1"))
        hot = self._kept.get(_key(scope, zipped))
        if hot is None or hot.reached is not self._replica.reached or self._replica.damage:
            return None
        self._given[hot.route] = self._given.get(hot.route, 0) + 1
        return hot.answer

    def counted(self) -> Iterator[tuple[str, int]]:
        """How many answers of each route were given since this was last asked."""
        given, self._given = self._given, {}
        yield from given.items()


def _key(scope: Scope, zipped: bool) -> Hashable:
    return scope["path"], scope["query_string"], zipped
