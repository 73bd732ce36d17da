"""Figures as of many points, in one sweep over the books: at the end of each round, or by each of several dates."""

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import NamedTuple, TypeAlias

from ledger.book.balances import Balance, Entry
from ledger.book.book import Book
from ledger.book.claims import Claim, Occurrence
from ledger.book.facts import declared
from ledger.book.figures import Declared, figures_of, rests_on, value
from ledger.book.flows import FOREVER
from ledger.book.parts import at_least, over_so_far
from ledger.book.stocks import stock_postings
from ledger.book.sums import Figures, merged
from ledger.book.tally import figures
from ledger.book.transfers import AccountKey
from schemas.values import Moment, span_of
from schemas.views import Estimate

NEVER = "9999"
"""Sorts after every date: the end of what nobody knows to be over."""


class AtRound(NamedTuple):
    """The end of a round: what belongs to it and to those before, and what of no round was over by a date."""

    round: int
    end: str
    zone: tzinfo | None = None


def at_rounds(book: Book, asked: Mapping[AtRound, Collection[str]]) -> dict[tuple[AtRound, str], Estimate | None]:
    """Figures as of the ends of rounds."""
    plain = _plain(asked.values())
    sums, found = dict[str, Balance](), dict[tuple[AtRound, str], Estimate | None]()
    besides = {
        (zone, end): its
        for zone in {each.zone for each in asked}
        for end, its in _sweep([book], {each.end for each in asked if each.zone == zone}, plain, zone, outside=True)
    }
    rounds, at = sorted(number for number in book.balances if number is not None), 0
    for each in sorted(asked, key=lambda each: each.round):
        while at < len(rounds) and rounds[at] <= each.round:
            its = figures(book, [rounds[at]])
            for name in plain & its.keys():
                sums.setdefault(name, Balance()).merge(its[name])
            at += 1
        beside = besides[each.zone, each.end]
        for name in asked[each]:
            found[each, name] = value(name, merged([_needed(name, sums), _needed(name, beside)]))
    return found


def by_dates(
    books: Sequence[Book], asked: Mapping[str, Collection[str]], zone: tzinfo | None = None
) -> dict[tuple[str, str], Estimate | None]:
    """Figures of what had certainly happened by a time (`end_of`), by time and figure.

    Times are on the clock of a zone, as those of a cut are; without one, each event's own clock is compared.
    """
    plain = _plain(asked.values())
    found = dict[tuple[str, str], Estimate | None]()
    is_of_stocks = any(name.endswith("held") for names in asked.values() for name in names)
    stocks = deque(sorted(stock_postings(books), key=lambda each: each.end) if is_of_stocks else [])
    beside: dict[str, Balance] = {}
    for end, sums in _sweep(books, asked, plain, zone):
        while stocks and stocks[0].end <= _time(end):
            posting = stocks.popleft()
            beside.setdefault(posting.figure, Balance()).add(posting.entry)
        known = merged([sums, beside]) if beside else sums
        found.update(((end, name), value(name, known)) for name in asked[end])
    return found


def _sweep(
    books: Sequence[Book], ends: Iterable[str], plain: frozenset[str], zone: tzinfo | None, outside: bool = False
) -> Iterator[tuple[str, Figures]]:
    """The plain figures by each of some times, in order; with `outside`, of what belongs to no round.

    The sums of a time are a copy where they are `outside`, and else hold until the next.
    """
    known: dict[tuple[AccountKey, Declared], Collection[str]] = {}
    sums, over, at = dict[str, Balance](), sorted(_over(books, zone, outside), key=lambda each: each[0]), 0
    for end in sorted(ends):
        while at < len(over) and over[at][0] <= end:
            _, said, posted, sign = over[at]
            for balance, entry in posted:
                if outside and balance.round is not None:
                    continue
                names = known.get((balance.account, said))
                if names is None:
                    names = known[balance.account, said] = plain.intersection(figures_of(balance.account, said))
                for name in names:
                    sums.setdefault(name, Balance()).add(entry, sign)
            at += 1
        yield end, (merged([sums]) if outside else sums)


def _time(end: str) -> datetime:
    return FOREVER if end == NEVER else datetime.fromisoformat(end)


def ends(books: Sequence[Book]) -> list[str]:
    """The times by which something was over, in order."""
    return sorted({end for end, *_ in _over(books, None)} - {NEVER})


def start_of(moment: Moment, zone: tzinfo | None = None) -> str:
    """The wall-clock time at which a moment begins; empty, before all others, where nobody says since when."""
    start = span_of(moment, zone).start
    return "" if start is None else start.isoformat()


def end_of(moment: Moment, zone: tzinfo | None = None) -> str:
    """The wall-clock time at which a moment is certainly over: on its own clock, or on that of a zone."""
    end = span_of(moment, zone).end
    return NEVER if end is None else end.isoformat()


Over: TypeAlias = tuple[str, Declared, Iterable[tuple[Balance, Entry]], int]
"""What is posted (1), or taken back (-1), from a time on, and what its exchange declares."""


def _over(books: Iterable[Book], zone: tzinfo | None, outside: bool = False) -> Iterator[Over]:
    """What each adopted claim posted, when it was over; and what parts tell of a leg before it is.

    With `outside`, only of claims that post to what belongs to no round.
    """
    for book in books:
        said, wholes = declared(book), set(book.wholes())
        whole_claims = set[int]()
        for key in wholes:
            whole = book.named(key)
            if whole is not None and whole.adopted is not None and whole.adopted.postings:
                whole_claims.add(whole.adopted.number)
                if not (outside and _is_of_rounds(whole.adopted)):
                    yield from _step_by_step(book, whole, said, zone)
        for claim, posted in book.adopted():
            if claim.number not in whole_claims and not (outside and _is_of_rounds(claim)):
                yield end_of(claim.occurred, zone), said, posted, 1


def _is_of_rounds(claim: Claim) -> bool:
    """Whether all that a claim posts belongs to rounds."""
    if claim.balance is not None:
        return claim.balance.round is not None
    return all(balance.round is not None for balance in claim.balances)


def _step_by_step(book: Book, whole: Occurrence, said: Declared, zone: tzinfo | None) -> Iterator[Over]:
    """What a leg posts as of the end of each of its parts, and as of its own: each time in place of the time before."""
    claim = whole.adopted
    assert claim is not None
    begun, own_end = start_of(claim.occurred, zone), end_of(claim.occurred, zone)
    own = whole.replaced if whole.is_contested and claim.states_a_number else None
    alike = book.parts_alike(whole.key, claim)
    parts = [(end_of(each.adopted.occurred, zone), each) for each in alike if each.adopted is not None]
    batches = book.planned(each for each in alike if each.part_by == "batch")
    before: Sequence[tuple[Balance, Entry]] = ()
    for end in sorted({own_end, *(end for end, _ in parts)}):
        over = [each for its_end, each in parts if its_end <= end]
        entries: Sequence[Entry] | None
        if end >= own_end:
            entries = whole.entries if claim.states_a_number else at_least(claim, over) or claim.entries
        else:
            over = [each for each in over if each.part_by == "batch"]
            entries = over_so_far(claim, own, over, batches) if begun < end else None
        if before:
            yield end, said, before, -1
        before = [] if entries is None else [*zip(claim.balances, entries, strict=True)]
        if before:
            yield end, said, before, 1


def _needed(name: str, sums: Figures) -> Figures:
    """Those of some plain figures on which a figure rests: each point adds up two sums, and a few of their figures."""
    return {plain: sums[plain] for plain in rests_on(name) if plain in sums}


def _plain(asked: Iterable[Collection[str]]) -> frozenset[str]:
    """The plain figures that some figures rest on."""
    return frozenset(plain for names in asked for name in names for plain in rests_on(name))
