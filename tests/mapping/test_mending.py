"""Mistakes in a mapping and its table, told where they can be mended, and as often as they were made."""

from pathlib import Path

import openpyxl
import pytest

from tests.cli.run import Ran, inside
from tests.mapping.files import MAPPING, TABLE

KINDS = MAPPING.replace('kind = "newspaper"', 'kind = "{publisher:mapped(kinds)}"') + (
    '[values.kinds]\n"El País" = "newspaper"\nWire = "agency"\n'
)
CORRECTED = TABLE + "3,2023-04-14,34,El País\n"
CORRECTS = (
    '[row.3]\ncolumns = { corrects = "1" }\nfields = { supersedes = "{corrects:id}", reason = "corrected", '
    'occurrence = "c1" }\n'
)


def checked(here: Path, mapping: str, table: str = TABLE) -> Ran:
    (here / "mapping.toml").write_text(mapping, "utf-8")
    (here / "rows.csv").write_text(table, "utf-8")
    return inside(here, "mapping", "check", "mapping.toml", "rows.csv")


CONSTANTS: dict[str, tuple[str, str, str]] = {
    # what is in place of what, and the answer
    "an exchange": ('"CASE-1"', '"Case 1"', "fields.exchange: 'Case 1' should be the name of an exchange"),
    "a kind of source": ('"newspaper"', '"paper"', "fields.source.kind: 'paper' is none of its terms; did you mean"),
    "a day as a text": ('"{date:moment}"', '"2023-04-14"', "fields.occurred: should be an object"),
    "a category": ('"{n:count}"', '"{n:count}"\n"groups.0.category" = "child"', "fields.groups.0.category: 'child' is"),
    "of a type alone": (
        "[fields.source]",
        '[type."captives_*"]\nby = "Red Cross"\n[fields.source]',
        "type.captives_*.by",
    ),
}


@pytest.mark.parametrize(("old", "new", "answer"), CONSTANTS.values(), ids=CONSTANTS)
def test_what_is_wrong_in_every_row_is_said_once(tmp_path: Path, old: str, new: str, answer: str) -> None:
    ran = checked(tmp_path, MAPPING.replace(old, new))
    assert (ran.code, ran.out) == (2, "")
    assert " ".join(ran.err.split()).startswith(f"error: mapping.toml: {answer}")


def test_what_is_wrong_with_a_word_names_the_table_that_has_it(tmp_path: Path) -> None:
    ran = checked(tmp_path, KINDS)
    assert ran.code == 3
    assert "rows.csv:3: publisher: 'agency' is none of its terms" in ran.err
    assert "that is what [values.kinds] has for 'Wire' (field source.kind)" in ran.err


def test_a_row_may_make_a_column_for_itself(tmp_path: Path) -> None:
    ran = checked(tmp_path, MAPPING + CORRECTS, CORRECTED)
    assert (ran.code, ran.out.split()[-1]) == (0, "3"), ran.err
    assert "notice" not in ran.err
    elsewhere = MAPPING.replace("[fields]", '[fields]\nsupersedes = "{corrects:id}"') + CORRECTS
    ran = checked(tmp_path, elsewhere, CORRECTED)
    assert (ran.code, 'where a table may be without it, optional = ["corrects"] under [table]' in ran.err) == (2, True)
    ran = checked(tmp_path, MAPPING + '[row.3]\ncolumns = { m = "34" }\n', CORRECTED)
    assert "has no 'm', which row.3.columns names" in ran.err


def test_a_correction_of_what_is_not_in_the_table_is_told(tmp_path: Path) -> None:
    ran = checked(tmp_path, MAPPING + CORRECTS.replace('"1"', '"7"'), CORRECTED)
    assert (ran.code, ran.err.count("notice: row 4 by El País corrects an event that is not here (yet)")) == (0, 1)


def test_an_empty_key_names_what_fills_it(tmp_path: Path) -> None:
    ran = checked(tmp_path, MAPPING, TABLE + ",2023-04-16,3,Wire\n")
    assert (
        'rows.csv:4: id: is empty, and it is a part of the row\'s key; where cells are merged, fill = ["id"]' in ran.err
    )


@pytest.mark.parametrize("words", ["mapping check", "publish --dry-run --mapping", "publish --mapping"])
@pytest.mark.parametrize("name", ["rows.csv", "rows.xlsx", "rows.jsonl"])
def test_a_table_in_place_of_the_mapping_is_told(tmp_path: Path, words: str, name: str) -> None:
    (tmp_path / name).write_bytes(b"\xff\xfe\x00PK")
    (tmp_path / "mapping.toml").write_text(MAPPING, "utf-8")
    ran = inside(tmp_path, *words.split(), name, "mapping.toml")
    told = f"{name}: cannot be read as TOML: it is a table; the mapping is named before the table"
    assert (ran.code, told in ran.err) == (2, True)
    ran = inside(tmp_path, *words.split(), "mapping.toml", "mapping.toml")
    assert (ran.code, "mapping.toml: is a mapping, and stands where the table is wanted" in ran.err) == (2, True)


def test_a_question_ends_with_its_mark(tmp_path: Path) -> None:
    assert "is it 'date'? It has: id, date, n" in checked(tmp_path, MAPPING.replace("{date:", "{dates:")).err


def totals(here: Path, table: str) -> Ran:
    book = openpyxl.Workbook()
    for row in (["id", "date", "n", "publisher"], [1, "2023-04-14", 35, "Wire"], ["Total", None, "=SUM(C2:C2)", None]):
        book.active.append(row)
    book.save(here / "rows.xlsx")
    (here / "mapping.toml").write_text(MAPPING + table, "utf-8")
    return inside(here, "mapping", "check", "mapping.toml", "rows.xlsx")


def test_a_total_by_a_formula_without_its_value_says_how_to_leave_it_out(tmp_path: Path) -> None:
    ran = totals(tmp_path, "")
    assert ran.code == 3
    assert "cell C3: holds a formula without its value" in ran.err
    assert 'id: is a total of other rows; skip = { id = "Total" } under [table] of the mapping leaves it out' in ran.err


@pytest.mark.parametrize("skip", ['{ id = "Total" }', '{ n = "x", id = "Total" }', '{ id = "Total", n = ["9", "x*"] }'])
def test_a_row_that_is_skipped_by_one_column_may_hold_what_cannot_be_read_in_another(tmp_path: Path, skip: str) -> None:
    assert totals(tmp_path, f"[table]\nskip = {skip}\n").code == 0


def test_whether_a_cell_that_cannot_be_read_is_to_be_skipped_cannot_be_told(tmp_path: Path) -> None:
    assert "cell C3: holds a formula" in totals(tmp_path, '[table]\nskip = { n = ["", "x"] }\n').err


def test_a_constant_of_fields_that_a_type_without_rows_does_not_have_is_no_mistake(tmp_path: Path) -> None:
    words = '[values.publisher]\n"El País" = "captives_released"\nWire = "captives_released"\nx = "tally_stated"\n'
    by = MAPPING.replace('"captives_released"', '"{publisher:mapped}"').replace("[fields]", '[fields]\nby = "north"')
    assert checked(tmp_path, by + words).code == 0
