"""Hostile clients beside one that reads: how long that one waits, and what memory the server has afterwards.

`python -m benchmarks.hostile ATTACK PORT SECONDS TOKEN` attacks, from another address than the victim's.
"""

import gzip
import http.client
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks import corpus
from benchmarks.measure import say, table
from benchmarks.serve import HOST, Running, server
from ledger.api.access.tokens import Role, Tokens, tokens_path
from ledger.settings import Settings

ATTACKER = "127.0.0.2"
AIM, MEMORY_AIM = 3, 1.1
HOT_S, NEW_S, REST_S = 0.005, 0.1, 5.0
"""Between two questions of the victim, hot and new; after an attack."""
EXCHANGES = 20
OFFSETS = 20_000
"""Of the cuts that are asked for: each is another one."""


class Waits(NamedTuple):
    """Milliseconds that the victim has waited, for what is ready and for other moments."""

    hot: list[float]
    new: list[float]


def run(seconds: int, events: int) -> str:
    """The table, as markdown."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        say(f"writing {events:,} events")
        corpus.write_log(path, events)
        _, token = Tokens(tokens_path(Settings(log=f"sqlite:///{path}"))).make(
            "attacker", [Role.publish], timedelta(days=1)
        )
        with server("bounded", path) as running:
            moments = _moments(events)
            with _attack("cuts", running, seconds, token):  # until all caches are as full as they become
                pass
            rows = [["nobody", *_shown(quiet := _victim(running, seconds, moments)), "", "", ""]]
            rows += [[name, *_row(name, running, seconds, token, moments, quiet)] for name in ATTACKS]
    head = [f"{events:,} events, {seconds} s each", "hot: p50, ms", "p99", "new moments: p50, ms", "p99"]
    aims = [f"p99 to quiet: hot (aim: {AIM})", "new", f"memory after to before (aim: {MEMORY_AIM})"]
    return table([*head, *aims], rows)


def _row(
    name: str, running: Running, seconds: int, token: str, moments: Iterator[str], quiet: Waits
) -> Iterator[object]:
    say(f"attacking: {name}")
    before = running.memory
    with _attack(name, running, seconds, token):
        waits = _victim(running, seconds, moments)
    time.sleep(REST_S)
    yield from _shown(waits)
    yield from (f"{_at(mine, 0.99) / _at(its, 0.99):.2f}" for mine, its in zip(waits, quiet, strict=True))
    yield f"{running.memory / before:.2f}"


def _shown(waits: Waits) -> list[object]:
    return [f"{_at(each, part):.1f}" for each in waits for part in (0.5, 0.99)]


def _at(waits: list[float], part: float) -> float:
    return sorted(waits)[int(len(waits) * part)]


# -- the victim ------------------------------------------------------------------------------------


def _moments(events: int) -> Iterator[str]:
    """Questions that nobody has asked before."""
    chance = random.Random(corpus.SEED)
    for number in count():
        exchange = chance.randrange(EXCHANGES)
        yield f"/v1/exchanges/EX-{exchange:05}?position=0:{events // 2 + number}"


def _victim(running: Running, seconds: int, moments: Iterator[str]) -> Waits:
    hot = iter(lambda: "/v1/exchanges/EX-00000", None)
    with ThreadPoolExecutor(2) as pool:
        ready = pool.submit(_asked, running.port, hot, seconds, HOT_S)
        new = pool.submit(_asked, running.port, moments, seconds, NEW_S)
        return Waits(ready.result(), new.result())


def _asked(port: int, paths: Iterator[str], seconds: int, pause_s: float) -> list[float]:
    waits, ends = [], time.monotonic() + seconds
    with closing(http.client.HTTPConnection(HOST, port, timeout=60)) as connection:
        while time.monotonic() < ends:
            began = time.perf_counter()
            connection.request("GET", next(paths))
            answer = connection.getresponse()
            answer.read()
            waits.append(1000 * (time.perf_counter() - began))
            assert answer.status in (200, 404), answer.status  # 404: nothing of it was known by then
            time.sleep(pause_s)
    return waits


# -- the attacker ----------------------------------------------------------------------------------


@contextmanager
def _attack(name: str, running: Running, seconds: int, token: str) -> Iterator[None]:
    command = [sys.executable, "-m", "benchmarks.hostile", name, str(running.port), str(seconds), token]
    process = subprocess.Popen(command)
    try:
        yield
    finally:
        process.wait()


def _connected(port: int) -> socket.socket:
    return socket.create_connection((HOST, port), timeout=30, source_address=(ATTACKER, 0))


def _heads(port: int, number: int, token: str) -> None:
    with _connected(port) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
        while True:
            client.sendall(b"X-Many: %s\r\n" % (b"a" * 1000))


def _cuts(port: int, number: int, token: str) -> None:
    exchange, offset = number % EXCHANGES, number * 7919 % OFFSETS
    _asked_once(port, "GET", f"/v1/exchanges/EX-{exchange:05}/rounds?published_by=2031-01-01&position=0:{offset}")


def _streams(port: int, number: int, token: str) -> None:
    with _connected(port) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.sendall(b"GET /v1/stream/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        time.sleep(30)  # by then it has been dropped


def _lines(port: int, number: int, token: str) -> None:
    _asked_once(
        port, "POST", "/v1/events", b'{"type":"captives_freed"}\n' * 10_000, {"Authorization": f"Bearer {token}"}
    )


def _bodies(port: int, number: int, token: str) -> None:
    coded = {"Authorization": f"Bearer {token}", "Content-Encoding": "gzip"}
    _asked_once(port, "POST", "/v1/events", _BOMB, coded)


_BOMB = gzip.compress(b"{}\n" * 100_000_000, 1) if sys.argv[1:2] == ["bodies"] else b""


def _asked_once(port: int, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> None:
    with closing(http.client.HTTPConnection(HOST, port, timeout=60, source_address=(ATTACKER, 0))) as connection:
        connection.request(method, path, body, dict(headers or {}))
        connection.getresponse().read()


ATTACKS: Mapping[str, tuple[Callable[[int, int, str], None], int]] = {
    "heads": (_heads, 32),
    "cuts": (_cuts, 32),
    "streams": (_streams, 64),
    "lines": (_lines, 4),
    "bodies": (_bodies, 8),
}
"""What is done again and again, and how many do it at the same time."""


def _run_attack(name: str, port: int, seconds: float, token: str) -> None:
    attack, clients = ATTACKS[name]
    numbers, ends = count(), time.monotonic() + seconds

    def repeat() -> None:
        while time.monotonic() < ends:
            with suppress(OSError, http.client.HTTPException):
                attack(port, next(numbers), token)

    with ThreadPoolExecutor(clients) as pool:
        for _ in range(clients):
            pool.submit(repeat)


if __name__ == "__main__":
    _run_attack(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4])
