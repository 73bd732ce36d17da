"""The trees of a log, from its records or from an archive of it, and what follows from them."""

from collections.abc import Iterable, Sequence
from contextlib import aclosing
from typing import NamedTuple

from ledger.errors import VerificationFailed
from ledger.log.port import EventLog
from ledger.proof.checkpoint import Checkpoint
from ledger.proof.leaf import record_hashes
from ledger.proof.merkle import Nodes, consistency_proof
from ledger.proof.tree import Edge, Tree
from schemas.record import Frontier, Progress, Row


class PartitionEdge(NamedTuple):
    """A partition's tree by its right edge, and the offset of its last record; -1 where it has none."""

    edge: Edge
    last: int


async def read_edge(
    log: EventLog,
    partition: int,
    end: Frontier,
    start: PartitionEdge | None = None,
    marks: Iterable[Checkpoint] = (),
    *,
    progress: Progress | None = None,
) -> PartitionEdge:
    """The tree of a partition up to `end`, from where it was before, if that is known.

    It must have each of `marks` on its way. Raises VerificationFailed where the log is not what was signed.
    """
    edge, last = Edge(*((start.edge.size, start.edge.peaks) if start else ())), start.last if start else -1
    ahead = sorted((mark for mark in marks if mark.size > edge.size), key=lambda mark: mark.size)
    after = Frontier({partition: last}) if start else Frontier()
    async with aclosing(log.read(after, end.of(partition))) as batches:
        async for batch in batches:
            rows = batch.rows
            while rows:
                taken, rows = _up_to(ahead, edge, rows)
                edge.extend(record_hashes(partition, taken))
                last = taken[-1][0]
                while ahead and ahead[0].size == edge.size:
                    check_mark(ahead.pop(0), edge.root())
            if progress:
                progress(len(batch.rows))
    if ahead:
        raise VerificationFailed(f"the log has {edge.size:,} records, and less than the {ahead[0]}")
    return PartitionEdge(edge, last)


def _up_to(ahead: Sequence[Checkpoint], edge: Edge, rows: Sequence[Row]) -> tuple[Sequence[Row], Sequence[Row]]:
    """The rows up to the next mark, and the rest."""
    count = ahead[0].size - edge.size if ahead else len(rows)
    return rows[:count], rows[count:]


def check_mark(mark: Checkpoint, root: bytes) -> None:
    """That a tree has the root of a checkpoint of its size. Raises VerificationFailed."""
    if mark.root != root:
        raise VerificationFailed(f"the records of the {mark} are not those that were signed: the log was changed")


async def whole_tree(log: EventLog, partition: int, end: Frontier, *, progress: Progress | None = None) -> Tree:
    """Every node of a partition's tree up to `end`: 64 bytes a record. Raises LogUnreachable."""
    tree = Tree()
    async with aclosing(log.read(through=end.of(partition))) as batches:
        async for batch in batches:
            tree.extend(record_hashes(partition, batch.rows))
            if progress:
                progress(len(batch.rows))
    return tree


def proof_between(nodes: Nodes, old: int, new: int) -> list[bytes]:
    """The consistency proof between two sizes. Raises VerificationFailed where the tree is smaller."""
    try:
        return consistency_proof(nodes, old, new)
    except (LookupError, ValueError) as error:
        raise VerificationFailed(f"there is no proof from {old:,} records to {new:,} here: {error}") from error
