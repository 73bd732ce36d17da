"""A Frictionless Data Package (v2) in one zip: every table as CSV, and `datapackage.json`, which describes each column.

`duckdb.sql` reads them into DuckDB, which would guess types from cells. The same ledger gives the same bytes: files
have one date, and one order.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import IO, Any, TypeAlias
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import orjson

from ledger.tables.about import CAVEATS, METHOD, RULES, AboutData
from ledger.tables.cells import csv_parts
from ledger.tables.column import DataTable, TableColumn
from ledger.tables.sql import duckdb_script
from ledger.tables.subject import TableSubject, Take
from ledger.tables.tables import TABLES

PROFILE = "https://datapackage.org/profiles/2.0"
DESCRIPTOR, SCRIPT = "datapackage.json", "duckdb.sql"
SOURCES_MAX = 1000
"""So many publishers are named in the descriptor; the table of sources has all of them."""
_LEVEL = 6
_PART = 1 << 20
Document: TypeAlias = dict[str, Any]


class _TableFile:
    """One table's CSV as it grows, in a file that has no name."""

    def __init__(self, table: DataTable, file: IO[bytes]) -> None:
        self.table, self.file = table, file
        self.bytes, self._hash = 0, hashlib.sha256()
        self._write(csv_parts([table.names], ()))

    def add(self, subject: TableSubject) -> None:
        self._write(csv_parts((), self.table.cells(subject)))

    def _write(self, parts: Iterable[bytes]) -> None:
        for part in parts:
            self.file.write(part)
            self.bytes += len(part)
            self._hash.update(part)

    def described(self) -> Document:
        """The resource, as the descriptor has it."""
        return {**resource(self.table), "bytes": self.bytes, "hash": f"sha256:{self._hash.hexdigest()}"}


@contextmanager
def package_into(file: IO[bytes], about: AboutData) -> Iterator[Take]:
    """Takes one exchange or process after the other; the zip is there in the end. No table is held in memory."""
    publishers: set[str] = set()
    with ExitStack() as stack:
        parts = [_TableFile(table, stack.enter_context(TemporaryFile())) for table in TABLES.values()]

        def take(subject: TableSubject) -> None:
            for part in parts:
                part.add(subject)
            publishers.update(row.publisher for row in TABLES["sources"].rows(subject))

        yield take
        with ZipFile(file, "w", ZIP_DEFLATED, compresslevel=_LEVEL) as zipped:
            described = descriptor(about, [part.described() for part in parts], sorted(publishers))
            zipped.writestr(_entry(DESCRIPTOR), orjson.dumps(described, option=orjson.OPT_INDENT_2))
            zipped.writestr(_entry(SCRIPT), duckdb_script())
            for part in parts:
                part.file.seek(0)
                with zipped.open(_entry(f"{part.table.name}.csv"), "w", force_zip64=True) as target:
                    copyfileobj(part.file, target, _PART)


def _entry(name: str) -> ZipInfo:
    """A file of the zip, with a date that never changes."""
    entry = ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    entry.compress_type, entry.create_system, entry.external_attr = ZIP_DEFLATED, 3, 0o644 << 16
    return entry


# -- the descriptor --------------------------------------------------------------------------------


def descriptor(about: AboutData, resources: Sequence[Document], publishers: Sequence[str]) -> Document:
    """`datapackage.json`."""
    more = len(publishers) - SOURCES_MAX
    named = [{"title": each} for each in publishers[:SOURCES_MAX]]
    return {
        "$schema": f"{PROFILE}/datapackage.json",
        "name": _slug(about.name or "exchange-ledger"),
        "title": about.title,
        "description": f"{METHOD}\n\n{CAVEATS}\n\n{RULES}",
        "licenses": [{"name": "other", "title": about.licence}],
        "sources": [*named, *([{"title": f"{more:,} more, in sources.csv"}] if more > 0 else [])],
        "keywords": ["prisoner exchange", "captives", "claims", "uncertainty"],
        **{name: told for name, told in about.told.items() if name not in ("title", "licence")},
        "resources": resources,
    }


def _slug(name: str) -> str:
    """A name as the standard asks for it; ids of exchanges hold nothing else but capitals."""
    return name.lower()


def resource(table: DataTable) -> Document:
    """A table as a resource of a package."""
    return {
        "name": table.name,
        "type": "table",
        "title": table.title,
        "description": table.description,
        "path": f"{table.name}.csv",
        "scheme": "file",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "dialect": {"lineTerminator": "\r\n"},
        "schema": schema(table),
    }


def schema(table: DataTable) -> Document:
    """The columns of a table as Table Schema has them. No cell is more than empty: that is what is missing."""
    links = [
        {"fields": [*link.columns], "reference": {"resource": link.table, "fields": [*link.to]}} for link in table.links
    ]
    return {
        "$schema": f"{PROFILE}/tableschema.json",
        "fields": [_field(column) for column in table.columns],
        "missingValues": [""],
        "primaryKey": [*table.key],
        **({"foreignKeys": links} if links else {}),
    }


def _field(column: TableColumn[Any]) -> Document:
    constraints: Mapping[str, object] = {
        **({"required": True} if column.required else {}),
        **({"enum": [*column.terms]} if column.terms else {}),
    }
    told = {"name": column.name, "type": column.type, "title": column.title, "description": column.description}
    return {**told, **({"constraints": constraints} if constraints else {})}
