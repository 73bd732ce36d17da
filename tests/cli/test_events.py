"""`ledger events`: the log on a terminal, all of it or what is asked for."""

from pathlib import Path

import pytest

from tests.api.test_asking import ASKABLE
from tests.cli.run import Ran, inside
from tests.follow.test_filters import is_wanted
from tests.history.bundled import history


def asked(here: Path, *words: str) -> Ran:
    return inside(here, "events", *words)


@pytest.mark.parametrize("name", ASKABLE)
def test_each_filter_finds_what_a_plain_reading_finds(loaded: Path, name: str) -> None:
    ran = asked(loaded, f"--{name.replace('_', '-')}", ASKABLE[name], "--json")
    assert ran.code == 0, ran.err
    plainly = [event.id for event in history() if is_wanted(event, 0, {name: ASKABLE[name]})]
    assert [line["event"]["id"] for line in ran.lines] == plainly != []


def test_filters_and_cuts_combine(loaded: Path) -> None:
    cut = ("--occurred-by", "2023-11-26", "--published-by", "2023-11-26")
    found = asked(loaded, "--type", "captives_released", "--country", "THA", *cut, "--json").lines
    assert {each["event"]["exchange"] for each in found} == {"IL-HAMAS-2023-11"}
    assert {each["event"]["occurred"]["at"][:10] for each in found} <= {"2023-11-24", "2023-11-25", "2023-11-26"}
    through = found[0]["event"]["id"]
    assert asked(loaded, "--country", "THA", "--through", through, "--json").lines[-1]["event"]["id"] == through


def test_a_table_shows_what_was_said_by_whom_and_how_much_more_there_is(loaded: Path) -> None:
    ran = asked(loaded, "--type", "captives_released", "--country", "THA", "--count", "2")
    assert ran.code == 0
    assert "12 Thais (Thai PM," in ran.out
    assert "Khaosod English / AP" in ran.out
    assert "captives freed" in ran.out
    assert "the first 2; --count shows more, --json all" in ran.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--type", "captives_freed"], "--type 'captives_freed': there is none; did you mean captives_released?"),
        (["--party", "quatar"], "did you mean qatar?"),
        (["--publisher", "reuter"], "there is AsiaOne / Reuters"),
        (["--occurred-from", "soon"], "--occurred-from 'soon': give a date such as 2023-11-28"),
        (["--exchange", "IL-HAMAS-2023-12"], "did you mean IL-HAMAS-2023-11?"),
    ],
)
def test_what_there_is_none_of_is_answered_with_the_nearest(loaded: Path, words: list[str], told: str) -> None:
    ran = asked(loaded, *words)
    assert ran.code == 2
    assert told in ran.err


def test_nothing_found_is_said(loaded: Path) -> None:
    ran = asked(loaded, "--text", "zeppelin")
    assert (ran.code, ran.out) == (0, "")
    assert "no event is like that" in ran.err
