"""A server as a process of its own, and a client that asks it."""

import asyncio
import http.client
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import IO, Any, NamedTuple

import orjson

from ledger.api.access.tokens import Role, Tokens, tokens_path
from ledger.api.server.server import make_server, served_ledger
from ledger.blocking import Ledger
from ledger.settings import Settings
from schemas.events import AnyEvent
from schemas.record import NOWHERE, Frontier
from tests.cli.run import BIN, environment

HOST = "127.0.0.1"
NDJSON = "application/x-ndjson"
REACH_S = 60


class Got(NamedTuple):
    """An answer. `headers` are by their names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


class Served:
    """A server of the ledger at `url`, on a port of this machine."""

    def __init__(self, url: str, port: int = 0) -> None:
        self.url = url
        self.port = port

    def ask(self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Got:
        """One request on a connection of its own."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=30)
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            return Got(answer.status, {name.lower(): text for name, text in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Got:
        """A view. `_` in a header's name stands for `-`."""
        return self.ask("GET", path, headers={name.replace("_", "-"): text for name, text in headers.items()})

    def publish(self, body: bytes, token: str) -> Got:
        return self.ask("POST", "/v1/events", body, {"Authorization": f"Bearer {token}", "Content-Type": NDJSON})

    def wait(self) -> None:
        """Until it is up to date, or has found its log damaged."""
        deadline = time.monotonic() + REACH_S
        while not ((health := self.get("/health/ready").json)["ready"] or health["damage"]):
            assert time.monotonic() < deadline, f"not up to date in {REACH_S} s: {health}"
            time.sleep(0.01)

    def reach(self, position: str) -> None:
        """Until it has folded a position: asked of its health, which costs a client nothing of its share."""
        wanted = Frontier.parse(position)
        deadline = time.monotonic() + REACH_S
        while not self._reached().includes(wanted):
            assert time.monotonic() < deadline, f"{position} is not reached in {REACH_S} s"
            time.sleep(0.01)

    def _reached(self) -> Frontier:
        position = self.get("/health/ready").json["position"]
        return Frontier.parse(position) if position else NOWHERE


class Process(Served):
    """A server as a process of its own."""

    def __init__(self, url: str, settings: Mapping[str, object], **env: str) -> None:
        super().__init__(url)
        chosen = {f"LEDGER_SERVE_{name.upper()}": str(value) for name, value in settings.items()}
        self._environment = environment(**chosen, **env)
        self._logged: list[str] = []

    def start(self) -> "Process":
        """Start it, on the port that it had before."""
        command = [str(BIN / "ledger"), "serve", "--port", str(self.port), "--log", self.url]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=self._environment)
        port: Future[int] = Future()
        self._reader = Thread(target=self._read, args=(self.process.stderr, port), daemon=True)
        self._reader.start()
        self.port = port.result(REACH_S)
        self.wait()
        return self

    def _read(self, log: IO[str], port: "Future[int]") -> None:
        """All that it logs, so that it never waits for a reader."""
        with log:
            for line in log:
                self._logged.append(line)
                if not port.done() and (found := re.search(rf"http://{HOST}:(\d+)/", line)):
                    port.set_result(int(found[1]))
        if not port.done():
            port.set_exception(AssertionError("".join(self._logged)))

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> str:
        """Tell it to stop; what it has logged."""
        self.process.send_signal(sign)
        self._ended()
        return "".join(self._logged)

    def kill(self) -> None:
        """`kill -9`."""
        self.process.kill()
        self._ended()

    def _ended(self) -> None:
        self.process.wait(REACH_S)
        self._reader.join(REACH_S)


@contextmanager
def process(url: str, /, **settings: object) -> Iterator[Process]:
    """A server as a process of its own, while it is needed."""
    server = Process(url, settings).start()
    try:
        yield server
    finally:
        server.kill()


@contextmanager
def serving(url: str, /, **settings: object) -> Iterator[Served]:
    """A server in a thread of this process, which takes less time to start."""
    server = Served(url)
    chosen = Settings.model_validate({"log": url, "serve_port": 0, **{f"serve_{k}": v for k, v in settings.items()}})
    address: Future[str] = Future()
    stop: Future[Callable[[], None]] = Future()
    ended: Future[None] = Future()
    Thread(target=_run, args=(chosen, address, stop, ended), daemon=True).start()
    try:
        server.port = int(address.result(REACH_S).rstrip("/").rpartition(":")[2])
        server.wait()
        yield server
    finally:
        stop.result(REACH_S)()
        ended.result(REACH_S)


def _run(settings: Settings, address: "Future[str]", stop: "Future[Callable[[], None]]", ended: "Future[None]") -> None:
    """A server to its end. Whatever ends it is told to everybody who waits."""
    try:
        asyncio.run(_serve(settings, address, stop))
        ended.set_result(None)
    except BaseException as error:
        for each in (address, stop, ended):
            if not each.done():
                each.set_exception(error)


async def _serve(settings: Settings, address: "Future[str]", stop: "Future[Callable[[], None]]") -> None:
    async with served_ledger(settings, create=True) as ledger:
        server = make_server(ledger, settings, address.set_result)
        stop.set_result(lambda: setattr(server, "should_exit", True))
        await server.serve()


def make_token(url: str, *roles: str, name: str = "tests") -> str:
    """A new token for a ledger."""
    tokens = Tokens(tokens_path(Settings(log=url)))
    return tokens.make(name, [Role(role) for role in roles or ("publish",)], timedelta(days=1))[1]


def publish(server: Served, events: Iterable[AnyEvent]) -> None:
    """Put events into the log behind the server's back, and wait until it knows."""
    with Ledger.open(server.url) as ledger:
        receipts = ledger.publish_many(events)
    server.reach(str(receipts[-1].position))


def loaded(folder: Path) -> str:
    """The URL of a new ledger that holds the bundled history."""
    url = f"sqlite:///{folder}/ledger.db"
    subprocess.run(
        [BIN / "ledger", "demo", "--log", url],
        capture_output=True,
        env=environment(),
        cwd=folder,
        check=True,
    )
    return url
