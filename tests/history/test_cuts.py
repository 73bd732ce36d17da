"""The headline of 28 November 2023, "61 captives and 150 prisoners", and the other answers that other cuts give."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ledger import AsyncLedger, Cut, Ledger
from ledger.log.sqlite import SqliteLog
from schemas.views import Tally
from tests.history.bundled import NOVEMBER, exactly, history, last_claim, recorded, row_event

THROUGH = {
    "r4-isr": (51, 69, 117),
    "r4-pal": (51, 69, 150),
    "r5-isr": (61, 79, 150),
    "r5-thai": (61, 81, 150),
    "r5-pal": (61, 81, 180),
    "r6-pal": (73, 97, 210),
    "r7-pal": (81, 105, 240),
}
BY_THE_CLOCK: dict[str, tuple[int | None, int | None]] = {
    "2023-11-23": (None, None),
    "2023-11-24": (13, 39),
    "2023-11-25": (26, 78),
    "2023-11-26": (40, 117),
    "2023-11-27": (51, 117),
    "2023-11-28": (61, 180),
    "2023-11-29": (73, 180),
    "2023-11-30": (81, 210),
    "2023-12-01": (81, 240),
}
BY_PUBLICATION: dict[str, tuple[int | None, int | None]] = {
    "2023-11-23": (None, None),
    "2023-11-24": (13, 39),
    "2023-11-26": (26, 78),
    "2023-11-28": (51, 150),
    "2023-11-29": (73, 210),
    "2023-11-30": (73, 210),
    "2023-12-01": (81, 240),
}


def headline(tally: Tally) -> tuple[int | None, int | None]:
    return recorded(tally.captives.nationals), recorded(tally.prisoners.released)


def from_the_shell(url: str, *arguments: str) -> Tally:
    command = [str(Path(sys.executable).with_name("ledger")), "tallies", NOVEMBER, "--json", *arguments]
    done = subprocess.run(command, env={**os.environ, "LEDGER_LOG": url}, capture_output=True, text=True, check=True)
    return Tally.model_validate_json(json.dumps(json.loads(done.stdout)))


@pytest.mark.parametrize("occurrence", THROUGH)
def test_through_a_leg(ledger: Ledger, occurrence: str) -> None:
    tally = ledger.tally(NOVEMBER, Cut(through=last_claim(NOVEMBER, occurrence)))
    nationals, prisoners = headline(tally)
    assert (nationals, exactly(tally.captives.released), prisoners) == THROUGH[occurrence]


def test_61_and_150_by_one_command(url: str, ledger: Ledger) -> None:
    event = last_claim(NOVEMBER, "r5-thai")
    assert event == row_event("T23-075")
    shown = from_the_shell(url, "--through", event)
    assert headline(shown) == (61, 150)
    assert exactly(shown.captives.released) == 81
    assert shown == ledger.tally(NOVEMBER, Cut(through=event))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--through", last_claim(NOVEMBER, "r4-pal")), (51, 150)),
        (("--through", last_claim(NOVEMBER, "r5-pal")), (61, 180)),
        (("--occurred-by", "2023-11-27"), (51, 117)),
        ((), (81, 240)),
    ],
)
def test_other_cuts_by_the_same_command(url: str, arguments: tuple[str, ...], expected: tuple[int, int]) -> None:
    assert headline(from_the_shell(url, *arguments)) == expected


@pytest.mark.parametrize("day", BY_THE_CLOCK)
def test_by_the_clock_of_what_happened(ledger: Ledger, day: str) -> None:
    assert headline(ledger.tally(NOVEMBER, Cut.parse(occurred_by=day))) == BY_THE_CLOCK[day]


def test_no_date_gives_61_and_150(ledger: Ledger) -> None:
    days = [f"2023-11-{day}" for day in range(24, 31)] + ["2023-12-01", "2023-12-02"]
    cuts = [Cut.parse(**{clock: day}) for clock in ("occurred_by", "published_by") for day in days]
    headlines = {headline(ledger.tally(NOVEMBER, cut)) for cut in cuts}
    assert (61, 150) not in headlines
    assert {(61, 180), (51, 117), (51, 150)} <= headlines


@pytest.mark.parametrize("day", BY_PUBLICATION)
def test_by_what_the_public_could_know(ledger: Ledger, day: str) -> None:
    assert headline(ledger.tally(NOVEMBER, Cut.parse(published_by=day))) == BY_PUBLICATION[day]


def test_clocks_combine(ledger: Ledger) -> None:
    known_early = ledger.tally(NOVEMBER, Cut.parse(occurred_by="2023-11-26", published_by="2023-11-26"))
    assert headline(known_early) == (26, 78)
    assert headline(ledger.tally(NOVEMBER, Cut.parse(occurred_by="2023-11-26", published_by="2023-11-27"))) == (40, 117)


def test_by_when_this_ledger_knew(tmp_path: Path) -> None:
    now = [datetime(2026, 2, 1, 12, tzinfo=UTC)]
    split = [each.id for each in history()].index(last_claim(NOVEMBER, "r5-thai")) + 1
    with Ledger(AsyncLedger(SqliteLog(tmp_path / "ledger.db", clock=lambda: now[0]))) as ledger:
        ledger.publish_many(history()[:split])
        now[0] += timedelta(days=1)
        ledger.publish_many(history()[split:])
        assert headline(ledger.tally(NOVEMBER, Cut.parse(recorded_by="2026-02-01"))) == (61, 150)
        assert headline(ledger.tally(NOVEMBER, Cut.parse(recorded_by="2026-02-02T13:59+02:00"))) == (61, 150)
        assert headline(ledger.tally(NOVEMBER, Cut.parse(recorded_by="2026-02-02T14:00+02:00"))) == (81, 240)
        assert ledger.tallies(Cut.parse(recorded_by="2026-01-31")) == []


def test_a_cut_leaves_later_rounds_unheard_of(ledger: Ledger) -> None:
    rounds = ledger.rounds(NOVEMBER, Cut(through=last_claim(NOVEMBER, "r5-thai")))
    assert [each.round for each in rounds] == [1, 2, 3, 4, 5]
    assert rounds[-1].ratios.deal.fraction is None
    assert exactly(rounds[-1].captives.deal) == 10
