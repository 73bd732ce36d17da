"""Rebuild: from a log of N events to tallies, by us and by others, on the same events in one run.

All run in one process and are measured in processor time, but for the rebuild by two processes: that one is
measured by the clock on the wall, and comparable on an otherwise idle machine only.
"""

import asyncio
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
from pydantic import TypeAdapter

from benchmarks import corpus, others, peer
from benchmarks.measure import Rates, Sample, in_turns, measured, ratio, report, say, table, timed
from ledger.book.cut import Cut
from ledger.follow.books import Books
from ledger.follow.follower import read_books
from ledger.log.sqlite import SqliteLog
from replay.parallel import Share
from schemas.codec import skim
from schemas.events import Event

JOBS = 2

WAYS = {
    "scan": "scan the log, and nothing else",
    "orjson": "scan + `orjson.loads`",
    "pydantic": "scan + bare pydantic `validate_json`",
    "lean": "**lean rebuild**",
    "strict": "**strict rebuild**",
    "lean-jobs": "lean rebuild by two processes, each the exchanges of its share",
    "peer-repository": "pyeventsourcing, `repository.get`",
    "peer-projection": "pyeventsourcing, `Projection`",
    "peer-notifications": "pyeventsourcing, bare notification log",
    "peer-repository-lean": "pyeventsourcing with our lean decoder, `repository.get`",
    "peer-projection-lean": "pyeventsourcing with our lean decoder, `Projection`",
    "peer-notifications-lean": "pyeventsourcing with our lean decoder, bare notification log",
    "loop": "sums alone: a loop over SQLite and orjson",
    "bytewax": "sums alone: bytewax",
    "duckdb": "sums alone: duckdb, one thread",
    "polars": "sums alone: polars, one thread",
}
"""What each does is in `benchmarks.peer` and `benchmarks.others`: none of the others checks a rule, knows a claim or a
correction, or keeps a hedge; only `Projection` of pyeventsourcing refuses what comes twice."""
_ASKED = frozenset({"peer-repository", "peer-notifications-lean", "bytewax"})
PHASES = ("scan", "decode", "apply", "settle")


def run(events: int, repeat: int) -> str:
    """Measure every way in turns. Returns the tables."""
    with TemporaryDirectory() as folder:
        _prepare(Path(folder), events)
        rates = in_turns(list(WAYS), repeat, lambda way: measured(__name__, way, folder))
        phases = [measured(__name__, "phases", folder) for _ in range(repeat)]
    return "\n\n".join([_rates(events, repeat, rates), _ratios(rates), _phases(phases)])


def _prepare(folder: Path, events: int) -> None:
    say(f"writing {events:,} events three times")
    corpus.write_log(folder / "ours.db", events)
    names = sorted({exchange for _, exchange, _, _ in corpus.events(events)})
    (folder / "exchanges").write_text("\n".join(names))
    others.write_lines(folder / "ours.db", folder / "ours.ndjson")
    (folder / "events").write_text(str(events))
    for lean in (False, True):
        payloads = (payload for _, _, _, payload in corpus.events(events))
        peer.write(folder / f"peer{lean:d}.db", payloads, lean=lean)


# -- the measurements, each in a process of its own --------------------------------------------------


def _measure(way: str, folder: Path) -> Sample:
    if way == "phases":
        return _phase_sample(folder / "ours.db")
    if way.startswith("peer"):
        return _peer(way, folder)
    if way in OTHERS:
        return timed(lambda: OTHERS[way](folder), time.process_time)
    log = SqliteLog(folder / "ours.db")
    each: dict[str, Callable[[bytes], object] | None] = {
        "scan": None,
        "orjson": orjson.loads,
        "pydantic": TypeAdapter[Any](Event).validator.validate_json,
    }
    if way == "lean-jobs":
        return _in_parallel(folder / "ours.db")
    if way in each:
        return timed(lambda: asyncio.run(_scan(log, each[way])), time.process_time)
    return timed(lambda: asyncio.run(_rebuild(log, strict=way == "strict")), time.process_time)


async def _scan(log: SqliteLog, each: Callable[[bytes], object] | None) -> tuple[int, None]:
    events = 0
    async for batch in log.read():
        events += len(batch.rows)
        if each is not None:
            for _, _, payload, _ in batch.rows:
                each(payload)
    return events, None


async def _rebuild(log: SqliteLog, *, strict: bool) -> tuple[int, Books]:
    books = await read_books(log, strict=strict)
    return sum(book.events for book in books.by_exchange.values()), books


def _in_parallel(path: Path) -> Sample:
    """The processes are there before the clock starts. Memory is that of this one, which holds nothing."""
    with ProcessPoolExecutor(JOBS, mp_context=multiprocessing.get_context("spawn")) as pool:
        list(pool.map(_share, [path] * JOBS, range(JOBS), [True] * JOBS))
        return timed(lambda: (sum(pool.map(_share, [path] * JOBS, range(JOBS), [False] * JOBS)), None))


def _share(path: Path, job: int, idle: bool) -> int:
    """How many events one process folds. Idle ones wait until all are there."""
    if idle:
        time.sleep(1)
        return 0

    async def read() -> int:
        books = await read_books(SqliteLog(path), only=Share(job, JOBS).of)
        return sum(book.events for book in books.by_exchange.values())

    return asyncio.run(read())


def _of_lines(folder: Path, read: Callable[[Path], object]) -> tuple[int, object]:
    return int((folder / "events").read_text()), read(folder / "ours.ndjson")


OTHERS: Mapping[str, Callable[[Path], tuple[int, object]]] = {
    "loop": lambda folder: others.by_loop(folder / "ours.db"),
    "bytewax": lambda folder: others.by_bytewax(folder / "ours.db"),
    "duckdb": lambda folder: _of_lines(folder, others.by_duckdb),
    "polars": lambda folder: _of_lines(folder, others.by_polars),
}


def _peer(way: str, folder: Path) -> Sample:
    lean = way.endswith("lean")
    app = peer.open_app(folder / f"peer{lean:d}.db", lean=lean)
    if "projection" in way:
        return timed(lambda: peer.by_projection(app), time.process_time)
    if "notifications" in way:
        return timed(lambda: peer.by_notifications(app, lean=lean), time.process_time)
    exchanges = (folder / "exchanges").read_text().split()
    return timed(lambda: peer.by_repository(app, exchanges), time.process_time)


def _phase_sample(path: Path) -> Sample:
    """The lean rebuild taken apart: whole batches go through one phase after the other."""
    spent = dict.fromkeys(PHASES, 0.0)

    async def rebuild() -> tuple[int, object]:
        projection, events = Books(Cut()).projection, 0
        batches = SqliteLog(path).read()
        mark = time.process_time()

        def lap(phase: str) -> None:
            nonlocal mark
            now = time.process_time()
            spent[phase] += now - mark
            mark = now

        async for batch in batches:
            lap("scan")
            decoded: list[Any] = [skim(payload) for _, _, payload, _ in batch.rows]
            lap("decode")
            for event in decoded:
                projection.apply(event)
            lap("apply")
            projection.settle()
            lap("settle")
            events += len(decoded)
        return events, projection

    return timed(lambda: asyncio.run(rebuild()), time.process_time)._replace(parts=spent)


# -- the tables --------------------------------------------------------------------------------------


def _rates(events: int, repeat: int, rates: dict[str, Rates]) -> str:
    head = [
        f"rebuild of {events:,} events, median of {repeat} (least to most)",
        "events a second of processor time",
        "memory, bytes an event",
    ]
    return table(head, [[WAYS[way], each, f"{_memory(each):,.0f}"] for way, each in rates.items()])


def _memory(rates: Rates) -> float:
    return sorted(sample.memory / sample.events for sample in rates.samples)[len(rates.samples) // 2]


def _ratios(rates: dict[str, Rates]) -> str:
    asked = [
        ("lean", "orjson", "at least 0.42"),
        ("lean", "peer-repository", "at least 5"),
        ("lean", "peer-notifications-lean", "at least 1.3"),
        ("lean", "bytewax", "at least 1"),
        *[("lean", way, "") for way in WAYS if way.startswith("peer") and way not in _ASKED],
        *[("lean", way, "") for way in OTHERS if way not in _ASKED],
        ("strict", "pydantic", "at least 0.6"),
        ("lean", "strict", ""),
        ("lean-jobs", "lean", ""),
    ]
    rows = [[WAYS[one], WAYS[other], ratio(rates, one, other), wanted] for one, other, wanted in asked]
    return table(["of", "to", "ratio, median (least to most)", "wanted"], rows)


def _phases(samples: list[Sample]) -> str:
    rows = []
    for phase in PHASES:
        microseconds = sorted(sample.parts[phase] / sample.events * 1e6 for sample in samples)[len(samples) // 2]
        share = sorted(sample.parts[phase] / sample.seconds for sample in samples)[len(samples) // 2]
        rows.append([phase, f"{microseconds:.2f}", f"{share:.0%}"])
    return table(["where the lean rebuild goes", "µs an event", "share"], rows)


if __name__ == "__main__":
    os.environ.pop("LEDGER_LOG", None)
    report(_measure(sys.argv[1], Path(sys.argv[2])))
