"""How far a log reaches, and what is said in the logs of one that does not answer."""

import asyncio
import logging
from types import SimpleNamespace

import pytest

from ledger import logs
from ledger.errors import LogUnreachable
from ledger.follow import log_end
from ledger.follow.log_end import LogEnd
from ledger.logs import TROUBLE_S, Trouble
from schemas.record import NOWHERE, Frontier

logger = logging.getLogger(__name__)


class Log:
    """Ends at offset 9, unless it is away, or silent."""

    def __init__(self) -> None:
        self.is_away = self.is_silent = False

    async def end(self) -> Frontier:
        if self.is_silent:
            await asyncio.sleep(3600)
        if self.is_away:
            raise LogUnreachable("no broker answers")
        return Frontier({0: 9})


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that have passed, to be set."""
    now = [1000.0]
    for module in (logs, log_end):  # the event loop keeps its own
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


async def test_what_was_seen_is_believed_for_a_while(clock: list[float]) -> None:
    end = LogEnd(Log())
    assert end.lag(NOWHERE) is None
    await end.see()
    assert end.lag(Frontier({0: 4})) == 5
    clock[0] += log_end.KNOWN_S + 1
    assert (end.is_known, end.lag(Frontier({0: 4}))) == (False, None)


async def test_a_log_that_is_away_or_silent_is_told_once(
    clock: list[float], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(log_end, "KNOWN_S", 0.05)
    caplog.set_level(logging.INFO)
    log = Log()
    end = LogEnd(log)
    log.is_away = True
    assert [await end.look() for _ in range(3)] == [False, False, False]
    log.is_away = False
    assert await end.look()
    log.is_silent, clock[0] = True, clock[0] + TROUBLE_S
    assert not await end.look()
    assert [record.message for record in caplog.records] == [
        "cannot see how far the log reaches: no broker answers",
        "sees again how far the log reaches",
        "cannot see how far the log reaches: no answer for 0 s",
    ]


def test_a_trouble_that_lasts_is_told_however_soon_it_follows_another(
    clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    trouble = Trouble(logger, "it works again")
    trouble.began("no broker")
    trouble.ended()
    for _ in range(60):
        clock[0] += 1
        trouble.began("a topic is missing")
    trouble.began("something else")
    assert [record.message for record in caplog.records] == [
        "no broker",
        "it works again",
        "a topic is missing",
        "something else",
    ]


def test_what_comes_and_goes_fills_no_log(clock: list[float], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    trouble = Trouble(logger, "it works again")
    for second in range(60):
        clock[0] += 1
        trouble.began(f"trouble {second}")
        trouble.ended()
    assert len(caplog.records) == 2 * 60 / TROUBLE_S
