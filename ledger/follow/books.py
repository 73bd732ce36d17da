"""The books of a log up to a cut, and the views of them."""

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import InitVar, dataclass, field
from typing import NamedTuple, TypeAlias, cast
from zlib import crc32

from ledger.book.book import Book
from ledger.book.claims import Occurrence
from ledger.book.cut import Cut
from ledger.book.doubles import likely_doubles
from ledger.book.durations import Find
from ledger.book.figures import askable, value
from ledger.book.pauses import pauses
from ledger.book.projection import Projection, ViewKey
from ledger.book.rounds import round_view
from ledger.book.statements import stated_totals
from ledger.book.talks import positions, terms
from ledger.book.tally import figures, process_tally, tally
from ledger.errors import LogDamaged, UnknownName
from ledger.follow.bound import Bound
from ledger.follow.signatures import signature_policy
from ledger.log.port import NOTHING_VOUCHED, Vouched
from ledger.settings import TRUSTING, Trust
from schemas.codec import UnknownEvent, accept, skim
from schemas.dsse import event_bytes
from schemas.errors import InvalidEvent
from schemas.events import AnyEvent, EventRedacted
from schemas.record import NOWHERE, Batch, Frontier, Position, Record, Row
from schemas.values import Taking
from schemas.views import Estimate, LikelyDouble, Pause, PositionView, Round, StatedTotal, Tally, TermsView

TURN = 256
"""So many events are decoded before they are folded: decoders and fold in turns push each other out of the
processor's caches, which costs a strict replay an eighth."""

Decoded: TypeAlias = tuple[Row, AnyEvent | UnknownEvent]
"""A record that is an event of the ledger, and the event."""
Keep: TypeAlias = Callable[[int, Row, AnyEvent | UnknownEvent], None]
"""Takes an event with its record and the partition in which that stands."""


class RedactedEvent(NamedTuple):
    """An event whose bytes were removed."""

    exchange: str
    event: str


@dataclass
class Books:
    """The books of a ledger up to where it was read, and the views of them. Everything here is pure.

    Of the records that are no events of the ledger it says why: `undecodable`, or `unbelieved` for their signatures.
    Whoever wants to `keep` the others is given each of them as it was decoded. `strict`: an event is validated, unless
    it is vouched for. `outdated`: events that were redacted after they were folded here; `fold_again` lets go of them.
    """

    cut: Cut = field(default_factory=Cut)
    strict: bool = False
    stop: InitVar[Record | None] = None
    trust: Trust = TRUSTING
    keep: Keep | None = None
    vouched: Vouched = NOTHING_VOUCHED
    reached: Frontier = NOWHERE
    undecodable: dict[Position, str] = field(default_factory=dict)
    unbelieved: dict[Position, str] = field(default_factory=dict)
    conflicting: dict[Position, str] = field(default_factory=dict)
    outdated: set[RedactedEvent] = field(default_factory=set)

    def __post_init__(self, stop: Record | None) -> None:
        self.projection = Projection(self.cut)
        self.bound = Bound.of(self.cut, stop)
        self._policy = signature_policy(self.trust)

    def take(self, batch: Batch) -> set[ViewKey]:
        """Fold one batch, less what is folded already. Returns the views that it changed.

        Raises LogDamaged where the fold cannot go on, since a record that is believed is no event any more.
        """
        try:
            return self._take(batch)
        except Exception as error:
            damage = None if self.strict else _damage(batch)
            if damage is None:
                raise
            raise damage from error

    def _take(self, batch: Batch) -> set[ViewKey]:
        with paused_garbage_collection():
            for first in range(0, len(batch.rows), TURN):
                self._apply(batch.partition, self._decoded(batch.partition, batch.rows[first : first + TURN]))
            last = max(batch.last, self.reached.last(batch.partition))
            self.reached = self.reached.advanced(batch.partition, last)
            return self.projection.settle()

    def _apply(self, partition: int, decoded: Sequence[Decoded]) -> None:
        apply = self.projection.apply
        for row, event in decoded:
            if apply(event, crc32(event_bytes(row[2])) & 0xFFFF):
                position = Position(partition, row[0])
                self.conflicting[position] = f"event {event.id} is in the log already, with other content"
            if event.type == "event_redacted":
                self._redact(cast("EventRedacted", event))
        if self.keep is not None:
            for row, event in decoded:
                self.keep(partition, row, event)

    def _redact(self, event: EventRedacted) -> None:
        if self.by_exchange[event.exchange].says(event.event):
            self.outdated.add(RedactedEvent(event.exchange, event.event))

    def fold_again(self, exchange: str, rows: Iterable[tuple[int, Row]]) -> set[ViewKey]:
        """Fold all records of an exchange anew, as the log has them now. Returns the views that it had or has."""
        self.outdated = {each for each in self.outdated if each.exchange != exchange}
        changed = self.projection.forget(exchange)
        with paused_garbage_collection():
            for _, (_, _, payload, _) in rows:
                self.projection.apply(skim(payload), crc32(event_bytes(payload)) & 0xFFFF)
            return changed | self.projection.settle()

    def _decoded(self, partition: int, rows: Sequence[Row]) -> list[Decoded]:
        """The events of the ledger among some rows, but for those known already and beyond the bound."""
        decode, has_policy = _validated if self.strict else skim, self._policy is not None
        vouched, suspect = self.vouched.through.last(partition), self.vouched.but_for.get(partition, ())
        known, last, before = self.reached.last(partition), self.bound.last(partition), self.bound.before(partition)
        events = []
        for row in rows:
            offset, recorded_us, payload, _ = row
            if not known < offset <= last or recorded_us >= before:
                continue
            try:
                event = skim(payload) if offset <= vouched and offset not in suspect else decode(payload)
            except InvalidEvent as error:
                self.undecodable[Position(partition, offset)] = str(error)
                continue
            if has_policy and (why := self.disbelief(Position(partition, offset), recorded_us, event, payload)):
                self.unbelieved[Position(partition, offset)] = why
                continue
            events.append((row, event))
        return events

    def disbelief(
        self, position: Position, recorded_us: int, event: AnyEvent | UnknownEvent, payload: bytes
    ) -> str | None:
        """Why the ledger takes an event for none, by who signed it; None where it takes it."""
        return None if self._policy is None else self._policy.refusal(position, recorded_us, event, payload)

    @property
    def asks_for_signatures(self) -> bool:
        """Whether an event can be refused for who signed it, or did not."""
        return self._policy is not None

    @property
    def refused(self) -> dict[Position, str]:
        """The records that are no events of the ledger, and why."""
        return self.undecodable | self.unbelieved

    def every_view(self) -> set[ViewKey]:
        """Every view there is, as if all had just changed."""
        return {ViewKey(name, number) for name, book in self.by_exchange.items() for number in (None, *book.rounds())}

    @property
    def by_exchange(self) -> Mapping[str, Book]:
        return self.projection.by_exchange

    def exchanges(self) -> list[str]:
        """The ids of all exchanges, sorted."""
        return sorted(self.by_exchange)

    def book(self, exchange: str) -> Book:
        """The book of one exchange. Raises UnknownName."""
        if exchange not in self.by_exchange:
            raise UnknownName("exchange", exchange, self.exchanges())
        return self.by_exchange[exchange]

    def exchanges_of(self, name: str) -> list[str]:
        """The exchanges of a process, or the exchange of that name itself. Raises UnknownName."""
        if name in self.by_exchange:
            return [name]
        if members := self.projection.members(name):
            return [book.exchange for book in members]
        raise UnknownName("exchange or process", name, [*self.exchanges(), *self.projection.processes()])

    def tally(self, exchange: str) -> Tally:
        """The tally of an exchange, or of a process, the sum of its exchanges."""
        if exchange in self.by_exchange:
            return tally(self.by_exchange[exchange])
        members = self.projection.members(exchange)
        return process_tally(exchange, members) if members else tally(self.book(exchange))

    def tallies(self) -> list[Tally]:
        """The tally of every exchange, in the order of their ids."""
        return [tally(self.by_exchange[exchange]) for exchange in self.exchanges()]

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

    def view(self, touched: ViewKey) -> Tally | Round | None:
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
        books = self.by_exchange

        def find(taking: Taking) -> Occurrence | None:
            book = books.get(taking.exchange or exchange)
            return None if book is None else book.named(taking.occurrence)

        return find

    def stated_totals(self, exchange: str, *, is_alone: bool = False) -> list[StatedTotal]:
        """Every stated total of an exchange, against the computed figure as of the same point.

        `is_alone`: what other exchanges of its process hold is left aside.
        """
        book = self.book(exchange)
        if not any(book.facts(["tally_stated"])):
            return []
        return stated_totals(book, [book] if is_alone else self._kin(exchange))


def _damage(batch: Batch) -> LogDamaged | None:
    """The first record of a batch that does not keep the rules; None where each does."""
    for offset, _, payload, _ in batch.rows:
        try:
            accept(payload)
        except InvalidEvent as error:
            return LogDamaged(f"the record is no event any more: {error}", Position(batch.partition, offset))
    return None


def _validated(payload: bytes) -> AnyEvent | UnknownEvent:
    """The lean event of bytes that keep every rule. Raises InvalidEvent."""
    event = accept(payload)
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
