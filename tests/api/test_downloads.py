"""Tables over HTTP: the bytes that are written without a server, made once, and while others are answered."""

import io
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from zipfile import ZipFile

import pytest

from ledger.blocking import Ledger
from ledger.tables.forms import FILE_FORMS
from tests.api.serving import Served, loaded, make_token, publish, serving
from tests.cli.run import inside
from tests.log.events import released

ONE = "/v1/exchanges/IL-HAMAS-2023-11"
EXPORTED = {".csv": "claims", ".excel.csv": "claims", ".parquet": "claims", ".zip": "package"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(loaded(tmp_path_factory.mktemp("downloads"))) as server:
        yield server


@pytest.mark.parametrize("ending", [form.ending for form in FILE_FORMS])
@pytest.mark.parametrize("cut", [{}, {"occurred_by": "2023-11-27"}, {"published_by": "2023-11-28"}])
def test_a_server_gives_what_the_command_writes(
    served: Served, tmp_path: Path, ending: str, cut: dict[str, str]
) -> None:
    query = "".join(f"?{name}={text}" for name, text in cut.items())
    bounds = [word for name, text in cut.items() for word in (f"--{name.replace('_', '-')}", text)]
    for path, words in (("/v1", ()), (ONE, ("--exchange", "IL-HAMAS-2023-11"))):
        file = tmp_path / f"a{ending}"
        command = ("export", file, "--as", EXPORTED[ending], *words, *bounds, "--log", served.url)
        assert inside(tmp_path, *command, program="replay").code == 0
        got = served.get(f"{path}/data{ending}{query}")
        assert (got.status, got.body) == (200, file.read_bytes())


def test_an_answer_says_what_it_is_and_holds_for_good(served: Served) -> None:
    for form in FILE_FORMS:
        got = served.get(f"{ONE}/data{form.ending}?occurred_by=2023-11-27")
        assert got.headers["content-type"] == form.media_type
        assert got.headers["content-disposition"] == (
            f'attachment; filename="IL-HAMAS-2023-11-{form.holds}{form.ending}"'
        )
        assert got.headers["ledger-position"] == "0:404"
        assert got.headers["cache-control"] == "no-cache"
        assert got.headers["content-security-policy"].startswith("default-src 'none'")
        address = got.headers["link"].partition(">")[0].removeprefix("<")
        assert address == f"{ONE}/data{form.ending}?occurred_by=2023-11-27&position=0:404"
        again = served.get(address)
        assert (again.headers["etag"], again.headers["cache-control"]) == (got.headers["etag"], "max-age=86400")
        known = served.get(address, if_none_match=got.headers["etag"])
        assert (known.status, known.body) == (304, b"")
    assert served.get("/v1/data.csv").headers["content-disposition"] == 'attachment; filename="ledger-claims.csv"'


def test_a_download_that_broke_off_goes_on(served: Served) -> None:
    whole = served.get("/v1/data.zip")
    rest = served.get("/v1/data.zip", range="bytes=100-", if_range=whole.headers["etag"])
    assert (rest.status, rest.body) == (206, whole.body[100:])
    head = served.ask("HEAD", "/v1/data.zip")
    assert (head.status, head.headers["content-length"], head.body) == (200, str(len(whole.body)), b"")


def test_what_is_not_there_is_a_problem(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    assert served.get("/v1/exchanges/NOPE-1/data.csv").json["type"].endswith("unknown-name")
    assert served.get(f"{ONE}/data.csv?recorded_by=2001-01-01").json["type"].endswith("unknown-name")
    assert served.get("/v1/data.xlsx").status == 404
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    refused = served.get(f"{ONE}/data.parquet?published_by=2023-11-25")
    assert (refused.status, refused.json["type"]) == (406, "urn:exchange-ledger:problem:not-acceptable")
    assert "exchange-ledger[analysis]" in refused.json["detail"]


def test_what_is_published_is_in_the_next_file(url: str) -> None:
    with serving(url) as server:
        assert server.get("/v1/data.csv").body.count(b"\r\n") == 1
        before = server.get("/v1/data.zip")
        publish(server, [released(1, 12)])
        assert server.get("/v1/data.csv").body.count(b"\r\n") == 2
        after = server.get("/v1/data.zip")
        assert after.headers["etag"] != before.headers["etag"]
        with ZipFile(io.BytesIO(after.body)) as zipped:
            assert zipped.read("claims.csv") == server.get("/v1/data.csv").body


def test_many_who_ask_at_once_have_one_file_made_while_others_are_answered(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.api.views.downloads.TURN", 100)
    told = [released(number, 1, exchange=f"NORTH-SOUTH-{number % 40}") for number in range(1, 1001)]
    with Ledger.open(url) as ledger:
        ledger.publish_many(told)
    with serving(url, work=0) as server, ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(server.get, "/v1/data.zip") for _ in range(8)]
        answered = 0
        while not all(each.done() for each in waiting):
            answered += server.get("/health/live").status == 200
        assert answered > 3
        assert len({each.result().body for each in waiting}) == 1
        assert b"ledger_files_made_total 1.0" in server.get("/metrics").body
        with ZipFile(io.BytesIO(waiting[0].result().body)) as zipped:
            events = [line.split(b",")[1] for line in zipped.read("claims.csv").splitlines()[1:]]
        assert len({*events}) == len(events) == 1000


def test_of_a_removed_event_no_file_has_any_word(url: str) -> None:
    token = make_token(url, "admin")
    with serving(url) as server:
        publish(server, [released(1, 12), released(2, 7)])
        assert b"freed-1," in server.get("/v1/data.csv").body
        path = f"/v1/events/{released(1).id}?why=It+named+somebody"
        assert server.ask("DELETE", path, headers={"Authorization": f"Bearer {token}"}).status == 200
        server.reach("0:2")  # where the record of the removal stands
        after = server.get("/v1/data.csv")
        assert b"freed-1," not in after.body
        assert b"freed-2," in after.body
