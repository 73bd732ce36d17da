"""Figures as of many points, in one sweep over the books: at the end of each round, or by each of several dates."""

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from ledger.book.balances import Balance, Entry
from ledger.book.facts import declared
from ledger.book.figures import Declared, figures_of, rests_on, value
from ledger.book.projection import Book
from ledger.book.stocks import FOREVER, stock_postings
from ledger.book.tally import figures
from ledger.book.transfers import AccountKey
from schemas.values import DATES_KEPT, Moment, span
from schemas.views import Estimate

NEVER = "9999"
"""Sorts after every date: the end of what nobody knows to be over."""


def at_rounds(book: Book, asked: Mapping[int, Collection[str]]) -> dict[tuple[int, str], Estimate | None]:
    """Figures of all that belongs to the rounds up to a number, by number and figure."""
    plain = _plain(asked.values())
    sums, found = dict[str, Balance](), dict[tuple[int, str], Estimate | None]()
    rounds, at = sorted(number for number in book.balances if number is not None), 0
    for number in sorted(asked):
        while at < len(rounds) and rounds[at] <= number:
            its = figures(book, [rounds[at]])
            for name in plain & its.keys():
                sums.setdefault(name, Balance()).merge(its[name])
            at += 1
        found.update(((number, name), value(name, sums)) for name in asked[number])
    return found


def by_dates(books: Sequence[Book], asked: Mapping[str, Collection[str]]) -> dict[tuple[str, str], Estimate | None]:
    """Figures of what had certainly happened by a local wall-clock time (`end_of`), by time and figure."""
    plain = _plain(asked.values())
    known: dict[tuple[AccountKey, Declared], Collection[str]] = {}
    sums, found = dict[str, Balance](), dict[tuple[str, str], Estimate | None]()
    over, at = sorted(_over(books), key=lambda each: each[0]), 0
    is_of_stocks = any(name.endswith("held") for names in asked.values() for name in names)
    stocks = deque(sorted(stock_postings(books), key=lambda each: each.end) if is_of_stocks else [])
    for end in sorted(asked):
        while at < len(over) and over[at][0] <= end:
            _, said, posted = over[at]
            for balance, entry in posted:
                names = known.get((balance.account, said))
                if names is None:
                    names = known[balance.account, said] = plain.intersection(figures_of(balance.account, said))
                for name in names:
                    sums.setdefault(name, Balance()).add(entry)
            at += 1
        while stocks and stocks[0].end <= _time(end):
            posting = stocks.popleft()
            sums.setdefault(posting.figure, Balance()).add(posting.entry)
        found.update(((end, name), value(name, sums)) for name in asked[end])
    return found


def _time(end: str) -> datetime:
    return FOREVER if end == NEVER else datetime.fromisoformat(end)


def ends(books: Sequence[Book]) -> list[str]:
    """The times by which something was over, in order."""
    return sorted({end for end, _, _ in _over(books)} - {NEVER})


def end_of(moment: Moment) -> str:
    """The local wall-clock time at which a moment is certainly over."""
    return _end(moment.at, moment.precision, moment.until)


@lru_cache(DATES_KEPT)
def _end(at: str, precision: str, until: str | None) -> str:
    end = span(at, precision, until).end
    return NEVER if end is None else end.isoformat()


def _over(books: Iterable[Book]) -> Iterator[tuple[str, Declared, Iterable[tuple[Balance, Entry]]]]:
    """What each adopted claim posted, when it was over, and what its exchange declares."""
    for book in books:
        said = declared(book)
        for claim, posted in book.adopted():
            yield end_of(claim.occurred), said, posted


def _plain(asked: Iterable[Collection[str]]) -> frozenset[str]:
    """The plain figures that some figures rest on."""
    return frozenset(plain for names in asked for name in names for plain in rests_on(name))
