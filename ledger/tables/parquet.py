"""Parquet, where pyarrow is installed: typed columns, each with its title and its description."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import IO, Any

import orjson

from ledger.errors import UsageError
from ledger.tables.column import Cell, Table, Type

ROWS = 16_384
"""So many rows are held at once, and make a row group."""
_ARROW: Mapping[Type, str] = {
    "string": "string",
    "integer": "int64",
    "number": "float64",
    "boolean": "bool_",
    "date": "date32",
}


def pyarrow() -> tuple[Any, Any]:
    """pyarrow, and its module for Parquet. Raises UsageError where it is not installed."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise UsageError(
            "Parquet needs a part that is not installed: pip install 'exchange-ledger[analysis]'"
        ) from error
    return pyarrow, parquet


def write_parquet(file: IO[bytes], table: Table, rows: Iterable[Sequence[Cell]], about: Mapping[str, object]) -> None:
    """A table as Parquet; `about` is kept beside its schema. Raises UsageError where pyarrow is not installed."""
    arrow, parquet = pyarrow()
    schema = arrow.schema(
        [
            arrow.field(
                column.name,
                getattr(arrow, _ARROW[column.type])(),
                not column.required,
                {"title": column.title, "description": column.description},
            )
            for column in table.columns
        ],
        {"title": table.title, "description": table.description, "about": orjson.dumps(about)},
    )
    dates = [place for place, column in enumerate(table.columns) if column.type == "date"]
    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        for some in _batches(rows):
            for row in some:
                for place in dates:
                    row[place] = row[place] and date.fromisoformat(str(row[place]))
            columns = [
                arrow.array(cells, field.type) for cells, field in zip(zip(*some, strict=True), schema, strict=True)
            ]
            writer.write_table(arrow.Table.from_arrays(columns, schema=schema))


def _batches(rows: Iterable[Sequence[Cell]]) -> Iterator[list[list[Any]]]:
    some: list[list[Any]] = []
    for row in rows:
        some.append([*row])
        if len(some) == ROWS:
            yield some
            some = []
    if some:
        yield some
