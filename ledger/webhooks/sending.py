"""One try to send something to an address: no redirect is followed, and of the answer only its status is read."""

import asyncio
import http.client
import socket
import ssl
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Timer
from urllib.parse import urlsplit

TRY_S = 15.0
"""Within which an address has to take a connection, and then to answer, however slowly it does."""


class WebhookLine:
    """The way to one address, in a thread of its own: who is slow there keeps nobody else waiting."""

    def __init__(self, url: str) -> None:
        self._parts = urlsplit(url)
        self._thread = ThreadPoolExecutor(1, "webhook")
        self._connection: http.client.HTTPConnection | None = None
        self._is_cut = False

    async def send(self, body: bytes, headers: Mapping[str, str]) -> str | None:
        """Send something. None where it was taken; else why not, in words that show nothing of what was sent."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._send, body, headers)

    def close(self) -> None:
        """Let go of a try that is under way."""
        self._cut()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _send(self, body: bytes, headers: Mapping[str, str]) -> str | None:
        connection, self._is_cut = self._opened(), False
        self._connection = connection
        late = Timer(TRY_S, self._cut)
        late.daemon = True
        try:
            connection.connect()
            late.start()  # not before: until then there is nothing that it could cut
            path = self._parts.path or "/"
            query = f"?{self._parts.query}" if self._parts.query else ""
            connection.request("POST", f"{path}{query}", body, dict(headers))
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException, ValueError) as error:
            is_late = isinstance(error, TimeoutError) or self._is_cut
            return f"no answer within {TRY_S:.0f} s" if is_late else _reason(error)
        finally:
            late.cancel()
            connection.close()
        return None if 200 <= status < 300 else f"it answered {status}"

    def _opened(self) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=TRY_S)
        return http.client.HTTPSConnection(host, port, timeout=TRY_S, context=ssl.create_default_context())

    def _cut(self) -> None:
        connection = self._connection
        if connection is not None and connection.sock is not None:
            self._is_cut = True
            with suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)


def _reason(error: Exception) -> str:
    """What went wrong, without what the other side wrote."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not believed: {error.verify_message}"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return f"it cannot be reached ({type(error).__name__})"
