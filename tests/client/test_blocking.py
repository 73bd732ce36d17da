"""The same promises without an event loop."""

import asyncio
import gc
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from ledger.blocking import Ledger
from ledger.client import AsyncLedger
from ledger.errors import EventConflict, InvalidEvent, LedgerError, LogUnreachable, UnknownName
from ledger.log import open_log
from ledger.log.port import Receipt
from schemas.events import AnyEvent
from schemas.record import Frontier, Position
from tests.client.following import best
from tests.log.events import EXCHANGE, released


def test_the_blocking_ledger_publishes_reads_and_follows(blocking: Ledger) -> None:
    receipt = blocking.publish(released(0))
    assert receipt.position == Position(0, 0)
    assert len(blocking.publish_many([released(1), released(2)])) == 2
    outcomes = list(blocking.publish_stream([released(3), b"nonsense", released(0)]))
    assert [type(outcome) for outcome in outcomes] == [Receipt, InvalidEvent, Receipt]
    assert best(blocking.tally(EXCHANGE).captives.released) == 4
    assert [tally.exchange for tally in blocking.tallies()] == [EXCHANGE]
    assert blocking.rounds(EXCHANGE) == [blocking.round(EXCHANGE, 1)]
    assert blocking.event(released(1).id)[1] == released(1)
    assert best(blocking.explain(EXCHANGE, "captives.released").value) == 4
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


def test_threads_that_share_a_ledger_publish_each_event_once(blocking: Ledger) -> None:
    def publish(first: int) -> list[Receipt]:
        return [blocking.publish(released(number)) for number in (*range(first, first + 30), first)]

    with ThreadPoolExecutor(8) as threads:
        receipts = [each for mine in threads.map(publish, range(0, 240, 30)) for each in mine]
    assert sorted(each.position.offset for each in receipts if not each.duplicate) == [*range(240)]
    assert sum(each.duplicate for each in receipts) == 8
    assert best(blocking.tally(EXCHANGE).captives.released) == 240


def test_what_conflicts_is_raised_once_the_others_are_in_the_log(blocking: Ledger) -> None:
    blocking.publish(released(0))
    with pytest.raises(EventConflict):
        blocking.publish_many([released(1), released(0, count=2)])
    assert blocking.publish(released(1)).duplicate  # what does not conflict is in the log
    blocking.close()
    with pytest.raises(LogUnreachable, match="the ledger is closed"):
        blocking.publish(released(2))


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
    while waiting.is_alive() and not asyncio.all_tasks(ledger._loop):
        time.sleep(0.001)
    ledger.close()
    waiting.join(10)
    assert [type(error) for error in told] == [LogUnreachable]
