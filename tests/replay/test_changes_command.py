"""`replay changes`: what it prints, how it names points, and how it exits."""

from pathlib import Path

import pytest

from tests.book.building import freed, ident, let_go
from tests.cli.run import Ran
from tests.history.bundled import JANUARY, NOVEMBER, history, row_event
from tests.replay.keeping import HOUR, append
from tests.replay.test_command import replay, written

FIRST = let_go(1, 33, source={"publisher": "The Herald"})
RIGHT = let_go(2, 39, source={"publisher": "The Herald"}, supersedes=ident(1), reason="corrected")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return written(tmp_path_factory.mktemp("changes") / "ledger.db", history())


def changes(here: Path, url: str, *words: str) -> Ran:
    return replay(here, "changes", *words, LEDGER_LOG=url)


def test_a_real_correction(tmp_path: Path, url: str) -> None:
    """Twelve Thais were said to have been freed on the first evening, and ten had been."""
    wrong, right = row_event("T23-023"), row_event("T23-021")
    done = changes(tmp_path, url, "--since", wrong, "--until", right[:13])
    assert done.code == 0, done.err
    lines = [line.strip() for line in done.out.splitlines()]
    assert lines[:3] == [NOVEMBER, "", "Corrected"]
    assert lines[4].startswith("Round 1, captives freed: 23, not 25 as recorded until ")
    assert lines[5].startswith("iHeart citing CNN, Qatar MFA, Israel Prison Service corrected the claim of Khaosod")
    assert lines[5].endswith(f"(event {right[:8]}).")
    assert "Captives freed of other nationalities: 10, not 12." in lines


def test_every_change_as_json(tmp_path: Path, url: str) -> None:
    wrong, right = row_event("T23-023"), row_event("T23-021")
    lines = changes(tmp_path, url, "--since", wrong, "--until", right, "--json").lines
    [freed] = [line for line in lines if (line["round"], line["figure"]) == (1, "captives.released")]
    assert (freed["exchange"], freed["kind"]) == (NOVEMBER, "correction")
    assert (freed["before"]["best"], freed["restated"]["best"], freed["after"]["best"]) == (25, 23, 23)
    [cause] = freed["events"]
    assert (cause["event"], cause["target"], cause["reason"]) == (right, wrong, "corrected")
    *others, source = lines
    assert {line["kind"] for line in others} == {"correction"}
    assert (source["kind"], source["occurrence"], source["figure"]) == ("source", "r1-thai", None)
    assert (source["before"]["event"], source["after"]["event"], source["events"]) == (wrong, right, [cause])


def test_one_round_and_only_corrections(tmp_path: Path, url: str) -> None:
    early = row_event("C25-001")
    lines = changes(tmp_path, url, "--since", early, "--exchange", JANUARY, "--round", "7", "--json").lines
    assert {(line["exchange"], line["round"]) for line in lines} == {(JANUARY, 7)}
    told = changes(tmp_path, url, "--since", early, "--corrections", "--json").lines
    assert "growth" not in {line["kind"] for line in told}


def test_both_points_with_what_had_happened_by_a_day(tmp_path: Path, url: str) -> None:
    """What the ledger said of 24 November, then and now: what happened afterwards is in neither."""
    words = ("--since", row_event("T23-023"), "--occurred-by", "2023-11-24", "--exchange", NOVEMBER, "--json")
    captives = [line for line in changes(tmp_path, url, *words).lines if line["figure"] == "captives.released"]
    assert [(line["round"], line["before"]["best"], line["after"]["best"]) for line in captives] == [
        (1, 25, 24),
        (None, 25, 24),
    ]


def test_points_by_position_and_by_recorded_time(tmp_path: Path) -> None:
    url = append(f"sqlite:///{tmp_path / 'ledger.db'}", [FIRST])
    first = changes(tmp_path, url, "--since", "0:0")
    assert (first.code, first.out) == (0, "")
    assert "no figure moved" in first.err
    append(url, [RIGHT], HOUR)
    for since in ("0:0", "2026-03-01T12:30Z", ident(1)):
        assert "39, not 33 as recorded until 1 March 2026, 13:00 UTC" in changes(tmp_path, url, "--since", since).out
    assert changes(tmp_path, url, "--since", "2026-03-01").out == ""


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--since", "0:9999"), "there is no position 0:9999"),
        (("--since", "2023-02-30"), "--since '2023-02-30': give an event's id, a position"),
        (("--since", "ffffffff-0"), "no event whose id begins with 'ffffffff-0'"),
        (("--since", "0:100", "--until", "0:50"), "--until 0:50 lies before --since 0:100"),
        (("--since", "0:100", "--exchange", "NOWHERE"), "no exchange 'NOWHERE'"),
        (("--since", "0:100", "--published-by", "yesterday"), "--published-by 'yesterday'"),
    ],
)
def test_what_makes_no_sense_exits_2(tmp_path: Path, url: str, words: tuple[str, ...], why: str) -> None:
    done = changes(tmp_path, url, *words)
    assert done.code == 2
    assert why in done.err


def test_a_time_is_no_place_where_recorded_times_run_backwards(tmp_path: Path) -> None:
    url = append(f"sqlite:///{tmp_path / 'ledger.db'}", [FIRST])
    append(append(url, [RIGHT], 2 * HOUR), [freed(3, 1, key="other")], HOUR)
    done = changes(tmp_path, url, "--since", "2026-03-01T13:30Z")
    assert done.code == 2
    assert "recorded times run backwards after 0:1" in done.err
    assert changes(tmp_path, url, "--since", "0:0").code == 0
