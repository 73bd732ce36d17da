"""The Python interface: the same promises with an event loop and without one."""

import asyncio
import gc
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ledger.blocking import Ledger
from ledger.book.cut import Cut
from ledger.client import AsyncLedger, Change, What
from ledger.errors import EventConflict, InvalidEvent, LedgerError, LogUnreachable, UnknownName, UsageError
from ledger.log import open_log
from ledger.log.port import Receipt
from ledger.reading import Reading, read_ledger
from schemas.codec import encode
from schemas.events import AnyEvent, CaptivesReleased, PrisonersReleased
from schemas.record import NOWHERE, Frontier, Position, Record
from schemas.values import Moment
from schemas.views import Round, Tally
from tests.log.events import EXCHANGE, released


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/ledger.db"


@pytest.fixture
async def ledger(url: str) -> AsyncIterator[AsyncLedger]:
    async with AsyncLedger.open(url) as ledger:
        yield ledger


@pytest.fixture
def blocking(url: str) -> Iterator[Ledger]:
    with Ledger.open(url) as ledger:
        yield ledger


async def first(changes: AsyncIterator[Change], count: int) -> list[Change]:
    """The first changes of a follower, which then stops."""
    found: list[Change] = []
    async with aclosing(changes):  # type: ignore[type-var]
        async for change in changes:
            found.append(change)
            if len(found) == count:
                break
    return found


def views(reading: Reading) -> list[str]:
    return [
        view.model_dump_json()
        for exchange in reading.exchanges()
        for view in [reading.tally(exchange), *reading.rounds(exchange)]
    ]


def released_at(number: int, occurred: Moment, status: str = "reported") -> CaptivesReleased:
    return CaptivesReleased.model_validate({**dict(released(number)), "occurred": occurred, "status": status})


# -- publishing ----------------------------------------------------------------------------------------


async def test_publish_one_and_the_same_again(ledger: AsyncLedger) -> None:
    receipt = await ledger.publish(released(1))
    assert receipt == Receipt(released(1).id, Position(0, 0), receipt.recorded_at, False)
    assert await ledger.publish(released(1)) == receipt._replace(duplicate=True)
    assert (await ledger.tally(EXCHANGE)).captives.released.best == 1


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
    assert (await ledger.tally(EXCHANGE)).captives.released.best == 1 + 5 + 1


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


# -- reading -------------------------------------------------------------------------------------------


async def test_a_reading_kept_up_to_date_equals_a_fresh_one(ledger: AsyncLedger, url: str) -> None:
    for number in range(0, 60, 3):
        await ledger.publish_many(released(n, count=n % 4, round=n // 20 + 1) for n in range(number, number + 3))
        kept = views(await ledger.read())
        async with AsyncLedger.open(url) as fresh:
            assert kept == views(await fresh.read())


async def test_a_reading_sees_what_others_publish(ledger: AsyncLedger, url: str) -> None:
    await ledger.publish(released(1, count=2))
    assert (await ledger.tally(EXCHANGE)).captives.released.best == 2
    async with AsyncLedger.open(url) as other:
        await other.publish(released(2, count=3))
    assert (await ledger.tally(EXCHANGE)).captives.released.best == 5
    assert (await ledger.round(EXCHANGE, 1)).captives.all.best == 5


async def test_readings_at_the_same_time_count_every_event_once(ledger: AsyncLedger) -> None:
    await ledger.publish_many(released(n) for n in range(5))
    for last in (5, 10):
        tallies = await asyncio.gather(*(ledger.tally(EXCHANGE) for _ in range(5)))
        assert [(tally.events, tally.captives.released.best) for tally in tallies] == [(last, last)] * 5
        await ledger.publish_many(released(n) for n in range(last, last + 5))
    books = (await ledger.read()).books.values()
    assert [(book.events, book.duplicates) for book in books] == [(15, 0)]


async def test_records_are_folded_once_however_often_they_come(ledger: AsyncLedger) -> None:
    await ledger.publish_many(released(n) for n in range(5))
    reading = Reading()
    [batch] = [batch async for batch in ledger.log.read()]
    reading.take(batch._replace(rows=batch.rows[:3], last=2))
    for _ in range(2):
        reading.take(batch)
    book = reading.book(EXCHANGE)
    assert (reading.reached, book.events, book.duplicates) == (Frontier({0: 4}), 5, 0)


async def test_a_reading_stays_as_it_was_read(ledger: AsyncLedger) -> None:
    await ledger.publish(released(1))
    reading = await ledger.read()
    before = views(reading)
    await ledger.publish(released(2))
    await ledger.tally(EXCHANGE)
    assert views(reading) == before
    assert views(await ledger.read()) != before


async def test_a_log_can_be_read_up_to_an_end_that_was_taken_before(ledger: AsyncLedger) -> None:
    await ledger.publish_many(released(n) for n in range(3))
    end = await ledger.log.end()
    await ledger.publish_many(released(n) for n in range(3, 6))
    assert (await read_ledger(ledger.log, end=end)).reached == end
    assert (await read_ledger(ledger.log, Cut(through=released(1).id), end=end)).reached == Frontier({0: 1})
    assert (await read_ledger(ledger.log, Cut(through=released(5).id), end=end)).reached == end


async def test_a_figure_is_explained_while_its_books_change(
    ledger: AsyncLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ledger.publish(released(0))
    find = ledger.log.find

    async def find_after_another_came(event_id: str) -> Record | None:
        await ledger.publish(released(1))
        await ledger.tally(EXCHANGE)
        return await find(event_id)

    monkeypatch.setattr(ledger.log, "find", find_after_another_came)
    explained = await ledger.explain(EXCHANGE, "captives.released")
    assert (explained.value.best, len(explained.contributions)) == (2, 2)


async def test_a_cut_does_not_disturb_the_whole(ledger: AsyncLedger) -> None:
    await ledger.publish_many(released(n) for n in range(5))
    assert (await ledger.tally(EXCHANGE, Cut(through=released(1).id))).captives.released.best == 2
    assert (await ledger.tally(EXCHANGE)).captives.released.best == 5


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


# -- following -----------------------------------------------------------------------------------------


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
    assert [_freed(change) for change in snapshot] == [(EXCHANGE, 2, 2), ("OTHER-1", 1, 2)]
    await ledger.publish(released(3, count=5))
    assert _freed(await anext(changes)) == (EXCHANGE, 7, 3)
    await ledger.publish(released(4, count=3, exchange="OTHER-1"))
    assert _freed(await anext(changes)) == ("OTHER-1", 4, 4)
    await _closed(changes)


def _freed(change: Change) -> tuple[str, int | None, int]:
    assert isinstance(change.item, Tally)
    return change.item.exchange, change.item.captives.released.best, change.reached.last(0)


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
async def test_views_do_not_resume_at_a_position(ledger: AsyncLedger, what: What) -> None:
    with pytest.raises(UsageError, match="only events resume at a position"):
        ledger.follow(what, after=Frontier({0: 0}))


async def test_events_resume_only_where_the_log_has_been(ledger: AsyncLedger) -> None:
    with pytest.raises(UsageError, match="no position 0:0: the log is empty"):
        await anext(ledger.follow("events", after=Frontier({0: 0})))
    await ledger.publish_many(released(n) for n in range(3))
    for after in (Frontier({0: 3}), Frontier({1: 0}), Frontier({0: 1, 1: 0})):
        with pytest.raises(UsageError, match=f"no position {after}: the log ends at 0:2"):
            await anext(ledger.follow("events", after=after))


async def _closed(changes: AsyncIterator[Change]) -> None:
    async with aclosing(changes):  # type: ignore[type-var]
        pass


# -- without an event loop -----------------------------------------------------------------------------


def test_the_blocking_ledger_publishes_reads_and_follows(blocking: Ledger) -> None:
    receipt = blocking.publish(released(0))
    assert receipt.position == Position(0, 0)
    assert len(blocking.publish_many([released(1), released(2)])) == 2
    outcomes = list(blocking.publish_stream([released(3), b"nonsense", released(0)]))
    assert [type(outcome) for outcome in outcomes] == [Receipt, InvalidEvent, Receipt]
    assert blocking.tally(EXCHANGE).captives.released.best == 4
    assert [tally.exchange for tally in blocking.tallies()] == [EXCHANGE]
    assert blocking.rounds(EXCHANGE) == [blocking.round(EXCHANGE, 1)]
    assert blocking.event(released(1).id)[1] == released(1)
    assert blocking.explain(EXCHANGE, "captives.released").value.best == 4
    assert blocking.examine() == []
    blocking.reject("here", InvalidEvent(), b"nonsense")
    assert [each.payload for each in blocking.rejected()] == [b"nonsense"]
    changes = blocking.follow("events", after=Frontier({0: 1}))
    assert [next(changes).item, next(changes).item] == [released(2), released(3)]


def test_the_blocking_ledger_raises_the_same_errors(blocking: Ledger) -> None:
    blocking.publish(released(0))
    with pytest.raises(EventConflict):
        blocking.publish(released(0, count=2))
    with pytest.raises(UnknownName):
        blocking.tally("NOPE")


def test_the_blocking_ledger_takes_an_asynchronous_source(blocking: Ledger) -> None:
    async def source() -> AsyncIterator[AnyEvent]:
        for number in range(3):
            yield released(number)
            await asyncio.sleep(0)

    assert [type(outcome) for outcome in blocking.publish_stream(source())] == [Receipt] * 3


async def test_both_offer_the_same_methods() -> None:
    def public(of: type) -> set[str]:
        return {name for name in vars(of) if not name.startswith("_")}

    assert public(Ledger) == public(AsyncLedger)


def test_closing_twice_is_harmless(url: str) -> None:
    ledger = Ledger.open(url)
    ledger.close()
    ledger.close()


def test_a_follower_that_is_left_open_does_not_keep_the_ledger_from_closing(url: str) -> None:
    with Ledger.open(url) as ledger:
        ledger.publish(released(0))
        changes = ledger.follow("events")
        assert next(changes).item == released(0)


def test_a_source_may_ask_the_ledger_itself(blocking: Ledger) -> None:
    threads: set[threading.Thread] = set()

    def source(first: int) -> Iterator[AnyEvent]:
        blocking.publish(released(first))
        threads.add(threading.current_thread())
        yield released(first + blocking.tally(EXCHANGE).events)

    assert len(blocking.publish_many(source(0))) == 1
    assert [type(outcome) for outcome in blocking.publish_stream(source(10))] == [Receipt]
    assert blocking.tally(EXCHANGE).events == 4
    assert threads == {threading.current_thread()}


def test_a_stream_is_published_batch_by_batch_as_its_source_is_read(url: str) -> None:
    taken: list[int] = []

    def source() -> Iterator[AnyEvent]:
        for number in range(5):
            taken.append(number)
            yield released(number)
        raise OSError("the source broke")

    with Ledger(AsyncLedger(open_log(url), batch=2)) as ledger:
        outcomes = ledger.publish_stream(source())
        next(outcomes)
        assert taken == [0, 1]
        with pytest.raises(OSError, match="the source broke"):
            list(outcomes)
        assert ledger.tally(EXCHANGE).events == 5


def test_what_is_called_back_cannot_call_the_ledger_and_is_told_so(blocking: Ledger) -> None:
    blocking.publish(released(0))

    def tallies(count: int) -> None:
        blocking.tallies()

    def close(count: int) -> None:
        blocking.close()

    for progress in (tallies, close):
        with pytest.raises(LedgerError, match="cannot call the ledger"):
            blocking.read(progress=progress)
    assert blocking.tally(EXCHANGE).events == 1


@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
def test_a_closed_ledger_says_so(url: str) -> None:
    ledger = Ledger.open(url)
    ledger.publish(released(0))
    left = ledger.follow("events")
    next(left)
    ledger.close()
    calls: list[Callable[[], object]] = [
        lambda: ledger.publish(released(1)),
        lambda: ledger.publish_many([]),
        lambda: ledger.publish_stream([]),
        lambda: ledger.reject("here", InvalidEvent(), b""),
        ledger.rejected,
        ledger.examine,
        ledger.read,
        lambda: ledger.tally(EXCHANGE),
        ledger.tallies,
        lambda: ledger.round(EXCHANGE, 1),
        lambda: ledger.rounds(EXCHANGE),
        lambda: ledger.explain(EXCHANGE, "captives.released"),
        lambda: ledger.event(released(0).id),
        lambda: ledger.follow("events"),
        lambda: next(left),
    ]
    for call in calls:
        with pytest.raises(LogUnreachable, match="the ledger is closed"):
            call()
    gc.collect()


def test_who_waits_while_another_thread_closes_the_ledger_is_told_so(url: str) -> None:
    ledger = Ledger.open(url)
    told: list[LedgerError] = []

    def wait() -> None:
        try:
            next(ledger.follow("events"))
        except LedgerError as error:
            told.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    while not asyncio.all_tasks(ledger._loop):
        pass
    ledger.close()
    waiting.join(10)
    assert [type(error) for error in told] == [LogUnreachable]


# -- opening -------------------------------------------------------------------------------------------


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory, without any setting from outside."""
    for name in [name for name in os.environ if name.startswith("LEDGER_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def opened() -> list[str]:
    """The files that opening a ledger without a URL makes here."""
    Ledger.open().close()
    return sorted(path.name for path in Path().glob("*.db"))


def test_a_url_goes_over_the_environment_that_over_the_file_and_that_over_the_default(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert opened() == ["ledger.db"]
    (here / "ledger.toml").write_text('log = "sqlite:///file.db"\n')
    assert opened() == ["file.db", "ledger.db"]
    monkeypatch.setenv("LEDGER_LOG", "sqlite:///env.db")
    assert opened() == ["env.db", "file.db", "ledger.db"]
    Ledger.open("sqlite:///url.db").close()
    assert (here / "url.db").exists()


@pytest.mark.parametrize("content", ["log = 3", "batch = 0", "batch = 'many'", "bach = 5", "log ="])
def test_a_wrong_setting_is_named(here: Path, content: str) -> None:
    (here / "ledger.toml").write_text(content + "\n")
    with pytest.raises(UsageError, match=r"ledger\.toml"):
        Ledger.open()


@pytest.mark.parametrize(
    "url", ["", "ledger.db", "sqlite:", "sqlite://", "sqlite:///", "sqlite://ledger.db", "mysql:///x", "sqlite:/x.db"]
)
def test_a_url_that_names_no_log_is_refused_with_one_that_does(here: Path, url: str) -> None:
    with pytest.raises(UsageError, match="use sqlite:///FILE"):
        Ledger.open(url)
    assert list(here.iterdir()) == []


@pytest.mark.parametrize("url", ["sqlite:///:memory:", "sqlite:///./:memory:"])
def test_a_log_is_a_file(here: Path, url: str) -> None:
    with pytest.raises(UsageError, match="a log is a file"):
        Ledger.open(url)


def test_a_missing_directory_is_named(here: Path) -> None:
    with pytest.raises(LogUnreachable, match="there is no directory nowhere; create it first"):
        Ledger.open("sqlite:///nowhere/ledger.db")


def test_the_settings_batch_is_used(here: Path) -> None:
    (here / "ledger.toml").write_text("batch = 2\n")
    with Ledger.open() as ledger:
        receipts = [each for each in ledger.publish_stream(released(n) for n in range(4)) if isinstance(each, Receipt)]
    times = [receipt.recorded_at for receipt in receipts]
    assert times[0] == times[1] < times[2] == times[3]
