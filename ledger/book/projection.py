"""The fold: a log of events into books of balances, one book for each exchange.

Live processing, replay, queries at a cut and audits all call this fold. It is pure: the same
events in the same order give the same books however they are batched, and an event that comes twice counts once.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ledger.book.book import Book
from ledger.book.cut import WHOLE, Cut
from ledger.book.facts import opened
from schemas.codec import UnknownEvent
from schemas.events import AnyEvent


class ViewKey(NamedTuple):
    """A view that changed: an exchange's tally, or one of its rounds where `round` is not None."""

    exchange: str
    round: int | None


class Projection:
    """The books of all exchanges of a log, or of one partition of it."""

    def __init__(self, cut: Cut = WHOLE) -> None:
        self.cut = cut
        self.by_exchange: dict[str, Book] = {}
        self._unsettled: dict[str, Book] = {}
        self._process_of: dict[str, str | None] = {}
        self._members: defaultdict[str, set[str]] = defaultdict(set)

    def apply(self, event: AnyEvent | UnknownEvent, tag: int = 0) -> bool:
        """Take in one event, as `Book.apply` does."""
        exchange = event.exchange
        book = self.by_exchange.get(exchange)
        if book is None:
            book = self.by_exchange[exchange] = Book(exchange, self.cut)
        self._unsettled[exchange] = book
        return book.apply(event, tag)

    def hold(self, books: Iterable[Book]) -> None:
        """Hold the settled books of exchanges that were made elsewhere."""
        for book in books:
            self.by_exchange[book.exchange] = book
            self._place(book.exchange, book)

    def forget(self, exchange: str) -> set[ViewKey]:
        """Let go of a settled book, so that its events can be taken in anew. Returns the views that it had."""
        book = self.by_exchange.pop(exchange)
        return {ViewKey(exchange, round) for round in (None, *book.rounds())}

    def settle(self) -> set[ViewKey]:
        """Bring all books up to date. Returns what changed since the last time."""
        touched = {
            ViewKey(exchange, round) for exchange, book in self._unsettled.items() for round in (None, *book.settle())
        }
        for exchange, book in self._unsettled.items():
            self._place(exchange, book)
        self._unsettled.clear()
        return touched

    def _place(self, exchange: str, book: Book) -> None:
        declared = opened(book)
        before, now = self._process_of.get(exchange), None if declared is None else declared.process
        if before != now:
            self._process_of[exchange] = now
            if before:
                self._members[before].discard(exchange)
            if now:
                self._members[now].add(exchange)

    def processes(self) -> list[str]:
        """The processes that exchanges declare, sorted."""
        return sorted(name for name, members in self._members.items() if members)

    def members(self, process: str) -> list[Book]:
        """The books of the exchanges that declare a process, by their ids."""
        return [self.by_exchange[exchange] for exchange in sorted(self._members.get(process, ()))]

    def families(self) -> Iterator[list[Book]]:
        """The books of each process, and each book that is of none."""
        yield from map(self.members, self.processes())
        yield from ([self.by_exchange[name]] for name in sorted(self.by_exchange) if not self._process_of.get(name))

    def process_of(self, exchange: str) -> str | None:
        """The process that an exchange declares."""
        return self._process_of.get(exchange)

    def kin(self, exchange: str) -> list[Book]:
        """The books of all exchanges of an exchange's process, by their ids; its own alone where it has none."""
        process = self._process_of.get(exchange)
        return self.members(process) if process else [self.by_exchange[exchange]]
