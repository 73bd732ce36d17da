"""Copy a ledger from any log into any other, without changing a byte of it or a time at which it was recorded."""

import hashlib
import heapq
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, field
from datetime import datetime

from ledger.errors import EventConflict
from ledger.follow.signatures import SignaturePolicy, signature_policy
from ledger.log.port import EventLog, Message, Refusal, Rejected
from schemas.codec import UnknownEvent, accept, skim
from schemas.dsse import event_bytes
from schemas.errors import InvalidEvent
from schemas.events import AnyEvent
from schemas.record import Frontier, Progress, Record, to_microseconds

BATCH = 4096
STAGE = "copy"


@dataclass
class Copied:
    """What became of the records of a copy. `undecodable` and `unbelieved` are among the refused of the target.

    `refused` are the messages that the source had refused, less those that the target had.
    """

    copied: int = 0
    there_already: int = 0
    undecodable: int = 0
    unbelieved: int = 0
    refused: int = 0
    conflicts: list[EventConflict] = field(default_factory=list)


async def copy(source: EventLog, target: EventLog, name: str, *, progress: Progress | None = None) -> Copied:
    """Append to `target` what it lacks of `source`, the source's `name` being where what does not decode came from.

    An interrupted copy is completed by another. Nothing else may publish to the target meanwhile.
    Raises LogUnreachable.
    """
    work = _Copy(target, name, signature_policy(source.trust))
    await work.look()
    rejected = await source.rejected()
    for each in rejected:
        work.copied.refused += work.reject(each.refusal)
    await work.append_refused()
    await work.acknowledge(rejected)
    async with aclosing(by_time(source, await source.end())) as records:
        async for record in records:
            work.take(record)
            if work.is_full:
                await work.append(progress)
    await work.append(progress)
    return work.copied


async def by_time(log: EventLog, end: Frontier) -> AsyncGenerator[Record, None]:
    """The records of all partitions up to `end`, each partition in its own order, else the earliest first."""
    async with AsyncExitStack() as stack:
        heads: list[tuple[datetime, int, Record, AsyncGenerator[Record, None]]] = []
        for partition, offset in end.offsets.items():
            records = await stack.enter_async_context(aclosing(_records(log, Frontier({partition: offset}))))
            async for first in records:
                heads.append((first.recorded_at, partition, first, records))
                break
        heapq.heapify(heads)
        while heads:
            _, partition, record, records = heads[0]
            yield record
            following = await anext(records, None)
            if following is None:
                heapq.heappop(heads)
            else:
                heapq.heapreplace(heads, (following.recorded_at, partition, following, records))


async def _records(log: EventLog, through: Frontier) -> AsyncGenerator[Record, None]:
    async with aclosing(log.read(through=through)) as batches:
        async for batch in batches:
            for record in batch.records():
                yield record


class _Copy:
    """A copy on its way: what the target holds, and the messages that it is to get next."""

    def __init__(self, target: EventLog, name: str, policy: SignaturePolicy | None) -> None:
        self.copied = Copied()
        self._target = target
        self._name = name
        self._policy = policy
        self._held: dict[str, bytes] = {}
        self._refused: set[tuple[str, str, str, bytes]] = set()
        self._refusals: list[Refusal] = []
        self._coming: list[Message] = []
        self._clashing: list[tuple[str, Record]] = []
        self._taken = 0

    @property
    def is_full(self) -> bool:
        return self._taken >= BATCH

    async def look(self) -> None:
        """Learn what the target holds. Not every log knows the ids that it holds when it appends."""
        self._refused = {each.refusal.identity for each in await self._target.rejected()}
        async with aclosing(self._target.read()) as batches:
            async for batch in batches:
                for _, _, payload, _ in batch.rows:
                    try:
                        self._held.setdefault(skim(payload).id, _mark(payload))
                    except InvalidEvent:
                        continue

    def take(self, record: Record) -> None:
        """Take one record of the source for the next append, or see why not."""
        self._taken += 1
        try:
            event = accept(record.payload)
        except InvalidEvent as error:
            self.copied.undecodable += 1
            self._reject(record, str(error))
            return
        if why := self._refusal(record, event):
            self.copied.unbelieved += 1
            self._reject(record, why)
            return
        mark = _mark(record.payload)
        held = self._held.setdefault(event.id, mark)
        if held is not mark:
            self.copied.there_already += held == mark
            self._clashing += [(event.id, record)] if held != mark else []
            return
        known = None if isinstance(event, UnknownEvent) else event
        _, recorded_at, payload, entered_by = record
        self._coming.append(Message(event.id, event.exchange, payload, known, recorded_at, entered_by))

    def _refusal(self, record: Record, event: AnyEvent | UnknownEvent) -> str | None:
        """Why a record counts nowhere, for its signature."""
        if self._policy is None:
            return None
        return self._policy.refusal(record.position, to_microseconds(record.recorded_at), event, record.payload)

    async def append(self, progress: Progress | None) -> None:
        """Append what was taken. When this returns it is durable."""
        outcomes = await self._target.append(self._coming)
        conflicts = [each for each in outcomes if isinstance(each, EventConflict)]
        self.copied.copied += len(outcomes) - len(conflicts)
        self.copied.conflicts += [*conflicts, *[await self._conflict(*each) for each in self._clashing]]
        await self.append_refused()
        if progress:
            progress(self._taken)
        self._coming, self._clashing, self._taken = [], [], 0

    async def _conflict(self, event_id: str, record: Record) -> EventConflict:
        """The conflict of a record with what the target holds; the record is kept among the refused."""
        held = await self._target.find(event_id)
        assert held is not None
        conflict = EventConflict(event_id, held.position, held.payload, record.payload)
        self._reject(record, str(conflict))
        return conflict

    def _reject(self, record: Record, why: str) -> None:
        """Keep a record that cannot be copied among the refused."""
        origin = f"{self._name} {record.position}"
        self.reject(Refusal(origin, STAGE, why, record.payload, entered_by=record.entered_by))

    def reject(self, refusal: Refusal) -> bool:
        """Take a refused message for the next append, unless the target has it. Whether it had it not."""
        if refusal.identity in self._refused:
            return False
        self._refused.add(refusal.identity)
        self._refusals.append(refusal)
        return True

    async def append_refused(self) -> None:
        """Keep the refused messages that were taken, in one commit."""
        if self._refusals:
            await self._target.reject(*self._refusals)
        self._refusals = []

    async def acknowledge(self, source: Sequence[Rejected]) -> None:
        """Keep what the source says of refused messages, unless the target says it of itself."""
        dealt_with = {each.refusal.identity: each.acknowledged for each in source if each.acknowledged}
        for each in await self._target.rejected() if dealt_with else ():
            if (said := dealt_with.get(each.refusal.identity)) and each.acknowledged is None:
                await self._target.acknowledge([each.number], said.by, said.why, said.at)


def _mark(payload: bytes) -> bytes:
    """What tells two events apart, whoever signed them, in less memory than they take."""
    return hashlib.blake2b(event_bytes(payload), digest_size=16).digest()
