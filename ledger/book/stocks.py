"""What is held, where that depends on when things were over: a list that opens the stock, deaths beyond those held.

Both are postings to hidden figures (`opening.in`, `opening.out`, `died_held`, `died_away`), so that what is held stays
a sum. docs/counting.md has the rules.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple, cast

from ledger.book.balances import Balance, Entry, bounds, entry
from ledger.book.book import Book
from ledger.book.calendar import SideDays
from ledger.book.claims import Occurrence
from ledger.book.figures import unknown
from ledger.book.flows import Posting, Since, Timeline, midnight
from ledger.book.rivals import reaching, stretched
from ledger.book.sums import Figures
from ledger.book.transfers import SIDES
from schemas.events import TallyStated
from schemas.values import Span, span_of
from schemas.vocabulary import Side


class Opening(NamedTuple):
    """A stated stock from which a side is counted: the event, and its number as rivals leave it."""

    event: TallyStated
    since: Since


def beside(known: Figures, books: Sequence[Book]) -> Figures:
    """What the stocks of an exchange, or of several together, depend on beside their figures."""
    sums: dict[str, Balance] = {}
    for side in SIDES:
        if f"{side}.died" not in known and not _declared(books, side):
            continue  # as for nearly all
        days, opening = _days(books, side), opening_of(books, side)
        if opening is not None:
            for name, balance in days.flows.sums(side, days.when, opening.since).items():
                sums.setdefault(name, Balance()).merge(balance)
        for each in (*_rivals(books, side, opening), *days.sweep.less(side, days.when, opening and opening.since)):
            sums.setdefault(each.figure, Balance()).add(each.entry)
    return sums


def stock_postings(books: Sequence[Book]) -> list[Posting]:
    """What the stocks of an exchange, or of several together, depend on beside the movements themselves."""
    found: list[Posting] = []
    for side in SIDES:
        days, opening = _days(books, side), opening_of(books, side)
        if opening is not None:
            found.append(Posting(opening.since.end, f"{side}.opening.in", opening.since.entry))
            when = _timeline(books, side)
            found += (each for span, moved in when.items() for each in opening.since.postings(side, span, moved))
        found += _rivals(books, side, opening)
        found += days.sweep.less(side, days.when, opening and opening.since)
    return found


def _rivals(books: Sequence[Book], side: Side, opening: Opening | None) -> Iterator[Posting]:
    """That nobody knows who is held, of a process in which several members have lists that open none together."""
    since = None if opening is not None else _rival_lists(books, side)
    if since is not None:
        yield Posting(since, unknown(f"{side}.held"), 1)


def _days(books: Sequence[Book], side: Side) -> SideDays:
    """What moved on one side in each span of time."""
    if len(books) == 1:
        return books[0].calendar.days_of(side)
    return SideDays.of(_timeline(books, side))


def _timeline(books: Sequence[Book], side: Side) -> Timeline:
    if len(books) == 1:
        return books[0].calendar.timeline(side)
    found: dict[Span, dict[str, Balance]] = {}
    for book in books:
        for when, moves in book.calendar.timeline(side).items():
            for move, balance in moves.items():
                found.setdefault(when, {}).setdefault(move, Balance()).merge(balance)
    return found


def beyond_held(books: Sequence[Book], side: str, figure: str) -> int | None:
    """How many of those who died (`died_held`, `died_away`) were beyond those held, and so died in freedom.

    0 where some may have, and None where nobody can.
    """
    taken_out = [bounds(each.entry)[0] or 0 for each in stock_postings(books) if each.figure == f"{side}.{figure}"]
    return -sum(taken_out) if taken_out else None


# -- the list that opens a stock ---------------------------------------------------------------


def opening_of(books: Sequence[Book], side: Side) -> Opening | None:
    """The stated stock from which a side is counted; None where takings were over before it, or several could be it."""
    declared = _declared(books, side)
    if not declared:
        return None
    of_process = [each for each in declared if each.event.scope == "process"]
    several = [each for each in declared if each.event.scope == "exchange"]
    if len(books) > 1:
        alone = len({each.event.exchange for each in several}) == 1
        several = of_process or (several if alone else [])
    opening = min(several, key=lambda each: each.since.end, default=None)
    if opening is None or any(book.calendar.days_of(side).sweep.was_taken_by(opening.since.end) for book in books):
        return None
    return opening


def _rival_lists(books: Sequence[Book], side: Side) -> datetime | None:
    """Since when nobody knows who was held of a process: several members have lists, or one has, and others takings."""
    declared = _declared(books, side) if len(books) > 1 else []
    ends = [each.since.end for each in declared if each.event.scope == "exchange"]
    return min(ends) if ends and len(ends) == len(declared) else None


def openings(book: Book) -> set[str]:
    """The ids of the stated stocks that open one of this exchange, or of a process through it."""
    found = (opening_of([book], side) for side in SIDES)
    own = {each.event.id for each in found if each is not None}
    return own | {each.id for side in SIDES for _, each in lists(book, side) if each.scope == "process"}


def lists(book: Book, side: str, after: int = 0) -> Iterator[tuple[Occurrence, TallyStated]]:
    """The stated stocks of a side that count and are declared to open it, whether or not they do; `after` so many."""
    for occurrence in book.openings(after):
        claim = occurrence.adopted
        if claim is not None and claim.opens_a_stock:
            event = cast("TallyStated", claim.event)
            if event.figure == f"{side}.held":
                yield occurrence, event


def _declared(books: Iterable[Book], side: str) -> list[Opening]:
    """The stocks that could open a side; their rivals stretch their ranges."""
    return [each for book in books for each in _declared_in(book, side)]


def _declared_in(book: Book, side: str) -> list[Opening]:
    """The same of one exchange, which keeps them: while none is judged anew, lists are only added."""
    key, judged, count = ("declared", side), book.judged_facts(["tally_stated"]), book.opening_lists
    known: tuple[int, int, list[Opening]] | None = book.running.get(key)
    done, openings = (0, []) if known is None or known[0] != judged else known[1:]
    if done < count:
        for occurrence, event in lists(book, side, done):
            if (end := span_of(event.occurred).end) is not None:
                openings.append(Opening(event, Since(midnight(end), _beside_rivals(book, occurrence, event))))
        book.running[key] = judged, count, openings
    return openings


def _beside_rivals(book: Book, occurrence: Occurrence, opening: TallyStated) -> Entry:
    stated = (each.event for each in book.verdict(occurrence).eligible if each.type == "tally_stated")
    alike = [each for each in cast("Iterator[TallyStated]", stated) if _about(each) == _about(opening)]
    own = entry(opening.count)
    reach = reaching(own, (entry(each.count) for each in alike if each is not opening))
    return own if reach is None else stretched([own], *reach)[0]


def _about(total: TallyStated) -> tuple[str, str, str | None]:
    """Of what a total is: of another figure, scope or party it is no rival."""
    return total.figure, total.scope, total.party
