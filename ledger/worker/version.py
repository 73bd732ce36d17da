"""What computed a view: with the same code, the same libraries and the same trust it would be the same bytes."""

import hashlib
import platform
import uuid
from importlib.metadata import version
from pathlib import Path

import ledger
import schemas
from ledger.settings import Trust

LIBRARIES = ("msgspec", "orjson", "pydantic", "pydantic-core")
"""Those that decide what is an event, and how a view is written."""


def version_of_views(trust: Trust) -> str:
    """A name of all that decides a view besides the events: it is another one after every change of the code."""
    digest = hashlib.sha256(repr(trust).encode())
    for told in (platform.python_version(), *map(version, LIBRARIES)):
        digest.update(f"{told}\n".encode())
    sources = [path for package in (schemas, ledger) for path in sorted(Path(package.__path__[0]).rglob("*.py"))]
    if not sources:
        return uuid.uuid4().hex  # it cannot be told what runs here, so that nothing vouches for it
    for path in sources:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:32]
