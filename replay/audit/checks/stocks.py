"""What is held, and what was credited: more gone than came, deaths beyond the living, lists that open no stock."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from ledger.book.balances import Term, bounds, combined
from ledger.book.book import Book
from ledger.book.facts import declared
from ledger.book.figures import DERIVED, counted_as, is_recorded, over_credited, scope_of
from ledger.book.flows import FOREVER
from ledger.book.number_text import estimate
from ledger.book.sentences import listed
from ledger.book.stocks import lists, opening_of, stock_postings
from ledger.book.sums import Figures
from ledger.book.transfers import SIDES, Account
from replay.audit.findings import Finding
from schemas.values import span_of
from schemas.views import Estimate
from schemas.vocabulary import Side


class StockBooks(NamedTuple):
    """An exchange, or all exchanges of a process; `is_member`: an exchange of a process that has others."""

    name: str
    books: Sequence[Book]
    sums: Figures
    is_member: bool = False

    @property
    def is_process(self) -> bool:
        return len(self.books) > 1


def stocks(subject: StockBooks) -> Iterator[Finding]:
    """What the claims about the stocks of an exchange, or of a process, do not carry."""
    for side in SIDES:
        yield from _short(subject, side)
        if f"{side}.died" in subject.sums:
            yield from _beyond(subject, side)
        yield from _unopened(subject, side)


# -- more gone than came -----------------------------------------------------------------------

_STOCKS = {
    "held": "{came} {side} are recorded to have come to be held, and {went} to have gone",
    "remains.held": "{came} {side} are recorded to have died in captivity, and the remains of {went} to be back",
    "remains.unidentified": "{came} remains of {side} are recorded as received, and {went} as examined",
}


def _short(subject: StockBooks, side: Side) -> Iterator[Finding]:
    """Stocks from which more went than came, which the tally therefore does not give."""
    for stock, words in _STOCKS.items():
        came, went = _flows(f"{side}.{stock}", subject.sums)
        if came is None or went is None or combined([Term(1, came), Term(-1, went)]) is not None:
            continue
        told = words.format(side=side, came=estimate(came), went=estimate(went))
        others = ", unless another exchange of the process has them" if subject.is_member else ""
        yield Finding("notice", f"{told}: claims of the former are missing{others}.", subject.name)


def _flows(name: str, sums: Figures) -> tuple[Estimate | None, Estimate | None]:
    """What came into a stock, and what left it; none where it is not recorded."""
    name = counted_as(name, sums)
    if not is_recorded(name, sums):
        return None, None
    signs = [(sign, sums[each].estimate()) for each, sign in DERIVED[name].signs.items() if each in sums]
    came, went = (combined(Term(1, flow) for sign, flow in signs if sign == way) for way in (1, -1))
    return came, went


# -- deaths beyond the living ------------------------------------------------------------------


def _beyond(subject: StockBooks, side: Side) -> Iterator[Finding]:
    """Deaths of more people than were alive in captivity, which the rules therefore count as deaths in freedom."""
    found = _died_free(subject.books, side)
    if subject.is_process:
        members = {each for book in subject.books for each in _died_free([book], side)}
        found = [each for each in found if each not in members]
    deaths = _deaths(subject.books, side) if found else {}
    for day, beyond in found:
        what = f"{beyond:,} of the {side} who died by {day} were more than the living who were held then"
        events = tuple(deaths.get(day, ()))
        yield Finding("notice", f"{what}: they count as died in freedom.", subject.name, events)


def _died_free(books: Sequence[Book], side: Side) -> list[tuple[date, int]]:
    """How many of those who died on each day were beyond those held."""
    names = {f"{side}.died_held", f"{side}.died_away"}
    found = ((_day(each.end), -(bounds(each.entry)[0] or 0)) for each in stock_postings(books) if each.figure in names)
    return [(day, beyond) for day, beyond in found if beyond]


def _deaths(books: Sequence[Book], side: Side) -> dict[date, list[str]]:
    """The events of deaths, by the day by which they were over."""
    found: defaultdict[date, list[str]] = defaultdict(list)
    for book in books:
        for claim, _ in book.adopted():
            if claim.type == f"{side}_died" and claim.part is None:
                found[_day(span_of(claim.occurred).end or FOREVER)].append(claim.id)
    return found


def _day(end: datetime) -> date:
    """The day that a time closes: midnight belongs to the day before."""
    return (end - timedelta(microseconds=1)).date()


# -- lists that open no stock ------------------------------------------------------------------


def _unopened(subject: StockBooks, side: Side) -> Iterator[Finding]:
    """Stated stocks that are declared to open one, and do not."""
    declared = [each for book in subject.books for _, each in lists(book, side)]
    opening = opening_of(subject.books, side) if declared else None
    own = [each for each in declared if not subject.is_member or each.scope == "exchange"]
    if subject.is_process:
        own = [each for each in declared if each.scope == "process"]
    for each in own:
        if opening is None or opening.event.id != each.id:
            why = f"{side} were taken before it" if opening is None else "another list does"
            if each.scope == "process" and not subject.is_process:
                why = "it is of a process, and no other exchange is of that"
            yield Finding(
                "notice", f"This list of {side} held opens no count of them: {why}.", subject.name, (each.id,)
            )
    exchanges = sorted({each.exchange for each in declared})
    if subject.is_process and not own and len(exchanges) > 1:
        what = f"{listed(exchanges)} count their {side} from lists of their own, and no list opens the whole process."
        yield Finding("notice", what, subject.name, tuple(each.id for each in declared))


# -- credits -----------------------------------------------------------------------------------

_WHOM = {
    "inside": "freed in the deal",
    "outside": "freed beside the deal",
    "elsewhere": "freed to count in another round",
    "unsaid": "of whom nobody says whether the deal counts them",
}


def credits_beyond(book: Book, rounds: Mapping[int, Figures]) -> list[Finding]:
    """Credits of more people to another round than there are to credit."""
    found: dict[tuple[int, str, str], str] = {}
    for number, sums in rounds.items():
        for side in SIDES:
            for scope, (there, out) in over_credited(side, sums).items():
                this = f"this one has {estimate(there)} {_WHOM[scope]}"
                found[number, side, scope] = f"{estimate(out)} {side} are credited to another round; {this}."
    credits = _credits(book) if found else {}
    return [
        Finding("disagreement", what, f"{book.exchange} round {key[0]}", tuple(credits.get(key, ())))
        for key, what in found.items()
    ]


def _credits(book: Book) -> dict[tuple[int, str, str], list[str]]:
    """The credits out of each round, by side and scope."""
    said, found = declared(book), defaultdict[tuple[int, str, str], list[str]](list)
    for claim, _ in book.adopted():
        if claim.type == "count_credited":
            out = Account._make(claim.balances[0].account)
            found[claim.balances[0].round or 0, out.side, scope_of(out, said)].append(claim.id)
    return found
