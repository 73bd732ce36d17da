"""The example of a table: a CSV by a small mapping file, on an invented conflict, by command and from Python."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from ledger import Books, Ledger, Receipt
from schemas.codec import decode
from schemas.views import Estimate
from tests.book.building import numbers, round_claims
from tests.cli.run import inside
from tests.history.bundled import TREE

HERE = TREE / "examples/another_conflict"
MAPPING, TABLE = HERE / "mapping.toml", HERE / "exchanges.csv"
EXCHANGE = "NORTH-SOUTH-2017"


def ingest(table: Path, mapping: Path = MAPPING) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, str(TREE / "examples/ingest_table.py"), str(mapping), str(table)]
    return subprocess.run(command, capture_output=True, check=False)


@pytest.fixture(scope="module")
def lines() -> list[bytes]:
    done = ingest(TABLE)
    assert done.returncode == 0
    assert done.stderr.count(b"\n") == 1
    assert b"rows 2, 16, 17 have no occurrence" in done.stderr  # they are of no round, and each is a thing of its own
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def books(lines: list[bytes], tmp_path_factory: pytest.TempPathFactory) -> Books:
    with Ledger.open(f"sqlite:///{tmp_path_factory.mktemp('csv') / 'ledger.db'}") as ledger:
        assert all(isinstance(each, Receipt) for each in ledger.publish_stream(lines))
        return ledger.read()


def test_the_tally(books: Books) -> None:
    tally = books.tally(EXCHANGE)
    assert numbers(tally.captives.released) == (22, 22, 22)
    assert numbers(tally.captives.nationals) == (20, 20, 20)
    assert numbers(tally.captives.others) == (2, 2, 2)
    assert numbers(tally.captives.deal) == (20, 20, 20)
    assert numbers(tally.prisoners.released) == (60, 54, 60)
    assert numbers(tally.captives.remains.returned) == (3, 3, 3)
    assert (tally.process, tally.title) == ("NORTH-SOUTH", "Exchange at the river bridge")


def test_the_first_round_holds_the_correction_and_the_rivals(books: Books) -> None:
    first = books.round(EXCHANGE, 1)
    assert numbers(first.captives.deal) == (12, 12, 12)
    assert first.prisoners.released == Estimate(best=36, low=30, high=36, exact=False)
    assert first.ratios.deal.fraction == "36/12"
    assert (first.claims.used, first.claims.left_out) == (2, 4)
    assert sum("corrected by" in each.why for each in round_claims(books.book(EXCHANGE), 1).left_out) == 1


def test_the_second_round_has_people_outside_the_ratio_and_a_leg_after_midnight(books: Books) -> None:
    second = books.round(EXCHANGE, 2)
    assert (second.ratios.deal.fraction, second.ratios.nationals.fraction, second.ratios.all.fraction) == (
        "24/8",
        "24/8",
        "24/10",
    )
    assert second.legs["prisoners"].first.at == "2017-03-13T01:15+03:00"
    assert second.prisoners.released == Estimate(best=24, low=24, high=24)  # "over 20" says nothing against it


def test_the_plan_for_a_third_round_promises_no_number(books: Books) -> None:
    third = books.round(EXCHANGE, 3)
    assert third.promised.captives == Estimate(best=None, low=0, high=None, hedged=True, exact=False)
    assert third.captives.released is None


def test_terms_pause_and_total(books: Books) -> None:
    [terms] = books.terms(EXCHANGE)
    assert (terms.status, terms.implied_ratio.fraction, terms.confidence) == ("agreed", "60/20", "exact")
    [pause] = books.pauses(EXCHANGE)
    assert (pause.planned_hours, pause.ends and pause.ends.at) == (72, "2017-03-07T06:00+03:00")
    [total] = books.stated_totals(EXCHANGE)
    assert (total.figure, numbers(total.stated), total.difference) == ("captives.released", (22, 22, 22), 0)


def test_every_row_is_an_event_and_every_claim_is_kept(lines: list[bytes], books: Books) -> None:
    assert len({decode(line).id for line in lines}) == 16
    assert len(books.book(EXCHANGE).event_ids) == 16


def test_publishing_twice_is_harmless(lines: list[bytes], books: Books, tmp_path: Path) -> None:
    with Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}") as ledger:
        several = [list(ledger.publish_stream(lines)) for _ in range(2)]
        tally = ledger.tally(EXCHANGE)
    duplicates = [each.duplicate for each in several[1] if isinstance(each, Receipt)]
    assert duplicates == [True] * 16
    assert tally == books.tally(EXCHANGE)


BAD = {
    "people": ("a crowd", "count"),
    "when": ("5/3/2017", "occurred"),
    "what": ("captivity", "what"),
    "nationality": ("eastland", "nationality"),
    "trust": ("high", "trust"),
    "kind": ("rumour", "kind"),
}


@pytest.mark.parametrize("column", BAD)
def test_a_malformed_row_is_named_and_the_others_become_events(tmp_path: Path, column: str) -> None:
    wrong, word = BAD[column]
    with TABLE.open(newline="") as text:
        rows = list(csv.DictReader(text))
    rows[3][column] = wrong
    table = tmp_path / "bad.csv"
    with table.open("w", newline="") as text:
        writer = csv.DictWriter(text, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    done = ingest(table)
    assert done.returncode == 3
    assert len(done.stdout.splitlines()) == 15
    reported = done.stderr.decode()
    assert reported.startswith("bad.csv:5: ")
    assert wrong in reported or word in reported


def test_a_row_with_too_many_values_is_named(tmp_path: Path) -> None:
    table = tmp_path / "long.csv"
    table.write_text(TABLE.read_text("utf-8") + "NS-17" + "," * 40 + "x\n", "utf-8")
    done = ingest(table)
    assert done.returncode == 3
    assert b"long.csv:18: " in done.stderr


def test_a_mapping_that_is_none_is_named(tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.toml"
    mapping.write_text("fields = 3\n")
    done = ingest(TABLE, mapping)
    assert done.returncode != 0
    assert b"mapping.toml" in done.stderr


def test_the_command_publishes_the_same(lines: list[bytes], tmp_path: Path) -> None:
    assert inside(tmp_path, "publish", "--mapping", MAPPING, TABLE).code == 0
    with Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}") as ledger:
        receipts = [each for each in ledger.publish_stream(lines) if isinstance(each, Receipt)]
        assert [each.duplicate for each in receipts] == [True] * len(lines)  # another content would be refused
