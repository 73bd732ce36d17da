"""Captives and prisoners beside each other, by the same figures: what terminals and pages without scripts show."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ledger.book.figure_names import FIGURES
from ledger.book.transfers import SIDES
from schemas.views import Estimate, Round, SideFigures, Tally
from schemas.vocabulary import Side

ROWS: Mapping[str, str] = {name: words.row for name, words in FIGURES.items() if words.row is not None}
"""The figures of a side with short words, in the order in which people ask."""


class FigureRow(NamedTuple):
    """A figure of both sides: its name without the side, its words, and its value of each side."""

    name: str
    words: str
    values: Sequence[Estimate | None]


def figure(view: Tally | Round, side: Side, name: str) -> Estimate | None:
    """A figure of one side by its name, such as `deal` or `remains.returned`."""
    figures: SideFigures = getattr(view, side)
    rest = name.removeprefix("remains.")
    found: Estimate | None = getattr(figures if rest == name else figures.remains, rest)
    return found


def figure_rows(view: Tally | Round) -> list[FigureRow]:
    """Every figure that is recorded of either side."""
    rows = (FigureRow(name, words, [figure(view, side, name) for side in SIDES]) for name, words in ROWS.items())
    return [row for row in rows if any(value is not None for value in row.values)]
