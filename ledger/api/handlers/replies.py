"""Bodies as answers: not again to who has them, compressed to who takes that, and kept ready while nothing is new."""

from ledger.api.handlers.call import Call
from ledger.api.http.answers import Answer, Headers, matches, takes_zipped
from ledger.api.views.bodies import Body

PINNED = b"max-age=86400"
FRESH = b"no-cache"


def freshness(call: Call, *, is_pinned: bool) -> tuple[bytes, bytes]:
    """How long a client may keep an answer without asking again."""
    rule = PINNED if is_pinned else FRESH
    return b"cache-control", rule if call.service.is_open else b"private, " + rule


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
