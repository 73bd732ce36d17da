"""Reading what is audited, once from its first record to its last: it is folded while others look at each record."""

import asyncio
import hashlib
import multiprocessing
from array import array
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Protocol, TypeVar

from ledger.book.cut import Cut
from ledger.errors import LogDamaged, LogUnreachable, VerificationFailed
from ledger.follow.books import Books
from ledger.follow.follower import read_live
from ledger.log import opened_log
from ledger.log.port import EventLog
from ledger.proof.keys import Keyring
from ledger.proof.note import Note
from ledger.proof.tree import Tree
from ledger.settings import TRUSTING, Trust
from replay.archive.reading import Archive
from replay.archive.verify import verify_archive
from replay.audit.evidence import Evidence, Integrity, QuotedEvent, Repeat, quoted_ids, repeated_ids
from replay.audit.record_scan import Scan, ScannedRecords, scan
from replay.checkpoints.check import CheckpointCheck, Damaged, StoredPartition, Verified
from replay.compare.published import compare_published, keeps_views
from replay.compare.views import ViewDifference, compare
from replay.parallel import suited
from replay.rebuild import combined, exchange_digest
from schemas.dsse import event_bytes
from schemas.record import Batch, Frontier, Position, Progress, Row

CHUNK = 2048
"""Records that are looked at together."""
FEW = 20_000
"""So many records are looked at sooner than other processes have started."""
T = TypeVar("T")


class RecordSource(Protocol):
    """Something with records that can be read more than once, always the same."""

    def batches(self) -> AsyncIterator[Batch]: ...


class Workers:
    """Who does the work: this process, or with `jobs` above one so many others."""

    def __init__(self, jobs: int) -> None:
        self.ahead = 2 * jobs + 1
        self._stack = ExitStack()
        self._pool: ProcessPoolExecutor | None = None
        if jobs > 1:
            context = multiprocessing.get_context("spawn")
            self._pool = self._stack.enter_context(ProcessPoolExecutor(jobs, mp_context=context))

    def start(self, work: Callable[..., T], *given: object) -> asyncio.Future[T]:
        """Begin something that is awaited later."""
        if self._pool is None:
            return asyncio.ensure_future(asyncio.to_thread(work, *given))
        return asyncio.wrap_future(self._pool.submit(work, *given))

    def look(self, partition: int, rows: Sequence[Row], hashed: bool) -> Awaitable[Scan]:
        """Look at some records. Without other processes it is done in this very thread once it is awaited: another one
        would be done no sooner, and whoever reads the next rows would wait for it after each of them."""
        if self._pool is None:
            return asyncio.ensure_future(_scanned(partition, rows, hashed))
        return asyncio.wrap_future(self._pool.submit(scan, partition, rows, hashed))

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
        self._stack.close()


async def _scanned(partition: int, rows: Sequence[Row], hashed: bool) -> Scan:
    return scan(partition, rows, hashed)


def workers_for(records: int, jobs: int | None) -> Workers:
    """As many as `jobs`, or as suits so many records on this machine."""
    return Workers(jobs or suited(records, FEW))


# -- an archive --------------------------------------------------------------------------------


async def read_archive(
    path: Path,
    keyring: Keyring | None = None,
    given: Sequence[Note] = (),
    *,
    ledger: str | None = None,
    trust: Trust = TRUSTING,
    expected: str | None = None,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Evidence:
    """Everything that an audit of an archive needs. Raises LogUnreachable where there is none.

    `ledger`: the name that its checkpoints must bear. `trust`: which signatures of events are asked for. `expected`:
    the digest of all figures that somebody published.
    """
    records = _archived(path)
    with workers_for(records, jobs) as workers:
        checking = workers.start(_checked_archive, path, keyring, given, ledger)
        try:
            read = await _Read(workers, hashed=False, trust=trust).all(_Archived(path), progress)
        except Damaged:  # what exactly is wrong, the check says
            return _nothing((await checking)._replace(readable=False))
        except BaseException:
            checking.cancel()
            raise
        digest = combined(_digests(read.books)) if expected else None
        return read.evidence(await checking, digest, expected, None)


def _archived(path: Path) -> int:
    """About how many records an archive has: by its size, since nothing in it is to be believed yet."""
    if not path.is_file():
        raise LogUnreachable(f"there is no archive at {path}; `replay export {path}` makes one")
    return path.stat().st_size // 512


def _checked_archive(path: Path, keyring: Keyring | None, given: Sequence[Note], ledger: str | None) -> Integrity:
    try:
        checked = verify_archive(path, keyring, given, ledger=ledger)
        return Integrity(checked, None, None, len(given), keyring is not None)
    except VerificationFailed as error:
        return _failed(error, len(given), keyring)


def _failed(error: VerificationFailed, given: int, keyring: Keyring | None) -> Integrity:
    position = error.position if isinstance(error, Damaged | LogDamaged) else None
    return Integrity(None, str(error), position, given, keyring is not None)


class _Archived:
    def __init__(self, path: Path) -> None:
        self._path = path

    async def batches(self) -> AsyncIterator[Batch]:
        archive = Archive.open(self._path)
        try:
            for stored in archive.partitions():
                for start in range(0, stored.size, CHUNK):
                    rows = [*archive.rows(stored.partition, start, min(stored.size, start + CHUNK))]
                    yield Batch.of(stored.partition, rows)
        finally:
            archive.close()


def file_digest(path: Path) -> str:
    """The SHA-256 of a file, as `sha256sum` prints it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# -- a log -------------------------------------------------------------------------------------


async def read_log(
    url: str,
    keyring: Keyring | None = None,
    given: Sequence[Note] = (),
    *,
    ledger: str | None = None,
    expected: str | None = None,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Evidence:
    """Everything that an audit of a log needs, up to its end as of now. Raises LogUnreachable.

    `ledger`: the name that its checkpoints must bear. `expected`: the digest of all figures that somebody published.
    """
    async with opened_log(url) as log:
        end = await log.end()
        with workers_for(end.records, jobs) as workers:
            following = workers.start(_live_digests, url, end)
            try:
                read = await _Read(workers, hashed=True, trust=log.trust).all(_Logged(log, end), progress)
            except LogDamaged as error:
                await asyncio.gather(following, return_exceptions=True)
                return _nothing(_failed(error, len(given), keyring)._replace(readable=False))
            digests = _digests(read.books)
            if log.is_validated and read.records.invalid:  # whoever believes the log does not come to these figures
                await asyncio.gather(following, return_exceptions=True)
                found = read.evidence(read.integrity(url, keyring, given), combined(digests), expected, None)
                return replace(found, is_validated=True)
            is_equal = await following == digests
            live = [] if is_equal else compare(await read_live(log, Cut(), end), read.books)
            kept = await compare_published(log) if keeps_views(log) and await log.published() else None
            differing = [*live, *kept.differences] if kept else live
            found = read.evidence(read.integrity(url, keyring, given, ledger), combined(digests), expected, differing)
            return replace(found, published=kept.views) if kept else found


class _Logged:
    def __init__(self, log: EventLog, end: Frontier) -> None:
        self._log, self._end = log, end

    async def batches(self) -> AsyncIterator[Batch]:
        async for batch in self._log.read(through=self._end):
            yield batch


def _live_digests(url: str, end: Frontier) -> dict[str, str]:
    """The digest of each exchange as a reader has it who follows the log."""

    async def run() -> Books:
        async with opened_log(url) as log:
            return await read_live(log, Cut(), end)

    return _digests(asyncio.run(run()))


def _digests(books: Books) -> dict[str, str]:
    return {exchange: exchange_digest(books, exchange) for exchange in books.exchanges()}


class _LogOffsets:
    """Where the records of a log stand that was read."""

    def __init__(self, name: str, offsets: Mapping[int, Sequence[int]]) -> None:
        self.name = name
        self._offsets = offsets

    def offset(self, partition: int, index: int) -> int:
        return self._offsets[partition][index]


# -- both --------------------------------------------------------------------------------------


class _Read:
    """What is known once every record was read."""

    def __init__(self, workers: Workers, hashed: bool, trust: Trust) -> None:
        self.books, self.records = Books(trust=trust), ScannedRecords()
        self._workers, self._hashed = workers, hashed
        self._trees: defaultdict[int, Tree] = defaultdict(Tree)
        self._offsets: defaultdict[int, array[int]] = defaultdict(lambda: array("q"))

    async def all(self, source: RecordSource, progress: Progress | None) -> "_Read":
        """Read everything once, and once more what is to be quoted. Raises Damaged, LogUnreachable."""
        waiting = deque[tuple[Batch, Awaitable[Scan]]]()
        async for batch in source.batches():
            for part in _parts(batch):
                waiting.append((part, self._workers.look(part.partition, part.rows, self._hashed)))
                if len(waiting) > self._workers.ahead:
                    await self._take(*waiting.popleft(), progress)
        while waiting:
            await self._take(*waiting.popleft(), progress)
        await self._quote(source)
        return self

    async def _take(self, batch: Batch, looking: Awaitable[Scan], progress: Progress | None) -> None:
        """Fold what is valid of a batch that was looked at."""
        found = await looking
        self.records.add(batch.partition, batch.rows, found)
        if self._hashed:
            self._trees[batch.partition].extend(found.hashes)
            self._offsets[batch.partition].extend(row[0] for row in batch.rows)
        valid = [row for row in batch.rows if row[0] not in found.invalid] if found.invalid else batch.rows
        self.books.take(batch._replace(rows=valid))
        if progress:
            progress(len(batch.rows))

    async def _quote(self, source: RecordSource) -> None:
        repeated = repeated_ids(self.records, self.books)
        places = self.records.places({*quoted_ids(self.books), *repeated}, self.books.unbelieved)
        wanted = {position: event_id for event_id, found in places.items() for position in found}
        self.quoted, payloads = dict[str, QuotedEvent](), defaultdict[str, set[bytes]](set)
        async for batch in source.batches() if wanted else _none():
            for row in batch.rows:
                event_id = wanted.get(Position(batch.partition, row[0]))
                if event_id is not None:
                    self.quoted.setdefault(event_id, QuotedEvent.of(batch.partition, row))
                    payloads[event_id].add(event_bytes(row[2]))
        several = [each for each in repeated if len(places[each]) > 1]
        self.repeats = [Repeat(each, places[each], len(payloads[each]) == 1) for each in several]

    def integrity(
        self, name: str, keyring: Keyring | None, given: Sequence[Note], ledger: str | None = None
    ) -> Integrity:
        """The trees of a log that was read, against checkpoints."""
        try:
            return Integrity(self._verified(name, keyring, given, ledger), None, None, len(given), keyring is not None)
        except VerificationFailed as error:
            return _failed(error, len(given), keyring)

    def _verified(self, name: str, keyring: Keyring | None, given: Sequence[Note], ledger: str | None) -> Verified:
        trees = [
            (StoredPartition(partition, tree.size, self._offsets[partition][-1], tree.root()), tree)
            for partition, tree in sorted(self._trees.items())
        ]
        return CheckpointCheck(_LogOffsets(name, self._offsets), keyring, given, ledger).verified(trees)

    def evidence(
        self, integrity: Integrity, digest: str | None, expected: str | None, live: list[ViewDifference] | None
    ) -> Evidence:
        return Evidence(integrity, self.records, self.books, self.repeats, self.quoted, digest, live, expected)


def _parts(batch: Batch) -> Iterator[Batch]:
    for first in range(0, len(batch.rows), CHUNK):
        rows = batch.rows[first : first + CHUNK]
        yield Batch.of(batch.partition, rows)


async def _none() -> AsyncIterator[Batch]:
    for batch in list[Batch]():
        yield batch


def _nothing(integrity: Integrity) -> Evidence:
    """What is left to say of records that cannot be read."""
    return Evidence(integrity, ScannedRecords(), Books(), [], {}, None, None)
