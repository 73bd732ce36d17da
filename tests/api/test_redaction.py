"""Over HTTP: an administrator removes what nobody may keep, and no answer has it any more, at whatever moment."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from ledger.api.state import history as moments
from ledger.blocking import Ledger
from schemas.events import AnyEvent
from schemas.redaction import is_redacted
from tests.api.following import first
from tests.api.serving import Got, Served, make_token, publish, serving
from tests.history.bundled import history

NAME = "Jane Q. Public-7f3a"
WHY = "the+note+named+somebody"
AT = 60
VIEWS = (
    *("", ".csv", ".metadata.json", "/rounds", "/rounds/1", "/stated", "/terms", "/pauses", "/positions", "/claims"),
    *("/claims.csv", "/explain/captives.released", "/explain/prisoners.released", "/explain/captives.nationals"),
)
CUTS = ("", "?occurred_by=2023-11-27", "?published_by=2023-11-28", "?position=0:404", "?recorded_by=2099-01-01")


def events() -> list[AnyEvent]:
    told = [*history()]
    told[AT] = told[AT].model_copy(update={"note": f"{NAME} was there", "as_stated": f"{NAME} said so"})
    return told


THAT = events()[AT].id
PATHS = (
    *(f"/v1/exchanges/{events()[AT].exchange}{view}{cut}" for view in VIEWS for cut in CUTS),
    *("/v1/exchanges", f"/v1/exchanges/{events()[AT].exchange}/doubles", f"/v1/events/{THAT}"),
    *(f"/v1/changes/{THAT}", "/v1/changes", "/v1/changes.atom", "/v1/changes.atom?kind=growth"),
    *(f"/exchanges/{events()[AT].exchange}/claims/{THAT}{cut}" for cut in CUTS),
    *("/", f"/exchanges/{events()[AT].exchange}", f"/embed/exchanges/{events()[AT].exchange}/timeline"),
    *(f"/v1/exchanges/{events()[AT].exchange}/data.csv{cut}" for cut in CUTS),
    *(f"/v1/search?q={NAME[-4:]}", f"/v1/search?q={NAME[-4:]}&position=0:404"),
    *("/v1/events?limit=1000", f"/v1/events?limit=1000&exchange={events()[AT].exchange}"),
)


@pytest.fixture(params=[False, True], ids=["folded", "indexed"])
def server(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    if request.param:
        monkeypatch.setattr(moments, "INDEXED_FROM", 1)
    with serving(f"sqlite:///{tmp_path / 'ledger.db'}", work=0) as served:
        publish(served, events())
        yield served


def removed(server: Served, event_id: str = THAT, why: str = f"?why={WHY}", role: str = "admin") -> Got:
    token = make_token(server.url, role, name=f"desk-{role}")
    return server.ask("DELETE", f"/v1/events/{event_id}{why}", headers={"Authorization": f"Bearer {token}"})


def test_no_answer_has_it_any_more(server: Served, tmp_path: Path) -> None:
    before = {path: server.get(path) for path in PATHS}
    assert {got.status for got in before.values()} <= {200, 404}
    assert sum(NAME.encode() in got.body for got in before.values()) > 5
    got = removed(server)
    assert got.status == 200, got.body
    assert (got.json["event"], got.json["position"], got.json["refused"]) == (THAT, f"0:{AT}", [])
    server.reach(f"0:{len(events())}")
    after = {path: server.get(path) for path in PATHS}
    assert {got.status for got in after.values()} <= {200, 404}
    assert [path for path, got in after.items() if NAME.encode() in got.body] == []
    with Ledger.open(server.url) as ledger:
        tally = ledger.tally(events()[AT].exchange)
        assert server.get(f"/v1/exchanges/{tally.exchange}").json == tally.model_dump(mode="json")
        record, said = ledger.event(got.json["redaction"])
        assert (said.type, getattr(said, "why", ""), record.position.offset) == (
            "event_redacted",
            "the note named somebody",
            len(events()),
        )
        assert said.source.publisher == "desk-admin"  # type: ignore[union-attr]
    assert [path.name for path in tmp_path.iterdir() if NAME.encode() in path.read_bytes()] == []


def test_a_server_that_starts_afterwards_answers_the_same(server: Served) -> None:
    removed(server)
    server.reach(f"0:{len(events())}")
    with serving(server.url, work=0) as other:
        for path in PATHS:
            if ".metadata" not in path:
                assert server.get(path).body == other.get(path).body, path


def test_another_process_that_removes_it_is_heard_of(server: Served) -> None:
    for path in PATHS:
        server.get(path)
    with Ledger.open(server.url) as ledger:
        done = ledger.redact(THAT, "it named somebody", "An officer")
    server.reach(str(done.receipt.position))
    found = server.get(f"/v1/events/{THAT}").json
    assert is_redacted(orjson.dumps(found["event"]))
    assert [path for path in PATHS if NAME.encode() in server.get(path).body] == []


def test_streams_tell_of_it_and_have_it_no_more(server: Served) -> None:
    removed(server)
    server.reach(f"0:{len(events())}")
    every = asyncio.run(first(server.port, "/v1/stream/events", len(events()) + 1))
    assert not any(NAME in str(each) for each in every)
    assert "event_redacted" in str(every[-1])


@pytest.mark.parametrize(("role", "status"), [("publish", 403), ("read", 403), ("audit", 403), ("admin", 200)])
def test_only_an_administrator_may(server: Served, role: str, status: int) -> None:
    assert removed(server, role=role).status == status


def test_without_a_token_nobody_may(server: Served) -> None:
    assert server.ask("DELETE", f"/v1/events/{THAT}?why={WHY}").status == 401


@pytest.mark.parametrize(
    ("event_id", "why", "status"),
    [
        (THAT, "", 400),
        (THAT, "?why=", 400),
        (THAT, f"?why={'x' * 2001}", 400),
        ("0000ffff-0000-8000-8000-000000000001", f"?why={WHY}", 404),
        ("nonsense", f"?why={WHY}", 404),
        (THAT, f"?why={WHY}&by=me", 400),
    ],
)
def test_what_cannot_be_done_says_why(server: Served, event_id: str, why: str, status: int) -> None:
    got = removed(server, event_id, why)
    assert got.status == status, got.body
    assert NAME in server.get(f"/v1/events/{THAT}").body.decode()
