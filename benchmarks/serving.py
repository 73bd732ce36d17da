"""Servers to measure, each in a process of its own: ours, and peers that give the same body.

`python -m benchmarks.serving NAME FILE` prints the port that it listens on. FILE is a ledger, or the body to give.
"""

import asyncio
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from ledger.api.server.server import make_server
from ledger.client import AsyncLedger
from ledger.settings import Settings

PATH = "/v1/exchanges/IL-HAMAS-2023-11"
FRAMES = 10
PAUSE_S = 0.5
"""Between two updates, so that one is through before the next."""


async def ours(file: str) -> None:
    """The server of a ledger."""
    settings = Settings(
        log=f"sqlite:///{file}",
        serve_port=0,
        serve_streams=5000,
        serve_streams_each=5000,
        serve_connections_each=5000,
        serve_work=0,
    )
    await _serve(settings)


async def bounded(file: str) -> None:
    """The same with its usual bounds, but for caches that are soon full."""
    moments, answers = 32 * 2**20, 16 * 2**20
    log = f"sqlite:///{file}"
    await _serve(Settings(log=log, serve_port=0, serve_cache_moments=moments, serve_cache_bytes=answers))


async def _serve(settings: Settings) -> None:
    async with AsyncLedger.open(settings.log) as ledger:
        await make_server(ledger, settings, _announce).serve()


def _announce(address: str) -> None:
    print(address.rstrip("/").rpartition(":")[2], flush=True)


def starlette(file: str) -> ASGIApp:
    """Plain Starlette that gives a body as it is."""
    body = Path(file).read_bytes()

    async def give(request: Request) -> Response:
        return Response(body, media_type="application/json")

    return Starlette(routes=[Route(PATH, give)])


def fastapi(file: str) -> ASGIApp:
    """FastAPI that returns a dict, as most services do."""
    import orjson
    from fastapi import FastAPI

    members: dict[str, Any] = orjson.loads(Path(file).read_bytes())
    app = FastAPI()

    @app.get(PATH)
    async def give() -> dict[str, Any]:
        return members

    return app


def raw(file: str) -> ASGIApp:
    """The least that can send one frame to many: each client's task waits, and sends it as it is."""
    frame = Path(file).read_bytes()
    moved = [asyncio.Event()]

    async def tell() -> None:
        while True:
            await asyncio.sleep(PAUSE_S)
            moved[0].set()
            moved[0] = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send, tell)
            return
        headers = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b": ready\n\n", "more_body": True})
        while True:
            await moved[0].wait()
            await send({"type": "http.response.body", "body": frame, "more_body": True})

    return app


async def _lifespan(receive: Receive, send: Send, work: Callable[[], Awaitable[None]]) -> None:
    await receive()
    task = asyncio.ensure_future(work())
    await send({"type": "lifespan.startup.complete"})
    await receive()
    task.cancel()
    await send({"type": "lifespan.shutdown.complete"})


async def peer(app: ASGIApp) -> None:
    """A peer's application in the server that we use."""
    # With another protocol than this one asyncio would leave Nagle's algorithm on.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(2048)
        print(listener.getsockname()[1], flush=True)
        config = uvicorn.Config(app, http="httptools", log_level="error", access_log=False, ws="none")
        await uvicorn.Server(config).serve([listener])


if __name__ == "__main__":
    name, path = sys.argv[1:]
    served = {"ours": ours, "bounded": bounded}
    asyncio.run(
        served[name](path)
        if name in served
        else peer({"starlette": starlette, "fastapi": fastapi, "raw": raw}[name](path))
    )
