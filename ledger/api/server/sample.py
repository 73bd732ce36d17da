"""Real answers of a server with a few events, as the examples of the API's description."""

import asyncio
import base64
import json
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Message

from ledger.api.access.tokens import Role, Tokens, tokens_path
from ledger.api.contract.openapi import openapi
from ledger.api.contract.operations import OPERATIONS
from ledger.api.contract.parameters import Document
from ledger.api.http.forms import FORMS
from ledger.api.server.app import Application
from ledger.client import AsyncLedger
from ledger.log.sqlite import SqliteLog
from ledger.settings import Settings
from ledger.software import VERSION

CLOCK = datetime(2018, 1, 2, 9, 30, tzinfo=UTC)
EXCHANGE = "RIVER-CROSSING-2017"
TABLE = b"""\
Ref,Date,People,Reported by
1,2017-12-27,about 20,The Herald
2,2017-12-27,12/13,Relief Mission
3,2017-12-28,7,Relief Mission
4,2017-12-29,over 30,The Herald
"""
_QUERIES = {"search": b"q=river", "words": b"said=about%20900", "changes": b"figure=captives.released"}
"""What is asked of operations that need a query, or that answer with much of the same kind without one."""


def sampled(lines: bytes) -> Document:
    """The description of the API, its examples made of these events."""
    with tempfile.TemporaryDirectory() as folder:
        return openapi(asyncio.run(_examples(lines, Path(folder))), VERSION)


async def _examples(lines: bytes, folder: Path) -> dict[str, Any]:
    settings = Settings(log=f"sqlite:///{folder}/ledger.db", serve_age=0.05)
    _, token = Tokens(tokens_path(settings)).make("sample", [Role.admin], timedelta(days=1))
    examples: dict[str, Any] = {"body": lines.decode(), "line": json.loads(lines.splitlines()[1])}
    log = SqliteLog(folder / "ledger.db", clock=lambda: CLOCK)
    async with AsyncLedger(log, clock=lambda: CLOCK) as ledger, (app := Application(ledger, settings)).running():
        service = app.service
        await service.replica.reach(service.replica.reached, 10)
        examples["publish 200"] = json.loads(await _ask(app, "POST", "/v1/events", token, lines, b"dry_run=true"))
        examples["publish"] = json.loads(await _ask(app, "POST", "/v1/events", token, lines))
        await _ask(app, "POST", "/v1/events", token, b'{"type": "captives_freed"}\n')
        await service.replica.reach(await log.end(), 10)
        examples["table sent"] = {"name": "releases.csv", "content": base64.b64encode(TABLE).decode()}
        table = json.dumps(examples["table sent"]).encode()
        examples["table"] = json.loads(await _ask(app, "POST", "/v1/tables", token, table))
        me = json.loads(await _ask(app, "GET", "/v1/me", token))
        examples["me"] = {**me, "expires": (CLOCK + timedelta(days=1)).isoformat()}  # that of the token is of today
        for operation in OPERATIONS:
            if operation.method == "GET" and operation.has_example and operation.id not in examples:
                examples |= await _forms(app, operation.id, operation.path, operation.has_forms, token, examples)
    return examples


async def _forms(
    app: ASGIApp, name: str, path: str, has_forms: bool, token: str, known: dict[str, Any]
) -> dict[str, Any]:
    event = known["publish"]["results"][1]["id"]
    asked = path.format(exchange=EXCHANGE, round=1, figure="captives.released", event=event, kind="count")
    endings = ("", *(each for each in FORMS if each != ".json")) if has_forms else ("",)
    found: dict[str, Any] = {}
    for ending in endings:
        body = await _ask(app, "GET", asked + ending, token, query=_QUERIES.get(name, b""))
        is_text = (ending and not FORMS[ending].is_json) or name.startswith("stream")
        found[name + ending] = body.decode() if is_text else json.loads(body)
    return found


async def _ask(app: ASGIApp, method: str, path: str, token: str, body: bytes = b"", query: bytes = b"") -> bytes:
    """One request to an application in this process; the body of its answer."""
    parts: list[bytes] = []
    requests = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        if requests:
            return requests.pop()
        await asyncio.sleep(3600)
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        parts.append(message.get("body", b""))

    scope = {"type": "http", "http_version": "1.1", "method": method, "path": path, "query_string": query}
    headers = [(b"authorization", f"Bearer {token}".encode())]
    await app({**scope, "raw_path": path.encode(), "headers": headers, "client": ("127.0.0.1", 1)}, receive, send)
    return b"".join(parts)
