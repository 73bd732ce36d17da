"""What computed a view: with the same code, the same libraries and the same trust it would be the same bytes."""

import hashlib
import platform
import uuid
from functools import cache
from importlib.metadata import version
from pathlib import Path

import ledger
import schemas
from ledger.settings import Trust

LIBRARIES = ("cryptography", "msgspec", "orjson", "pydantic", "pydantic-core")
"""Those that decide what is an event, and how a view is written."""


def version_of_views(trust: Trust) -> str:
    """A name of all that decides a view besides the events: it is another one after every change of the code."""
    return hashlib.sha256(_software() + repr(trust).encode()).hexdigest()[:32]


@cache  # of what this process runs, whatever is installed meanwhile
def _software() -> bytes:
    sources = [path for package in (schemas, ledger) for path in sorted(Path(package.__path__[0]).rglob("*.py"))]
    if not sources:
        return uuid.uuid4().bytes  # it cannot be told what runs here, so that nothing vouches for it
    told = [platform.python_version(), *map(version, LIBRARIES)]
    digest = hashlib.sha256("\n".join(told).encode())
    for path in sources:
        digest.update(path.read_bytes())
    return digest.digest()
