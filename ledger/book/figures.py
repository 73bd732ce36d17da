"""Which figures an account belongs to: the one definition behind every number shown, and behind `explain`.

A plain figure is the sum of the accounts that name it. A derived figure is a sum of plain ones with signs. Both sides
have the same figures. A figure of which nothing is recorded is None, and never 0.
"""

from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from ledger.book.balances import ZERO, Balance, reach_of
from ledger.book.transfers import PLACES, SIDES, Account, AccountKey, flow
from schemas.views import Estimate
from schemas.vocabulary import UnsaidScope


class Declared(NamedTuple):
    """What `exchange_opened` says of an exchange, as far as figures depend on it."""

    nationals: tuple[str, ...] = ()
    prisoner_nationals: tuple[str, ...] = ()
    unsaid_scope: UnsaidScope | None = None

    def own(self, side: str) -> tuple[str, ...]:
        """The nationalities of one side; empty where nobody declared them."""
        return self.nationals if side == "captives" else self.prisoner_nationals


class Derived(NamedTuple):
    """A figure made of others.

    `needs`: it is recorded once one of these is. `open`: people who may or may not belong, so that it has no best.
    `classified`: it is a class by nationality, known only where all of a total are classified (marker, total).
    `stock`: as recorded, never exact, and of no round. `since`: the figure that stands for it where that is recorded.
    `covered`: known only where what is added is known to cover what is taken away. `credited`: known only where no more
    are credited to other rounds than there are.
    """

    signs: Mapping[str, int]
    needs: tuple[str, ...]
    open: Mapping[str, int] = {}
    classified: tuple[tuple[str, str], ...] = ()
    stock: bool = False
    since: str | None = None
    covered: bool = False
    credited: bool = False


OUTSIDE_BY_BASIS = frozenset({"unilateral", "humanitarian", "side_arrangement", "amnesty"})
"""Arrangements beside the deal: who is freed by one is outside its ratio where nobody says otherwise."""


# -- plain figures -----------------------------------------------------------------------------


@lru_cache(maxsize=65_536)
def figures_of(key: AccountKey, declared: Declared) -> tuple[str, ...]:
    """The plain figures that an account's balance enters."""
    account = Account._make(key)
    if not account.side:
        return (account.move,)
    names = _part_names(account) if account.part else _names(account, declared)
    return tuple(f"{account.side}.{name}" for name in names)


def _names(account: Account, declared: Declared) -> Iterator[str]:
    move = account.move
    scope = scope_of(account, declared)
    if scope in ("inside", "unsaid") and move in ("released", "returned", "credited_in", "credited_out"):
        yield rated(move, account.terms, account.category, scope)
    if move == "credited_out":
        yield from ("credited_out", f"credited_out.{scope}")
    elif move == "released":
        yield from ("released", f"scope.{scope}")
        yield from _classes("", account, declared)
        yield from _by("by", account, _DIMENSIONS)
    elif move == "returned":
        yield from ("remains.returned", f"remains.scope.{scope}")
        yield from _classes("remains.", account, declared)
        yield from _by("remains.by", account, ("nationality",))
    elif move == "recovered":
        yield "remains.recovered"
        yield from _classes("remains.recovered_", account, declared)
        yield from _by("remains.by", account, ("nationality",))
    else:
        yield from _PLAIN[move]


def rated(move: str, terms: str | None, category: str, scope: str) -> str:
    """The name of those in the deal, or perhaps in it, of one set of terms and one category: for promises per head."""
    return f"rated|{move}|{terms or ''}|{category}|{scope}"


_PLAIN: Mapping[str, tuple[str, ...]] = {
    "taken": ("taken",),
    "taken_dead": ("taken", "taken_dead"),
    "rescued": ("rescued",),
    "escaped": ("escaped",),
    "transferred": ("transferred",),
    "died": ("died", "died_held"),
    "died_away": ("died", "died_away"),
    "died_free": ("died_free",),
    "retaken": ("retaken",),
    "received": ("remains.received",),
    "identified": ("remains.identified",),
    "rejected": ("remains.rejected",),
    "credited_in": ("credited_in",),
}
"""The figures of moves that are split by nothing."""
_TOTAL_OF: Mapping[str, str] = {
    "released": "released",
    "returned": "remains.returned",
    "recovered": "remains.recovered",
    "credited_out": "credited_out",
    **{move: names[0] for move, names in _PLAIN.items()},
}


def total_of(account: Account) -> str:
    """The plain figure that everyone of an account is in; of aid and money, their own."""
    return f"{account.side}.{_TOTAL_OF[account.move]}" if account.side else account.move


_DIMENSIONS = ("category", "nationality", "holder", "destination", "basis", "sentence", "vital")
PARTITIONS = tuple(f"by.{name}." for name in _DIMENSIONS if name != "nationality")
"""How the breakdowns of a release begin that divide it: each person is in exactly one term of them."""

if unnamed := PLACES.keys() - {*_PLAIN, "released", "returned", "recovered"}:
    raise LookupError(f"{', '.join(unnamed)}: moves that no figure counts")


def scope_of(account: Account, declared: Declared) -> str:
    """Whether the deal counts these people: as the source says, else as their basis or the exchange implies."""
    if account.scope == "credited_next_round":
        return "elsewhere"
    if account.scope != "none":
        return account.scope
    return "outside" if account.basis in OUTSIDE_BY_BASIS else declared.unsaid_scope or "unsaid"


def class_of(account: Account, declared: Declared) -> str | None:
    """Whether people are `nationals` of their side, `others`, or `unclassified`; None where nobody declared its own."""
    own = declared.own(account.side)
    if not own:
        return None
    if not account.nationality:
        return "unclassified"
    return "nationals" if any(code in own for code in account.nationality) else "others"


def _classes(prefix: str, account: Account, declared: Declared) -> Iterator[str]:
    found = class_of(account, declared)
    if found is not None:
        yield from (f"{prefix}classified", f"{prefix}{found}")


def _by(prefix: str, account: Account, names: Collection[str]) -> Iterator[str]:
    for name in names:
        terms = account.nationality if name == "nationality" else (getattr(account, name),)
        yield from (f"{prefix}.{name}.{term or 'unknown'}" for term in terms or ("unknown",))


def _part_names(account: Account) -> Iterator[str]:
    """What breakdowns say of a release. Batches say nothing more."""
    part = account.part
    if part == "mover" and account.move == "released":
        yield f"of_which.mover.{account.holder or 'unknown'}"
    elif account.move == "released" and part != "batch":
        yield from _by("of_which", account, (part,))


# -- derived figures ---------------------------------------------------------------------------


def _flows(*places: str) -> dict[str, int]:
    """What comes into some places and what leaves them, by move."""
    signs = {move: flow(move, *places) for move in PLACES if move not in _COUNTED_IN.get(places, ())}
    return {_SUM_NAMES.get(move, move): sign for move, sign in signs.items() if sign}


_SUM_NAMES = {"returned": "remains.returned", "recovered": "remains.recovered", "died": "died_held"}
_COUNTED_IN: Mapping[tuple[str, ...], tuple[str, ...]] = {("held", "remains_held"): ("taken_dead",)}
"""`taken` counts those who were taken dead as well."""

_UNSAID = {"scope.unsaid": 1, "credited_out.unsaid": -1}
_CLASSIFIED = (("classified", "released"), ("remains.classified", "remains.returned"))
_TABLE: Mapping[str, Derived] = {
    "deal": Derived(
        {"scope.inside": 1, "credited_in": 1, "credited_out.inside": -1},
        ("released", "credited_in"),
        _UNSAID,
        credited=True,
    ),
    "outside": Derived(
        {"scope.outside": 1, "scope.elsewhere": 1, "credited_out.elsewhere": -1, "credited_out.outside": -1},
        ("released",),
        _UNSAID,
        credited=True,
    ),
    "unsaid": Derived(_UNSAID, ("released",), credited=True),
    "nationals": Derived({"nationals": 1}, ("released",), {"unclassified": 1}, (("classified", "released"),)),
    "others": Derived({"others": 1}, ("released",), {"unclassified": 1}, (("classified", "released"),)),
    "freed": Derived({"released": 1, "rescued": 1, "escaped": 1}, ("released", "rescued", "escaped")),
    "nationals_back": Derived(
        {"nationals": 1, "remains.nationals": 1, "remains.recovered_nationals": 1},
        ("classified", "remains.classified", "remains.recovered_classified"),
        {"unclassified": 1, "remains.unclassified": 1, "remains.recovered_unclassified": 1},
        (*_CLASSIFIED, ("remains.recovered_classified", "remains.recovered")),
    ),
    "remains.back": Derived({"remains.returned": 1, "remains.recovered": 1}, ("remains.returned", "remains.recovered")),
    "remains.nationals": Derived(
        {"remains.nationals": 1},
        ("remains.returned",),
        {"remains.unclassified": 1},
        (("remains.classified", "remains.returned"),),
    ),
    "remains.unidentified": Derived(
        {"remains.received": 1, "remains.identified": -1}, ("remains.received",), stock=True
    ),
    "held": Derived(_flows("held", "remains_held"), ("taken",), stock=True, since="held_since"),
    "held_since": Derived({"opening.in": 1, "opening.out": -1}, ("opening.in",), stock=True),
    "remains.held": Derived(_flows("remains_held"), ("died_held", "taken_dead"), stock=True, covered=True),
    "returned": Derived({"released": 1, "remains.returned": 1}, ("released", "remains.returned")),
    "returned_nationals": Derived(
        {"nationals": 1, "remains.nationals": 1},
        ("classified", "remains.classified"),
        {"unclassified": 1, "remains.unclassified": 1},
        _CLASSIFIED,
    ),
}
"""The derived figures of a side. `held_since` is what is held where a list opened the stock (`ledger.book.stocks`)."""


def _of_side(side: str, row: Derived) -> Derived:
    def named(signs: Mapping[str, int]) -> dict[str, int]:
        return {f"{side}.{name}": sign for name, sign in signs.items()}

    classified = tuple((f"{side}.{marker}", f"{side}.{whole}") for marker, whole in row.classified)
    needs = tuple(f"{side}.{name}" for name in row.needs)
    since = None if row.since is None else f"{side}.{row.since}"
    return Derived(named(row.signs), needs, named(row.open), classified, row.stock, since, row.covered, row.credited)


_BOTH, _RELEASED = "both.released", tuple(f"{side}.released" for side in SIDES)
DERIVED: Mapping[str, Derived] = {
    f"{side}.{name}": _of_side(side, row) for side in SIDES for name, row in _TABLE.items()
} | {_BOTH: Derived(dict.fromkeys(_RELEASED, 1), _RELEASED)}
"""Every derived figure by its name."""

HIDDEN = (
    "rated|",
    "scope.",
    "credited_out.",
    "classified",
    "unclassified",
    "recovered_",
    "opening.",
    "died_held",
    "died_away",
    "taken_dead",
    "held_since",
    "unknown.",
)
"""Plain figures that others are made of, and that nobody asks for by name."""
_TOTALS = (
    *("taken", "released", "rescued", "escaped", "transferred", "died", "died_free", "retaken", "credited_in"),
    *("credited_out", "remains.returned", "remains.recovered", "remains.rejected"),
)
TOTALS = tuple(f"{side}.{name}" for side in SIDES for name in _TOTALS)
"""The plain figures that every exchange can be asked for, recorded or not."""
_PASSED = ("remains.received", "remains.identified")
"""What `remains.unidentified` is made of: nobody stays in them."""

if untold := {name for names in _PLAIN.values() for name in names} - {*_TOTALS, *_PASSED, *HIDDEN}:
    raise LookupError(f"{', '.join(untold)}: plain figures that are no total, and part of none")

STOCKS = tuple(name for name, row in DERIVED.items() if row.stock)
"""The figures that are what is there at a time: of an exchange or a process, and of no round."""

ALIASES: Mapping[str, str] = {
    "captives.all": "captives.released",
    "prisoners.all": "prisoners.released",
    "prisoners": "prisoners.released",
    "captives.own": "captives.nationals",
    "captives.foreigners": "captives.others",
    "captives.side": "captives.outside",
    "remains.captives": "captives.remains.returned",
    "remains.prisoners": "prisoners.remains.returned",
    "remains.returned": "captives.remains.returned",
    "remains.recovered": "captives.remains.recovered",
    "remains.back": "captives.remains.back",
    "remains.held": "captives.remains.held",
    "remains.rejected": "captives.remains.rejected",
    "remains.given": "prisoners.remains.returned",
}
"""Older and shorter names of figures."""


# -- values ------------------------------------------------------------------------------------


def value(name: str, sums: Mapping[str, Balance]) -> Estimate | None:
    """A figure, plain or derived, from the sums of the plain ones; None where it is not recorded, or below 0."""
    row = DERIVED.get(name)
    if row is None:
        known = sums.get(name)
        return None if known is None else known.estimate()
    if row.stock:
        if unknown(name) in sums:
            return None
        row = DERIVED[counted_as(name, sums)]
    if sums.keys().isdisjoint(row.needs):
        return None
    if name == _BOTH:
        return _both(sums)
    for marker, whole in row.classified:
        if not _all_classified(marker, whole, sums):
            return None
    if row.covered and not _covered(row, sums):
        return None
    if row.credited and over_credited(name.partition(".")[0], sums):
        return None
    reach = reach_of(row.signs, sums)
    if row.open and not sums.keys().isdisjoint(row.open):
        reach = reach.or_none_of(reach_of(row.open, sums))
    return reach.estimate(row.stock)


def unknown(stock: str) -> str:
    """The name of a figure that nobody knows this stock: it is recorded in place of the stock's own number."""
    side, _, name = stock.partition(".")
    return f"{side}.unknown.{name}"


CREDITED: Mapping[str, tuple[str, ...]] = {
    "inside": ("scope.inside", "credited_in"),
    "outside": ("scope.outside",),
    "elsewhere": ("scope.elsewhere",),
    "unsaid": ("scope.unsaid",),
}
"""Of whom people are credited to another round, and the figures that say how many there are."""
_LEFT: Mapping[tuple[str, str], Mapping[str, int]] = {
    (side, scope): {**dict.fromkeys((f"{side}.{name}" for name in names), 1), f"{side}.credited_out.{scope}": -1}
    for side in SIDES
    for scope, names in CREDITED.items()
}
"""What adds up to those who were not credited to another round."""


def over_credited(side: str, sums: Mapping[str, Balance]) -> dict[str, tuple[Estimate, Estimate]]:
    """Of whom more are credited to another round than there are: how many there are, and how many are credited."""
    found: dict[str, tuple[Estimate, Estimate]] = {}
    if f"{side}.credited_out" not in sums or f"{side}.released" not in sums:
        return found
    for scope, names in CREDITED.items():
        if reach_of(_LEFT[side, scope], sums).estimate() is None:
            there = reach_of(dict.fromkeys((f"{side}.{name}" for name in names), 1), sums).estimate()
            found[scope] = there or ZERO, sums[f"{side}.credited_out.{scope}"].estimate()
    return found


def _both(sums: Mapping[str, Balance]) -> Estimate | None:
    """Both sides together: at least the one where only that one is recorded."""
    known = reach_of(DERIVED[_BOTH].signs, sums)
    return (known if all(name in sums for name in _RELEASED) else known._replace(best=None, high=None)).estimate()


def _all_classified(marker: str, whole: str, sums: Mapping[str, Balance]) -> bool:
    """Whether every member of a process declares whose nationals it is about."""
    return whole not in sums or (marker in sums and sums[marker].postings == sums[whole].postings)


def _covered(row: Derived, sums: Mapping[str, Balance]) -> bool:
    """Whether the recorded dead cover all who are back: by their numbers, or at least by their bounds."""
    dead, back = (
        reach_of({name: 1 for name, its in row.signs.items() if its == sign}, sums).estimate() for sign in (1, -1)
    )
    if dead is None or back is None:
        return False
    if dead.best is not None and back.best is not None:
        return True
    return back.high is not None and dead.low >= back.high


def is_recorded(name: str, figures: Collection[str]) -> bool:
    """Whether anything at all was recorded for a figure, among the plain `figures` that something was posted to."""
    row = DERIVED.get(counted_as(name, figures))
    return name in figures if row is None else any(each in figures for each in row.needs)


def counted_as(name: str, figures: Collection[str]) -> str:
    """The figure by which a derived one is counted: that since a list opened the stock, where one did; else itself."""
    row = DERIVED.get(name)
    since = None if row is None else row.since
    return since if since is not None and is_recorded(since, figures) else name


@lru_cache(maxsize=4096)
def rests_on(name: str) -> frozenset[str]:
    """Every plain figure on which the value of a figure depends."""
    row = DERIVED.get(name)
    needed = () if row is None else (*row.needs, *(name for pair in row.classified for name in pair))
    return frozenset({*signs(name), *needed, *(_credits(name.partition(".")[0]) if row and row.credited else ())})


def _credits(side: str) -> Iterator[str]:
    """The figures that say whether more are credited than there are."""
    yield f"{side}.credited_out"
    for scope, names in CREDITED.items():
        yield from (f"{side}.{each}" for each in (f"credited_out.{scope}", *names))


def askable(figures: Collection[str]) -> set[str]:
    """The names of all figures that can be asked for, among the plain `figures` that something was posted to."""
    every = {*figures, *DERIVED, *TOTALS}
    return {name for name in every if not name.partition(".")[2].removeprefix("remains.").startswith(HIDDEN)}


def recorded(figures: Collection[str]) -> list[str]:
    """The names of all figures that anything was recorded for, sorted."""
    return sorted(name for name in askable(figures) if is_recorded(name, figures))


@lru_cache(maxsize=4096)
def signs(name: str) -> Mapping[str, int]:
    """The plain figures that a figure adds up, each with its sign. A class of people may hold the open ones."""
    row = DERIVED.get(name)
    if row is None:
        return {name: 1}
    since = {} if row.since is None else DERIVED[row.since].signs
    return {**since, **row.open, **row.signs}
