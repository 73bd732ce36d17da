"""One try: however an address answers, it ends."""

import socket
import time
from collections.abc import Iterator
from threading import Thread

import pytest

from ledger.webhooks import sending
from ledger.webhooks.sending import WebhookLine

DRIP = b"HTTP/1.1 " + b" " * 10_000


@pytest.fixture
def dripping() -> Iterator[str]:
    """An address that takes what is sent, and answers a byte at a time, each in good time."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            try:
                connection, _ = server.accept()
                with connection:
                    connection.recv(65_536)
                    for byte in DRIP:
                        connection.sendall(bytes([byte]))
                        time.sleep(0.02)
            except OSError:  # the other side has had enough
                return

        thread = Thread(target=answer, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        server.shutdown(socket.SHUT_RDWR)
        thread.join(10)


async def test_an_answer_byte_by_byte_is_cut_off(dripping: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "TRY_S", 0.5)
    line = WebhookLine(dripping)
    assert await line.send(b"{}", {}) == "no answer within 0 s"
    line.close()


async def test_an_address_that_takes_no_connection_is_told_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    line = WebhookLine(f"http://127.0.0.1:{port}/")
    assert await line.send(b"{}", {}) == "Connection refused"
    line.close()
