"""The SQLite file in Datasette itself, and without it."""

import json
import socket
import sqlite3
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ledger.tables.sums import VIEWS
from ledger.tables.tables import TABLES
from tests.cli.run import BIN, inside

START_S = 60


@pytest.fixture(scope="module")
def exported(history_url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The history as a SQLite file, with what Datasette is told beside it."""
    folder = tmp_path_factory.mktemp("datasette")
    words = ("export", "ledger.db", "--as", "datasette", "--json", "--log", history_url)
    done = inside(folder, *words, program="replay")
    assert done.lines == [{"events": 405, "position": "0:404", "metadata": "ledger.metadata.json"}], done.err
    return folder / "ledger.db"


@pytest.fixture(scope="module")
def datasette(exported: Path) -> Iterator[str]:
    """Datasette as a process of its own, serving that file."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    command: list[str | Path] = [
        BIN / "datasette",
        exported,
        "--metadata",
        exported.with_suffix(".metadata.json"),
        "--port",
        str(port),
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield started(process, f"http://127.0.0.1:{port}")
        finally:
            process.terminate()


def started(process: "subprocess.Popen[bytes]", address: str) -> str:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        assert process.poll() is None, "Datasette does not start"
        try:
            asked(address, "/-/versions.json")
        except urllib.error.URLError:
            time.sleep(0.1)
        else:
            return address
    raise AssertionError(f"Datasette does not answer in {START_S} s")


def asked(address: str, path: str) -> Any:
    with urllib.request.urlopen(address + path, timeout=30) as answer:
        body = answer.read()
    return json.loads(body) if ".json" in path else body.decode()


def test_its_api_answers_with_the_figures(datasette: str) -> None:
    query = "/ledger/totals.json?_shape=array&exchange=IL-HAMAS-2023-11&figure=prisoners.released"
    assert asked(datasette, query) == [
        {"exchange": "IL-HAMAS-2023-11", "figure": "prisoners.released"}
        | {"best": 240, "low": 240, "high": 240, "hedged": 0}
    ]
    assert asked(datasette, "/ledger/differences.json?_shape=array") == []
    [one] = asked(datasette, "/ledger/claims.json?_shape=array&counts=1&type=captives_released&round=1&_size=1")
    assert isinstance(one["counted_best"], int)
    assert (one["adopted"], one["superseded_by"]) == (1, None)


def test_it_shows_titles_words_links_and_facets(datasette: str) -> None:
    page = asked(datasette, "/ledger/claims?counts=1&_size=5")
    assert TABLES["claims"].description[:60] in page
    assert "By which rule it is adopted, or why it is not." in page
    assert 'href="/ledger/exchanges/IL-HAMAS-2011"' in page
    told = asked(datasette, "/ledger/claims.json?_size=0")
    assert told["facet_results"].keys() == {*TABLES["claims"].facets}
    assert "Exchange ledger: all exchanges" in asked(datasette, "/ledger")
    for view in VIEWS:
        assert view.title in asked(datasette, f"/ledger/{view.name}?_size=1")
        assert view.name == "differences" or asked(datasette, f"/ledger/{view.name}.json?_shape=array&_size=1")


def test_it_explains_itself_without_datasette(exported: Path) -> None:
    with closing(sqlite3.connect(f"file:{exported}?mode=ro", uri=True)) as database:
        about = dict(database.execute("SELECT * FROM about"))
        assert about["position"] == "0:404"
        assert {"method", "caveats", "licence"} <= about.keys()
        described = set(database.execute('SELECT "table", "column" FROM columns WHERE length(description) > 5'))
        assert described == {(table.name, name) for table in TABLES.values() for name in table.names}
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        query = "SELECT DISTINCT typeof(counts), typeof(credibility), typeof(occurred_first) FROM claims"
        found = set(database.execute(query))
        assert {("integer", "integer", "text")} <= found <= {("integer", "integer", each) for each in ("text", "null")}
