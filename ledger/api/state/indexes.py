"""Indexes of large exchanges, from which their books at any cut are made without a fold, within a bound of memory."""

from collections import defaultdict
from dataclasses import dataclass
from threading import Lock

from ledger.api.lru import Lru
from ledger.book.cuts.index import CutIndex
from ledger.follow.books import Books
from ledger.follow.replica import Replica
from schemas.record import Batch

BYTES_MAX = 256 * 2**20
"""What all indexes together take, with the claims that they hold."""
BYTES_OF_CLAIM = 650
"""What a fold keeps of an event, in the mean."""


@dataclass(frozen=True)
class _Indexed:
    """An exchange up to so many of its events: its own books, which go on where more come, and their index."""

    books: Books
    index: CutIndex
    count: int


class Indexes:
    """The most recently used indexes. They share nothing with the books that follow the log: threads can ask for them.

    They have no exchange in which an event came twice: the second changes nothing where it stands, and can be the
    first by another clock.
    """

    def __init__(self, replica: Replica, bytes_max: int = BYTES_MAX) -> None:
        self._replica = replica
        self._kept: Lru[_Indexed] = Lru(bytes_max)
        replica.when_redacted(self._forget)
        self._repeated: set[str] = set()
        self._making: defaultdict[str, Lock] = defaultdict(Lock)
        self._keeping = Lock()

    def of(self, exchange: str, count: int) -> CutIndex | None:
        """The index of at least the first so many events of an exchange; None where there is none."""
        with self._keeping:
            making = self._making[exchange]
        with making:
            with self._keeping:
                known = self._kept.get(exchange)
            if known is None or known.count < count:
                known = None if exchange in self._repeated else self._made(known, exchange, count)
            return None if known is None else known.index

    def _forget(self) -> None:
        with self._keeping:
            self._kept.clear()

    def _made(self, known: _Indexed | None, exchange: str, count: int) -> _Indexed | None:
        books = Books() if known is None else known.books
        recorded = [] if known is None else [*known.index.recorded]
        events, cleared = self._replica.events, self._kept.cleared
        rows = [row for _, row in events.rows(exchange, count, after=len(recorded))]
        books.take(Batch.of(events.partition_of(exchange), rows))
        book = books.book(exchange)
        if book.duplicates or book.conflicts:
            self._repeated.add(exchange)
            return None
        made = _Indexed(books, CutIndex(book, [*recorded, *(row[1] for row in rows)]), count)
        with self._keeping:
            if cleared == self._kept.cleared:
                self._kept.put(exchange, made, made.index.size + BYTES_OF_CLAIM * count)
        return made
