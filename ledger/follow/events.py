"""The events of a log in memory: by arrival, by position, by exchange and by id, in some 200 bytes each."""

from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from ledger.follow.payloads import Payloads
from ledger.log.ids import Ids
from schemas.codec import UnknownEvent
from schemas.events import AnyEvent
from schemas.record import Frontier, Position, Record, Row, entered_text, from_microseconds


class Entry(NamedTuple):
    """One event of the log, and where it stands."""

    partition: int
    offset: int
    recorded_us: int
    payload: bytes
    entered_by: bytes | None
    exchange: str

    @property
    def position(self) -> Position:
        return Position(self.partition, self.offset)

    def record(self) -> Record:
        recorded_at, entered_by = from_microseconds(self.recorded_us), entered_text(self.entered_by)
        return Record(self.position, recorded_at, self.payload, entered_by)


class Events(Sequence[Entry]):
    """Events in the order in which they came, which in each partition is the log's.

    An event's *arrival* is its number in that order, from 0.
    """

    def __init__(self) -> None:
        self._payloads = Payloads()
        self._ids = Ids()
        self._partitions, self._offsets, self._recorded_us = array("I"), array("q"), array("q")
        self._exchanges, self._entrants = array("I"), array("I")
        self._entrant_numbers: dict[bytes | None, int] = {}
        self._entrant_names: list[bytes | None] = []
        self._names: list[str] = []
        self._of_partition: defaultdict[int, array[int]] = defaultdict(lambda: array("I"))
        self._of_exchange: dict[str, array[int]] = {}

    def __len__(self) -> int:
        return len(self._payloads)

    def __getitem__(self, arrival: int) -> Entry:  # type: ignore[override]
        return Entry(
            self._partitions[arrival],
            self._offsets[arrival],
            self._recorded_us[arrival],
            self._payloads[arrival],
            self._entrant_names[self._entrants[arrival]],
            self._names[self._exchanges[arrival]],
        )

    def add(self, partition: int, row: Row, event: AnyEvent | UnknownEvent) -> None:
        """Take in the event of a row, which comes after all that there are of its partition."""
        offset, recorded_us, payload, entered_by = row
        arrival, exchange = len(self), event.exchange
        known = self._of_exchange.get(exchange)
        if known is None:
            known = self._of_exchange[exchange] = array("I")
            self._names.append(exchange)
        number = self._exchanges[known[0]] if known else len(self._names) - 1
        self._partitions.append(partition)
        self._offsets.append(offset)
        self._recorded_us.append(recorded_us)
        self._exchanges.append(number)
        self._entrants.append(self._number(entered_by))
        self._of_partition[partition].append(arrival)
        known.append(arrival)
        self._ids.add(event.id, arrival)
        self._payloads.append(payload)

    def redact(self, arrival: int, payload: bytes) -> None:
        """Put in an event's place what stands for it in the log since its bytes were removed there."""
        self._payloads.replace(arrival, payload)

    def _number(self, entered_by: bytes | None) -> int:
        """Of whoever entered an event: a name is kept once."""
        number = self._entrant_numbers.setdefault(entered_by, len(self._entrant_names))
        if number == len(self._entrant_names):
            self._entrant_names.append(entered_by)
        return number

    @property
    def exchanges(self) -> Collection[str]:
        """The exchanges of which there is an event."""
        return self._of_exchange.keys()

    @property
    def partitions(self) -> Mapping[int, Sequence[int]]:
        """The arrivals of the events of each partition."""
        return self._of_partition

    def offset(self, arrival: int) -> int:
        """The offset of an event."""
        return self._offsets[arrival]

    def recorded_us(self, arrival: int) -> int:
        """When an event was recorded, in microseconds."""
        return self._recorded_us[arrival]

    def exchange(self, arrival: int) -> str:
        """The exchange of an event."""
        return self._names[self._exchanges[arrival]]

    def of(self, exchange: str) -> Sequence[int]:
        """The arrivals of the events of an exchange."""
        return self._of_exchange.get(exchange, array("I"))

    def bearing(self, event_id: str) -> Iterable[int]:
        """The arrivals of all events that bear an id. Raises ValueError for what can be no id."""
        return self._ids.find(event_id)

    def named(self, event_id: str, exchange: str | None = None) -> Entry | None:
        """The first event that bears an id, perhaps of one exchange. Raises ValueError for what can be no id."""
        found = (self[arrival] for arrival in self.bearing(event_id))
        return next((each for each in found if exchange in (None, each.exchange)), None)

    def starting(self, digits: str, most: int) -> list[str]:
        """The first ids that start with some hexadecimal digits, of which there are at most 32, in order."""
        return self._ids.starting(digits, most)

    def partition_of(self, exchange: str) -> int:
        """The partition in which all events of an exchange are, of which there is one."""
        return self._partitions[self.of(exchange)[0]]

    def covered(self, exchange: str, at: Frontier) -> int:
        """How many events of an exchange, all of which are in one partition, a position covers."""
        arrivals = self.of(exchange)
        if not arrivals:
            return 0
        return bisect_right(arrivals, at.last(self._partitions[arrivals[0]]), key=self._offsets.__getitem__)

    def after(self, position: Frontier, exchange: str | None) -> Sequence[int]:
        """The arrivals of the events beyond a position, perhaps with some that it covers."""
        first = self.first_after(position)
        if exchange is None:
            return range(first, len(self))
        every = self.of(exchange)
        return every[bisect_left(every, first) :]

    def first_after(self, position: Frontier) -> int:
        """The arrival of the first event that a position does not cover."""
        firsts = [len(self)]
        for partition, arrivals in self._of_partition.items():
            found = bisect_right(arrivals, position.last(partition), key=self._offsets.__getitem__)
            firsts += arrivals[found : found + 1]
        return min(firsts)

    def frontier(self, arrivals: int, after: Frontier) -> Frontier:
        """How far the first so many events reach, and at least as far as a position."""
        offsets = dict(after.offsets)
        for partition, its in self._of_partition.items():
            if count := bisect_left(its, arrivals):
                offsets[partition] = max(after.last(partition), self._offsets[its[count - 1]])
        return Frontier(offsets)

    def last_within(self, position: Frontier) -> int:
        """The number of events up to the last one that a position covers."""
        ends = [0]
        for partition, its in self._of_partition.items():
            if count := bisect_right(its, position.last(partition), key=self._offsets.__getitem__):
                ends.append(its[count - 1] + 1)
        return max(ends)

    def rows(self, exchange: str, count: int, after: int = 0) -> Iterable[tuple[int, Row]]:
        """The first events of an exchange but for so many, as rows, each with its partition."""
        for arrival in self.of(exchange)[after:count]:
            entered_by = self._entrant_names[self._entrants[arrival]]
            row = (self._offsets[arrival], self._recorded_us[arrival], self._payloads[arrival], entered_by)
            yield self._partitions[arrival], row
