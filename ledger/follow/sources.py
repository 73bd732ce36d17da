"""What stands behind a figure, with the sources as they stand in the log; which sources were kept, and who signed."""

from typing import NamedTuple

from ledger.book.explain import explain, rests_on
from ledger.follow.books import Books
from ledger.follow.follower import Follower
from ledger.follow.signatures import SignaturePolicy, signature_policy
from ledger.log.port import EventLog
from schemas.codec import UnknownEvent, decode, skim
from schemas.dsse import event_bytes, opened
from schemas.errors import InvalidEvent
from schemas.events import AnyEvent
from schemas.record import NOWHERE, Batch, Position
from schemas.views import Explanation


async def explain_figure(log: EventLog, books: Books, exchange: str, figure: str) -> Explanation:
    """A figure down to its claims, with the sources as they stand in the log. Raises UnknownName."""
    book = books.book(exchange)
    found: dict[str, AnyEvent | UnknownEvent | None] = {}
    besides = books.refused
    while sought := [event_id for event_id in rests_on(book, figure) if event_id not in found]:
        for event_id in sought:  # meanwhile the books may be brought up to date
            record = await log.find(event_id, besides)
            found[event_id] = decode(record.payload) if record else None
    events = {key: event for key, event in found.items() if event is not None and not isinstance(event, UnknownEvent)}
    return explain(book, figure, events.__getitem__, books.taking_of(exchange))


class NamedSource(NamedTuple):
    """A source of which the bytes that were read are known, and the event that names it."""

    event: str
    exchange: str
    publisher: str
    url: str | None
    archived: str | None
    sha256: str


async def named_sources(log: EventLog) -> list[NamedSource]:
    """Every source of the events of a log of which the bytes that were read are known. Nothing is folded."""
    reader = _NamedSources(signature_policy(log.trust))
    await Follower(log, reader).catch_up()
    if log.is_validated:
        return [source for source, _ in reader.found]
    return [source for source, position in reader.found if await _stands(log, source.event, position)]


async def has_signed(log: EventLog, key: str) -> bool:
    """Whether any record of a log is signed by a key, `NAME+ID`, believed or not. Nothing is folded."""
    reader = _SignedBy(key)
    await Follower(log, reader).catch_up()
    return reader.is_found


class _SignedBy:
    """Takes records until one is signed by a key."""

    def __init__(self, key: str) -> None:
        self.reached = NOWHERE
        self.is_found = False
        self._key = key

    def take(self, batch: Batch) -> None:
        self.is_found = self.is_found or any(self._is_signed(payload) for _, _, payload, _ in batch.rows)
        self.reached = self.reached.advanced(batch.partition, batch.last)

    def _is_signed(self, payload: bytes) -> bool:
        try:
            envelope = opened(payload)
        except InvalidEvent:
            return False
        return envelope is not None and any(each.keyid == self._key for each in envelope.signatures)


async def _stands(log: EventLog, event_id: str, position: Position) -> bool:
    """Whether the record at a position is the event, and none that others wrote later under its id."""
    record = await log.find(event_id)
    return record is not None and record.position == position


class _NamedSources:
    """Takes records for the sources that they name; what is no event of the ledger is passed over."""

    def __init__(self, policy: SignaturePolicy | None) -> None:
        self.reached = NOWHERE
        self.found: list[tuple[NamedSource, Position]] = []
        self._policy = policy

    def take(self, batch: Batch) -> None:
        for offset, recorded_us, payload, _ in batch.rows:
            position = Position(batch.partition, offset)
            try:
                event = self._believed(position, recorded_us, payload)
            except InvalidEvent:
                continue
            if event is not None and (digits := event.source.sha256) is not None:
                said = event.source
                source = NamedSource(event.id, event.exchange, said.publisher, said.url, said.archived, digits)
                self.found.append((source, position))
        self.reached = self.reached.advanced(batch.partition, batch.last)

    def _believed(self, position: Position, recorded_us: int, payload: bytes) -> AnyEvent | None:
        """The event in a record that may name what was read; the policy is told of all. Raises InvalidEvent."""
        own = event_bytes(payload)
        is_named = b"sha256" in own or b"\\u00" in own  # a key can be written with escapes
        if not is_named and self._policy is None:
            return None
        event = decode(payload) if is_named else skim(payload)
        if self._policy is not None and self._policy.refusal(position, recorded_us, event, payload) is not None:
            return None
        return event if is_named and not isinstance(event, UnknownEvent) else None
