"""What is wrong with a log: what it finds itself, and what the checkpoints beside it say."""

from collections import defaultdict, deque
from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing, asynccontextmanager

from ledger.errors import LedgerError, LogDamaged, VerificationFailed
from ledger.log.port import EventLog, KeepsCheckpoints
from ledger.proof.checkpoint import Checkpoint, parse_checkpoint
from ledger.proof.leaf import record_hashes
from ledger.proof.note import parse_note
from ledger.proof.tree import Edge
from schemas.record import Frontier, Position


async def examined(log: EventLog) -> list[str]:
    """What is wrong with a log and with the checkpoints beside it, each in one line; empty if nothing is."""
    return await log.examine() or await contradicted(log)


@asynccontextmanager
async def explaining(log: EventLog) -> AsyncIterator[None]:
    """Raises LogDamaged in place of whatever ends the work with a log that is believed, where that is damaged."""
    try:
        yield
    except LedgerError:
        raise
    except Exception as error:
        if log.is_validated and (found := await log.examine()):
            raise LogDamaged(found[0]) from error
        raise


async def contradicted(log: EventLog) -> list[str]:
    """Which checkpoints beside a log its records do not bear out; whose signatures they bear is not looked at.

    Raises LogUnreachable.
    """
    try:
        return await _contradicted(log)
    except VerificationFailed as error:  # also of a record that cannot be read
        return [str(error)]


async def _contradicted(log: EventLog) -> list[str]:
    if not isinstance(log, KeepsCheckpoints):
        return []
    of, end = defaultdict[int, list[Checkpoint]](list), await log.end()
    for text in await log.checkpoints():
        checkpoint = parse_checkpoint(parse_note(text))
        of[checkpoint.partition].append(checkpoint)
    found = [await _first_contradicted(log, end.of(partition), its) for partition, its in sorted(of.items())]
    return [each for each in found if each]


async def _first_contradicted(log: EventLog, end: Frontier, its: Iterable[Checkpoint]) -> str | None:
    """The first checkpoint of a partition that is not of its records, and among which of them the first bad one is."""
    edge, good = Edge(), 0
    waiting = deque(sorted(its, key=lambda each: each.size))
    async with aclosing(log.read(through=end)) as batches:
        async for batch in batches:
            for row in batch.rows:
                edge.extend(record_hashes(batch.partition, [row]))
                while waiting and waiting[0].size == edge.size:
                    checkpoint = waiting.popleft()
                    if checkpoint.root != edge.root():
                        places = f"{Position(batch.partition, good)} to {checkpoint.last}"
                        return f"the first bad position is one of {places}: the {checkpoint} is of others"
                    good = row[0] + 1
    return f"the {waiting[0]} covers more than the {edge.size:,} here" if waiting else None
