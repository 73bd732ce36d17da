"""The table of two parties in `docs/ingestion.md`: its mapping makes of it what the page says."""

from pathlib import Path

import orjson
import pytest

from tests.cli.run import inside
from tests.test_docs import TREE, blocks

PAGE = TREE / "docs/ingestion.md"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "swaps.csv").write_text(blocks(PAGE, "csv")[0], "utf-8")
    mapping = next(each for each in blocks(PAGE, "toml") if "bridge-swaps" in each)
    (tmp_path / "swaps.toml").write_text(mapping, "utf-8")
    return tmp_path


def test_the_table_becomes_what_the_page_says(here: Path) -> None:
    ran = inside(here, "mapping", "check", "swaps.toml", "swaps.csv")
    [expected] = blocks(PAGE, "output")
    assert (ran.code, ran.out.split()[3:]) == (0, expected.split())
    assert "notice" not in ran.err


def test_the_correction_counts_and_both_directions_do(here: Path) -> None:
    assert inside(here, "publish", "--mapping", "swaps.toml", "swaps.csv").code == 0
    [tally] = inside(here, "tallies", "NORTH-SOUTH-2024", "--json").lines
    released = tally["prisoners"]["released"]
    assert (released["low"], released["best"], released["high"]) == (61, 61, 61)
    assert (tally["captives"]["released"]["best"], tally["captives"]["remains"]["returned"]["best"]) == (48, 12)
    assert tally["prisoners"]["remains"]["returned"]["best"] == 3
    events = [orjson.dumps(each).decode() for each in inside(here, "events", "--json").lines]
    assert sum('"supersedes"' in each for each in events) == 1


def test_without_what_tells_rows_apart_they_are_told_as_rivals(here: Path) -> None:
    mapping = (here / "swaps.toml").read_text("utf-8")
    (here / "swaps.toml").write_text(mapping.replace("-{From}-{State}-{Who}", ""), "utf-8")
    err = inside(here, "mapping", "check", "swaps.toml", "swaps.csv").err
    assert "are rivals on r1, of which one counts" in err
