"""What is held, where that depends on when things were over: a list that opens the stock, deaths beyond those held.

Both are postings to hidden figures (`opening.in`, `opening.out`, `died_held`, `died_away`), so that what is held stays
a sum. docs/counting.md has the rules.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from typing import NamedTuple, cast

from ledger.book.balances import Balance, Entry, Hedged, bounds, entry, possible
from ledger.book.calendar import Timeline
from ledger.book.claims import Occurrence, reaching, stretched
from ledger.book.figures import unknown
from ledger.book.projection import Book
from ledger.book.sums import Figures
from ledger.book.transfers import PLACES, SIDES, flow
from schemas.events import TallyStated
from schemas.values import Span, span_of
from schemas.vocabulary import Side

FOREVER = datetime(9999, 12, 31)
"""When something is over of which nobody knows."""
_STOCK = ("held", "remains_held")
_FREED = tuple(move for move, places in PLACES.items() if places == ("held", "free"))
_TAKEN = ("taken", "taken_dead")


class Opening(NamedTuple):
    """A stated stock from which a side is counted: the event, its number as rivals leave it, and the end of its day."""

    event: TallyStated
    entry: Entry
    end: datetime

    def share(self, when: Span, moved: Entry) -> Entry | None:
        """How much of what moved came after the stock: all of it, or nobody knows; None for what is in it already."""
        if (when.end or FOREVER) <= self.end:
            return None
        return moved if when.start is not None and when.start >= self.end else possible(moved)


class Posting(NamedTuple):
    """So many people of a hidden figure, from the time on at which it was over."""

    end: datetime
    figure: str
    entry: Entry


def with_stocks(known: Figures, books: Sequence[Book]) -> Figures:
    """The figures of an exchange, or of several together, with what their stocks depend on beside them."""
    if not any(f"{side}.died" in known for side in SIDES) and not any(any(book.openings()) for book in books):
        return known  # as for nearly all
    sums: dict[str, Balance] = {}
    for each in stock_postings(books):
        if each.figure not in sums:
            sums[each.figure] = Balance()
            sums[each.figure].merge(known.get(each.figure, Balance()))
        sums[each.figure].add(each.entry)
    return {**known, **sums}


def stock_postings(books: Sequence[Book]) -> list[Posting]:
    """What the stocks of an exchange, or of several together, depend on beside the movements themselves."""
    found: list[Posting] = []
    for side in SIDES:
        when = _of_side(books, side)
        opening = opening_of(books, side)
        if opening is not None:
            found += _since(side, when, opening)
        elif (since := _rival_lists(books, side)) is not None:
            found.append(Posting(since, unknown(f"{side}.held"), 1))
        found += beyond_those_held(side, when, opening)
    return found


def _of_side(books: Sequence[Book], side: Side) -> Timeline:
    """What moved on one side in each span of time."""
    if len(books) == 1:
        return books[0].calendar.timeline(side)
    found: dict[Span, dict[str, Balance]] = {}
    for book in books:
        for when, moves in book.calendar.timeline(side).items():
            for move, balance in moves.items():
                found.setdefault(when, {}).setdefault(move, Balance()).merge(balance)
    return found


def beyond_held(books: Sequence[Book], side: str, figure: str) -> int:
    """How many of those who died (`died_held`, `died_away`) were beyond those held, and so died in freedom."""
    taken_out = (bounds(each.entry)[0] or 0 for each in stock_postings(books) if each.figure == f"{side}.{figure}")
    return -sum(taken_out)


# -- the list that opens a stock ---------------------------------------------------------------


def opening_of(books: Sequence[Book], side: Side) -> Opening | None:
    """The stated stock from which a side is counted; None where takings were over before it, or several could be it."""
    declared = _declared(books, side)
    of_process = [each for each in declared if each.event.scope == "process"]
    several = [each for each in declared if each.event.scope == "exchange"]
    if len(books) > 1:
        alone = len({each.event.exchange for each in several}) == 1
        several = of_process or (several if alone else [])
    opening = min(several, key=lambda each: each.end, default=None)
    if opening is None or _was_taken_before(books, side, opening.end):
        return None
    return opening


def _rival_lists(books: Sequence[Book], side: Side) -> datetime | None:
    """Since when nobody knows who was held of a process: several members have lists, or one has, and others takings."""
    declared = _declared(books, side)
    ends = [each.end for each in declared if each.event.scope == "exchange"]
    return min(ends) if len(books) > 1 and ends and len(ends) == len(declared) else None


def openings(book: Book) -> set[str]:
    """The ids of the stated stocks that open one of this exchange, or of a process through it."""
    found = (opening_of([book], side) for side in SIDES)
    own = {each.event.id for each in found if each is not None}
    return own | {each.id for side in SIDES for _, each in lists(book, side) if each.scope == "process"}


def lists(book: Book, side: str) -> Iterator[tuple[Occurrence, TallyStated]]:
    """The stated stocks of a side that count and are declared to open it, whether or not they do."""
    for occurrence in book.openings():
        claim = occurrence.adopted
        if claim is not None and claim.opens_a_stock:
            event = cast("TallyStated", claim.event)
            if event.figure == f"{side}.held":
                yield occurrence, event


def _declared(books: Iterable[Book], side: str) -> list[Opening]:
    """The stocks that could open a side; their rivals stretch their ranges."""
    return [
        Opening(event, _beside_rivals(book, occurrence, event), midnight(end))
        for book in books
        for occurrence, event in lists(book, side)
        if (end := span_of(event.occurred).end) is not None
    ]


def midnight(end: datetime) -> datetime:
    """The end of a day, since a list is of a day even where it bears a time."""
    day = end.replace(hour=0, minute=0, second=0, microsecond=0)
    return day if day == end else day + timedelta(days=1)


def _beside_rivals(book: Book, occurrence: Occurrence, opening: TallyStated) -> Entry:
    stated = (each.event for each in book.verdict(occurrence).eligible if each.type == "tally_stated")
    alike = [each for each in cast("Iterator[TallyStated]", stated) if _about(each) == _about(opening)]
    own = entry(opening.count)
    reach = reaching(own, (entry(each.count) for each in alike if each is not opening))
    return own if reach is None else stretched([own], *reach)[0]


def _about(total: TallyStated) -> tuple[str, str, str | None]:
    """Of what a total is: of another figure, scope or party it is no rival."""
    return total.figure, total.scope, total.party


def _was_taken_before(books: Iterable[Book], side: Side, end: datetime) -> bool:
    return any(
        move in moves and when.end is not None and when.end <= end
        for book in books
        for when, moves in book.calendar.timeline(side).items()
        for move in _TAKEN
    )


def _since(side: Side, timeline: Timeline, opening: Opening) -> Iterator[Posting]:
    """The stock itself, and what came in and went out after it."""
    yield Posting(opening.end, f"{side}.opening.in", opening.entry)
    for when, moves in timeline.items():
        for move, balance in moves.items():
            sign, share = flow(move, *_STOCK), opening.share(when, balance.entry())
            if sign and share is not None:
                yield Posting(when.end or FOREVER, f"{side}.opening.{'in' if sign > 0 else 'out'}", share)


# -- deaths beyond those held ------------------------------------------------------------------


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


def beyond_those_held(side: Side, when: Timeline, opening: Opening | None) -> Iterator[Posting]:
    """Deaths of more people than were alive in captivity: the excess died in freedom, as far as so many were free.

    It is taken out of the deaths again, as far as stocks rest on them: off their best, their low and their high, each
    as those alive and free by then allow it. Where dates are vague, whoever can have been in captivity was: people come
    into it when they can have come, leave it when they certainly have, and die when they can have died.
    """
    if opening is None and not any(move in moves for moves in when.values() for move in _TAKEN):
        return
    alive, free = _Number(), _Number()
    for day in _days(when, opening):
        if day.is_unknown:
            return
        alive += day.later.early("taken", "retaken") - day.later.late(*_FREED, "transferred")
        free += day.all.late(*_FREED) - day.all.early("retaken", "died_free")
        for move, end, died in day.deaths:
            dead = _Number.of(died)
            died_held, died_free = _divided(dead, alive, free)
            alive, free = alive - died_held, free - died_free
            if died_held != dead:
                less, names = _off(dead, died_held), _DEATHS[move]
                yield from (Posting(end, f"{side}.{name}", less) for name in names if opening or "." not in name)
        if opening is not None and day.end == opening.end:
            if bounds(opening.entry)[0] is None:
                return
            alive += _Number.of(opening.entry)


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


_DEATHS = {"died_away": ("died_away", "opening.out"), "died": ("died_held",)}
"""The moves of those who die in captivity, and the figures by which stocks rest on them."""
_LIVING = frozenset({*_FREED, *_DEATHS, "taken", "retaken", "transferred", "died_free"})


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


class _Day(NamedTuple):
    """What moved on one day: all of it, what came after the list that opened the stock, and the deaths of the latter.

    `deaths` are told with the time by which they were over. `is_unknown`: something has no best, or straddles the list,
    so that nobody knows who was held.
    """

    end: datetime
    all: _Moved
    later: _Moved
    deaths: Sequence[tuple[str, datetime, Entry]]
    is_unknown: bool


def _days(when: Timeline, opening: Opening | None) -> Iterator[_Day]:
    """The days on which anything began, or was over, in order; that of the list that opens the stock among them."""
    begun: defaultdict[datetime, list[Span]] = defaultdict(list)
    over: defaultdict[datetime, list[Span]] = defaultdict(list)
    for each in when:
        begun[midnight((each.start or _EVER) + timedelta(microseconds=1))].append(each)
        over[_over(each)].append(each)
    since = None if opening is None else opening.end
    for end in sorted({*begun, *over, *(() if since is None else (since,))}):
        its = begun[end], over[end]
        later = [[each for each in spans if since is None or (each.start or _EVER) >= since] for spans in its]
        of_all, of_later = (_Moved(*(_entries(when, spans) for spans in several)) for several in (its, later))
        straddling = [each for each in over[end] if each not in later[1] and since is not None and end > since]
        has_best = all(bounds(entry)[0] is not None for moved in of_all for entry in moved.values())
        is_unknown = not has_best or any(_LIVING & when[each].keys() for each in straddling)
        yield _Day(end, of_all, of_later, [*_deaths(when, later[0])], is_unknown)


_EVER = datetime(1, 1, 1)
"""When something can have begun of which nobody says since when."""


def _over(span: Span) -> datetime:
    return FOREVER if span.end is None else midnight(span.end)


def _deaths(when: Timeline, spans: Sequence[Span]) -> Iterator[tuple[str, datetime, Entry]]:
    for move in _DEATHS:
        for end in sorted({_over(each) for each in spans if move in when[each]}):
            yield move, end, _entries(when, [each for each in spans if _over(each) == end])[move]


def _entries(when: Timeline, spans: Iterable[Span]) -> Mapping[str, Entry]:
    moved: dict[str, Balance] = {}
    for each in spans:
        for move in _LIVING & when[each].keys():
            moved.setdefault(move, Balance()).merge(when[each][move])
    return {move: balance.entry() for move, balance in moved.items()}
