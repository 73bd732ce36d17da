"""Publishing: each event gets its receipt or what is wrong with it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from ledger.client import AsyncLedger
from ledger.errors import EventConflict, InvalidEvent, LedgerError
from ledger.log import open_log
from ledger.log.port import Receipt
from schemas.codec import encode
from schemas.events import AnyEvent, CaptivesReleased
from schemas.record import NOWHERE, Frontier, Position
from schemas.values import Moment
from tests.client.following import best
from tests.log.events import EXCHANGE, released


def released_at(number: int, occurred: Moment, status: str = "reported") -> CaptivesReleased:
    return CaptivesReleased.model_validate({**dict(released(number)), "occurred": occurred, "status": status})


async def test_publish_one_and_the_same_again(ledger: AsyncLedger) -> None:
    receipt = await ledger.publish(released(1))
    assert receipt == Receipt(released(1).id, Position(0, 0), receipt.recorded_at, False)
    assert await ledger.publish(released(1)) == receipt._replace(duplicate=True)
    assert best((await ledger.tally(EXCHANGE)).captives.released) == 1


async def test_publish_many(ledger: AsyncLedger) -> None:
    got = await ledger.publish_many(released(number) for number in range(5))
    assert [receipt.position.offset for receipt in got] == [0, 1, 2, 3, 4]


async def test_publish_many_publishes_none_where_one_is_invalid(ledger: AsyncLedger) -> None:
    ahead = released_at(2, Moment.day(datetime.now(UTC).date() + timedelta(days=9)))
    with pytest.raises(InvalidEvent, match="ahead"):
        await ledger.publish_many([released(1), ahead, released(3)])
    assert await ledger.log.end() == NOWHERE


async def test_a_conflict_of_many_is_raised_after_the_others_landed(ledger: AsyncLedger) -> None:
    await ledger.publish(released(1, count=5))
    with pytest.raises(EventConflict) as conflict:
        await ledger.publish_many([released(0), released(1, count=6), released(2)])
    assert conflict.value.event_id == released(1).id
    assert best((await ledger.tally(EXCHANGE)).captives.released) == 1 + 5 + 1


async def test_a_conflict_of_one_is_raised(ledger: AsyncLedger) -> None:
    await ledger.publish(released(1, count=5))
    with pytest.raises(EventConflict, match="already in the log at 0:0 with other bytes"):
        await ledger.publish(released(1, count=6))


async def test_a_stream_gives_each_event_its_receipt_or_its_error_in_step(ledger: AsyncLedger) -> None:
    await ledger.publish(released(9, count=5))
    mine = LedgerError("the source could not read this line")
    items: list[AnyEvent | bytes | LedgerError] = [
        released(0),
        b"{not json",
        encode(released(1)),
        mine,
        released(9, count=6),
        released(0),
        released(2),
    ]
    got = [outcome async for outcome in ledger.publish_stream(items)]
    assert [type(outcome) for outcome in got] == [
        Receipt,
        InvalidEvent,
        Receipt,
        LedgerError,
        EventConflict,
        Receipt,
        Receipt,
    ]
    assert got[3] is mine
    assert [outcome.position.offset for outcome in got if isinstance(outcome, Receipt)] == [1, 2, 1, 3]


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
async def test_batches_of_any_size_give_the_same_receipts(url: str, size: int) -> None:
    async with AsyncLedger(open_log(url), batch=size) as ledger:
        got = [outcome async for outcome in ledger.publish_stream(released(n) for n in range(10))]
    assert [outcome.position.offset for outcome in got if isinstance(outcome, Receipt)] == [*range(10)]


async def test_a_slow_source_is_published_without_waiting_for_a_full_batch(ledger: AsyncLedger) -> None:
    go_on = asyncio.Event()

    async def source() -> AsyncIterator[AnyEvent]:
        yield released(0)
        yield released(1)
        await go_on.wait()
        yield released(2)

    got: list[Receipt | LedgerError] = []
    async for outcome in ledger.publish_stream(source()):
        got.append(outcome)
        if len(got) == 2:
            assert await ledger.log.end() == Frontier({0: 1})
            go_on.set()  # only now does the source go on, so a full batch would never have come
    assert len(got) == 3


async def test_an_error_of_the_source_itself_is_raised_after_what_it_gave(ledger: AsyncLedger) -> None:
    async def source() -> AsyncIterator[AnyEvent]:
        yield released(0)
        await asyncio.sleep(0.1)
        raise OSError("the source broke")

    got: list[Receipt | LedgerError] = []
    with pytest.raises(OSError, match="the source broke"):
        await _collect(ledger.publish_stream(source()), got)
    assert len(got) == 1
    assert await ledger.log.end() == Frontier({0: 0})


async def test_a_source_that_raises_loses_nothing_of_what_it_gave(ledger: AsyncLedger) -> None:
    def gives(first: int) -> Iterator[AnyEvent]:
        yield from (released(first), released(first + 1))
        raise OSError("the source broke")

    async def gives_at_once() -> AsyncIterator[AnyEvent]:
        for event in (released(2), released(3)):
            yield event
        raise OSError("the source broke")

    got: list[Receipt | LedgerError] = []
    for source in (gives(0), gives_at_once()):
        with pytest.raises(OSError, match="the source broke"):
            await _collect(ledger.publish_stream(source), got)
    assert [each.position.offset for each in got if isinstance(each, Receipt)] == [0, 1, 2, 3]


async def _collect(outcomes: AsyncIterator[Receipt | LedgerError], got: list[Receipt | LedgerError]) -> None:
    async for outcome in outcomes:
        got.append(outcome)  # noqa: PERF401 - what came before the error counts


async def test_an_event_more_than_a_day_ahead_is_refused_and_a_plan_is_not(ledger: AsyncLedger) -> None:
    soon, later = (datetime.now(UTC) + timedelta(hours=hours) for hours in (23, 26))
    await ledger.publish(released_at(1, Moment.minute(soon)))
    with pytest.raises(InvalidEvent, match=r"occurred: .* more than a day ahead; a plan has status `planned`"):
        await ledger.publish(released_at(2, Moment.minute(later)))
    await ledger.publish(released_at(3, Moment.minute(later), status="planned"))
    assert await ledger.log.end() == Frontier({0: 1})
