"""The embedded log: one SQLite file, durable at acknowledgement, for several processes at once.

Write-ahead logging with `synchronous=FULL`: a commit is on the disk before it is acknowledged. `apsw` brings its
own SQLite, since the one in many Pythons can corrupt a write-ahead log (3.7.0 to 3.51.2). A file that cannot be written
is read all the same.
"""

import asyncio
import os
import re
import threading
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Collection, Container, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cache, partial
from itertools import chain
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import apsw
import orjson

from ledger.errors import EventConflict, LedgerError, LogDamaged, LogUnreachable
from ledger.log.grouping import GroupCommit
from ledger.log.ids import MATCHES_MAX, common_digits, hex_digits, packed, unpacked
from ledger.log.port import Acknowledgment, Batches, Headers, Message, Outcome, Receipt, Refusal, Rejected
from ledger.log.sqlite_checks import check_end, check_rows, check_schema, record_faults
from ledger.settings import TRUSTING, Trust
from schemas.dsse import is_same_event
from schemas.record import (
    NOWHERE,
    Batch,
    Frontier,
    Position,
    Record,
    Row,
    entered_bytes,
    entered_text,
    from_microseconds,
    to_microseconds,
)
from schemas.redaction import is_redacted

T = TypeVar("T")
SqliteValue: TypeAlias = int | str | bytes | None

APPLICATION_ID = 0x4C444752  # "LDGR", so that a file is known for one of ours
READ_BATCH = 4096
BUSY_TIMEOUT_MS = 30_000
POLL_FASTEST_S, POLL_SLOWEST_S = 0.002, 0.05
EXAMINED_AT_ONCE = 128
"""Records that are decoded strictly before others have their turn."""
UNREADABLE = (apsw.CorruptError, UnicodeDecodeError)
"""What reading a damaged page ends in."""
FAULTS_MAX = 100
"""So many things that are wrong are told, as SQLite's own check does."""

SCHEMA = f"""
CREATE TABLE records (
    offset INTEGER PRIMARY KEY,         -- from 0, without gaps
    id BLOB NOT NULL UNIQUE,            -- the 16 bytes of the event's UUID
    recorded_at INTEGER NOT NULL,       -- microseconds since 1970, UTC
    payload BLOB NOT NULL               -- exactly what the producer sent
) STRICT;
CREATE TABLE rejected (
    number INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    origin TEXT NOT NULL,
    stage TEXT NOT NULL,
    reason TEXT NOT NULL,
    payload BLOB NOT NULL,
    UNIQUE (origin, stage, reason, payload)
) STRICT;
CREATE TRIGGER records_never_change BEFORE UPDATE ON records
    BEGIN SELECT raise(ABORT, 'the log is append-only: publish a correction instead'); END;
CREATE TRIGGER records_never_go BEFORE DELETE ON records
    BEGIN SELECT raise(ABORT, 'the log is append-only: publish a retraction instead'); END;
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = 1;
"""
WITH_ACKNOWLEDGMENTS = """
ALTER TABLE rejected ADD COLUMN key BLOB;
ALTER TABLE rejected ADD COLUMN headers TEXT NOT NULL DEFAULT '[]';  -- names, each with its value in base64
CREATE TABLE acknowledged (
    number INTEGER PRIMARY KEY,         -- of the rejected message that was dealt with
    at INTEGER NOT NULL,
    who TEXT NOT NULL,
    why TEXT NOT NULL
) STRICT;
CREATE TRIGGER acknowledged_never_change BEFORE UPDATE ON acknowledged
    BEGIN SELECT raise(ABORT, 'what was said of a rejected message stays'); END;
CREATE TRIGGER acknowledged_never_go BEFORE DELETE ON acknowledged
    BEGIN SELECT raise(ABORT, 'what was said of a rejected message stays'); END;
PRAGMA user_version = 2;
"""
WITH_REDACTION = """
DROP TRIGGER records_never_change;
CREATE TRIGGER records_never_change BEFORE UPDATE ON records WHEN
    new.offset IS NOT old.offset OR new.id IS NOT old.id OR new.recorded_at IS NOT old.recorded_at
    OR substr(new.payload, 1, 19) IS NOT CAST('{"type":"redacted",' AS BLOB)
    BEGIN SELECT raise(ABORT, 'the log is append-only: publish a correction instead'); END;
PRAGMA user_version = 3;
"""
# What ADD COLUMN would write for `records`, too, but of a STRICT table SQLite then reads every row: 2.5 s a million.
# That of `rejected`, which is small, tells other connections that the tables changed.
WITH_ENTRANTS = """
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, ') STRICT', ', entered_by BLOB) STRICT') WHERE name = 'records';
ALTER TABLE rejected ADD COLUMN entered_by BLOB;    -- by which token or desk, such as `token:newsroom-feed`
PRAGMA writable_schema = RESET;
DROP TRIGGER records_never_change;
CREATE TRIGGER records_never_change BEFORE UPDATE ON records WHEN
    new.offset IS NOT old.offset OR new.id IS NOT old.id OR new.recorded_at IS NOT old.recorded_at
    OR new.entered_by IS NOT old.entered_by OR substr(new.payload, 1, 19) IS NOT CAST('{"type":"redacted",' AS BLOB)
    BEGIN SELECT raise(ABORT, 'the log is append-only: publish a correction instead'); END;
PRAGMA user_version = 4;
"""
FORMATS = (SCHEMA, WITH_ACKNOWLEDGMENTS, WITH_REDACTION, WITH_ENTRANTS)
"""What makes a file of each format one of the next. A new file goes through all of them."""

_REJECT = """
INSERT INTO rejected (at, origin, stage, reason, payload, key, headers, entered_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING
"""
_ACKNOWLEDGE = """
INSERT INTO acknowledged SELECT number, ?, ?, ? FROM rejected WHERE number IN (SELECT value FROM json_each(?))
ON CONFLICT DO NOTHING
"""
_REJECTED = """
SELECT number, rejected.at, origin, stage, reason, payload, key, headers, entered_by, acknowledged.at, who, why
FROM rejected LEFT JOIN acknowledged USING (number) ORDER BY number
"""
_REDACT = "UPDATE records SET payload = ? WHERE offset = ?"
_REDACT_REFUSED = """
UPDATE rejected SET payload = x'', key = NULL, headers = '[]', reason = 'redacted: message ' || number
WHERE number IN (SELECT value FROM json_each(?))
"""
_INSERT = "INSERT INTO records (offset, id, recorded_at, payload, entered_by) VALUES {} ON CONFLICT (id) DO NOTHING"
ROWS_AT_ONCE = 500
"""Rows that one statement inserts. After each statement its thread waits until Python lets it go on: a thousand events,
each by its own, took 1.4 s beside a thread that computes, and take 20 ms together. A statement of more rows is too long
to be kept prepared, and to prepare it takes as long as the rows."""
_ROW = "SELECT offset, recorded_at, payload, entered_by FROM records"
_BY_ID = f"{_ROW} WHERE id = ?"
_ID_RANGE = f"SELECT id FROM records WHERE id BETWEEN ? AND ? ORDER BY id LIMIT {MATCHES_MAX}"
_NEIGHBOURS = "SELECT max(id) FROM records WHERE id < ? UNION ALL SELECT min(id) FROM records WHERE id > ?"
_RANGE = f"{_ROW} WHERE offset > ? AND offset <= ? ORDER BY offset LIMIT ?"
_WITH_ID = "SELECT offset, id, recorded_at, payload, entered_by FROM records WHERE offset > ? ORDER BY offset LIMIT ?"
_LAST = "SELECT max(offset) FROM records"


class SqliteLog:
    """An `EventLog` in one file. SQLite runs in threads of its own, never on the caller's event loop.

    Appends come from one event loop: the first that appends, until it is closed.
    """

    is_validated = True

    def __init__(
        self, path: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC), trust: Trust = TRUSTING
    ) -> None:
        """Open the log at `path`, creating it if there is none. Raises LogUnreachable, LogDamaged."""
        self.path = path
        self.trust = trust
        self._is_writable = _is_writable(path)
        self._checkpoints = path.with_name(f"{path.name}.checkpoints")
        self._clock = clock
        self._threads = ThreadPoolExecutor(5, thread_name_prefix="ledger-sqlite")
        self._connections: list[apsw.Connection] = []
        self._local = threading.local()
        self._lock = threading.Lock()
        self.group = GroupCommit(str(path), partial(self._run, self._append))
        try:
            with self._reporting():
                version = self._opened(self._connection())
                check_schema(self._connection(), path, FORMATS[:version])
                check_end(path, self._connection().execute(_LAST).get, self._checkpoints)
        except LedgerError:
            self._release()
            raise

    # -- the port ----------------------------------------------------------------------------------

    async def append(self, messages: Sequence[Message]) -> list[Outcome]:
        return await self.group.append(messages)

    async def read(self, after: Frontier = NOWHERE, through: Frontier | None = None) -> Batches:
        offset, last = after.last(0), (await self.end() if through is None else through).last(0)
        while offset < last:
            rows = await self._run(self._records, offset, last)
            if not rows:
                return
            yield Batch(0, rows, offset := rows[-1][0])

    async def tail(self, after: Frontier = NOWHERE) -> Batches:
        pause = POLL_FASTEST_S
        while True:
            async for batch in self.read(after):
                yield batch
                after, pause = after.advanced(0, batch.last), POLL_FASTEST_S
            # An unchanged file costs a look at shared memory and no disk access; the pauses grow while it is quiet.
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, POLL_SLOWEST_S)

    async def end(self) -> Frontier:
        [[last]] = await self._run(self._rows, _LAST, ())
        return NOWHERE if last is None else Frontier({0: last})

    async def find(self, event_id: str, besides: Container[Position] = ()) -> Record | None:
        try:
            key = packed(event_id)
        except ValueError:  # no UUID, so no id of any event
            return None
        rows = await self._run(self._rows, _BY_ID, (key,))
        return next((each for each in Batch(0, rows, 0).records() if each.position not in besides), None)

    async def matching(self, prefix: str) -> list[str]:
        digits = hex_digits(prefix)
        if digits is None:
            return []
        low, high = bytes.fromhex(digits.ljust(32, "0")), bytes.fromhex(digits.ljust(32, "f"))
        return [unpacked(row[0]) for row in await self._run(self._rows, _ID_RANGE, (low, high))]

    async def shared_digits(self, event_ids: Collection[str]) -> int:
        return await self._run(self._shared_digits, [*map(packed, event_ids)])

    async def reject(self, *refusals: Refusal) -> None:
        now = self._clock()
        rows = [
            (
                to_microseconds(each.at or now),
                *each.identity,
                each.key,
                _packed_headers(each.headers),
                entered_bytes(each.entered_by),
            )
            for each in refusals
        ]
        await self._run(self._insert_all, _REJECT, rows)

    async def acknowledge(
        self, numbers: Sequence[int], by: str = "", why: str = "", at: datetime | None = None
    ) -> None:
        row = (to_microseconds(at or self._clock()), by, why, orjson.dumps([*numbers]).decode())
        await self._run(self._rows, _ACKNOWLEDGE, row)

    async def redact(self, record: Record, told: Message, refused: Sequence[int]) -> Receipt:
        receipt = await self._run(self._redact, record, told, refused)
        await self._run(self._scrub)
        return receipt

    async def rejected(self) -> list[Rejected]:
        try:
            return [_rejected(row) for row in await self._run(self._rows, _REJECTED, ())]
        except (ValueError, TypeError) as error:
            raise LogDamaged(f"{self.path}: what is kept of a refused message cannot be read: {error}") from error

    async def examine(self) -> list[str]:
        found, after = list[str](), -1
        try:
            found += [row[0] for row in await self._run(self._rows, "PRAGMA integrity_check", ()) if row[0] != "ok"]
            while rows := await self._run(self._rows, _WITH_ID, (after, EXAMINED_AT_ONCE)):
                found += await self._run(lambda after, rows: [*record_faults(after, rows)], after, rows)
                if rows[-1][0] <= after:  # a damaged tree can give the same rows for ever
                    break
                after = rows[-1][0]
            await self.rejected()
        except LogDamaged as error:
            found.append(str(error))
        more = len(found) - FAULTS_MAX
        return found if more <= 0 else [*found[:FAULTS_MAX], f"and {more:,} more"]

    async def keep_checkpoint(self, origin: str, note: str) -> None:
        if self._is_writable:
            await asyncio.to_thread(self._keep, note)

    async def checkpoints(self) -> list[str]:
        return await asyncio.to_thread(self._kept)

    async def close(self) -> None:
        await self.group.drain()
        await asyncio.to_thread(self._release)

    def _release(self) -> None:
        self._threads.shutdown()
        with self._lock:
            while self._connections:
                self._connections.pop().close()

    # -- the file ----------------------------------------------------------------------------------

    def _opened(self, connection: apsw.Connection) -> int:
        """The format of the file, which is made, or brought to the latest one, where it can be written."""
        with connection:  # one snapshot for both questions, since another process may be creating the same file
            version = _version(connection, self.path)
        if not self._is_writable:
            if version < len(FORMATS):
                raise LogUnreachable(
                    f"{self.path} has format {version}, and has to be written once to be read: copy it"
                )
            return version
        if version < len(FORMATS):
            with _transaction(connection):
                for step in FORMATS[_version(connection, self.path) :]:  # another process may have been faster
                    connection.execute(step)
        _switch_to_wal(connection)  # only now: it changes the file, which could be another's
        return len(FORMATS)

    def _keep(self, note: str) -> None:
        try:
            with self._checkpoints.open("a", encoding="utf-8") as file:
                file.write(f"\n{note}" if file.tell() else note)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise LogUnreachable(f"{self._checkpoints} cannot be written: {error.strerror}") from error

    def _kept(self) -> list[str]:
        try:
            found = re.split(r"\n\n+", self._checkpoints.read_text("utf-8").strip("\n"))
            return [f"{text}\n\n{below}\n" for text, below in zip(found[::2], found[1::2], strict=True)]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise LogUnreachable(f"{self._checkpoints} cannot be read: {error.strerror}") from error
        except ValueError as error:
            raise LogDamaged(f"{self._checkpoints} holds what is no checkpoint: {error}") from error

    # -- appending ---------------------------------------------------------------------------------

    def _append(self, messages: Sequence[Message]) -> list[Outcome]:
        connection = self._connection()
        with _transaction(connection):
            recorded_us = to_microseconds(self._clock())
            first = _next_offset(connection)
            if any(message.recorded_at is not None for message in messages):
                return list(_append_each(connection, first, recorded_us, messages))
            rows = [_values(first + i, recorded_us, each) for i, each in enumerate(messages)]
            connection.execute("SAVEPOINT batch")
            before = connection.total_changes()
            for portion in _portions(rows):
                _insert(connection, portion)
            if connection.total_changes() - before == len(rows):
                recorded_at = from_microseconds(recorded_us)
                return [Receipt(m.id, Position(0, first + i), recorded_at, False) for i, m in enumerate(messages)]
            connection.execute("ROLLBACK TO batch")
            return list(_append_each(connection, first, recorded_us, messages))

    def _redact(self, record: Record, told: Message, refused: Sequence[int]) -> Receipt:
        connection = self._connection()
        connection.execute("PRAGMA secure_delete = ON")
        with _transaction(connection):
            now_us = to_microseconds(self._clock())
            [outcome] = _append_each(connection, _next_offset(connection), now_us, [told])
            if not isinstance(outcome, Receipt):
                raise outcome
            connection.execute(_REDACT, (record.payload, record.position.offset))
            connection.execute(_REDACT_REFUSED, (orjson.dumps([*refused]).decode(),))
        return outcome

    def _scrub(self) -> None:
        """Write the file anew, without what was removed from it, and the write-ahead log away.

        Whoever reads meanwhile still needs the pages that were, and is waited for. Pages that were split long before
        can hold a part of a record in their unused space, so that nothing less than a new file is sure.
        """
        connection, deadline = self._connection(), time.monotonic() + BUSY_TIMEOUT_MS / 1000
        connection.execute("VACUUM")
        while connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()[0][0]:
            if time.monotonic() > deadline:
                raise apsw.BusyError(
                    "the bytes are in no view any more, and the file keeps them as long as others read"
                )
            time.sleep(POLL_SLOWEST_S)

    # -- connections and threads -------------------------------------------------------------------

    async def _run(self, function: Callable[..., T], *arguments: object) -> T:
        def call() -> T:
            with self._reporting():
                return function(*arguments)

        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, call)
        except RuntimeError as error:
            raise LogUnreachable(f"{self.path}: the ledger is closed") from error

    def _rows(self, statement: str, values: Sequence[SqliteValue]) -> list[Any]:
        return self._connection().execute(statement, values).fetchall()

    def _shared_digits(self, event_ids: Sequence[bytes]) -> int:
        found = ((each, near) for each in event_ids for [near] in self._rows(_NEIGHBOURS, (each, each)))
        return max((common_digits(each, near) for each, near in found if near is not None), default=0)

    def _records(self, after: int, last: int) -> list[Row]:
        """The next records up to one; none at the end. Raises LogDamaged for the first that is not as it should be."""
        try:
            rows = self._rows(_RANGE, (after, last, READ_BATCH))
        except UNREADABLE as error:
            if rows := self._readable(after, last):
                return rows
            raise LogDamaged(f"{self.path} is damaged: {error}", Position(0, after + 1)) from error
        check_rows(self.path, after, rows)
        return rows

    def _readable(self, after: int, last: int) -> list[Row]:
        """The records up to the first that cannot be read, one by one."""
        rows = list[Row]()
        with suppress(*UNREADABLE):
            while after + len(rows) < last and (row := self._rows(_RANGE, (after + len(rows), last, 1))):
                rows += row
        check_rows(self.path, after, rows)
        return rows

    def _insert_all(self, statement: str, rows: Sequence[Sequence[SqliteValue]]) -> None:
        with _transaction(connection := self._connection()):
            connection.executemany(statement, rows)

    def _connection(self) -> apsw.Connection:
        """This thread's connection; a connection never crosses threads while in use."""
        connection: apsw.Connection | None = getattr(self._local, "connection", None)
        state = None if self._is_writable else _state(self.path)
        if connection is None or self._local.state != state:
            connection = apsw.Connection(str(self.path)) if self._is_writable else _read_only(self.path)
            with self._lock:
                self._connections.append(connection)
            connection.set_busy_timeout(BUSY_TIMEOUT_MS)
            connection.execute("PRAGMA synchronous = FULL; PRAGMA cache_size = -65536; PRAGMA mmap_size = 268435456")
            self._local.connection, self._local.state = connection, state
        return connection

    @contextmanager
    def _reporting(self) -> Iterator[None]:
        try:
            yield
        except apsw.BusyError as error:
            raise LogUnreachable(f"{self.path} is locked by another process; try again: {error}") from error
        except apsw.NotADBError as error:
            raise LogUnreachable(f"{self.path} is not a ledger, or it is damaged: {error}") from error
        except UNREADABLE as error:
            raise LogDamaged(f"{self.path} is damaged: {error}; restore the last archive") from error
        except apsw.ReadOnlyError as error:
            raise LogUnreachable(
                f"{self.path} can only be read: this user may not write it, or its directory"
            ) from error
        except apsw.Error as error:
            raise LogUnreachable(f"{self.path}: {error}") from error


@contextmanager
def _transaction(connection: apsw.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk has ended it already
            connection.execute("ROLLBACK")
        raise


def _append_each(
    connection: apsw.Connection, offset: int, recorded_us: int, messages: Sequence[Message]
) -> Iterator[Outcome]:
    """One by one, since some of these ids are known already, stand in the batch twice, or bring their own time."""
    for message in messages:
        kept = connection.execute(_BY_ID, (packed(message.id),)).fetchone()
        if kept is None:
            recorded_at = message.recorded_at or from_microseconds(recorded_us)
            _insert(connection, [_values(offset, to_microseconds(recorded_at), message)])
            yield Receipt(message.id, Position(0, offset), recorded_at, False)
            offset += 1
        elif _is_repeated(kept, message):
            yield Receipt(message.id, Position(0, kept[0]), from_microseconds(kept[1]), True)
        else:
            yield EventConflict(message.id, Position(0, kept[0]), kept[2], message.payload)


def _portions(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    """Rows in portions of few different sizes, so that the statements that insert them stay prepared."""
    start = 0
    while left := len(rows) - start:
        size = ROWS_AT_ONCE if left >= ROWS_AT_ONCE else 1 << left.bit_length() - 1
        yield rows[start : start + size]
        start += size


def _insert(connection: apsw.Connection, rows: Sequence[Sequence[SqliteValue]]) -> None:
    connection.execute(_insert_of(len(rows)), [*chain.from_iterable(rows)])


@cache
def _insert_of(rows: int) -> str:
    return _INSERT.format(", ".join(["(?, ?, ?, ?, ?)"] * rows))


def _next_offset(connection: apsw.Connection) -> int:
    offset: int = connection.execute("SELECT ifnull(max(offset), -1) + 1 FROM records").get
    return offset


def _is_repeated(kept: Sequence[Any], message: Message) -> bool:
    """Whether a message is the event that is kept under its id: of one that was redacted nobody can tell any more."""
    return is_redacted(kept[2]) or is_same_event(kept[2], message.payload)


def _values(offset: int, recorded_us: int, message: Message) -> tuple[int, bytes, int, bytes, bytes | None]:
    return offset, packed(message.id), recorded_us, message.payload, entered_bytes(message.entered_by)


def _rejected(row: Sequence[Any]) -> Rejected:
    number, at, origin, stage, reason, payload, key, headers, entered_by, dealt_with, who, why = row
    acknowledged = None if dealt_with is None else Acknowledgment(from_microseconds(dealt_with), who, why)
    borne = tuple((name, None if value is None else b64decode(value)) for name, value in orjson.loads(headers))
    told = from_microseconds(at), origin, stage, reason, payload, key, borne
    return Rejected(number, *told, acknowledged=acknowledged, entered_by=entered_text(entered_by))


def _packed_headers(headers: Headers) -> str:
    return orjson.dumps(
        [(name, None if value is None else b64encode(value).decode()) for name, value in headers]
    ).decode()


def _is_writable(path: Path) -> bool:
    """Whether the file, and the log beside it that SQLite writes first, can be written or made. Nothing is tried."""
    ahead = Path(f"{path}-wal")
    files = [path, ahead if ahead.exists() else path.parent]
    return not path.exists() or all(os.access(each, os.W_OK, effective_ids=True) for each in files)


def _state(path: Path) -> tuple[int, int, bool]:
    """What another process changes that writes the file: a connection that takes no locks would not see it."""
    ahead, seen = Path(f"{path}-wal"), path.stat()
    return seen.st_mtime_ns, seen.st_size, ahead.exists() and ahead.stat().st_size > 0


def copy_file(path: Path, to: Path) -> None:
    """A copy of a log as it is now, whoever writes to it meanwhile. Raises LogUnreachable."""
    source, target = _read_only(path, is_shared=os.access(f"{path}-shm", os.W_OK)), apsw.Connection(str(to))
    try:
        with target.backup("main", source, "main") as copy:
            copy.step()
    except apsw.Error as error:
        raise LogUnreachable(f"{path} cannot be copied: {error}") from error
    finally:
        source.close()
        target.close()


def _read_only(path: Path, *, is_shared: bool = False) -> apsw.Connection:
    """A connection to a file that cannot be written. Raises LogUnreachable where a part of it is still beside it.

    Without a log beside it nobody who could write has it open, and SQLite needs no lock, which it could not make. Not
    so where the memory by which processes share it is there (`is_shared`): whoever made that may write first now.
    """
    ahead, (*_, is_partial) = Path(f"{path}-wal"), _state(path)
    how = "mode=ro" if is_partial or is_shared else "immutable=1"
    connection = apsw.Connection(f"{path.absolute().as_uri()}?{how}", apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)
    try:
        connection.execute("SELECT 1 FROM sqlite_schema")
    except (apsw.CantOpenError, apsw.ReadOnlyError) as error:
        both = f"copy both to where you can write, and open the copy of {path.name}"
        raise LogUnreachable(f"{path} is not whole without {ahead.name}, which can only be read: {both}") from error
    return connection


def _switch_to_wal(connection: apsw.Connection) -> None:
    """SQLite does not wait for a lock here as it does elsewhere, so that this has to."""
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except apsw.BusyError:
            if time.monotonic() > deadline:
                raise
            time.sleep(POLL_FASTEST_S)


def _version(connection: apsw.Connection, path: Path) -> int:
    """The format of a ledger's file; 0 for an empty one. Raises LogUnreachable for anything else."""
    if connection.execute("PRAGMA application_id").get != APPLICATION_ID:
        if connection.execute("SELECT count(*) FROM sqlite_schema").get:
            raise LogUnreachable(f"{path} is a SQLite file of something else; give the ledger a file of its own")
        return 0
    version: int = connection.execute("PRAGMA user_version").get
    if not 1 <= version <= len(FORMATS):
        raise LogUnreachable(f"{path} has format {version}; this software reads formats up to {len(FORMATS)}")
    return version
