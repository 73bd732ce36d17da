"""Append: in batches and one by one, against the same table without its index on the event id.

The table without an index takes the same rows under the same pragmas (write-ahead log, synchronous=FULL) in
transactions of the same size, written by the shortest possible loop, which gives no receipts: that is the floor
that durability itself sets. The same loop into the log's own table shows what the index alone costs.
"""

import asyncio
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import apsw
from pydantic import TypeAdapter

from benchmarks import corpus
from benchmarks.measure import Rates, Sample, in_turns, measured, ratio, report, say, table, timed
from ledger.blocking import Ledger
from ledger.client import AsyncLedger
from ledger.log.port import Message, Receipt
from ledger.log.sqlite import FORMATS, SqliteLog
from schemas.codec import accept, decode
from schemas.events import AnyEvent, Event
from schemas.record import to_microseconds

STARTS: tuple[tuple[int, ...], ...] = ((0,), (0, 1_000_000))
"""How many events there are before, usually and with `--full`."""
EVENTS, ONE_BY_ONE = 60_000, 2_000
BATCH = 1000

WAYS = {
    "bare": "index-free table, batches of 1,000",
    "indexed": "the log's own table without the port, batches of 1,000",
    "batches": "**`append`, batches of 1,000**",
    "stream": "`publish_stream`, with validation",
    "bare-single": "index-free table, one by one",
    "single": "**`append`, one by one**",
    "together": "`append`, one by one by 100 publishers at once",
    "publish": "**`publish`, one by one, on an event loop**",
    "blocking": "`publish`, one by one, from a script without one",
}
VALIDATION = {
    "bare-pydantic": "pydantic's `validate_json`, and nothing else",
    "decode": "`decode`: all rules, the full way",
    "accept": "**`accept`: all rules, the fast way**",
    "stream-cpu": "**`publish_stream`, with validation and commit**",
}
"""In processor time, of an empty ledger."""
_INDEX_FREE = "".join(FORMATS).replace("id BLOB NOT NULL UNIQUE", "id BLOB NOT NULL")
_PRAGMAS = "PRAGMA synchronous = FULL; PRAGMA cache_size = -65536; PRAGMA mmap_size = 268435456"


def run(starts: Sequence[int], repeat: int) -> str:
    """Measure every way from every starting size, in turns. Returns the tables."""
    return "\n\n".join([_validation(repeat), *(_from(start, repeat) for start in starts)])


def _validation(repeat: int) -> str:
    with TemporaryDirectory() as folder:
        _prepare(Path(folder), 0)
        rates = in_turns(list(VALIDATION), repeat, lambda way: _measured(way, Path(folder), 0))
    head = [f"validation, median of {repeat} (least to most)", "events a second of processor time", "µs an event"]
    figures = table(head, [[VALIDATION[way], each, f"{1e6 / each.median:.1f}"] for way, each in rates.items()])
    asked = [("accept", "decode", ""), ("stream-cpu", "decode", "at least 0.75"), ("accept", "bare-pydantic", "")]
    rows = [[VALIDATION[one], VALIDATION[other], ratio(rates, one, other), wanted] for one, other, wanted in asked]
    return f"{figures}\n\n{table(['of', 'to', 'ratio, median (least to most)', 'wanted'], rows)}"


def _from(start: int, repeat: int) -> str:
    with TemporaryDirectory() as folder:
        _prepare(Path(folder), start)
        rates = in_turns(list(WAYS), repeat, lambda way: _measured(way, Path(folder), start))
    head = [f"append to {start:,} events, median of {repeat} (least to most)", "events/s"]
    figures = table(head, [[WAYS[way], each] for way, each in rates.items()])
    return f"{figures}\n\n{_ratios(rates)}"


def _ratios(rates: dict[str, Rates]) -> str:
    asked = [
        ("batches", "bare", "at least 0.9"),
        ("batches", "indexed", ""),
        ("indexed", "bare", ""),
        ("single", "bare-single", ""),
        ("blocking", "bare-single", ""),
        ("publish", "bare-single", ""),
    ]
    rows = [[WAYS[one], WAYS[other], ratio(rates, one, other), wanted] for one, other, wanted in asked]
    return table(["of", "to", "ratio, median (least to most)", "wanted"], rows)


def _prepare(folder: Path, start: int) -> None:
    say(f"writing {start:,} events twice")
    corpus.write_log(folder / "indexed-start.db", start)
    connection = apsw.Connection(str(folder / "bare-start.db"))
    connection.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF")
    connection.execute(_INDEX_FREE)
    connection.execute("ATTACH ? AS indexed", (str(folder / "indexed-start.db"),))
    connection.execute("INSERT INTO records SELECT * FROM indexed.records ORDER BY offset")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _measured(way: str, folder: Path, start: int) -> Sample:
    """One measurement on a fresh copy of the starting file, once that copy is on the disk."""
    kind = "bare" if way.startswith("bare") else "indexed"
    path = folder / "copy.db"
    shutil.copyfile(folder / f"{kind}-start.db", path)
    os.sync()
    try:
        return measured(__name__, way, path, start)
    finally:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)


# -- the measurements, each in a process of its own --------------------------------------------------


def _measure(way: str, path: Path, start: int) -> Sample:
    one_by_one = way in ("bare-single", "single", "together", "publish", "blocking")
    number = ONE_BY_ONE if one_by_one else EVENTS
    messages = list(islice(corpus.messages(start + number), start, None))
    if way in ("bare", "bare-single", "indexed"):
        return timed(lambda: (_append_bare(path, messages, 1 if one_by_one else BATCH), None))
    if way in READ:
        read = READ[way]()
        return timed(lambda: _read_each(read, messages), time.process_time)
    if way in ("publish", "blocking"):
        events = [cast("AnyEvent", decode(message.payload)) for message in messages]
        publish = _publish if way == "blocking" else _publish_on_loop
        return timed(lambda: (publish(path, events), None))
    clock = time.process_time if way == "stream-cpu" else time.perf_counter
    return timed(lambda: (asyncio.run(_append(way, path, messages)), None), clock)


def _read_each(read: Callable[[bytes], object], messages: Sequence[Message]) -> tuple[int, None]:
    for message in messages:
        read(message.payload)
    return len(messages), None


READ: Mapping[str, Callable[[], Callable[[bytes], object]]] = {
    "bare-pydantic": lambda: TypeAdapter[Any](Event).validator.validate_json,
    "decode": lambda: decode,
    "accept": lambda: accept,
}


async def _append(way: str, path: Path, messages: Sequence[Message]) -> int:
    log, done = SqliteLog(path), 0
    if way.startswith("stream"):
        async for each in AsyncLedger(log).publish_stream(message.payload for message in messages):
            done += isinstance(each, Receipt)
    elif way == "together":
        done = await _together(log, messages)
    else:
        for batch in _batches(messages, 1 if way == "single" else BATCH):
            done += len(await log.append(batch))
    await log.close()
    return done


def _publish(path: Path, events: Sequence[AnyEvent]) -> int:
    with Ledger.open(f"sqlite:///{path}") as ledger:
        return len([ledger.publish(event) for event in events])


def _publish_on_loop(path: Path, events: Sequence[AnyEvent]) -> int:
    async def publish() -> int:
        async with AsyncLedger.open(f"sqlite:///{path}") as ledger:
            return len([await ledger.publish(event) for event in events])

    return asyncio.run(publish())


async def _together(log: SqliteLog, messages: Sequence[Message], publishers: int = 100) -> int:
    async def publish(mine: Sequence[Message]) -> int:
        return sum([len(await log.append([message])) for message in mine])

    return sum(await asyncio.gather(*(publish(messages[one::publishers]) for one in range(publishers))))


def _append_bare(path: Path, messages: Sequence[Message], size: int) -> int:
    connection = apsw.Connection(str(path))
    connection.execute(_PRAGMAS)
    if not connection.execute("SELECT count(*) FROM sqlite_schema").get:
        raise SystemExit(f"{path} has no table")
    offset = connection.execute("SELECT ifnull(max(offset), -1) + 1 FROM records").get
    recorded = to_microseconds(corpus.START)
    for batch in _batches(messages, size):
        keys = [bytes.fromhex(message.id.replace("-", "")) for message in batch]
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(
            "INSERT INTO records VALUES (?, ?, ?, ?, ?)",
            [(offset + i, keys[i], recorded, message.payload, None) for i, message in enumerate(batch)],
        )
        connection.execute("COMMIT")
        offset += len(batch)
    connection.close()
    return len(messages)


def _batches(messages: Sequence[Message], size: int) -> Iterator[Sequence[Message]]:
    for first in range(0, len(messages), size):
        yield messages[first : first + size]


if __name__ == "__main__":
    report(_measure(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))
