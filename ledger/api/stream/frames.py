"""How what is new is written on a stream: as Server-Sent Events, or one JSON object a line."""

from typing import Protocol

from schemas.record import Frontier

SSE = "text/event-stream"
NDJSON = "application/x-ndjson"


class Frames(Protocol):
    """A way to write a stream. `data` is JSON on one line; `resume` is where to go on after it."""

    media_type: str

    def frame(self, name: str, data: bytes, resume: Frontier) -> bytes:
        """One item."""
        ...

    def ping(self, resume: Frontier) -> bytes:
        """A sign of life, which takes the client on to a position without telling it anything."""
        ...

    def first(self, retry_ms: int) -> bytes:
        """What comes before everything else."""
        ...


class SseFrames:
    """Server-Sent Events. The id of an item is the position at which to go on after it."""

    media_type = SSE

    def frame(self, name: str, data: bytes, resume: Frontier) -> bytes:
        return b"%sevent: %s\ndata: %s\n\n" % (_id(resume), name.encode(), data)

    def ping(self, resume: Frontier) -> bytes:
        return b": ping\n%s\n" % _id(resume)

    def first(self, retry_ms: int) -> bytes:
        return b"retry: %d\n\n" % retry_ms


class NdjsonFrames:
    """One object a line: where to go on, and the item; a sign of life has none."""

    media_type = NDJSON

    def frame(self, name: str, data: bytes, resume: Frontier) -> bytes:
        return b'{"position":"%s","kind":"%s","item":%s}\n' % (str(resume).encode(), name.encode(), data)

    def ping(self, resume: Frontier) -> bytes:
        return b'{"position":"%s"}\n' % str(resume).encode()

    def first(self, retry_ms: int) -> bytes:
        return b""


def _id(resume: Frontier) -> bytes:
    return b"id: %s\n" % str(resume).encode() if resume else b""
