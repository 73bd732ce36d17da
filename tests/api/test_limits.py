"""How much one client may ask for, and who one client is."""

import pytest
from starlette.requests import Request

from ledger.api.access.allowances import REQUEST_WORK, SAVED_S, Allowances, client_of
from ledger.api.http.problems import HttpProblem
from tests.api.serving import Served, process, publish, serving
from tests.book.building import EXCHANGE as MANY
from tests.book.building import let_go
from tests.log.events import EXCHANGE, released


def asking(host: str = "192.0.2.1") -> Request:
    return Request({"type": "http", "headers": [], "client": (host, 1)})


@pytest.mark.parametrize(
    ("host", "client"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::"),
        ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::"),
        ("no address: at all", "no address: at all"),
        ("", ""),
    ],
)
def test_a_client_is_an_address_or_the_network_of_one(host: str, client: str) -> None:
    assert client_of(host) == client


def test_work_is_saved_up_spent_and_made_good() -> None:
    allowances = Allowances(100)
    allowances.spend(asking(), 100 * int(SAVED_S) + 250, 0)  # more than there is: no question is too large to be asked
    with pytest.raises(HttpProblem) as refused:
        allowances.spend(asking(), 1, 0)
    assert refused.value.slug == "too-many"
    assert refused.value.headers == {"Retry-After": "3"}
    with pytest.raises(HttpProblem):
        allowances.spend(asking(), 1, 2.5)
    allowances.spend(asking(), 1, 3)
    allowances.spend(asking("192.0.2.2"), 1, 0)  # others are not asked to wait


def test_nobody_saves_for_ever() -> None:
    allowances = Allowances(1)
    allowances.spend(asking(), 0, 0)
    allowances.spend(asking(), int(SAVED_S), 1e6)
    with pytest.raises(HttpProblem):
        allowances.spend(asking(), 1, 1e6)


def test_without_a_limit_there_is_none() -> None:
    allowances = Allowances(0)
    for _ in range(3):
        allowances.spend(asking(), 10**9, 0)


def test_who_asks_for_too_much_is_told_when_to_come_again(url: str) -> None:
    questions = int(10 * SAVED_S) // REQUEST_WORK
    with serving(url, work=10) as server:
        publish(server, [released(1)])
        got = [server.get(f"/v1/events/{number}").status for number in range(questions + 2)]
        assert got.count(404) in (questions, questions + 1)  # a little is saved up while it asks
        late = server.get("/v1/exchanges?occurred_by=2030-01-01")
        assert late.status == 429
        assert late.json["type"] == "urn:exchange-ledger:problem:too-many"
        assert 1 <= int(late.headers["retry-after"]) <= 10
        assert server.get("/v1/stream/events").status == 429
        for path in ("/health/live", "/health/ready", "/metrics", "/"):
            assert server.get(path).status == 200


def test_what_is_ready_is_given_to_everybody(url: str) -> None:
    with serving(url, work=10) as server:
        publish(server, [released(1)])
        assert server.get(f"/v1/exchanges/{EXCHANGE}").status == 200
        while server.get("/v1/events").status == 200:
            pass
        assert server.get(f"/v1/exchanges/{EXCHANGE}").status == 200


def test_other_moments_cost_the_events_that_are_folded_for_them_once(url: str) -> None:
    with serving(url, work=50) as server:
        publish(server, [released(number) for number in range(2900)])
        cut = f"/v1/exchanges/{EXCHANGE}?occurred_by=2030-01-0"
        assert server.get(f"{cut}1").status == 200  # 2,900 of the 3,000
        for _ in range(5):
            assert server.get(f"{cut}1").status == 200
        assert 429 in [server.get(f"{cut}{day}").status for day in range(2, 5)]


def forwarded(server: Served, host: str) -> int:
    return server.get("/v1/events", X_Forwarded_For=host).status


def test_behind_a_proxy_its_clients_are_told_apart_and_nobody_else_is_believed(url: str) -> None:
    with process(url, work=1, proxy="127.0.0.1") as server:
        assert [forwarded(server, "192.0.2.1") for _ in range(3)][-1] == 429
        assert forwarded(server, "192.0.2.2") == 200
    with process(url, work=1) as server:
        assert [forwarded(server, f"192.0.2.{last}") for last in range(4)][-1] == 429


def test_who_asks_for_what_others_have_to_wait_for_pays_for_the_time(url: str) -> None:
    with serving(url, work=0) as server:
        publish(server, [let_go(each, 3, key=f"leg{each}", round=each) for each in range(1, 301)])
    with serving(url, work=1) as server:  # saved up: 60, of which a question that takes little costs 50
        assert server.get(f"/v1/exchanges/{MANY}/rounds").status == 200
        assert server.get(f"/v1/exchanges/{MANY}/terms").status == 429


def test_a_picture_costs_the_time_that_it_takes(url: str) -> None:
    with serving(url, work=0) as server:
        publish(server, [let_go(each, 3, key=f"leg{each}", round=each) for each in range(1, 401)])
    with serving(url, work=1) as server:  # saved up: 60, of which a question that takes little costs 50
        assert server.get(f"/v1/exchanges/{MANY}/charts/rounds.png").status == 200
        assert server.get(f"/v1/exchanges/{MANY}/terms").status == 429
