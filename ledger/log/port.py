"""The log as everything else sees it: append, read, find, wait. Every log keeps this contract; none share code."""

from collections.abc import AsyncGenerator, Collection, Container, Mapping, Sequence, Set
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple, Protocol, TypeAlias, runtime_checkable

from ledger.errors import EventConflict, UsageError
from ledger.settings import Trust
from schemas.events import AnyEvent
from schemas.record import NOWHERE, Batch, Frontier, Position, Record


class Message(NamedTuple):
    """An event about to be appended: its id, its exchange, and its bytes as the producer made them.

    `event` is what they say, where that is known. `recorded_at` is for a copy of another log's record, which keeps
    the time at which that log recorded it. `entered_by`: who enters it (`schemas.entrants`), where somebody says so.
    """

    id: str
    exchange: str
    payload: bytes
    event: AnyEvent | None = None
    recorded_at: datetime | None = None
    entered_by: str | None = None


class Receipt(NamedTuple):
    """The log's word that an event is durably kept. `duplicate`: it was there before, byte for byte.

    By whom the same bytes were signed or entered makes no difference: what was there first stays.
    """

    event_id: str
    position: Position
    recorded_at: datetime
    duplicate: bool


Outcome: TypeAlias = Receipt | EventConflict
Batches: TypeAlias = AsyncGenerator[Batch, None]
"""Batches as they are read. Whoever stops before the end closes it (`contextlib.aclosing`), to free what it holds."""


Headers: TypeAlias = tuple[tuple[str, bytes | None], ...]


class Acknowledgment(NamedTuple):
    """That a refused message was dealt with. `by` and `why` are empty where nobody says so."""

    at: datetime
    by: str
    why: str


class Refusal(NamedTuple):
    """A message that is no event, as it is to be kept: whole, with where it came from, where it failed and why.

    `at`, `key` and `headers` are for a copy of another log's, which keeps the time at which that log refused it.
    `entered_by`: who sent it, where that is known.
    """

    origin: str
    stage: str
    reason: str
    payload: bytes
    at: datetime | None = None
    key: bytes | None = None
    headers: Headers = ()
    entered_by: str | None = None

    @property
    def identity(self) -> tuple[str, str, str, bytes]:
        """What makes it the same refusal, and kept once."""
        return self.origin, self.stage, self.reason, self.payload


class Rejected(NamedTuple):
    """A message that is no event, kept whole with where it came from, where it failed and why.

    `key` and `headers` are those that it bore on Kafka. `position` is where it stands in the events of this very log,
    for what others wrote there. `acknowledged`: that it was dealt with, so that no reader warns of it any more.
    `entered_by`: who sent it, where that is known.
    """

    number: int
    at: datetime
    origin: str
    stage: str
    reason: str
    payload: bytes
    key: bytes | None = None
    headers: Headers = ()
    position: Position | None = None
    acknowledged: Acknowledgment | None = None
    entered_by: str | None = None

    @property
    def refusal(self) -> Refusal:
        """What another log is to keep of it."""
        its = self.origin, self.stage, self.reason, self.payload
        return Refusal(*its, self.at, self.key, self.headers, self.entered_by)


class Vouched(NamedTuple):
    """What need not be validated again: of each partition, all up to an offset, but for some offsets."""

    through: Frontier = NOWHERE
    but_for: Mapping[int, Set[int]] = MappingProxyType({})


NOTHING_VOUCHED = Vouched()


class KeptView(NamedTuple):
    """A view as a worker keeps it. `reached` is where to resume; without a `value` the view is no more."""

    reached: Frontier
    exchange: str
    round: int | None
    value: bytes | None


class StandingView(NamedTuple):
    """A tally, or a round, as workers published it last, and the position in the events that it says it is as of.

    Without `value` it is no more; without `position` no worker wrote it.
    """

    exchange: str
    round: int | None
    value: bytes | None
    position: Position | None


class Readable(Protocol):
    """A log as far as it is read. Its methods raise LogUnreachable."""

    def read(self, after: Frontier = NOWHERE, through: Frontier | None = None) -> Batches:
        """The records beyond `after` and up to `through` (None: the end as of now)."""
        ...

    def tail(self, after: Frontier = NOWHERE) -> Batches:
        """The records beyond `after`, and then those that come, for ever."""
        ...


class EventLog(Readable, Protocol):
    """An append-only log of events. Every method is safe to call concurrently.

    All raise LogUnreachable when the log does not answer. `is_validated`: nothing but this software appends to it, so
    that every record kept the rules when it came. `trust`: which signatures those ask for who read it.
    """

    is_validated: bool
    trust: Trust

    async def append(self, messages: Sequence[Message]) -> list[Outcome]:
        """Append messages and return, in their order, a receipt or a conflict for each.

        When this returns, every receipt's event is durable. A log that knows its ids appends none twice: one that is
        there with the same bytes is a duplicate, with other bytes a conflict. One that does not know them (Kafka)
        appends it again, and the fold counts it once.
        """
        ...

    async def end(self) -> Frontier:
        """How far the log reaches as of now."""
        ...

    async def find(self, event_id: str, besides: Container[Position] = ()) -> Record | None:
        """The first record of an event id that stands at none of some positions, or None."""
        ...

    async def matching(self, prefix: str) -> list[str]:
        """Up to ten event ids that start with `prefix`, in order."""
        ...

    async def shared_digits(self, event_ids: Collection[str]) -> int:
        """With how many hexadecimal digits at most one of some event ids begins as another id of the log does.

        One digit more tells each of them from all others.
        """
        ...

    async def reject(self, *refusals: Refusal) -> None:
        """Keep messages that are no events, whole, in one commit. The same message from the same place is kept once."""
        ...

    async def acknowledge(
        self, numbers: Sequence[int], by: str = "", why: str = "", at: datetime | None = None
    ) -> None:
        """Keep that rejected messages were dealt with; when this returns it is durable.

        What was said first of a message stays. Numbers that no message has are passed over. `at` is for a copy.
        """
        ...

    async def rejected(self) -> list[Rejected]:
        """The rejected messages, in the order in which they came, also those that were dealt with."""
        ...

    async def examine(self) -> list[str]:
        """What is wrong with the log itself, each in one line; empty if nothing is."""
        ...

    async def close(self) -> None:
        """Release the log. Closing twice is harmless."""
        ...


@runtime_checkable
class KeepsViews(Protocol):
    """A log beside which workers keep the views, so that a reader of them need not fold."""

    def kept_tallies(self, after: Frontier = NOWHERE) -> AsyncGenerator[KeptView, None]:
        """The tallies as they stand, and then each that changes, for ever. Raises LogUnreachable."""
        ...

    def kept_rounds(self, after: Frontier = NOWHERE) -> AsyncGenerator[KeptView, None]:
        """The rounds as they stand, and then each that changes, for ever. Raises LogUnreachable."""
        ...

    async def published(self) -> Frontier:
        """How far the events are in the views. Raises LogUnreachable."""
        ...

    async def standing_views(self) -> list[StandingView]:
        """Every tally and round as it stands as of now. Raises LogUnreachable."""
        ...


@runtime_checkable
class Redactable(Protocol):
    """A log that can remove the bytes of a record where it stands."""

    async def redact(self, record: Record, told: Message, refused: Sequence[int]) -> Receipt:
        """Put a record, as it is without its bytes, in place of the one that stands there, and append who says so.

        All of it is done, or nothing. The payloads of the refused messages of some numbers go as well. Of what is
        removed nothing is left in any file of the log when this returns. Raises LogUnreachable.
        """
        ...


@runtime_checkable
class KeepsCheckpoints(Protocol):
    """A log beside which the keeper's checkpoints stand, for whoever reads it."""

    async def keep_checkpoint(self, origin: str, note: str) -> None:
        """Add a signed checkpoint; when this returns it is durable. Raises LogUnreachable."""
        ...

    async def checkpoints(self) -> list[str]:
        """The checkpoints in the order in which they were kept. Raises LogUnreachable."""
        ...


def check_reached(after: Frontier, end: Frontier) -> None:
    """Raises UsageError for a position to resume at that lies beyond the end."""
    if any(offset > end.last(partition) for partition, offset in after.offsets.items()):
        where = f"it ends at {end}" if end else "it is empty"
        raise UsageError(f"there is no position {after} here: {where}")
