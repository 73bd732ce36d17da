"""Tables as people have them: in any encoding, parted by any mark, with titles, tags, totals and merged cells."""

import codecs
import csv
import io
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from tests.mapping.files import EXPECTED, TABLE, published, stated


@pytest.fixture
def here(tmp_path: Path) -> Path:
    return tmp_path


def parted(delimiter: str) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(csv.reader(TABLE.splitlines()))
    return text.getvalue()


FOUND: dict[str, bytes] = {
    "as it should be": TABLE.encode(),
    "with a byte order mark": TABLE.encode("utf-8-sig"),
    "UTF-16, as Excel writes Unicode text": parted("\t").encode("utf-16"),
    "UTF-16, the other way round": codecs.BOM_UTF16_BE + TABLE.encode("utf-16-be"),
    "UTF-32": TABLE.encode("utf-32"),
    "semicolons": parted(";").encode(),
    "tabs": parted("\t").encode(),
    "bars": parted("|").encode(),
    "lines that end as on Windows": TABLE.replace("\n", "\r\n").encode(),
    "no end of the last line": TABLE.rstrip("\n").encode(),
    "empty rows": TABLE.replace("\n", "\n\n,,,\n").encode(),
    "titles above": f"Releases, 2023\n;;;\nDrawn up by hand\n{TABLE}".encode(),
    "tags of HXL": TABLE.replace("\n1,", "\n#event+id,#date,#affected+released,#meta+source\n1,").encode(),
    "spaces around": TABLE.replace(",", " , ").encode(),
    "columns more, in another order": (
        "n;remark;publisher;id;date\n35;a;El País;1;2023-04-14\nabout 10;;Wire;2;2023-04-15\n".encode()
    ),
    "a quoted header": TABLE.replace("publisher", '"publisher"').replace("id,", '"id",').encode(),
    "a header of two lines": TABLE.replace("publisher", 'publisher,"re\nmark"').encode(),
}


@pytest.mark.parametrize("table", FOUND.values(), ids=FOUND)
def test_what_is_certain_is_found_by_looking(here: Path, table: bytes) -> None:
    ran = published(here, "rows.csv", table)
    assert (ran.code, stated(here)) == (0, EXPECTED), ran.err


SAID: dict[str, tuple[bytes, str]] = {
    "Windows": (TABLE.encode("cp1252"), 'encoding = "cp1252"'),
    "UTF-16 without a mark": (TABLE.encode("utf-16-le"), 'encoding = "utf-16-le"'),
    "the line of the header": (f"id,date,n,publisher\nof,all,the,rows\n{TABLE}".encode(), "header = 3"),
    "another mark": (TABLE.replace(",", "^").encode(), 'delimiter = "^"'),
    "totals": (f"{TABLE}Total,,45,\n".encode(), 'skip = { id = "total*" }'),
    "totals that say nothing in the first column": (f"{TABLE},,45,\n".encode(), 'skip = { id = "" }'),
    "a note below": (f"{TABLE}* provisional,,,\n".encode(), 'skip = { id = ["Total*", "[*]*"] }'),
    "cells merged downwards": (
        "date,id,n,publisher\n2023-04-14,1,35,El País\n2023-04-15,2,about 10,Wire\n".encode(),
        'fill = ["date"]',
    ),
    "days in figures": (
        TABLE.replace("2023-04-14", "14/04/2023").replace("2023-04-15", "15/04/2023").encode(),
        'dates = "dmy"',
    ),
}


@pytest.mark.parametrize(("table", "more"), SAID.values(), ids=SAID)
def test_what_is_not_certain_is_said(here: Path, table: bytes, more: str) -> None:
    ran = published(here, "rows.csv", table, more)
    assert (ran.code, stated(here)) == (0, EXPECTED), ran.err


def test_cells_are_filled_with_what_stands_above_them_and_totals_lend_nothing(here: Path) -> None:
    table = "id,date,n,publisher\n1,2023-04-14,35,Wire\nTotal,2023-12-31,35,\n2,,10,Wire\n"
    assert published(here, "rows.csv", table, 'skip = { id = "total" }\nfill = ["date"]').code == 0
    assert {name: day for name, (day, *_) in stated(here).items()} == {"c1": "2023-04-14", "c2": "2023-04-14"}


@pytest.mark.parametrize("word", ["Total", "TOTALS:", "Grand total", "Sub-total", "subtotal", "Sum"])
def test_a_row_that_is_the_total_of_others_counts_for_nobody(here: Path, word: str) -> None:
    ran = published(here, "rows.csv", f"{TABLE}{word},2023-04-15,45,Wire\n")
    assert (ran.code, stated(here)) == (3, EXPECTED)
    assert f"rows.csv:4: id: '{word}' is a total of other rows" in ran.err


def test_thousands_are_parted_as_the_mapping_says(here: Path) -> None:
    table = "id;date;n;publisher\n1;05.03.2024;1.968;Wire\n"
    ran = published(here, "rows.csv", table, 'thousands = "."\ndates = "dmy"')
    assert (ran.code, stated(here)) == (0, {"c1": ("2024-03-05", 1968, "Wire")})


def test_two_readings_are_refused_row_by_row_and_the_others_go_on(here: Path) -> None:
    table = "id;date;n;publisher\n1;05.03.2024;12;Wire\n2;25.03.2024;1.968;Wire\n3;25.03.2024;13;Wire\n"
    ran = published(here, "rows.csv", table)
    assert ran.code == 3
    assert "rows.csv:2: date: '05.03.2024' has two readings: 2024-03-05 or 2024-05-03" in ran.err
    assert "rows.csv:3: n: '1.968' has two readings: 1968, or a number with decimals" in ran.err
    assert stated(here) == {"c3": ("2024-03-25", 13, "Wire")}


WRONG: dict[str, tuple[bytes, str, str]] = {
    "a missing column": (
        TABLE.replace("date", "dates").encode(),
        "",
        "rows.csv: the header in line 1: has no 'date', which fields.occurred names; is it 'dates'?",
    ),
    "two columns of one name": (
        TABLE.replace("n,", "n,n,", 1).replace(",35,", ",35,99,").encode(),
        "",
        "'n' stands twice, in columns 3 and 4; rename one",
    ),
    "another table": (b"a;b\n1;2\n", "", "has no 'id', which key names"),
    "nothing": (b"", "", "rows.csv: has no header in line 1"),
    "a header in another encoding": (
        TABLE.replace("date", "f\u00e9cha").encode("cp1252"),
        "",
        "the header is not UTF-8; say which encoding it has",
    ),
    "zero bytes": (TABLE.encode("utf-16-le"), "", 'such as encoding = "utf-16-le"'),
    "a workbook by another name": (b"PK\x03\x04\x14\0\6\0", "", "a workbook is read where its name ends with .xlsx"),
    "no encoding": (TABLE.encode(), 'encoding = "latin-99"', "table.encoding: 'latin-99' is no encoding of text"),
    "no order of days": (TABLE.encode(), 'dates = "d/m/y"', "table.dates"),
    "a column to skip by": (TABLE.encode(), 'skip = { what = "x" }', "has no 'what', which table names"),
}


@pytest.mark.parametrize(("table", "more", "said"), WRONG.values(), ids=WRONG)
def test_what_concerns_the_whole_table_is_said_once_before_anything_is_written(
    here: Path, table: bytes, more: str, said: str
) -> None:
    ran = published(here, "rows.csv", table, more)
    told = " ".join(ran.err.split())
    assert (ran.code, ran.out) == (2, ""), told
    assert said in told
    assert "Traceback" not in told
    assert stated(here) == {}


def test_a_row_in_another_encoding_is_named_and_kept_as_it_came(here: Path) -> None:
    ran = published(here, "rows.csv", TABLE.encode("cp1252"))
    assert ran.code == 3
    assert "rows.csv:2: is not UTF-8 at byte 22 of the row (0xed)" in ran.err
    assert stated(here) == {"c2": EXPECTED["c2"]}


def test_columns_that_nothing_uses_are_named(here: Path) -> None:
    ran = published(here, "rows.csv", TABLE.replace("\n", ",x\n").replace(",x", ",remark", 1))
    assert (ran.code, "rows.csv: not used by the mapping: remark" in ran.err) == (0, True)


# -- JSON lines and workbooks ------------------------------------------------------------------


def test_json_lines_are_rows_too(here: Path) -> None:
    lines = (
        '{"id": 1, "date": "2023-04-14", "n": 35, "publisher": "El País"}\n\n'
        '{"id": "2", "date": "2023-04-15", "n": "about 10", "publisher": "Wire", "remark": null}\n[1]\n{"id": 3}\n'
    )
    ran = published(here, "rows.jsonl", lines)
    assert (ran.code, stated(here)) == (3, EXPECTED)
    assert "rows.jsonl:4: is no JSON object" in ran.err
    assert "rows.jsonl:5: date: is no column of this row" in " ".join(ran.err.split())


Change = Callable[[openpyxl.Workbook], None]


def workbook(change: Change = lambda _: None) -> bytes:
    """A workbook as clerks have it: a title over merged cells, days as days, a total, and a column nobody uses."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Releases of April 2023"])
    sheet.merge_cells("A1:E1")
    sheet.append([])
    sheet.append(["id", "date", "n", "publisher", "remark"])
    sheet.append([1, datetime(2023, 4, 14), 35, "El País", None])
    sheet.append([2, datetime(2023, 4, 15), "about 10", "Wire", "x"])
    sheet.append(["Total", None, "=SUM(C4:C5)", None, None])
    change(book)
    raw = io.BytesIO()
    book.save(raw)
    return raw.getvalue()


def test_a_workbook_is_a_table(here: Path) -> None:
    ran = published(here, "rows.xlsx", workbook(), 'skip = { id = "total" }')
    assert (ran.code, stated(here)) == (0, EXPECTED), ran.err


def test_a_formula_without_its_value_and_an_error_are_refused_where_they_stand(here: Path) -> None:
    def change(book: openpyxl.Workbook) -> None:
        book.active["D5"] = "#N/A"
        book.active["D5"].data_type = "e"

    ran = published(here, "rows.xlsx", workbook(change))
    told = " ".join(ran.err.split())
    assert ran.code == 3
    assert "rows.xlsx:5: cell D5: holds the error #N/A" in told
    assert "rows.xlsx:6: cell C6: holds a formula without its value" in told
    assert stated(here) == {"c1": EXPECTED["c1"]}


def test_a_formula_that_nothing_uses_stops_nobody(here: Path) -> None:
    def change(book: openpyxl.Workbook) -> None:
        book.active["E4"] = "=1/0"

    ran = published(here, "rows.xlsx", workbook(change), 'skip = { id = "total" }')
    assert (ran.code, stated(here)) == (0, EXPECTED), ran.err


def test_a_time_of_a_workbook_has_no_offset(here: Path) -> None:
    def change(book: openpyxl.Workbook) -> None:
        book.active["B4"] = datetime(2023, 4, 14, 7, 30)

    ran = published(here, "rows.xlsx", workbook(change), 'skip = { id = "total" }')
    assert "rows.xlsx:4: date: '2023-04-14T07:30' is a time without its offset from UTC" in " ".join(ran.err.split())


def test_a_workbook_of_several_sheets_says_which(here: Path) -> None:
    def change(book: openpyxl.Workbook) -> None:
        book.active.title = "Releases"
        book.create_sheet("Notes")

    ran = published(here, "rows.xlsx", workbook(change))
    assert ran.code == 2
    assert 'has several sheets; say which of "Releases", "Notes": sheet = ... under [table] of the mapping' in " ".join(
        ran.err.split()
    )
    ran = published(here, "rows.xlsx", workbook(change), 'sheet = "Releases"\nskip = { id = "total" }')
    assert (ran.code, stated(here)) == (0, EXPECTED)


def test_what_is_no_workbook_is_said(here: Path) -> None:
    for raw in (b"", b"PK\x03\x04", TABLE.encode()):
        ran = published(here, "rows.xlsx", raw)
        assert (ran.code, "is no workbook that can be read" in " ".join(ran.err.split())) == (2, True), ran.err
