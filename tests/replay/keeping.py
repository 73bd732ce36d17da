"""A ledger whose keeper signs it: small helpers that the tests of proofs share."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ledger.log import open_log
from ledger.log.port import EventLog, Message
from ledger.proof.checkpoint import Checkpoint, sign_checkpoint
from ledger.proof.keys import Keyring, TrustedKey
from ledger.proof.leaf import record_hashes
from ledger.proof.note import COSIGNS, Note, SigningKey
from ledger.proof.tree import Tree
from replay.archive.writing import export
from schemas.codec import encode
from schemas.events import AnyEvent
from schemas.record import Position, Progress
from tests.history.bundled import history
from tests.replay.tampering import Found

NAME = "example.org/ledger"
KEY, THIEF = SigningKey(NAME, bytes(range(32))), SigningKey(NAME, bytes(32))
WITNESS = SigningKey("witness.example.org", bytes(range(1, 33)), COSIGNS)
KEYRING = Keyring([TrustedKey(KEY.verifier)])
EVENTS = len(history())
MIDDLE = 300
"""Where the archives of the tests have a checkpoint besides the one at their end."""
NOON, HOUR = datetime(2026, 3, 1, 12, tzinfo=UTC), timedelta(hours=1)


@asynccontextmanager
async def opened(url: str, create: bool = False) -> AsyncIterator[EventLog]:
    log = open_log(url, create)
    try:
        yield log
    finally:
        await log.close()


def published(path: Path, count: int = EVENTS, start: int = 0) -> str:
    """A ledger of so many events of the history; those before `start` are there."""
    return append(f"sqlite:///{path}", history()[start:count])


def append(url: str, events: Sequence[AnyEvent], later: timedelta = timedelta()) -> str:
    """Append events as if they were recorded at noon, or so much later."""

    async def run() -> None:
        async with opened(url, create=True) as log:
            at = NOON + later
            await log.append([Message(e.id, e.exchange, encode(e), None, at, sender(e)) for e in events])

    asyncio.run(run())
    return url


def sender(event: AnyEvent) -> str | None:
    """Who entered an event in these ledgers: of a third nobody says so."""
    return (None, "token:newsroom", "desk:kyiv")[int(event.id[-1], 16) % 3]


def archived(url: str, path: Path, *notes: Note, progress: Progress | None = None) -> Path:
    """The archive of a ledger."""

    async def run() -> None:
        async with opened(url) as log:
            await export(log, path, notes, progress=progress)

    asyncio.run(run())
    return path


def signed(found: Found, size: int, key: SigningKey = KEY) -> Note:
    """A checkpoint of the first records of partition 0."""
    rows = [row for partition, row in found if partition == 0][:size]
    tree = Tree()
    tree.extend(record_hashes(0, rows))
    of = Checkpoint(key.name, size, tree.root(), Position(0, rows[-1][0]), NOON)
    return sign_checkpoint(of, key)
