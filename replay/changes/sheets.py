"""A sheet: every figure of one exchange by its round and name, as what some occurrences come to.

A figure that nothing was recorded for is not on the sheet: that is unknown, and not 0.
"""

from collections.abc import Iterable, Mapping, Set
from typing import NamedTuple, TypeAlias

from ledger.book.balances import Balance, Entry
from ledger.book.claims import Claim, Occurrence
from ledger.book.figures import CLASSED, DERIVED, OPEN, figures_of, recorded, signs, value
from ledger.book.pauses import pauses
from ledger.book.projection import Book
from ledger.book.promises import promises
from ledger.book.ratios import UNDEFINED
from ledger.book.rounds import LEGS, leg_times
from ledger.book.sums import Figures
from ledger.book.tally import ratios
from schemas.values import Moment
from schemas.views import Estimate, LegTimes, Ratio


class Figure(NamedTuple):
    """A figure's name, and the round of which it is; None: of the whole exchange."""

    round: int | None
    name: str


Shown: TypeAlias = Estimate | Ratio | LegTimes | Moment | float
"""What a figure can be: a count, a ratio, the days of a leg, a moment, hours."""
Sheet: TypeAlias = Mapping[Figure, Shown]


class Counted(NamedTuple):
    """What one occurrence adds to the figures: the claim that counts, and what is posted for it."""

    claim: Claim
    entries: tuple[Entry, ...]

    @property
    def postings(self) -> Iterable[tuple[Balance, Entry]]:
        return zip(self.claim.balances, self.entries, strict=True)

    @property
    def leg(self) -> tuple[Figure, Moment] | None:
        """The leg of a round that it is of, and when it took place."""
        claim = self.claim
        if claim.round is None or claim.part is not None or claim.type not in LEGS:
            return None
        return Figure(claim.round, f"legs.{LEGS[claim.type]}"), claim.occurred


def counted(occurrence: Occurrence | None) -> Counted | None:
    """What an occurrence adds as it was settled last; None where none of its claims counts."""
    if occurrence is None or occurrence.adopted is None:
        return None
    return Counted(occurrence.adopted, occurrence.entries)


def all_counted(book: Book) -> dict[str, Counted]:
    """Every occurrence that counts, by its key."""
    found = ((each.key, counted(each)) for each in book.occurrences())
    return {key: each for key, each in found if each is not None}


# -- making a sheet ----------------------------------------------------------------------------


def sheet_of(several: Iterable[Counted], own: tuple[str, ...]) -> dict[Figure, Shown]:
    """The sheet of some occurrences, where `own` are the deal's own nationalities."""
    several = list(several)
    found: dict[Figure, Shown] = {}
    for round, sums in _sums(several, own).items():
        plain = {name: balance for name, balance in sums.items() if balance.postings}
        found.update((Figure(round, name), value(name, plain)) for name in recorded(plain))
        scopes = ratios(plain, bool(own))
        named = [(f"ratios.{scope}", getattr(scopes, scope)) for scope in type(scopes).model_fields]
        found.update((Figure(round, name), ratio) for name, ratio in named if ratio != UNDEFINED)
    found.update(_legs(several))
    return found


def facts_of(book: Book, sums: Figures) -> dict[Figure, Shown]:
    """What follows from facts and not from counts: the clock of each pause, and what the terms promise."""
    found: dict[Figure, Shown] = {}
    for pause in pauses(book):
        clock = {"started": pause.started, "ends": pause.ends, "ended": pause.ended, "calm_hours": pause.calm_hours}
        found.update((Figure(None, f"pauses.{pause.pause}.{name}"), at) for name, at in clock.items() if at is not None)
    found.update((Figure(None, f"promised.{each.item}"), each.promised) for each in promises(book, sums))
    return found


def _sums(several: Iterable[Counted], own: tuple[str, ...]) -> dict[int | None, dict[str, Balance]]:
    """The plain figures of each round, and (None) of all together."""
    sums: dict[int | None, dict[str, Balance]] = {}
    for each in several:
        for balance, entry in each.postings:
            for name in figures_of(balance.account, own):
                for scope in {None, balance.round}:
                    sums.setdefault(scope, {}).setdefault(name, Balance()).add(entry)
    return sums


def _legs(several: Iterable[Counted]) -> dict[Figure, LegTimes]:
    rounds: dict[int, list[Occurrence]] = {}
    for each in several:
        if each.leg is not None:
            rounds.setdefault(each.leg[0].round or 0, []).append(Occurrence("", adopted=each.claim))
    found = ((number, leg_times(occurrences)) for number, occurrences in rounds.items())
    return {Figure(number, f"legs.{leg}"): times for number, legs in found for leg, times in legs.items()}


# -- what one occurrence moves -----------------------------------------------------------------

_DEPENDENT: dict[str, list[str]] = {}
for _name in sorted({*DERIVED, *CLASSED}):
    for _part in signs(_name):
        _DEPENDENT.setdefault(_part, []).append(_name)

RATIOS: Mapping[str, tuple[str, str]] = {
    "ratios.deal": ("prisoners.released", "captives.deal"),
    "ratios.nationals": ("prisoners.released", "captives.nationals"),
    "ratios.all": ("prisoners.released", "captives.released"),
    "ratios.remains": ("remains.given", "remains.nationals"),
}
"""The two figures that a ratio divides."""

_Sum: TypeAlias = tuple[int, ...]


class Moved(NamedTuple):
    """The figures to which an occurrence adds something else than before.

    `recorded`: those to which it adds nothing in sum, such as a credit to the exchange's total; it makes them be there.
    """

    figures: Set[Figure]
    recorded: Set[Figure]


def moved(before: Counted | None, after: Counted | None, own: tuple[str, ...]) -> Moved:
    """What an occurrence moves by counting for something else."""
    then, now = _adds(before, own), _adds(after, own)
    names = {(scope, name) for scope, plain in {*then, *now} for name in (plain, *_DEPENDENT.get(plain, ()))}
    sums = {Figure(*each): (_net(then, *each), _net(now, *each)) for each in names}
    found = {figure for figure, (was, adds) in sums.items() if (was or _NOTHING) != (adds or _NOTHING)}
    zeros = {figure for figure, (was, adds) in sums.items() if (was is None) != (adds is None)}
    legs = [each.leg if each is not None else None for each in (before, after)]
    of_legs = {leg[0] for leg in legs if leg is not None} if legs[0] != legs[1] else set()
    return Moved(found | _ratios(found) | of_legs, zeros | _ratios(zeros))


def _ratios(found: Set[Figure]) -> Set[Figure]:
    """The ratios of which some figures are a side."""
    return {
        Figure(scope, ratio)
        for ratio, sides in RATIOS.items()
        for scope in {each.round for each in found}
        if any(Figure(scope, side) in found for side in sides)
    }


def is_by_nationality(figure: Figure) -> bool:
    """Whether a figure depends on which nationalities the deal is about."""
    names = RATIOS.get(figure.name, (figure.name,))
    parts = {part for name in names for part in signs(name)}
    return bool(parts & {*CLASSED, *OPEN, "remains.recovered_nationals"})


def _adds(each: Counted | None, own: tuple[str, ...]) -> dict[tuple[int | None, str], Balance]:
    if each is None:
        return {}
    sums = _sums([each], own)
    return {(scope, name): balance for scope, plain in sums.items() for name, balance in plain.items()}


def _net(adds: Mapping[tuple[int | None, str], Balance], scope: int | None, name: str) -> tuple[_Sum, _Sum] | None:
    """What is added to a figure, and to those of whom nobody says if they belong to it; None for nothing at all."""
    parts = [(plain, sign, adds[scope, plain]) for plain, sign in signs(name).items() if (scope, plain) in adds]
    if not parts:
        return None
    known = ends((sign, balance) for plain, sign, balance in parts if plain not in OPEN or name in OPEN)
    unknown = ends((sign, balance) for plain, sign, balance in parts if plain in OPEN and name not in OPEN)
    return known, unknown


def ends(several: Iterable[tuple[int, Balance]]) -> _Sum:
    """The sum of some balances with their signs, as ends of a range: what is taken away counts with its other end."""
    total = [*_ZERO]
    for sign, balance in several:
        best, low, high, no_best, no_high, hedges = balance.hedged or _NO_HEDGE
        best, low, high = (sign * (balance.exact + each) for each in (best, low, high))
        below, above = (0, no_high) if sign > 0 else (no_high, 0)
        ends = (low, high) if sign > 0 else (high, low)
        total = [one + other for one, other in zip(total, (best, *ends, no_best, below, above, hedges), strict=True)]
    return tuple(total)


_NO_HEDGE, _ZERO = (0,) * 6, (0,) * 7
_NOTHING = (_ZERO, _ZERO)
