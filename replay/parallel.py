"""Rebuild with several processes: each folds some of the exchanges, since no exchange depends on another."""

import asyncio
import multiprocessing
import re
import time
import zlib
from concurrent.futures import ProcessPoolExecutor
from typing import NamedTuple

from ledger.book.cut import Cut
from ledger.log import open_log
from ledger.reading import Reading, read_ledger
from replay.rebuild import Rebuilt, combined, exchange_digest, summary
from schemas.codec import skim
from schemas.errors import InvalidEvent
from schemas.record import Batch

_EXCHANGE = re.compile(rb'"exchange":"([A-Z0-9-]+)"')


class _Share(NamedTuple):
    """What one process found out about its exchanges."""

    digests: dict[str, str]
    found: Rebuilt


def rebuild_in_parallel(url: str, cut: Cut, *, strict: bool, jobs: int) -> Rebuilt:
    """What `rebuild` gives, by `jobs` processes. Each reads the whole log, and decodes only its own exchanges."""
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        shares = list(pool.map(_fold_share, *zip(*((url, cut, strict, job, jobs) for job in range(jobs)), strict=True)))
    found = [share.found for share in shares]
    return Rebuilt(
        digest=combined({exchange: digest for share in shares for exchange, digest in share.digests.items()}),
        events=sum(each.events for each in found),
        exchanges=sum(each.exchanges for each in found),
        position=max((each.position for each in found if each.position is not None), default=None),
        undecodable=sum(each.undecodable for each in found),
        repeated=sum(each.repeated for each in found),
        conflicting=sum(each.conflicting for each in found),
        seconds=max(each.seconds for each in found),
    )


def _fold_share(url: str, cut: Cut, strict: bool, job: int, jobs: int) -> _Share:
    started = time.perf_counter()
    reading = asyncio.run(_read_share(url, cut, strict, job, jobs))
    seconds = time.perf_counter() - started
    digests = {exchange: exchange_digest(reading, exchange) for exchange in reading.exchanges()}
    return _Share(digests, summary(reading, seconds, ""))


async def _read_share(url: str, cut: Cut, strict: bool, job: int, jobs: int) -> Reading:
    log, share = open_log(url, create=False), Share(job, jobs)
    try:
        return await read_ledger(log, cut, strict=strict, only=share.of)
    finally:
        await log.close()


class Share:
    """The events of one process: those of the exchanges whose checksum falls to it."""

    def __init__(self, job: int, jobs: int) -> None:
        self._job, self._jobs = job, jobs
        self._mine: dict[bytes, bool] = {}

    def of(self, batch: Batch) -> Batch:
        """The rows of a batch that are this process's."""
        return batch._replace(rows=[row for row in batch.rows if self._has(row[2])])

    def _has(self, payload: bytes) -> bool:
        # No string of a valid event can hold these bytes unescaped; what is not plain to see is decoded.
        matched = _EXCHANGE.findall(payload)
        exchange = matched[0] if len(matched) == 1 else _exchange(payload)
        mine = self._mine.get(exchange)
        if mine is None:
            mine = self._mine[exchange] = zlib.crc32(exchange) % self._jobs == self._job
        return mine


def _exchange(payload: bytes) -> bytes:
    try:
        return skim(payload).exchange.encode()
    except InvalidEvent:
        return b""
