"""The books of one exchange at a cut, made of its columns: what the index has added up, and the rest by the rules.

A sole claim is looked up where it stands in the columns when somebody asks for it. An occurrence of which the cut knows
everything is as it was settled; one of which it knows a part is settled again, as is a whole that leans on its parts.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from copy import copy
from itertools import compress
from typing import Any, TypeVar, cast

from ledger.book.balances import Balance, Entry
from ledger.book.calendar import Calendar, SideDays, first_day
from ledger.book.claims import Claim, Occurrence
from ledger.book.cut import TIMELESS
from ledger.book.figures import Declared, figures_of
from ledger.book.filing import Filed, Filing, Parts, RoundFiling, filing_of, leg_of, part_checks
from ledger.book.flows import Timeline
from ledger.book.index import Bounds, CutIndex, Selection, Sums, Weighed, moves
from ledger.book.keys import Key, id_of, key_of
from ledger.book.live import LiveFigures
from ledger.book.projection import Book, joined_by, whole
from ledger.book.sums import IN_DEAL, NO_STOCKS, Accounts, RunningTotal, missing_sides, summed_up
from ledger.book.transfers import SIDES, AccountKey
from schemas.codec import UnknownEvent
from schemas.events import AnyEvent
from schemas.values import Span

K = TypeVar("K")


class Occurrences(MutableMapping[Key, Claim | Occurrence]):
    """The occurrences of which a cut knows anything, in the order in which it came to know them.

    `standing` are the places of the claims that count as they were settled, which the columns add up. `anew` are the
    occurrences that are settled for this cut.
    """

    def __init__(self, index: CutIndex, selection: Selection) -> None:
        self._index, self._selection = index, selection
        self.anew: dict[Key, Claim | Occurrence] = {}
        self._settled: dict[Key, Weighed] = {}
        self._firsts: dict[int, Key] = {}
        counting = int.from_bytes(index.sole, "little") & int.from_bytes(selection.over, "little")
        self.standing = bytearray(counting.to_bytes(len(index.sole), "little"))

    def keep(self, each: Weighed) -> None:
        """Take over an occurrence of which the cut knows everything, as it was settled."""
        self._settled[each.occurrence.name] = each
        self._firsts[each.first] = each.occurrence.name
        if each.adopted is not None:
            self.standing[each.adopted] = 1

    def make(self, known: Occurrence, first: int) -> None:
        """Put in an occurrence of this cut, by the place of the first event of it that the cut knows."""
        self.anew[known.name], self._firsts[first] = known, known.name

    def made(self) -> Iterator[Claim | Occurrence]:
        """Those that stand in no column of sole claims."""
        yield from (each.occurrence for each in self._settled.values())
        yield from self.anew.values()

    def as_settled(self) -> Iterator[tuple[Claim, tuple[Entry, ...]]]:
        """The claims that count as they were settled, with their entries."""
        for claim in compress(
            self._index.claims, (a & b for a, b in zip(self._index.sole, self.standing, strict=True))
        ):
            if claim is not None:
                yield claim, claim.entries
        for each in self._settled.values():
            if each.occurrence.adopted is not None:
                yield each.occurrence.adopted, each.occurrence.entries

    def known_sole(self) -> bytes:
        """The places of sole claims that the cut knows, whether or not they count."""
        known = int.from_bytes(self._index.sole, "little") & int.from_bytes(self._selection.known, "little")
        return known.to_bytes(len(self._index.sole), "little")

    def __getitem__(self, key: Key) -> Claim | Occurrence:
        if key in self.anew:
            return self.anew[key]
        if key in self._settled:
            return self._settled[key].occurrence
        place = self._index.place_of[key]
        claim = self._index.claims[place]
        if claim is None or not (self._index.sole[place] and self._selection.known[place]):
            raise KeyError(key)
        return claim if self._selection.over[place] else Occurrence(key, (claim,))

    def __setitem__(self, key: Key, known: Claim | Occurrence) -> None:
        if key not in self.anew:
            settled = self._settled.pop(key, None)
            place = self._index.place_of[key] if settled is None else settled.adopted
            if place is not None:
                self.standing[place] = 0
        self.anew[key] = known

    def __delitem__(self, key: Key) -> None:
        raise TypeError("nothing goes from the books")

    def __iter__(self) -> Iterator[Key]:
        index, known = self._index, self._selection.known
        for place in compress(range(len(known)), known):
            key = index.keys[place] if index.sole[place] else self._firsts.get(place)
            if key is not None:
                yield key

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Known(Mapping[K, dict[Key, int]]):
    """The occurrences that stand under something by a claim that a cut knows, each with the place of the first."""

    def __init__(self, places: Mapping[K, Sequence[int]], index: CutIndex, selection: Selection) -> None:
        self._places, self._keys, self._known = places, index.keys, selection.known
        self._made: dict[K, dict[Key, int]] = {}

    def __getitem__(self, what: K) -> dict[Key, int]:
        if what not in self._made:
            found: dict[Key, int] = {}
            for place in self._places[what]:
                key = self._keys[place]
                if self._known[place] and key is not None:
                    found.setdefault(key, place)
            self._made[what] = found
        if not self._made[what]:
            raise KeyError(what)
        return self._made[what]

    def __iter__(self) -> Iterator[K]:
        return (what for what in self._places if what in self)

    def __contains__(self, what: object) -> bool:
        return any(map(self._known.__getitem__, self._places.get(cast("K", what), ())))

    def __len__(self) -> int:
        return sum(1 for _ in self)


class BalancesAtCut(Mapping[int | None, dict[AccountKey, Balance]]):
    """The balances of each round, made when somebody asks for that round."""

    def __init__(self, index: CutIndex, sums: Sums) -> None:
        self._index, self._sums = index, sums
        self._made: dict[int | None, dict[AccountKey, Balance]] = {}

    def __getitem__(self, round: int | None) -> dict[AccountKey, Balance]:
        if round not in self._made:
            counts, labels = self._sums.counts, self._index.balances
            slots = [slot for slot in self._index.ranges[round] if counts[slot]]
            self._made[round] = {
                labels[slot].account: self._sums.balance(slot, round, labels[slot].account) for slot in slots
            }
        return self._made[round]

    def __iter__(self) -> Iterator[int | None]:
        return (
            round for round, slots in self._index.ranges.items() if any(self._sums.counts[slots.start : slots.stop])
        )

    def __len__(self) -> int:
        return sum(1 for _ in self)


class TotalAtCut(RunningTotal):
    """The figures over all rounds, added up by account first: an exchange has thousands of balances of some hundred.

    The books at a cut change no more once they are settled.
    """

    def __init__(self, index: CutIndex, sums: Sums) -> None:
        super().__init__()
        self._index, self._sums = index, sums
        self._known: Declared | None = None
        self._rounds: dict[tuple[int | None, Declared], LiveFigures] = {}

    def of(self, balances: Mapping[int | None, Accounts], declared: Declared) -> LiveFigures:
        if declared != self._known:
            self._known, self._beside = declared, {}
            self._total = LiveFigures(summed_up(self._accounts(), declared))
            self._one_sided = {*self._find_one_sided(balances, declared)}
        return self._total

    def in_round(self, round: int | None, balances: Mapping[int | None, Accounts], declared: Declared) -> LiveFigures:
        if (round, declared) not in self._rounds:
            sums = summed_up(balances[round], declared) if round in balances else {}
            self._rounds[round, declared] = LiveFigures({**sums, **NO_STOCKS})
        return self._rounds[round, declared]

    def _accounts(self) -> Accounts:
        """The balance of each account over all rounds."""
        index, sums = self._index, self._sums
        size = len(index.accounts)
        total = Sums.of(size)
        counts, exact = total.counts, total.exact
        for account, count, number in zip(index.account_of, sums.counts, sums.exact, strict=False):
            if count:
                counts[account] += count
                exact[account] += number
        for slot, entry in sums.hedged.items():
            if sums.counts[slot]:
                total.hedge(index.account_of[slot], entry, 1)
        return {key: total.balance(number, None, key) for number, key in enumerate(index.accounts)}

    def _find_one_sided(self, balances: Mapping[int | None, Accounts], declared: Declared) -> Iterator[int]:
        """The rounds of which one side alone has people in the deal, looked at closely."""
        index, counts = self._index, self._sums.counts
        sides = [self._side_in_deal(account, declared) for account in index.accounts]
        side_of = [sides[account] for account in index.account_of]
        for round, slots in index.ranges.items():
            if round is not None:
                found = {side_of[slot] for slot in slots if counts[slot]} - {""}
                if len(found) == 1 and missing_sides(summed_up(balances[round], declared)):
                    yield round

    @staticmethod
    def _side_in_deal(account: AccountKey, declared: Declared) -> str:
        names = figures_of(account, declared)
        return next((side for side in SIDES for part in IN_DEAL if f"{side}.{part}" in names), "")


class CalendarAtCut(Calendar):
    """The days of an exchange at a cut."""

    def __init__(self, index: CutIndex, occurrences: Occurrences) -> None:
        super().__init__()
        self._index, self._occurrences = index, occurrences
        self._is_noted = False
        self._coarse: dict[str, dict[Span, dict[str, Balance]]] | None = None

    @property
    def days(self) -> Counter[str]:
        found = Counter(compress(self._index.day_of, self._occurrences.standing))
        days = Counter({day: found[number] for day, number in self._index.days.items() if found[number]})
        days.update(first_day(claim.occurred) for claim, _ in self._others() if claim.type not in TIMELESS)
        return days

    def timeline(self, side: str) -> Timeline:
        if not self._is_noted:
            self._is_noted = True
            for claim, entries in self._others():
                self.note(claim, entries, 1)
            for claim, entries in self._occurrences.as_settled():
                self.note(claim, entries, 1)
        return super().timeline(side)

    def days_of(self, side: str) -> SideDays:
        if side not in self._sides:
            self._sides[side] = SideDays.of(self._by_days().get(side, {}))
        return self._sides[side]

    def _by_days(self) -> dict[str, dict[Span, dict[str, Balance]]]:
        """What moved on each side in each span of days: stocks go by days."""
        if self._coarse is None:
            self._coarse = {}
            sums = self._index.moved.sums(bytes(self._occurrences.standing), len(self._index.cells) + 1)
            for (side, move, when), cell in self._index.cells.items():
                if sums.counts[cell]:
                    self._coarse.setdefault(side, {}).setdefault(when, {})[move] = sums.balance(cell)
            for claim, entries in self._others():
                for (side, move, when), entry in moves(claim, entries):
                    moved = self._coarse.setdefault(side, {}).setdefault(when, {})
                    moved.setdefault(move, Balance()).add(entry)
        return self._coarse

    def _others(self) -> Iterator[tuple[Claim, tuple[Entry, ...]]]:
        """The claims that count and stand in no column."""
        for known in self._occurrences.anew.values():
            if isinstance(known, Claim):
                yield known, known.entries
            elif known.adopted is not None:
                yield known.adopted, known.entries


class FiledAtCut(Filed):
    """What is filed under each round at a cut, opened round by round when somebody asks."""

    def __init__(
        self, book: "BookAtCut", rounds: Mapping[int, dict[Key, int]], parts: Mapping[Key, dict[Key, int]]
    ) -> None:
        super().__init__(book.cut, book.named)
        self._under, self._parts_of = rounds, parts
        self._index, self._occurrences = book.index, book.at
        self._opened: set[int | None] = set()

    def change(self, before: Filing | None, after: Filing) -> None:
        """An occurrence was settled: what was opened is opened anew."""
        self._rounds.clear()
        self._parts.clear()
        self._opened.clear()

    def of(self, round: int | None) -> RoundFiling:
        if round not in self._opened and round is not None:
            self._opened.add(round)
            filed = self._rounds[round] = RoundFiling()
            for key in self._under.get(round, ()):
                occurrence = whole(key, self._occurrences[key])
                if occurrence.leading is not None and occurrence.leading.round == round:
                    filed.add(filing_of(occurrence), 1, self._cut)
                    failing = [each for each in part_checks(self, occurrence) if not each.agrees]
                    if failing:
                        filed.exceeding[occurrence.key] = failing
        return super().of(round)

    def rounds(self) -> list[int]:
        under = {*compress(self._index.round_of, self._occurrences.known_sole())}
        leading = (known if isinstance(known, Claim) else known.leading for known in self._occurrences.made())
        under |= {0 if claim is None or claim.round is None else claim.round for claim in leading}
        return [*under - {0}]

    def unfinished(self) -> set[int]:
        found = (known.adopted for known in self._occurrences.anew.values() if isinstance(known, Occurrence))
        legs = (claim for claim in found if claim is not None and not self._cut.covers(claim) and leg_of(claim))
        return {claim.round for claim in legs if claim.round is not None}

    def parts(self, key: str, whole_claim: Claim) -> dict[str, Parts]:
        if key not in self._parts:
            groups = self._parts[key] = {}
            for part in self._parts_of.get(key_of(key), ()):
                filing = filing_of(whole(part, self._occurrences[part]))
                if filing.part is not None and filing.part.whole == key:
                    groups.setdefault(filing.part.group, Parts()).add(filing.key, filing.part, 1)
        return super().parts(key, whole_claim)


class BookAtCut(Book):
    """All that is known of one exchange at a cut. It is settled, and takes in nothing more."""

    def __init__(self, index: CutIndex, bounds: Bounds) -> None:
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
        self._sums = index.posted.sums(bytes(self.at.standing), len(index.balances))
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
            self._filed = FiledAtCut(self, cast("Any", self._rounds), cast("Any", self._parts))
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


def books_at(several: Iterable[tuple[CutIndex, Bounds]]) -> Iterator[Book]:
    """The books of some exchanges, each within its bounds; none of one that has not begun by then."""
    for index, bounds in several:
        book = BookAtCut(index, bounds)
        if book.has_begun:
            yield book
