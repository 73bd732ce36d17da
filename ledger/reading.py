"""From a log to views: replay it through the fold, up to a cut, and ask."""

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from zlib import crc32

from ledger.book.claims import Occurrence
from ledger.book.cut import Cut
from ledger.book.doubles import likely_doubles
from ledger.book.durations import Find
from ledger.book.explain import explain, rests_on
from ledger.book.figures import askable, value
from ledger.book.pauses import pauses
from ledger.book.projection import Book, Projection, Touched
from ledger.book.rounds import round_view
from ledger.book.statements import stated_totals
from ledger.book.talks import positions, terms
from ledger.book.tally import figures, process_tally, tally
from ledger.errors import UnknownName
from ledger.log.port import EventLog
from ledger.settings import TRUSTING, Trust
from ledger.signatures import gate_of
from schemas.codec import UnknownEvent, decode, skim
from schemas.dsse import event_bytes
from schemas.errors import InvalidEvent
from schemas.events import AnyEvent
from schemas.record import NOWHERE, Batch, Frontier, Position, Record, Row, to_microseconds
from schemas.values import Taking
from schemas.views import Estimate, Explanation, LikelyDouble, Pause, PositionView, Round, StatedTotal, Tally, TermsView

TURN = 256
"""So many events are decoded before they are folded: decoders and fold in turns push each other out of the
processor's caches, which costs a strict replay an eighth."""
Progress = Callable[[int], None]
"""Told after each batch how many records were read since the last time."""


@dataclass
class Reading:
    """The books of a ledger up to where it was read, and the views of them. Everything here is pure.

    Of the records that are no events of the ledger it says why: `undecodable`, or `unbelieved` for their signatures.
    """

    cut: Cut = field(default_factory=Cut)
    strict: bool = False
    stop: Record | None = None
    trust: Trust = TRUSTING
    reached: Frontier = NOWHERE
    undecodable: dict[Position, str] = field(default_factory=dict)
    unbelieved: dict[Position, str] = field(default_factory=dict)
    conflicting: dict[Position, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.projection = Projection(self.cut)
        self._decode = _validated if self.strict else skim
        self._gate = gate_of(self.trust)

    def take(self, batch: Batch) -> set[Touched]:
        """Fold one batch, less what is folded already. Returns the views that it changed."""
        with paused_garbage_collection():
            self._apply(batch)
            last = max(batch.last, self.reached.last(batch.partition))
            self.reached = self.reached.advanced(batch.partition, last)
            return self.projection.settle()

    def limit_us(self, partition: int) -> int | None:
        """The recorded time, in microseconds, before which records of a partition are in the cut.

        The event to stop at bounds its own partition by its place, and others by when it was recorded.
        """
        limits = [to_microseconds(self.cut.recorded_by)] if self.cut.recorded_by else []
        if self.stop is not None and self.stop.position.partition != partition:
            limits.append(to_microseconds(self.stop.recorded_at) + 1)
        return min(limits, default=None)

    def _apply(self, batch: Batch) -> None:
        apply = self.projection.apply
        for first in range(0, len(batch.rows), TURN):
            for offset, event, tag in self._decoded(batch.partition, batch.rows[first : first + TURN]):
                if apply(event, tag):
                    position = Position(batch.partition, offset)
                    self.conflicting[position] = f"event {event.id} is in the log already, with other content"

    def _decoded(self, partition: int, rows: Sequence[Row]) -> list[tuple[int, AnyEvent | UnknownEvent, int]]:
        decode, has_gate = self._decode, self._gate is not None
        known, limit = self.reached.last(partition), self.limit_us(partition)
        events = []
        for offset, recorded_us, payload in rows:
            if offset <= known or (limit is not None and recorded_us >= limit):
                continue
            try:
                event = decode(payload)
            except InvalidEvent as error:
                self.undecodable[Position(partition, offset)] = str(error)
                continue
            if has_gate and (why := self.disbelief(Position(partition, offset), recorded_us, event, payload)):
                self.unbelieved[Position(partition, offset)] = why
                continue
            events.append((offset, event, crc32(event_bytes(payload)) & 0xFFFF))
        return events

    def disbelief(
        self, position: Position, recorded_us: int, event: AnyEvent | UnknownEvent, payload: bytes
    ) -> str | None:
        """Why the ledger takes an event for none, by who signed it; None where it takes it."""
        return None if self._gate is None else self._gate.refusal(position, recorded_us, event, payload)

    @property
    def asks_for_signatures(self) -> bool:
        """Whether an event can be refused for who signed it, or did not."""
        return self._gate is not None

    @property
    def refused(self) -> dict[Position, str]:
        """The records that are no events of the ledger, and why."""
        return self.undecodable | self.unbelieved

    def every_view(self) -> set[Touched]:
        """Every view there is, as if all had just changed."""
        return {Touched(name, number) for name, book in self.books.items() for number in (None, *book.rounds())}

    @property
    def books(self) -> Mapping[str, Book]:
        return self.projection.books

    def exchanges(self) -> list[str]:
        """The ids of all exchanges, sorted."""
        return sorted(self.books)

    def book(self, exchange: str) -> Book:
        """The book of one exchange. Raises UnknownName."""
        if exchange not in self.books:
            raise UnknownName("exchange", exchange, self.exchanges())
        return self.books[exchange]

    def tally(self, exchange: str) -> Tally:
        """The tally of an exchange, or of a process, the sum of its exchanges."""
        if exchange in self.books:
            return tally(self.books[exchange])
        members = self.projection.members(exchange)
        return process_tally(exchange, members) if members else tally(self.book(exchange))

    def tallies(self) -> list[Tally]:
        """The tally of every exchange, in the order of their ids."""
        return [tally(self.books[exchange]) for exchange in self.exchanges()]

    def process_tallies(self) -> list[Tally]:
        """The tally of every process of more than one exchange."""
        grouped = [(name, self.projection.members(name)) for name in self.projection.processes()]
        return [process_tally(name, books) for name, books in grouped if len(books) > 1]

    def round(self, exchange: str, number: int) -> Round:
        """One round. Raises UnknownName."""
        if not self.has_round(exchange, number):
            raise UnknownName("round", f"{exchange} round {number}", [str(n) for n in self.book(exchange).rounds()])
        return round_view(self.book(exchange), number)

    def has_round(self, exchange: str, number: int) -> bool:
        """Whether a round holds anything, for the price of that round alone. Raises UnknownName for the exchange."""
        book = self.book(exchange)
        posted = any(balance.postings for balance in book.balances.get(number, {}).values())
        return posted or book.filed.of(number).claims > 0

    def view(self, touched: Touched) -> Tally | Round | None:
        """The view that changed; None for a round that holds nothing any more. Raises UnknownName for the exchange."""
        exchange, number = touched
        if number is None:
            return self.tally(exchange)
        return round_view(self.book(exchange), number) if self.has_round(exchange, number) else None

    def rounds(self, exchange: str) -> list[Round]:
        """The rounds of an exchange, in the order of their numbers."""
        book = self.book(exchange)
        return [round_view(book, number) for number in book.rounds()]

    def figures(self, exchange: str) -> dict[str, Estimate | None]:
        """Every figure of an exchange that can be explained, with its value, by name; None where it is not recorded."""
        sums = figures(self.book(exchange))
        return {name: value(name, sums) for name in sorted(askable(sums))}

    def terms(self, exchange: str) -> list[TermsView]:
        """Every set of terms of an exchange."""
        return terms(self.book(exchange))

    def positions(self, exchange: str) -> list[PositionView]:
        """Every declared position of an exchange, by date."""
        return positions(self.book(exchange))

    def pauses(self, exchange: str) -> list[Pause]:
        """The clock of every pause of an exchange."""
        return pauses(self.book(exchange))

    def likely_doubles(self, exchange: str | None = None) -> list[LikelyDouble]:
        """Occurrences that may be one thing without a shared name; of one exchange, also with others of its process.

        Raises UnknownName.
        """
        if exchange is not None:
            return [each for each in likely_doubles(self._kin(exchange)) if exchange in each.exchanges]
        return [each for books in self.projection.families() for each in likely_doubles(books)]

    def _kin(self, exchange: str) -> list[Book]:
        """The books of all exchanges of the process of one; that one alone where it has none. Raises UnknownName."""
        return self.projection.kin(self.book(exchange).exchange)

    def taking_of(self, exchange: str) -> Find:
        """Finds the occurrences of takings that a claim of an exchange links to."""
        books = self.books

        def find(taking: Taking) -> Occurrence | None:
            book = books.get(taking.exchange or exchange)
            return None if book is None else book.named(taking.occurrence)

        return find

    def stated_totals(self, exchange: str) -> list[StatedTotal]:
        """Every stated total of an exchange, against the computed figure as of the same point."""
        book = self.book(exchange)
        return stated_totals(book, self._kin(exchange)) if any(book.facts(["tally_stated"])) else []


def _validated(payload: bytes) -> AnyEvent | UnknownEvent:
    """The lean event of bytes that keep every rule. Raises InvalidEvent."""
    event = decode(payload)
    return event if type(event) is UnknownEvent else skim(payload)


@contextmanager
def paused_garbage_collection() -> Iterator[None]:
    """Folds and views make no cycles, and looking for them again and again takes as long as a fold."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


async def read_ledger(
    log: EventLog,
    cut: Cut | None = None,
    *,
    strict: bool = False,
    progress: Progress | None = None,
    only: Callable[[Batch], Batch] | None = None,
    end: Frontier | None = None,
    kind: type[Reading] = Reading,
) -> Reading:
    """Replay a log up to a cut, and to `end` (None: the end as of now), so that several can fold the same records.

    `strict` validates every event again. `kind`: how the events are taken. Raises UnknownName for the event to stop at.
    """
    reading = await _opened(log, cut or Cut(), strict, kind)
    async for batch in log.read(through=bounded(reading.stop, await log.end() if end is None else end)):
        reading.take(only(batch) if only else batch)
        if progress:
            progress(len(batch.rows))
    return reading


async def read_live(log: EventLog, cut: Cut, end: Frontier | None = None) -> Reading:
    """The books as a reader has them who follows the log: every event is folded and settled by itself."""
    reading = await _opened(log, cut, False)
    async for batch in log.read(through=bounded(reading.stop, await log.end() if end is None else end)):
        for row in batch.rows:
            reading.take(Batch(batch.partition, [row], row[0]))
    return reading


async def catch_up(log: EventLog, reading: Reading) -> set[Touched]:
    """Fold what the log has beyond a reading's position. Returns the views that changed."""
    touched: set[Touched] = set()
    async for batch in log.read(reading.reached):
        touched |= reading.take(batch)
    return touched


async def explain_figure(log: EventLog, reading: Reading, exchange: str, figure: str) -> Explanation:
    """A figure down to its claims, with the sources as they stand in the log. Raises UnknownName."""
    book = reading.book(exchange)
    found: dict[str, AnyEvent | UnknownEvent | None] = {}
    besides = reading.refused
    while sought := [event_id for event_id in rests_on(book, figure) if event_id not in found]:
        for event_id in sought:  # meanwhile the books may be brought up to date
            record = await log.find(event_id, besides)
            found[event_id] = decode(record.payload) if record else None
    events = {key: event for key, event in found.items() if event is not None and not isinstance(event, UnknownEvent)}
    return explain(book, figure, events.__getitem__, reading.taking_of(exchange))


async def _opened(log: EventLog, cut: Cut, strict: bool, kind: type[Reading] = Reading) -> Reading:
    stop = None if cut.through is None else await named_record(log, cut.through)
    return kind(cut, strict or not log.is_validated, stop, log.trust)


def bounded(stop: Record | None, end: Frontier) -> Frontier:
    """Up to where to read for a reading that stops at an event."""
    if stop is None or not end.covers(stop.position):
        return end
    return end.advanced(*stop.position)


async def named_record(log: EventLog, event_id: str) -> Record:
    """The record of an event, by its id or the unique start of one. Raises UnknownName."""
    record = await log.find(event_id) if len(event_id) == 36 else None
    if record is None:
        ids = await log.matching(event_id)
        if len(ids) != 1:
            raise UnknownName("event", event_id, ids)
        record = await log.find(ids[0])
    assert record is not None
    return record
