"""Other moments of a large ledger over HTTP: how long an answer takes that nobody has asked for before."""

import http.client
import random
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import orjson

from benchmarks import corpus
from benchmarks.measure import say, table
from benchmarks.serve import HOST, Running, server
from ledger.blocking import Ledger
from schemas.record import from_microseconds

QUESTIONS = 80
AIM_MS = 100


class Known(NamedTuple):
    """An event of the corpus, by which a moment is named."""

    id: str
    exchange: str
    offset: int
    day: str


KINDS: Mapping[str, Callable[[Known], str]] = {
    "tally, `occurred_by`": lambda each: f"{each.exchange}?occurred_by={each.day}",
    "tally, `published_by`": lambda each: f"{each.exchange}?published_by={each.day}",
    "tally, `recorded_by`": lambda each: f"{each.exchange}?recorded_by={each.day}",
    "tally, `through` an event": lambda each: f"{each.exchange}?through={each.id}",
    "tally, at a `position`": lambda each: f"{each.exchange}?position=0:{each.offset}",
    "rounds, `occurred_by`": lambda each: f"{each.exchange}/rounds?occurred_by={each.day}",
    "all claims as CSV, `published_by`": lambda each: f"{each.exchange}/claims.csv?published_by={each.day}",
}


def run(events: int) -> str:
    """Both tables, as markdown."""
    with TemporaryDirectory() as folder:
        path, none = Path(folder) / "ledger.db", Path(folder) / "none.db"
        say(f"writing {events:,} events")
        corpus.write_log(path, events)
        Ledger.open(f"sqlite:///{none}").close()
        with server("ours", none) as empty:
            least = empty.memory
        say("asking")
        with server("ours", path) as running:
            seconds, full = running.seconds, running.memory
            chance = random.Random(corpus.SEED)
            rows = [_row(running, kind, list(_some(path, events, chance))) for kind in KINDS]
            kept = running.memory - full
    head = [f"{events:,} events", "p50, ms", f"p95, ms (aim: under {AIM_MS})", "worst, ms", "again, p95, ms"]
    costs = [
        ["to start, s of processor time", f"{seconds:.1f}"],
        ["memory of events, index and books, bytes an event", f"{(full - least) / events:,.0f}"],
        [f"caches after {len(KINDS) * QUESTIONS:,} questions, MB", f"{kept / 1e6:,.0f}"],
    ]
    return f"{table(head, rows)}\n\n{table(['what it takes', ''], costs)}"


def _some(path: Path, events: int, chance: random.Random) -> Iterator[Known]:
    with closing(sqlite3.connect(path)) as database:
        for offset in chance.sample(range(events), QUESTIONS):
            found = database.execute("SELECT recorded_at, payload FROM records WHERE offset = ?", (offset,))
            recorded_us, payload = found.fetchone()
            event = orjson.loads(payload)
            yield Known(event["id"], event["exchange"], offset, from_microseconds(recorded_us).date().isoformat())


def _row(running: Running, kind: str, moments: Sequence[Known]) -> list[object]:
    with closing(http.client.HTTPConnection(HOST, running.port, timeout=60)) as connection:
        asked = [f"/v1/exchanges/{KINDS[kind](each)}" for each in moments]
        waits = [(_milliseconds(connection, path), _milliseconds(connection, path)) for path in asked]
    first, again = sorted(wait for wait, _ in waits), sorted(wait for _, wait in waits)
    shown = (statistics.median(first), _at(first, 0.95), first[-1], _at(again, 0.95))
    return [kind, *(f"{each:.1f}" for each in shown)]


def _milliseconds(connection: http.client.HTTPConnection, path: str) -> float:
    began = time.perf_counter()
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    assert answer.status in (200, 404), (path, answer.status)  # 404: nothing of it was known by then
    return 1000 * (time.perf_counter() - began)


def _at(waits: Sequence[float], part: float) -> float:
    return waits[int(len(waits) * part)]
