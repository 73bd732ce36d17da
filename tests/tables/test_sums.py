"""Sums of the tidy table by the documented rules are the figures of the ledger."""

from collections.abc import Sequence
from typing import Any

import apsw
import pytest

from ledger.follow.books import Books
from ledger.tables.cells import csv_parts
from ledger.tables.column import DataTable
from ledger.tables.sql import created, views
from ledger.tables.subject import reads, subjects
from ledger.tables.sums import TOTALS
from ledger.tables.tables import TABLES
from schemas.codec import encode
from schemas.events import AnyEvent
from tests.book.sequences import random_history
from tests.history.bundled import folded, history

SUMMED = "(SELECT * FROM totals UNION ALL SELECT * FROM classes UNION ALL SELECT * FROM stocks)"
KNOWN = f"SELECT count(*) FROM tallies JOIN {SUMMED} USING (exchange, figure) WHERE tallies.low IS NOT NULL"
UNSUMMED = f"""
SELECT DISTINCT substr(figure, instr(figure, '.') + 1) FROM tallies JOIN exchanges USING (exchange)
WHERE NOT is_process AND low IS NOT NULL AND (figure LIKE 'captives.%' OR figure LIKE 'prisoners.%')
  AND (exchange, figure) NOT IN (SELECT exchange, figure FROM {SUMMED})
"""
BROKEN_DOWN = ("by.", "of_which.", "remains.nationality.")
OF_ROUNDS = """
SELECT * FROM round_figures AS shown JOIN round_totals AS summed USING (exchange, round, figure)
WHERE shown.low IS NOT summed.low OR shown.best IS NOT summed.best OR shown.high IS NOT summed.high
      OR shown.hedged IS NOT summed.hedged
"""
OF_PROCESSES = """
SELECT * FROM tallies JOIN exchanges USING (exchange) JOIN (
    SELECT process, figure, CASE WHEN count(counted_best) = count(*) THEN sum(counted_best) END AS best,
           sum(counted_low) AS low, CASE WHEN count(counted_high) = count(*) THEN sum(counted_high) END AS high
    FROM claims JOIN exchanges USING (exchange) WHERE counts AND figure IS NOT NULL GROUP BY process, figure
) AS summed ON summed.process = exchanges.exchange AND summed.figure = tallies.figure
WHERE is_process
"""


def tables_of(told: Sequence[AnyEvent], only: Sequence[str] = tuple(TABLES)) -> apsw.Connection:
    """The tables of some events, and the views, in memory."""
    books, by_id = folded(told), {each.id: encode(each) for each in reversed(told)}
    database = apsw.Connection(":memory:")
    for table in (TABLES[name] for name in TABLES if name in only):
        database.execute(created(table))
        database.executemany(inserted(table), rows(table, books, by_id))
    for view in views():
        database.execute(view)
    return database


def inserted(table: DataTable) -> str:
    return f"INSERT INTO {table.name} VALUES ({', '.join('?' * len(table.columns))})"


def rows(table: DataTable, books: Books, by_id: dict[str, bytes]) -> list[list[Any]]:
    return [[*row] for each in subjects(books, lambda _: reads(by_id.__getitem__)) for row in table.cells(each)]


def found(database: apsw.Connection, query: str) -> list[Any]:
    return [*database.execute(query)]


@pytest.mark.parametrize("seeds", [range(first, first + 100) for first in range(0, 1000, 100)], ids=str)
def test_sums_are_the_tallies_of_random_ledgers(seeds: range) -> None:
    known = adjusted = perhaps = 0
    for seed in seeds:
        database = tables_of(random_history(seed), ("claims", "adjustments", "tallies"))
        assert found(database, "SELECT * FROM differences") == [], seed
        known += found(database, KNOWN)[0][0]
        adjusted += found(database, "SELECT count(*) FROM adjustments")[0][0]
        perhaps += found(database, "SELECT count(*) FROM claims WHERE held_open")[0][0]
    assert known > 700
    assert adjusted
    assert perhaps


def test_sums_are_the_tallies_of_the_history_and_of_its_rounds_and_processes() -> None:
    database = tables_of(history())
    assert found(database, "SELECT * FROM differences") == []
    assert found(database, OF_ROUNDS) == []
    assert found(database, KNOWN)[0][0] > 80
    processes = found(database, OF_PROCESSES)
    assert len(processes) > 10
    for each in processes:
        assert each[2:5] == each[-3:], each
    assert found(database, "PRAGMA foreign_key_check") == []


def test_every_figure_of_a_side_is_a_sum_of_rows_but_for_breakdowns() -> None:
    """Which are the same sums with one more condition."""
    shown = {name for (name,) in found(tables_of(history()), UNSUMMED)}
    assert {name for name in shown if not name.startswith(BROKEN_DOWN)} == set()
    assert shown


@pytest.mark.parametrize("dimension", ["category", "holder", "destination", "basis", "sentence", "vital"])
def test_a_breakdown_is_the_same_sum_with_one_more_condition(dimension: str) -> None:
    """Who let people go is the party of the claim, where the group does not say it."""
    own = "coalesce(holder, by)" if dimension == "holder" else dimension
    query = f"""
    SELECT * FROM tallies JOIN (
        SELECT exchange, side || '.by.{dimension}.' || coalesce({own}, 'unknown') AS figure,
               sum(counted_low) AS low, sum(counted_high) AS high
        FROM claims WHERE counts AND figure = side || '.released' GROUP BY 1, 2
    ) AS summed USING (exchange, figure)
    """
    sums = found(tables_of(history()), query)
    assert len(sums) > 4
    assert [each for each in sums if each[3] != each[-2] or (each[-1] is not None and each[4] != each[-1])] == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("CASE WHEN count(counted_best) = count(*) THEN sum(counted_best) END", "sum(counted_best)"),
        ("WHERE counts AND figure IS NOT NULL", "WHERE counts AND figure IS NOT NULL AND round IS NOT NULL"),
    ],
)
def test_a_sum_by_another_rule_would_be_found(right: str, wrong: str) -> None:
    assert right in TOTALS.sql
    differing = 0
    for seed in range(20):
        database = tables_of(random_history(seed), ("claims", "adjustments", "tallies"))
        database.execute("DROP VIEW totals")
        database.execute(f"CREATE VIEW totals AS {TOTALS.sql.replace(right, wrong)}")
        differing += len(found(database, "SELECT * FROM differences"))
    assert differing


def test_nothing_that_is_not_recorded_is_0_and_no_hedge_is_lost() -> None:
    database = tables_of(history())
    assert found(database, "SELECT * FROM claims WHERE count_best IS NULL AND count_qualifier = 'exact'") == []
    assert found(database, "SELECT * FROM claims WHERE count_qualifier = 'about' AND NOT count_hedged") == []
    assert found(database, "SELECT count(*) FROM claims WHERE count_low IS NULL AND count_best = 0") == [(0,)]
    assert found(database, "SELECT count(*) FROM tallies WHERE best = 0 AND low IS NULL") == [(0,)]
    uncounted = found(database, "SELECT count(*) FROM claims WHERE NOT adopted AND counted_low IS NOT NULL")
    assert uncounted == [(0,)]


def test_a_cell_that_a_spreadsheet_takes_for_a_formula_is_none() -> None:
    [text] = csv_parts([["a", "b"]], [["=1+1", "x; =2"], [True, None], [-1, "+3"]])
    assert text.decode().splitlines() == ["a,b", "'=1+1,x; '=2", "true,", "-1,'+3"]
