"""Bringing an archive back into a log, every record at the position and with the recorded time that it had."""

from collections.abc import Iterator, Mapping, Set
from contextlib import aclosing
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple, Protocol, runtime_checkable

from ledger.errors import EventConflict, UnknownName, UsageError, VerificationFailed
from ledger.log.port import EventLog, Message
from ledger.proof.leaf import record_hashes
from ledger.proof.tree import Edge
from ledger.redaction import Grounds, redacted
from replay.archive.reading import Archive
from replay.checkpoints.check import StoredPartition
from schemas.codec import UnknownEvent, accept, skim
from schemas.errors import InvalidEvent
from schemas.record import Batch, Position, Progress, Row, entered_text, from_microseconds

BATCH = 1000
NOTHING: Mapping[str, Grounds] = MappingProxyType({})


class ExchangePartitions(Protocol):
    """Which partition each exchange belongs into."""

    def of(self, exchange: str) -> int: ...


@runtime_checkable
class PartitionedLog(Protocol):
    """A log of several partitions, with all of an exchange in one of them."""

    async def partitioner(self) -> ExchangePartitions: ...


async def restore(
    path: Path, log: EventLog, redact: Mapping[str, Grounds] = NOTHING, *, progress: Progress | None = None
) -> list[StoredPartition]:
    """Append an archive's records to a log that is empty, or that holds the first of them from a restore before.

    Check the archive before. Afterwards the log is read, and has the archive's roots. The bytes of events to `redact`
    stay behind, and who says so is appended. Raises UsageError, before anything is written, where the log could not
    keep a position; UnknownName for an event to redact that is not there; VerificationFailed where the log holds
    something else; Damaged, LogUnreachable.
    """
    archive = Archive.open(path)
    try:
        records = _Records(archive, redact.keys())
        said = await _check_places(records, log)
        for missing in redact.keys() - said.keys():
            raise UnknownName("event", missing)
        end = await log.end()
        for partition in end.offsets.keys() - {each.partition for each in archive.partitions()}:
            raise _not_empty(Position(partition, 0))
        for stored in archive.partitions():
            there = await _held(records, log, stored)
            await _append(records, log, stored, there, progress)
        for stored in archive.partitions():
            await _check_root(log, stored)
        await log.append([grounds.message(each, said[each]) for each, grounds in redact.items()])
        return archive.partitions()
    finally:
        archive.close()


class _Records(NamedTuple):
    """The records of an archive as they are restored: of some events the hash alone."""

    archive: Archive
    without: Set[str]

    def rows(self, partition: int, start: int, end: int) -> Iterator[Row]:
        for row in self.archive.rows(partition, start, end):
            yield self._redacted(partition, row) if self.without else row

    def _redacted(self, partition: int, row: Row) -> Row:
        if skim(row[2]).id not in self.without:
            return row
        [record] = Batch(partition, [row], row[0]).records()
        return redacted(record).row()


async def _check_places(records: _Records, log: EventLog) -> dict[str, str]:
    """That the log would give each record the position that it has in the archive.

    Returns the exchange of each event that is restored without its bytes.
    """
    archive, found = records.archive, dict[str, str]()
    partitioner = await log.partitioner() if isinstance(log, PartitionedLog) else None
    seen = set[str]()
    for stored in archive.partitions():
        if stored.last != stored.size - 1:
            gap = next(at for at, row in enumerate(archive.rows(stored.partition, 0, stored.size)) if row[0] != at)
            raise UsageError(
                f"no record stands at {stored.partition}:{gap} of the archive, and no log can leave a position free: "
                "the positions after it cannot be kept"
            )
        for row in archive.rows(stored.partition, 0, stored.size):
            position = Position(stored.partition, row[0])
            message = _message(row, position)
            if message.id in records.without:
                found[message.id] = message.exchange
            home = partitioner.of(message.exchange) if partitioner else 0
            if home != stored.partition:
                raise UsageError(_elsewhere(position, home, message.exchange, bool(partitioner)))
            if partitioner is None and message.id in seen:
                raise UsageError(f"{position} repeats event {message.id}, which a SQLite ledger holds once; use Kafka")
            if partitioner is None:
                seen.add(message.id)
    return found


def _elsewhere(position: Position, home: int, exchange: str, has_partitions: bool) -> str:
    if not has_partitions:
        return f"{position} cannot be kept: a SQLite ledger has one partition; restore into Kafka"
    return (
        f"{position} cannot be kept: with the partitions that this log has, {exchange} belongs into {home}; make its "
        "topics with as many partitions as the archived ledger had (one, if it was a SQLite file)"
    )


async def _held(records: _Records, log: EventLog, stored: StoredPartition) -> int:
    """How many records of a partition the log holds already. Raises VerificationFailed for others."""
    end, there = (await log.end()).of(stored.partition), 0
    if not end:
        return 0
    if end.last(stored.partition) > stored.last:
        raise _not_empty(Position(stored.partition, stored.last + 1))
    expected = records.rows(stored.partition, 0, stored.size)
    async with aclosing(log.read(through=end)) as batches:
        async for batch in batches:
            for row, wanted in zip(batch.rows, islice(expected, len(batch.rows)), strict=True):
                if row != wanted:
                    raise _not_empty(Position(stored.partition, min(row[0], wanted[0])))
            there += len(batch.rows)
    return there


def _not_empty(position: Position) -> VerificationFailed:
    return VerificationFailed(f"the target holds something else than the archive at {position}: use an empty one")


async def _append(
    records: _Records, log: EventLog, stored: StoredPartition, there: int, progress: Progress | None
) -> None:
    rows = records.rows(stored.partition, there, stored.size)
    while batch := [*islice(rows, BATCH)]:
        positions = [Position(stored.partition, row[0]) for row in batch]
        messages = [_whole_message(row, position) for row, position in zip(batch, positions, strict=True)]
        for outcome, position in zip(await log.append(messages), positions, strict=True):
            if isinstance(outcome, EventConflict):
                raise outcome
            if outcome.position != position:
                raise VerificationFailed(
                    f"the record of {position} was given {outcome.position}: somebody else writes to this log; "
                    "restore into one that nobody uses"
                )
        if progress:
            progress(len(batch))


async def _check_root(log: EventLog, stored: StoredPartition) -> None:
    edge = Edge()
    async with aclosing(log.read(through=(await log.end()).of(stored.partition))) as batches:
        async for batch in batches:
            edge.extend(record_hashes(batch.partition, batch.rows))
    if (edge.size, edge.root()) != (stored.size, stored.root):
        raise VerificationFailed(f"partition {stored.partition} was restored, and does not have the archive's root")


def _message(row: Row, position: Position) -> Message:
    """A record as a message, of which only the id and the exchange are known. Raises UsageError for what has none."""
    try:
        event = skim(row[2])
    except InvalidEvent as error:
        raise UsageError(f"{position} is no event, so that no log would take it: {error}") from error
    return Message(event.id, event.exchange, row[2], None, from_microseconds(row[1]), entered_text(row[3]))


def _whole_message(row: Row, position: Position) -> Message:
    """A record as a message, with all that a log may write beside it."""
    message = _message(row, position)
    try:
        event = accept(row[2])
    except InvalidEvent:
        return message
    return message if isinstance(event, UnknownEvent) else message._replace(event=event)
