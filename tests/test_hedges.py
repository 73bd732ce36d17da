"""What a source hedges is hedged for every reader: terminal, explanation, dry run, audit, correction note, table."""

import csv
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.api.serving import Served, serving
from tests.cli.run import Ran, inside

EXCHANGE = "ODD-2021"
RECORD = ("record", "captives_released", "--exchange", EXCHANGE, "--publisher", "The Herald", "--kind", "newspaper")
FIRST = (*RECORD, "--round", "1", "--count", "about 22", "--occurred", "about March 2021", "--occurrence", "a")
OTHER = (*RECORD, "--round", "1", "--count", "40-45", "--occurred", "2021-04?/2021-05~", "--occurrence", "b")
TOTAL = ("record", "tally_stated", "--exchange", EXCHANGE, "--publisher", "The Post", "--kind", "newspaper")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """About 22 and 40 to 45 captives, of dates of which nobody is sure; a source states 70 in all."""
    folder = tmp_path_factory.mktemp("hedged")
    for words in (FIRST, OTHER):
        assert inside(folder, *words).code == 0
    said = ("--set", "figure=captives.released", "--count", "70", "--occurred", "2021-06-01")
    assert inside(folder, *TOTAL, *said).code == 0
    return folder


def first_event(here: Path) -> str:
    told = inside(here, "explain", EXCHANGE, "captives.released", "--json").lines[0]
    return str(min(each["event"] for each in told["contributions"]))


def text(ran: Ran) -> str:
    assert ran.code == 0, ran.err
    return " ".join(re.sub(r"\x1b\[[0-9;]*m", "", ran.out).split())


@pytest.mark.parametrize(
    "words",
    [
        ("ledger", "tallies", EXCHANGE),
        ("ledger", "rounds", EXCHANGE),
        ("ledger", "explain", EXCHANGE, "captives.released"),
        ("ledger", "explain", EXCHANGE),
        ("ledger", "stated", EXCHANGE),
        ("replay", "audit"),
        ("replay", "changes", "--since", "FIRST"),
        ("replay", "changes", "--since", "FIRST", "--all"),
    ],
    ids=" ".join,
)
def test_a_range_of_which_a_part_is_hedged_is_shown_as_hedged(here: Path, words: tuple[str, ...]) -> None:
    program, *rest = words
    said = text(inside(here, *(first_event(here) if word == "FIRST" else word for word in rest), program=program))
    assert "about 62-67" in said
    assert len(re.findall("62-67", said)) == len(re.findall("about 62-67", said))


def test_a_dry_run_shows_the_hedge(here: Path) -> None:
    said = text(inside(here, *RECORD, "--occurred", "2021-03-07", "--count", "3", "--round", "1", "--dry-run"))
    assert "about 62-67 about 65-70" in said


def test_dates_of_which_nobody_is_sure_are_shown_as_such(here: Path) -> None:
    assert "about 2021-03 .. possibly 2021-04 to about 2021-05" in text(inside(here, "rounds", EXCHANGE))


def test_a_pause_that_began_at_an_unsure_time_is_due_to_end_at_one_and_has_no_hours(tmp_path: Path) -> None:
    words = ("--exchange", EXCHANGE, "--publisher", "The Herald", "--kind", "newspaper", "--occurrence", "calm")
    began, over = "around 2021-03-01T07:00+02:00", "2021-03-03T07:00+02:00"
    started = ("record", "pause_started", *words, "--set", "pause=calm", "--set", "hours=48", "--occurred", began)
    ended = ("record", "pause_ended", *words[:-1], "over", "--set", "pause=calm", "--occurred", over)
    for command in (started, ended):
        ran = inside(tmp_path, *command)
        assert ran.code == 0, ran.err
    said = text(inside(tmp_path, "pauses", EXCHANGE, COLUMNS="200"))
    assert said.count("about 2021-03-0") == 2
    assert inside(tmp_path, "pauses", EXCHANGE, "--json").lines[0]["calm_hours"] is None


def test_a_word_that_is_no_number_is_shown_as_it_is(tmp_path: Path) -> None:
    words = (*RECORD, "--round", "1", "--occurred", "2021-03-07", "--count", "several dozen", "--occurrence", "a")
    assert inside(tmp_path, *words).code == 0
    assert "numerous" in text(inside(tmp_path, "explain", EXCHANGE, "captives.released"))
    with serving(f"sqlite:///{tmp_path}/ledger.db", work=0) as server:
        page = server.get(f"/exchanges/{EXCHANGE}/figures/captives.released").body.decode()
    assert "<td><bdi>numerous</bdi></td>" in page


# -- the first and the last day --------------------------------------------------------------------

PLACES = {
    "/": "about 2021-03",
    f"/exchanges/{EXCHANGE}": "about 2021-03 to 2021-06-01",
    f"/exchanges/{EXCHANGE}/rounds/1": "about 2021-03 to about 2021-05",
    f"/v1/exchanges/{EXCHANGE}/charts/rounds.svg": "about 2021-03 \u2013 about 2021-05",
}


@pytest.fixture(scope="module")
def served(here: Path) -> Iterator[Served]:
    with serving(f"sqlite:///{here}/ledger.db", work=0) as server:
        yield server


@pytest.mark.parametrize("path", PLACES)
def test_a_day_of_which_nobody_is_sure_is_no_day_anywhere(served: Served, path: str) -> None:
    got = served.get(path)
    assert got.status == 200
    said = " ".join(re.sub("<[^>]+>", " ", got.body.decode()).split())
    assert PLACES[path] in said
    assert not re.search(r"2021-0[345]-\d|\b\d\d? (Mar|Apr) 2021", said.replace("2021-06-01", ""))


def test_a_line_of_days_says_that_some_are_not_sure(served: Served) -> None:
    drawn = served.get(f"/v1/exchanges/{EXCHANGE}/charts/timeline.svg").body.decode()
    said = " ".join(re.findall(">([^<]+)<", drawn))
    assert "A date of which its source is not sure is drawn where it is stated." in " ".join(said.split())


def test_searches_for_data_are_told_how_sure_its_days_are(served: Served) -> None:
    found = re.search(r'"temporalCoverage":\s*"([^"]+)"', served.get(f"/exchanges/{EXCHANGE}").body.decode())
    assert found
    assert found[1] == "2021-03~/2021-06-01"


def test_a_table_has_the_day_only_where_it_is_known(served: Served) -> None:
    with ZipFile(BytesIO(served.get(f"/v1/exchanges/{EXCHANGE}/data.zip").body)) as package:
        rows = [*csv.DictReader(package.read("exchanges.csv").decode().splitlines())]
        legs = [*csv.DictReader(package.read("rounds.csv").decode().splitlines())]
    (row,) = rows
    assert (row["first"], row["first_edtf"], row["last"], row["last_edtf"]) == (
        "",
        "2021-03~",
        "2021-06-01",
        "2021-06-01",
    )
    assert {leg["captives_on"] for leg in legs} == {""}
