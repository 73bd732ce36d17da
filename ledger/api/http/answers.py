"""Answers as bytes that are ready to send, with the headers that every answer bears."""

import asyncio
import gzip
import hashlib
import re
from typing import TypeAlias

from starlette.types import Receive, Scope, Send

Headers: TypeAlias = list[tuple[bytes, bytes]]

JSON = "application/json"
CSV = "text/csv; charset=utf-8"
SVG = "image/svg+xml"
PNG = "image/png"

SECURITY: Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
]
"""What every answer says, the page's files as well."""
INERT: Headers = [*SECURITY, (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")]
"""What an answer says that is no page: whatever it holds, a browser runs nothing of it."""
SHARED: Headers = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"ETag, Ledger-Position, Link, Retry-After"),
]
"""Pages of others may read what everybody may: nothing of it depends on who asks, and there are no cookies."""
ALLOWED: Headers = [
    *SHARED,
    (b"access-control-allow-methods", b"GET, HEAD"),
    (b"access-control-allow-headers", b"If-None-Match, Last-Event-ID, Cache-Control, traceparent, tracestate"),
    (b"access-control-max-age", b"86400"),
]
"""What tells a browser that such a page may also ask with these headers; never with a token, and never to write."""
VARIES = (b"vary", b"accept-encoding")
ZIPPED_LEVEL, ZIPPED_BEST = 5, 9
"""How hard a body is compressed while somebody waits for it, and one that is kept for good."""
ZIPPED_MIN = 1024
"""Bytes of a body from which on it is worth to be compressed."""
THREAD_MIN = 64 * 1024
"""Bytes of a body from which on others do not wait for it to be compressed."""
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; "
    "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
ANYWHERE: Headers = [(b"cross-origin-resource-policy", b"cross-origin")]
"""What lets pages of others show a picture or a frame of ours, also those that ask it of whatever they show."""
PAGE_RULES: Headers = [*SECURITY, (b"content-security-policy", PAGE_POLICY.encode())]
"""The page runs its own scripts and no others, none of them inline, and speaks to nobody else."""


_PACKED = ((b"content-encoding", b"gzip"), (b"content-type", PNG.encode()))


class Answer:
    """A whole answer. It is an ASGI application, as Starlette's responses are, without their work for each request."""

    __slots__ = ("body", "headers", "status")

    def __init__(
        self,
        body: bytes,
        media_type: str = JSON,
        status: int = 200,
        headers: Headers | None = None,
        rules: Headers = INERT,
    ) -> None:
        self.body = body
        self.status = status
        length = [] if status in (204, 304) else [(b"content-length", str(len(body)).encode())]
        self.headers: Headers = [(b"content-type", media_type.encode()), *length, VARIES, *rules, *(headers or [])]

    def zipped(self, level: int = ZIPPED_LEVEL) -> "Answer":
        """The same, compressed, under a weak tag, since its bytes are others. Itself where that gains nothing."""
        if len(self.body) < ZIPPED_MIN or any(each in _PACKED for each in self.headers):
            return self
        answer = Answer(gzip.compress(self.body, level, mtime=0), status=self.status)
        length = (b"content-length", str(len(answer.body)).encode())
        tagged = ((name, b"W/" + text if name == b"etag" else text) for name, text in self.headers)
        kept = [length if name == b"content-length" else (name, text) for name, text in tagged]
        answer.headers = [*kept, (b"content-encoding", b"gzip")]
        return answer

    async def packed(self) -> "Answer":
        """The same as `zipped`, a large one in another thread: a megabyte takes 20 ms."""
        return self.zipped() if len(self.body) < THREAD_MIN else await asyncio.to_thread(self.zipped)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.body})


def tag_of(body: bytes) -> str:
    """The strong entity tag of a body."""
    return f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'


def takes_zipped(accept_encoding: str) -> bool:
    """Whether a client says that it takes `gzip`, and not with a weight of 0."""
    return _ZIPPED.search(accept_encoding) is not None


_ZIPPED = re.compile(r"(?:^|,)\s*gzip\s*(?:$|,|;\s*q=(?!0(?:\.0{0,3})?\s*(?:,|$)))", re.IGNORECASE)


def matches(tag: str, if_none_match: str | None) -> bool:
    """Whether a client says that it has the body of this tag."""
    if not if_none_match:
        return False
    said = {each.strip().removeprefix("W/") for each in if_none_match.split(",")}
    return tag in said or "*" in said
