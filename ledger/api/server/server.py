"""The server: a bounded number of connections on one address, and an orderly end with streams open."""

import asyncio
import logging
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socket import socket
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ledger.api.access.allowances import client_of
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


class Connections:
    """How many connections there are, and of which address."""

    def __init__(self, most: int, most_each: int) -> None:
        self._most, self._most_each = most, most_each
        self._of: Counter[str] = Counter()

    def enter(self, address: str) -> bool:
        """Count one more; whether there is room for it."""
        if self._of.total() >= self._most or self._of[address] >= self._most_each:
            return False
        self._of[address] += 1
        return True

    def leave(self, address: str) -> None:
        """Count one less."""
        self._of[address] -= 1
        if self._of[address] <= 0:
            del self._of[address]


def protocol(connections: Connections) -> type[HttpToolsProtocol]:
    """uvicorn's protocol, which refuses connections beyond a bound, and drops those that are silent or not read."""

    class Bounded(HttpToolsProtocol):
        _address: str | None = None
        _head: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            address = client_of(str((transport.get_extra_info("peername") or ("",))[0]))
            if not connections.enter(address):
                transport.abort()
                return
            self._address = address
            super().connection_made(transport)
            self._expect_head()

        def connection_lost(self, exc: Exception | None) -> None:
            if self._address is None:
                return
            connections.leave(self._address)
            self._address = None
            self._forget_head()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            if self._address is not None:
                super().data_received(data)

        def on_message_begin(self) -> None:
            super().on_message_begin()
            self._expect_head()
            self.scope["extensions"] = {"ledger": {"abort": self.transport.abort}}

        def on_headers_complete(self) -> None:
            self._forget_head()
            super().on_headers_complete()

        def _expect_head(self) -> None:
            self._forget_head()
            self._head = asyncio.get_running_loop().call_later(HEAD_S, self.transport.abort)

        def _forget_head(self) -> None:
            if self._head is not None:
                self._head.cancel()
                self._head = None

    return Bounded


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
    config = uvicorn.Config(
        app,
        host=settings.serve_host,
        port=settings.serve_port,
        http=protocol(Connections(settings.serve_connections, settings.serve_connections_each)),
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
            raise UsageError(f"cannot listen on {settings.serve_host} port {settings.serve_port}") from error
        if server.failure is not None:
            raise LedgerError(f"the server could not go on: {server.failure!r}; what led to it is in its log")
