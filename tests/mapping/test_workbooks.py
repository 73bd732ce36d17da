"""Workbooks as spreadsheet programs write them: a title, merged cells, days as days, a row of totals by formula.

`data/libreoffice.xlsx` was saved by LibreOffice 7.4. The same is written here by openpyxl, which saves no values of
formulas.
"""

import tomllib
from datetime import date, datetime
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest

from ledger.mapping.document import TableMapping
from schemas.events import AnyEvent, CaptivesReleased, PrisonersReleased
from tests.cli.run import inside
from tests.mapping.reading import mapped

SAVED = Path(__file__).with_name("data") / "libreoffice.xlsx"
MAPPING = """
dataset = "bridge"
key = ["Ref"]
[fields]
exchange = "BRIDGE-2017"
occurred = "{Date:moment}"
round = "{Round:int}"
[fields.source]
publisher = "{Source}"
kind = "newspaper"
[event.captives]
when = { Freed = "?*" }
fields = { type = "captives_released", occurrence = "r{Round}-captives", "groups.0.count" = "{Freed:count}" }
[event.prisoners]
when = { "Let go" = "?*" }
fields = { type = "prisoners_released", occurrence = "r{Round}-prisoners", "groups.0.count" = "{Let go:count}" }
[table]
sheet = "Releases"
fill = ["Date", "Round"]
skip = { Ref = "Total" }
offset = "+03:00"
"""
ROWS = [
    ("R-1", date(2017, 3, 5), 1, 12, 36, "Relief Mission"),
    ("R-2", None, None, "about 12", None, "The River Post"),
    ("R-3", date(2017, 3, 12), 2, 8, 24, "Relief Mission"),
    ("R-4", datetime(2017, 3, 13, 1, 15), 2, None, "over 20", "Coast Wire"),
]


def written() -> bytes:
    workbook, raw = openpyxl.Workbook(), BytesIO()
    sheet = workbook.active
    sheet.title = "Releases"
    sheet.append(["Releases at the river bridge, drawn up by hand"])
    sheet.merge_cells("A1:F1")
    sheet.append([])
    sheet.append(["Ref", "Date", "Round", "Freed", "Let go", "Source"])
    for row in ROWS:
        sheet.append(list(row))
    sheet.merge_cells("B4:B5")
    sheet.merge_cells("C4:C5")
    sheet.append(["Total", None, None, "=SUM(D4:D7)", "=SUM(E4:E7)", None])
    workbook.create_sheet("Notes").append(["Ask the desk"])
    workbook.save(raw)
    return raw.getvalue()


BOOKS = {"LibreOffice": SAVED.read_bytes(), "openpyxl": written()}


@pytest.mark.parametrize("book", BOOKS.values(), ids=BOOKS)
def test_a_workbook_is_read_as_it_stands(book: bytes) -> None:
    told, refused = mapped("book.xlsx", book, TableMapping.of(_document()))
    assert refused == []
    assert [said(each) for each in told] == [
        ("r1-captives", "2017-03-05", "Relief Mission", 12, None, "exact"),
        ("r1-prisoners", "2017-03-05", "Relief Mission", 36, None, "exact"),
        ("r1-captives", "2017-03-05", "The River Post", 12, None, "about"),
        ("r2-captives", "2017-03-12", "Relief Mission", 8, None, "exact"),
        ("r2-prisoners", "2017-03-12", "Relief Mission", 24, None, "exact"),
        ("r2-prisoners", "2017-03-13T01:15+03:00", "Coast Wire", None, 21, "over"),
    ]


def said(event: AnyEvent) -> tuple[str | None, str, str, int | None, int | None, str]:
    assert isinstance(event, CaptivesReleased | PrisonersReleased)
    count = event.groups[0].count
    return event.occurrence, event.occurred.at, event.source.publisher, count.best, count.low, count.qualifier


def _document() -> dict[str, object]:
    return tomllib.loads(MAPPING)


def test_a_total_by_formula_is_read_where_its_value_was_saved_and_refused_as_a_total() -> None:
    document = {**_document(), "table": {"sheet": "Releases", "fill": ["Date", "Round"], "offset": "+03:00"}}
    reasons = {name: mapped("book.xlsx", book, TableMapping.of(document))[1] for name, book in BOOKS.items()}
    assert "'Total' is a total of other rows" in reasons["LibreOffice"][0]
    assert "holds a formula without its value" in reasons["openpyxl"][0]


def test_a_time_without_an_offset_is_named_as_such() -> None:
    document = {**_document(), "table": {"sheet": "Releases", "fill": ["Date", "Round"], "skip": {"Ref": "Total"}}}
    _, [reason] = mapped("book.xlsx", SAVED.read_bytes(), TableMapping.of(document))
    assert "'2017-03-13T01:15' is a time without its offset" in reason
    assert 'or say offset = "+03:00" under [table] of the mapping' in reason


def test_it_is_published_by_the_command(tmp_path: Path) -> None:
    (tmp_path / "book.xlsx").write_bytes(SAVED.read_bytes())
    (tmp_path / "mapping.toml").write_text(MAPPING, "utf-8")
    ran = inside(tmp_path, "publish", "--mapping", "mapping.toml", "book.xlsx")
    assert (ran.code, "6 published" in ran.err) == (0, True), ran.err
    [tally] = inside(tmp_path, "tallies", "--json").lines
    assert (tally["captives"]["released"]["best"], tally["prisoners"]["released"]["best"]) == (20, 60)
