"""Making checkpoints: what a ledger's keeper signs of each partition, whenever it has edges."""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from ledger.errors import LogUnreachable, VerificationFailed
from ledger.log.port import EventLog, KeepsCheckpoints
from ledger.proof.checkpoint import Checkpoint, origin, parse_checkpoint, sign_checkpoint
from ledger.proof.note import Note, SigningKey
from replay.checkpoints.store import CheckpointStore
from replay.checkpoints.trees import PartitionEdge, read_edge
from schemas.record import Frontier, Position, Progress

logger = logging.getLogger(__name__)

LOOK_S = 1.0
"""Between two looks at how far a log reaches."""


async def keep_signing(
    log: EventLog,
    key: SigningKey,
    store: CheckpointStore,
    *,
    every_s: float,
    count: int | None = None,
    stop: asyncio.Event,
    signed: Callable[[list[Note]], None],
) -> None:
    """Sign what is new every so many seconds, and as soon as `count` records of a partition are, until told to stop.

    What was there at the beginning is signed already. A log that does not answer is asked again. Raises
    VerificationFailed where it is not what was signed.
    """
    due, shared = time.monotonic() + every_s, False
    while not stop.is_set():
        now = time.monotonic()
        least = 1 if now >= due else count
        try:
            if not shared:
                await share_checkpoints(log, store)
                shared = True
            if least is not None and await _has_new(log, key, store, least):
                signed(await sign_checkpoints(log, key, store, least=least))
            due = now + every_s if now >= due else due
        except LogUnreachable as error:
            shared = False
            logger.warning("%s; trying again", error)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), min(LOOK_S, every_s))


async def _has_new(log: EventLog, key: SigningKey, store: CheckpointStore, least: int) -> bool:
    """Whether some partition can have so many records that are not signed: offsets tell, though they can have gaps.

    Raises VerificationFailed where it ends before what was signed.
    """
    end, signed = await log.end(), store.reached(key.name)
    _check_end(end, signed)
    return any(last - signed.last(partition) >= least for partition, last in end.offsets.items())


def _check_end(end: Frontier, signed: Frontier) -> None:
    """That a log still reaches as far as what was signed. Raises VerificationFailed."""
    for partition, last in sorted(signed.offsets.items()):
        if end.last(partition) < last:
            there = f"ends at {Position(partition, end.last(partition))}" if partition in end.offsets else "is empty"
            what = f"{Position(partition, last)} was signed, and partition {partition} of the log {there}"
            raise VerificationFailed(f"{what}: records were taken away, or this is another log")


async def share_checkpoints(log: EventLog, store: CheckpointStore) -> None:
    """Put the checkpoints of a store beside the log, where it keeps such and lacks them. Raises LogUnreachable."""
    if not isinstance(log, KeepsCheckpoints):
        return
    there = {*await log.checkpoints()}
    for note in store.notes():
        if str(note) not in there:
            await log.keep_checkpoint(parse_checkpoint(note).origin, str(note))


async def sign_checkpoints(
    log: EventLog,
    key: SigningKey,
    store: CheckpointStore,
    *,
    least: int = 1,
    full: bool = False,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    progress: Progress | None = None,
) -> list[Note]:
    """Sign a checkpoint of each partition that has `least` more records than its last one.

    They go onto the store, and then beside the log, where it keeps such. Only new records are read. With `full` all
    are, and the log must have the root of every checkpoint that was made before. Raises VerificationFailed, and signs
    nothing, where the log is not what was signed; LogUnreachable.
    """
    end, made, trees = await log.end(), list[Checkpoint](), dict[str, PartitionEdge]()
    _check_end(end, store.reached(key.name))
    for partition in sorted(end.offsets):
        name = origin(key.name, partition)
        before = store.of(name)
        start = store.edge(before[-1]) if before and not full else None
        marks = before if full else before[-1:]
        tree = await read_edge(log, partition, end, start, marks, progress=progress)
        if tree.edge.size - (before[-1].size if before else 0) >= max(least, 1):
            last = Position(partition, tree.last)
            made.append(Checkpoint(key.name, tree.edge.size, tree.edge.root(), last, clock().replace(microsecond=0)))
            trees[name] = tree
        elif start:
            trees[name] = start
    notes = [sign_checkpoint(each, key) for each in made]
    for note in notes:
        store.add(note)
    if made:
        store.keep_edges(trees.items())
    if isinstance(log, KeepsCheckpoints):
        for of, note in zip(made, notes, strict=True):
            await log.keep_checkpoint(of.origin, str(note))
    return notes
