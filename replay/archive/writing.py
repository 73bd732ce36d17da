"""Writing an archive: what the one that is there lacks is taken from the log, and the file is laid out anew."""

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import apsw
import orjson

from ledger.errors import VerificationFailed
from ledger.log.port import EventLog
from ledger.proof.checkpoint import one_ledger, parse_checkpoint
from ledger.proof.leaf import record_hashes
from ledger.proof.note import Note
from ledger.proof.tree import Tree
from ledger.redaction import redacted_event
from replay.archive.layout import APPLICATION_ID, DIGEST_BYTES, FORMATS, PAGE_BYTES, README, TABLES, number, seal
from replay.archive.reading import Archive
from replay.checkpoints.check import StoredPartition
from replay.checkpoints.trees import check_mark
from replay.files import writing
from schemas.contracts.published import CONTRACTS
from schemas.record import Frontier, Position, Progress
from schemas.redaction import is_redacted

_SCHEMA = ";\n".join((*TABLES, f"PRAGMA application_id = {APPLICATION_ID}", f"PRAGMA user_version = {FORMATS[-1]}"))
_FROM_FIRST_FORMAT = f"""
ALTER TABLE records RENAME TO former;
{TABLES[-1]};
INSERT INTO records SELECT *, NULL FROM former;
DROP TABLE former
"""
_QUICK = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536"


@dataclass(frozen=True)
class Exported:
    """What an archive holds now, and how many of its records are new in it."""

    partitions: list[StoredPartition]
    added: int
    checkpoints: int


async def export(
    log: EventLog, path: Path, notes: Sequence[Note] = (), *, progress: Progress | None = None
) -> Exported:
    """Archive a log up to its end as of now, with checkpoints of it. Records that are archived are not read again.

    The same log and checkpoints give the same bytes, in however many steps they were archived. Until all is written,
    the archive that was there stays as it was. Raises LogUnreachable, Damaged, and VerificationFailed where the log
    does not go on from the archive, or is not what a checkpoint says.
    """
    end = await log.end()
    before = Archive.open_if_there(path)
    notes = [*(before.notes() if before else ()), *notes]
    marks = [parse_checkpoint(note) for note in notes]
    one_ledger(mark.name for mark in marks)
    with writing(path), _workshop(path, before) as (spool, finished):
        kept = {each.partition: each for each in before.partitions()} if before else {}
        _check_reach(path, kept, end)
        stored, added = list[StoredPartition](), 0
        for partition in sorted(end.offsets):
            held = kept.get(partition)
            tree = Tree()
            tree.extend(before.hashes(partition) if before and held else b"")
            new = await _add_records(spool, log, end.of(partition), held, tree, progress)
            if held and _says_of_redactions(spool, partition, tree.size - new):
                await _remove_redacted(spool, log, end.of(partition))
            added += new
            for mark in marks:
                if mark.partition == partition and mark.size <= tree.size:
                    check_mark(mark, tree.root(mark.size))
            stored += _put_tree(spool, partition, tree)
        written = _put_checkpoints(spool, stored, notes)
        _finish(spool, finished)
    return Exported(stored, added, written)


def _check_reach(path: Path, kept: dict[int, StoredPartition], end: Frontier) -> None:
    for each in kept.values():
        if each.last > end.last(each.partition):
            position = Position(each.partition, end.last(each.partition) + 1)
            raise VerificationFailed(
                f"{path} holds {position}, and the log does not: it is another log, or was cut off"
            )


async def _add_records(
    spool: apsw.Connection,
    log: EventLog,
    end: Frontier,
    held: StoredPartition | None,
    tree: Tree,
    progress: Progress | None,
) -> int:
    """Take what a partition's log has beyond the archive. The archive's last record must be there, unchanged."""
    [partition] = end.offsets
    before, known = tree.size, bytes(tree.levels[0][-32:]) if held else b""
    after = Frontier({partition: held.last - 1}) if held and held.last else Frontier()
    async with aclosing(log.read(after, end)) as batches:
        async for batch in batches:
            rows = batch.rows
            if known and rows:
                if record_hashes(partition, rows[:1]) != known:
                    raise VerificationFailed(f"the log has another record at {partition}:{rows[0][0]} than the archive")
                rows, known = rows[1:], b""
            keys = range(number(partition, tree.size), number(partition, tree.size + len(rows)))
            insert = "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?)"
            spool.executemany(insert, ((key, partition, *row) for key, row in zip(keys, rows, strict=True)))
            tree.extend(record_hashes(partition, rows))
            if progress:
                progress(len(rows))
    if known:
        raise VerificationFailed(f"the log has no record at {partition}:{held.last if held else 0} any more")
    return tree.size - before


def _says_of_redactions(spool: apsw.Connection, partition: int, start: int) -> bool:
    """Whether a new record says that an older one was redacted."""
    query = "SELECT payload FROM records WHERE number >= ? AND number < ?"
    rows = spool.execute(query, (number(partition, start), number(partition + 1, 0)))
    return any(redacted_event(payload) for [payload] in rows)


async def _remove_redacted(spool: apsw.Connection, log: EventLog, end: Frontier) -> None:
    """Put what the log has now in the place of each archived record that was redacted since."""
    index = 0
    async with aclosing(log.read(through=end)) as batches:
        async for batch in batches:
            for _, _, payload, _ in batch.rows:
                if is_redacted(payload):
                    at = number(batch.partition, index)
                    spool.execute("UPDATE records SET payload = ? WHERE number = ?", (payload, at))
                index += 1


def _put_tree(spool: apsw.Connection, partition: int, tree: Tree) -> Iterator[StoredPartition]:
    if not tree.size:
        return
    spool.execute('DELETE FROM tiles WHERE "partition" = ?', (partition,))
    level = 0
    while count := tree.tiles(level):
        tiles = ((partition, level, at, tree.tile(level, at)) for at in range(count))
        spool.executemany("INSERT INTO tiles VALUES (?, ?, ?, ?)", tiles)
        level += 1
    last = spool.execute("SELECT offset FROM records WHERE number = ?", (number(partition, tree.size - 1),)).get
    stored = StoredPartition(partition, tree.size, last, tree.root())
    spool.execute("INSERT OR REPLACE INTO partitions VALUES (?, ?, ?, ?)", stored)
    yield stored


def _put_checkpoints(spool: apsw.Connection, stored: Iterable[StoredPartition], notes: Iterable[Note]) -> int:
    """Keep the checkpoints that speak of nothing beyond the archive. Returns how many there are."""
    sizes = {each.partition: each.size for each in stored}
    spool.execute("DELETE FROM checkpoints")
    for note in notes:
        of = parse_checkpoint(note)
        if of.size <= sizes.get(of.partition, 0):
            spool.execute("INSERT OR IGNORE INTO checkpoints VALUES (?, ?, ?)", (of.partition, of.size, str(note)))
    return int(spool.execute("SELECT count(*) FROM checkpoints").get)


# -- the file ----------------------------------------------------------------------------------


@contextmanager
def _workshop(path: Path, before: Archive | None) -> Iterator[tuple[apsw.Connection, Path]]:
    """A copy of the archive to be extended, and a place for the new one, which then takes the old one's place."""
    with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
        spooled, finished = Path(folder) / "spool", Path(folder) / "archive"
        if before:
            shutil.copyfile(path, spooled)
        spool = apsw.Connection(str(spooled))
        try:
            spool.execute(f"PRAGMA page_size = {PAGE_BYTES}; {_QUICK}; BEGIN").fetchall()
            if not before:
                spool.execute(_SCHEMA)
            elif before.is_first_format:
                spool.execute(_FROM_FIRST_FORMAT)
            _put_texts(spool)
            yield spool, finished
        finally:
            spool.close()
            if before:
                before.close()
        seal(finished)
        _replace(finished, path)


def _put_texts(spool: apsw.Connection) -> None:
    """What is for readers: as this software knows it, whatever an earlier one wrote."""
    spool.execute("DELETE FROM seal; DELETE FROM readme; DELETE FROM schemas")
    spool.execute("INSERT INTO seal VALUES (?)", (bytes(DIGEST_BYTES),))
    spool.execute("INSERT INTO readme VALUES (?)", (README,))
    for file in sorted((CONTRACTS / "events").glob("*.v*.json")):
        name, version = file.name.removesuffix(".json").rsplit(".v", 1)
        text = orjson.dumps(orjson.loads(file.read_bytes())).decode()
        spool.execute("INSERT INTO schemas VALUES (?, ?, ?)", (name, int(version), text))


def _finish(spool: apsw.Connection, finished: Path) -> None:
    """Lay out the tables one after the other, so that the file tells nothing of how it came about."""
    spool.execute("COMMIT")
    spool.execute("VACUUM INTO ?", (str(finished),))


def _replace(new: Path, path: Path) -> None:
    _sync(new, os.O_RDWR)
    os.replace(new, path)
    _sync(path.parent, os.O_RDONLY)


def _sync(path: Path, flags: int) -> None:
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
