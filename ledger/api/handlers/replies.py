"""Bodies as answers: not again to who has them, compressed to who takes that, and kept ready while nothing is new."""

import re

from ledger.api.handlers.call import Call
from ledger.api.http.answers import Answer, Headers, matches, takes_zipped
from ledger.api.http.query import AsOf
from ledger.api.views.bodies import Body
from schemas.record import Frontier

PINNED = b"max-age=86400"
FRESH = b"no-cache"
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


def freshness(call: Call, *, is_pinned: bool) -> tuple[bytes, bytes]:
    """How long a client may keep an answer without asking again."""
    rule = PINNED if is_pinned else FRESH
    return b"cache-control", rule if call.service.is_open else b"private, " + rule


def placed(call: Call, path: str, position: Frontier, asked: AsOf) -> Headers:
    """What an answer says that is read at a position: how long it holds, which position, and where it is for good."""
    permalink = f"{call.service.site.addresses.path(path)}?{asked.query(position)}"
    return [
        freshness(call, is_pinned=asked.position is not None),
        (b"ledger-position", str(position).encode()),
        (b"link", b'<%s>; rel="bookmark"' % permalink.encode()),
    ]


def attached(*parts: str, ending: str) -> tuple[bytes, bytes]:
    """What makes a browser keep an answer as a file of this name."""
    named = "-".join(_UNSAFE.sub("_", part) for part in parts if part)
    return b"content-disposition", f'attachment; filename="{named}{ending}"'.encode()


async def reply(call: Call, body: Body, headers: Headers, route: str, cleared: int | None) -> Answer:
    """A body as an answer. One that is true until something new comes is kept ready under its route.

    `cleared`: how often bodies had been let go of when it was begun; None for one that is not to be kept.
    """
    headers_in, service = call.request.headers, call.service
    headers = [(b"etag", body.tag.encode()), *headers, *service.shared]
    if matches(body.tag, headers_in.get("if-none-match")):
        return Answer(b"", body.media_type, 304, headers)
    answer = Answer(body.raw, body.media_type, 200, headers)
    if is_zipped := takes_zipped(headers_in.get("accept-encoding", "")):
        answer = await answer.packed()
    if cleared == service.bodies.kept.cleared:
        service.hot.put(call.request.scope, is_zipped, route, answer)
    return answer
