"""Making checkpoints: what a ledger's keeper signs of each partition, whenever it has grown."""

from collections.abc import Callable
from datetime import UTC, datetime

from ledger.log.port import EventLog
from ledger.proof.checkpoint import Checkpoint, origin
from ledger.proof.note import Note, SigningKey
from ledger.reading import Progress
from replay.shelf import Shelf
from replay.trees import Grown, grow
from schemas.record import Position


async def sign_checkpoints(
    log: EventLog,
    key: SigningKey,
    shelf: Shelf,
    *,
    least: int = 1,
    full: bool = False,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    progress: Progress | None = None,
) -> list[Note]:
    """Sign a checkpoint of each partition that has `least` more records than its last one.

    Only new records are read. With `full` all are, and the log must have the root of every checkpoint that was made
    before. Raises VerificationFailed, and signs nothing, where the log is not what was signed; LogUnreachable.
    """
    end, made, trees = await log.end(), list[Checkpoint](), dict[str, Grown]()
    for partition in sorted(end.offsets):
        name = origin(key.name, partition)
        before = shelf.of(name)
        start = shelf.edge(before[-1]) if before and not full else None
        marks = before if full else before[-1:]
        tree = await grow(log, partition, end, start, marks, progress=progress)
        if tree.edge.size - (before[-1].size if before else 0) >= max(least, 1):
            last = Position(partition, tree.last)
            made.append(Checkpoint(key.name, tree.edge.size, tree.edge.root(), last, clock().replace(microsecond=0)))
            trees[name] = tree
        elif start:
            trees[name] = start
    notes = [key.named(each.origin).sign(Note(each.text)) for each in made]
    for note in notes:
        shelf.add(note)
    if made:
        shelf.keep_edges(trees.items())
    return notes
