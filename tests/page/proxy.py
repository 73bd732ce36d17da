"""A small reverse proxy, as a newspaper has one in front: it serves a server below a path, and takes the path away."""

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from tests.api.serving import HOST

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "upgrade"}


class Proxy(ThreadingHTTPServer):
    """Passes `/below/...` on as `/...` to the server at `port`, and knows of nothing else. `asked` are all paths."""

    daemon_threads = True

    def __init__(self, below: str, port: int = 0) -> None:
        super().__init__((HOST, 0), _Handler)
        self.below = below
        self.port = port
        self.asked: list[str] = []

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.server_address[1]}{self.below}/"


class _Handler(BaseHTTPRequestHandler):
    server: Proxy

    def do_GET(self) -> None:
        self._pass_on(None)

    def do_POST(self) -> None:
        self._pass_on(self.rfile.read(int(self.headers["content-length"])))

    def _pass_on(self, body: bytes | None) -> None:
        self.server.asked.append(self.path)
        if not self.path.startswith(f"{self.server.below}/"):
            self.send_error(404, "this is the newspaper's own site")
            return
        upstream = http.client.HTTPConnection(HOST, self.server.port)
        headers = {name: text for name, text in self.headers.items() if name.lower() not in HOP_BY_HOP}
        upstream.request(self.command, self.path.removeprefix(self.server.below), body, headers)
        answer = upstream.getresponse()
        self.send_response_only(answer.status)
        for name, text in answer.getheaders():
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, text)
        self.send_header("connection", "close")
        self.end_headers()
        try:
            while part := answer.read1(65_536):
                self.wfile.write(part)
        except OSError:  # the browser has left the stream
            pass
        finally:
            upstream.close()
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Nothing: a test looks at `asked`."""


@contextmanager
def proxying(below: str) -> Iterator[Proxy]:
    """A proxy, while it is needed. Its `port` can be set once the server behind it is known."""
    with Proxy(below) as proxy:
        Thread(target=proxy.serve_forever, daemon=True).start()
        yield proxy
        proxy.shutdown()
