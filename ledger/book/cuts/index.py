"""An exchange in columns, from which its books at any cut are made without folding its events again.

Nearly all occurrences have one claim. Those stand in columns by the place of their event in the exchange: what was
recorded when, published by when, over by when, and what it posts where. A cut selects places by masks of a byte each,
and what they post is added up in one pass. Everything else (rivals, corrections, decisions; parts where a whole leans
on them) is judged as ever by the rules of `Book`, where the cut knows some of it and not all: no rule is here twice.
"""

import sys
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ledger.book.balances import Balance, Entry
from ledger.book.book import UNPUBLISHED, Book, whole
from ledger.book.calendar import Beginning, beginning, coarse
from ledger.book.claims import Claim, Occurrence
from ledger.book.cut import TIMELESS, Cut
from ledger.book.cuts.columns import Places, Posted
from ledger.book.cuts.ends import ALWAYS, UNENDED, End, Ends, end_of, number_of_bytes
from ledger.book.facts import copied
from ledger.book.keys import Key, key_of, number_of
from ledger.book.transfers import PLACES, AccountKey
from schemas.values import Moment, Span, span_of

Cell = tuple[str, str, Span]
"""People of one side who made one move in one span of days."""


class ExchangeBound(NamedTuple):
    """Up to where an exchange is read: its first so many events, those recorded before a time, and a cut's clocks.

    `before_us` is in microseconds since 1970, UTC. What the cut says of records is here, and not looked at there.
    """

    cut: Cut
    first: int | None = None
    before_us: int | None = None


class Selection(NamedTuple):
    """Which events a cut selects, a byte of 1 for each by its place.

    `taken`: those up to its position and recorded time; `known`: of these, what was published by then; `over`: of
    these, what had certainly happened.
    """

    taken: bytes
    known: bytes
    over: bytes


class Weighed(NamedTuple):
    """An occurrence that more than its only claim's say-so decides, with the places of its claims and decisions.

    `leans`: what it counts for can depend on its parts.
    """

    occurrence: Occurrence
    claims: tuple[int, ...]
    decisions: tuple[int, ...]
    places: tuple[int, ...]
    first: int
    adopted: int | None
    leans: bool


class Filings:
    """The places of the claims that stand under something: a round, a type of fact, a whole."""

    def __init__(self) -> None:
        self.rounds: defaultdict[int, array[int]] = defaultdict(lambda: array("I"))
        self.credits: defaultdict[int | None, array[int]] = defaultdict(lambda: array("I"))
        self.settling: defaultdict[int, array[int]] = defaultdict(lambda: array("I"))
        self.parts: defaultdict[Key, array[int]] = defaultdict(lambda: array("I"))
        self.batches: defaultdict[Key, array[int]] = defaultdict(lambda: array("I"))
        self.facts: defaultdict[str, array[int]] = defaultdict(lambda: array("I"))
        self.openings = array("I")

    def add(self, place: int, claim: Claim) -> None:
        if claim.round is not None:
            self.rounds[claim.round].append(place)
        if claim.type == "count_credited":
            for round in {balance.round for balance in claim.balances}:
                self.credits[round].append(place)
        for settled in claim.settles:
            self.settling[settled].append(place)
        if claim.part is not None:
            self.parts[key_of(claim.part.of)].append(place)
            if claim.part.by == "batch":
                self.batches[key_of(claim.part.of)].append(place)
        if claim.event is not None:
            self.facts[claim.type].append(place)
            if claim.opens_a_stock:
                self.openings.append(place)


def moves(claim: Claim, entries: Iterable[Entry]) -> Iterator[tuple[Cell, Entry]]:
    """What a claim that counts moves in which span of days. Parts move nobody."""
    if claim.part is not None or claim.type in TIMELESS:
        return
    when = None
    for balance, entry in zip(claim.balances, entries, strict=True):
        side, move = balance.account[:2]
        if move in PLACES:
            when = when or coarse(span_of(claim.occurred))
            yield (side, move, when), entry


class When(NamedTuple):
    """What the columns have of a moment: its end, when it began, and its whole days."""

    end: End
    began: Beginning
    days: Span


class MomentEnds:
    """The moments of an exchange, each looked at once."""

    def __init__(self) -> None:
        self._published: dict[str | None, End] = {None: UNENDED, UNPUBLISHED: UNENDED}
        self._moments: dict[object, When] = {}

    def published(self, text: str | None) -> End:
        if text not in self._published and text is not None:
            self._published[text] = end_of(Moment(at=text, precision="day" if len(text) == 10 else "minute"))
        return self._published[text]

    def of(self, moment: Moment) -> When:
        is_day = moment.precision == "day" and moment.qualifier is None
        key = moment.at if is_day else copied(moment)
        if key not in self._moments:
            self._moments[key] = When(end_of(moment), beginning(moment), coarse(span_of(moment)))
        return self._moments[key]


class CutIndex:
    """One exchange in columns, as of the events that a settled book without bounds has taken in.

    `recorded` are the times at which these were recorded, in microseconds since 1970, in the order of the book. Later
    events are not in it: make it anew from the book. It holds the claims of the book and shares nothing that changes.
    """

    def __init__(self, book: Book, recorded: Sequence[int]) -> None:
        self.exchange = book.exchange
        self.numbers = book.numbers()
        self.recorded = array("q", recorded)
        if len(self.recorded) != len(self.numbers):
            raise ValueError(f"{len(self.recorded)} recorded times of {len(self.numbers)} events")
        size = len(self.numbers)
        self.keys: list[Key | None] = [None] * size
        self.claims: list[Claim | None] = [None] * size
        self.sole = bytearray(size)
        self.unknown: dict[int, str] = {}
        self.weighed: list[Weighed] = []
        self.sole_wholes = array("I")
        self.filings = Filings()
        self._number_balances(book)
        counted = self._take(book)
        self._fill(counted)
        self.place_of = Places(self.keys)

    def is_whole(self, place: int) -> bool:
        """Whether some claim calls the occurrence of an event the whole of a part."""
        return self.keys[place] in self.filings.parts

    def slot_of(self, balance: Balance) -> int:
        """The number of a balance of the book."""
        return next(slot for slot in self.ranges[balance.round] if self.balances[slot] is balance)

    def _number_balances(self, book: Book) -> None:
        """Number the balances of the book, round by round, and their accounts."""
        self.balances: list[Balance] = []
        self.ranges: dict[int | None, range] = {}
        for round, accounts in book.balances.items():
            self.ranges[round] = range(len(self.balances), len(self.balances) + len(accounts))
            self.balances += accounts.values()
        numbers: dict[AccountKey, int] = {}
        self.account_of = array("I", (numbers.setdefault(each.account, len(numbers)) for each in self.balances))
        self.accounts = [*numbers]

    def _take(self, book: Book) -> dict[int, tuple[Entry, ...]]:
        """Put every event in its place. Returns what the claims count for that are not alone."""
        counted: dict[int, tuple[Entry, ...]] = {}
        places = {number: place for place, number in enumerate(self.numbers)}
        wholes = {*map(key_of, book.wholes())}
        self.decided: dict[int, str | None] = {}
        for key, known in book.known():
            if isinstance(known, Claim) and (key not in wholes or known.states_a_number):
                place = places[known.number]
                self.keys[place], self.claims[place], self.sole[place] = key, known, 1
                if key in wholes:
                    self.sole_wholes.append(place)
            else:
                self._weigh(key, whole(key, known), places, key in wholes)
        for each in self.weighed:
            if each.adopted is not None:
                counted[each.adopted] = each.occurrence.entries
        for number, label in book.unknown_events.items():
            self.unknown[places[number]] = label
        for place, claim in enumerate(self.claims):
            if claim is not None:
                self.filings.add(place, claim)
        return counted

    def _weigh(self, key: Key, known: Occurrence, places: dict[int, int], is_whole: bool) -> None:
        """Keep an occurrence as it is now, and where its claims and decisions stand."""
        occurrence = Occurrence(
            key, known.claims, known.decisions, known.adopted, known.replaced, known.is_contested, known.disputes
        )
        claims = tuple(places[claim.number] for claim in known.claims)
        decisions = tuple(places[number_of(each.id)] for each in known.decisions)
        for place, claim in zip(claims, known.claims, strict=True):
            self.keys[place], self.claims[place] = key, claim
        for place, decision in zip(decisions, known.decisions, strict=True):
            self.keys[place], self.decided[place] = key, decision.source.published
        adopted = None if known.adopted is None else places[known.adopted.number]
        leans = is_whole and any(not claim.states_a_number for claim in known.claims)
        of_all = (*claims, *decisions)
        self.weighed.append(Weighed(occurrence, claims, decisions, of_all, min(of_all), adopted, leans))

    def _fill(self, counted: Mapping[int, tuple[Entry, ...]]) -> None:
        """By when each event was published, and over; and what each claim that counts posts, and moves when."""
        size, times = len(self.numbers), MomentEnds()
        slots = {balance: slot for slot, balance in enumerate(self.balances)}
        self.published, self.occurred = Ends(), Ends()
        self.posted, self.moved = Posted(size, len(self.balances)), Posted(size, 0)
        self.cells: dict[Cell, int] = {}
        self.days: dict[Beginning, int] = {}
        self.day_of = array("I", [0]) * size
        self.round_of = array("I", (0 if each is None else each.round or 0 for each in self.claims))
        for place, claim in enumerate(self.claims):
            if claim is None:
                self.published.append(ALWAYS if place in self.unknown else times.published(self.decided.get(place)))
                self.occurred.append(ALWAYS)
                continue
            self.published.append(times.published(claim.published))
            when = None if claim.type in TIMELESS else times.of(claim.occurred)
            self.occurred.append(ALWAYS if when is None else when.end)
            entries = claim.entries if self.sole[place] else counted.get(place)
            if entries is None:
                continue
            if when is not None:
                self.day_of[place] = self.days.setdefault(when.began, len(self.days) + 1)
            is_first = True
            for number, (balance, entry) in enumerate(zip(claim.balances, entries, strict=True)):
                self.posted.add(place, slots[balance], entry, number == 0)
                side, move = balance.account[:2]
                if when is not None and claim.part is None and move in PLACES:
                    cell = self.cells.setdefault((side, move, when.days), len(self.cells) + 1)
                    self.moved.add(place, cell, entry, is_first)
                    is_first = False
        self.posted.close(len(self.balances) + 1)
        self.moved.close(len(self.cells) + 1)

    @property
    def size(self) -> int:
        """Bytes that the columns take, without the claims, which are the book's."""
        columns = (self.numbers, self.recorded, self.keys, self.claims, self.sole, self.account_of, self.balances)
        places = (self.place_of.hashes, self.place_of.places, self.day_of, self.round_of)
        tables = (self.cells, self.days, self.weighed, self.decided)
        filings = [its for each in vars(self.filings).values() if isinstance(each, dict) for its in each.values()]
        weighed = 400 * len(self.weighed)
        sized = sum(map(sys.getsizeof, (*columns, *places, *tables, *filings)))
        return sized + weighed + self.posted.size + self.moved.size + self.published.size + self.occurred.size

    # -- asking ------------------------------------------------------------------------------------

    def select(self, bounds: ExchangeBound) -> Selection:
        """The events that are within some bounds."""
        size = len(self.numbers)
        first = size if bounds.first is None else min(size, bounds.first)
        taken = int.from_bytes(bytes(b"\1" * first), "little")
        if bounds.before_us is not None:
            taken &= number_of_bytes(map(bounds.before_us.__gt__, self.recorded))
        cut = bounds.cut
        known = taken if cut.published_by is None else taken & self.published.over_by(cut.published_by)
        over = known if cut.occurred_by is None else known & self.occurred.over_by(cut.occurred_by)
        return Selection(*(each.to_bytes(size, "little") for each in (taken, known, over)))
