"""The plain figures that balances add up to, by name, and a running total of them.

An exchange has thousands of balances, and an event changes a few: only the rounds that changed are added up anew.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import TypeAlias

from ledger.book.balances import Balance, Entry
from ledger.book.figures import Declared, figures_of
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


class RunningTotal:
    """The figures over all rounds of one exchange."""

    def __init__(self) -> None:
        self._declared = Declared()
        self._by_round: dict[int | None, Figures] = {}
        self._total: dict[str, Balance] = {}
        self._changed: set[int | None] = set()
        self._one_sided: set[int] = set()

    def change(self, rounds: Iterable[int | None]) -> None:
        """Say which rounds changed; they are added up anew when somebody asks."""
        self._changed.update(rounds)

    def of(self, balances: Mapping[int | None, Accounts], declared: Declared) -> Figures:
        """The figures as of now, which hold until the next event."""
        if declared != self._declared:
            self._declared, self._by_round, self._total, self._changed = declared, {}, {}, {*balances}
            self._one_sided.clear()
        for round in self._changed:
            _merge(self._total, self._by_round.pop(round, {}), -1)
            if round in balances:
                self._by_round[round] = summed_up(balances[round], declared)
                _merge(self._total, self._by_round[round])
            if round is not None:
                is_open = bool(missing_sides(self._by_round.get(round, {})))
                self._one_sided.add(round) if is_open else self._one_sided.discard(round)
        if self._changed:
            self._changed.clear()
            for name in [name for name, balance in self._total.items() if not balance.postings]:
                del self._total[name]
        return self._total

    def in_round(self, round: int | None, balances: Mapping[int | None, Accounts], declared: Declared) -> Figures:
        """The figures of one round as of now. Whoever asks for a round asks for the total as well, sooner or later."""
        self.of(balances, declared)
        return self._by_round.get(round, {})

    def one_sided(self, balances: Mapping[int | None, Accounts], declared: Declared) -> set[int]:
        """The rounds of which one side was let go, and of the other nothing is recorded."""
        self.of(balances, declared)
        return self._one_sided


IN_DEAL = ("scope.inside", "scope.unsaid", "credited_in")
"""The figures of those whom the deal counts, or may count."""


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
