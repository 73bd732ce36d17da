"""`ledger mapping init` and `check`: a first mapping for a table, and what a mapping makes of one."""

from collections.abc import Callable
from datetime import date
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest

from ledger.mapping.document import TableMapping
from ledger.mapping.draft import TODO
from tests.cli.run import Ran, inside
from tests.history.bundled import HISTORY, TREE
from tests.mapping.files import MAPPING, TABLE

OWN = """Releases of 2017;;;;
Date;Location;People;Outlet;Link
05/03/2017;bridge;12;The Post;https://post.example/x
13/03/2017;ferry;about 20;Coast Wire;https://wire.example/y
"""


def drafted(here: Path, name: str, table: bytes | str, *words: str) -> Ran:
    (here / name).write_bytes(table if isinstance(table, bytes) else table.encode())
    ran = inside(here, "mapping", "init", name, *words)
    (here / "mapping.toml").write_text(ran.out, "utf-8")
    return ran


def test_a_first_mapping_can_be_used_as_it_is(tmp_path: Path) -> None:
    drafted(tmp_path, "own.csv", OWN)
    checked = inside(tmp_path, "mapping", "check", "mapping.toml", "own.csv")
    assert (checked.code, checked.out.split()[-3:]) == (0, ["MY-EXCHANGE", "captives_released", "2"])
    assert "not used by the mapping: Location" in checked.err
    published = inside(tmp_path, "publish", "--mapping", "mapping.toml", "own.csv")
    assert "2 published" in published.err


def test_columns_are_known_by_their_names_and_their_cells(tmp_path: Path) -> None:
    text = drafted(tmp_path, "own.csv", OWN).out
    for line in (
        'occurred = "{Date:moment}"',
        '"groups.0.count" = "{People:count}"',
        'publisher = "{Outlet}"',
        'url = "{Link}"',
        'dates = "dmy"   # 13/03/2017 can be read in no other order',
        "#     Location: bridge, ferry",
    ):
        assert line in text.splitlines(), line


def test_what_has_two_readings_is_not_decided(tmp_path: Path) -> None:
    text = drafted(tmp_path, "own.csv", OWN.replace("13/03/2017", "06/03/2017")).out
    assert f'# dates = "dmy"   # {TODO}: 05/03/2017 has two readings; or "mdy"' in text
    checked = inside(tmp_path, "mapping", "check", "mapping.toml", "own.csv")
    assert checked.code == 3
    assert "has two readings" in checked.err


@pytest.mark.parametrize(
    ("name", "table", "words"),
    [
        ("rows.csv", TABLE.encode("cp1252"), ("--encoding", "cp1252")),
        ("rows.csv", TABLE.encode("utf-16"), ()),
        ("rows.jsonl", b'{"id": 1, "date": "2023-04-14", "n": 35, "publisher": "El Pais"}\n', ()),
    ],
    ids=["Windows", "UTF-16", "JSON lines"],
)
def test_tables_of_any_make(tmp_path: Path, name: str, table: bytes, words: tuple[str, ...]) -> None:
    assert drafted(tmp_path, name, table, *words).code == 0
    assert inside(tmp_path, "mapping", "check", "mapping.toml", name).code == 0


def test_a_sheet_of_a_workbook(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    workbook.active.title = "Notes"
    sheet = workbook.create_sheet("Releases")
    for row in (["Ref", "When", "Freed"], ["a", "2017-03-05", 12], ["b", "2017-03-06", 3]):
        sheet.append(row)
    workbook.save(tmp_path / "book.xlsx")
    assert 'say which of "Notes", "Releases"' in inside(tmp_path, "mapping", "init", "book.xlsx").err
    ran = inside(tmp_path, "mapping", "init", "book.xlsx", "--sheet", "Releases", "--out", "mapping.toml")
    assert (ran.code, ran.out) == (0, "")
    assert "next: finish it, then ledger mapping check mapping.toml book.xlsx" in ran.err
    assert TableMapping.load(tmp_path / "mapping.toml").key == ("Ref",)
    assert inside(tmp_path, "mapping", "check", "mapping.toml", "book.xlsx").code == 0
    again = inside(tmp_path, "mapping", "init", "book.xlsx", "--out", "mapping.toml")
    assert (again.code, "is there already" in again.err) == (2, True)


def test_words_that_wait_to_be_filled_in_are_named_by_row(tmp_path: Path) -> None:
    table = TREE / "examples/another_conflict/exchanges.csv"
    text = drafted(tmp_path, "exchanges.csv", table.read_bytes()).out
    assert f'captives = ""   # {TODO}: captives_released?' in text
    assert 'southland = "southland"' in text
    checked = inside(tmp_path, "mapping", "check", "mapping.toml", "exchanges.csv")
    assert checked.code == 3
    assert "exchanges.csv:2: what: 'deal' stands for nothing in the mapping; say there what it is" in checked.err


@pytest.mark.parametrize("table", ["id,date\n", ",,\n1,2,3\n", "", "\n\n"])
def test_a_table_without_rows_has_no_mapping(tmp_path: Path, table: str) -> None:
    ran = drafted(tmp_path, "rows.csv", table)
    assert (ran.code, ran.out) == (2, "")
    assert "rows.csv: has no " in ran.err


ODD = [
    "a{b,c:d,e!f\n1,2,3\n",
    '"two\nlines","quo""te"\n1,2\n',
    "id\n\\\n",
    "id,x\n\x7f,\x01\n",
    "id,type\n1,\u202e\n2,[]\n",
]


@pytest.mark.parametrize("table", ODD)
def test_what_is_written_is_a_mapping_whatever_the_names_are(tmp_path: Path, table: str) -> None:
    ran = drafted(tmp_path, "rows.csv", table)
    assert ran.code == 0, ran.err
    TableMapping.load(tmp_path / "mapping.toml")


def test_check_names_rows_that_share_a_key(tmp_path: Path) -> None:
    drafted(tmp_path, "rows.csv", TABLE)
    (tmp_path / "rows.csv").write_text(TABLE + "1,2023-04-16,3,Wire\n", "utf-8")
    checked = inside(tmp_path, "mapping", "check", "mapping.toml", "rows.csv")
    assert "rows.csv:4: has the key of row 2" in checked.err


def test_check_names_rows_that_may_be_rivals_and_are_added_up(tmp_path: Path) -> None:
    drafted(
        tmp_path, "own.csv", OWN.replace("13/03/2017;ferry", "05/03/2017;bridge") + "14/03/2017;ferry;3;The Post;\n"
    )
    checked = inside(tmp_path, "mapping", "check", "mapping.toml", "own.csv")
    assert "own.csv: rows 3, 4: same type, round and day by several publishers, and added up" in checked.err


def test_check_of_a_mapping_alone_and_of_the_history(tmp_path: Path) -> None:
    mapping, claims = HISTORY / "mapping.toml", HISTORY / "claims.jsonl"
    assert inside(tmp_path, "mapping", "check", mapping).code == 0
    checked = inside(tmp_path, "mapping", "check", mapping, claims)
    assert (checked.code, "IL-HAMAS-2023-11" in checked.out) == (0, True)
    assert list(tmp_path.iterdir()) == []  # no ledger is made


def test_a_mapping_that_is_none_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "mapping.toml").write_text("dataset = 3\n", "utf-8")
    assert inside(tmp_path, "mapping", "check", "mapping.toml").code == 2
    assert inside(tmp_path, "mapping", "check", "no.toml").code == 2
    assert inside(tmp_path, "mapping", "init", "no.csv").code == 2


HEAD = ["Swap", "Day", "Who", "How many", "Says who", "Remarks"]
ROWS = [
    ["A", "2024-03-04", "soldiers", "120", "MoD", ""],
    ["A", "2024-03-05", "soldiers", "about 60", "MoD", "x"],
    ["B", "2024-03-06", "civilians", "several dozen", "MoD", ""],
    ["C", "2024-03-07", "soldiers", "not stated", "MoD", ""],
]
ABOVE = {
    "nothing": [],
    "a title": [["Swaps"], []],
    "who made it and when": [["Made by", "ML"], ["On", "2024-06-01"], []],
    "a legend as wide as the table": [["all", "figures", "are", "of", "12 March", "2024"]],
}
WRITTEN = {
    "every row as long as it is": lambda row: row,
    "rows end with their last text": lambda row: row[: max((n for n, each in enumerate(row, 1) if each), default=0)],
    "rows of one length": lambda row: [*row, *[""] * (8 - len(row))],
}


@pytest.mark.parametrize("rows", [ROWS, [ROWS[1]], ROWS[2:]], ids=["rows", "one row", "no counts"])
@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
@pytest.mark.parametrize("above", ABOVE.values(), ids=ABOVE)
@pytest.mark.parametrize("name", ["rows.csv", "rows.xlsx"])
def test_a_row_of_data_is_never_the_header(
    tmp_path: Path, name: str, above: list[list[str]], written: Callable[[list[str]], list[str]], rows: list[list[str]]
) -> None:
    table = [written(row) for row in [*above, HEAD, *rows]]
    raw = file_of(name, table)
    ran = drafted(tmp_path, name, raw)
    left = sum(map(bool, above))
    taken = f"line {len(above) + 1} is taken for the header"
    taken += ["", "; 1 line before it is left out", "; 2 lines before it are left out"][left]
    assert f"{name}: {taken}; `header` says another" in ran.err
    assert 'occurred = "{Day:moment}"' in ran.out
    assert (f"# header = {len(above) + 1}   # {taken}" in ran.out) == bool(left)


def file_of(name: str, table: list[list[str]]) -> bytes:
    if name.endswith(".csv"):
        return "".join(f"{';'.join(row)}\n" for row in table).encode()
    workbook, raw = openpyxl.Workbook(), BytesIO()
    for number, row in enumerate(table, 1):
        for column, text in enumerate(row, 1):
            workbook.active.cell(number, column, date.fromisoformat(text) if text[:5] == "2024-" else text or None)
    workbook.save(raw)
    return raw.getvalue()


def test_a_header_of_years_is_one_where_no_line_is_free_of_numbers(tmp_path: Path) -> None:
    text = drafted(tmp_path, "rows.csv", "Who,2019,2020\nsoldiers,12,3\ncivilians,4,5\n").out
    assert '"groups.0.count" = "{2019:count}"' in text


@pytest.mark.parametrize("name", ["rows.csv", "rows.xlsx"])
def test_the_header_is_said_by_hand(tmp_path: Path, name: str) -> None:
    table = [
        ["Ref", "Day", "Place", "Freed"],
        ["of it", "as told", "or near it", "in all"],
        ["1", "2024-03-04", "x", "7"],
    ]
    raw = file_of(name, table)
    assert 'occurred = "{' not in drafted(tmp_path, name, raw).out
    ran = drafted(tmp_path, name, raw, "--header", "2")
    assert 'occurred = "{as told:moment}"' in ran.out
    assert "header = 2" in ran.out.splitlines()
    assert "line 2 is taken for the header; 1 line before it is left out" in ran.err
    assert inside(tmp_path, "mapping", "check", "mapping.toml", name).code == 0
    assert "rows.csv: has no header in line 9" in drafted(tmp_path, "rows.csv", "a,b\n1,2\n", "--header", "9").err


@pytest.mark.parametrize("name", ["rows.csv", "rows.xlsx"])
@pytest.mark.parametrize("said", ["", "[table]\nheader = 4\n"])
def test_rows_above_the_header_are_told(tmp_path: Path, name: str, said: str) -> None:
    table = [["Swaps"], *ROWS[:2], HEAD, *ROWS[2:3]]
    raw = file_of(name, table)
    (tmp_path / name).write_bytes(raw)
    mapping = MAPPING.replace("{date:", "{Day:").replace("{n:", "{How many:").replace("{publisher}", "{Says who}")
    (tmp_path / "mapping.toml").write_text(mapping.replace('"id"', '"Swap"').replace("{id}", "{Swap}") + said)
    told = (
        "lines 2, 3 above the header in line 4 look like rows, and nothing is made of them; header = ... under [table]"
    )
    for words in (["mapping", "check", "mapping.toml", name], ["publish", "--mapping", "mapping.toml", name]):
        assert told in inside(tmp_path, *words).err


SWAPS = """Swap;Day;Handed over by;Taken home by;Who;State;How many;Says who;Said on;Desk remarks
I;04/03/2024;Ostrel;Varnia;soldiers;alive;120;Ministry;04/03/2024;
;;Varnia;Ostrel;soldiers;alive;120;Ministry;04/03/2024;
;;Ostrel;Varnia;civilians;alive;8;Ombudsman;05/03/2024;fishermen
II;19/03/2024;Ostrel;Varnia;soldiers;bodies;200;Red Cross;20/03/2024;
;;Varnia;Ostrel;soldiers;bodies;27;Red Cross;20/03/2024;
"""


def test_what_tells_rows_apart_tells_occurrences_apart(tmp_path: Path) -> None:
    lines = drafted(tmp_path, "swaps.csv", SWAPS).out.splitlines()
    for line in (
        'move = "{Handed over by} {State}"',
        f'"Ostrel alive" = ""   # {TODO}: captives_released, or prisoners_released?',
        '"Varnia bodies" = "remains_returned"',
        'type = "{move:mapped}"',
        '# occurrence = "r{Swap:mapped}-{Handed over by}-{State}-{Who}"   # TODO: so, or otherwise; else rivals are '
        "added up",
        'by = "{Handed over by:mapped}"',
        'to = "{Taken home by:mapped}"',
        'side = "{Handed over by:mapped(side)}"',
        f'Ostrel = ""   # {TODO}: captives, or prisoners?',
        'publisher = "{Says who}"',
        'published = "{Said on:date}"',
        'note = "{Desk remarks}"',
        '# fill = ["Swap", "Day"]   # TODO: those whose empty cells mean what stands above, as merged cells leave them',
    ):
        assert line in lines, line


PARTS = {
    # what is changed in the table, and the lines of its type and its occurrence
    "one direction": (
        [(";Varnia;Ostrel;", ";Ostrel;Varnia;")],
        'move = "{State}"',
        "r{Swap:mapped}-{State}-{Who}",
    ),
    "the living alone": ([("bodies", "alive")], 'move = "{Handed over by}"', "r{Swap:mapped}-{Handed over by}-{Who}"),
    "a word for what happened": (
        [("State", "Event"), ("alive", "release"), ("bodies", "return of bodies")],
        'type = "{Event:mapped}"',
        "r{Swap:mapped}-{Event:mapped}-{Handed over by}-{Who}",
    ),
}


@pytest.mark.parametrize(("changes", "tells", "occurrence"), PARTS.values(), ids=PARTS)
def test_only_what_differs_tells_apart(
    tmp_path: Path, changes: list[tuple[str, str]], tells: str, occurrence: str
) -> None:
    table = SWAPS
    for change in changes:
        table = table.replace(*change)
    text = drafted(tmp_path, "swaps.csv", table).out
    assert tells in text.splitlines()
    assert f'# occurrence = "{occurrence}"' in text


@pytest.mark.parametrize("name", ["Says who", "Source", "According to", "Reported by", "Said by"])
def test_who_says_so_is_the_publisher(tmp_path: Path, name: str) -> None:
    text = drafted(tmp_path, "swaps.csv", SWAPS.replace("Says who", name)).out
    assert f'publisher = "{{{name}}}"' in text


@pytest.mark.parametrize("name", ["Remarks", "Note", "Our notes", "Desk comments", "Observations"])
def test_remarks_are_never_carried_on(tmp_path: Path, name: str) -> None:
    text = drafted(tmp_path, "swaps.csv", SWAPS.replace("Desk remarks", name)).out
    assert '# fill = ["Swap", "Day"]' in text


def test_the_two_sides_are_known_whatever_their_columns_are_called(tmp_path: Path) -> None:
    table = SWAPS.replace("Handed over by", "Left").replace("Taken home by", "Reached")
    lines = drafted(tmp_path, "swaps.csv", table).out.splitlines()
    assert f'by = "{{Left:mapped}}"   # {TODO}: is it this column? Its name does not say so' in lines
    assert f'to = "{{Reached:mapped}}"   # {TODO}: is it this column? Its name does not say so' in lines
