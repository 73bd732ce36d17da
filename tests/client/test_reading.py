"""Reading: fresh, kept up to date, at a cut."""

import asyncio
from collections.abc import Container

import pytest

from ledger.book.cut import Cut
from ledger.client import AsyncLedger
from ledger.errors import UnknownName
from ledger.follow.books import Books
from ledger.follow.follower import read_books
from schemas.codec import encode
from schemas.record import Frontier, Position, Record
from tests.client.following import best
from tests.log.events import EXCHANGE, released


def views(books: Books) -> list[str]:
    return [
        view.model_dump_json()
        for exchange in books.exchanges()
        for view in [books.tally(exchange), *books.rounds(exchange)]
    ]


async def test_a_reading_kept_up_to_date_equals_a_fresh_one(ledger: AsyncLedger, url: str) -> None:
    for number in range(0, 60, 3):
        await ledger.publish_many(released(n, count=n % 4, round=n // 20 + 1) for n in range(number, number + 3))
        kept = views(await ledger.read())
        async with AsyncLedger.open(url) as fresh:
            assert kept == views(await fresh.read())


async def test_a_reading_sees_what_others_publish(ledger: AsyncLedger, url: str) -> None:
    await ledger.publish(released(1, count=2))
    assert best((await ledger.tally(EXCHANGE)).captives.released) == 2
    async with AsyncLedger.open(url) as other:
        await other.publish(released(2, count=3))
    assert best((await ledger.tally(EXCHANGE)).captives.released) == 5
    assert best((await ledger.round(EXCHANGE, 1)).captives.released) == 5


async def test_readings_at_the_same_time_count_every_event_once(ledger: AsyncLedger) -> None:
    await ledger.publish_many(released(n) for n in range(5))
    for last in (5, 10):
        tallies = await asyncio.gather(*(ledger.tally(EXCHANGE) for _ in range(5)))
        assert [(tally.events, best(tally.captives.released)) for tally in tallies] == [(last, last)] * 5
        await ledger.publish_many(released(n) for n in range(last, last + 5))
    books = (await ledger.read()).by_exchange.values()
    assert [(book.events, book.duplicates) for book in books] == [(15, 0)]


async def test_records_are_folded_once_however_often_they_come(ledger: AsyncLedger) -> None:
    await ledger.publish_many(released(n) for n in range(5))
    books = Books()
    [batch] = [batch async for batch in ledger.log.read()]
    books.take(batch._replace(rows=batch.rows[:3], last=2))
    for _ in range(2):
        books.take(batch)
    book = books.book(EXCHANGE)
    assert (books.reached, book.events, book.duplicates) == (Frontier({0: 4}), 5, 0)


async def test_a_reading_stays_as_it_was_read(ledger: AsyncLedger) -> None:
    await ledger.publish(released(1))
    books = await ledger.read()
    before = views(books)
    await ledger.publish(released(2))
    await ledger.tally(EXCHANGE)
    assert views(books) == before
    assert views(await ledger.read()) != before


async def test_a_log_can_be_read_up_to_an_end_that_was_taken_before(ledger: AsyncLedger) -> None:
    await ledger.publish_many(released(n) for n in range(3))
    end = await ledger.log.end()
    await ledger.publish_many(released(n) for n in range(3, 6))
    assert (await read_books(ledger.log, end=end)).reached == end
    assert (await read_books(ledger.log, Cut(through=released(1).id), end=end)).reached == Frontier({0: 1})
    assert (await read_books(ledger.log, Cut(through=released(5).id), end=end)).reached == end


async def test_a_figure_is_explained_while_its_books_change(
    ledger: AsyncLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ledger.publish(released(0))
    find = ledger.log.find

    async def find_after_another_came(event_id: str, besides: Container[Position] = ()) -> Record | None:
        await ledger.publish(released(1))
        await ledger.tally(EXCHANGE)
        return await find(event_id, besides)

    monkeypatch.setattr(ledger.log, "find", find_after_another_came)
    explained = await ledger.explain(EXCHANGE, "captives.released")
    assert (best(explained.value), len(explained.contributions)) == (2, 2)


async def test_a_cut_does_not_disturb_the_whole(ledger: AsyncLedger) -> None:
    await ledger.publish_many(released(n) for n in range(5))
    assert best((await ledger.tally(EXCHANGE, Cut(through=released(1).id))).captives.released) == 2
    assert best((await ledger.tally(EXCHANGE)).captives.released) == 5


async def test_an_event_as_it_stands_in_the_log(ledger: AsyncLedger) -> None:
    await ledger.publish(released(1))
    record, event = await ledger.event(released(1).id)
    assert event == released(1)
    assert record.payload == encode(released(1))


async def test_unknown_names_say_what_there_is(ledger: AsyncLedger) -> None:
    await ledger.publish(released(1))
    with pytest.raises(UnknownName, match=f"no exchange 'NOPE' in this ledger; there is {EXCHANGE}"):
        await ledger.tally("NOPE")
    with pytest.raises(UnknownName, match=r"no round .*; there is 1"):
        await ledger.round(EXCHANGE, 7)
    with pytest.raises(UnknownName, match=r"no figure 'captives.nope'.*; there is .*captives\.died"):
        await ledger.explain(EXCHANGE, "captives.nope")
    for event_id in (released(2).id, "nonsense"):
        with pytest.raises(UnknownName, match=f"no event '{event_id}'"):
            await ledger.event(event_id)
        with pytest.raises(UnknownName, match=f"no event '{event_id}'"):
            await ledger.read(Cut(through=event_id))
