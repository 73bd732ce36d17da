"""What rows are made from: an exchange, or a process, in the books of a ledger."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ledger.book.book import Book
from ledger.book.explain import Read
from ledger.follow.books import Books


class Subject(NamedTuple):
    """One exchange, or one process of several. `books` hold at least all exchanges of its process."""

    books: Books
    name: str
    is_process: bool
    read: Read

    @property
    def book(self) -> Book:
        """The book of an exchange."""
        return self.books.book(self.name)


def subjects(books: Books, read: Read, name: str | None = None) -> Iterator[Subject]:
    """An exchange; a process after its exchanges; without a name, all exchanges and then all processes.

    A process of one exchange says no more than that. Raises UnknownName.
    """
    exchanges = books.exchanges() if name is None else books.exchanges_of(name)
    yield from (Subject(books, each, False, read) for each in exchanges)
    processes = several(books) if name is None else {name} & {*several(books)}
    yield from (Subject(books, each, True, read) for each in processes if each not in books.by_exchange)


def several(books: Books) -> Iterable[str]:
    """The processes of more than one exchange, sorted."""
    return [name for name in books.projection.processes() if len(books.projection.members(name)) > 1]
