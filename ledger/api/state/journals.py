"""What the last events changed, exchange by exchange: each journal goes on where the log does, and is never begun anew
for what comes."""

from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from threading import Lock
from typing import NamedTuple

from ledger.api.lru import Lru
from ledger.api.state.indexes import BYTES_OF_CLAIM
from ledger.changes.event_changes import DECLARING, EventChange, EventTracer, LastDays, is_alone
from ledger.follow.books import Books, paused_garbage_collection
from ledger.follow.events import Events
from ledger.follow.replica import Replica
from schemas.codec import UnknownEvent
from schemas.events import AnyEvent
from schemas.record import Batch, Row

EVENTS_MAX = 1_000
"""The last events that are looked at for what they changed: of an exchange, or of all together."""
GROWTH_EVENTS_MAX = 100
"""The same for what only happened since, which nearly each of them tells."""
ENTRIES_MAX = 100
"""The last events that a feed tells, of those that changed something."""
BYTES_MAX = 256 * 2**20
"""What all journals together take, with the books that they go on from."""
SHEETS_WORK = 5
"""What two sheets of a round cost, in events that are folded."""
JOURNAL_BYTES = 64 * 1024
"""What a journal takes besides its events."""


class EventSpan(NamedTuple):
    """Some events of an exchange in its order: from number `first` on, up to but without number `end`."""

    exchange: str
    first: int
    end: int


class _Journal:
    """What the events of an exchange from number `first` on changed. One thread at a time uses it."""

    def __init__(self, first: int, *, growth: bool) -> None:
        self.first = first
        self.count = 0
        self._tracer = EventTracer(Books(), growth=growth)
        self._found: list[tuple[int, EventChange]] = []
        self._kept_max = GROWTH_EVENTS_MAX if growth else EVENTS_MAX

    def go_on(self, events: Events, exchange: str, count: int) -> None:
        partition = events.partition_of(exchange)
        if self.count < self.first:
            rows = [row for _, row in events.rows(exchange, self.first)]
            self._tracer.books.take(Batch.of(partition, rows))
            self.count = self.first
        for _, row in events.rows(exchange, count, after=self.count):
            self._found += [(self.count, each) for each in self._tracer.take(Batch.of(partition, [row]))]
            self.count += 1
        oldest = bisect_left(self._found, self.count - self._kept_max, key=lambda each: each[0])
        del self._found[:oldest]

    def of(self, span: EventSpan) -> list[EventChange]:
        return [change for number, change in self._found if span.first <= number < span.end]


class Journals:
    """The journals of the exchanges that were asked for last, within a bound of memory.

    They share nothing with the books that follow the log: threads can ask for them.
    """

    def __init__(self, replica: Replica, bytes_max: int = BYTES_MAX) -> None:
        self._replica = replica
        self._kept: Lru[_Journal] = Lru(bytes_max)
        self._keeping = Lock()
        self._making: defaultdict[tuple[str, bool], Lock] = defaultdict(Lock)
        self._last = LastDays()
        self._corrective = array("I")
        self._noted_from: int | None = None
        replica.when_redacted(self._forget)
        replica.when_kept(self._note)

    def _note(self, partition: int, row: Row, event: AnyEvent | UnknownEvent) -> None:
        """Keep in mind which events may have corrected something: the exchanges of all others need not be traced.

        Not while a log is read for the first time, which took a third longer for a feed that perhaps nobody asks for:
        of what came before, each event may have.
        """
        if not self._replica.is_live:
            return
        arrival = len(self._replica.events) - 1
        if self._noted_from is None:
            self._noted_from = arrival
        if isinstance(event, UnknownEvent):
            return
        book = self._replica.books.book(event.exchange)
        if event.exchange not in self._last:
            self._last[event.exchange] = max((each.day for each in book.calendar.days), default="")
        is_late = self._last.is_late(event)
        if is_late or event.type == DECLARING or not is_alone(book, event):
            self._corrective.append(arrival)

    def _may_have_corrected(self, oldest: int) -> Iterable[int]:
        """The arrivals of the events that may have corrected something, from one on."""
        noted_from = len(self._replica.events) if self._noted_from is None else self._noted_from
        return chain(range(oldest, noted_from), self._corrective[bisect_left(self._corrective, oldest) :])

    def spans(self, exchange: str | None, *, growth: bool) -> list[EventSpan]:
        """Which events are looked at: the last ones of an exchange, or of the log."""
        events, most = self._replica.events, GROWTH_EVENTS_MAX if growth else EVENTS_MAX
        if exchange is not None:
            count = len(events.of(exchange))
            return [EventSpan(exchange, max(0, count - most), count)]
        oldest = max(0, len(events) - most)
        asked = range(oldest, len(events)) if growth else self._may_have_corrected(oldest)
        names = dict.fromkeys(map(events.exchange, asked))
        return [EventSpan(name, bisect_left(events.of(name), oldest), len(events.of(name))) for name in names]

    def work(self, spans: Sequence[EventSpan], *, growth: bool) -> int:
        """What it costs until it is known what they changed: a fold of those that are new, and sheets of some."""
        ahead = [each for each in spans if self._known(each, growth) < each.end]
        firsts = {each.exchange: max(each.first, self._known(each, growth)) for each in ahead}
        traced = {each.exchange: each.end - firsts[each.exchange] for each in ahead} if growth else self._traced(firsts)
        sheets = sum(count * self.sheets_work(name) for name, count in traced.items() if name in firsts)
        return sheets + sum(each.end - self._known(each, growth) for each in ahead)

    def sheets_work(self, exchange: str) -> int:
        """What it costs to hold the sheets of an exchange before and after an event against each other."""
        book = self._replica.books.by_exchange.get(exchange)
        return 0 if book is None else SHEETS_WORK * (1 + len(book.rounds()))

    def _traced(self, firsts: Mapping[str, int]) -> Counter[str]:
        """How many events may have corrected something, by exchange, from the earliest of some numbers on."""
        events = self._replica.events
        oldest = min((events.of(name)[first] for name, first in firsts.items()), default=len(events))
        return Counter(map(events.exchange, self._may_have_corrected(oldest)))

    def changes(self, spans: Sequence[EventSpan], *, growth: bool) -> list[EventChange]:
        """What the events of some spans changed, exchange by exchange. Called in a thread."""
        return [change for each in spans for change in self._of(each, growth)]

    def _of(self, span: EventSpan, growth: bool) -> list[EventChange]:
        key = (span.exchange, growth)
        with self._keeping:
            making, cleared = self._making[key], self._kept.cleared
        with making:
            with self._keeping:
                journal = self._kept.get(key)
            if journal is None or journal.first > span.first:
                journal = _Journal(span.first, growth=growth)
            if journal.count < span.end:
                with paused_garbage_collection():
                    journal.go_on(self._replica.events, span.exchange, span.end)
            with self._keeping:
                if cleared == self._kept.cleared:
                    self._kept.put(key, journal, JOURNAL_BYTES + BYTES_OF_CLAIM * journal.count)
            return journal.of(span)

    def _known(self, span: EventSpan, growth: bool) -> int:
        with self._keeping:
            journal = self._kept.get((span.exchange, growth))
        return journal.count if journal is not None and journal.first <= span.first else 0

    def _forget(self) -> None:
        with self._keeping:
            self._kept.clear()
