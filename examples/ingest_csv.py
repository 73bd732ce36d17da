"""Turn any table of exchanges into typed events by a mapping file.

    python examples/ingest_csv.py MAPPING CSV [--out FILE]

`docs/ingestion.md` explains the mapping file and walks through `examples/another_conflict`. Events go to
standard output, one a line, unless `--out` names a file. Rows that cannot become events are named on standard
error, the others are not held up, and the exit status is then 3.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from ledger.errors import UsageError
from ledger.mapping.document import TableMapping
from ledger.mapping.records import rows_of
from ledger.mapping.rows import map_row
from ndjson import output
from schemas.codec import encode
from schemas.errors import InvalidEvent
from schemas.events import AnyEvent

EXIT_USAGE = 2
EXIT_REJECTED = 3


def events(path: Path, mapping: TableMapping, reject: Callable[[int, InvalidEvent], None]) -> Iterator[AnyEvent]:
    """The event of each row of a table. `reject` gets the line and the problems of the others."""
    with path.open("rb") as file:
        for row in rows_of(path.name, file, mapping.table, mapping.columns, tell):
            try:
                if isinstance(row.cells, InvalidEvent):
                    raise row.cells
                yield map_row(row.cells, mapping)
            except InvalidEvent as error:
                reject(row.number, error)


def tell(notice: str) -> None:
    typer.echo(notice, err=True)


def main(
    mapping: Annotated[Path, typer.Argument(help="The mapping, TOML.", exists=True, dir_okay=False)],
    table: Annotated[Path, typer.Argument(help="The CSV, with a header.", exists=True, dir_okay=False)],
    out: Annotated[str, typer.Option(help="Where the events go: a file, or - for standard output.")] = "-",
) -> None:
    """Turn a CSV of exchanges into typed events, one a line."""
    rejected: list[int] = []

    def reject(line: int, error: InvalidEvent) -> None:
        rejected.append(line)
        for problem in error.problems:
            typer.echo(f"{table.name}:{line}: {problem}", err=True)

    count = 0
    try:
        with output(out) as stream:
            for event in events(table, TableMapping.load(mapping), reject):
                stream.write(encode(event) + b"\n")
                count += 1
    except UsageError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(EXIT_USAGE) from error
    typer.echo(f"{count} events; {len(rejected)} rows rejected", err=True)
    if rejected:
        raise typer.Exit(EXIT_REJECTED)


if __name__ == "__main__":
    typer.run(main)
