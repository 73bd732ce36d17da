"""Prisoners per captive, exactly, or not at all."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from ledger.book.live import LiveFigures
from ledger.book.sums import IN_DEAL, Figures, missing_sides
from schemas.views import Estimate, Ratio, Ratios, unchecked

UNDEFINED = Ratio()


@lru_cache(maxsize=4096)
def ratio(prisoners: Estimate | None, captives: Estimate | None, names: tuple[str, str] | None = None) -> Ratio:
    """`prisoners` over `captives`; undefined where a side is unknown or nobody is in the denominator.

    A hedged side gives no fraction: its value is then approximate. `names` are those of the figures that it divides.
    """
    if prisoners is None or captives is None or _is_unknown(prisoners) or _is_unknown(captives):
        return _undefined(names)
    if captives.best is not None and captives.best <= 0:
        return _undefined(names)
    fraction = decimal = None
    is_hedged = prisoners.hedged or captives.hedged
    if prisoners.best is not None and captives.best is not None:
        decimal = _decimal(prisoners.best, captives.best)
        fraction = None if is_hedged else f"{prisoners.best}/{captives.best}"
    low = None if captives.high is None else _decimal(prisoners.low, captives.high)
    high = None if prisoners.high is None else _decimal(prisoners.high, captives.low)
    if decimal is None and not low and high is None:
        return _undefined(names)
    numerator, denominator = names or (None, None)
    return _make_ratio(
        fraction=fraction,
        value=decimal,
        low=low,
        high=high,
        numerator=numerator,
        denominator=denominator,
        hedged=is_hedged,
    )


_make_ratio = unchecked(Ratio)


@lru_cache
def _undefined(names: tuple[str, str] | None) -> Ratio:
    numerator, denominator = names or (None, None)
    return Ratio(numerator=numerator, denominator=denominator)


def _is_unknown(side: Estimate) -> bool:
    return side.best is None and side.low == 0 and side.high is None


def _decimal(numerator: int, denominator: int) -> float | None:
    return round(numerator / denominator, 6) if denominator else None


# -- the scopes --------------------------------------------------------------------------------


class Scope(NamedTuple):
    """What a ratio divides on each side: `own` where the side's nationals are declared, else `everyone`.

    `parts`: those whom the deal counts, or may count; where there are some on one side, some must be on the other.
    """

    everyone: str
    own: str | None
    parts: tuple[str, ...]

    def figure(self, side: str, is_declared: bool) -> str:
        """The name of the figure that stands for one side."""
        return f"{side}.{self.own if self.own is not None and is_declared else self.everyone}"


_DEAD_IN_DEAL = ("remains.scope.inside", "remains.scope.unsaid")
SCOPES: Mapping[str, Scope] = {
    "deal": Scope("deal", None, IN_DEAL),
    "nationals": Scope("released", "nationals", IN_DEAL),
    "all": Scope("released", None, IN_DEAL),
    "remains": Scope("remains.returned", "remains.nationals", _DEAD_IN_DEAL),
    "returned": Scope("returned", "returned_nationals", IN_DEAL),
}
"""The ratios of every exchange and round."""


class Sides(NamedTuple):
    """Which sides of an exchange, or of all of a process, have declared whose nationals they are about."""

    captives: bool
    prisoners: bool


def divides(scope: str, declared: Sides) -> tuple[str, str]:
    """The names of the figures that a ratio divides: of prisoners, and of captives."""
    row = SCOPES[scope]
    return row.figure("prisoners", declared.prisoners), row.figure("captives", declared.captives)


def ratios(sums: LiveFigures, declared: Sides, members: Sequence[Figures] = (), own: bool = True) -> Ratios:
    """The ratios of some figures. `members` are those of each exchange of a process; `own` false: all but the remains'
    are undefined, since other rounds belong to them."""
    named = _named(declared)
    return _make_ratios(
        deal=_ratio("deal", named, sums, members, own),
        nationals=_ratio("nationals", named, sums, members, own and any(declared)),
        all=_ratio("all", named, sums, members, own),
        remains=_ratio("remains", named, sums, members, True),
        returned=_ratio("returned", named, sums, members, own),
    )


_make_ratios = unchecked(Ratios)


@lru_cache
def _named(declared: Sides) -> Mapping[str, tuple[str, str]]:
    return {scope: divides(scope, declared) for scope in SCOPES}


def _ratio(
    scope: str, named: Mapping[str, tuple[str, str]], sums: LiveFigures, members: Sequence[Figures], is_own: bool
) -> Ratio:
    names = named[scope]
    if not is_own or any(missing_sides(each, SCOPES[scope].parts) for each in members):
        return _undefined(names)
    divided = sums.value(names[0]), sums.value(names[1])
    return sums.made_of((names, *divided), scope, lambda: ratio(*divided, names))
