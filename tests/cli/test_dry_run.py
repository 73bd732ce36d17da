"""`--dry-run`: what it says is what publishing then does, and nothing is written."""

import hashlib
from pathlib import Path

import pytest

from schemas.codec import encode
from tests.cli.run import DATA, in_terminal, inside
from tests.history.bundled import history

MAPPING, ROWS = DATA / "mapping.toml", DATA / "exchanges.csv"
Figures = dict[tuple[str, str], object]


def files(here: Path) -> dict[str, str]:
    """What every file holds, but for the one by which processes share what is in memory, and an empty WAL."""
    return {
        path.name: hashlib.sha256(raw).hexdigest()
        for path in here.iterdir()
        if (raw := path.read_bytes()) and not path.name.endswith("-shm")
    }


def figures(here: Path) -> Figures:
    """Every figure of every exchange."""
    tallies = inside(here, "tallies", "--json").lines
    exchanges = [line["exchange"] for line in tallies if line["exchange"] not in {line["process"] for line in tallies}]
    return {
        (exchange, each["figure"]): each["value"]
        for exchange in exchanges
        for each in inside(here, "explain", exchange, "--json").lines
    }


def told(lines: list[dict[str, object]]) -> dict[tuple[str, str], tuple[object, object]]:
    shifts = [each for each in lines if "figure" in each]
    return {(str(each["exchange"]), str(each["figure"])): (each["before"], each["after"]) for each in shifts}


@pytest.mark.parametrize("there", [0, 1, 5, 11, 16])
def test_the_figures_that_would_move_are_those_that_move(tmp_path: Path, there: int) -> None:
    rows = ROWS.read_bytes().splitlines(keepends=True)
    (tmp_path / "some.csv").write_bytes(b"".join(rows[: there + 1]))
    inside(tmp_path, "publish", "--mapping", MAPPING, "some.csv")
    before, kept = figures(tmp_path), files(tmp_path)
    ran = inside(tmp_path, "publish", "--mapping", MAPPING, ROWS, "--dry-run", "--json")
    assert ran.code == 0
    assert f"Dry run, nothing is written: {16 - there} would be published" in ran.err
    assert files(tmp_path) == kept
    assert inside(tmp_path, "publish", "--mapping", MAPPING, ROWS).code == 0
    after = figures(tmp_path)
    places = before.keys() | after.keys()
    moved = {place: (before.get(place), after.get(place)) for place in places if before.get(place) != after.get(place)}
    assert told(ran.lines) == moved


@pytest.mark.parametrize("there", [100, 250, 400])
def test_of_the_real_history_too(tmp_path: Path, there: int) -> None:
    events = [encode(event) + b"\n" for event in history()]
    (tmp_path / "some.ndjson").write_bytes(b"".join(events[:there]))
    (tmp_path / "all.ndjson").write_bytes(b"".join(events))
    inside(tmp_path, "publish", "some.ndjson")
    before = figures(tmp_path)
    ran = inside(tmp_path, "publish", "all.ndjson", "--dry-run", "--json")
    inside(tmp_path, "publish", "all.ndjson")
    after = figures(tmp_path)
    assert told(ran.lines) == {
        place: (before.get(place), value) for place, value in after.items() if before.get(place) != value
    }


def test_what_would_be_refused_is_said_and_not_kept(tmp_path: Path) -> None:
    rows = ROWS.read_bytes().splitlines(keepends=True)
    (tmp_path / "rows.csv").write_bytes(b"".join(rows[:5]).replace(b",12,", b",a crowd,"))
    inside(tmp_path, "publish", "--mapping", MAPPING, ROWS)
    kept = files(tmp_path)
    ran = inside(tmp_path, "publish", "--mapping", MAPPING, "rows.csv", "--dry-run")
    assert ran.code == 3
    assert "rows.csv:5: people: 'a crowd' is no count" in ran.err
    assert "0 would be published, 3 are there already, 1 would be refused" in ran.err
    assert files(tmp_path) == kept
    assert inside(tmp_path, "rejected", "--json").lines == []


def test_where_there_is_no_ledger_none_is_made(tmp_path: Path) -> None:
    ran = inside(tmp_path, "publish", "--mapping", MAPPING, ROWS, "--dry-run")
    assert ran.code == 0
    assert "16 would be published" in ran.err
    assert [*tmp_path.iterdir()] == []


RIVAL = (
    *("captives_released", "--exchange", "NORTH-SOUTH-2017", "--round", "1", "--occurred", "2017-03-05"),
    *("--occurrence", "r1-captives-main", "--count", "14", "--scope", "inside", "--nationality", "XNO"),
    *("--publisher", "A commission", "--kind", "facilitator", "--credibility", "1"),
)


def test_a_record_shows_what_it_would_move_and_which_source_would_count(tmp_path: Path) -> None:
    inside(tmp_path, "publish", "--mapping", MAPPING, ROWS)
    kept = files(tmp_path)
    ran = inside(tmp_path, "record", *RIVAL, "--dry-run")
    said = " ".join(ran.out.split())
    assert ran.code == 0, ran.err
    assert "captives.released 22 24 (22-24) captives freed" in said
    assert "r1-captives-main now counts: 14 by A commission" in ran.err
    assert files(tmp_path) == kept


def test_in_a_terminal_it_is_shown_before_one_is_asked(tmp_path: Path) -> None:
    inside(tmp_path, "publish", "--mapping", MAPPING, ROWS)
    ran = in_terminal(tmp_path, "record", *RIVAL, "--published", "2017-03-06", answers="n\n")
    assert ran.code != 0
    assert "captives.released" in ran.out + ran.err
    assert figures(tmp_path)[("NORTH-SOUTH-2017", "captives.released")] == {
        "best": 22,
        "low": 22,
        "high": 22,
        "hedged": False,
        "exact": True,
    }
