"""The views that workers published, against a strict fold: byte for byte, each at the position that it bears.

Workers go on meanwhile. What they had published when this began must be what the fold gives there; a view that
came later is looked at where the fold has come to its position.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol, TypeAlias, TypeGuard

from ledger.errors import UsageError
from ledger.log.port import EventLog, KeepsViews, StandingView
from ledger.reading import Progress, Reading
from replay.compare import Difference, members_apart
from schemas.record import Frontier
from schemas.views import view_bytes

Name: TypeAlias = tuple[str, int | None]


class KeepingLog(EventLog, KeepsViews, Protocol):
    """A log beside which workers keep the views."""


class Published(NamedTuple):
    """What a comparison came to: how many views stand, up to which position, and how they differ from the fold."""

    views: int
    through: Frontier
    behind: int
    differences: list[Difference]


def keeps_views(log: EventLog) -> TypeGuard[KeepingLog]:
    """Whether workers keep the views of a log."""
    return isinstance(log, KeepsViews)


async def compare_published(log: KeepingLog, *, progress: Progress | None = None) -> Published:
    """Compare every view that stands on the topics. Raises UsageError where no worker has published any."""
    through, standing, end = await log.published(), await log.standing_views(), await log.end()
    if end and not (through or standing):
        raise UsageError("no worker has published a view of this ledger; start one: ledger worker")
    reading = Reading(strict=True, trust=log.trust)
    await _fold(log, reading, through, progress)
    later = sorted((each for each in standing if _is_later(each, through)), key=lambda each: each.position or ())
    differences = list(_settled(standing, {(each.exchange, each.round) for each in later}, reading))
    for each in later:
        assert each.position is not None
        await _fold(log, reading, reading.reached.advanced(*each.position), progress)
        differences += _apart((each.exchange, each.round), each.value, _body(reading, each.exchange, each.round))
    views = sum(each.value is not None for each in standing)
    behind = sum(max(0, last - through.last(number)) for number, last in end.offsets.items())
    return Published(views, reading.reached, behind, differences)


def _is_later(view: StandingView, through: Frontier) -> bool:
    return view.position is not None and not through.covers(view.position)


def _settled(standing: Sequence[StandingView], besides: set[Name], reading: Reading) -> Iterator[Difference]:
    """How the views differ that workers had published when this began, but for those that they have replaced since."""
    expected = {(each.exchange, each.round): each for each in reading.every_view()}
    found = {(each.exchange, each.round): each for each in standing}
    for name in sorted({*expected, *found} - besides, key=lambda each: (each[0], each[1] or 0)):
        view = found.get(name)
        if view is not None and view.position is None:
            yield Difference(_path(name), "position", None, "the position of a worker", [], [])
        yield from _apart(name, view and view.value, _body(reading, *name) if name in expected else None)


def _apart(name: Name, published: bytes | None, folded: bytes | None) -> Iterator[Difference]:
    if published != folded:
        for member in members_apart(published, folded):
            yield Difference(_path(name), *member, [], [])


def _body(reading: Reading, exchange: str, round: int | None) -> bytes | None:
    if exchange not in reading.books:
        return None
    if round is None:
        return view_bytes(reading.tally(exchange))
    return view_bytes(reading.round(exchange, round)) if reading.has_round(exchange, round) else None


def _path(name: Name) -> str:
    exchange, round = name
    return f"{exchange}/tally" if round is None else f"{exchange}/rounds/{round}"


async def _fold(log: EventLog, reading: Reading, through: Frontier, progress: Progress | None) -> None:
    async for batch in log.read(reading.reached, through):
        reading.take(batch)
        if progress:
            progress(len(batch.rows))
    for partition, last in through.offsets.items():
        if last > reading.reached.last(partition):  # behind its last event stand the marks of transactions
            reading.reached = reading.reached.advanced(partition, last)
