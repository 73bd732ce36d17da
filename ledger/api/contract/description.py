"""The description of the API as it is in the tree and as it is served."""

from functools import cache
from importlib.resources import files

from starlette.types import ASGIApp

from ledger.api.handlers.call import Call
from ledger.api.http.answers import Answer

FILE = "openapi.json"


@cache
def served() -> bytes:
    """The description as it is in the tree."""
    return files("ledger.api.contract").joinpath(FILE).read_bytes()


async def description(call: Call) -> ASGIApp:
    """This description."""
    return Answer(served(), headers=[(b"cache-control", b"max-age=3600"), (b"access-control-allow-origin", b"*")])
