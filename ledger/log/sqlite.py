"""The embedded log: one SQLite file, durable at acknowledgement, for several processes at once.

Write-ahead logging with `synchronous=FULL`: a commit is on the disk before it is acknowledged. The `apsw`
package brings its own SQLite, since that of many Pythons can corrupt a WAL file (3.7.0 to 3.51.2).
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import apsw

from ledger.errors import EventConflict, LogUnreachable
from ledger.log.port import Message, Outcome, Receipt, Rejected
from schemas.record import Position, Record

T = TypeVar("T")

APPLICATION_ID = 0x4C444752  # "LDGR", so that `file` and we know our own files
SCHEMA_VERSION = 1
READ_BATCH = 4096
BUSY_TIMEOUT_MS = 30_000
POLL_FASTEST_S, POLL_SLOWEST_S = 0.002, 0.1

_SCHEMA = f"""
CREATE TABLE records (
    offset INTEGER PRIMARY KEY,         -- from 0, without gaps
    id BLOB NOT NULL UNIQUE,            -- 16 bytes of the event's UUID
    recorded_at INTEGER NOT NULL,       -- microseconds since 1970, UTC
    payload BLOB NOT NULL               -- exactly what the producer sent
) STRICT;
CREATE TABLE rejected (
    number INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    origin TEXT NOT NULL,
    stage TEXT NOT NULL,
    reason TEXT NOT NULL,
    payload BLOB NOT NULL
) STRICT;
CREATE TRIGGER records_never_change BEFORE UPDATE ON records
    BEGIN SELECT raise(ABORT, 'the log is append-only: publish a correction instead'); END;
CREATE TRIGGER records_never_go BEFORE DELETE ON records
    BEGIN SELECT raise(ABORT, 'the log is append-only: publish a retraction instead'); END;
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {SCHEMA_VERSION};
"""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SqliteLog:
    """An `EventLog` in one file. SQLite runs in threads of its own, never on the caller's event loop."""

    def __init__(self, path: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Open the log at `path`, creating it if there is none. Raises LogUnreachable."""
        self.path = path
        self._clock = clock
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="ledger-write")
        self._readers = ThreadPoolExecutor(4, thread_name_prefix="ledger-read")
        self._local = threading.local()
        self._connections: list[apsw.Connection] = []
        self._lock = threading.Lock()
        with self._reporting():
            _create(self._connection())
