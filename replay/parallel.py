"""Rebuild with several processes: each folds some of the exchanges, since no exchange depends on another.

All events of an exchange are in one partition. So a log of several partitions is divided by them, and each process
reads no more than its own; one of a single partition is read by all, and divided by a checksum of the exchange.
"""

import asyncio
import multiprocessing
import os
import signal
import time
import zlib
from collections.abc import Callable, Iterator, MutableSequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import resource_tracker
from typing import NamedTuple

from ledger.book.cut import Cut
from ledger.errors import LedgerError, LogUnreachable
from ledger.follow.checkpoints import explaining
from ledger.follow.follower import read_books
from ledger.log import opened_log
from replay.rebuild import Rebuilt, combined, exchange_digest, summary
from schemas.codec import exchange_of
from schemas.record import Batch, Frontier, Progress

MANY = 50_000
"""So many events are folded, and their views digested, in the time in which other processes start, and more."""
LOOK_S = 0.1


def suited(records: int, many: int = MANY) -> int:
    """How many processes so many records are worth on this machine."""
    return 1 if records < many else min(8, _processors())


def _processors() -> int:
    """How many this process may use, where the system says so."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Share:
    """The events of one process: those of the exchanges whose checksum falls to it."""

    def __init__(self, job: int, jobs: int) -> None:
        self._job, self._jobs = job, jobs
        self._mine: dict[str | None, bool] = {}

    def of(self, batch: Batch) -> Batch:
        """The rows of a batch that are this process's."""
        return batch._replace(rows=[row for row in batch.rows if self._has(row[2])])

    def _has(self, payload: bytes) -> bool:
        exchange = exchange_of(payload)
        mine = self._mine.get(exchange)
        if mine is None:
            mine = self._mine[exchange] = zlib.crc32((exchange or "").encode()) % self._jobs == self._job
        return mine


class _Work(NamedTuple):
    """What one process is to do: its part of a log, up to `end`, and of that the exchanges of its share."""

    number: int
    url: str
    cut: Cut
    strict: bool
    end: Frontier
    share: Share | None


class _Share(NamedTuple):
    """What one process found out about its exchanges."""

    digests: dict[str, str]
    found: Rebuilt


async def rebuild_in_parallel(
    url: str, cut: Cut, *, strict: bool, jobs: int, progress: Progress | None = None
) -> Rebuilt:
    """What `rebuild` gives, by up to `jobs` processes. Raises UnknownName, LogUnreachable."""
    end = await _end(url)  # one snapshot for all, whatever is published meanwhile
    work = [_Work(number, url, cut, strict, *part) for number, part in enumerate(divided(end, jobs))]
    context = multiprocessing.get_context("spawn")
    read = context.Array("q", len(work), lock=False)
    with ProcessPoolExecutor(len(work), mp_context=context, initializer=_count_in, initargs=(read,)) as pool:
        with _uninterrupted():
            folding = [asyncio.wrap_future(pool.submit(_fold_share, each)) for each in work]
        each_reads_all = work[0].share is not None
        showing = asyncio.create_task(_show(lambda: sum(read) // (len(work) if each_reads_all else 1), progress))
        try:
            shares = await asyncio.gather(*folding)
        except BaseException as error:  # what one was refused, the others need not find out
            for process in multiprocessing.active_children():
                process.terminate()
            if isinstance(error, BrokenProcessPool):
                raise LogUnreachable("a process was ended, perhaps for want of memory; try --jobs 1") from error
            raise
        finally:
            showing.cancel()
    digests = [each for share in shares for each in share.digests.items()]
    if len(dict(digests)) != len(digests):
        raise LedgerError("an exchange was divided among processes; try --jobs 1, and report it")
    found = [share.found for share in shares]
    return Rebuilt(
        digest=combined(dict(digests)),
        events=sum(each.events for each in found),
        exchanges=sum(each.exchanges for each in found),
        reached=Frontier({number: offset for each in found for number, offset in each.reached.offsets.items()}),
        undecodable=sum(each.undecodable for each in found),
        unbelieved=sum(each.unbelieved for each in found),
        repeated=sum(each.repeated for each in found),
        conflicting=sum(each.conflicting for each in found),
        seconds=max(each.seconds for each in found),
    )


def divided(end: Frontier, jobs: int) -> list[tuple[Frontier, Share | None]]:
    """The parts of a log up to `end` for so many processes: partitions, evenly, or shares of the only one."""
    if len(end.offsets) < 2:
        return [(end, Share(job, jobs)) for job in range(jobs)]
    parts = [dict[int, int]() for _ in range(min(jobs, len(end.offsets)))]
    for number, offset in sorted(end.offsets.items(), key=lambda each: -each[1]):
        min(parts, key=lambda part: Frontier(part).records)[number] = offset
    return [(Frontier(part), None) for part in parts]


async def _show(read: Callable[[], int], progress: Progress | None) -> None:
    """Tell how many records were read, again and again."""
    shown = 0
    while progress is not None:
        await asyncio.sleep(LOOK_S)
        now = read()
        progress(now - shown)
        shown = now


_read: "MutableSequence[int]" = []
"""In a process that works: how many records each of them has read."""


def _count_in(read: "MutableSequence[int]") -> None:
    """What each process that works begins with: the counts that it shares with the one that shows them."""
    global _read
    _read = read


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Processes that are started here do not hear Ctrl-C: it comes to this one, afterwards, which ends them."""
    resource_tracker.ensure_running()  # starting it later would unblock the signal
    kept = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, kept)


async def _end(url: str) -> Frontier:
    async with opened_log(url) as log:
        return await log.end()


def _fold_share(work: _Work) -> _Share:
    return asyncio.run(_read_share(work))


async def _read_share(work: _Work) -> _Share:
    only, started = work.share.of if work.share else None, time.perf_counter()
    async with opened_log(work.url) as log, explaining(log):

        def told(records: int) -> None:
            _read[work.number] += records

        books = await read_books(log, work.cut, strict=work.strict, only=only, end=work.end, progress=told)
        seconds = time.perf_counter() - started
        digests = {exchange: exchange_digest(books, exchange) for exchange in books.exchanges()}
        return _Share(digests, summary(books, seconds, ""))
