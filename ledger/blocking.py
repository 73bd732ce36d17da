"""The ledger for callers without an event loop: the same methods, each returning when it is done."""

import asyncio
import threading
from collections.abc import AsyncIterable, AsyncIterator, Collection, Coroutine, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from types import TracebackType
from typing import Any, TypeVar

from ledger.book.cut import Cut
from ledger.client import AsyncLedger, Change, Item, Source, What, in_batches
from ledger.errors import LedgerError, LogUnreachable
from ledger.follow.books import Books
from ledger.follow.filters import Filter
from ledger.follow.sources import NamedSource
from ledger.log.port import Receipt, Rejected
from ledger.notices import Notices
from ledger.proof.note import SigningKey
from ledger.redaction import Redaction
from schemas.codec import UnknownEvent
from schemas.events import AnyEvent
from schemas.record import NOWHERE, Frontier, Position, Progress, Record
from schemas.views import Explanation, Round, Tally

T = TypeVar("T")


class Ledger:
    """A ledger, opened by URL: `with Ledger.open("sqlite:///ledger.db") as ledger: ledger.publish(event)`.

    Its methods are those of `AsyncLedger` and raise the same errors. An event loop runs in a thread of its own;
    what is called back from there (`progress`, an asynchronous source) cannot call the ledger.
    """

    def __init__(self, ledger: AsyncLedger) -> None:
        self._ledger = ledger
        self._closed = False
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="ledger", daemon=True)
        self._thread.start()

    @classmethod
    def open(cls, url: str | None = None, *, create: bool = True, key: SigningKey | None = None) -> "Ledger":
        """See `AsyncLedger.open`."""
        return cls(AsyncLedger.open(url, create=create, key=key))

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the log. Closing twice is harmless."""
        self._check_thread()
        with self._lock:
            if self._closed:
                return
            self._closed = True
        try:
            asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    async def _end(self) -> None:
        """Release the log, and end what was begun and left: a stream that was interrupted, a follower."""
        await self._ledger.close()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await self._loop.shutdown_asyncgens()

    # -- publishing --------------------------------------------------------------------------------

    def publish(self, event: AnyEvent) -> Receipt:
        """See `AsyncLedger.publish`."""
        return self._wait(self._ledger.publish(event))

    def publish_many(self, events: Iterable[AnyEvent]) -> list[Receipt]:
        """See `AsyncLedger.publish_many`."""
        return self._wait(self._ledger.publish_many(list(events)))

    def publish_stream(self, events: Source) -> Iterator[Receipt | LedgerError]:
        """See `AsyncLedger.publish_stream`. A source that is not asynchronous is read in the calling thread."""
        self._check_open()
        if isinstance(events, AsyncIterable):
            return self._each(self._ledger.publish_stream(events))
        return self._publish_batches(events)

    def _publish_batches(self, events: Iterable[Item]) -> Iterator[Receipt | LedgerError]:
        for batch in in_batches(events, self._ledger.batch):
            yield from self._wait(_all(self._ledger.publish_stream(batch)))

    def redact(self, event_id: str, why: str, by: str, refused: Collection[int] = ()) -> Redaction:
        """See `AsyncLedger.redact`."""
        return self._wait(self._ledger.redact(event_id, why, by, refused))

    def reject(self, origin: str, reason: LedgerError, payload: bytes) -> None:
        """See `AsyncLedger.reject`."""
        self._wait(self._ledger.reject(origin, reason, payload))

    def reject_many(self, refused: Iterable[tuple[str, LedgerError, bytes]]) -> None:
        """See `AsyncLedger.reject_many`."""
        self._wait(self._ledger.reject_many(refused))

    def rejected(self) -> list[Rejected]:
        """See `AsyncLedger.rejected`."""
        return self._wait(self._ledger.rejected())

    def acknowledge(self, numbers: Sequence[int], by: str = "", why: str = "") -> None:
        """See `AsyncLedger.acknowledge`."""
        self._wait(self._ledger.acknowledge(numbers, by, why))

    def unacknowledged(self, refused: Mapping[Position, str]) -> dict[Position, str]:
        """See `AsyncLedger.unacknowledged`."""
        return self._wait(self._ledger.unacknowledged(refused))

    def examine(self) -> list[str]:
        """See `AsyncLedger.examine`."""
        return self._wait(self._ledger.examine())

    def contradicted(self) -> list[str]:
        """See `AsyncLedger.contradicted`."""
        return self._wait(self._ledger.contradicted())

    # -- reading -----------------------------------------------------------------------------------

    def read(self, cut: Cut | None = None, progress: Progress | None = None) -> Books:
        """See `AsyncLedger.read`."""
        return self._wait(self._ledger.read(cut, progress))

    def tally(self, exchange: str, cut: Cut | None = None) -> Tally:
        """See `AsyncLedger.tally`."""
        return self._wait(self._ledger.tally(exchange, cut))

    def tallies(self, cut: Cut | None = None) -> list[Tally]:
        """See `AsyncLedger.tallies`."""
        return self._wait(self._ledger.tallies(cut))

    def round(self, exchange: str, number: int, cut: Cut | None = None) -> Round:
        """See `AsyncLedger.round`."""
        return self._wait(self._ledger.round(exchange, number, cut))

    def rounds(self, exchange: str, cut: Cut | None = None) -> list[Round]:
        """See `AsyncLedger.rounds`."""
        return self._wait(self._ledger.rounds(exchange, cut))

    def explain(self, exchange: str, figure: str, cut: Cut | None = None) -> Explanation:
        """See `AsyncLedger.explain`."""
        return self._wait(self._ledger.explain(exchange, figure, cut))

    def notices(self, published: Iterable[str]) -> Notices:
        """See `AsyncLedger.notices`."""
        return self._wait(self._ledger.notices(list(published)))

    def end(self) -> Frontier:
        """See `AsyncLedger.end`."""
        return self._wait(self._ledger.end())

    def full_id(self, name: str) -> str:
        """See `AsyncLedger.full_id`."""
        return self._wait(self._ledger.full_id(name))

    def id_length(self, event_ids: Iterable[str]) -> int:
        """See `AsyncLedger.id_length`."""
        return self._wait(self._ledger.id_length(list(event_ids)))

    def event(self, event_id: str) -> tuple[Record, AnyEvent | UnknownEvent]:
        """See `AsyncLedger.event`."""
        return self._wait(self._ledger.event(event_id))

    def named_sources(self) -> list[NamedSource]:
        """See `AsyncLedger.named_sources`."""
        return self._wait(self._ledger.named_sources())

    def has_signed(self, key: str) -> bool:
        """See `AsyncLedger.has_signed`."""
        return self._wait(self._ledger.has_signed(key))

    def find_events(self, wanted: Filter) -> Iterator[Record]:
        """See `AsyncLedger.find_events`."""
        self._check_open()
        return self._each(self._ledger.find_events(wanted))

    def follow(
        self, what: What, exchange: str | None = None, round: int | None = None, after: Frontier = NOWHERE
    ) -> Iterator[Change]:
        """See `AsyncLedger.follow`."""
        self._check_open()
        return self._each(self._ledger.follow(what, exchange, round, after))

    # -- the bridge --------------------------------------------------------------------------------

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            return self._begin(work).result()
        except CancelledError as error:  # by another thread that closed the ledger
            raise LogUnreachable("the ledger is closed") from error

    def _begin(self, work: Coroutine[Any, Any, T]) -> "Future[T]":
        try:
            self._check_thread()
            with self._lock:
                self._check_open()
                return asyncio.run_coroutine_threadsafe(work, self._loop)
        except LedgerError:
            work.close()
            raise

    def _check_open(self) -> None:
        if self._closed:
            raise LogUnreachable("the ledger is closed")

    def _check_thread(self) -> None:
        if threading.current_thread() is self._thread:
            raise LedgerError("what the ledger calls back cannot call the ledger: it would wait for itself")

    def _each(self, items: AsyncIterator[T]) -> Iterator[T]:
        try:
            while True:
                yield self._wait(_next(items))
        except StopAsyncIteration:
            return


async def _next(items: AsyncIterator[T]) -> T:
    return await anext(items)


async def _all(items: AsyncIterator[T]) -> list[T]:
    return [item async for item in items]


__all__ = ["Ledger"]
