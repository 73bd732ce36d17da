"""The embedded log: the contract of every log, and what is particular to one file."""

import asyncio
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import apsw
import pytest

from ledger.errors import LedgerError, LogUnreachable
from ledger.log.ids import packed
from ledger.log.port import Message, Refusal
from ledger.log.sqlite import FORMATS, ROWS_AT_ONCE, SqliteLog, copy_file
from schemas.record import from_microseconds
from tests.log.contract import IdempotentLogContract, every, offsets
from tests.log.events import EXCHANGE, TREE, message, messages, tamper


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
async def log(path: Path) -> AsyncIterator[SqliteLog]:
    log = SqliteLog(path)
    yield log
    await log.close()


class TestSqliteLog(IdempotentLogContract):
    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        return f"sqlite:///{tmp_path}/ledger.db"


# -- history stays -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE records SET payload = x'00' WHERE offset = 1",
        "UPDATE records SET recorded_at = 0",
        "DELETE FROM records WHERE offset = 2",
        "DELETE FROM records",
    ],
)
async def test_the_file_itself_refuses_to_rewrite_history(log: SqliteLog, path: Path, statement: str) -> None:
    await log.append(messages(0, 3))
    other = apsw.Connection(str(path))
    with pytest.raises(apsw.ConstraintError, match="append-only"):
        other.execute(statement)
    other.close()
    assert [record.payload for record in await every(log)] == [each.payload for each in messages(0, 3)]


@pytest.mark.parametrize("format", range(1, len(FORMATS)))
async def test_a_file_of_an_older_format_is_brought_up_to_this_one_with_what_it_holds(path: Path, format: int) -> None:
    older = apsw.Connection(str(path))
    older.execute(FORMATS[0])
    older.execute("INSERT INTO rejected VALUES (3, 5, 'a.ndjson:1', 'publish', 'is not JSON', x'7b')")
    older.execute("INSERT INTO records VALUES (0, ?, 7, ?)", (packed(message(0).id), message(0).payload))
    older.execute("".join(FORMATS[1:format]))
    older.execute("BEGIN IMMEDIATE")
    older.execute("".join(FORMATS[format:]))  # by a process that is killed before it commits
    older.close()
    for _ in range(2):
        log = SqliteLog(path)
        await log.acknowledge([3], "Ada", "mended")
        [kept] = await log.rejected()
        assert kept[:6] == (3, from_microseconds(5), "a.ndjson:1", "publish", "is not JSON", b"{")
        assert (kept.key, kept.headers, kept.acknowledged and kept.acknowledged[1:]) == (None, (), ("Ada", "mended"))
        await log.append([message(1)._replace(entered_by="desk:kyiv")])
        first, second = await every(log)
        assert (first.recorded_at, first.entered_by, second.entered_by) == (from_microseconds(7), None, "desk:kyiv")
        assert await log.examine() == []
        await log.close()


async def test_one_that_has_a_file_open_goes_on_when_another_brings_it_up_to_the_next_format(path: Path) -> None:
    older = apsw.Connection(str(path))
    older.execute("".join(FORMATS[:-1]))
    older.execute("PRAGMA journal_mode = WAL")
    insert = "INSERT INTO records (offset, id, recorded_at, payload) VALUES (?, ?, 7, ?)"
    older.execute(insert, (0, packed(message(0).id), message(0).payload))
    log = SqliteLog(path)
    await log.append([message(1)._replace(entered_by="desk:kyiv")])
    older.execute(insert, (2, packed(message(2).id), message(2).payload))
    assert [each.entered_by for each in await every(log)] == [None, "desk:kyiv", None]
    await log.close()
    older.close()


async def test_what_no_software_of_ours_wrote_for_who_entered_an_event_is_shown_as_it_is(
    log: SqliteLog, path: Path
) -> None:
    other = apsw.Connection(str(path))
    other.execute("INSERT INTO records VALUES (0, ?, 7, ?, x'ff0a')", (packed(message(0).id), message(0).payload))
    other.close()
    assert [each.entered_by for each in await every(log)] == ["\\xff\n"]


async def test_what_was_said_of_a_rejected_message_never_changes(log: SqliteLog, path: Path) -> None:
    await log.reject(Refusal("a.ndjson:1", "publish", "is not JSON", b"{"))
    await log.acknowledge([1], why="mended")
    other = apsw.Connection(str(path))
    for statement in ("UPDATE acknowledged SET why = ''", "DELETE FROM acknowledged"):
        with pytest.raises(apsw.ConstraintError, match="stays"):
            other.execute(statement)
    other.close()


# -- files that are no ledger --------------------------------------------------------------------------


def refused(path: Path, match: str) -> None:
    """The file is refused, and neither it nor its directory changes."""
    before = {each.name: each.read_bytes() for each in path.parent.iterdir()}
    with pytest.raises(LogUnreachable, match=match):
        SqliteLog(path)
    assert {each.name: each.read_bytes() for each in path.parent.iterdir()} == before


def test_a_database_of_something_else_is_refused_and_left_as_it_is(path: Path) -> None:
    other = apsw.Connection(str(path))
    other.execute("CREATE TABLE mine (x); INSERT INTO mine VALUES (1)")
    other.close()
    refused(path, "something else")


@pytest.mark.parametrize("content", [b"Dear diary,\n" * 1000, b"short", bytes(range(256)) * 64])
def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    refused(path, "not a ledger")


async def test_a_newer_format_is_refused_and_left_as_it_is(path: Path) -> None:
    await SqliteLog(path).close()
    other = apsw.Connection(str(path))
    other.execute("PRAGMA user_version = 5")
    other.close()
    refused(path, "has format 5; this software reads formats up to 4")


def test_a_directory_is_refused(path: Path) -> None:
    path.mkdir()
    with pytest.raises(LogUnreachable, match="unable to open"):
        SqliteLog(path)


def test_a_place_that_takes_no_files_is_refused() -> None:
    with pytest.raises(LogUnreachable, match="unable to open"):
        SqliteLog(Path("/proc/ledger.db"))


def test_an_empty_file_becomes_a_ledger(path: Path) -> None:
    path.touch()
    asyncio.run(SqliteLog(path).close())
    assert path.stat().st_size > 0


def test_processes_may_create_the_same_ledger_at_once(path: Path) -> None:
    opens = "import sys; from pathlib import Path; from ledger.log.sqlite import SqliteLog; sys.stdin.readline();"
    opens += "[SqliteLog(Path(sys.argv[1], str(n))) for n in range(20)]; print('opened', flush=True);"
    command = [sys.executable, "-c", opens + "import os; os._exit(0)", str(path.parent)]
    openers = [
        subprocess.Popen(command, cwd=TREE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    for opener in openers:
        assert opener.stdin is not None
        opener.stdin.write("go\n")
        opener.stdin.flush()
    assert [opener.communicate()[0] for opener in openers] == ["opened\n"] * 3


# -- beside other users of the file --------------------------------------------------------------------


@contextmanager
def write_lock(path: Path) -> Iterator[apsw.Connection]:
    other = apsw.Connection(str(path))
    other.execute("BEGIN EXCLUSIVE")
    try:
        yield other
    finally:
        other.execute("ROLLBACK")
        other.close()


async def test_an_append_that_waits_for_a_lock_never_blocks_the_loop(log: SqliteLog, path: Path) -> None:
    with write_lock(path):
        appending = asyncio.create_task(log.append([message(1)]))
        for _ in range(200):
            await asyncio.sleep(0.005)  # were the loop blocked, the lock would never be released
        assert not appending.done()
    assert offsets(await appending) == [0]


async def test_a_long_append_never_blocks_the_loop(log: SqliteLog) -> None:
    many = messages(0, 30_000)
    appending = asyncio.create_task(log.append(many))
    ticks = 0
    while not appending.done():
        await asyncio.sleep(0.001)
        ticks += 1
    assert ticks > 10
    assert offsets(await appending) == [*range(30_000)]


async def test_readers_see_what_is_committed_while_another_process_writes(log: SqliteLog, path: Path) -> None:
    await log.append(messages(0, 3))
    with write_lock(path) as other:
        other.execute("INSERT INTO records VALUES (3, x'00', 0, x'00', NULL)")
        assert len(await every(log)) == 3
        assert await log.find(message(1).id) is not None
        late = SqliteLog(path)
        assert len(await every(late)) == 3
        await late.close()


# -- batches ------------------------------------------------------------------------------------------


async def test_a_batch_of_more_rows_than_one_statement_takes_is_whole(log: SqliteLog) -> None:
    receipts = await log.append(messages(0, 2 * ROWS_AT_ONCE + 1))
    assert offsets(receipts) == [*range(2 * ROWS_AT_ONCE + 1)]
    repeated = await log.append([*messages(2 * ROWS_AT_ONCE, 3 * ROWS_AT_ONCE), message(0)])
    assert offsets(repeated) == [*range(2 * ROWS_AT_ONCE, 3 * ROWS_AT_ONCE), 0]


# -- event loops ---------------------------------------------------------------------------------------


async def test_a_log_belongs_to_the_loop_that_appends_first(log: SqliteLog) -> None:
    await log.append([message(1)])
    with pytest.raises(LogUnreachable, match="a log belongs to one event loop; open it again"):
        await asyncio.to_thread(asyncio.run, log.append([message(2)]))
    assert offsets(await log.append([message(2)])) == [1]


def test_a_log_goes_on_in_another_loop_when_its_first_is_closed(path: Path) -> None:
    log = SqliteLog(path)
    assert offsets(asyncio.run(log.append([message(1)]))) == [0]
    assert offsets(asyncio.run(log.append([message(2)]))) == [1]
    asyncio.run(log.close())


async def test_an_append_that_is_interrupted_leaves_nobody_waiting(log: SqliteLog, path: Path) -> None:
    with write_lock(path):
        appends = [asyncio.create_task(log.append([message(1)]))]
        await asyncio.sleep(0.05)
        appends.append(asyncio.create_task(log.append([message(2)])))
        await asyncio.sleep(0)
        interrupted = log.group.appending
        assert interrupted is not None
        interrupted.cancel()
        for outcome in await asyncio.wait_for(asyncio.gather(*appends, return_exceptions=True), 5):
            assert isinstance(outcome, LogUnreachable)
            assert "interrupted" in str(outcome)
    assert interrupted.cancelled()
    assert len(await log.append(messages(1, 4))) == 3
    assert len(await every(log)) == 3


# -- a full disk ---------------------------------------------------------------------------------------


async def test_a_full_disk_is_said_leaves_nothing_half_written_and_passes(path: Path) -> None:
    connections: list[apsw.Connection] = []

    def limited(connection: apsw.Connection) -> None:
        connection.pragma("max_page_count", 40)
        connections.append(connection)

    apsw.connection_hooks.append(limited)
    try:
        await _fills_up_and_goes_on(path, lambda: [each.pragma("max_page_count", 1 << 20) for each in connections])
    finally:
        apsw.connection_hooks.remove(limited)


async def test_a_write_that_fails_at_commit_leaves_nothing_half_written_and_passes(path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, hard))
    try:
        await _fills_up_and_goes_on(path, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def _append_for_ever(log: SqliteLog) -> None:
    for first in count(0, 10):
        await log.append(messages(first, first + 10))


async def _fills_up_and_goes_on(path: Path, make_space: Callable[[], object]) -> None:
    log = SqliteLog(path)
    with pytest.raises(LogUnreachable) as refusal:
        await _append_for_ever(log)
    kept = len(await every(log))
    assert kept > 0
    assert kept % 10 == 0
    assert "cannot rollback" not in str(refusal.value)
    assert str(path) in str(refusal.value)
    with pytest.raises(LogUnreachable):
        await log.append([Message(message(kept).id, EXCHANGE, bytes(200_000))])
    assert [record.payload for record in await every(log)] == [each.payload for each in messages(0, kept)]
    make_space()
    assert offsets(await log.append(messages(0, kept + 500))) == [*range(kept + 500)]
    assert await log.examine() == []
    await log.close()


# -- a damaged file ------------------------------------------------------------------------------------


async def faults(path: Path) -> list[str]:
    """What a damaged file is found out by: at opening, by the examination, and by reading all of it."""
    try:
        log = SqliteLog(path)
    except LedgerError as error:
        return [str(error)]
    found: list[str] = []
    try:
        found += await log.examine()
    except LedgerError as error:
        found.append(str(error))
    try:
        await every(log)
    except LedgerError as error:
        found.append(str(error))
    await log.close()
    return found


@pytest.mark.parametrize("page", [1, 2, 3, 20, 50])
@pytest.mark.parametrize("garbage", [b"\xff", b"\x00"])
async def test_an_overwritten_page_is_found_out(path: Path, page: int, garbage: bytes) -> None:
    log = SqliteLog(path)
    await log.append(messages(0, 1000))
    await log.close()
    assert await faults(path) == []
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(garbage * 4096)
    assert await faults(path)


@pytest.mark.parametrize("kept", [100, 5_000, 50_000, 200_000])
async def test_a_truncated_file_is_found_out(path: Path, kept: int) -> None:
    log = SqliteLog(path)
    await log.append(messages(0, 1000))
    await log.close()
    assert os.stat(path).st_size > kept
    os.truncate(path, kept)
    assert await faults(path)


async def test_a_hole_in_the_positions_is_found_out(path: Path) -> None:
    log = SqliteLog(path)
    await log.append(messages(0, 10))
    await log.close()
    tamper(path, "DELETE FROM records WHERE offset IN (3, 4)")
    found = await faults(path)
    assert found == ["0:3: 2 records are missing", f"the first bad position is 0:3: {path}: the record is missing"]


async def test_a_copied_file_is_a_ledger(log: SqliteLog, path: Path, tmp_path: Path) -> None:
    await log.append(messages(0, 10))
    await log.close()
    shutil.copy(path, tmp_path / "copy.db")
    copy = SqliteLog(tmp_path / "copy.db")
    assert len(await every(copy)) == 10
    await copy.close()


async def test_a_copy_holds_together_whoever_writes_meanwhile(
    log: SqliteLog, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also of a file that is open and not written yet, to which the first is written while it is copied."""
    await log.append(messages(0, 2000))
    writer = apsw.Connection(str(path))
    writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connect = apsw.Connection

    def written_meanwhile(name: str, *given: Any) -> apsw.Connection:
        if name == str(tmp_path / "copy.db"):  # the last that is opened before anything is copied
            writer.execute("DROP TRIGGER records_never_go; DELETE FROM records; VACUUM")
            writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return connect(name, *given)

    monkeypatch.setattr(apsw, "Connection", written_meanwhile)
    copy_file(path, tmp_path / "copy.db")
    copy = connect(str(tmp_path / "copy.db"))
    assert copy.execute("PRAGMA integrity_check").get == "ok"
    assert copy.execute("SELECT count(*) FROM records").get == 0
