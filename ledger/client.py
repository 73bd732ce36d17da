"""Open a ledger by URL: publish events, read views, follow changes. Asynchronous; `ledger.blocking` wraps it."""

import asyncio
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import aclosing
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import Literal, NamedTuple, TypeAlias

from ledger.admission import admit
from ledger.book.cut import Cut
from ledger.book.projection import ViewKey
from ledger.entrants import entrant
from ledger.errors import LedgerError, UnknownName
from ledger.follow.books import Books
from ledger.follow.bound import full_id, id_length
from ledger.follow.checkpoints import contradicted
from ledger.follow.filters import Filter
from ledger.follow.follower import Follower, books_of, outdated, read_books
from ledger.follow.publish_policy import PublishPolicy, Revocations
from ledger.follow.signatures import SignaturePolicy, read_key, signature_policy
from ledger.follow.sources import NamedSource, explain_figure, has_signed, named_sources
from ledger.follow.wanted import wanted_events
from ledger.log import open_log
from ledger.log.port import EventLog, KeepsViews, Message, Outcome, Receipt, Refusal, Rejected, check_reached
from ledger.notices import Notices, notices
from ledger.pacing import paced
from ledger.proof.note import SigningKey
from ledger.redaction import Grounds, Redaction, redact
from ledger.settings import Settings
from schemas.codec import UnknownEvent, decode
from schemas.entrants import by_desk
from schemas.errors import InvalidEvent
from schemas.events import AnyEvent
from schemas.record import NOWHERE, Batch, Frontier, Position, Progress, Record, entered_text
from schemas.views import Explanation, Round, Tally

Item: TypeAlias = AnyEvent | bytes | LedgerError
Source: TypeAlias = AsyncIterable[Item] | Iterable[Item]
Admit: TypeAlias = Callable[[AnyEvent | bytes], Message]
What: TypeAlias = Literal["events", "tallies", "rounds"]
STREAM_PAUSE_S = 0.02


class Change(NamedTuple):
    """Something new to a follower, and how far it has come with it: an event, or a view computed anew.

    `entered_by`: who entered the event, where the log or its signature says so.
    """

    reached: Frontier
    item: AnyEvent | UnknownEvent | Tally | Round
    entered_by: str | None = None


class AsyncLedger:
    """A ledger. Use it as `async with AsyncLedger.open("sqlite:///ledger.db") as ledger`.

    Every method raises LogUnreachable when the log does not answer. A ledger belongs to one event loop.
    """

    def __init__(
        self,
        log: EventLog,
        *,
        batch: int = 1000,
        clock: Callable[[], datetime] | None = None,
        key: SigningKey | None = None,
        entered_by: str | None = None,
    ) -> None:
        """`key` signs what is published, but for events that come signed; `entered_by` says who enters it
        (`schemas.entrants`), where a call does not. Raises UsageError for wrong settings.
        """
        self.log = log
        self.batch = batch
        self._clock = clock or (lambda: datetime.now(UTC))
        self._key = key
        self._entered_by = entered_by
        self._publish_policy = PublishPolicy(log)
        self._begin()
        self._catching_up = asyncio.Lock()

    @classmethod
    def open(cls, url: str | None = None, *, create: bool = True, key: SigningKey | None = None) -> "AsyncLedger":
        """The ledger at `url`; without one, at `LEDGER_LOG`, else `sqlite:///ledger.db`.

        It is made if there is none; without `create`, LogUnreachable is raised then. What is published is signed by
        `key`; without one, by that of `LEDGER_SIGNING_KEY`, where it is set. It is entered by the desk of
        `LEDGER_DESK`, where that is set. Raises UsageError for wrong settings.
        """
        settings = Settings.load(url)
        if key is None and settings.signing_key is not None:
            key = read_key(settings.signing_key)
        entered_by = settings.desk and by_desk(settings.desk)
        return cls(open_log(settings.log, create), batch=settings.batch, key=key, entered_by=entered_by)

    async def __aenter__(self) -> "AsyncLedger":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Release the log."""
        await self.log.close()

    # -- publishing --------------------------------------------------------------------------------

    async def publish(self, event: AnyEvent) -> Receipt:
        """Publish one event; when this returns it is durable. Publishing it again is harmless.

        Raises InvalidEvent, or EventConflict where the id is in the log with other content.
        """
        [receipt] = await self.publish_many([event])
        return receipt

    async def publish_many(self, events: Iterable[AnyEvent]) -> list[Receipt]:
        """Publish events in one batch: all that are valid, or none. Raises InvalidEvent, EventConflict.

        A conflict is raised after the others of the batch are in the log.
        """
        await self._publish_policy.catch_up()
        return _receipts(await self.log.append([*map(self._admission(), events)]))

    async def publish_stream(
        self, events: Source, entered_by: str | None = None
    ) -> AsyncIterator[Receipt | LedgerError]:
        """Publish any number of events in batches; give for each, in order, its receipt or what is wrong with it.

        One bad event never stops the others. Bytes are events as JSON and are kept as they are; an error
        passes through. When an asynchronous source pauses, what it gave so far is published; so it is when a
        source raises, and then its error is raised. `entered_by`: who enters them, else as for the ledger.
        """
        async for batch in _batches(events, self.batch):
            await self._publish_policy.catch_up()
            admit = self._admission(entered_by)
            admitted = [_admitted(event, admit) async for event in paced(batch)]
            async for outcome in paced(await self._append(admitted)):
                yield outcome

    def _admission(self, entered_by: str | None = None) -> Admit:
        """Admits what is published now."""
        return partial(
            admit,
            now=self._clock(),
            key=self._key,
            check=self._publish_policy.check,
            ledger=self.log.trust.name,
            entered_by=entered_by or self._entered_by,
        )

    async def _append(self, results: Sequence[Message | LedgerError]) -> list[Receipt | LedgerError]:
        outcomes = iter(await self.log.append([each for each in results if isinstance(each, Message)]))
        return [next(outcomes) if isinstance(each, Message) else each for each in results]

    async def redact(
        self, event_id: str, why: str, by: str, refused: Collection[int] = (), entered_by: str | None = None
    ) -> Redaction:
        """Remove the bytes of an event for ever, and say who removed them and why.

        Its record keeps position, recorded time and hash, so that proofs stay valid. Views are as if it had never been
        published. Doing it again completes what was interrupted. The bytes of `refused` messages go as well, by their
        numbers, besides those that have its id or its words. Raises UnknownName, UsageError where the log cannot
        forget, InvalidEvent.
        """
        await self._publish_policy.catch_up()
        entered = entered_by or self._entered_by
        grounds = Grounds(why, by, self._clock(), self._key, entered, self.log.trust.name)
        return await redact(self.log, event_id, grounds, refused, self._publish_policy.check)

    async def reject(self, origin: str, reason: LedgerError, payload: bytes, entered_by: str | None = None) -> None:
        """Keep a message that could not be published, whole, with where it came from, why, and who sent it."""
        await self.reject_many([(origin, reason, payload)], entered_by)

    async def reject_many(
        self, refused: Iterable[tuple[str, LedgerError, bytes]], entered_by: str | None = None
    ) -> None:
        """The same for many, each with where it came from, why, and itself: one commit for all."""
        sender = entered_by or self._entered_by
        refusals = [Refusal(origin, "publish", str(why), raw, entered_by=sender) for origin, why, raw in refused]
        if refusals:
            await self.log.reject(*refusals)

    async def rejected(self) -> list[Rejected]:
        """The messages that were kept because they could not be published, also those that were dealt with."""
        return await self.log.rejected()

    async def acknowledge(self, numbers: Sequence[int], by: str = "", why: str = "") -> None:
        """Keep that refused messages were dealt with, so that nobody is warned of them any more. Nothing is removed.

        What was said first of a message stays; numbers that none has are passed over.
        """
        await self.log.acknowledge(numbers, by, why)

    async def unacknowledged(self, refused: Mapping[Position, str]) -> dict[Position, str]:
        """Those of some records that are no events, as books have them, which nobody has dealt with, and why."""
        if not refused:
            return {}
        dealt_with = {each.position for each in await self.log.rejected() if each.acknowledged}
        return {position: why for position, why in sorted(refused.items()) if position not in dealt_with}

    async def examine(self) -> list[str]:
        """What is wrong with the log itself, each in one line; empty if nothing is."""
        return await self.log.examine()

    async def contradicted(self) -> list[str]:
        """Which checkpoints beside the log its records do not bear out, each in one line; empty if none."""
        return await contradicted(self.log)

    # -- reading -----------------------------------------------------------------------------------

    async def read(self, cut: Cut | None = None, progress: Progress | None = None) -> Books:
        """The books up to a cut, else of the whole log, folded anew: all their views are as of one position.

        What is published later does not change them. Raises UnknownName where the cut names an event that is
        not in the log.
        """
        return await read_books(self.log, cut, progress=progress)

    async def _at(self, cut: Cut | None) -> Books:
        return await (self._kept() if cut is None or cut.is_whole else self.read(cut))

    async def _kept(self) -> Books:
        """The books of the whole log, kept and brought up to date from call to call: never to be handed out."""
        async with self._catching_up:
            await self._follower.catch_up()
            if await outdated(self.log, self._current):
                self._begin()
                await self._follower.catch_up()
        return self._current

    def _begin(self) -> None:
        self._current = books_of(self.log)
        self._follower = Follower(self.log, self._current)

    async def tally(self, exchange: str, cut: Cut | None = None) -> Tally:
        """The tally of an exchange or of a process. Raises UnknownName."""
        return (await self._at(cut)).tally(exchange)

    async def tallies(self, cut: Cut | None = None) -> list[Tally]:
        """The tally of every exchange."""
        return (await self._at(cut)).tallies()

    async def round(self, exchange: str, number: int, cut: Cut | None = None) -> Round:
        """One round of an exchange. Raises UnknownName."""
        return (await self._at(cut)).round(exchange, number)

    async def rounds(self, exchange: str, cut: Cut | None = None) -> list[Round]:
        """The rounds of an exchange. Raises UnknownName."""
        return (await self._at(cut)).rounds(exchange)

    async def explain(self, exchange: str, figure: str, cut: Cut | None = None) -> Explanation:
        """A figure such as `captives.deal` or `rounds.5.prisoners.released` down to its claims. Raises UnknownName."""
        return await explain_figure(self.log, await self._at(cut), exchange, figure)

    async def notices(self, published: Iterable[str]) -> Notices:
        """What new events, by their ids, bring with them: likely doubles, and where another source counts now."""
        return notices(await self._kept(), frozenset(published))

    async def find_events(self, wanted: Filter) -> AsyncGenerator[Record, None]:
        """The events that are wanted, as they stand in the log by now, in its order.

        Raises UnknownName for a name that is in no event, once all were read.
        """
        async with aclosing(wanted_events(self.log, wanted)) as found:
            async for each in found:
                yield each

    async def end(self) -> Frontier:
        """How far the log reaches as of now."""
        return await self.log.end()

    async def full_id(self, name: str) -> str:
        """The id of the one event whose id begins so; a whole id as it is. Raises UnknownName, UsageError."""
        return await full_id(self.log, name)

    async def id_length(self, event_ids: Iterable[str]) -> int:
        """How many characters of each of some ids are to be shown, so that it is the only one to begin so here."""
        return await id_length(self.log, [*event_ids])

    async def event(self, event_id: str) -> tuple[Record, AnyEvent | UnknownEvent]:
        """An event as it stands in the log. Raises UnknownName."""
        refused = (await self._kept()).refused if self.log.trust.is_asking else ()
        record = await self.log.find(event_id, refused)
        if record is None:
            raise UnknownName("event", event_id)
        return record, decode(record.payload)

    async def named_sources(self) -> list[NamedSource]:
        """The sources of which the bytes that were read are known, by the events that name them, in their order."""
        return await named_sources(self.log)

    async def has_signed(self, key: str) -> bool:
        """Whether any record is signed by a key, `NAME+ID`."""
        return await has_signed(self.log, key)

    # -- following ---------------------------------------------------------------------------------

    async def follow(
        self, what: What, exchange: str | None = None, round: int | None = None, after: Frontier = NOWHERE
    ) -> AsyncGenerator[Change, None]:
        """Changes for ever: events as they stand in the log, or views as they are now and then whenever they change.

        Of one exchange or round, where they are given. To resume, pass as `after` what the last change had `reached`:
        what came since is given, and nothing that came before. Nothing is read ahead of the caller but a batch.
        Raises UsageError for a position that has not been reached.
        """
        changes = self._follow_events(after) if what == "events" else self._follow_views(what, after)
        async with aclosing(changes):
            async for change in changes:
                if exchange in (None, change.item.exchange) and round in (None, getattr(change.item, "round", None)):
                    yield change

    async def _follow_events(self, after: Frontier) -> AsyncGenerator[Change, None]:
        check_reached(after, await self.log.end())
        stated = _Stated(after, signature_policy(self.log.trust))
        if stated.policy is not None:
            await Follower(self.log, Revocations(stated.policy)).catch_up(after)
        async with aclosing(Follower(self.log, stated).follow()) as found:
            async for changes in found:
                for change in changes:
                    yield change

    async def _follow_views(self, what: What, after: Frontier) -> AsyncGenerator[Change, None]:
        if isinstance(self.log, KeepsViews):
            kept = self.log.kept_tallies(after) if what == "tallies" else self.log.kept_rounds(after)
            async with aclosing(kept):
                async for view in kept:
                    if view.value is not None:
                        model = Tally if what == "tallies" else Round
                        yield Change(view.reached, model.model_validate_json(view.value))
            return
        end = await self.log.end()
        check_reached(after, end)
        books = await read_books(self.log, end=after or end)
        if not after:
            for change in _changes(books, books.every_view(), what, NOWHERE):
                yield change
        before = books.reached
        while True:
            async with aclosing(Follower(self.log, books).follow()) as found:
                async for changed in found:
                    if exchanges := {each.exchange for each in await outdated(self.log, books)}:
                        books = await read_books(self.log, end=books.reached)
                        changed |= {each for each in books.every_view() if each.exchange in exchanges}
                    for change in _changes(books, changed, what, before):
                        yield change
                    before = books.reached
                    if exchanges:
                        break


class _Stated:
    """Takes messages for what they say; those that are no events are some other client's, and among the rejected."""

    def __init__(self, after: Frontier, policy: SignaturePolicy | None) -> None:
        self.reached = after
        self.policy = policy

    def take(self, batch: Batch) -> list[Change]:
        found = []
        for offset, recorded_us, payload, kept in batch.rows:
            try:
                event = decode(payload)
            except InvalidEvent:
                continue
            position = Position(batch.partition, offset)
            if self.policy is None or self.policy.refusal(position, recorded_us, event, payload) is None:
                found.append(Change(self.reached.advanced(*position), event, entrant(entered_text(kept), payload)))
        self.reached = self.reached.advanced(batch.partition, batch.last)
        return found


def _admitted(event: Item, admit: Admit) -> Message | LedgerError:
    try:
        return event if isinstance(event, LedgerError) else admit(event)
    except InvalidEvent as error:
        # Without where it was raised: those frames hold all that is published with it, in a circle.
        return InvalidEvent(*error.problems)


def _receipts(outcomes: Iterable[Outcome]) -> list[Receipt]:
    """The receipts of what was appended. Raises the first conflict."""
    receipts = list[Receipt]()
    for outcome in outcomes:
        if not isinstance(outcome, Receipt):
            raise outcome
        receipts.append(outcome)
    return receipts


def _changes(books: Books, touched: set[ViewKey], what: What, before: Frontier) -> Iterator[Change]:
    """Views that changed together. Only with the last of them has a follower come further than `before`."""
    shown = sorted(
        (each for each in touched if _is_shown(books, each, what)), key=lambda view: (view.exchange, view.round or 0)
    )
    for number, each in enumerate(shown, 1):
        yield Change(books.reached if number == len(shown) else before, _view(books, each))


def _is_shown(books: Books, touched: ViewKey, what: What) -> bool:
    """Whether what was touched is a view of this kind. A round whose last claim went elsewhere is none any more."""
    if touched.round is None:
        return what == "tallies"
    return what == "rounds" and books.has_round(touched.exchange, touched.round)


def _view(books: Books, touched: ViewKey) -> Tally | Round:
    if touched.round is None:
        return books.tally(touched.exchange)
    return books.round(touched.exchange, touched.round)


def in_batches(events: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Lists of `size` and a rest. When the source raises, what it gave comes first."""
    batch: list[Item] = []
    try:
        for event in events:
            batch.append(event)
            if len(batch) == size:
                yield batch
                batch = []
    except Exception:
        if batch:
            yield batch
        raise
    if batch:
        yield batch


async def _batches(events: Source, size: int) -> AsyncIterator[list[Item]]:
    if not isinstance(events, AsyncIterable):
        for batch in in_batches(events, size):
            yield batch
        return
    source = aiter(events)
    coming: asyncio.Future[Item] = asyncio.ensure_future(_next(source))
    batch = []
    try:
        while True:
            if batch and (len(batch) >= size or not await _is_here(coming)):
                yield batch
                batch = []
            batch.append(await coming)
            coming = asyncio.ensure_future(_next(source))
    except Exception as error:
        if batch:
            yield batch
        if not isinstance(error, StopAsyncIteration):
            raise
    finally:
        coming.cancel()


async def _is_here(coming: "asyncio.Future[Item]") -> bool:
    done, _ = await asyncio.wait([coming], timeout=STREAM_PAUSE_S)
    return bool(done)


async def _next(source: AsyncIterator[Item]) -> Item:
    return await anext(source)


__all__ = ["AsyncLedger", "Change", "Outcome", "What"]
