"""What rows are made from: an exchange, or a process, in the books of a ledger."""

from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

from ledger.book.book import Book
from ledger.book.explain import Read
from ledger.follow.books import Books
from schemas.codec import UnknownEvent, decode, skim
from schemas.events import AnyEvent


class Reads(NamedTuple):
    """Gives the events of the books by their ids: in full, or `lean`, without the prose, for a tenth of the time."""

    full: Read
    lean: Read


def reads(payload: Callable[[str], bytes]) -> Reads:
    """The events by their bytes."""

    def checked(event: AnyEvent | UnknownEvent) -> AnyEvent:
        assert not isinstance(event, UnknownEvent), event.id  # no claim of the books is one
        return event

    return Reads(lambda event_id: checked(decode(payload(event_id))), lambda event_id: checked(skim(payload(event_id))))


class TableSubject(NamedTuple):
    """One exchange, or one process of several. `books` hold at least all exchanges of its process."""

    books: Books
    name: str
    is_process: bool
    reads: Reads

    @property
    def book(self) -> Book:
        """The book of an exchange."""
        return self.books.book(self.name)


def subjects(books: Books, reads_of: Callable[[str], Reads], name: str | None = None) -> Iterator[TableSubject]:
    """All exchanges by their ids; one, or those of a process. A process comes after the last of its exchanges.

    `reads_of` gives the events of an exchange. A process of one exchange says no more than that, and is left out.
    Raises UnknownName.
    """
    for each in books.exchanges() if name is None else books.exchanges_of(name):
        yield from subjects_at(books, reads_of(each), each, name)


def subjects_at(books: Books, reads: Reads, exchange: str, asked: str | None = None) -> Iterator[TableSubject]:
    """An exchange of the books, and the process of which it is the last; not where that exchange alone is `asked`."""
    yield TableSubject(books, exchange, False, reads)
    kin = books.projection.kin(exchange)
    process = books.projection.process_of(exchange)
    if process and asked in (None, process) and len(kin) > 1 and kin[-1].exchange == exchange:
        yield TableSubject(books, process, True, reads)


Take: TypeAlias = Callable[[TableSubject], None]
"""Writes the rows of an exchange, or of a process, into a file."""
