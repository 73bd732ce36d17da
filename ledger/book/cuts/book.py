"""The books of one exchange at a cut, made of its columns: what the index has added up, and the rest by the rules.

A sole claim is looked up where it stands in the columns when somebody asks for it. An occurrence of which the cut knows
everything is as it was settled; one of which it knows a part is settled again, as is a whole that leans on its parts.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from itertools import compress
from typing import Any, cast

from ledger.book.balances import Entry
from ledger.book.book import Book, joined_by, whole
from ledger.book.calendar import Calendar
from ledger.book.claims import Claim, Occurrence
from ledger.book.cuts.index import CutIndex, ExchangeBound, Selection, Weighed
from ledger.book.cuts.lookups import BalancesAtCut, CalendarAtCut, FiledAtCut, Known, Occurrences, TotalAtCut
from ledger.book.filing import Filed
from ledger.book.keys import Key, id_of
from schemas.codec import UnknownEvent
from schemas.events import AnyEvent


class BookAtCut(Book):
    """All that is known of one exchange at a cut. It is settled, and takes in nothing more."""

    def __init__(self, index: CutIndex, bounds: ExchangeBound) -> None:
        super().__init__(index.exchange, bounds.cut)
        selection = index.select(bounds)
        self.index = index
        self.at = self._occurrences = Occurrences(index, selection)
        self._taken, self._over, known = selection.taken, selection.over, selection.known
        self.events = known.count(1)
        self.through = id_of(index.numbers[known.rindex(1)]) if self.events else None
        self.unknown.update(label for place, label in index.unknown.items() if known[place])
        self._file_under(index, selection)
        unsettled = [each for each in index.weighed if not self._is_kept(each, selection)]
        self._sums = index.posted.sums(bytes(self.at.standing))
        self.balances: Any = BalancesAtCut(index, self._sums)
        self.total = TotalAtCut(index, self._sums)
        self._join(selection)
        for each in unsettled:
            self._weigh(each, selection)
        for place in () if bounds.cut.occurred_by is None else index.sole_wholes:
            key = index.keys[place]
            if known[place] and not selection.over[place] and key is not None and self._is_partly_over(key):
                self._opened(key)
        self.settle()

    def _file_under(self, index: CutIndex, selection: Selection) -> None:
        filings = index.filings

        def under(places: Mapping[Any, Sequence[int]]) -> Any:  # a book that takes in nothing only reads them
            return Known(places, index, selection)

        self._facts, self._rounds, self._credits = under(filings.facts), under(filings.rounds), under(filings.credits)
        self._settling, self._parts = under(filings.settling), under(filings.parts)
        self._openings = under({None: filings.openings}).get(None, {})

    def _join(self, selection: Selection) -> None:
        for places in self.index.filings.settling.values():
            for place in places:
                claim = self.index.claims[place]
                if selection.known[place] and claim is not None:
                    joined = joined_by(claim)
                    for round in joined:
                        self._joined[round].update(joined - {round})

    def _is_kept(self, each: Weighed, selection: Selection) -> bool:
        """Whether nothing is left to do for an occurrence: the cut knows nothing of it, or it is as it was settled."""
        count = sum(map(selection.known.__getitem__, each.places))
        if not count:
            return True
        is_over = each.adopted is None or selection.over[each.adopted]
        if count < len(each.places) or each.leans or not is_over:
            return False
        self.at.keep(each)
        self.contested += each.occurrence.is_contested
        self.disputes += each.occurrence.disputes
        return True

    def _weigh(self, each: Weighed, selection: Selection) -> None:
        """Take in what the cut knows of an occurrence that is not as it was settled."""
        known, taken, before = selection.known, selection.taken, each.occurrence
        claims = tuple(compress(before.claims, map(known.__getitem__, each.claims)))
        decisions = tuple(compress(before.decisions, map(known.__getitem__, each.decisions)))
        withheld = [
            claim for place, claim in zip(each.claims, before.claims, strict=True) if taken[place] and not known[place]
        ]
        if withheld:
            self.withheld[before.name].update((claim.number, claim.replaces) for claim in withheld)
        occurrence = Occurrence(before.name, claims, decisions)
        self.at.make(occurrence, min(place for place in each.places if known[place]))
        if (
            len(claims) + len(decisions) == len(each.places)
            and not each.leans
            and not self._is_partly_over(before.name)
        ):
            occurrence.disputes = before.disputes  # it is not over, and so does not count
            self.disputes += before.disputes
        else:
            self._unsettled[before.name] = occurrence

    def _is_partly_over(self, key: Key) -> bool:
        """Whether a part of a whole that is not over itself can be over: a batch, or one that has such parts."""
        index, over = self.index, self._over
        return any(over[place] or index.is_whole(place) for place in index.filings.batches.get(key, ()))

    def apply(self, event: AnyEvent | UnknownEvent, tag: int = 0) -> bool:
        raise TypeError("the books at a cut take in nothing more: make them anew from the index")

    @property
    def event_ids(self) -> set[str]:
        return {*map(id_of, compress(self.index.numbers, self._taken))}

    @property
    def has_begun(self) -> bool:
        """Whether anything of the exchange was recorded by the cut, known or not."""
        return 1 in self._taken

    def rounds(self) -> list[int]:
        return sorted({number for number in self.balances if number is not None} | {*self.filed.rounds()})

    @property
    def calendar(self) -> Calendar:
        if self._calendar is None:
            self._calendar = CalendarAtCut(self.index, self.at)
        return self._calendar

    @property
    def filed(self) -> Filed:
        if self._filed is None:
            self._filed = FiledAtCut(self, self.index, self.at, cast("Any", self._rounds), cast("Any", self._parts))
        return self._filed

    def _opened(self, key: Key) -> Occurrence:
        """The same, never one that other books share."""
        known = self._occurrences[key]
        occurrence = copy(known) if isinstance(known, Occurrence) else whole(key, known)
        self._occurrences[key] = self._unsettled[key] = occurrence
        return occurrence

    def _post(self, claim: Claim, replaced: Sequence[Entry] | None, sign: int) -> None:
        entries = claim.entries if replaced is None else replaced
        for balance, entry in zip(claim.balances, entries, strict=True):
            self._sums.add(self.index.slot_of(balance), entry, sign)

    def _share(self) -> None:
        """Nobody is told what changed at a cut."""
        self._shares_anew = False


def books_at(several: Iterable[tuple[CutIndex, ExchangeBound]]) -> Iterator[Book]:
    """The books of some exchanges, each within its bounds; none of one that has not begun by then."""
    for index, bounds in several:
        book = BookAtCut(index, bounds)
        if book.has_begun:
            yield book
