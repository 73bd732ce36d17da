"""The description of the API as it is in the tree and as it is served."""

from functools import cache
from importlib.resources import files

from starlette.types import ASGIApp

from ledger.api.handlers.call import Call
from ledger.api.http.answers import Answer, takes_zipped

FILE = "openapi.json"


@cache
def served() -> bytes:
    """The description as it is in the tree."""
    return files("ledger.api.contract").joinpath(FILE).read_bytes()


@cache
def _answers() -> tuple[Answer, Answer]:
    """The answer as it is, and compressed: nearly a megabyte, for which nobody pays."""
    plain = Answer(served(), headers=[(b"cache-control", b"max-age=3600"), (b"access-control-allow-origin", b"*")])
    return plain, plain.zipped()


async def description(call: Call) -> ASGIApp:
    """This description."""
    plain, zipped = _answers()
    return zipped if takes_zipped(call.request.headers.get("accept-encoding", "")) else plain
