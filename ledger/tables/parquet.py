"""Parquet, where pyarrow is installed: typed columns, each with its title and its description."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import IO, Any, TypeAlias

import orjson

from ledger.errors import UsageError
from ledger.tables.column import Cell, DataTable, Type

Rows: TypeAlias = Iterable[Iterable[Cell]]
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


@contextmanager
def parquet_into(file: IO[bytes], table: DataTable, about: Mapping[str, object]) -> Iterator[Callable[[Rows], None]]:
    """Takes rows of a table into a file; `about` is kept beside its schema. Raises UsageError where pyarrow is not."""
    arrow, parquet = pyarrow()
    schema = _schema(arrow, table, about)
    dates = [place for place, column in enumerate(table.columns) if column.type == "date"]
    waiting: list[list[Any]] = []

    def flush() -> None:
        for row in waiting:
            for place in dates:
                row[place] = row[place] and date.fromisoformat(row[place])
        columns = map(arrow.array, zip(*waiting, strict=True), schema.types)
        writer.write_table(arrow.Table.from_arrays([*columns], schema=schema))
        waiting.clear()

    def take(rows: Rows) -> None:
        for row in rows:
            waiting.append([*row])
            if len(waiting) == ROWS:
                flush()

    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        yield take
        if waiting:
            flush()


def _schema(arrow: Any, table: DataTable, about: Mapping[str, object]) -> Any:
    fields = [
        arrow.field(
            column.name,
            getattr(arrow, _ARROW[column.type])(),
            not column.required,
            {"title": column.title, "description": column.description},
        )
        for column in table.columns
    ]
    told = {"title": table.title, "description": table.description, "about": orjson.dumps(about)}
    return arrow.schema(fields, told)
