"""What is held, where that depends on when things were over: a list that opens the stock, deaths beyond those held.

Both are postings to hidden figures, `opening.in`, `opening.out`, `beyond_away` and `beyond_held`, so that what is held
stays a sum. docs/counting.md has the rules.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, cast

from ledger.book.balances import Balance, Entry, bounds, entry, possible
from ledger.book.claims import Occurrence, reaching, stretched
from ledger.book.projection import Book, Timeline
from ledger.book.sums import Figures
from ledger.book.transfers import PLACES, SIDES
from schemas.events import TallyStated
from schemas.values import Span, span
from schemas.vocabulary import Side

FOREVER = datetime(9999, 12, 31)
"""When something is over of which nobody knows."""
_STOCK = ("held", "remains_held")
_FREED = ("released", "rescued", "escaped")
_TAKEN = ("taken", "taken_dead")


class Opening(NamedTuple):
    """A stated stock from which a side is counted: the event, its number as rivals leave it, and the end of its day."""

    event: TallyStated
    entry: Entry
    end: datetime


class Posting(NamedTuple):
    """So many people of a hidden figure, from the time on at which it was over."""

    end: datetime
    figure: str
    entry: Entry


def stock_figures(books: Sequence[Book], known: Figures) -> Figures:
    """The hidden figures of an exchange, or of several together, of which the others are `known`."""
    if not any(f"{side}.died" in known for side in SIDES) and not any(any(book.openings()) for book in books):
        return {}  # as for nearly all
    sums: dict[str, Balance] = {}
    for each in stock_postings(books):
        sums.setdefault(each.figure, Balance()).add(each.entry)
    return sums


def stock_postings(books: Sequence[Book]) -> list[Posting]:
    """What the stocks of an exchange, or of several together, depend on beside the movements themselves."""
    found: list[Posting] = []
    for side in SIDES:
        when = _of_side(books, side)
        opening = opening_of(books, side)
        if opening is not None:
            found += _since(side, when, opening)
        found += beyond_those_held(side, when, opening)
    return found


def _of_side(books: Sequence[Book], side: Side) -> Timeline:
    """What moved on one side in each span of time."""
    if len(books) == 1:
        return books[0].timeline(side)
    found: dict[Span, dict[str, Balance]] = {}
    for book in books:
        for when, moves in book.timeline(side).items():
            for move, balance in moves.items():
                found.setdefault(when, {}).setdefault(move, Balance()).merge(balance)
    return found


# -- the list that opens a stock ---------------------------------------------------------------


def opening_of(books: Sequence[Book], side: Side) -> Opening | None:
    """The stated stock from which a side is counted; None where takings were over before it, or several could be it."""
    declared = [each for book in books for each in _declared(book) if each.event.figure == f"{side}.held"]
    of_process = [each for each in declared if each.event.scope == "process"]
    several = [each for each in declared if each.event.scope == "exchange"]
    if len(books) > 1:
        alone = len({each.event.exchange for each in several}) == 1
        several = of_process or (several if alone else [])
    opening = min(several, key=lambda each: each.end, default=None)
    if opening is None or _was_taken_before(books, side, opening.end):
        return None
    return opening


def openings(book: Book) -> set[str]:
    """The ids of the stated stocks that open one of this exchange, or of a process through it."""
    found = (opening_of([book], side) for side in SIDES)
    own = {each.event.id for each in found if each is not None}
    return own | {each.event.id for each in _declared(book) if each.event.scope == "process"}


def _declared(book: Book) -> Iterator[Opening]:
    """The adopted claims that declare a stock to open; their rivals stretch its range."""
    for occurrence in book.openings():
        event = None if occurrence.adopted is None else occurrence.adopted.event
        if event is not None and event.type == "tally_stated" and event.opening:
            moment = event.occurred
            end = span(moment.at, moment.precision, moment.until).end
            if end is not None:
                yield Opening(event, _beside_rivals(book, occurrence, event), _midnight(end))


def _midnight(end: datetime) -> datetime:
    """The end of a day, since a list is of a day even where it bears a time."""
    day = end.replace(hour=0, minute=0, second=0, microsecond=0)
    return day if day == end else day + timedelta(days=1)


def _beside_rivals(book: Book, occurrence: Occurrence, opening: TallyStated) -> Entry:
    stated = [each.event for each in book.verdict(occurrence).eligible if each.event is not None]
    own = entry(opening.count)
    reach = reaching(own, (entry(each.count) for each in stated if each.type == "tally_stated" and each is not opening))
    return own if reach is None else stretched([own], *reach)[0]


def _was_taken_before(books: Iterable[Book], side: Side, end: datetime) -> bool:
    return any(
        moves[move].postings and when.end is not None and when.end <= end
        for book in books
        for when, moves in book.timeline(side).items()
        for move in _TAKEN
        if move in moves
    )


def _since(side: Side, when: Timeline, opening: Opening) -> Iterator[Posting]:
    """The stock itself, and what came in and went out after it. What straddles its end may have been in it already."""
    cut = opening.end
    yield Posting(cut, f"{side}.opening.in", opening.entry)
    for (start, end), moves in when.items():
        if end is not None and end <= cut:
            continue
        is_later = start is not None and start >= cut
        for move, balance in moves.items():
            sign = flow(move)
            if sign:
                figure = f"{side}.opening.{'in' if sign > 0 else 'out'}"
                posted = balance.entry()
                yield Posting(end or FOREVER, figure, posted if is_later else possible(posted))


def flow(move: str) -> int:
    """Whether a move comes into what is held (1), leaves it (-1), or neither."""
    start, end = PLACES[move]
    return (end in _STOCK) - (start in _STOCK)


# -- deaths beyond those held ------------------------------------------------------------------


def beyond_those_held(side: Side, when: Timeline, opening: Opening | None) -> list[Posting]:
    """Deaths of more people than were alive in captivity: the excess died in freedom, as far as so many were free."""
    if opening is None and not any(move in moves for moves in when.values() for move in _TAKEN):
        return []
    found: list[Posting] = []
    alive, free = 0, 0
    for end, moves in _in_order(when, opening):
        known = {move: bounds(balance)[0] for move, balance in moves.items()}
        if None in known.values():
            break
        numbers = cast("dict[str, int]", known)
        freed = sum(numbers.get(move, 0) for move in _FREED)
        alive += numbers.get("opening", 0) + numbers.get("taken", 0) + numbers.get("retaken", 0)
        alive -= freed + numbers.get("transferred", 0)
        free += freed - numbers.get("retaken", 0) - numbers.get("died_free", 0)
        for move, figure in (("died_away", "beyond_away"), ("died", "beyond_held")):
            dead = numbers.get(move, 0)
            beyond = min(dead - min(dead, max(alive, 0)), max(free, 0))
            alive, free = alive - (dead - beyond), free - beyond
            if beyond:
                found.append(Posting(end, f"{side}.{figure}", beyond))
    return found


def _in_order(when: Timeline, opening: Opening | None) -> Iterator[tuple[datetime, Mapping[str, Entry]]]:
    """What moved by when it was over; from a list that opens the stock on, only what came after it."""
    cut = None if opening is None else opening.end
    by_end: defaultdict[datetime, dict[str, Balance]] = defaultdict(dict)
    for (_, end), moves in when.items():
        if end is not None and (cut is None or end > cut):
            for move, balance in moves.items():
                by_end[end].setdefault(move, Balance()).merge(balance)
    if opening is not None and cut is not None:
        yield cut, {"opening": opening.entry}
    for end in sorted(by_end):
        yield end, {move: balance.entry() for move, balance in by_end[end].items()}
