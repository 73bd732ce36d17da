"""How far each partition is handled, and which workers claim it: the marks on the progress topic.

Beside the last mark of how far it is handled, a partition has a claim of each worker that may write to it, and a mark
for each block of offsets in which messages count for nothing where they stand.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import aclosing
from types import MappingProxyType
from typing import Annotated, NamedTuple

from aiokafka import ConsumerRecord
from pydantic import ConfigDict, Field

from ledger.errors import LogUnreachable
from ledger.log.kafka.connection import Connection
from ledger.log.kafka.reader import TopicReader, whole
from schemas.record import NOWHERE
from schemas.topics import PROGRESS
from schemas.values import Value

HANDLED = b"handled"
_CLAIM = b"claim/"
_PASSED_OVER = b"passed_over/"
BLOCK = 1024
"""Offsets that share a mark of those passed over, so that a flood of bad messages leaves few marks."""


class Handled(Value):
    """Up to which offset of its partition a worker has published the views, and rejected what is no event.

    `version` names what the views were computed by.
    """

    model_config = ConfigDict(extra="ignore")  # of a newer worker

    offset: Annotated[int, Field(ge=0)]
    worker: str
    version: str = ""


class PassedOver(Value):
    """The offsets of one block whose messages were rejected, or relayed to their home."""

    offsets: tuple[int, ...]


class Claims(NamedTuple):
    """Of one partition: the last offset that is handled (-1 for none), and where the claim of each worker stands.

    `through`: up to which offset of the progress topic this was read; what a transaction hides lies behind. `version`
    and `passed_over` (the offsets of each block) are those of what is handled.
    """

    handled: int
    standing: Mapping[str, int]
    through: int
    version: str = ""
    passed_over: Mapping[int, Sequence[int]] = MappingProxyType({})


class Mark(NamedTuple):
    """One record of the progress topic, as it is to be written."""

    key: bytes
    value: bytes | None


def handled(offset: int, worker: str, version: str) -> Mark:
    return Mark(HANDLED, Handled(offset=offset, worker=worker, version=version).model_dump_json().encode())


def passed_over(block: int, offsets: Iterable[int]) -> Mark:
    """The mark of a block; its end where no offset is passed over any more."""
    its = PassedOver(offsets=tuple(sorted(offsets)))
    return Mark(_PASSED_OVER + str(block).encode(), its.model_dump_json().encode() if its.offsets else None)


def claim(worker: str) -> Mark:
    return Mark(_CLAIM + worker.encode(), b"{}")


def struck_out(worker: str) -> Mark:
    """The end of a claim: of one's own, or of one of a worker that can write no more."""
    return Mark(_CLAIM + worker.encode(), None)


class ProgressTopic:
    """The progress topic of one ledger. Every method raises LogUnreachable.

    What was read of it is kept, so that who looks again reads only what came since.
    """

    def __init__(self, connection: Connection, partitions: int) -> None:
        self._marks: defaultdict[int, dict[bytes, ConsumerRecord]] = defaultdict(dict)
        self._reached = NOWHERE
        self.name = PROGRESS.name(connection.address.prefix)
        self._connection = connection
        self._reader = TopicReader(connection, self.name, partitions, is_compacted=True)

    async def claims(self, partitions: Iterable[int]) -> dict[int, Claims]:
        """How some partitions stand, as far as transactions that are under way do not hide it."""
        through = whole(partitions)
        async with aclosing(self._reader.read(self._reached, through)) as found:
            async for fetched in found:
                self._marks[fetched.partition].update((record.key, record) for record in fetched.records)
                self._reached = self._reached.advanced(fetched.partition, fetched.last)
        try:
            return {n: _claims(self._marks[n].values(), self._reached.last(n)) for n in through.offsets}
        except ValueError as error:
            raise LogUnreachable(f"{self.name} holds what no worker wrote: {error}") from error

    async def write(self, partitions: Iterable[int], mark: Mark) -> dict[int, int]:
        """Write the same mark to some partitions, outside all transactions; at which offset it stands in each."""
        async with self._connection.sending() as producer:
            sent = {
                number: await producer.send(self.name, mark.value, mark.key, partition=number) for number in partitions
            }
            return {number: (await stored).offset for number, stored in sent.items()}


def _claims(marks: Iterable[ConsumerRecord], through: int) -> Claims:
    reached, version, standing, blocks = -1, "", dict[str, int](), dict[int, Sequence[int]]()
    for mark in marks:
        if mark.key == HANDLED:
            last = Handled.model_validate_json(mark.value)
            reached, version = last.offset, last.version
        elif mark.value is None:
            continue
        elif mark.key.startswith(_PASSED_OVER):
            block = int(mark.key.removeprefix(_PASSED_OVER))
            blocks[block] = PassedOver.model_validate_json(mark.value).offsets
        elif mark.key.startswith(_CLAIM):
            standing[mark.key.removeprefix(_CLAIM).decode()] = mark.offset
    return Claims(reached, standing, through, version, blocks)
