"""The Python interface: the same promises with an event loop and without one."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ledger.blocking import Ledger
from ledger.book.cut import Cut
from ledger.client import AsyncLedger, Change
from ledger.errors import EventConflict, InvalidEvent, LedgerError, LogUnreachable, UnknownName, UsageError
from ledger.log import open_log
from ledger.log.port import Receipt
from ledger.reading import Reading
from schemas.codec import encode
from schemas.events import AnyEvent, CaptivesReleased
from schemas.record import Position
from schemas.values import Moment
from schemas.views import Tally
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
    assert await ledger.log.end() is None


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
            assert await ledger.log.end() == Position(0, 1)
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
    assert await ledger.log.end() == Position(0, 0)


async def _collect(outcomes: AsyncIterator[Receipt | LedgerError], got: list[Receipt | LedgerError]) -> None:
    async for outcome in outcomes:
        got.append(outcome)  # noqa: PERF401 - what came before the error counts


async def test_an_event_more_than_a_day_ahead_is_refused_and_a_plan_is_not(ledger: AsyncLedger) -> None:
    soon, later = (datetime.now(UTC) + timedelta(hours=hours) for hours in (23, 26))
    await ledger.publish(released_at(1, Moment.minute(soon)))
    with pytest.raises(InvalidEvent, match=r"occurred: .* more than a day ahead; a plan has status `planned`"):
        await ledger.publish(released_at(2, Moment.minute(later)))
    await ledger.publish(released_at(3, Moment.minute(later), status="planned"))
    assert await ledger.log.end() == Position(0, 1)


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
    with pytest.raises(UnknownName, match=r"no figure 'captives.nope'.* captives.released"):
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
        seen += await first(ledger.follow("events", after=seen[-1].position if seen else None), step)
    assert [change.position.offset for change in seen] == [*range(10)]
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
    assert change == Change(Position(0, 1), released(1))
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
    return change.item.exchange, change.item.captives.released.best, change.position.offset


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
    changes = blocking.follow("events", after=Position(0, 1))
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


def test_a_missing_directory_is_named(here: Path) -> None:
    with pytest.raises(LogUnreachable, match="there is no directory nowhere; create it first"):
        Ledger.open("sqlite:///nowhere/ledger.db")


def test_the_settings_batch_is_used(here: Path) -> None:
    (here / "ledger.toml").write_text("batch = 2\n")
    with Ledger.open() as ledger:
        receipts = [each for each in ledger.publish_stream(released(n) for n in range(4)) if isinstance(each, Receipt)]
    times = [receipt.recorded_at for receipt in receipts]
    assert times[0] == times[1] < times[2] == times[3]
