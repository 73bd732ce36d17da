"""The package is what the standard asks for, and other people's tools read it with the types that it declares."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from frictionless import Package, Resource

from ledger.tables.tables import TABLES
from tests.cli.run import inside
from tests.test_docs import TREE, blocks

PAGE = TREE / "docs/data.md"
DUCKDB = {"string": "VARCHAR", "integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN", "date": "DATE"}
VAGUE = ("any", "integer", "date")
"""What inference can take texts for: what is empty, a list of one number, and times of publication that are days."""


@pytest.fixture
def described(package: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((package / "datapackage.json").read_text("utf-8"))
    return found


def test_it_is_valid_by_the_standard(package: Path) -> None:
    report = Package(package / "datapackage.json").validate()
    assert report.valid, report.flatten(["rowNumber", "fieldName", "message"])
    assert [task.name for task in report.tasks] == [*TABLES]
    assert all(task.stats["rows"] for task in report.tasks if task.name != "adjustments")


def test_a_cell_that_breaks_its_description_would_be_found(package: Path, tmp_path: Path) -> None:
    shutil.copytree(package, tmp_path / "broken")
    claims = tmp_path / "broken/claims.csv"
    claims.write_bytes(claims.read_bytes().replace(b",captives_released,", b",captives_freed,", 1))
    report = Package(tmp_path / "broken/datapackage.json").validate()
    assert "constraint-error" in {error for [error] in report.flatten(["type"])}


def test_it_says_what_it_is_and_describes_every_column(described: dict[str, Any]) -> None:
    assert described["$schema"] == "https://datapackage.org/profiles/2.0/datapackage.json"
    assert (described["position"], described["cut"]) == ("0:404", {})
    assert described["licenses"][0]["title"]
    assert {"method", "caveats", "software", "keywords"} <= described.keys()
    assert len(described["sources"]) > 100
    for resource in described["resources"]:
        table = TABLES[resource["name"]]
        fields = resource["schema"]["fields"]
        assert [field["name"] for field in fields] == table.names
        assert all(field["title"] and field["description"] for field in fields)
        assert resource["schema"]["primaryKey"] == [*table.key]
        assert len(resource["schema"].get("foreignKeys", [])) == len(table.links)
    [kind] = [field for field in described["resources"][3]["schema"]["fields"] if field["name"] == "status"]
    assert kind["constraints"]["enum"] == ["planned", "reported", "claimed_by_side", "confirmed", "failed"]


def test_types_are_inferred_as_they_are_declared(package: Path) -> None:
    for table in TABLES.values():
        if table.name == "adjustments":
            continue  # the history has none
        resource = Resource(str(package / f"{table.name}.csv"))
        resource.infer()
        inferred = {field.name: field.type for field in resource.schema.fields}
        for column in table.columns:
            narrower = column.type == "string" and inferred[column.name] in VAGUE
            whole = column.type == "number" and inferred[column.name] == "integer"
            assert inferred[column.name] == column.type or narrower or whole, (table.name, column.name)


def test_duckdb_reads_it_by_its_script_and_sums_it_alike(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(package)
    with duckdb.connect() as database:
        database.execute((package / "duckdb.sql").read_text("utf-8"))
        for table in TABLES.values():
            told = {name: type for name, type, *_ in database.execute(f"DESCRIBE {table.name}").fetchall()}
            assert told == {column.name: DUCKDB[column.type] for column in table.columns}
        assert database.execute("SELECT * FROM differences").fetchall() == []
        assert ("IL-HAMAS-2023-11", "captives.released", 105, 105, 105, False) in database.execute(
            "SELECT * FROM totals"
        ).fetchall()


def test_parquet_has_the_types_and_the_words(history_url: str, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    done = inside(tmp_path, "export", "c.parquet", "--as", "claims", "--log", history_url, program="replay")
    assert done.code == 0, done.err
    schema = parquet.read_schema(tmp_path / "c.parquet")
    types = {"string": "string", "integer": "int64", "number": "double", "boolean": "bool", "date": "date32[day]"}
    for column, field in zip(TABLES["claims"].columns, schema, strict=True):
        assert (field.name, str(field.type)) == (column.name, types[column.type])
        assert field.nullable is not column.required
        assert field.metadata[b"description"].decode() == column.description
    told = json.loads(schema.metadata[b"about"])
    assert told["position"] == "0:404"
    assert told["licence"]
    with duckdb.connect() as database:
        query = f"SELECT sum(counted_best) FROM '{tmp_path}/c.parquet' WHERE counts AND figure = 'captives.released'"
        assert database.execute(f"{query} AND exchange = 'IL-HAMAS-2023-11'").fetchall() == [(105,)]


# -- the page on it --------------------------------------------------------------------------------


def test_the_python_of_the_page_runs_and_says_what_it_says(
    package: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(package)
    namespace: dict[str, Any] = {}
    for block in blocks(PAGE, "py"):
        exec(compile(block, str(PAGE), "exec"), namespace)
        printed = capsys.readouterr().out.split()
        assert printed == "".join(re.findall(r"^# (.*\n)", block, re.MULTILINE)).split()
    assert len(blocks(PAGE, "py")) >= 3


def test_the_sql_of_the_page_runs(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(package)
    with duckdb.connect() as database:
        database.execute((package / "duckdb.sql").read_text("utf-8"))
        for query in blocks(PAGE, "sql"):
            assert database.execute(query).fetchall()
    assert blocks(PAGE, "sql")


def test_every_table_and_column_is_on_the_page() -> None:
    text = PAGE.read_text("utf-8")
    assert [*missing(text)] == []


def missing(text: str) -> Iterator[str]:
    for table in TABLES.values():
        if f"`{table.name}`" not in text:
            yield table.name
    for column in TABLES["claims"].columns:
        if f"`{column.name}`" not in text:
            yield f"claims.{column.name}"
