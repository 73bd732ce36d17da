"""What the books at a cut make when somebody asks for it: occurrences, balances, totals, days and files of rounds.

All of it comes from the index and the selection of the cut. None of it holds the book, so that books go when nobody
needs them.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from itertools import compress
from typing import TypeVar, cast

from ledger.book.balances import Balance, Entry
from ledger.book.book import Book, whole
from ledger.book.calendar import Beginning, Calendar, SideDays, beginning
from ledger.book.claims import Claim, Occurrence
from ledger.book.cut import TIMELESS
from ledger.book.cuts.columns import Sums
from ledger.book.cuts.index import CutIndex, Selection, Weighed, moves
from ledger.book.figures import Declared, figures_of
from ledger.book.filing import Filed, Filing, Parts, RoundFiling, filing_of, leg_of, part_checks
from ledger.book.flows import Timeline
from ledger.book.keys import Key, key_of
from ledger.book.live import LiveFigures
from ledger.book.sums import IN_DEAL, NO_STOCKS, Accounts, RunningTotal, missing_sides, summed_up
from ledger.book.transfers import SIDES, AccountKey
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
                here = slice(slots.start, slots.stop)
                found = {*compress(side_of[here], counts[here])} - {""}
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
    def days(self) -> Counter[Beginning]:
        found = Counter(compress(self._index.day_of, self._occurrences.standing))
        days = Counter({day: found[number] for day, number in self._index.days.items() if found[number]})
        days.update(beginning(claim.occurred) for claim, _ in self._others() if claim.type not in TIMELESS)
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
            sums = self._index.moved.sums(bytes(self._occurrences.standing))
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
        self,
        book: Book,
        index: CutIndex,
        occurrences: Occurrences,
        rounds: Mapping[int, dict[Key, int]],
        parts: Mapping[Key, dict[Key, int]],
    ) -> None:
        super().__init__(book.cut, book.named)
        self._index, self._occurrences = index, occurrences
        self._under, self._parts_of = rounds, parts
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
                    divided = part_checks(self, occurrence) if key in self._parts_of else ()
                    failing = [each for each in divided if not each.agrees]
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
