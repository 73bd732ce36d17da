"""Tables in SQL, as SQLite and DuckDB read it: each column with its type, what tells rows apart, and the views."""

from collections.abc import Iterable, Mapping

from ledger.tables.column import DataTable, Type
from ledger.tables.sums import VIEWS
from ledger.tables.tables import TABLES

_TYPES: Mapping[Type, str] = {
    "string": "TEXT",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
}


def created(table: DataTable) -> str:
    """The statement that makes a table."""
    columns = [f'  "{each.name}" {_TYPES[each.type]}{" NOT NULL" if each.required else ""}' for each in table.columns]
    links = [
        f'  FOREIGN KEY ({quoted(link.columns)}) REFERENCES "{link.table}" ({quoted(link.to)})' for link in table.links
    ]
    return (
        f'CREATE TABLE "{table.name}" (\n'
        + ",\n".join([*columns, f"  PRIMARY KEY ({quoted(table.key)})", *links])
        + "\n)"
    )


def quoted(names: Iterable[str]) -> str:
    """Names of columns, one after the other."""
    return ", ".join(f'"{name}"' for name in names)


def views() -> list[str]:
    """The statements that make the views."""
    return [f'CREATE VIEW "{view.name}" AS\n{view.sql}' for view in VIEWS]


def duckdb_script() -> str:
    """What DuckDB reads to have all tables of a package, in the folder of their files, with their types."""
    read = (f"{created(table)};\nCOPY \"{table.name}\" FROM '{table.name}.csv' (HEADER)" for table in TABLES.values())
    return ";\n\n".join([*read, *views()]) + ";\n"
