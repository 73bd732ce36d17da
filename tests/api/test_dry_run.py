"""A dry run over HTTP: what it says is what publishing then does, and nothing is written."""

import socket
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Timer
from typing import Any

import pytest

from ledger.api.events import dry_runs
from ledger.blocking import Ledger
from ledger.rehearsal import Rehearsal
from schemas.codec import encode
from schemas.events import AnyEvent
from tests.api.serving import HOST, NDJSON, REACH_S, Got, Served, make_token, publish, serving
from tests.book.building import corrected, freed, let_go
from tests.cli.test_dry_run import files
from tests.history.bundled import history
from tests.log.events import released
from tests.signing import FEED, THIEF, key_file, settings, signed

Figures = dict[tuple[str, str], Any]
Shifts = dict[tuple[str, str], tuple[Any, Any]]


def dry(server: Served, token: str, body: bytes, query: str = "?dry_run=true") -> Got:
    said = {"Authorization": f"Bearer {token}", "Content-Type": NDJSON}
    return server.ask("POST", f"/v1/events{query}", body, said)


def lines(events: Sequence[AnyEvent]) -> bytes:
    return b"\n".join(map(encode, events))


def figures(server: Served) -> Figures:
    """Every figure of every exchange of the ledger itself."""
    with Ledger.open(server.url) as ledger:
        books = ledger.read()
    return {
        (exchange, name): None if value is None else value.model_dump(mode="json")
        for exchange in books.exchanges()
        for name, value in books.figures(exchange).items()
    }


def moved(before: Figures, after: Figures) -> Shifts:
    places = before.keys() | after.keys()
    return {place: (before.get(place), after.get(place)) for place in places if before.get(place) != after.get(place)}


def told(got: Got) -> Shifts:
    shifts = {(each["exchange"], each["figure"]): (each["before"], each["after"]) for each in got.json["moved"]}
    assert [*shifts] == sorted(shifts)
    return shifts


@pytest.fixture
def copies(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where copies of ledgers are put."""
    folder = tmp_path_factory.mktemp("copies")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def compared(server: Served, token: str, there: Sequence[AnyEvent], tried: Sequence[AnyEvent]) -> Got:
    """A dry run beside what publishing then does; its answer."""
    if there:
        publish(server, there)
    before = figures(server)
    got = dry(server, token, lines(tried))
    done = server.publish(lines(tried), token)
    assert (got.status, done.status) == (200, 201)
    assert told(got) == moved(before, figures(server))
    assert got.json["notices"] == done.json["notices"]
    lacking = [{k: v for k, v in each.items() if k not in ("position", "recorded_at")} for each in done.json["results"]]
    assert got.json["results"] == lacking
    assert (got.json["accepted"], got.json["refused"]) == (done.json["accepted"], done.json["refused"])
    return got


# -- what it says ----------------------------------------------------------------------------------


@pytest.mark.parametrize("there", [0, 100, 250])
def test_of_the_real_history_what_would_move_is_what_moves(server: Served, token: str, there: int) -> None:
    events = history()
    got = compared(server, token, events[:there], events)
    assert [each["status"] for each in got.json["results"]] == [200] * there + [201] * (len(events) - there)
    assert told(got)


def test_a_correction_moves_its_figure_and_no_other(server: Served, token: str) -> None:
    there = [freed(1, 12), let_go(2, 40, key="others")]
    got = compared(server, token, there, [corrected(3, 1, 14)])
    before, after = told(got)[there[0].exchange, "captives.released"]
    assert (before["best"], after["best"]) == (12, 14)
    assert (there[0].exchange, "prisoners.released") not in told(got)


def test_what_comes_with_it_is_told_as_publishing_tells_it(server: Served, token: str) -> None:
    there = [freed(1, 12), freed(2, 13, key="two", source={"publisher": "The Post"})]
    tried = [
        freed(3, 13, source={"publisher": "The Herald", "credibility": 1}),
        freed(4, 13, key="four", source={"publisher": "Agency"}),
        let_go(5, 40, key="two", source={"publisher": "Agency"}),
    ]
    notices = compared(server, token, there, tried).json["notices"]
    assert {name: bool(found) for name, found in notices.items()} == {
        "doubles": True,
        "successions": True,
        "strayed": True,
        "other_rounds": False,
        "mixed": False,
        "dangling": False,
        "premature": False,
        "circular": False,
    }


def test_what_is_there_already_moves_nothing(server: Served, token: str) -> None:
    got = compared(server, token, [released(1)], [released(1)])
    assert (got.json["moved"], got.json["notices"]) == ([], None)


def test_a_false_flag_publishes_and_another_word_is_refused(server: Served, token: str) -> None:
    assert dry(server, token, lines([released(1)]), "?dry_run=false").status == 201
    got = dry(server, token, lines([released(2)]), "?dry_run=yes")
    assert (got.status, got.json["detail"]) == (400, "dry_run 'yes': give true or false")
    assert [each["position"] for each in server.get("/v1/events").json["records"]] == ["0:0"]


# -- what is refused -------------------------------------------------------------------------------


def test_lines_that_would_be_refused_are_told_among_the_others(server: Served, token: str) -> None:
    publish(server, [released(1)])
    body = lines([released(1), released(1, 2), released(2)]) + b"\n\nnonsense\n" + lines([released(2)])
    got = dry(server, token, body)
    assert got.status == 207
    assert [(each["line"], each["status"]) for each in got.json["results"]] == [
        (1, 200),
        (2, 409),
        (3, 201),
        (5, 400),
        (6, 200),
    ]
    assert (got.json["accepted"], got.json["refused"]) == (3, 2)
    done = server.publish(body, token)
    assert problems(got) == problems(done)


def problems(got: Got) -> list[Any]:
    return [each.get("problem") for each in got.json["results"]]


CONFLICT = lines([released(1, 2)])


@pytest.mark.parametrize("body", [b"{}\n", b"nonsense\n{}\n", CONFLICT, CONFLICT + b"\n{}"])
def test_where_all_would_be_refused_the_problem_is_that_of_publishing(server: Served, token: str, body: bytes) -> None:
    publish(server, [released(1)])
    got, done = dry(server, token, body), server.publish(body, token)
    assert got.status == done.status >= 400
    assert got.headers["content-type"] == "application/problem+json"
    assert {**got.json, "moved": None} == {**done.json, "moved": None}
    assert got.json["moved"] == []


def test_it_asks_for_the_signatures_that_publishing_asks_for_and_makes_none(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in settings(tmp_path).items():
        monkeypatch.setenv(name, text)
    monkeypatch.setenv("LEDGER_SIGNING_KEY", str(key_file(tmp_path, FEED)))  # which is not the clients'
    body = b"\n".join([signed(released(1)), encode(released(2)), signed(released(3), THIEF)])
    with serving(url) as server:
        token = make_token(url)
        monkeypatch.delenv("LEDGER_PRODUCER_KEYS")  # settings count from when a server starts
        got, done = dry(server, token, body), server.publish(body, token)
        assert [each["status"] for each in got.json["results"]] == [201, 400, 400]
        assert [each["status"] for each in done.json["results"]] == [201, 400, 400]


def test_it_needs_the_token_that_publishing_needs(server: Served, copies: Path) -> None:
    assert server.ask("POST", "/v1/events?dry_run=true", lines([released(1)])).status == 401
    assert dry(server, "nonsense", lines([released(1)])).status == 401
    assert dry(server, make_token(server.url, "read", "audit"), lines([released(1)])).status == 403
    assert dry(server, make_token(server.url, "publish"), lines([released(1)])).status == 200


def test_the_limits_are_those_of_publishing(url: str, token: str) -> None:
    with serving(url, body=200_000, lines=100) as server:
        assert dry(server, token, lines([released(n) for n in range(101)])).status == 413
        assert dry(server, token, b" " * 200_001).status == 413
        assert dry(server, token, b"\n").status == 400
        xml = {"Authorization": f"Bearer {token}", "Content-Type": "application/xml"}
        assert server.ask("POST", "/v1/events?dry_run=true", lines([released(1)]), xml).status == 415


def test_a_log_that_is_too_long_is_refused_with_another_way(
    server: Served, token: str, copies: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(server, [released(1), released(2)])
    monkeypatch.setattr(dry_runs, "EVENTS_MAX", 2)
    assert dry(server, token, lines([released(3)])).status == 200
    publish(server, [released(3)])
    got = dry(server, token, lines([released(4)]))
    assert (got.status, got.json["type"]) == (400, "urn:exchange-ledger:problem:no-dry-run")
    assert "takes seconds for 3 events: it is made here of up to 2" in got.json["detail"]
    assert "`ledger publish --dry-run`" in got.json["detail"]


# -- what it leaves --------------------------------------------------------------------------------


def rejected(server: Served, token: str) -> Any:
    return server.ask("GET", "/v1/rejected", headers={"Authorization": f"Bearer {token}"}).json


def counted(server: Served) -> list[str]:
    text = server.get("/metrics").body.decode()
    return [line for line in text.splitlines() if line.startswith(("ledger_http_events_total", "ledger_events "))]


def test_nothing_is_written(server: Served, token: str, tmp_path: Path, copies: Path) -> None:
    assert server.publish(lines([released(1)]) + b"\nnonsense\n", token).status == 207
    server.reach("0:0")
    kept, refused, numbers = files(tmp_path), rejected(server, token), counted(server)
    for body, status in (
        (lines([released(2)]), 200),
        (lines([released(2), released(1, 2)]) + b"\nother nonsense\n", 207),
        (b"more nonsense\n", 400),
        (lines([released(n) for n in range(3000)]), 200),
    ):
        assert dry(server, token, body).status == status
    assert files(tmp_path) == kept
    assert rejected(server, token) == refused
    assert counted(server) == numbers
    assert [*copies.iterdir()] == []
    assert server.publish(lines([released(2)]), token).json["results"][0]["position"] == "0:1"


def test_a_ledger_that_nobody_has_written_to_stays_as_it_is(url: str, token: str, tmp_path: Path, copies: Path) -> None:
    kept = files(tmp_path)
    with serving(url) as server:
        assert dry(server, token, lines([released(1)])).status == 200
    assert files(tmp_path) == kept
    assert [*copies.iterdir()] == []


@contextmanager
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Event, Event]]:
    """Dry runs that have made their copy and wait: one that begins, and that they may go on."""
    begun, go_on, tried = Event(), Event(), dry_runs.tried

    def waiting(rehearsal: Rehearsal, sent: Any) -> Any:
        begun.set()
        assert go_on.wait(REACH_S)
        return tried(rehearsal, sent)

    monkeypatch.setattr(dry_runs, "tried", waiting)
    try:
        yield begun, go_on
    finally:
        go_on.set()


def asked_and_left(server: Served, token: str) -> socket.socket:
    """A connection that has sent a whole request for a dry run."""
    client, body = socket.create_connection((HOST, server.port), timeout=5), lines([released(1)])
    said = f"Host: localhost\r\nAuthorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n\r\n"
    client.sendall(f"POST /v1/events?dry_run=true HTTP/1.1\r\n{said}".encode() + body)
    return client


def gone(folder: Path) -> bool:
    deadline = time.monotonic() + REACH_S
    while [*folder.iterdir()] and time.monotonic() < deadline:
        time.sleep(0.01)
    return [*folder.iterdir()] == []


def test_the_copy_goes_also_where_the_client_does(
    server: Served, token: str, copies: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with held(monkeypatch) as (begun, go_on):
        client = asked_and_left(server, token)
        assert begun.wait(REACH_S)
        assert len([*copies.iterdir()]) == 1
        client.close()
        go_on.set()
        assert gone(copies)
    assert dry(server, token, lines([released(1)])).status == 200


def test_the_copy_goes_also_where_the_server_stops_meanwhile(
    url: str, token: str, copies: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with held(monkeypatch) as (begun, go_on):
        with serving(url) as server:
            client = asked_and_left(server, token)
            assert begun.wait(REACH_S)
            Timer(0.2, go_on.set).start()
        client.close()
        assert [*copies.iterdir()] == []


def test_one_at_a_time_and_nobody_who_publishes_waits_for_it(
    url: str, token: str, copies: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(url, publishing=2) as server, held(monkeypatch) as (begun, go_on), ThreadPoolExecutor(4) as pool:
        first = pool.submit(dry, server, token, lines([released(1)]))
        assert begun.wait(REACH_S)
        second = pool.submit(dry, server, token, lines([released(2)]))
        time.sleep(0.2)  # so that the second has come
        third = dry(server, token, lines([released(3)]))
        assert (third.status, third.headers["retry-after"], third.json["reason"]) == (429, "1", "publishing")
        assert len([*copies.iterdir()]) == 1
        assert server.publish(lines([released(n) for n in range(200)]), token).status == 201
        assert not second.done()
        go_on.set()
        assert (first.result().status, second.result().status) == (200, 200)
    assert [*copies.iterdir()] == []


def test_who_has_gone_before_the_turn_comes_costs_no_copy(
    server: Served, token: str, copies: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with held(monkeypatch) as (begun, go_on), ThreadPoolExecutor(1) as pool:
        first = pool.submit(dry, server, token, lines([released(1)]))
        assert begun.wait(REACH_S)
        client = asked_and_left(server, token)
        time.sleep(0.3)  # so that its lines were read, and it waits for its turn
        client.close()
        time.sleep(0.3)  # so that the server has noticed
        go_on.set()
        assert first.result().status == 200
        assert dry(server, token, lines([released(2)])).status == 200
        assert 'route="publish",status="400"} 1.0' in server.get("/metrics").body.decode()
