"""The server: a bounded number of connections on one address, and an orderly end with streams open."""

import asyncio
import logging
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socket import socket
from typing import Any

import uvicorn
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from ledger.api.access.allowances import client_of
from ledger.api.access.capacity import Capacity
from ledger.api.access.turned_away import TurnedAway
from ledger.api.http.problems import HttpProblem, answer_to
from ledger.api.server.app import Application
from ledger.api.service.service import Service
from ledger.client import AsyncLedger
from ledger.errors import LedgerError, UsageError
from ledger.log import open_log
from ledger.logs import configure_logs
from ledger.settings import Settings

logger = logging.getLogger(__name__)

GRACE_S = 5
"""For answers that are under way when the server is told to stop."""
KEEP_ALIVE_S = 30
HEAD_S = 10.0
"""Within which a client has to say what it wants, from when it has connected or begun to say it."""
REQUEST_S = 60.0
"""Within which all of a request has to come, its body too."""
REFUSED_S = 1.0
"""For which a connection stays that is refused: its client reads the answer, and does not come again at once."""
DRAIN_S = 0.05
"""Between two looks at a body whose request is answered: many clients send all of it before they look."""
SWITCH_S = 0.0005
"""How long a thread that folds goes on while others wait: a tenth of what is usual, as answers wait several times."""
HEAD_BYTES, HEADERS_MAX = 64 * 1024, 256
"""Of the head of a request. As much may stand between the parts of a body, and behind it."""
SLICE_BYTES = 16 * 1024
"""Bytes that are parsed before one looks what they came to: so much more may a head have."""
PIPELINED_MAX = 16
"""Requests that wait for the answers to others on their connection."""

_NO_REQUEST = HttpProblem("invalid-request", "this is no request of HTTP/1.1", reason="no-request")
_NO_HOST = HttpProblem("invalid-request", "a request of HTTP/1.1 has one Host header", reason="no-request")
_TOO_LARGE = HttpProblem(
    "head-too-large",
    f"at most {HEAD_BYTES:,} bytes and {HEADERS_MAX} headers are read; put less into address and headers",
    reason="head-too-large",
)


def protocol(connections: Capacity, turned_away: TurnedAway) -> type[HttpToolsProtocol]:
    """uvicorn's protocol, which refuses connections and heads beyond a bound, and drops who is silent or does not read.

    Who is refused or dropped is counted.
    """

    class Bounded(HttpToolsProtocol):
        _address: str | None = None
        _deadline: asyncio.TimerHandle | None = None
        _is_in_head = True
        _is_refused = False
        _beside = 0
        """Bytes of a request that are no body of it."""
        _why = _NO_REQUEST
        _answering: RequestResponseCycle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            address = client_of(str((transport.get_extra_info("peername") or ("",))[0]))
            if not connections.enter(address):
                turned_away.note(address, "connections")
                transport.abort()
                return
            self._address = address
            super().connection_made(transport)
            self._expect_request()

        def connection_lost(self, exc: Exception | None) -> None:
            if self._address is None:
                return
            connections.leave(self._address)
            self._address = None
            self._expect_nothing()
            super().connection_lost(exc)
            if (
                self._answering is not None
            ):  # uvicorn tells the request that came last, which may be waiting for this one
                self._answering.disconnected = True
                self._answering.message_event.set()

        def data_received(self, data: bytes) -> None:
            for first in range(0, len(data), SLICE_BYTES):
                if self._address is None or self._is_refused:
                    return
                part = data[first : first + SLICE_BYTES]
                self._beside += len(part)
                super().data_received(part)
                if self._beside > HEAD_BYTES and not self._is_refused:
                    self._why = _TOO_LARGE
                    self.send_400_response("")

        def on_message_begin(self) -> None:
            super().on_message_begin()
            self._beside = 0
            self._expect_request()
            self.scope["extensions"] = {"ledger": {"abort": self.transport.abort}}

        def on_header(self, name: bytes, value: bytes) -> None:
            if len(self.headers) >= HEADERS_MAX:
                self._refuse(_TOO_LARGE)
            super().on_header(name, value)

        def on_headers_complete(self) -> None:
            hosts = [name for name, _ in self.headers].count(b"host")
            if hosts != 1 and self.parser.get_http_version() == "1.1":
                self._refuse(_NO_HOST)
            if len(self.pipeline) >= PIPELINED_MAX:
                self._refuse(_TOO_LARGE)
            self._is_in_head = False
            super().on_headers_complete()

        def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
            self._answering = cycle
            super()._start_asgi_task(cycle, app)

        def on_body(self, body: bytes) -> None:
            self._beside = max(0, self._beside - 2 * len(body))  # a chunk may take as much beside itself
            if self.cycle.response_complete and not self.flow.read_paused:
                self.flow.pause_reading()
                asyncio.get_running_loop().call_later(DRAIN_S, self.flow.resume_reading)
            super().on_body(body)

        def on_message_complete(self) -> None:
            self._expect_nothing()
            super().on_message_complete()

        def send_400_response(self, msg: str) -> None:
            """Refuse a request and close the connection, at once where another answer is on its way."""
            assert self._address is not None
            self._is_refused = True
            self._expect_nothing()
            turned_away.note(self._address, self._why.more["reason"])
            self.transport.pause_reading()
            if self._answering is None or self._answering.response_complete:
                self.transport.write(_written(self._why))
                asyncio.get_running_loop().call_later(REFUSED_S, self.transport.abort)
            else:
                self.transport.abort()

        def _refuse(self, why: HttpProblem) -> None:
            """Have the parser stop, and uvicorn ask for the answer."""
            self._why = why
            raise ValueError(why.detail)

        def _expect_request(self) -> None:
            self._expect_nothing()
            self._is_in_head = True
            self._deadline = asyncio.get_running_loop().call_later(HEAD_S, self._look)

        def _expect_nothing(self) -> None:
            if self._deadline is not None:
                self._deadline.cancel()
                self._deadline = None

        def _look(self) -> None:
            """Drop a client that has not said what it wants; one that has gets time for its body."""
            if self._is_in_head:
                self._drop()
            else:
                self._deadline = asyncio.get_running_loop().call_later(REQUEST_S - HEAD_S, self._drop)

        def _drop(self) -> None:
            turned_away.note(str(self._address), "too-slow")
            self.transport.abort()

    return Bounded


def _written(problem: HttpProblem) -> bytes:
    """A problem as the bytes of an answer, after which the connection is closed."""
    answer = answer_to(problem)
    headers = [*answer.headers, (b"connection", b"close")]
    return STATUS_LINE[answer.status] + b"".join(b"%s: %s\r\n" % each for each in headers) + b"\r\n" + answer.body


class Server(uvicorn.Server):
    """uvicorn's server, which ends streams when it is told to stop, and then itself, well."""

    def __init__(self, config: uvicorn.Config, service: Service, announce: Callable[[str], None]) -> None:
        super().__init__(config)
        self._service = service
        self._announce = announce
        service.on_failure = lambda: setattr(self, "should_exit", True)

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            named = f"[{host}]" if ":" in host else host
            self._announce(f"http://{named}:{port}/")

    @property
    def failure(self) -> BaseException | None:
        """Why it could not go on, where it ended by itself."""
        return self._service.failure

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        self._service.streams.stop()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at SIGTERM and SIGINT, and at a second one at once. An orderly end is no failure."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        signals = (signal.SIGTERM, signal.SIGINT)
        for each in signals:
            loop.add_signal_handler(each, self.handle_exit, each, None)
        try:
            yield
        finally:
            for each in signals:
                loop.remove_signal_handler(each)

    def handle_exit(self, sig: int, frame: Any) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True


def make_server(ledger: AsyncLedger, settings: Settings, announce: Callable[[str], None]) -> Server:
    """A server of a ledger, to be served. `announce` is told its address."""
    app = Application(ledger, settings)
    connections = Capacity(settings.serve_connections, settings.serve_connections_each)
    config = uvicorn.Config(
        app,
        host=settings.serve_host,
        port=settings.serve_port,
        http=protocol(connections, app.service.turned_away),
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=settings.serve_proxy is not None,
        forwarded_allow_ips=settings.serve_proxy or "",
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
        lifespan="on",
    )
    return Server(config, app.service, announce)


def run(settings: Settings, announce: Callable[[str], None]) -> None:
    """Serve a ledger until told to stop. Raises UsageError, LogUnreachable."""
    configure_logs()
    sys.setswitchinterval(SWITCH_S)
    asyncio.run(serve(settings, announce))


def served_ledger(settings: Settings, *, create: bool = False) -> AsyncLedger:
    """The ledger as it is served. It has no key: what others publish they sign themselves."""
    return AsyncLedger(open_log(settings.log, create), batch=settings.batch)


async def serve(settings: Settings, announce: Callable[[str], None]) -> None:
    """Serve a ledger until told to stop. Raises UsageError, LogUnreachable."""
    async with served_ledger(settings) as ledger:
        try:
            server = make_server(ledger, settings, announce)
            await server.serve()
        except SystemExit as error:  # uvicorn's way to say that it cannot listen
            other = settings.serve_port + 1 if settings.serve_port < 65535 else 8000
            how = f"if something else listens there, take another port: `ledger serve --port {other}`"
            raise UsageError(f"cannot listen on {settings.serve_host} port {settings.serve_port}; {how}") from error
        if server.failure is not None:
            raise LedgerError(f"the server could not go on: {server.failure!r}; what led to it is in its log")
