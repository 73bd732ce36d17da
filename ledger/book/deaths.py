"""Deaths of more people than were alive in captivity: the excess died in freedom, as far as so many were free.

It is taken out of the deaths again, as far as stocks rest on them: off their best, their low and their high, each as
those alive and free by then allow it. Where dates are vague, whoever can have been in captivity was: people come into
it when they can have come, leave it when they certainly have, and die when they can have died. docs/counting.md has the
rule.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from typing import NamedTuple

from ledger.book.balances import Balance, Entry, Hedged, bounds
from ledger.book.flows import EVER, FOREVER, Posting, Since, Timeline, midnight
from ledger.book.transfers import PLACES
from schemas.values import Span

_FREED = tuple(move for move, places in PLACES.items() if places == ("held", "free"))
_COME = tuple(move for move, (_, end) in PLACES.items() if end == "held")
_NO_LONGER_FREE = tuple(move for move, (start, _) in PLACES.items() if start == "free")
TAKEN = ("taken", "taken_dead")
_DEATHS = {"died_away": ("died_away", "opening.out"), "died": ("died_held",)}
"""The moves of those who die in captivity, and the figures by which stocks rest on them."""
_LEFT = tuple(move for move, (start, _) in PLACES.items() if start == "held" and move not in _DEATHS)
_LIVING = frozenset({*_COME, *_LEFT, *_DEATHS, *_NO_LONGER_FREE})


def _begun(span: Span) -> datetime:
    return midnight((span.start or EVER) + timedelta(microseconds=1))


def _over(span: Span) -> datetime:
    return FOREVER if span.end is None else midnight(span.end)


@dataclass(frozen=True, slots=True)
class _Number:
    """How many people there may be: best, and from low to high, which is infinite where nobody knows an end."""

    best: int = 0
    low: float = 0
    high: float = 0

    @classmethod
    def of(cls, entry: Entry) -> "_Number":
        best, low, high = bounds(entry)
        return cls(best or 0, low, inf if high is None else high)

    def __add__(self, other: "_Number") -> "_Number":
        return _Number(self.best + other.best, self.low + other.low, self.high + other.high)

    def __sub__(self, other: "_Number") -> "_Number":
        return _Number(self.best - other.best, self.low - other.high, self.high - other.low)


class _Day(NamedTuple):
    """How many were alive in captivity, and free, at the end of a day; and how many postings there are by then."""

    alive: _Number
    free: _Number
    less: int


class Sweep:
    """The days of one side of an exchange, in order. A change goes through those from its own day on anew."""

    def __init__(self) -> None:
        self._days: list[datetime] = []
        self._begun: dict[datetime, dict[Span, None]] = {}
        self._over: dict[datetime, dict[Span, None]] = {}
        self._taken: list[datetime] = []
        self._since: Since | None = None
        self._done: list[_Day] = []
        self._less: list[Posting] = []
        self._is_known = True

    def change(self, span: Span, moved: Mapping[str, Balance], before: Iterable[str]) -> None:
        """Take in that other people moved in a span of time than before, when they made these moves."""
        for where, day in ((self._begun, _begun(span)), (self._over, _over(span))):
            if _LIVING & moved.keys():
                where.setdefault(day, {})[span] = None
            elif day in where:
                where[day].pop(span, None)
            self._restart(day)
        was, now = (any(move in moves for move in TAKEN) for moves in (before, moved))
        end = span.end or FOREVER
        if now and not was:
            insort(self._taken, end)
        elif was and not now:
            del self._taken[bisect_left(self._taken, end)]

    def _restart(self, day: datetime) -> None:
        place = bisect_left(self._days, day)
        if place == len(self._days) or self._days[place] != day:
            self._days.insert(place, day)
        del self._done[place:]
        del self._less[self._done[-1].less if self._done else 0 :]
        self._is_known = True

    def was_taken_by(self, end: datetime) -> bool:
        """Whether a taking was over by a time."""
        return bisect_right(self._taken, end) > 0

    def less(self, side: str, when: Timeline, since: Since | None) -> list[Posting]:
        """What the deaths are less, where a list opened the stock or anybody was taken."""
        if since is None and not self._taken:
            return []
        if since != self._since:
            self._since = since
            self._restart(EVER)
            if since is not None:
                self._restart(since.end)
        while self._is_known and len(self._done) < len(self._days):
            self._go_on(side, when, self._days[len(self._done)])
        return self._less

    def _go_on(self, side: str, when: Timeline, day: datetime) -> None:
        alive, free, _ = self._done[-1] if self._done else _NOBODY
        since = self._since
        begun, over = (list(each.get(day, ())) for each in (self._begun, self._over))
        later = [
            [each for each in spans if since is None or (each.start or EVER) >= since.end] for spans in (begun, over)
        ]
        of_all = _Moved(_entries(when, begun), _entries(when, over))
        of_later = of_all if since is None else _Moved(*(_entries(when, spans) for spans in later))
        straddling = [each for each in over if since is not None and day > since.end and each not in later[1]]
        if straddling or any(bounds(entry)[0] is None for its in of_all for entry in its.values()):
            self._is_known = False
            return
        alive += of_later.early(*_COME) - of_later.late(*_LEFT)
        free += of_all.late(*_FREED) - of_all.early(*_NO_LONGER_FREE)
        for move, end, entry in _deaths(when, later[0]):
            dead = _Number.of(entry)
            died_held, died_free = _divided(dead, alive, free)
            alive, free = alive - died_held, free - died_free
            if died_held != dead:
                names = [name for name in _DEATHS[move] if since or "." not in name]
                self._less += [Posting(end, f"{side}.{name}", _off(dead, died_held)) for name in names]
        if since is not None and day == since.end:
            if bounds(since.entry)[0] is None:
                self._is_known = False
                return
            alive += _Number.of(since.entry)
        self._done.append(_Day(alive, free, len(self._less)))


_NOBODY = _Day(_Number(), _Number(), 0)


def _divided(dead: _Number, alive: _Number, free: _Number) -> tuple[_Number, _Number]:
    """Those who died in captivity and those who died in freedom, of so many who died."""
    best = int(_beyond(dead.best, alive.best, free.best))
    held_low = dead.low - _beyond(dead.low, alive.low, free.high)
    held_high = inf if dead.high == inf else dead.high - _beyond(dead.high, alive.high, free.low)
    free_low, free_high = _beyond(dead.low, alive.high, free.low), _beyond(dead.high, alive.low, free.high)
    return _Number(dead.best - best, held_low, held_high), _Number(best, free_low, free_high)


def _beyond(dead: float, alive: float, free: float) -> float:
    """How many of the dead are beyond those alive in captivity, as far as so many are free."""
    return min(dead - min(dead, max(alive, 0)), max(free, 0))


def _off(dead: _Number, died_held: _Number) -> Hedged:
    """What those who died in freedom take off the deaths; nothing off a high that has no end."""
    high = 0 if dead.high == inf else int(died_held.high - dead.high)
    return Hedged(died_held.best - dead.best, int(died_held.low - dead.low), high, 0, 0, 0)


class _Moved(NamedTuple):
    """What of the living began to move on a day, and what was over on it."""

    begun: Mapping[str, Entry]
    over: Mapping[str, Entry]

    def early(self, *moves: str) -> _Number:
        """People who count from when they can have moved; fewer are certain until they have."""
        return self._of(self.begun, moves)

    def late(self, *moves: str) -> _Number:
        """People who count once they certainly have moved; more are possible before."""
        return self._of(self.over, moves)

    def _of(self, best: Mapping[str, Entry], moves: Iterable[str]) -> _Number:
        three = ((best.get(move, 0), self.over.get(move, 0), self.begun.get(move, 0)) for move in moves)
        each = (map(_Number.of, entries) for entries in three)
        return sum((_Number(best.best, low.low, high.high) for best, low, high in each), start=_Number())


def _deaths(when: Timeline, spans: Iterable[Span]) -> Iterator[tuple[str, datetime, Entry]]:
    dying = [span for span in spans if any(move in when[span] for move in _DEATHS)]
    for move in _DEATHS:
        for end in sorted({_over(each) for each in dying if move in when[each]}):
            yield move, end, _entries(when, [each for each in dying if _over(each) == end])[move]


def _entries(when: Timeline, spans: Iterable[Span]) -> Mapping[str, Entry]:
    moved: dict[str, Balance] = {}
    for each in spans:
        for move in _LIVING & when[each].keys():
            moved.setdefault(move, Balance()).merge(when[each][move])
    return {move: balance.entry() for move, balance in moved.items()}
