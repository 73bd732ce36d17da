"""Growth: the lean rebuild of ever longer logs. The rate should stay flat and the memory an event takes too."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import corpus
from benchmarks.measure import Rates, Sample, held, in_turns, measured, report, say, table, timed
from ledger.log.sqlite import SqliteLog
from ledger.reading import read_ledger

SIZES = (100_000, 1_000_000)
FULL_SIZES = (*SIZES, 10_000_000)
REPEAT = 3


def run(sizes: Sequence[int] = SIZES, repeat: int = REPEAT) -> str:
    """Measure every size in turns. Returns the table."""
    with TemporaryDirectory() as folder:
        paths = {str(size): _written(Path(folder), size) for size in sizes}
        rates = in_turns(list(paths), repeat, lambda size: measured(__name__, paths[size]))
        rows = [_row(int(size), rates[size], paths[size]) for size in paths]
    head = [
        "events",
        f"events/s, median of {repeat} (least to most)",
        "memory, bytes an event",
        "the process, MB",
    ]
    return table([*head, "exchanges", "file, bytes an event"], rows)


def _written(folder: Path, size: int) -> Path:
    say(f"writing {size:,} events")
    path = folder / f"{size}.db"
    corpus.write_log(path, size)
    return path


def _row(size: int, rates: Rates, path: Path) -> list[str]:
    sample = max(rates.samples, key=lambda each: each.memory)
    cells = [size, rates, sample.memory / size, sample.parts["held"] / 1e6, sample.parts["exchanges"]]
    return [
        f"{each:,.0f}" if not isinstance(each, Rates) else str(each) for each in (*cells, path.stat().st_size / size)
    ]


def _measure(path: Path) -> Sample:
    found: dict[str, float] = {}

    async def rebuild() -> tuple[int, object]:
        reading = await read_ledger(SqliteLog(path))
        found["exchanges"] = len(reading.books)
        return sum(book.events for book in reading.books.values()), reading

    sample = timed(lambda: asyncio.run(rebuild()))
    return sample._replace(parts={**found, "held": held()})


if __name__ == "__main__":
    report(_measure(Path(sys.argv[1])))
