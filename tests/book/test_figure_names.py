"""The words of figures: one table, which every reader has."""

from pathlib import Path
from typing import get_args

import pytest

from ledger.api.contract import page_words
from ledger.book.figure_names import FIGURES, NAMES, figure_name
from ledger.book.transfers import SIDES
from schemas.views import RemainsFigures, SideFigures
from schemas.vocabulary import FigureName

TREE = Path(__file__).parents[2]
PAGE = TREE / "ledger/api/page"


def test_the_page_has_the_words_of_the_table() -> None:
    written = (TREE / page_words.FILE).read_text("utf-8")
    assert written == page_words.module(), "make contracts"
    assert [name for name, row in FIGURES.items() if f'"{name}": "{row.words}"' not in written] == []


def test_the_page_has_no_other_words_for_them() -> None:
    others = "".join(path.read_text("utf-8") for path in PAGE.glob("*.js") if path.name != page_words.FILE.name)
    assert [row.words for row in FIGURES.values() if f'"{row.words}"' in others] == []


@pytest.mark.parametrize("side", SIDES)
def test_each_side_has_the_same_words(side: str) -> None:
    for name, row in FIGURES.items():
        assert NAMES[f"{side}.{name}"] == row.words.replace("#", side)
        assert row.words.count("#") == 1


def test_every_figure_of_a_side_has_a_row() -> None:
    plain = SideFigures.model_fields.keys() - {"remains", "by", "of_which"}
    dead = {f"remains.{name}" for name in RemainsFigures.model_fields if name != "nationality"}
    assert {name for name, row in FIGURES.items() if row.row is not None} == plain | dead


@pytest.mark.parametrize("side", SIDES)
def test_a_source_can_state_every_figure_of_a_side(side: str) -> None:
    """But for credits, which are the rounds' own."""
    rows = {name for name, row in FIGURES.items() if row.row is not None and not name.startswith("credited")}
    assert {f"{side}.{name}" for name in rows} <= {*get_args(FigureName)}


def test_no_two_figures_have_the_same_words() -> None:
    assert len({*NAMES.values()}) == len(NAMES)
    rows = [row.row for row in FIGURES.values() if row.row is not None]
    assert len({*rows}) == len(rows)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("prisoners", "prisoners freed"),
        ("captives.by.category.children", "captives freed, by category: children"),
        ("prisoners.of_which.category.minors", "prisoners freed as breakdowns say, by category: minors"),
        ("captives.remains.by.nationality.TH", "remains of captives returned or recovered, by nationality: TH"),
        ("aid.trucks.entered", "aid, trucks, entered"),
    ],
)
def test_a_figure_in_words(name: str, words: str) -> None:
    assert figure_name(name) == words
