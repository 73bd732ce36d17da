"""Rebuild every view from the log alone, and say what they come to in one digest."""

import hashlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import BaseModel

from ledger.book.cut import Cut
from ledger.follow.books import Books
from ledger.follow.checkpoints import explaining
from ledger.follow.follower import read_books
from ledger.log.port import EventLog
from ledger.views import digested
from schemas.record import Frontier, Progress
from schemas.views import view_bytes


@dataclass(frozen=True)
class Rebuilt:
    """What a whole log, or a cut of it, comes to, and how long it took to fold it.

    `digest` is the same however many processes took part.
    """

    digest: str
    events: int
    exchanges: int
    reached: Frontier
    undecodable: int
    unbelieved: int
    repeated: int
    conflicting: int
    seconds: float

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.events / self.seconds if self.seconds else 0.0


async def rebuild(
    log: EventLog, cut: Cut | None = None, *, strict: bool = False, progress: Progress | None = None
) -> Rebuilt:
    """Fold a log from its first event. `strict` validates every event again.

    Raises UnknownName, LogUnreachable, LogDamaged.
    """
    started = time.perf_counter()
    books = await read_books(log, cut, strict=strict, progress=progress)
    seconds = time.perf_counter() - started
    async with explaining(log):
        return summary(books, seconds, digest(books))


def summary(books: Books, seconds: float, digested: str) -> Rebuilt:
    """A reading in numbers."""
    every = books.by_exchange.values()
    return Rebuilt(
        digest=digested,
        events=sum(book.events for book in every),
        exchanges=len(every),
        reached=books.reached,
        undecodable=len(books.undecodable),
        unbelieved=len(books.unbelieved),
        repeated=sum(book.duplicates for book in every),
        conflicting=sum(len(book.conflicts) for book in every),
        seconds=seconds,
    )


def views(books: Books) -> Iterator[tuple[str, BaseModel]]:
    """Every view of a reading with its name, in a fixed order: `EXCHANGE/tally`, `EXCHANGE/rounds/3` ..."""
    for exchange in books.exchanges():
        for name, view in digested(books, exchange):
            yield f"{exchange}/{name}", view


def digest(books: Books) -> str:
    """The SHA-256 over the digests of all exchanges: equal digests are equal figures."""
    return combined({exchange: exchange_digest(books, exchange) for exchange in books.exchanges()})


def exchange_digest(books: Books, exchange: str) -> str:
    """The SHA-256 of all views of one exchange, its stated totals compared with its own figures alone."""
    total = hashlib.sha256()
    for short, view in digested(books, exchange, is_alone=True):
        name, body = f"{exchange}/{short}", view_bytes(view)
        total.update(f"{len(name)}:{name}{len(body)}:".encode() + body)
    return total.hexdigest()


def combined(digests: Mapping[str, str]) -> str:
    """The digest of several exchanges, from the digest of each."""
    return hashlib.sha256("".join(f"{name}={digests[name]}\n" for name in sorted(digests)).encode()).hexdigest()
