"""The records of a log as files for analysis: also what is no event. They prove nothing: an archive does.

What the records say, as columns, is in the tables of a ledger (`replay.archive.tables`).
"""

from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import orjson

from ledger.entrants import entrant
from ledger.log.port import EventLog
from ledger.tables.parquet import pyarrow
from replay.files import replacing
from schemas.codec import skim
from schemas.dsse import event_bytes
from schemas.errors import InvalidEvent
from schemas.record import Batch, Frontier, Progress, Row, entered_text, from_microseconds


async def export_ndjson(log: EventLog, path: Path, *, progress: Progress | None = None) -> int:
    """One JSON object a line: where a record stands, when it was recorded, and the event. Returns how many."""
    written = 0
    with replacing(path) as file:
        async for batch in _batches(log):
            file.write(b"".join(_line(batch.partition, row) for row in batch.rows))
            written += _counted(progress, batch)
    return written


async def export_parquet(log: EventLog, path: Path, *, progress: Progress | None = None) -> int:
    """A column for each part of the envelope, and the payload as text. Returns how many rows. Raises UsageError."""
    arrow, parquet = pyarrow()
    schema = arrow.schema([(name, getattr(arrow, kind)(*arguments)) for name, kind, *arguments in _COLUMNS])
    written = 0
    with replacing(path) as file, parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        async for batch in _batches(log):
            rows = [_row(batch.partition, row) for row in batch.rows]
            writer.write_table(arrow.Table.from_pylist(rows, schema=schema))
            written += _counted(progress, batch)
    return written


_COLUMNS: tuple[tuple[str, ...], ...] = (
    ("partition", "int32"),
    ("offset", "int64"),
    ("recorded_at", "timestamp", "us", "UTC"),
    ("entered_by", "string"),
    ("id", "string"),
    ("type", "string"),
    ("version", "int32"),
    ("exchange", "string"),
    ("round", "int32"),
    ("occurrence", "string"),
    ("payload", "binary"),
)


async def _batches(log: EventLog) -> AsyncIterator[Batch]:
    """Partition by partition, so that the same log gives the same file."""
    end = await log.end()
    for partition in sorted(end.offsets):
        async with aclosing(log.read(Frontier(), end.of(partition))) as found:
            async for batch in found:
                yield batch


def _counted(progress: Progress | None, batch: Batch) -> int:
    if progress:
        progress(len(batch.rows))
    return len(batch.rows)


def _line(partition: int, row: Row) -> bytes:
    offset, recorded_us, payload, said = row
    told = {"recorded_at": from_microseconds(recorded_us), "entered_by": entrant(entered_text(said), payload)}
    place = {"partition": partition, "offset": offset, **told}
    try:
        return orjson.dumps({**place, "event": orjson.loads(event_bytes(payload))}) + b"\n"
    except (orjson.JSONDecodeError, InvalidEvent):
        return orjson.dumps({**place, "undecodable_hex": payload.hex()}) + b"\n"


def _row(partition: int, row: Row) -> dict[str, object]:
    offset, recorded_us, payload, said = row
    place: dict[str, object] = {
        "partition": partition,
        "offset": offset,
        "recorded_at": recorded_us,
        "entered_by": entrant(entered_text(said), payload),
        "payload": payload,
    }
    try:
        event = skim(payload)
    except InvalidEvent:
        return place
    names = ("id", "type", "version", "exchange", "round", "occurrence")
    return {**place, **{name: getattr(event, name, None) for name in names}}
