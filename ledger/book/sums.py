"""The plain figures that balances add up to, by name, and a running total of them.

An exchange has thousands of balances, and an event changes a few: only what these changed by is added up.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import TypeAlias

from ledger.book.balances import Balance, Entry, Hedged
from ledger.book.figures import STOCKS, Declared, figures_of, unknown
from ledger.book.live import LiveFigures
from ledger.book.transfers import SIDES, AccountKey
from schemas.vocabulary import Side

Accounts: TypeAlias = Mapping[AccountKey, Balance]
Figures: TypeAlias = Mapping[str, Balance]


def summed_up(accounts: Accounts, declared: Declared) -> Figures:
    """The figures of one round of an exchange that declares so much."""
    sums: dict[str, Balance] = {}
    for account, balance in accounts.items():
        if balance.postings:
            for name in figures_of(account, declared):
                sums.setdefault(name, Balance()).merge(balance)
    return sums


def figures_posted(postings: Iterable[tuple[Balance, Entry]], declared: Declared) -> Figures:
    """The figures that some postings alone come to, in an exchange that declares so much."""
    sums: dict[str, Balance] = {}
    for balance, entry in postings:
        for name in figures_of(balance.account, declared):
            sums.setdefault(name, Balance()).add(entry)
    return sums


def merged(several: Iterable[Figures]) -> Figures:
    """The figures of several rounds or exchanges together: merging is addition."""
    sums: dict[str, Balance] = {}
    for each in several:
        _merge(sums, each)
    return sums


WARM = 8
"""Of so many rounds that were asked for last, what was made from their figures is kept: 15 kB each."""


class RunningTotal:
    """The figures of one exchange over all rounds, and of each round: each balance that changes is posted to them.

    They are added up when somebody first asks. From then on `note` has to be told of each balance before it changes.
    """

    def __init__(self) -> None:
        self._declared = Declared()
        self._noted: dict[Balance, Balance] | None = None
        self._by_round: dict[int | None, LiveFigures] = {}
        self._warm: dict[int | None, None] = {}
        self._total = LiveFigures()
        self._beside: Figures = {}
        self._one_sided: set[int] = set()

    def note(self, balance: Balance) -> None:
        """Keep in mind how a balance stands that is about to change."""
        if self._noted is not None and balance not in self._noted:
            self._noted[balance] = reversal_of(balance)

    def of(self, balances: Mapping[int | None, Accounts], declared: Declared) -> LiveFigures:
        """The figures as of now, which hold until the next event."""
        if self._noted is None or declared != self._declared:
            self._add_up(balances, declared)
        elif self._noted:
            self._catch_up(self._noted)
        self._noted = {}
        return self._total

    def _add_up(self, balances: Mapping[int | None, Accounts], declared: Declared) -> None:
        self._declared, self._beside, self._warm = declared, {}, {}
        rounds = {round: summed_up(accounts, declared) for round, accounts in balances.items()}
        self._total = LiveFigures(merged(rounds.values()))
        self._by_round = {round: LiveFigures({**sums, **NO_STOCKS}) for round, sums in rounds.items()}
        self._one_sided = {n for n, sums in rounds.items() if n is not None and missing_sides(sums)}

    def _catch_up(self, noted: Mapping[Balance, Balance]) -> None:
        changed = set[int | None]()
        for balance, change in noted.items():
            change.merge(balance)
            if not any(change.hedged or ()):
                change.hedged = None  # so that nothing is added to the hedged part of any figure
            if change or change.postings:
                changed.add(balance.round)
                names = figures_of(balance.account, self._declared)
                self._round(balance.round).post(names, change)
                self._total.post(names, change)
        for round in changed:
            if round is not None:
                is_open = bool(missing_sides(self._by_round[round]))
                self._one_sided.add(round) if is_open else self._one_sided.discard(round)

    def _round(self, round: int | None) -> LiveFigures:
        if round not in self._by_round:
            self._by_round[round] = LiveFigures(NO_STOCKS)
        return self._by_round[round]

    def in_round(self, round: int | None, balances: Mapping[int | None, Accounts], declared: Declared) -> LiveFigures:
        """The figures of one round as of now. Whoever asks for a round asks for the total as well, sooner or later."""
        self.of(balances, declared)
        if round not in self._by_round:
            return LiveFigures(NO_STOCKS)
        self._warm.pop(round, None)
        self._warm[round] = None
        if len(self._warm) > WARM:
            coldest = next(iter(self._warm))
            del self._warm[coldest]
            self._by_round[coldest].let_go()
        return self._by_round[round]

    def one_sided(self, balances: Mapping[int | None, Accounts], declared: Declared) -> set[int]:
        """The rounds of which one side was let go, and of the other nothing is recorded."""
        self.of(balances, declared)
        return self._one_sided

    def put_beside(self, beside: Mapping[str, Balance]) -> None:
        """Post to the figures over all rounds what no balance holds, in place of what was posted so before.

        What it holds must not change afterwards.
        """
        for name in {*self._beside, *beside}:
            change = reversal_of(self._beside.get(name, Balance()))
            change.merge(beside.get(name, Balance()))
            if change or change.postings:
                self._total.post((name,), change)
        self._beside = beside

    def without_beside(self) -> Figures:
        """The figures over all rounds as the balances alone come to."""
        known = dict(self._total)
        for name, balance in self._beside.items():
            known[name] = reversal_of(balance)
            known[name].merge(self._total.get(name, Balance()))
            if not known[name].postings:
                del known[name]
        return known


def reversal_of(balance: Balance) -> Balance:
    """What takes all of a balance back."""
    hedged = None if balance.hedged is None else Hedged(*(-each for each in balance.hedged))
    return Balance(postings=-balance.postings, exact=-balance.exact, hedged=hedged)


NO_STOCKS: Figures = {unknown(stock): Balance(postings=1) for stock in STOCKS}
"""That what is held of one round is nothing: it was taken before it, or outside all rounds."""


IN_DEAL = ("scope.inside", "scope.unsaid", "credited_in")
"""The figures of those whom the deal counts, or may count."""
_IN_DEAL = tuple(f"{side}.{part}" for side in SIDES for part in IN_DEAL)


def in_deal(sums: Figures) -> Figures:
    """Of some figures those that say whether anybody of a side is recorded in the deal, or perhaps in it."""
    return {name: sums[name] for name in _IN_DEAL if name in sums}


def missing_sides(sums: Figures, parts: Collection[str] = IN_DEAL) -> list[Side]:
    """The sides of which nobody is recorded in the deal, or perhaps in it, though people of the other side are."""
    return [
        side
        for side, other in (SIDES, SIDES[::-1])
        if not any(f"{side}.{part}" in sums for part in parts) and any(sums.get(f"{other}.{part}") for part in parts)
    ]


def _merge(sums: dict[str, Balance], figures: Figures, sign: int = 1) -> None:
    for name, balance in figures.items():
        sums.setdefault(name, Balance()).merge(balance, sign)
