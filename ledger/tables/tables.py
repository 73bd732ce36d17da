"""Every table of the ledger, in the order of the package."""

from collections.abc import Mapping

from ledger.tables.claims import CLAIMS
from ledger.tables.column import DataTable, check
from ledger.tables.figures import ADJUSTMENTS, ROUND_FIGURES, ROUNDS, STATED, TALLIES
from ledger.tables.others import EXCHANGES, PARTIES, SOURCES

TABLES: Mapping[str, DataTable] = {
    table.name: table
    for table in (EXCHANGES, PARTIES, SOURCES, CLAIMS, ADJUSTMENTS, TALLIES, ROUNDS, ROUND_FIGURES, STATED)
}
"""By name; one that names rows of another comes after it."""

check(TABLES.values())
