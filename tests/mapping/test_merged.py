"""A spreadsheet whose swaps stand in merged cells: what a first mapping makes of it, and what is told of rows below."""

from pathlib import Path

import pytest

from tests.cli.run import Ran, inside

TABLE = """Prisoner swaps on the island front,,,,,,,
,,,,,,,
No.,Swap,Date,Who,How many,Freed by,Source,Remarks
1,First swap,03/02/2019,soldiers returned (ours),about 40,Isle Army,Gazette,at the pier
2,,03/02/2019,soldiers returned (ours),38,Isle Army,Crescent,
3,,17/03/2019,enemy prisoners released,110-115,Our army,Crescent,two buses
4,Second swap,about April 2019,bodies returned (ours),3,Isle Army,Gazette,
Total,,,,191,,,
"""
FILL = 'fill = ["Swap"]'
MAPPING = """
dataset = "swaps"
key = ["No."]
[fields]
type = "{Who:mapped}"
exchange = "ISLE-2019"
round = "{Swap:mapped}"
occurrence = "r{Swap:mapped}-{Who:mapped}"
occurred = "{Date:moment}"
source = { publisher = "{Source}", kind = "newspaper" }
[type."captives_* prisoners_* remains_*"]
"groups.0.count" = "{How many:count}"
[type.remains_returned]
side = "captives"
"groups.0.vital" = "remains"
[values.Who]
"soldiers returned (ours)" = "captives_released"
"enemy prisoners released" = "prisoners_released"
"bodies returned (ours)" = "remains_returned"
[values.Swap]
"First swap" = 1
"Second swap" = 2
[table]
dates = "dmy"
skip = { "No." = ["Total"] }
"""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "swaps.csv").write_text(TABLE)
    return tmp_path


def test_a_first_mapping_finds_what_happened_the_rounds_and_the_merged_cells(here: Path) -> None:
    drafted = inside(here, "mapping", "init", "swaps.csv").out
    for line in (
        'type = "{Who:mapped}"   # TODO: is it this column? Its name does not say so',
        'round = "{Swap:mapped}"',
        '# occurrence = "r{Swap:mapped}-{Who:mapped}"',
        'by = "{Freed by:mapped}"',
        '"First swap" = 0   # TODO',
        '"enemy prisoners released" = ""   # TODO: prisoners_released?',
        '# fill = ["Swap"]   # TODO: those whose empty cells mean what stands above, as merged cells leave them',
    ):
        assert line in drafted, line


def test_no_occurrence_is_proposed_by_days_that_are_not_sure(here: Path) -> None:
    (here / "swaps.csv").write_text(TABLE.replace("Swap", "Talks"))
    assert '# occurrence = "r1-{Who:mapped}"' in inside(here, "mapping", "init", "swaps.csv").out


def checked(here: Path, mapping: str) -> Ran:
    (here / "mapping.toml").write_text(mapping)
    return inside(here, "mapping", "check", "mapping.toml", "swaps.csv")


def test_rows_that_have_no_occurrence_beside_others_that_have_are_told(here: Path) -> None:
    said = "rows 5, 6 have no occurrence, since 'Swap' is empty there: each is a thing of its own, and counts"
    assert f"swaps.csv: {said}; where cells are merged, {FILL} under [table]" in checked(here, MAPPING).err
    assert "no occurrence" not in checked(here, MAPPING.replace("[table]", f"[table]\n{FILL}")).err


def test_a_mapping_that_gives_no_row_an_occurrence_is_not_told_of(here: Path) -> None:
    plain = MAPPING.replace('occurrence = "r{Swap:mapped}-{Who:mapped}"\n', "")
    assert "no occurrence" not in checked(here, plain).err
