"""Publishing over HTTP: receipts, refusals, and who may."""

import asyncio
import json
import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.api.access.tokens import Role, Tokens, TokensUnreadable, tokens_path
from ledger.api.events.notices import noticed
from ledger.blocking import Ledger
from ledger.client import AsyncLedger
from ledger.errors import UsageError
from ledger.follow.replica import Replica
from ledger.notices import notices
from ledger.settings import Settings
from schemas.codec import encode
from schemas.events import AnyEvent
from tests.api.serving import HOST, NDJSON, Served, make_token, serving
from tests.book.building import adopted, freed, ident, let_go, opened
from tests.log.events import EXCHANGE, released
from tests.signing import FEED, signed


def lines(*numbers: int, count: int = 1) -> bytes:
    return b"\n".join(encode(released(number, count)) for number in numbers) + b"\n"


def rejected(server: Served, token: str, query: str = "") -> Any:
    return server.ask("GET", f"/v1/rejected{query}", headers={"Authorization": f"Bearer {token}"}).json


def test_all_that_is_published_is_receipted_and_kept(server: Served, token: str) -> None:
    got = server.publish(lines(1, 2, 3), token)
    assert got.status == 201
    assert (got.json["accepted"], got.json["refused"]) == (3, 0)
    assert [each["position"] for each in got.json["results"]] == ["0:0", "0:1", "0:2"]
    with Ledger.open(server.url) as ledger:
        for each, number in zip(got.json["results"], (1, 2, 3), strict=True):
            record, _ = ledger.event(each["id"])
            assert record.payload == encode(released(number))
            assert record.recorded_at == datetime.fromisoformat(each["recorded_at"])


def test_a_view_at_the_position_of_a_receipt_waits_for_it_also_where_the_exchange_is_new(
    server: Served, token: str
) -> None:
    for number in range(20):
        exchange = f"NEW-{number}-2017"
        position = server.publish(encode(released(number, exchange=exchange)), token).json["results"][0]["position"]
        got = server.get(f"/v1/exchanges/{exchange}?position={position}")
        assert (got.status, got.headers["ledger-position"]) == (200, position)
        last = server.publish(encode(released(1000 + number, exchange=exchange)), token).json["results"][0]["id"]
        assert server.get(f"/v1/exchanges/{exchange}?through={last}").json["events"] == 2


def test_publishing_again_is_harmless(server: Served, token: str) -> None:
    first, again = server.publish(lines(1, 2), token).json, server.publish(lines(1, 2), token)
    assert again.status == 201
    assert [each["duplicate"] for each in again.json["results"]] == [True, True]
    assert [each["position"] for each in again.json["results"]] == [each["position"] for each in first["results"]]


def test_one_event_goes_as_json(server: Served, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    assert server.ask("POST", "/v1/events", encode(released(1)), headers).status == 201


def test_a_line_without_an_id_is_always_the_same_event(server: Served, token: str) -> None:
    members = orjson.loads(encode(released(1)))
    del members["id"]
    first, again = (server.publish(orjson.dumps(members), token).json["results"][0] for _ in range(2))
    assert first["id"] == again["id"]
    assert again["duplicate"]


def test_one_bad_line_never_loses_a_good_one(server: Served, token: str) -> None:
    bad = encode(released(0)).replace(b"captives_released", b"captives_freed")
    got = server.publish(bad + b"\n\n" + lines(1) + b"nonsense\n" + lines(2), token)
    assert got.status == 207
    assert (got.json["accepted"], got.json["refused"]) == (2, 2)
    assert [(each["line"], each["status"]) for each in got.json["results"]] == [(1, 400), (3, 201), (4, 400), (5, 201)]
    assert "no event type" in got.json["results"][0]["problem"]["detail"]
    kept = rejected(server, token)
    assert [each["payload"] for each in kept] == [bad.decode(), "nonsense"]
    assert [each["origin"] for each in kept] == ["http:tests:1", "http:tests:4"]


def test_nothing_but_bad_lines_is_a_bad_request(server: Served, token: str) -> None:
    got = server.publish(b"{}\n", token)
    assert got.status == 400
    assert got.headers["content-type"] == "application/problem+json"
    assert got.json["problems"][0]["field"] == "type"


def test_an_id_with_other_content_is_a_conflict(server: Served, token: str) -> None:
    server.publish(lines(1), token)
    got = server.publish(lines(1, count=2), token)
    assert got.status == 409
    assert got.json["position"] == "0:0"
    assert server.publish(lines(1, count=2) + lines(2), token).status == 207
    assert len(rejected(server, token)) == 1  # the same line from the same place is kept once


def test_what_was_dealt_with_is_shown_to_who_asks_for_all(server: Served, token: str) -> None:
    server.publish(b"nonsense\n{}\n", token)
    first, second = (each["number"] for each in rejected(server, token))
    with Ledger.open(server.url) as ledger:
        ledger.acknowledge([first], why="a test")
    assert [each["number"] for each in rejected(server, token, "?all=false")] == [second]
    [kept] = rejected(server, token, "?limit=1")
    assert (kept["number"], "acknowledged" in kept) == (second, False)
    every = rejected(server, token, "?all=true")
    assert [each["number"] for each in every] == [first, second]
    assert {key: every[0]["acknowledged"].get(key) for key in ("by", "why")} == {"by": None, "why": "a test"}
    assert rejected(server, token, "?all=yes")["detail"] == "all 'yes': give true or false"


@pytest.mark.parametrize("body", [b"", b"\n\n", b" \r\n\t"])
def test_an_empty_body_is_a_bad_request(server: Served, token: str, body: bytes) -> None:
    assert server.publish(body, token).status == 400


# -- what came with it -----------------------------------------------------------------------------


NOTHING: dict[str, list[Any]] = {
    "doubles": [],
    "successions": [],
    "strayed": [],
    "other_rounds": [],
    "mixed": [],
    "dangling": [],
    "premature": [],
    "circular": [],
}


def told(server: Served, token: str, *events: AnyEvent) -> Any:
    """What an answer says of likely doubles, and of whose word counts now."""
    got = server.publish(b"\n".join(map(encode, events)), token)
    assert got.status == 201
    return got.json["notices"]


def by(publisher: str) -> dict[str, Any]:
    return {"source": {"publisher": publisher}}


def test_what_may_be_one_thing_with_another_is_told(server: Served, token: str) -> None:
    first, second, third = (freed(n, 12, key=f"leg-{n}", **by(f"Agency {n}")) for n in (1, 2, 3))
    assert told(server, token, first) == NOTHING
    [pair] = told(server, token, second)["doubles"]
    assert (pair["occurrences"], pair["publishers"]) == (["leg-1", "leg-2"], ["Agency 1", "Agency 2"])
    assert server.get(f"/v1/exchanges/{first.exchange}/doubles").json == [pair]
    assert [each["occurrences"] for each in told(server, token, third)["doubles"]] == [["leg-2", "leg-3"]]
    others = [freed(4, 13, key="leg-4"), freed(5, 12, key="leg-5", round=2), let_go(6, 12, key="leg-6")]
    assert told(server, token, *others)["doubles"] == []
    assert told(server, token, third) is None  # nothing of it is new


def test_what_may_be_one_thing_in_two_exchanges_of_a_process_is_told_once(server: Served, token: str) -> None:
    elsewhere = "NORTH-SOUTH-2025"
    published = [freed(1, 12, key="one", round=None), freed(2, 12, exchange=elsewhere, round=None, **by("Agency"))]
    [pair] = told(server, token, opened(3), opened(4, elsewhere), *published)["doubles"]
    assert pair["exchanges"] == [published[0].exchange, elsewhere]
    for name in pair["exchanges"]:
        assert server.get(f"/v1/exchanges/{name}/doubles").json == [pair]


def test_whose_word_counts_from_now_on_is_told_with_whose_counted_before(server: Served, token: str) -> None:
    first, better = freed(1, 12), freed(2, 13, source={"publisher": "The Herald", "credibility": 1})
    told(server, token, first)
    [change] = told(server, token, better)["successions"]
    assert (change["exchange"], change["occurrence"], change["rule"]) == (
        first.exchange,
        "leg",
        "the better credibility",
    )
    assert [change["before"][name] for name in ("event", "publisher")] == [first.id, "The River Post"]
    assert change["now"]["amount"]["best"] == 13
    assert told(server, token, freed(3, 14, **by("The Post")))["successions"] == []
    [change] = told(server, token, adopted(4, None))["successions"]
    assert (change["now"], change["before"]["publisher"]) == (None, "The Herald")


def test_what_counts_nowhere_beside_the_other_side_is_told(server: Served, token: str) -> None:
    [stray] = told(server, token, freed(1, 12), let_go(2, 40, **by("Agency")))["strayed"]
    assert (stray["occurrence"], stray["claim"]["publisher"], stray["claim"]["amount"]["best"]) == ("leg", "Agency", 40)
    assert stray["adopted"]["amount"]["best"] == 12
    assert told(server, token, let_go(3, 40, key="prisoners"))["strayed"] == []


def test_what_corrects_nothing_here_and_what_was_published_too_early_are_told(server: Served, token: str) -> None:
    gone = ident(9)
    correction = freed(1, 12, supersedes=gone, reason="corrected")
    [dangling] = told(server, token, correction)["dangling"]
    assert (dangling["event"], dangling["type"], dangling["target"]) == (correction.id, "captives_released", gone)
    [dangling] = told(server, token, adopted(2, 8))["dangling"]
    assert (dangling["type"], dangling["target"]) == ("claim_adopted", ident(8))
    early = freed(3, 12, key="early", source={"publisher": "The Post", "published": "2001-01-01"})
    [premature] = told(server, token, early)["premature"]
    assert (premature["event"], premature["publisher"], premature["published"]) == (early.id, "The Post", "2001-01-01")
    assert premature["occurred"] == early.occurred.model_dump()
    late = freed(9, 12, key="leg", **by("The Post"))
    assert told(server, token, late, freed(4, 12, supersedes=gone, reason="corrected"))["dangling"] == []


def test_in_a_long_log_nobody_looks(server: Served, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.api.events.publishing.NOTICED_MAX", 1)
    assert told(server, token, freed(1, 12)) == NOTHING
    assert told(server, token, freed(2, 12, key="two", **by("Agency"))) is None


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.integers(0, 47), min_size=1, max_size=4), min_size=1, max_size=6))
def test_what_is_told_is_what_the_library_finds(requests: list[list[int]]) -> None:
    """Around what was published, and in the whole ledger: the same."""
    with TemporaryDirectory() as folder:
        asyncio.run(published_and_compared(f"sqlite:///{folder}/ledger.db", requests))


async def published_and_compared(url: str, requests: list[list[int]]) -> None:
    async with AsyncLedger.open(url) as ledger:
        replica = Replica(ledger.log)
        await ledger.publish_many([opened(1000), opened(1001, "NORTH-SOUTH-2025")])
        for number, request in enumerate(requests):
            events = [any_claim(100 * number + place, choice) for place, choice in enumerate(request)]
            receipts = await ledger.publish_many(events)
            await replica.hasten(receipts[-1].position)
            found = noticed(replica.books, map(encode, events))
            whole = notices(replica.books, {each.id for each in events})
            assert sorted(found.doubles, key=str) == sorted(whole.doubles, key=str)
            assert sorted(found.successions, key=str) == sorted(whole.successions, key=str)
            assert sorted(found.other_rounds, key=str) == sorted(whole.other_rounds, key=str)
            assert sorted(found.mixed, key=str) == sorted(whole.mixed, key=str)
            assert sorted(found.circular) == sorted(whole.circular)
            assert sorted(found.dangling, key=str) == sorted(whole.dangling, key=str)
            assert sorted(found.premature, key=str) == sorted(whole.premature, key=str)
            assert sorted(found.strayed) == sorted(whole.strayed)


def any_claim(number: int, choice: int) -> AnyEvent:
    """One of 48 kinds of claims: by three publishers, in two exchanges, rounds and occurrences, of two counts."""
    choice, publisher = divmod(choice, 3)
    choice, exchange = divmod(choice, 2)
    choice, round = divmod(choice, 2)
    key, count = divmod(choice, 2)
    return freed(
        number,
        12 + count,
        key=f"leg-{key}" if key else f"leg-{number}",
        exchange=("NORTH-SOUTH-2024", "NORTH-SOUTH-2025")[exchange],
        round=round or None,
        source={"publisher": f"Agency {publisher}", "credibility": 1 + number % 3},
    )


def test_what_a_client_cannot_set_it_does_not_set(server: Served, token: str) -> None:
    """Neither the position nor the recorded time, nor who it is: not in the event, the query, or a header."""
    members = orjson.loads(encode(released(1)))
    for name, value in (
        ("position", "0:99"),
        ("recorded_at", "2001-01-01T00:00:00Z"),
        ("producer", "somebody"),
        ("entered_by", "token:admin"),
    ):
        assert server.publish(orjson.dumps({**members, name: value}), token).status == 400
    said = {"Authorization": f"Bearer {token}", "Content-Type": NDJSON}
    assert server.ask("POST", "/v1/events?recorded_at=2001-01-01", lines(1), said).status == 400
    spoofed = {**said, "Ledger-Recorded": "1", "Ledger-Position": "0:99", "X-Forwarded-For": "10.0.0.1", "Origin": "x"}
    spoofed |= {"Ledger-Entered-By": "token:admin", "ledger_entered_by": "token:admin"}
    got = server.ask("POST", "/v1/events", b"nonsense\n" + lines(1), spoofed).json["results"][1]
    assert got["position"] == "0:0"
    assert datetime.fromisoformat(got["recorded_at"]) > datetime.now(UTC) - timedelta(minutes=5)
    assert {each["origin"].rpartition(":")[0] for each in rejected(server, token)} == {"http:tests"}
    assert {each["entered_by"] for each in rejected(server, token)} == {"token:tests"}
    assert server.get("/v1/events").json["records"][0]["entered_by"] == "token:tests"


def test_an_event_bears_the_token_by_which_it_came_in_first(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Ledger.open(url) as ledger:
        ledger.publish(released(0))
        monkeypatch.setenv("LEDGER_DESK", "kyiv")
        with Ledger.open(url) as desk:
            desk.publish(released(1))
        with serving(url) as server:
            assert server.publish(lines(0, 2), make_token(url, name="newsroom")).status == 201
            assert server.publish(lines(1, 2, 3) + signed(released(4)), make_token(url, name="agency")).status == 201
            ledger.publish_many([released(5)])
            [*ledger.publish_stream([signed(released(6))])]
            server.reach("0:6")
            records = server.get("/v1/events").json["records"]
            told = [None, "desk:kyiv", "token:newsroom", "token:agency", "token:agency"]
            assert [each["entered_by"] for each in records] == [*told, None, f"key:{FEED.verifier.label}"]
            for each in records:
                assert server.get(f"/v1/events/{each['event']['id']}").json == each


# -- limits ----------------------------------------------------------------------------------------


def test_what_is_too_large_is_refused_whole(url: str, token: str) -> None:
    with serving(url, body=200000, lines=100) as server:
        too_many_bytes = lines(*range(50)) + b" " * 200_000
        assert server.publish(too_many_bytes, token).status == 413
        assert server.publish(lines(*range(101)), token).status == 413
        assert server.get("/v1/events").json["records"] == []
        chunked = {"Authorization": f"Bearer {token}", "Transfer-Encoding": "chunked"}
        assert server.ask("POST", "/v1/events", in_chunks(too_many_bytes), chunked).status == 413
        assert server.publish(lines(*range(100)), token).status == 201


def in_chunks(body: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body, b""))


def test_a_line_that_cannot_be_kept_is_refused_before_any_is_published(server: Served, token: str) -> None:
    got = server.publish(lines(1) + b'{"note":"' + b"x" * 300_000 + b'"}', token)
    assert got.status == 413
    assert server.get("/v1/events").json["records"] == []


def test_a_line_that_is_too_large_for_an_event_is_kept(server: Served, token: str) -> None:
    large = b'{"note":"' + b"x" * 70_000 + b'"}'
    assert server.publish(lines(1) + large, token).status == 207
    assert len(rejected(server, token)[0]["payload"]) == len(large)


def test_a_body_of_another_kind_is_refused(server: Served, token: str) -> None:
    said = {"Authorization": f"Bearer {token}", "Content-Type": "application/xml"}
    assert server.ask("POST", "/v1/events", lines(1), said).status == 415


def test_a_body_that_does_not_come_is_not_waited_for(url: str, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.api.events.sent.BODY_S", 0.3)
    with serving(url) as server, socket.create_connection((HOST, server.port), timeout=5) as client:
        said = f"Host: localhost\r\nAuthorization: Bearer {token}\r\nContent-Length: 100\r\n\r\n{{"
        client.sendall(f"POST /v1/events HTTP/1.1\r\n{said}".encode())
        assert client.recv(65536).startswith(b"HTTP/1.1 408 ")


def test_too_many_at_once_are_told_to_come_again(url: str, token: str) -> None:
    with serving(url, publishing=1) as server, ThreadPoolExecutor(8) as pool:
        asked = [lines(*range(first * 500, first * 500 + 500)) for first in range(16)]
        got = list(pool.map(lambda body: server.publish(body, token), asked))
        refused = [each for each in got if each.status != 201]
        assert refused
        assert {(each.status, each.headers["retry-after"]) for each in refused} == {(429, "1")}
        kept = [each.json["results"][-1]["position"] for each in got if each.status == 201]
        server.reach(kept[0])


# -- who may ---------------------------------------------------------------------------------------


def test_publishing_needs_a_token_that_may(server: Served) -> None:
    assert server.ask("POST", "/v1/events", lines(1)).status == 401
    for wrong in ("lgr_000000000000_" + "A" * 43, "nonsense", ""):
        got = server.publish(lines(1), wrong)
        assert got.status == 401
        assert got.headers["www-authenticate"].startswith("Bearer")
    assert server.publish(lines(1), make_token(server.url, "read")).status == 403
    assert server.publish(lines(1), make_token(server.url, "admin")).status == 201
    assert server.ask("POST", "/v1/events", lines(1), {"Authorization": "Basic dXNlcjpwYXNz"}).status == 401


def test_a_token_ends_when_it_is_revoked_and_when_it_expires(server: Served) -> None:
    tokens = Tokens(tokens_path(Settings(log=server.url)))
    made, text = tokens.make("short", [Role.publish], timedelta(seconds=1))
    other, kept = tokens.make("revoked", [Role.publish], timedelta(days=1))
    assert server.publish(lines(1), kept).status == 201
    tokens.revoke(other.id)
    assert server.publish(lines(1), kept).status == 401
    while datetime.now(UTC) < made.expires:
        pass
    assert server.publish(lines(1), text).status == 401


def test_reading_can_need_a_token_too(url: str) -> None:
    with serving(url, read="token") as server:
        for path in ("/v1/exchanges", "/v1/events", "/v1/stream/events", "/metrics"):
            assert server.get(path).status == 401
        assert server.get("/health/ready").status == 200
        shown = {"Authorization": f"Bearer {make_token(url, 'read')}"}
        got = server.ask("GET", "/v1/exchanges", headers=shown)
        assert got.status == 200
        assert got.headers["cache-control"].startswith("private")
        assert "access-control-allow-origin" not in got.headers


def test_the_file_of_tokens_holds_no_token_and_is_its_owners(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    tokens = Tokens(path)
    _, text = tokens.make("feed", [Role.publish], timedelta(days=1))
    assert text.split("_", 2)[2] not in path.read_text()  # the secret may hold a _ itself
    assert path.stat().st_mode & 0o777 == 0o600
    assert tokens.find(text) is not None
    assert tokens.find(text[:-1] + ("A" if text[-1] != "A" else "B")) is None
    path.write_text(json.dumps({"tokens": "none"}))
    with pytest.raises(TokensUnreadable, match="no file of tokens"):
        tokens.find(text)
    with pytest.raises(UsageError, match="no name"):
        tokens.make("../etc", [Role.publish], timedelta(days=1))


def test_a_file_of_tokens_that_cannot_be_read_lets_nobody_in(server: Served, token: str) -> None:
    tokens_path(Settings(log=server.url)).write_text("{")
    got = server.publish(lines(1), token)
    assert got.status == 500
    assert EXCHANGE not in got.body.decode()
