"""What a form asks before it publishes: types and their schemas, words, who it is, and what a table becomes."""

import base64
import time
import zipfile
from io import BytesIO
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from openpyxl import Workbook

from schemas.contracts.shipped import about
from schemas.events import EVENT_TYPES
from tests.api.serving import Got, Served, make_token, serving
from tests.cli.run import ledger

TREE = Path(__file__).parents[2]
CONTRACTS = TREE / "schemas/contracts/events"
HILLS = TREE / "examples/another_conflict"
TABLE = b"Ref,Date,People,Reported by\n1,2017-12-27,20,The Herald\n2,2017-12-27,12/13,The Herald\n"
MAPPING = """\
dataset = "releases"
key = ["Ref"]
[fields]
type = "captives_released"
exchange = "RIVER-2017"
occurred = "{Date:moment}"
"source.publisher" = "{Reported by}"
"source.kind" = "newspaper"
"groups.0.count" = "{People:count}"
"""


def read(server: Served, token: str, table: bytes, name: str = "releases.csv", **more: Any) -> Got:
    body = orjson.dumps({"name": name, "content": base64.b64encode(table).decode(), **more})
    return server.ask("POST", "/v1/tables", body, _headers(token))


def _headers(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


@pytest.fixture
def token(demo: Served) -> str:
    return make_token(demo.url, "publish", name="newsroom-feed")


# -- types and words -------------------------------------------------------------------------------


def test_every_type_that_can_be_published_is_listed_with_its_words(demo: Served) -> None:
    types = demo.get("/v1/schemas").json["types"]
    assert [each["type"] for each in types] == [name for name in EVENT_TYPES if name != "event_redacted"]
    freed = next(each for each in types if each["type"] == "captives_released")
    assert freed == {
        "type": "captives_released", "words": "captives freed", "nature": "move", "about": about("captives_released"),
    }  # fmt: skip


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_the_schema_of_a_type_is_the_published_contract_byte_for_byte(demo: Served, name: str) -> None:
    assert demo.get(f"/v1/schemas/{name}").body == (CONTRACTS / f"{name}.v1.json").read_bytes()


def test_a_type_that_is_none_is_not_found_and_no_path_leads_out(demo: Served) -> None:
    for name in ("captives_freed", "..%2Fviews%2Ftally", "captives_released.v1.json"):
        got = demo.get(f"/v1/schemas/{name}")
        assert (got.status, got.json["type"].rpartition(":")[2]) in ((404, "unknown-name"), (404, "no-such-page"))


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("count", "about 900", {"best": 900, "qualifier": "about"}),
        ("count", "250\u2013300", {"low": 250, "high": 300, "qualifier": "about"}),
        ("count", "over 130", {"low": 131, "qualifier": "over"}),
        ("moment", "March 2024", {"at": "2024-03", "precision": "month"}),
        ("date", "5 March 2024", "2024-03-05"),
    ],
)
def test_words_are_understood_as_everywhere_else(demo: Served, kind: str, text: str, value: Any) -> None:
    assert demo.get(f"/v1/words/{kind}?{urlencode({'said': text})}").json == {
        "kind": kind, "text": text, "value": value,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "text", "told"),
    [
        ("count", "12/13", "two readings"),
        ("moment", "05/03/2017", "two readings"),
        ("date", "2017", "write the day"),
        ("count", "9" * 201, "more than 200 characters"),
        ("count", "", "is no count"),
    ],
)
def test_words_that_cannot_be_read_are_refused_with_the_reason(demo: Served, kind: str, text: str, told: str) -> None:
    got = demo.get(f"/v1/words/{kind}?{urlencode({'said': text})}")
    assert got.status == 400
    assert told in got.json["detail"]


# -- who it is -------------------------------------------------------------------------------------


def test_a_token_learns_as_whom_it_publishes(demo: Served, token: str) -> None:
    told = demo.get("/v1/me", Authorization=f"Bearer {token}")
    assert told.headers["cache-control"] == "no-store"
    assert (told.json["name"], told.json["entered_by"]) == ("newsroom-feed", "token:newsroom-feed")
    assert told.json["roles"] == ["publish"]


def test_without_a_token_or_with_one_of_another_role_nobody_is_told_and_no_table_is_read(demo: Served) -> None:
    assert demo.get("/v1/me").status == 401
    reader = make_token(demo.url, "read")
    assert demo.get("/v1/me", Authorization=f"Bearer {reader}").status == 403
    assert read(demo, reader, TABLE).status == 403


# -- tables ----------------------------------------------------------------------------------------


def test_a_table_becomes_lines_and_what_is_wrong_stands_beside_its_cell(demo: Served, token: str) -> None:
    told = read(demo, token, TABLE, mapping=MAPPING).json
    assert told["columns"] == ["Ref", "Date", "People", "Reported by"]
    assert [(each["place"], each["is_declared"]) for each in told["lines"]] == [("2", False)]
    assert [(each["row"], [problem["column"] for problem in each["problems"]]) for each in told["rows"]] == [
        (2, []), (3, ["People"]),
    ]  # fmt: skip
    assert "two readings" in told["rows"][1]["problems"][0]["reason"]


def test_its_lines_are_those_that_the_command_publishes(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    token = make_token(url)
    mapping = (HILLS / "mapping.toml").read_text()
    with serving(url) as server:
        told = read(server, token, (HILLS / "exchanges.csv").read_bytes(), "exchanges.csv", mapping=mapping).json
        body = "\n".join(each["line"] for each in told["lines"]).encode()
        assert server.publish(body, token).status == 201
    again = ledger(
        tmp_path, "publish", "--mapping", str(HILLS / "mapping.toml"), str(HILLS / "exchanges.csv"), LEDGER_LOG=url
    )
    assert "0 published" in again.err
    assert "were there already" in again.err


def test_nothing_is_published_or_kept_by_reading_a_table(demo: Served, token: str) -> None:
    before = demo.get("/health/ready").json["position"]
    assert read(demo, token, TABLE, mapping=MAPPING).status == 200
    assert demo.get("/health/ready").json["position"] == before
    assert demo.get("/v1/rejected", Authorization=f"Bearer {make_token(demo.url, 'audit')}").json == []


def test_without_a_mapping_a_first_one_is_made_that_counts_what_is_left_to_be_said(demo: Served, token: str) -> None:
    told = read(demo, token, TABLE).json
    assert 'occurred = "{Date:moment}"' in told["mapping"]
    assert told["unfinished"] == told["mapping"].count("# TODO") > 0
    again = read(demo, token, TABLE, mapping=told["mapping"]).json
    assert again == told | {"notices": again["notices"]}


def test_two_rows_of_one_key_are_no_two_events(demo: Served, token: str) -> None:
    told = read(demo, token, TABLE.replace(b"12/13", b"13").replace(b"\n2,", b"\n1,"), mapping=MAPPING).json
    assert len(told["lines"]) == 1
    assert told["rows"][1]["problems"][0]["reason"].startswith("has the key of row 2")


def test_a_mapping_extends_what_ships_and_reads_no_file_of_the_server(demo: Served, token: str, tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text(MAPPING)
    (tmp_path / "words.csv").write_text("a,b\n1,2\n")
    extended = read(demo, token, TABLE, mapping='extends = "claims"\ndataset = "x"\n' + MAPPING.partition("\n")[2])
    assert extended.status != 500
    assert "ship" not in extended.json.get("detail", "")
    for base in (f"{tmp_path}/base.toml", "base.toml", f"{tmp_path}/base", "../layouts/claims", "/etc/passwd"):
        got = read(demo, token, TABLE, mapping=f'extends = "{base}"\n{MAPPING}')
        assert got.status == 400, base
        assert "does not ship with the ledger" in got.json["detail"]
    got = read(demo, token, TABLE, mapping=f'{MAPPING}\n[join.x]\nfile = "{tmp_path}/words.csv"\nkey = "a"\n')
    assert got.status == 400
    assert "join" in got.json["detail"]


# -- bounds ----------------------------------------------------------------------------------------


def test_a_table_has_so_many_rows_columns_and_cells(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    token = make_token(url)
    with serving(url, lines=50, body=200_000) as server:
        many = b"Ref,Date,People,Reported by\n" + b"1,2017-12-27,2,H\n" * 51
        wide = b",".join(b"c%d" % n for n in range(501)) + b"\n1\n"
        full = b",".join(b"c%d" % n for n in range(400)) + b"\n" + b"1\n" * 40
        for table, what in ((many, "50 rows"), (wide, "500 columns"), (full, "1,000 cells")):
            for more in ({}, {"mapping": 'dataset = "x"\nkey = ["c0"]\n[fields]\ntype = "captives_released"\n'}):
                if what == "50 rows" and more:
                    continue
                got = read(server, token, table, **more)
                assert (got.status, got.json["detail"].startswith(f"releases.csv: has more than {what}")) == (413, True)
        assert read(server, token, b"x" * 200_000).status == 413
        assert read(server, token, many[:-200]).status == 200


def test_a_workbook_that_is_small_until_it_is_unpacked_is_refused_unread(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    token = make_token(url)
    book, packed = Workbook(), BytesIO()
    book.active.append(["Ref", "Date"])
    book.save(packed)
    with zipfile.ZipFile(packed, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet9.xml", b" " * 50_000_000)
    assert len(packed.getvalue()) < 100_000
    with serving(url, body=1_000_000) as server:
        got = read(server, token, packed.getvalue(), "bomb.xlsx")
        assert got.status == 413
        assert "more than 8,000,000 bytes when it is unpacked" in got.json["detail"]
        assert read(server, token, b"PK\x03\x04nonsense", "bad.xlsx").status == 400


def test_a_workbook_is_read_as_a_text_is(demo: Served, token: str) -> None:
    book, packed = Workbook(), BytesIO()
    for row in (["Ref", "Date", "People", "Reported by"], [1, "2017-12-27", "about 20", "The Herald"]):
        book.active.append(row)
    book.save(packed)
    told = read(demo, token, packed.getvalue(), "releases.xlsx", mapping=MAPPING).json
    assert orjson.loads(told["lines"][0]["line"])["groups"] == [{"count": {"best": 20, "qualifier": "about"}}]


def test_which_line_a_first_mapping_takes_for_the_header_is_told_and_can_be_said(demo: Served, token: str) -> None:
    table = b"Ref,Date,People,Remarks\n1,2017-12-27,20\n2,2017-12-28,12,x\n3,2017-12-29,7\n"
    first = read(demo, token, table).json
    assert first["columns"] == ["Ref", "Date", "People", "Remarks"]
    assert "releases.csv: line 1 is taken for the header; `header` says another" in first["notices"]
    by_hand = read(demo, token, b"a,b,c,d\n" + table, header=2).json
    assert (by_hand["columns"], len(by_hand["rows"])) == (first["columns"], 3)
    assert "header = 2" in by_hand["mapping"].splitlines()
    assert read(demo, token, table, header=0).status == 400


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"name": "a.csv", "content": "%%%"}', b'{"name": "a.doc", "content": ""}',
     b'{"name": "a.csv", "content": "", "path": "/etc/passwd"}', b'{"name": "a.csv", "content": ""}'],
)  # fmt: skip
def test_what_is_no_table_is_a_problem_and_no_mistake_of_the_server(demo: Served, token: str, body: bytes) -> None:
    got = demo.ask("POST", "/v1/tables", body, _headers(token))
    assert (got.status, got.headers["content-type"]) == (400, "application/problem+json")


@pytest.mark.parametrize(
    "mapping",
    ["", "x = ", "[" * 5000, 'encoding = "x"', MAPPING + '[table]\nencoding = "idna"\n',
     MAPPING + '[table]\nencoding = "punycode"\n', MAPPING + '[table]\nencoding = "unicode_escape"\n',
     MAPPING + '[table]\nsheet = "x"\ndates = "x"\n',
     MAPPING.replace("{People:count}", "{Ref:int:times(999999999999999999999)}")],
)  # fmt: skip
def test_a_mapping_that_is_none_is_told_and_no_mistake_of_the_server(demo: Served, token: str, mapping: str) -> None:
    assert read(demo, token, TABLE, mapping=mapping).status in (200, 400)


def test_others_are_answered_while_a_long_table_is_read(demo: Served, token: str) -> None:
    table = b"Ref,Date,People,Reported by\n" + b"".join(b"%d,2017-12-27,2,H\n" % n for n in range(9_000))
    done: list[int] = []
    reading = Thread(target=lambda: done.append(read(demo, token, table, mapping=MAPPING).status))
    reading.start()
    slowest = 0.0
    while reading.is_alive():
        started = time.monotonic()
        assert demo.get("/v1/exchanges").status == 200
        slowest = max(slowest, time.monotonic() - started)
    reading.join()
    assert done == [200]
    assert slowest < 1
