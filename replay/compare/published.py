"""The views that workers published, against a strict fold: byte for byte, each at the position that it bears.

Workers go on meanwhile. What they had published when this began must be what the fold gives there; a view that
came later is looked at where the fold has come to its position.
"""

from collections.abc import Iterator, Sequence, Set
from contextlib import aclosing
from operator import itemgetter
from typing import NamedTuple, Protocol, TypeGuard

from ledger.book.projection import ViewKey
from ledger.errors import UsageError
from ledger.follow.books import Books
from ledger.follow.follower import Follower, books_of
from ledger.log.port import EventLog, KeepsViews, StandingView
from replay.compare.views import ViewDifference, members_apart
from schemas.record import Frontier, Progress
from schemas.views import view_bytes


class KeepingLog(EventLog, KeepsViews, Protocol):
    """A log beside which workers keep the views."""


class Published(NamedTuple):
    """What a comparison came to: how many views stand, up to which position, and how they differ from the fold."""

    views: int
    through: Frontier
    behind: int
    differences: list[ViewDifference]


def keeps_views(log: EventLog) -> TypeGuard[KeepingLog]:
    """Whether workers keep the views of a log."""
    return isinstance(log, KeepsViews)


async def compare_published(log: KeepingLog, *, progress: Progress | None = None) -> Published:
    """Compare every view that stands on the topics. Raises UsageError where no worker has published any."""
    through, standing = await log.published(), await log.standing_views()
    if not (through or standing) and await log.end():
        raise UsageError("no worker has published a view of this ledger; start one: ledger worker")
    books = books_of(log, strict=True)
    await _fold(log, books, through, progress)
    later = [(each.position, each) for each in standing if each.position and not through.covers(each.position)]
    differences = list(_settled(standing, books, besides={_name(each) for _, each in later}))
    for position, each in sorted(later, key=itemgetter(0)):
        await _fold(log, books, books.reached.advanced(*position), progress)
        differences += _apart(_name(each), each.value, books)
    views = sum(each.value is not None for each in standing)
    return Published(views, books.reached, await events_after(log, through), differences)


async def events_after(log: EventLog, through: Frontier) -> int:
    """How many events a log has after some: counted, since the marks of transactions take offsets, too."""
    async with aclosing(log.read(through)) as batches:
        return sum([len(batch.rows) async for batch in batches])


def _settled(standing: Sequence[StandingView], books: Books, besides: Set[ViewKey]) -> Iterator[ViewDifference]:
    """How the views differ that workers had published when this began, but for those that they have replaced since."""
    found = {_name(each): each for each in standing}
    for name in sorted(
        (books.every_view() | found.keys()) - besides, key=lambda each: (each.exchange, each.round or 0)
    ):
        view = found.get(name)
        if view is not None and view.position is None:
            yield ViewDifference(_path(name), "position", None, "the position of a worker", [], [])
        yield from _apart(name, view and view.value, books)


def _name(view: StandingView) -> ViewKey:
    return ViewKey(view.exchange, view.round)


def _apart(name: ViewKey, published: bytes | None, books: Books) -> Iterator[ViewDifference]:
    view = books.view(name) if name.exchange in books.by_exchange else None
    folded = None if view is None else view_bytes(view)
    if published != folded:
        for member in members_apart(published, folded):
            yield ViewDifference(_path(name), *member, [], [])


def _path(name: ViewKey) -> str:
    return f"{name.exchange}/tally" if name.round is None else f"{name.exchange}/rounds/{name.round}"


async def _fold(log: EventLog, books: Books, through: Frontier, progress: Progress | None) -> None:
    await Follower(log, books).catch_up(through, progress)
    for partition, last in through.offsets.items():
        if last > books.reached.last(partition):  # behind its last event stand the marks of transactions
            books.reached = books.reached.advanced(partition, last)
