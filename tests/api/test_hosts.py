"""A server for this machine alone is not read by pages of others, by whatever name they call it."""

import pytest

from ledger.api.access.hosts import is_named, is_private
from ledger.settings import Settings
from tests.api.serving import Served, make_token, process

ORIGIN = "https://evil.example"


NAMES = ("evil.example", "evil.example:8000", "127.0.0.1.evil.example", "localhost.evil", "a b")
OURS = ("localhost", "LOCALHOST:8000", "ledger.localhost:80", "127.0.0.1", "[::1]:8000", "10.1.2.3")


@pytest.mark.parametrize("host", NAMES)
def test_it_does_not_answer_to_names_that_could_be_anybodys(demo: Served, host: str) -> None:
    for path in ("/", "/v1/exchanges", "/v1/exchanges", "/v1/stream/tallies", "/health/live"):
        got = demo.get(path, Host=host, Origin=f"http://{host}")
        assert got.status == 421
        assert got.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("host", OURS)
def test_it_answers_as_this_machine_and_to_addresses(host: str) -> None:
    assert is_named({"headers": [(b"accept", b"*/*"), (b"host", host.encode())]})


def test_a_page_of_others_cannot_read_it(demo: Served) -> None:
    for path in ("/v1/exchanges", "/v1/exchanges", "/v1/events", "/v1/nothing", "/v1/exchanges/NOWHERE"):
        assert "access-control-allow-origin" not in demo.get(path, Origin=ORIGIN).headers


def test_behind_a_proxy_it_answers_to_its_name_and_pages_of_others_read_what_everybody_may(url: str) -> None:
    with process(url, proxy="127.0.0.1") as server:
        for path in ("/v1/exchanges", "/v1/exchanges", "/v1/events", "/v1/openapi.json", "/v1/exchanges/NOWHERE"):
            got = server.get(path, Host="ledger.example", Origin=ORIGIN)
            assert got.status in (200, 404)
            assert got.headers["access-control-allow-origin"] == "*"
    with process(url, proxy="127.0.0.1", read="token") as server:
        shown = {"Authorization": f"Bearer {make_token(url, 'read')}", "Origin": ORIGIN}
        assert "access-control-allow-origin" not in server.ask("GET", "/v1/exchanges", headers=shown).headers


@pytest.mark.parametrize(
    ("host", "proxy", "is_so"),
    [
        ("127.0.0.1", None, True),
        ("localhost", None, True),
        ("::1", None, True),
        ("0.0.0.0", None, False),
        ("ledger.example", None, False),
        ("127.0.0.1", "127.0.0.1", False),
    ],
)
def test_a_server_is_for_this_machine_where_nobody_else_can_reach_it(host: str, proxy: str | None, is_so: bool) -> None:
    assert is_private(Settings(serve_host=host, serve_proxy=proxy)) == is_so
