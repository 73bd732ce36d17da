"""Bodies as answers: not again to who has them, compressed to who takes that, and kept ready while nothing is new."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from ledger.api.handlers.call import Call
from ledger.api.http.answers import INERT, Answer, Headers, matches, takes_zipped
from ledger.api.http.query import AsOf, as_of
from ledger.api.views.bodies import Body, Found
from schemas.record import Frontier

PINNED = b"max-age=86400"
FRESH = b"no-cache"
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


def freshness(call: Call, *, is_pinned: bool) -> tuple[bytes, bytes]:
    """How long a client may keep an answer without asking again."""
    rule = PINNED if is_pinned else FRESH
    return b"cache-control", rule if call.service.is_open else b"private, " + rule


class Given(NamedTuple):
    """How a body is given: by which operation, at which path and query besides the position, with which headers."""

    name: str
    path: str
    query: Mapping[str, str] = {}
    headers: Headers = []
    rules: Headers = INERT


async def answered(call: Call, how: Given, find: Callable[[AsOf], Awaitable[Found]]) -> Answer:
    """A body as of what is asked for, with its position and its permanent link; or that the client has it."""
    asked, service = as_of(call.given), call.service
    cleared = service.bodies.kept.cleared
    found = await find(asked)
    is_lasting = found.position is service.replica.reached or asked.position is not None
    headers = [*placed(call, how.path, found.position, asked, how.query), *how.headers]
    return await reply(call, found.body, headers, how.name, cleared if is_lasting else None, how.rules)


def placed(call: Call, path: str, position: Frontier, asked: AsOf, query: Mapping[str, str] = {}) -> Headers:
    """What an answer says that is read at a position: how long it holds, which position, and where it is for good."""
    more = f"{urlencode(query)}&" if query else ""
    permalink = f"{call.service.site.addresses.path(path)}?{more}{asked.query(position)}"
    return [
        freshness(call, is_pinned=asked.position is not None),
        (b"ledger-position", str(position).encode()),
        (b"link", b'<%s>; rel="bookmark"' % permalink.encode()),
    ]


def attached(*parts: str, ending: str, how: str = "attachment") -> tuple[bytes, bytes]:
    """What makes a browser keep an answer as a file of this name; `inline`: where somebody asks for that."""
    named = "-".join(_UNSAFE.sub("_", part) for part in parts if part)
    return b"content-disposition", f'{how}; filename="{named}{ending}"'.encode()


async def reply(
    call: Call, body: Body, headers: Headers, route: str, cleared: int | None, rules: Headers = INERT
) -> Answer:
    """A body as an answer. One that is true until something new comes is kept ready under its route.

    `cleared`: how often bodies had been let go of when it was begun; None for one that is not to be kept.
    """
    headers_in, service = call.request.headers, call.service
    headers = [(b"etag", body.tag.encode()), *headers, *service.shared]
    if matches(body.tag, headers_in.get("if-none-match")):
        return Answer(b"", body.media_type, 304, headers, rules)
    answer = Answer(body.raw, body.media_type, 200, headers, rules)
    if is_zipped := takes_zipped(headers_in.get("accept-encoding", "")):
        answer = await answer.packed()
    if cleared == service.bodies.kept.cleared:
        service.hot.put(call.request.scope, is_zipped, route, answer)
    return answer
