"""A flat SQLite file that Datasette shows well: tables, views that sum them, and what each column is.

Datasette reads titles, descriptions and facets from a file beside it; `about` and `columns` have them inside as well.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw
import orjson

from ledger.tables.about import CAVEATS, METHOD, RULES, AboutData
from ledger.tables.column import DataTable
from ledger.tables.sql import created, views
from ledger.tables.subject import TableSubject, Take
from ledger.tables.sums import VIEWS
from ledger.tables.tables import TABLES

_INDEXED = {
    "claims": ("figure", "occurrence", "type", "publisher"),
    "tallies": ("figure",),
    "round_figures": ("figure",),
}
"""Columns by which people filter, beside those that tell rows apart."""


@contextmanager
def database_into(path: Path, about: AboutData) -> Iterator[Take]:
    """Takes one exchange or process after the other into a file that is not there yet. Raises apsw.Error."""
    database = apsw.Connection(str(path))
    try:
        database.execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA page_size = 4096")
        with database:
            for table in TABLES.values():
                database.execute(created(table))

            def take(subject: TableSubject) -> None:
                for table in TABLES.values():
                    database.executemany(_inserted(table), table.cells(subject))

            yield take
            _describe(database, about)
            for name, columns in _INDEXED.items():
                for column in columns:
                    database.execute(f'CREATE INDEX "{name}_{column}" ON "{name}" ("{column}")')
            for view in views():
                database.execute(view)
        database.execute("ANALYZE")
    finally:
        database.close()


def _inserted(table: DataTable) -> str:
    return f'INSERT INTO "{table.name}" VALUES ({", ".join("?" * len(table.columns))})'


def _describe(database: apsw.Connection, about: AboutData) -> None:
    """What the file is, and what each column is, for whoever opens it without Datasette."""
    database.execute("CREATE TABLE about (name TEXT PRIMARY KEY, told TEXT NOT NULL)")
    told = ((name, each if isinstance(each, str) else orjson.dumps(each).decode()) for name, each in about.told.items())
    database.executemany("INSERT INTO about VALUES (?, ?)", told)
    database.execute(
        'CREATE TABLE columns ("table" TEXT, "column" TEXT, type TEXT NOT NULL, title TEXT NOT NULL, '
        'description TEXT NOT NULL, PRIMARY KEY ("table", "column"))'
    )
    rows = (
        (table.name, column.name, column.type, column.title, column.description)
        for table in TABLES.values()
        for column in table.columns
    )
    database.executemany("INSERT INTO columns VALUES (?, ?, ?, ?, ?)", rows)


# -- what Datasette is told ------------------------------------------------------------------------


def metadata(database: str, about: AboutData) -> dict[str, Any]:
    """What `datasette DATABASE.db --metadata FILE` reads."""
    tables: dict[str, Any] = {table.name: _shown(table) for table in TABLES.values()}
    summed = {view.name: {"title": view.title, "description": view.description} for view in VIEWS}
    listed = {
        "about": {"title": "About", "description": "What this file is, up to where it is read, and on which terms."},
        "columns": {"title": "Columns", "description": "What each column of each table is.", "facets": ["table"]},
    }
    told = f"{METHOD} {CAVEATS} {RULES}"
    return {
        "title": about.title,
        "description": told,
        "license": about.licence,
        "source": f"{about.software}, position {about.position}",
        "databases": {database: {"title": about.title, "description": told, "tables": {**tables, **summed, **listed}}},
    }


def _shown(table: DataTable) -> dict[str, Any]:
    label = {"label_column": "title"} if table.name == "exchanges" else {}
    return {
        "title": table.title,
        "description": table.description,
        "columns": {column.name: column.description for column in table.columns},
        **({"facets": [*table.facets]} if table.facets else {}),
        **label,
    }
