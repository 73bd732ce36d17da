"""A table that lacks a part ends the program when it starts."""

from typing import Any

import pytest

from ledger.tables.column import Link, check
from ledger.tables.tables import TABLES

CLAIMS = TABLES["claims"]


def test_every_table_is_whole() -> None:
    check(TABLES.values())


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"columns": [CLAIMS.columns[0]._replace(description="")]}, r"claims\.exchange: a column has a title, and"),
        ({"columns": [CLAIMS.columns[0]._replace(title="")]}, r"claims\.exchange: a column has a title, and"),
        ({"columns": [*CLAIMS.columns, CLAIMS.columns[0]]}, "claims: a table is described, and has each column once"),
        ({"description": ""}, "claims: a table is described"),
        ({"key": ("exchange", "round")}, "claims: round tells rows apart, so it is never empty"),
        ({"links": [Link(("exchange",), "sources", ("exchange",))]}, "claims: exchange names no row of sources"),
        ({"links": [Link(("by",), "exchanges", ("exchange",))]}, "claims: by names no row of exchanges"),
        ({"facets": ["colour"]}, "claims: there is no column for one of its facets"),
    ],
)
def test_a_table_that_lacks_something_ends_the_program(changed: dict[str, Any], told: str) -> None:
    with pytest.raises(LookupError, match=told):
        check([*(each for each in TABLES.values() if each is not CLAIMS), CLAIMS._replace(**changed)])
