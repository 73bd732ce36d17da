"""What is new since a client last asked: events as they came, or views that have changed.

A feed holds no queue, only how far its client has come. Clients that have come equally far get the same bytes, which
are made once.
"""

from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import NamedTuple, Protocol

from ledger.api.events.records import record_bytes
from ledger.api.lru import Lru
from ledger.api.stream.frames import Frames
from ledger.api.views.bodies import BodyCache
from ledger.book.projection import ViewKey
from ledger.follow.books import Books
from ledger.follow.filters import Filter
from ledger.follow.replica import Replica
from schemas.record import Frontier
from schemas.values import Value
from schemas.views import view_bytes, view_digest

CHUNK_EVENTS = 200
CHUNK_BYTES = 64 * 1024
CHANGES_MAX = 4096
"""Changes of views that are remembered, for clients that come back after a short time."""
SHARED_BYTES = 16 * 2**20
"""What the chunks that clients share may take."""


class Feed(Protocol):
    """What one client is still to be told. `reached` is how far it has come; `is_behind`: there is more to look at."""

    reached: Frontier
    is_behind: bool

    def take(self) -> bytes:
        """The next chunk, of bounded size; empty when there is nothing new."""
        ...


# -- events ----------------------------------------------------------------------------------------


class EventFeed:
    """The events of a log beyond a position, as they stand there."""

    def __init__(
        self, replica: Replica, shared: Lru["_Chunk"], wanted: Filter, frames: Frames, after: Frontier
    ) -> None:
        self.reached = after
        self.is_behind = False
        self._replica = replica
        self._shared = shared
        self._wanted = wanted
        self._frames = frames
        self._next = replica.events.first_after(after)

    def take(self) -> bytes:
        arrivals = self._arrivals()
        self.is_behind = bool(arrivals)
        if not arrivals:
            self.reached = self._replica.reached
            return b""
        key = (self._frames.media_type, self._wanted, arrivals[0], arrivals[-1], str(self.reached))
        chunk = self._shared.get(key)
        if chunk is None:
            chunk = self._chunk(arrivals)
            self._shared.put(key, chunk, 256 + len(chunk.raw))
        self._next, self.reached = chunk.next, chunk.reached
        return chunk.raw

    def _arrivals(self) -> Sequence[int]:
        """Where the next events are that the client could want."""
        if self._wanted.exchange is None:
            return range(self._next, min(len(self._replica.events), self._next + CHUNK_EVENTS))
        every = self._replica.events.of(self._wanted.exchange)
        first = bisect_left(every, self._next)
        return every[first : first + CHUNK_EVENTS]

    def _chunk(self, arrivals: Sequence[int]) -> "_Chunk":
        parts, size, reached = list[bytes](), 0, self.reached
        for arrival in arrivals:
            entry = self._replica.events[arrival]
            if entry.offset <= reached.last(entry.partition):
                continue
            reached = reached.advanced(entry.partition, entry.offset)
            if self._wanted.wants(entry.exchange, entry.recorded_us, entry.payload):
                parts.append(self._frames.frame("event", record_bytes(entry.record()), reached))
                size += len(parts[-1])
                if size >= CHUNK_BYTES:
                    return _Chunk(b"".join(parts), arrival + 1, reached)
        return _Chunk(b"".join(parts), arrivals[-1] + 1, reached)


class _Chunk(NamedTuple):
    """Part of a stream of events, the arrival at which it goes on, and how far a client has come with it."""

    raw: bytes
    next: int
    reached: Frontier


# -- views -----------------------------------------------------------------------------------------


class Removed(Value):
    """A round that is no more, since its last claim went elsewhere."""

    exchange: str
    round: int


class Changes:
    """Which views have changed at which position, as far back as is remembered."""

    def __init__(self, replica: Replica) -> None:
        self.number = 0
        self._replica = replica
        self._touched: deque[set[ViewKey]] = deque(maxlen=CHANGES_MAX)
        self._numbers: Lru[int] = Lru(CHANGES_MAX)
        replica.listen(self._note)

    def _note(self, touched: set[ViewKey]) -> None:
        if touched:
            self._touched.append(touched)
            self.number += 1
        self._numbers.put(str(self._replica.reached), self.number, 1)

    def at(self, position: Frontier) -> int | None:
        """The number of changes that there were at a position; None where that is not remembered."""
        return self._numbers.get(str(position))

    def since(self, number: int) -> set[ViewKey] | None:
        """The views that have changed since; None where that is not remembered."""
        missed = self.number - number
        if missed > len(self._touched):
            return None
        recent = islice(self._touched, len(self._touched) - missed, None)
        return set[ViewKey]().union(*recent)


class SharedChunk(NamedTuple):
    """What leads clients of one kind from one number of changes to another, and what they had reached before."""

    since: int
    number: int
    reached: Frontier
    raw: bytes

    def leads(self, since: int, number: int, reached: Frontier) -> bool:
        """Whether it leads a client from where it is to where it can be. Those who came together share the frontier."""
        return since == self.since and number == self.number and (reached is self.reached or reached == self.reached)


class ViewFeed:
    """Views of one kind as they are now, then each whenever it has changed.

    A client that is slow gets a view once, as it is when the client is ready for it, however often it has changed.
    `pending` are the views to begin with; `number` is that of the last change before them.
    """

    def __init__(
        self,
        views: "SharedViews",
        what: str,
        wanted: Filter,
        frames: Frames,
        reached: Frontier,
        pending: Iterable[ViewKey],
    ) -> None:
        self.reached = reached
        self.is_behind = False
        self._views = views
        self._what = what
        self._wanted = wanted
        self._frames = frames
        self._kind = (what, wanted, frames.media_type)
        self._pending = dict.fromkeys(pending)
        self._number = views.changes.number

    def take(self) -> bytes:
        views = self._views
        if self._number == views.changes.number and not self._pending:
            self.reached = views.reached
            return b""
        if self._pending:
            return self._written()
        since, chunk = self._number, views.shared.get(self._kind)
        if chunk is None or not chunk.leads(since, views.changes.number, self.reached):
            reached, raw = self.reached, self._written()
            if self._pending:
                return raw
            chunk = SharedChunk(since, views.changes.number, reached, raw)
            views.shared.put(self._kind, chunk, 256 + len(raw))
        self._number, self.reached = chunk.number, views.reached
        return chunk.raw

    def _merge(self) -> None:
        """Add what has changed since the last chunk to what is still to be told."""
        touched = self._views.changes.since(self._number)
        if touched is None:
            touched = self._views.every()
        self._pending |= dict.fromkeys(self._views.shown(touched, self._what, self._wanted))
        self._number = self._views.changes.number

    def _written(self) -> bytes:
        self._merge()
        parts, size = list[bytes](), 0
        while self._pending and size < CHUNK_BYTES:
            each = next(iter(self._pending))
            del self._pending[each]
            resume = self.reached if self._pending else self._views.reached
            parts.append(self._frames.frame(*self._views.item(each), resume))
            size += len(parts[-1])
        if not self._pending:
            self.reached = self._views.reached
        return b"".join(parts)


class SharedViews:
    """What the feeds of views share: the views, their changes, and chunks of which many clients get the same."""

    def __init__(self, replica: Replica, bodies: BodyCache) -> None:
        self.changes = Changes(replica)
        self.shared: Lru[SharedChunk] = Lru(SHARED_BYTES)
        self._replica = replica
        self._bodies = bodies

    @property
    def reached(self) -> Frontier:
        """How far all views are computed."""
        return self._replica.reached

    def every(self) -> set[ViewKey]:
        """Every view there is."""
        return self._replica.books.every_view()

    def shown(self, touched: Iterable[ViewKey], what: str, wanted: Filter) -> list[ViewKey]:
        """Those of one kind that a client wants, in the order of exchanges and rounds."""
        found = (each for each in touched if (each.round is None) == (what == "tallies"))
        kept = (each for each in found if wanted.exchange in (None, each.exchange))
        return sorted((each for each in kept if wanted.round in (None, each.round)), key=_order)

    def item(self, view: ViewKey) -> tuple[str, bytes]:
        """A view as it is now: its kind, and itself. A round whose last claim went elsewhere is no more."""
        if view.round is None:
            return "tally", self._bodies.view_now("tally", view.exchange)
        if view.round in self._replica.books.book(view.exchange).rounds():
            return "round", self._bodies.view_now("round", view.exchange, str(view.round))
        return "removed", view_bytes(Removed(exchange=view.exchange, round=view.round))

    def digests(self, what: str, wanted: Filter, books: Books) -> dict[ViewKey, bytes]:
        """What each view that a client wants is like in some books."""
        found = ((each, books.view(each)) for each in self.shown(books.every_view(), what, wanted))
        return {each: view_digest(view_bytes(view)) for each, view in found if view is not None}

    def differing(self, earlier: Mapping[ViewKey, bytes], what: str, wanted: Filter) -> list[ViewKey]:
        """The views that are not as they were in earlier books."""
        every = self.shown(self.every() | earlier.keys(), what, wanted)
        return [each for each in every if view_digest(self.item(each)[1]) != earlier.get(each)]


def _order(view: ViewKey) -> tuple[str, int]:
    return view.exchange, view.round or 0
