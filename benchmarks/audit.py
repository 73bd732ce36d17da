"""Audit: everything that `replay audit` does with an archive, against plain rebuilds of the same events in one run.

All is measured by the clock on the wall, since an audit uses several processes: comparable on an otherwise idle machine
only. Processes are started within the time that is measured.
"""

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import corpus
from benchmarks.measure import Rates, Sample, in_turns, measured, ratio, report, say, table, timed
from ledger.follow.books import Books
from ledger.follow.follower import read_books
from ledger.log.sqlite import SqliteLog
from replay.archive.verify import verify_archive
from replay.archive.writing import export
from replay.audit.read_evidence import read_archive
from replay.audit.run import audit
from replay.audit.subject import subject
from replay.rebuild import digest

WAYS = {
    "lean": "lean rebuild: the fold alone",
    "strict": "strict rebuild: the fold alone",
    "digest": "lean rebuild with the digest of all views, as `replay rebuild` prints it",
    "verify": "`replay verify` of the archive: integrity alone",
    "audit-1": "**audit of the archive, one process**",
    "audit": "**audit of the archive, a process for each processor**",
}


def run(events: int, repeat: int) -> str:
    """Measure every way in turns. Returns the tables."""
    with TemporaryDirectory() as folder:
        say(f"writing {events:,} events, and archiving them")
        corpus.write_log(Path(folder, "ledger.db"), events)
        asyncio.run(export(SqliteLog(Path(folder, "ledger.db")), Path(folder, "archive")))
        rates = in_turns(list(WAYS), repeat, lambda way: measured(__name__, way, folder))
    return "\n\n".join([_rates(events, repeat, rates), _ratios(rates)])


def _measure(way: str, folder: Path) -> Sample:
    log, archive = SqliteLog(folder / "ledger.db"), folder / "archive"
    ways: dict[str, Callable[[], tuple[int, object]]] = {
        "lean": lambda: _counted(asyncio.run(read_books(log))),
        "strict": lambda: _counted(asyncio.run(read_books(log, strict=True))),
        "digest": lambda: _digested(asyncio.run(read_books(log))),
        "verify": lambda: (verify_archive(archive).records, None),
        "audit-1": lambda: _audited(archive, 1),
        "audit": lambda: _audited(archive, os.cpu_count() or 1),
    }
    return timed(ways[way])


def _counted(books: Books) -> tuple[int, object]:
    return sum(book.events for book in books.by_exchange.values()), books


def _digested(books: Books) -> tuple[int, object]:
    digest(books)
    return _counted(books)


def _audited(archive: Path, jobs: int) -> tuple[int, object]:
    evidence = asyncio.run(read_archive(archive, jobs=jobs))
    done = audit(evidence, subject(archive.name, evidence, None, []))
    assert not done.failures()
    return evidence.records.count, (evidence, done)


def _rates(events: int, repeat: int, rates: dict[str, Rates]) -> str:
    head = [f"audit of {events:,} events, median of {repeat} (least to most)", "events/s", "memory, bytes an event"]
    return table(head, [[WAYS[way], each, f"{_memory(each):,.0f}"] for way, each in rates.items()])


def _memory(rates: Rates) -> float:
    """That of the process that folds; the others hold a few thousand records each."""
    return sorted(sample.memory / sample.events for sample in rates.samples)[len(rates.samples) // 2]


def _ratios(rates: dict[str, Rates]) -> str:
    asked = [
        ("audit", "lean", "aim at 0.5"),
        ("audit", "digest", ""),
        ("audit", "strict", ""),
        ("audit-1", "lean", ""),
        ("strict", "lean", ""),
    ]
    rows = [[WAYS[one], WAYS[other], ratio(rates, one, other), wanted] for one, other, wanted in asked]
    return table(["of", "to", "ratio, median (least to most)", "wanted"], rows)


if __name__ == "__main__":
    os.environ.pop("LEDGER_LOG", None)
    report(_measure(sys.argv[1], Path(sys.argv[2])))
