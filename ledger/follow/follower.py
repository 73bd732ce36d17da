"""The one loop that follows a log: what it reads goes into a sink, up to an end or for ever."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Generic, NamedTuple, Protocol, TypeVar

from ledger.book.cut import Cut
from ledger.book.projection import ViewKey
from ledger.follow.books import Books, Keep, RedactedEvent
from ledger.follow.bound import bound_of
from ledger.log.port import Batches, EventLog, Readable, Redactable
from schemas.record import Batch, Frontier, Progress, Record
from schemas.redaction import is_redacted

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Sink(Protocol[T_co]):
    """What records go into. It passes over those up to `reached`, and tells what it made of the others."""

    @property
    def reached(self) -> Frontier: ...
    def take(self, batch: Batch) -> T_co: ...


class Follower(Generic[T]):
    """Brings a sink up to date with a log. All methods raise LogUnreachable, and go on where they were left.

    `slice_max`: so many records at most are taken at once.
    """

    def __init__(self, log: Readable, sink: Sink[T], slice_max: int | None = None) -> None:
        self._log = log
        self._sink = sink
        self._slice_max = slice_max
        self._moved = asyncio.Event()

    async def read(self, through: Frontier | None = None, progress: Progress | None = None) -> AsyncGenerator[T, None]:
        """Take what the log has up to a frontier (None: the end as of now), giving what the sink made of it."""
        async with aclosing(self._taken(self._log.read(self._sink.reached, through), progress)) as found:
            async for each in found:
                yield each

    async def follow(self) -> AsyncGenerator[T, None]:
        """Take what the log has and then what comes, for ever, giving what the sink made of it."""
        async with aclosing(self._taken(self._log.tail(self._sink.reached), None)) as found:
            async for each in found:
                yield each

    async def catch_up(self, through: Frontier | None = None, progress: Progress | None = None) -> None:
        """`read` to the end, where nobody asks what the sink made of it."""
        async for _ in self.read(through, progress):
            pass

    async def wait(self, until: Callable[[], bool], timeout_s: float) -> bool:
        """Wait until something holds that reading brings about; whether it does when the time is over."""
        try:
            async with asyncio.timeout(timeout_s):
                while not until():
                    await self._moved.wait()
        except TimeoutError:
            return False
        return True

    def wake(self) -> None:
        """Have whoever waits look again."""
        self._moved.set()
        self._moved.clear()

    async def _taken(self, batches: Batches, progress: Progress | None) -> AsyncGenerator[T, None]:
        async with aclosing(batches):
            async for batch in batches:
                for part in [batch] if self._slice_max is None else batch.parts(self._slice_max):
                    made = self._sink.take(part)
                    self.wake()
                    yield made
                if progress:
                    progress(len(batch.rows))


class FilteredBooks(NamedTuple):
    """Books that take a part of each batch alone."""

    books: Books
    only: Callable[[Batch], Batch]

    @property
    def reached(self) -> Frontier:
        return self.books.reached

    def take(self, batch: Batch) -> set[ViewKey]:
        return self.books.take(self.only(batch))


async def read_books(
    log: EventLog,
    cut: Cut | None = None,
    *,
    strict: bool = False,
    progress: Progress | None = None,
    only: Callable[[Batch], Batch] | None = None,
    end: Frontier | None = None,
    kind: type[Books] = Books,
    slice_max: int | None = None,
) -> Books:
    """Replay a log up to a cut, and to `end` (None: the end as of now), so that several can fold the same records.

    `strict` validates every event again. `kind`: how the events are taken. Raises UnknownName for the event to stop at.
    """
    bound = await bound_of(log, cut or Cut())
    through = bound.within(await log.end() if end is None else end)
    while True:
        books = books_of(log, cut, stop=bound.stop, strict=strict, kind=kind)
        sink = books if only is None else FilteredBooks(books, only)
        await Follower(log, sink, slice_max).catch_up(through, progress)
        if not await outdated(log, books):
            return books


async def outdated(log: EventLog, books: Books) -> dict[RedactedEvent, Record]:
    """What books hold and the log no more, with what stands there now: redacted while or after they were read.

    A log that cannot remove bytes where they stand never has less than it had.
    """
    told, books.outdated = books.outdated, set()
    found = [(each, await log.find(each.event)) for each in told] if isinstance(log, Redactable) else []
    return {each: record for each, record in found if record is not None and is_redacted(record.payload)}


async def read_live(log: EventLog, cut: Cut, end: Frontier | None = None) -> Books:
    """The books as a reader has them who follows the log: every event is folded and settled by itself."""
    return await read_books(log, cut, end=end, slice_max=1)


def books_of(
    log: EventLog,
    cut: Cut | None = None,
    *,
    stop: Record | None = None,
    strict: bool = False,
    keep: Keep | None = None,
    kind: type[Books] = Books,
) -> Books:
    """Empty books for a log: they validate what others could have written, and trust whom the log trusts."""
    return kind(cut or Cut(), strict or not log.is_validated, stop, log.trust, keep)
