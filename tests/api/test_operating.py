"""What an operator asks: health with lag, metrics, logs, and how the server starts and ends."""

import asyncio
import json
import re
import signal
import socket
import subprocess
from pathlib import Path

from ledger.api.server.server import make_server
from ledger.api.service.health import readiness
from ledger.blocking import Ledger
from ledger.client import AsyncLedger
from ledger.follow.log_end import READY_LAG
from ledger.follow.replica import Replica
from ledger.log.sqlite import SqliteLog
from ledger.settings import Settings
from schemas.record import Frontier
from tests.api.serving import HOST, Served, loaded, make_token, process, publish, serving
from tests.cli.run import BIN, environment, inside
from tests.log.events import EXCHANGE, messages, released, tamper


def test_health_tells_of_the_lag(server: Served) -> None:
    publish(server, [released(1)])
    assert server.get("/health/live").json == {"live": True}
    assert server.get("/health/ready").json == {"ready": True, "position": "0:0", "lag_events": 0, "damage": None}


async def test_a_server_is_ready_when_it_has_read_the_log_and_keeps_up(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path / "ledger.db")
    await log.append(messages(0, 10))
    replica = Replica(log)
    assert not readiness(replica).ready
    async for batch in log.read():
        replica.take(batch)
    assert not readiness(replica).ready
    replica.is_live = True
    assert readiness(replica).model_dump() == {"ready": False, "position": "0:9", "lag_events": None, "damage": None}
    await replica.end.see()
    assert readiness(replica).ready
    replica.end.came(0, 9 + READY_LAG)
    assert readiness(replica).ready
    replica.end.came(0, 10 + READY_LAG)
    told = {"ready": False, "position": "0:9", "lag_events": READY_LAG + 1, "damage": None}
    assert readiness(replica).model_dump() == told
    await log.close()


def test_metrics_are_in_base_units(server: Served, token: str) -> None:
    server.publish(b"{}\n", token)
    server.get("/v1/exchanges")
    text = server.get("/metrics").body.decode()
    names = set(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
    assert all(name.startswith("ledger_") for name, _ in names)
    assert all(name.endswith("_total") for name, kind in names if kind == "counter")
    assert not [name for name, _ in names if re.search(r"_(ms|kb|mb|minutes|percent)(_|$)", name)]
    assert 'ledger_http_requests_total{route="exchanges",status="200"} 1.0' in text
    assert 'ledger_http_events_total{outcome="refused"} 1.0' in text
    assert "ledger_lag_events 0.0" in text


def test_writes_are_logged_and_reads_are_not_unless_asked_for(url: str) -> None:
    with process(url) as server:
        token = make_token(url, "publish")
        server.get("/v1/exchanges")
        server.publish(b"{}\n", token)
        logged = [json.loads(line) for line in server.stop().splitlines() if line.startswith("{")]
    assert [line["route"] for line in logged if line["message"] == "request"] == ["publish"]


def test_the_server_ends_well_at_an_interrupt_too(url: str) -> None:
    with process(url) as server:
        logged = server.stop(signal.SIGINT)
        assert server.process.returncode == 0
        assert "Traceback" not in logged


def test_the_server_listens_on_this_machine_only_unless_told_otherwise(url: str) -> None:
    with process(url) as server:
        host = socket.gethostbyname(socket.gethostname())
        if not host.startswith("127."):
            with socket.socket() as client:
                client.settimeout(2)
                assert client.connect_ex((host, server.port)) != 0
        assert server.get("/health/live").status == 200


def test_a_port_that_is_taken_and_a_ledger_that_is_not_there_are_told(tmp_path: Path) -> None:
    loaded(tmp_path)
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        ran = inside(tmp_path, "serve", "--port", str(taken.getsockname()[1]))
    assert ran.code == 2
    assert "cannot listen on 127.0.0.1 port" in ran.err
    assert inside(tmp_path, "serve", "--log", f"sqlite:///{tmp_path}/none.db").code == 4


def test_tokens_are_made_listed_and_revoked(tmp_path: Path) -> None:
    made = inside(tmp_path, "token", "make", "newsroom-feed", "--role", "publish", "--role", "read", "--json").lines[0]
    assert made["roles"] == ["publish", "read"]
    assert "hash" not in made
    plain = inside(tmp_path, "token", "make", "desk", "--role", "audit", "--days", "7").out.strip()
    assert re.fullmatch(r"lgr_[0-9a-f]{12}_[A-Za-z0-9_-]{43}", plain)
    assert inside(tmp_path, "token", "revoke", made["id"]).code == 0
    listed = inside(tmp_path, "token", "list", "--json").lines
    assert [each["name"] for each in listed] == ["newsroom-feed", "desk"]
    assert [bool(each["revoked"]) for each in listed] == [True, False]
    shown = inside(tmp_path, "token", "list").out
    assert "newsroom-feed" in shown
    assert plain not in shown
    assert inside(tmp_path, "token", "revoke", "000000000000").code == 2
    assert inside(tmp_path, "token", "make", "../desk", "--role", "read").code == 2
    assert inside(tmp_path, "token", "make", "desk").code == 2


def test_the_address_goes_to_standard_error(url: str) -> None:
    command = [str(BIN / "ledger"), "serve", "--port", "0", "--log", url]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment())
    assert running.stderr is not None
    assert re.match(r"serving http://127\.0\.0\.1:\d+/", running.stderr.readline())
    running.terminate()
    assert running.communicate(timeout=20)[0] == ""


class Breaking(SqliteLog):
    """A log that fails in a way that nobody has thought of."""

    async def end(self) -> Frontier:
        raise ZeroDivisionError("a mistake")


async def test_a_server_that_cannot_follow_its_log_ends_and_says_so(tmp_path: Path) -> None:
    settings = Settings(log=f"sqlite:///{tmp_path}/ledger.db", serve_port=0)
    async with AsyncLedger(Breaking(tmp_path / "ledger.db")) as ledger, asyncio.timeout(10):
        server = make_server(ledger, settings, lambda address: None)
        await server.serve()
        assert isinstance(server.failure, ZeroDivisionError)


def test_a_failure_that_an_answer_speaks_of_is_in_the_log(url: str) -> None:
    with process(url) as server:
        Path(f"{url.removeprefix('sqlite:///')}.tokens.json").write_text("{")
        got = server.get("/v1/rejected", Authorization="Bearer lgr_000000000000_" + "A" * 43)
        assert (got.status, got.json["detail"]) == (500, "the error is in the server's log")
        assert "is no file of tokens" in server.stop()


def test_a_server_over_a_damaged_log_says_where_and_gives_no_figures(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    with Ledger.open(url) as ledger:
        for number in range(10):
            ledger.publish(released(number))
    spoil = "UPDATE records SET payload = CAST(replace(CAST(payload AS TEXT), '\"round\":1', '\"round\":0') AS BLOB)"
    tamper(tmp_path / "ledger.db", spoil)
    with serving(url) as server:
        ready = server.get("/health/ready")
        assert (ready.status, ready.json["ready"], ready.json["damage"][:5]) == (503, False, "0:0: ")
        for path in ("/v1/exchanges", f"/v1/exchanges/{EXCHANGE}", f"/v1/exchanges/{EXCHANGE}/rounds/1", "/v1/events"):
            told = server.get(path)
            assert (told.status, "0:0: the record is no event any more" in told.json["detail"]) == (503, True)
