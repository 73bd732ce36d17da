"""Which of the changes between two points somebody asks for."""

from collections.abc import Iterable
from typing import Literal, NamedTuple, TypeAlias, get_args

from ledger.book.explain import canonical
from ledger.changes.tracing import FigureChange, Kind, Replaced
from ledger.errors import UsageError

ChangeKind: TypeAlias = Literal[Kind, "source"]
"""A kind of change of a figure; or `source`: an occurrence counts by the word of another source."""
KINDS: tuple[ChangeKind, ...] = ("correction", "late", "update", "source", "growth")
"""In the order of what a reader must be told first."""
assert {*KINDS} == {*get_args(Kind), "source"}
TOLD: tuple[ChangeKind, ...] = tuple(kind for kind in KINDS if kind != "growth")
"""The kinds by which something that was said is otherwise now."""


def change_kinds(texts: Iterable[str]) -> tuple[ChangeKind, ...]:
    """Kinds by their names. Raises UsageError for what is none."""
    found = {text: next((kind for kind in KINDS if kind == text), None) for text in texts}
    for text, kind in found.items():
        if kind is None:
            raise UsageError(f"kind {text!r}: there is {', '.join(KINDS)}")
    return tuple(kind for kind in found.values() if kind is not None)


class ChangeFilter(NamedTuple):
    """Of these exchanges, this round, this figure, these kinds. What is empty, or None, asks for any."""

    exchanges: tuple[str, ...] = ()
    round: int | None = None
    figure: str | None = None
    kinds: tuple[ChangeKind, ...] = ()

    def figures(self, changes: Iterable[FigureChange]) -> list[FigureChange]:
        """The changes of figures that are asked for."""
        name = None if self.figure is None else canonical(self.figure)
        return [
            each
            for each in changes
            if self._is_asked(each.exchange, each.figure.round, each.kind) and name in (None, each.figure.name)
        ]

    def sources(self, replaced: Iterable[Replaced]) -> list[Replaced]:
        """The occurrences that are asked for; none where a figure is, of which they are none."""
        if self.figure is not None:
            return []
        return [each for each in replaced if self._is_asked(each.exchange, each.round, "source")]

    def _is_asked(self, exchange: str, round: int | None, kind: ChangeKind) -> bool:
        is_there = not self.exchanges or exchange in self.exchanges
        return is_there and self.round in (None, round) and (not self.kinds or kind in self.kinds)
