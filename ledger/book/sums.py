"""The plain figures that balances add up to, by name, and a running total of them.

An exchange has thousands of balances, and an event changes a few: only the rounds that changed are added up anew.
"""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from ledger.book.balances import Balance
from ledger.book.figures import figures_of
from ledger.book.transfers import AccountKey

Accounts: TypeAlias = Mapping[AccountKey, Balance]
Figures: TypeAlias = Mapping[str, Balance]


def summed_up(accounts: Accounts, own: tuple[str, ...]) -> Figures:
    """The figures of one round, in which `own` are the deal's own nationalities."""
    sums: dict[str, Balance] = {}
    for account, balance in accounts.items():
        if balance.postings:
            for name in figures_of(account, own):
                sums.setdefault(name, Balance()).merge(balance)
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
        self._own: tuple[str, ...] = ()
        self._by_round: dict[int | None, Figures] = {}
        self._total: dict[str, Balance] = {}
        self._changed: set[int | None] = set()

    def change(self, rounds: Iterable[int | None]) -> None:
        """Say which rounds changed; they are added up anew when somebody asks."""
        self._changed.update(rounds)

    def of(self, balances: Mapping[int | None, Accounts], own: tuple[str, ...]) -> Figures:
        """The figures as of now, which hold until the next event."""
        if own != self._own:
            self._own, self._by_round, self._total, self._changed = own, {}, {}, {*balances}
        for round in self._changed:
            _merge(self._total, self._by_round.pop(round, {}), -1)
            if round in balances:
                self._by_round[round] = summed_up(balances[round], own)
                _merge(self._total, self._by_round[round])
        if self._changed:
            self._changed.clear()
            for name in [name for name, balance in self._total.items() if not balance.postings]:
                del self._total[name]
        return self._total

    def in_round(self, round: int | None, balances: Mapping[int | None, Accounts], own: tuple[str, ...]) -> Figures:
        """The figures of one round as of now. Whoever asks for a round asks for the total as well, sooner or later."""
        self.of(balances, own)
        return self._by_round.get(round, {})


def _merge(sums: dict[str, Balance], figures: Figures, sign: int = 1) -> None:
    for name, balance in figures.items():
        sums.setdefault(name, Balance()).merge(balance, sign)
