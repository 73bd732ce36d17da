"""Following: events as they stand, views whenever they change, resumed where one stopped."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from ledger.client import AsyncLedger, Change, What
from ledger.errors import UsageError
from schemas.events import CaptivesReleased, PrisonersReleased
from schemas.record import NOWHERE, Frontier
from schemas.views import Round, Tally
from tests.client.following import best, first
from tests.log.events import EXCHANGE, released


async def test_following_events_resumes_without_gap_or_repeat(ledger: AsyncLedger) -> None:
    await ledger.publish_many(released(n) for n in range(10))
    seen: list[Change] = []
    for step in (1, 4, 2, 3):
        seen += await first(ledger.follow("events", after=seen[-1].reached if seen else NOWHERE), step)
    assert [change.reached.last(0) for change in seen] == [*range(10)]
    assert [change.item for change in seen] == [released(n) for n in range(10)]


async def test_following_events_goes_on_with_what_comes(ledger: AsyncLedger, url: str) -> None:
    await ledger.publish(released(0))
    following = asyncio.create_task(first(ledger.follow("events"), 4))
    async with AsyncLedger.open(url) as other:
        for number in range(1, 4):
            await asyncio.sleep(0.01)
            await other.publish(released(number))
    assert [change.item for change in await following] == [released(n) for n in range(4)]


async def test_following_one_exchange(ledger: AsyncLedger) -> None:
    await ledger.publish_many([released(0, exchange="OTHER-1"), released(1), released(2, exchange="OTHER-1")])
    [change] = await first(ledger.follow("events", EXCHANGE), 1)
    assert change == Change(Frontier({0: 1}), released(1))
    tallies = await first(ledger.follow("tallies", "OTHER-1"), 1)
    assert [tally.item.exchange for tally in tallies] == ["OTHER-1"]


async def test_following_tallies_gives_all_as_they_are_and_then_each_that_changes(ledger: AsyncLedger) -> None:
    await ledger.publish_many([released(0, exchange="OTHER-1"), released(1), released(2)])
    changes = ledger.follow("tallies")
    snapshot = [await anext(changes), await anext(changes)]
    assert [_freed(change) for change in snapshot] == [(EXCHANGE, 2, -1), ("OTHER-1", 1, 2)]
    await ledger.publish(released(3, count=5))
    assert _freed(await anext(changes)) == (EXCHANGE, 7, 3)
    await ledger.publish(released(4, count=3, exchange="OTHER-1"))
    assert _freed(await anext(changes)) == ("OTHER-1", 4, 4)
    await _closed(changes)


def _freed(change: Change) -> tuple[str, int | None, int]:
    assert isinstance(change.item, Tally)
    return change.item.exchange, best(change.item.captives.released), change.reached.last(0)


async def test_following_rounds_gives_only_the_round_that_changes(ledger: AsyncLedger) -> None:
    await ledger.publish_many([released(0, round=1), released(1, round=2)])
    changes = ledger.follow("rounds", EXCHANGE)
    snapshot = [await anext(changes), await anext(changes)]
    await ledger.publish(released(2, round=2))
    changed = await anext(changes)
    shown = [getattr(change.item, "round", None) for change in (*snapshot, changed)]
    assert shown == [1, 2, 2]
    assert changed.item == await ledger.round(EXCHANGE, 2)
    await _closed(changes)


async def test_a_follower_of_rounds_outlives_a_round_that_holds_nothing_any_more(ledger: AsyncLedger) -> None:
    five = released(0, round=5)
    six = released(1, round=6).model_copy(
        update={"supersedes": five.id, "occurrence": five.occurrence, "reason": "corrected"}
    )
    changes = ledger.follow("rounds", EXCHANGE)
    await ledger.publish(five)
    assert _round(await anext(changes)) == 5
    await ledger.publish(CaptivesReleased.model_validate(dict(six)))
    assert _round(await anext(changes)) == 6
    await ledger.publish(_settling(2, round=7, settles=(4,)))
    assert _round(await anext(changes)) == 7
    await _closed(changes)


def _round(change: Change) -> int:
    assert isinstance(change.item, Round)
    return change.item.round


def _settling(number: int, round: int, settles: tuple[int, ...]) -> PrisonersReleased:
    fields = dict(released(number, round=round))
    return PrisonersReleased.model_validate(
        {name: fields[name] for name in ("id", "exchange", "round", "occurred", "source", "groups")}
        | {"settles": settles}
    )


@pytest.mark.parametrize("what", ["tallies", "rounds"])
async def test_views_resume_where_a_follower_stopped(ledger: AsyncLedger, what: What) -> None:
    await ledger.publish_many([released(0, exchange="OTHER-1"), released(1), released(2)])
    seen = await first(ledger.follow(what), 2)
    await ledger.publish_many([released(3, count=5), released(4)])
    [change] = await first(ledger.follow(what, after=seen[-1].reached), 1)
    expected = await (ledger.tally(EXCHANGE) if what == "tallies" else ledger.round(EXCHANGE, 1))
    assert change == Change(Frontier({0: 4}), expected)


async def test_a_follower_that_stops_among_views_that_changed_together_gets_the_others_later(
    ledger: AsyncLedger,
) -> None:
    await ledger.publish_many([released(0, exchange="OTHER-1"), released(1), released(2, exchange="OTHER-2")])
    seen = await first(ledger.follow("tallies"), 2)
    rest = await first(ledger.follow("tallies", after=seen[-1].reached), 3)
    assert {change.item.exchange for change in (*seen, *rest)} == {EXCHANGE, "OTHER-1", "OTHER-2"}


async def test_following_one_round(ledger: AsyncLedger) -> None:
    await ledger.publish_many([released(0, round=1), released(1, round=2), released(2, round=1)])
    kinds: tuple[What, ...] = ("events", "rounds")
    for what in kinds:
        [change] = await first(ledger.follow(what, EXCHANGE, 2), 1)
        assert getattr(change.item, "round", None) == 2


async def test_events_resume_only_where_the_log_has_been(ledger: AsyncLedger) -> None:
    with pytest.raises(UsageError, match="no position 0:0 here: it is empty"):
        await anext(ledger.follow("events", after=Frontier({0: 0})))
    await ledger.publish_many(released(n) for n in range(3))
    for after in (Frontier({0: 3}), Frontier({1: 0}), Frontier({0: 1, 1: 0})):
        with pytest.raises(UsageError, match=f"no position {after} here: it ends at 0:2"):
            await anext(ledger.follow("events", after=after))


async def _closed(changes: AsyncGenerator[Change, None]) -> None:
    async with aclosing(changes):
        pass
