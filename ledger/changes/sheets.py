"""A sheet: every figure of one exchange by its round and name, made by the functions that make the views.

A figure that is not recorded, or not known, is not on the sheet: that is no 0.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import NamedTuple, TypeAlias

from msgspec.structs import replace

from ledger.book.balances import Balance, Entry
from ledger.book.book import Book
from ledger.book.claims import Claim, Occurrence
from ledger.book.figures import DERIVED, Declared, recorded, rests_on, signs, value
from ledger.book.filing import leg_of
from ledger.book.keys import Key, key_of
from ledger.book.live import LiveFigures
from ledger.book.pauses import pauses
from ledger.book.promises import promises
from ledger.book.ratios import SCOPES, Sides, divides, ratios
from ledger.book.rounds import joint_ratio, leg_times
from ledger.book.sums import Figures, figures_posted, merged
from ledger.book.tally import declared_sides, figures
from ledger.book.transfers import SIDES
from schemas.values import Moment
from schemas.views import Estimate, LegTimes, Ratio


class FigureKey(NamedTuple):
    """A figure's name, and the round of which it is; None: of the whole exchange."""

    round: int | None
    name: str


FigureValue: TypeAlias = Estimate | Ratio | LegTimes | Moment | float
"""What a figure can be: a count, a ratio, the days of a leg, a moment, hours."""
Sheet: TypeAlias = Mapping[FigureKey, FigureValue]


class Counted(NamedTuple):
    """What one occurrence adds to the figures: the claim that counts, and what is posted for it.

    `rivals`: the other claims that stand, of a stated stock whose range they stretch.
    """

    claim: Claim
    entries: tuple[Entry, ...]
    rivals: tuple[Claim, ...] = ()

    @property
    def postings(self) -> Iterable[tuple[Balance, Entry]]:
        return zip(self.claim.balances, self.entries, strict=True)

    @property
    def leg(self) -> tuple[FigureKey, Moment] | None:
        """The leg of a round that it is of, and when it took place."""
        leg = leg_of(self.claim)
        if self.claim.round is None or leg is None:
            return None
        return FigureKey(self.claim.round, f"legs.{leg}"), self.claim.occurred


def counted(book: Book, occurrence: Occurrence | None) -> Counted | None:
    """What an occurrence adds as it was settled last; None where none of its claims counts."""
    claim = None if occurrence is None else occurrence.adopted
    if occurrence is None or claim is None:
        return None
    found = Counted(claim, occurrence.entries)
    if not claim.opens_a_stock:
        return found
    return found._replace(rivals=tuple(each for each in book.verdict(occurrence).eligible if each is not claim))


def all_counted(book: Book) -> dict[str, Counted]:
    """Every occurrence that counts, by its key."""
    found = ((each.key, counted(book, each)) for each in book.occurrences())
    return {key: each for key, each in found if each is not None}


class Restated(Book):
    """A book of what some occurrences of another one count for, whatever has been said of them and of others."""

    def __init__(self, book: Book, several: Mapping[str, Counted]) -> None:
        super().__init__(book.exchange, book.cut)
        self._rounds, self._facts, self._openings = book._rounds, book._facts, book._openings
        self._settling, self._joined = book._settling, book._joined
        for key, each in several.items():
            claim, *rivals = map(self._own, (each.claim, *each.rivals))
            self._occurrences[key_of(key)] = Occurrence(
                key_of(key), (claim, *rivals), adopted=claim, replaced=each.entries
            )
            self._post(claim, each.entries, 1)

    def _own(self, claim: Claim) -> Claim:
        """The same claim, which posts to balances of this book, and stands whatever it superseded."""
        extra = claim.extra and replace(claim.extra, replaces=None)
        own = [self._balance_like(balance) for balance in claim.balances]
        if claim.balance is not None:
            return replace(claim, balance=own[0], extra=extra)
        posted = tuple(each for posting in zip(own, claim.entries, strict=True) for each in posting)
        return replace(claim, posted=posted, extra=extra)

    def _balance_like(self, balance: Balance) -> Balance:
        own = self.balances[balance.round].get(balance.account)
        return self._new_balance(balance.round, balance.account) if own is None else own

    def _named(self, keys: Iterable[Key]) -> Iterator[Occurrence]:
        return super()._named(key for key in keys if key in self._occurrences)


# -- making a sheet ----------------------------------------------------------------------------


def sheet_of(book: Book) -> dict[FigureKey, FigureValue]:
    """Every figure of a book and of its rounds."""
    found: dict[FigureKey, FigureValue] = {}
    for number in (None, *book.rounds()):
        sums = figures(book, None if number is None else [number])
        shown = _counts(sums) | _ratios(book, sums, number) | (_facts(book, sums) if number is None else {})
        if number is not None:
            shown |= {f"legs.{leg}": times for leg, times in leg_times(book.filed.of(number), sums).items()}
        found.update((FigureKey(number, name), value) for name, value in shown.items())
    return found


def _counts(sums: Figures) -> dict[str, FigureValue]:
    """The figures that are recorded and known."""
    return {name: known for name in recorded(sums) if (known := value(name, sums)) is not None}


def _ratios(book: Book, sums: LiveFigures, number: int | None) -> dict[str, FigureValue]:
    """The ratios that are defined: a round's own, or jointly those of the rounds that legs join with it."""
    is_joint = number is not None and book.shares_a_ratio(number)
    scopes = ratios(sums, declared_sides([book]), own=not is_joint)
    found: dict[str, Ratio | None] = {f"ratios.{name}": getattr(scopes, name) for name in SCOPES}
    if number is not None and is_joint:
        joint = joint_ratio(book, book.joined(number))
        found |= dict(zip(JOINT, (joint.living, joint.all), strict=True))
    unnamed = {"numerator": None, "denominator": None}
    return {
        name: each.model_copy(update=unnamed) for name, each in found.items() if each is not None and _is_defined(each)
    }


def _is_defined(ratio: Ratio) -> bool:
    return not ratio.value is ratio.low is ratio.high is None


def _facts(book: Book, sums: LiveFigures) -> dict[str, FigureValue]:
    """What follows from facts and not from counts: the clock of each pause, and what the terms promise."""
    found: dict[str, FigureValue | None] = {}
    for pause in pauses(book):
        found |= {f"pauses.{pause.pause}.{name}": getattr(pause, name) for name in CLOCK}
    found |= {f"promised.{each.item}": each.promised for each in promises(book, sums)}
    return {name: value for name, value in found.items() if value is not None}


CLOCK = ("started", "ends", "ended", "calm_hours")
"""What is shown of a pause."""


# -- what one occurrence moves -----------------------------------------------------------------

_DEPENDENT: dict[str, list[str]] = {}
for _name in sorted(DERIVED):
    for _part in rests_on(_name):
        _DEPENDENT.setdefault(_part, []).append(_name)

JOINT = ("joint.living", "joint.all")
_IN_JOINT = ("deal", "remains.scope.inside", "remains.scope.unsaid")
IN_JOINT = frozenset(f"{side}.{name}" for side in SIDES for name in _IN_JOINT)
"""What the joint ratios divide."""
_OWN_RATIOS = [f"ratios.{name}" for name in SCOPES if name != "remains"]
"""The ratios that a round has only where no leg joins it with others."""

_Sum: TypeAlias = tuple[int, ...]


class Moved(NamedTuple):
    """The figures to which something else is added than before.

    `recorded`: those to which nothing is added in sum, such as a credit to the exchange's total, but that it makes
    be there.
    """

    figures: Set[FigureKey]
    recorded: Set[FigureKey]

    def __or__(self, other: object) -> "Moved":
        assert isinstance(other, Moved)
        return Moved(self.figures | other.figures, self.recorded | other.recorded)


Sums: TypeAlias = Mapping[int | None, Figures]
"""The plain figures of an exchange (None) and of its rounds."""


def moved(before: Counted | None, after: Counted | None, then: Declared, now: Declared) -> Moved:
    """What an occurrence moves by counting for something else, or in an exchange that declares something else."""
    was, its = _sums(before, then), _sums(after, now)
    found = moved_by({None: merged(was.values())}, {None: merged(its.values())}, then, now)
    numbers = {*was, *its}
    if len(numbers) == 1:
        [number] = numbers
        found |= Moved(*({each._replace(round=number) for each in figures} for figures in found))
    else:
        found |= moved_by({**was, None: {}}, {**its, None: {}}, then, now)
    legs = [each.leg if each is not None else None for each in (before, after)]
    of_legs = {leg[0] for leg in legs if leg is not None} if legs[0] != legs[1] else set[FigureKey]()
    return found._replace(figures=found.figures | of_legs)


def moved_by(before: Sums, after: Sums, *said: Declared) -> Moved:
    """The figures, plain and derived, and the ratios that some plain figures move by being others."""
    found, zeros = set[FigureKey](), set[FigureKey]()
    for number in {*before, *after}:
        was, now = before.get(number, {}), after.get(number, {})
        changed = [plain for plain in {*was, *now} if _vector(was.get(plain)) != _vector(now.get(plain))]
        for name in {each for plain in changed for each in (plain, *_DEPENDENT.get(plain, ()))}:
            is_new = any((plain in was) != (plain in now) for plain in rests_on(name))
            if is_new:
                zeros.add(FigureKey(number, name))
            if net(name, was) != net(name, now) or (is_new and name == "both.released"):
                found.add(FigureKey(number, name))
    return Moved(found | _ratios_of(found, said), zeros | _ratios_of(zeros, said))


def _vector(balance: Balance | None) -> object:
    return None if balance is None else (balance.postings, balance.exact, balance.hedged)


def _ratios_of(found: Set[FigureKey], said: Iterable[Declared]) -> set[FigureKey]:
    """The ratios of which some figures are a side, as far as nationals are declared."""
    divided = {(scope, names) for each in said for scope, names in _divided(each).items()}
    return {
        FigureKey(each.round, f"ratios.{scope}") for scope, names in divided for each in found if each.name in names
    }


def _divided(said: Declared) -> dict[str, tuple[str, str]]:
    """The figures that each ratio divides."""
    sides = Sides(bool(said.nationals), bool(said.prisoner_nationals))
    return {scope: divides(scope, sides) for scope in SCOPES}


def redivided(then: Declared, now: Declared, book: Book) -> set[FigureKey]:
    """The ratios that divide other figures, since other nationals are declared."""
    before, after = _divided(then), _divided(now)
    scopes = [scope for scope in SCOPES if before[scope] != after[scope]]
    return {FigureKey(number, f"ratios.{scope}") for scope in scopes for number in (None, *book.rounds())}


def joint_of(found: Set[FigureKey], book: Book) -> set[FigureKey]:
    """The joint ratios in which some figures of rounds have a part."""
    rounds = {each.round for each in found if each.round is not None and each.name in IN_JOINT}
    return {FigureKey(other, name) for each in rounds for other in book.joined(each) for name in JOINT}


def joined_by(each: Counted | None, book: Book) -> set[FigureKey]:
    """What rounds have, or have not, for being joined by an occurrence that settles some."""
    claim = None if each is None else each.claim
    rounds = book.joined(claim.settles[0]) if claim is not None and claim.settles else set[int]()
    joint = (number for number in rounds if book.shares_a_ratio(number))
    return {FigureKey(number, name) for number in joint for name in (*JOINT, *_OWN_RATIOS)}


def _sums(each: Counted | None, declared: Declared) -> Sums:
    """What an occurrence adds to the plain figures of its rounds, or (None) outside all rounds."""
    rounds: dict[int | None, list[tuple[Balance, Entry]]] = {}
    for balance, entry in each.postings if each is not None else ():
        rounds.setdefault(balance.round, []).append((balance, entry))
    return {number: sums for number, its in rounds.items() if (sums := figures_posted(its, declared))}


def net(name: str, sums: Figures) -> tuple[_Sum, _Sum]:
    """What is added to a figure, and to those of whom nobody says if they belong to it."""
    row = DERIVED.get(name)
    open = {} if row is None else row.open
    known = [(sign, sums[plain]) for plain, sign in signs(name).items() if plain in sums and plain not in open]
    return ends(known), ends([(sign, sums[plain]) for plain, sign in open.items() if plain in sums])


def ends(several: Sequence[tuple[int, Balance]]) -> _Sum:
    """The sum of some balances with their signs, as ends of a range: what is taken away counts with its other end."""
    if not several:
        return _ZERO
    total = [*_ZERO]
    for sign, balance in several:
        best, low, high, no_best, no_high, hedges = balance.hedged or _NO_HEDGE
        best, low, high = (sign * (balance.exact + each) for each in (best, low, high))
        below, above = (0, no_high) if sign > 0 else (no_high, 0)
        ends = (low, high) if sign > 0 else (high, low)
        total = [one + other for one, other in zip(total, (best, *ends, no_best, below, above, hedges), strict=True)]
    return tuple(total)


_NO_HEDGE, _ZERO = (0,) * 6, (0,) * 7
