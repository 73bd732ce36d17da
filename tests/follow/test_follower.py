"""The one loop that follows a log, and the one bound that says up to where."""

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.book.cut import Cut
from ledger.errors import LogUnreachable, UnknownName
from ledger.follow.books import Books
from ledger.follow.bound import Bound, bound_of, named_record
from ledger.follow.follower import Follower, read_books
from ledger.log.sqlite import SqliteLog
from schemas.record import NOWHERE, Batch, Frontier, Position, Record, to_microseconds
from tests.client.following import best
from tests.log.events import EXCHANGE, message, released

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)


@dataclass
class Kept:
    """A sink that keeps the offsets which it was given."""

    reached: Frontier = NOWHERE
    offsets: list[int] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)

    def take(self, batch: Batch) -> int:
        self.offsets += [row[0] for row in batch.rows]
        self.sizes.append(len(batch.rows))
        self.reached = self.reached.advanced(batch.partition, batch.last)
        return len(batch.rows)


@pytest.fixture
async def log(tmp_path: Path) -> SqliteLog:
    log = SqliteLog(tmp_path / "ledger.db")
    await log.append([message(number) for number in range(10)])
    return log


async def test_a_sink_is_given_every_record_once_however_often_it_is_read(log: SqliteLog) -> None:
    sink, told = Kept(), list[int]()
    follower = Follower(log, sink, slice_max=4)
    assert [each async for each in follower.read(Frontier({0: 5}), told.append)] == [4, 2]
    assert [each async for each in follower.read()] == [4]
    assert [each async for each in follower.read()] == []
    assert (sink.offsets, told) == ([*range(10)], [6])


async def test_what_comes_later_is_followed_from_where_the_sink_has_come(log: SqliteLog) -> None:
    sink = Kept(Frontier({0: 7}))
    async with aclosing(Follower(log, sink).follow()) as found:
        assert await anext(found) == 2
        await log.append([message(10)])
        assert await anext(found) == 1
    assert sink.offsets == [8, 9, 10]


async def test_whoever_waits_is_told_once_it_is_there_or_the_time_is_over(log: SqliteLog) -> None:
    sink = Kept()
    follower = Follower(log, sink)
    assert not await follower.wait(lambda: bool(sink.reached), 0.01)
    waiting = asyncio.create_task(follower.wait(lambda: sink.reached.covers(Position(0, 9)), 10))
    await asyncio.sleep(0)
    await follower.catch_up()
    assert await waiting


async def test_a_follower_that_is_cut_off_goes_on_where_it_was(log: SqliteLog) -> None:
    sink = Kept()
    async with aclosing(Follower(log, sink, slice_max=3).read()) as found:
        await anext(found)
    await Follower(log, sink).catch_up()
    assert sink.offsets == [*range(10)]
    await log.close()
    with pytest.raises(LogUnreachable):
        await Follower(log, Kept()).catch_up()


# -- bounds ------------------------------------------------------------------------------------


def at(partition: int, offset: int, seconds: int) -> Record:
    return Record(Position(partition, offset), NOON + timedelta(seconds=seconds), b"")


@given(
    st.none() | st.dictionaries(st.integers(0, 2), st.integers(-1, 4)),
    st.none() | st.tuples(st.integers(0, 2), st.integers(0, 4), st.integers(0, 4)),
    st.none() | st.integers(0, 4),
    st.tuples(st.integers(0, 2), st.integers(0, 4), st.integers(0, 4)),
)
def test_a_record_is_within_if_each_part_of_a_bound_says_so(
    position: dict[int, int] | None,
    stop: tuple[int, int, int] | None,
    before: int | None,
    record: tuple[int, int, int],
) -> None:
    def us(seconds: int) -> int:
        return to_microseconds(NOON + timedelta(seconds=seconds))

    partition, offset, seconds = record
    wanted = position is None or offset <= position.get(partition, -1)
    if stop is not None:
        wanted &= offset <= stop[1] if partition == stop[0] else seconds <= stop[2]
    if before is not None:
        wanted &= seconds < before
    bound = Bound(
        None if position is None else Frontier(position),
        None if stop is None else at(*stop),
        None if before is None else us(before),
    )
    assert bound.has(partition, offset, us(seconds)) == wanted
    end = Frontier({0: 4, 1: 4, 2: 4})
    assert not wanted or bound.within(end).covers(Position(partition, offset))


async def test_a_bound_is_found_in_the_log(log: SqliteLog) -> None:
    event = released(3)
    bound = await bound_of(log, Cut(through=event.id[:8], position=Frontier({0: 6})))
    assert bound.stop == await log.find(event.id)
    assert bound.within(await log.end()) == Frontier({0: 3})
    books = await read_books(log, Cut(through=event.id))
    assert best(books.tally(EXCHANGE).captives.released) == 4
    assert best((await read_books(log, Cut(position=Frontier({0: 1})))).tally(EXCHANGE).captives.released) == 2


@pytest.mark.parametrize("wrong", ["ffffffff", "", "no id"])
async def test_an_event_that_is_not_there_is_named(log: SqliteLog, wrong: str) -> None:
    with pytest.raises(UnknownName):
        await named_record(log, wrong)


async def test_books_give_each_event_as_they_decoded_it(log: SqliteLog) -> None:
    kept = list[tuple[int, int, str]]()
    books = Books(
        Cut(position=Frontier({0: 4})), keep=lambda partition, row, event: kept.append((partition, row[0], event.id))
    )
    await Follower(log, books).catch_up()
    await Follower(log, books).catch_up()
    assert kept == [(0, number, released(number).id) for number in range(5)]
