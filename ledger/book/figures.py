"""Which figures an account belongs to: the one definition behind every number shown, and behind `explain`.

A figure is the sum of the accounts that name it. A derived figure is a sum of figures with signs.
"""

from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import TypeAlias

from ledger.book.balances import ZERO, Balance, minus, plus
from ledger.book.transfers import Account, AccountKey
from schemas.views import Estimate

DERIVED: Mapping[str, Mapping[str, int]] = {
    "captives.held": {
        "captives.taken": 1,
        "captives.released": -1,
        "captives.rescued": -1,
        "captives.escaped": -1,
        "captives.died_away": -1,
        "remains.returned": -1,
        "remains.recovered": -1,
    },
    "captives.deal": {"captives.inside": 1, "captives.credited_in": 1, "captives.credited_out_of_deal": -1},
    "captives.side": {"captives.outside": 1, "captives.credited_in": -1, "captives.credited_out_of_deal": 1},
    "captives.freed": {"captives.released": 1, "captives.rescued": 1, "captives.escaped": 1},
    "captives.nationals_back": {"captives.nationals": 1, "remains.nationals": 1, "remains.recovered_nationals": 1},
    "captives.died": {"captives.died_held": 1, "captives.died_away": 1},
    "remains.back": {"remains.returned": 1, "remains.recovered": 1},
    "remains.held": {
        "captives.died_held": 1,
        "captives.taken_dead": 1,
        "remains.returned": -1,
        "remains.recovered": -1,
    },
}
"""Figures made of other figures. What is held is what was taken and is not back, alive or dead."""

ALIASES: Mapping[str, str] = {
    "captives.all": "captives.released",
    "prisoners": "prisoners.released",
    "remains.captives": "remains.returned",
    "remains.prisoners": "remains.given",
    "captives.own": "captives.nationals",
    "captives.others": "captives.foreigners",
}
"""Figures by the names that views and tables give them."""

CLASSED: Mapping[str, str] = {
    "captives.nationals": "captives.unclassified",
    "captives.foreigners": "captives.unclassified",
    "remains.nationals": "remains.unclassified",
    "remains.foreigners": "remains.unclassified",
}
"""Classes by nationality, and the people of whom nobody says which they belong to."""

OPEN = frozenset(CLASSED.values())

NEEDS: Mapping[str, tuple[str, ...]] = {
    "captives.held": ("captives.taken",),
    "remains.held": ("captives.died_held", "captives.taken_dead"),
}
"""What is left of something makes sense only where some of that something was recorded."""

ALWAYS = frozenset(
    {
        "captives.taken",
        "captives.released",
        "captives.nationals",
        "captives.foreigners",
        "captives.rescued",
        "captives.escaped",
        "prisoners.released",
        "remains.returned",
        "remains.recovered",
        "remains.given",
        "remains.rejected",
    }
)
"""Plain figures that every exchange has, at 0 where nothing was recorded."""

Plain: TypeAlias = Callable[[Account, Collection[str]], tuple[str, ...]]
"""The figures of one flow's accounts, given the deal's own nationalities."""


@lru_cache(maxsize=65_536)
def figures_of(key: AccountKey, nationals: Collection[str]) -> tuple[str, ...]:
    """The figures that an account's balance enters, where `nationals` are the deal's own nationalities."""
    account = Account._make(key)
    flow, _, part = account.flow.partition("/")
    if part:
        return _part_figures(flow, part, account)
    return _PLAIN[flow](account, nationals) if flow in _PLAIN else (flow,)


def _dimensions(leg: str, account: Account, *names: str) -> list[str]:
    named = [f"{leg}.by.{name}.{getattr(account, name) or 'unknown'}" for name in names]
    return named + [f"{leg}.by.nationality.{code}" for code in account.nationality or ("unknown",)]


def _nationality(leg: str, account: Account, nationals: Collection[str]) -> list[str]:
    if not nationals:
        return []
    if not account.nationality:
        return [f"{leg}.unclassified"]
    own = any(code in nationals for code in account.nationality)
    return [f"{leg}.nationals" if own else f"{leg}.foreigners"]


def _released(account: Account, nationals: Collection[str]) -> tuple[str, ...]:
    return (
        "captives.released",
        "captives.inside" if account.scope == "inside" else "captives.outside",
        *_nationality("captives", account, nationals),
        *_dimensions("captives", account, "category", "holder", "basis"),
    )


def _prisoners(account: Account, nationals: Collection[str]) -> tuple[str, ...]:
    return (
        "prisoners.released",
        *_dimensions("prisoners", account, "category", "basis", "sentence", "destination"),
    )


def _returned(account: Account, nationals: Collection[str]) -> tuple[str, ...]:
    own = _nationality("remains", account, nationals)
    return ("remains.returned", *own, *_remains_by_nationality(account))


def _recovered(account: Account, nationals: Collection[str]) -> tuple[str, ...]:
    """Recoveries close the stock of captives and not the deal, so they stay out of the ratio of remains."""
    own = "remains.nationals" in _nationality("remains", account, nationals)
    named = ("remains.recovered", *(("remains.recovered_nationals",) if own else ()))
    return (*named, *_remains_by_nationality(account))


def _remains_by_nationality(account: Account) -> list[str]:
    return [f"remains.by.nationality.{code}" for code in account.nationality or ("unknown",)]


def _credited_out(account: Account, nationals: Collection[str]) -> tuple[str, ...]:
    return (
        "captives.credited_out",
        *(("captives.credited_out_of_deal",) if account.scope == "inside" else ()),
    )


def _only(*names: str) -> Plain:
    return lambda account, nationals: names


def _part_figures(flow: str, part: str, account: Account) -> tuple[str, ...]:
    leg = {"captives_released": "captives", "prisoners_released": "prisoners"}.get(flow)
    if leg is None or part in ("batch", "mover"):
        return ()
    terms = account.nationality if part == "nationality" else (getattr(account, part) or "unknown",)
    return tuple(f"{leg}.of_which.{part}.{term}" for term in terms)


_PLAIN: Mapping[str, Plain] = {
    "captives_taken": _only("captives.taken"),
    "captives_taken_dead": _only("captives.taken", "captives.taken_dead"),
    "captives_released": _released,
    "captives_rescued": _only("captives.rescued"),
    "captives_escaped": _only("captives.escaped"),
    "captives_died": _only("captives.died_held"),
    "captives_died_away": _only("captives.died_away"),
    "prisoners_released": _prisoners,
    "remains_returned": _returned,
    "remains_recovered": _recovered,
    "remains_given": _only("remains.given"),
    "handover_rejected": _only("remains.rejected"),
    "credited_in": _only("captives.credited_in"),
    "credited_out": _credited_out,
}


def value(name: str, figures: Mapping[str, Balance]) -> Estimate:
    """A figure, plain or derived, from the sums of the plain ones."""
    if name in CLASSED and CLASSED[name] in figures:
        return _partly_known(figures.get(name), figures[CLASSED[name]].estimate())
    if name not in DERIVED:
        balance = figures.get(name)
        return ZERO if balance is None else balance.estimate()
    result = ZERO
    for part in sorted(DERIVED[name], key=lambda part: -DERIVED[name][part]):
        combine = plus if DERIVED[name][part] > 0 else minus
        result = combine(result, value(part, figures))
    return result


def _partly_known(known: Balance | None, unclassified: Estimate) -> Estimate:
    """A class of people, where some of them may or may not belong to it: its best is not known."""
    low = ZERO if known is None else known.estimate()
    high = plus(low, unclassified).high
    return low.model_copy(update={"best": None, "high": high})


def is_recorded(name: str, figures: Collection[str]) -> bool:
    """Whether anything at all was recorded for a figure, among the plain `figures` that something was posted to."""
    return any(plain in figures for plain in signs(name))


def askable(figures: Collection[str]) -> set[str]:
    """The names of all figures that make sense, among the plain `figures` that something was posted to."""
    missing = {held for held, wholes in NEEDS.items() if not any(whole in figures for whole in wholes)}
    return {*figures, *DERIVED, *ALWAYS} - missing


def recorded(figures: Collection[str]) -> list[str]:
    """The names of all figures that anything was recorded for, sorted."""
    return sorted(name for name in askable(figures) if is_recorded(name, figures))


@lru_cache(maxsize=4096)
def signs(name: str) -> Mapping[str, int]:
    """The plain figures that a figure adds up, each with its sign. A class of people may hold the unclassified."""
    if name in CLASSED:
        return {name: 1, CLASSED[name]: 1}
    if name not in DERIVED:
        return {name: 1}
    total: dict[str, int] = {}
    for part, sign in DERIVED[name].items():
        for plain, inner in signs(part).items():
            total[plain] = total.get(plain, 0) + sign * inner
    return {plain: sign for plain, sign in total.items() if sign}
