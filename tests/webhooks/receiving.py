"""A receiver of webhooks as a real HTTP server, and the process that sends to it."""

import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any, NamedTuple

import orjson
from standardwebhooks import Webhook

from tests.cli.run import BIN, environment

WAIT_S = 90.0


class Taken(NamedTuple):
    """A message that a receiver was sent, and what it answered (None: it hung up)."""

    headers: Mapping[str, str]
    body: bytes
    answered: int | None

    @property
    def event(self) -> str:
        return str(orjson.loads(self.body)["data"]["event"])


class Receiver:
    """Listens on a port of this machine. `answer` says what the next message is answered with; None: it hangs up."""

    def __init__(self, answer: Callable[[], int | None] = lambda: 204) -> None:
        self.answer = answer
        self.every: list[Taken] = []
        self.port = 0
        self._lock = Lock()
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks?desk=7"

    @property
    def taken(self) -> list[Taken]:
        """What it has acknowledged."""
        with self._lock:
            return [each for each in self.every if each.answered is not None and 200 <= each.answered < 300]

    def start(self) -> None:
        """Listen, on the port that it had before."""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                answered = receiver.answer()
                with receiver._lock:
                    receiver.every.append(Taken({k.lower(): v for k, v in self.headers.items()}, body, answered))
                if answered is None:
                    self.close_connection = True
                    return
                self.send_response(answered)
                self.send_header("location", "/elsewhere")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def kill(self) -> None:
        """Listen no more: whoever comes is refused."""
        self._server.shutdown()
        self._server.server_close()

    def wait(self, events: list[str]) -> None:
        """Until it has acknowledged these, and perhaps some of them again: each for the first time in this order."""
        deadline = time.monotonic() + WAIT_S
        while (found := list(dict.fromkeys(each.event for each in self.taken))) != events:
            assert time.monotonic() < deadline, f"{found} and not {events}"
            time.sleep(0.02)


class Sending:
    """`ledger webhooks run` as a process of its own."""

    def __init__(self, url: str) -> None:
        self.logged = ""
        command = [str(BIN / "ledger"), "webhooks", "run", "--log", url]
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment())

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> int:
        """Tell it to stop; its exit code."""
        self._process.send_signal(sign)
        self.logged = self._process.communicate(timeout=WAIT_S)[1]
        return self._process.returncode


@contextmanager
def sending(url: str) -> Iterator[Sending]:
    """Changes of a ledger are sent, while this is open."""
    process = Sending(url)
    try:
        yield process
    finally:
        process.stop(signal.SIGKILL)


def secret_of(url: str, name: str) -> str:
    """The secret of a webhook, as the operator finds it in his file."""
    kept = orjson.loads(Path(f"{url.removeprefix('sqlite:///')}.webhooks.json").read_bytes())
    return str(next(each["secret"] for each in kept["webhooks"] if each["name"] == name))


def verified(secret: str, taken: Taken) -> Any:
    """What an implementation of Standard Webhooks that is not ours believes of a message. Raises where it does not."""
    return Webhook(secret).verify(taken.body, dict(taken.headers))
