"""Over HTTP: what changed between two points is what `replay changes` says, and what one event changed."""

import random
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from threading import current_thread
from typing import Any
from urllib.parse import parse_qsl

import pytest

from ledger.api.state import changes as state
from ledger.api.views import changes as bodies
from ledger.changes import views
from ledger.changes.views import ChangesView
from tests.api.serving import Served, publish, serving
from tests.book.building import EXCHANGE, freed, ident, let_go, retracted
from tests.cli.run import inside
from tests.history.bundled import JANUARY, NOVEMBER, history, row_event
from tests.replay.keeping import append

HERALD = {"publisher": "The Herald"}
FIRST = let_go(1, 33, source=HERALD)
RIGHT = let_go(2, 39, source=HERALD, supersedes=ident(1), reason="corrected")
WRONG_THAIS, RIGHT_THAIS = row_event("T23-023"), row_event("T23-021")
LAST = len(history()) - 1
SOME = random.Random(15)
WINDOWS = (
    f"since={WRONG_THAIS}&until={RIGHT_THAIS}",
    f"since={WRONG_THAIS[:13]}&until={RIGHT_THAIS[:13]}",
    "since=b35ed33e",
    f"since={WRONG_THAIS}&occurred_by=2023-11-24&exchange={NOVEMBER}",
    f"since={WRONG_THAIS}&published_by=2023-11-28",
    f"since=0:100&exchange={JANUARY}&round=7",
    "since=0:100&figure=captives.released",
    *(f"since=0:60&until=0:200&kind={kind}" for kind in ("correction", "late", "update", "source", "growth")),
    *(f"since=0:{low}&until=0:{high}" for low, high in (sorted(SOME.sample(range(LAST), 2)) for _ in range(4))),
)
OPTIONS = {"round": "--round", "occurred_by": "--occurred-by", "published_by": "--published-by"}


def said(here: Path, url: str, query: str) -> list[Any]:
    """What the command prints."""
    words = [word for name, text in parse_qsl(query) for word in (OPTIONS.get(name, f"--{name}"), text)]
    done = inside(here, "changes", *words, "--json", program="replay", LEDGER_LOG=url)
    assert done.code == 0, done.err
    return done.lines


def told(server: Served, query: str) -> list[Any]:
    got = server.get(f"/v1/changes?{query}")
    assert got.status == 200, got.body
    return [*got.json["changes"], *got.json["sources"]]


@pytest.mark.parametrize("query", WINDOWS)
def test_it_says_what_the_command_says(demo: Served, tmp_path: Path, query: str) -> None:
    assert told(demo, query) == said(tmp_path, demo.url, query)


def test_the_words_of_a_real_correction_stand_beside_its_numbers(demo: Served, tmp_path: Path) -> None:
    query = f"since={WRONG_THAIS}&until={RIGHT_THAIS}"
    answer = demo.get(f"/v1/changes?{query}").json
    [note] = answer["notes"]
    assert note["head"].startswith("Round 1, captives freed: 23, not 25 as recorded until ")
    assert note["because"][0].endswith(f"corrected the claim of Khaosod English / AP (event {RIGHT_THAIS}).")
    words = ("--since", WRONG_THAIS, "--until", RIGHT_THAIS)
    printed = inside(tmp_path, "changes", *words, program="replay", LEDGER_LOG=demo.url).out
    assert all(line in printed for line in (note["head"], *note["hence"]))
    [freed] = [each for each in answer["changes"] if (each["round"], each["figure"]) == (1, "captives.released")]
    assert freed["title"] == "Round 1, captives freed: 23, was 25"


def test_points_by_recorded_time_as_the_command_has_them(tmp_path: Path) -> None:
    url = append(f"sqlite:///{tmp_path / 'ledger.db'}", [FIRST])
    append(append(url, [RIGHT], timedelta(hours=1)), [freed(3, 1, key="other")], timedelta(days=1))
    with serving(url) as server:
        for query in ("since=2026-03-01T12:30Z", "since=2026-03-01", "since=2026-03-01T12:30Z&until=2026-03-01"):
            assert told(server, query) == said(tmp_path, url, query)
        point = server.get("/v1/changes?since=2026-03-01T12:30Z").json["since"]
        assert point == {"position": "0:0", "recorded": "2026-03-01T12:00:00+00:00"}


def test_a_time_is_no_place_where_recorded_times_run_backwards(tmp_path: Path) -> None:
    url = append(f"sqlite:///{tmp_path / 'ledger.db'}", [FIRST])
    append(append(url, [RIGHT], timedelta(hours=2)), [freed(3, 1, key="other")], timedelta(hours=1))
    with serving(url) as server:
        got = server.get("/v1/changes?since=2026-03-01T13:30Z")
        assert (got.status, "recorded times run backwards after 0:1" in got.json["detail"]) == (400, True)


def test_without_points_it_is_of_the_last_events(demo: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = demo.get("/v1/changes?figure=captives.released").json
    assert (answer["since"], answer["until"]["position"]) == ({"position": "", "recorded": None}, f"0:{LAST}")
    monkeypatch.setattr(state, "EVENTS_MAX", 10)
    with serving(demo.url) as server:
        assert server.get("/v1/changes").json["since"]["position"] == f"0:{LAST - 10}"


def test_an_answer_names_the_points_that_it_is_of(demo: Served) -> None:
    got = demo.get("/v1/changes?since=b35ed33e&kind=correction")
    where = got.headers["link"].partition(">")[0].removeprefix("<")
    assert "since=0:" in where
    assert f"until=0:{LAST}" in where
    assert demo.get(where).body == got.body
    assert demo.get("/v1/changes?since=b35ed33e&kind=correction", If_None_Match=got.headers["etag"]).status == 304


@pytest.mark.parametrize(
    ("query", "status", "why"),
    [
        ("since=0:9999", 410, "it was never reached"),
        ("since=2023-02-30", 400, "since '2023-02-30': give an event's id, a position"),
        ("since=ffffffff-0", 404, "no event whose id begins with 'ffffffff-0'"),
        ("since=0:100&until=0:50", 400, "until 0:50 lies before since 0:100"),
        ("exchange=NOWHERE", 404, "no exchange 'NOWHERE'"),
        ("kind=corrections", 400, "there is correction, late, update, source, growth"),
        ("published_by=yesterday", 400, "published-by 'yesterday'"),
    ],
)
def test_what_makes_no_sense_is_refused(demo: Served, query: str, status: int, why: str) -> None:
    got = demo.get(f"/v1/changes?{query}")
    assert (got.status, why in got.json["detail"]) == (status, True), got.json


def test_too_many_events_are_refused_with_what_to_ask_instead(demo: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "WINDOW_MAX", 100)
    with serving(demo.url) as server:
        got = server.get("/v1/changes?since=0:50&until=0:151")
        assert (got.status, got.json["detail"][:40]) == (400, "101 events lie between these points, and")
        assert server.get("/v1/changes?since=0:50&until=0:150").status == 200


# -- one event -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("event_id", [RIGHT_THAIS, row_event("C25-001"), history()[0].id, history()[-1].id])
def test_what_one_event_changed_is_what_the_window_around_it_says(demo: Served, event_id: str) -> None:
    answer = demo.get(f"/v1/changes/{event_id}").json
    at = int(answer["position"].removeprefix("0:"))
    before = f"since=0:{at - 1}&" if at else ""
    assert [*answer["changes"], *answer["sources"]] == told(demo, f"{before}until=0:{at}")
    assert (answer["event"], answer["exchange"]) == (event_id, next(e.exchange for e in history() if e.id == event_id))


def test_a_correction_has_an_address_of_its_own(demo: Served) -> None:
    answer = demo.get(f"/v1/changes/{RIGHT_THAIS}").json
    assert (answer["kind"], answer["title"]) == ("correction", f"Round 1, captives freed: 23, was 25 ({NOVEMBER})")
    assert answer["source"]["publisher"] == "iHeart citing CNN, Qatar MFA, Israel Prison Service"
    assert answer["source"]["url"].startswith("https://")
    assert [each["kind"] for each in answer["notes"]] == ["correction"]


def test_of_an_event_that_is_not_there_nothing_is_said(demo: Served) -> None:
    assert demo.get(f"/v1/changes/{ident(1)}").status == 404


def test_a_correction_that_is_retracted_is_another_change_of_the_same_figure(url: str, tmp_path: Path) -> None:
    events: Sequence[Any] = [FIRST, RIGHT, retracted(3, 2)]
    with serving(url) as server:
        publish(server, events)
        titles = [server.get(f"/v1/changes/{each.id}").json["title"] for each in events]
    assert titles == [
        f"Round 1, prisoners freed: 33, was not recorded ({EXCHANGE})",
        f"Round 1, prisoners freed: 39, was 33 ({EXCHANGE})",
        f"Round 1, prisoners freed: 33, was 39 ({EXCHANGE})",
    ]


def test_whoever_asks_first_pays_and_the_same_is_not_made_again(demo: Served) -> None:
    with serving(demo.url, work=20) as server:  # saved up: 1,200
        assert server.get("/v1/changes?since=0:10&until=0:200").status == 200
        assert server.get("/v1/changes?since=0:10&until=0:200").status == 200
        refused = server.get("/v1/changes?since=0:11&until=0:200")
        assert (refused.status, refused.json["reason"]) == (429, "work")


def test_others_do_not_wait_while_many_changes_are_written(demo: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def changes_view(*given: Any, **more: Any) -> ChangesView:
        seen.append(current_thread().name)
        return views.changes_view(*given, **more)

    monkeypatch.setattr(bodies, "changes_view", changes_view)
    with serving(demo.url) as server:
        assert len(told(server, "since=0:0")) > state.WRITTEN_AT_ONCE
    assert [name.partition("_")[0] for name in seen] == ["asyncio"]


def test_who_asks_for_much_again_in_another_way_pays_for_what_is_written(demo: Served) -> None:
    with serving(demo.url, work=200) as server:  # saved up: 12,000
        found = [server.get(f"/v1/changes?since=0:0&round={each}").status for each in range(1, 12)]
    assert (found[:2], found[-1]) == ([200, 200], 429)
