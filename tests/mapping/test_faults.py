"""What once went wrong in silence: rows that vanished, claims that counted twice, words that were taken for others."""

import os
import tomllib
from datetime import date
from io import BytesIO
from pathlib import Path
from threading import Thread
from zipfile import ZipFile

import openpyxl
import pytest

from ledger.errors import UsageError
from ledger.mapping.document import TableMapping
from schemas.events import AnyEvent, CaptivesReleased
from tests.book.building import numbers
from tests.cli.run import inside
from tests.history.bundled import folded
from tests.mapping.reading import mapped

PLAIN = """
dataset = "d"
key = ["id"]
[fields]
type = "captives_released"
exchange = "CASE-1"
occurred = "{date:moment}"
note = "{note}"
"groups.0.count" = "{n:count}"
[fields.source]
publisher = "The desk"
kind = "newspaper"
"""
CLAIMS = """
extends = "claims"
dataset = "d"
[curator]
publisher = "The curators"
kind = "derived"
[exchange."*"]
title = "Exchange {deal_id}"
[values.source]
s = { publisher = "The Post", kind = "newspaper" }
t = { publisher = "The Wire", kind = "wire" }
"""
COLUMNS = "row_id,event_key,deal_id,date,event_type,count,level,role,status,source_id,confidence,category\n"


def plain(more: str = "", text: str = PLAIN) -> TableMapping:
    return TableMapping.of(tomllib.loads(text + more))


def claims(tmp_path: Path, *rows: str) -> tuple[list[AnyEvent], list[str], list[str]]:
    """Claims as `ID KEY COUNT LEVEL ROLE STATUS SOURCE CATEGORY`, `-` for nothing, on one day and of one exchange."""
    (tmp_path / "mapping.toml").write_text(CLAIMS, "utf-8")
    lines = []
    for row in rows:
        name, key, count, level, role, status, source, category = (each.replace("-", "") for each in row.split())
        cells = [name, key, "CASE-1", "2020-01-02", "captives_released", count, level, role, status, source]
        lines.append(f"{','.join([*cells, 'high', category])}\n")
    notices: list[str] = []
    table = (COLUMNS + "".join(lines)).encode()
    told, refused = mapped("rows.csv", table, TableMapping.load(tmp_path / "mapping.toml"), notices)
    return told, refused, notices


def released(told: list[AnyEvent]) -> tuple[int | None, int, int | None]:
    return numbers(folded(told).tally("CASE-1").captives.released)


# -- rows that vanished ------------------------------------------------------------------------


@pytest.mark.parametrize("column", ["note", "unused"])
def test_a_quote_that_is_never_closed_takes_no_row_with_it(column: str) -> None:
    cells = {"note": "", "unused": ""} | {column: '"he said five'}
    rows = [
        "1,2020-01-02,3,,",
        f"2,2020-01-02,4,{cells['note']},{cells['unused']}",
        "3,2020-01-02,5,,",
        "4,2020-01-02,6,a,b",
    ]
    table = "\n".join(["id,date,n,note,unused", *rows, ""])
    told, refused = mapped("rows.csv", table.encode(), plain())
    assert len(told) == 3
    assert refused == ["3: has a quote that is never closed; close it, or leave it out"]


def test_a_cell_of_several_lines_is_one_cell() -> None:
    table = b'id,date,n,note,unused\n1,2020-01-02,3,"a ""b""","x\ny"\n2,2020-01-02,4,5" gun,\n'
    told, refused = mapped("rows.csv", table, plain())
    assert ([each.note for each in told], refused) == (['a "b"', '5" gun'], [])


def test_the_size_that_a_workbook_says_it_has_is_not_believed() -> None:
    book, raw = openpyxl.Workbook(), BytesIO()
    for row in (["id", "date", "n", "note"], *([str(n), "2020-01-02", n, ""] for n in range(1, 8))):
        book.active.append(row)
    book.save(raw)
    small = BytesIO()
    with ZipFile(raw) as source, ZipFile(small, "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name).replace(b'ref="A1:D8"', b'ref="A1:D3"'))
    assert len(mapped("rows.xlsx", small.getvalue(), plain())[0]) == 7


def test_a_row_with_an_error_where_rows_are_skipped_is_refused() -> None:
    book, raw = openpyxl.Workbook(), BytesIO()
    for row in (["id", "date", "n", "note"], ["1", "2020-01-02", 3, ""], ["#REF!", "2020-01-02", 4, ""]):
        book.active.append(row)
    book.active["A3"].data_type = "e"
    book.save(raw)
    told, refused = mapped("rows.xlsx", raw.getvalue(), plain('[table]\nskip = { id = ["Total*", ""] }\n'))
    assert (len(told), refused) == (1, ["3: cell A3: holds the error #REF!"])


def test_rows_of_which_nothing_is_made_are_named() -> None:
    notices: list[str] = []
    more = '[event.a]\nwhen = { note = "released" }\nfields = { region = "x" }\n'
    told, _ = mapped("rows.csv", b"id,date,n,note\n1,2020-01-02,3,relased\n2,2020-01-02,4,\n", plain(more), notices)
    assert (told, notices) == ([], ["rows.csv: no [event] of the mapping holds for rows 2, 3: nothing is made of them"])


def test_members_of_objects_are_held_against_the_mapping_as_a_header_is() -> None:
    with pytest.raises(UsageError, match=r"the objects: has no 'n', which fields.groups.0.count names"):
        mapped("rows.jsonl", b'{"id": 1, "date": "2020-01-02", "nn": 9, "note": ""}\n', plain())


def test_keys_that_join_to_one_name_are_refused() -> None:
    told, refused = mapped(
        "rows.csv", b"id,date,n,note\na|b,2020-01-02,3,c\n", plain(text=PLAIN.replace('["id"]', '["id", "note"]'))
    )
    assert (told, "has a |, which joins the columns of the key" in refused[0]) == ([], True)


# -- claims that counted wrongly ---------------------------------------------------------------


def test_two_claims_that_the_desk_holds_to_are_one_too_many(tmp_path: Path) -> None:
    told, refused, _ = claims(tmp_path, "A r1 12 leg primary done s -", "B r1 12 leg primary done t -")
    assert released(told) == (12, 12, 12)
    assert "holds to 'r1' too, and both would count" in refused[0]


def test_a_superseded_claim_never_counts_beside_its_successor(tmp_path: Path) -> None:
    for role in ("primary", "alternate"):
        told, refused, _ = claims(tmp_path, "A r1 12 leg primary superseded s -", f"B r1 13 leg {role} done t -")
        assert refused == []
        assert [each.supersedes for each in told if isinstance(each, CaptivesReleased)][1] == told[1].id


def test_a_rival_goes_to_the_claim_that_it_agrees_with(tmp_path: Path) -> None:
    told, _, _ = claims(
        tmp_path,
        "A r1 12 leg primary done s women",
        "B r1 3 leg primary done s men",
        "C r1 13 leg alternate done t women",
    )
    assert released(told) == (15, 15, 16)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("A r1 12 leg primary Planned s -", "'Planned' is not in [values.status]"),
        ("A r1 12 leg primary cancelled s -", "'cancelled' is not in [values.status]"),
        ("A r1 12 cumul primary done s -", "'cumul' is not in [values.level]"),
        ("A r1 12 leg - done s -", "'empty' is not in [values.role]"),
    ],
)
def test_a_word_that_decides_what_counts_is_known_or_refused(tmp_path: Path, row: str, reason: str) -> None:
    told, refused, _ = claims(tmp_path, row)
    assert told == []
    assert reason in refused[0]


def test_that_nothing_counts_is_not_decided_while_a_row_is_refused(tmp_path: Path) -> None:
    alternate = "B r1 12 leg alternate done t -"
    told, refused, notices = claims(tmp_path, "A r1 12x leg primary done s -", alternate)
    assert len(refused) == 1
    assert not any(each.type == "claim_adopted" for each in told)
    assert "waits: that nothing counts is decided when no row is refused" in notices[-1]
    assert claims(tmp_path, alternate)[0][-1].type == "claim_adopted"


def test_a_claim_that_is_refused_for_its_time_supersedes_nothing(tmp_path: Path) -> None:
    (tmp_path / "mapping.toml").write_text(CLAIMS, "utf-8")
    late = "A,r1,CASE-1,2047-01-02,captives_released,9,leg,alternate,superseded,s,high,\n"
    rows = f"{late}B,r1,CASE-1,2020-01-02,captives_released,14,leg,primary,done,t,high,\n"
    told, refused = mapped("rows.csv", (COLUMNS + rows).encode(), TableMapping.load(tmp_path / "mapping.toml"))
    assert "is more than a day ahead" in refused[0]
    assert [each.supersedes for each in told if isinstance(each, CaptivesReleased)] == [None]


def test_a_grown_table_leaves_what_it_declared_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "mapping.toml").write_text(CLAIMS, "utf-8")
    later = "B,r2,CASE-1,2020-02-02,captives_released,3,leg,primary,done,s,high,\n"
    earlier = "A,r1,CASE-1,2020-01-02,captives_released,4,leg,primary,done,s,high,\n"
    (tmp_path / "rows.csv").write_text(COLUMNS + later, "utf-8")
    assert inside(tmp_path, "publish", "--mapping", "mapping.toml", "rows.csv").code == 0
    (tmp_path / "rows.csv").write_text(COLUMNS + later + earlier, "utf-8")
    again = inside(tmp_path, "publish", "--mapping", "mapping.toml", "rows.csv")
    assert (again.code, "1 published, 2 were there already" in again.err) == (0, True), again.err
    assert "is there already in other words, and stays as it is" in again.err


# -- numbers and days that nobody stated -------------------------------------------------------


def test_nothing_is_more_precise_than_its_cell_is_shown() -> None:
    book, raw = openpyxl.Workbook(), BytesIO()
    sheet = book.active
    for row in (["id", "date", "n", "note"], ["1", date(2017, 3, 1), 3, ""], ["2", date(2017, 3, 1), 1.0, ""]):
        sheet.append(row)
    sheet["B2"].number_format = "mmm-yy"
    sheet["C3"].number_format = "0%"
    book.save(raw)
    told, refused = mapped("rows.xlsx", raw.getvalue(), plain())
    assert [(each.occurred.at, each.occurred.precision) for each in told] == [("2017-03", "month")]
    assert "'100%' is a share" in refused[0]


def test_a_text_of_utf8_is_read_as_such_whatever_the_mapping_says() -> None:
    told, _ = mapped("rows.csv", "id,date,n,note\n1,2020-01-02,3,é\n".encode(), plain('[table]\nencoding = "cp1252"\n'))
    assert told[0].note == "é"


def test_an_object_makes_no_text_of_a_column() -> None:
    mapping = plain('[columns]\nnote = "{n:count}"\n')
    assert "makes what is no text" in mapped("rows.csv", b"id,date,n\n1,2020-01-02,3\n", mapping)[1][0]


# -- mappings that cannot be meant -------------------------------------------------------------

WRONG = {
    "a field that no event has": ('[type.captives_released]\nnoet = "{note}"\n', "did you mean note?"),
    "a type by itself": ('[event.a]\nfields = { type = "captives_relesed" }\n', "'captives_relesed' is no event type"),
    "a kind of curator": ('[curator]\npublisher = "P"\nkind = "derivd"\n', "did you mean derived?"),
    "a made column to skip by": (
        '[columns]\ndeal = "{id}"\n[table]\nskip = { deal = "x" }\n',
        "'deal' is made by [columns]",
    ),
}


@pytest.mark.parametrize(("more", "reason"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_a_mapping_is_said_once_and_at_once(more: str, reason: str) -> None:
    with pytest.raises(UsageError) as error:
        plain(more)
    assert reason in str(error.value)


# -- first mappings ----------------------------------------------------------------------------


def drafted(here: Path, table: str) -> str:
    (here / "rows.csv").write_text(table, "utf-8")
    ran = inside(here, "mapping", "init", "rows.csv")
    (here / "mapping.toml").write_text(ran.out, "utf-8")
    TableMapping.load(here / "mapping.toml")
    return ran.out


def test_a_first_mapping_takes_no_id_for_a_count_and_no_number_for_a_year(tmp_path: Path) -> None:
    assert "{id:count}" not in drafted(tmp_path, "id,born,age,place\n1,1990-01-02,30,a\n2,1991-01-02,31,b\n")
    assert "{people:moment}" not in drafted(tmp_path, "id,people\n1,1100\n2,1968\n")


def test_what_a_first_mapping_knows_by_the_cells_alone_is_marked(tmp_path: Path) -> None:
    [line] = [each for each in drafted(tmp_path, "id,born\n1,1990-01-02\n").splitlines() if each.startswith("occurred")]
    assert "TODO" in line


@pytest.mark.parametrize(
    "table",
    ["Type:,n\na,1\n", 'a;b\n"x, y, z";2\n"u, v, w";3\n', "id,id,n\n1,2,3\n2,3,4\n", "id,deal\n1,A/B\n2,A-B\n3,a b\n"],
)
def test_odd_headers_make_a_mapping_that_can_be_used(tmp_path: Path, table: str) -> None:
    text = drafted(tmp_path, table)
    assert text.count('= "A-B"') <= 1
    assert "x, y, z" not in text.partition("# Columns")[0]


def test_whose_dead_a_table_tells_of_is_asked_for(tmp_path: Path) -> None:
    text = drafted(tmp_path, "id,what,n\n1,coffins returned,3\n2,hostages freed,4\n")
    assert 'side = "captives"   # TODO: or "prisoners": whose dead these rows tell of' in text


def test_a_refused_row_is_not_tried_again_as_if_it_were_an_event(tmp_path: Path) -> None:
    (tmp_path / "mapping.toml").write_text(PLAIN, "utf-8")
    (tmp_path / "rows.csv").write_text("id,date,n,note\n1,2020-01-02,many of them,\n", "utf-8")
    assert inside(tmp_path, "publish", "--mapping", "mapping.toml", "rows.csv").code == 3
    retried = inside(tmp_path, "rejected", "retry")
    assert retried.code == 3
    said = " ".join((retried.out + retried.err).split())
    assert "is a row of a table: mend it there, publish the table with its mapping, and acknowledge this one" in said


def test_every_header_is_looked_at_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "mapping.toml").write_text(PLAIN, "utf-8")
    (tmp_path / "good.csv").write_text("id,date,n,note\n1,2020-01-02,3,\n", "utf-8")
    (tmp_path / "bad.csv").write_text("id,date,n\n1,2020-01-02,3\n", "utf-8")
    ran = inside(tmp_path, "publish", "--mapping", "mapping.toml", "good.csv", "bad.csv")
    assert (ran.code, "bad.csv: the header in line 1: has no 'note'" in ran.err) == (2, True)
    assert not (tmp_path / "ledger.db").exists()


def test_a_pipe_is_read_but_once(tmp_path: Path) -> None:
    (tmp_path / "mapping.toml").write_text(PLAIN, "utf-8")
    os.mkfifo(tmp_path / "rows.csv")
    writer = Thread(target=(tmp_path / "rows.csv").write_text, args=("id,date,n,note\n1,2020-01-02,3,\n", "utf-8"))
    writer.start()
    ran = inside(tmp_path, "publish", "--mapping", "mapping.toml", "rows.csv")
    writer.join()
    assert (ran.code, "1 published" in ran.err) == (0, True), ran.err
