"""A spreadsheet whose swaps stand in merged cells: what a first mapping makes of it, and what is told of rows below."""

from datetime import date
from pathlib import Path

import openpyxl
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


# -- what is filled, and nobody says so --------------------------------------------------------------


def workbook(here: Path, rows: list[list[object]], *merged: str) -> None:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for each in merged:
        book.active.merge_cells(each)
    book.save(here / "swaps.xlsx")


HEAD: list[object] = ["No.", "Swap", "Date", "Who", "How many", "Freed by", "Source", "Remarks"]
A, B = [9, "Isle Army", "Gazette"], "soldiers returned (ours)"
ROWS: list[list[object]] = [
    HEAD,
    [1, "First swap", date(2019, 3, 17), B, *A],
    [2, None, None, B, *A],
    [3, "Second swap", None, B, *A],
    [4, None, None, B, *A],
    [5, "Second swap", date(2019, 3, 18), B, *A],
]
BOTH = MAPPING.replace("[table]", '[table]\nfill = ["Swap", "Date"]')
CARRIED = "'Date' is empty in {}, {}, and is filled with '2019-03-17' of row 2: nobody says so; write it there"
MERGES: dict[str, tuple[tuple[str, ...], str | None]] = {
    # which cells are merged, and what is said of days
    "all that are empty": (("B2:B3", "B4:B5", "C2:C5"), None),
    "those of the first swap": (("B2:B3", "C2:C3", "B4:B5"), CARRIED.format("rows 4, 5", "no part of the merged cell")),
    "an empty one of its own": (("C2:C3", "C4:C5"), CARRIED.format("rows 4, 5", "no part of the merged cell")),
    "to the right": (("B4:C4",), CARRIED.format("row 4", "beside a cell of another column that is not")),
    "none": ((), CARRIED.format("row 4", "beside a cell of another column that is not")),
}


@pytest.mark.parametrize(("merged", "said"), MERGES.values(), ids=MERGES)
@pytest.mark.parametrize("words", ["mapping check", "publish --dry-run --mapping", "publish --mapping"])
def test_a_day_that_is_filled_beyond_a_merged_cell_is_told(
    here: Path, merged: tuple[str, ...], said: str | None, words: str
) -> None:
    workbook(here, ROWS, *merged)
    (here / "mapping.toml").write_text(BOTH)
    told = [
        line for line in inside(here, *words.split(), "mapping.toml", "swaps.xlsx").err.splitlines() if "'Date'" in line
    ]
    assert [line.startswith(f"swaps.xlsx: {said}") for line in told] == ([] if said is None else [True])


def test_in_a_text_a_group_that_begins_without_its_day_is_told(here: Path) -> None:
    text = "\n".join(",".join(str(cell or "") for cell in row) for row in ROWS)
    (here / "swaps.csv").write_text(text)
    said = CARRIED.format("row 4", "beside a cell of another column that is not")
    assert f"swaps.csv: {said}" in checked(here, BOTH).err
    assert "nobody says so" not in checked(here, BOTH.replace('"Swap", "Date"', '"Swap"')).err
    (here / "swaps.csv").write_text(text.replace("3,Second swap,", "3,,"))
    assert "nobody says so" not in checked(here, BOTH).err


def test_many_such_days_are_told_in_a_few_lines(here: Path) -> None:
    rows = [[f"{n}{half}", n, day, B, *A] for n in range(10) for half, day in (("a", f"2019-03-{n + 10}"), ("b", None))]
    workbook(here, [HEAD, *(row if row[2] else [*row[:1], f"{row[1]}.5", *row[2:]] for row in rows)])
    (here / "mapping.toml").write_text(BOTH)
    err = inside(here, "mapping", "check", "mapping.toml", "swaps.xlsx").err
    assert err.count("nobody says so") == 5
    assert "and 5 more texts are filled into rows below that do not say so" in err
