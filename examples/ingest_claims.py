"""Turn a file of claims into typed events.

    python examples/ingest_claims.py CLAIMS SOURCES MAPPING [--also EVENTS] [--out FILE | --ledger URL]

CLAIMS has one JSON object a line, SOURCES is a CSV, MAPPING a TOML file; `docs/ingestion.md` describes all three.
Events go to standard output, one a line, unless `--out` names a file or `--ledger` a ledger. Rows that cannot
become events are named on standard error, the others are not held up, and the exit status is then 3.
"""

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from claims_file.mapping import ClaimsMapping, MappingError
from claims_file.rows import RowError, RowProblem, read_claims, read_sources
from claims_file.stream import events
from ledger import Ledger, Receipt
from ndjson import output
from schemas.codec import UnknownEvent, decode, encode
from schemas.errors import InvalidEvent
from schemas.events import AnyEvent

__all__ = ["events", "ready_events"]

EXIT_USAGE = 2
EXIT_REJECTED = 3


def ready_events(path: Path, rejected: list[RowProblem]) -> Iterator[AnyEvent]:
    """The typed events of an NDJSON file. Lines that are no events go to `rejected`."""
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                event = decode(line.strip())
            except InvalidEvent as error:
                rejected.extend(RowError.of(f"{path.name}:{number}", error).problems)
                continue
            if isinstance(event, UnknownEvent):
                rejected.append(RowProblem(f"{path.name}:{number}", "type", f"{event.type!r} is not known here"))
            else:
                yield event


def main(
    claims: Annotated[Path, typer.Argument(help="Claims, one JSON object a line.", exists=True, dir_okay=False)],
    sources: Annotated[Path, typer.Argument(help="The table of sources, CSV.", exists=True, dir_okay=False)],
    mapping: Annotated[Path, typer.Argument(help="The mapping, TOML.", exists=True, dir_okay=False)],
    also: Annotated[
        list[Path] | None, typer.Option(help="Ready events (NDJSON) to append.", exists=True, dir_okay=False)
    ] = None,
    out: Annotated[str, typer.Option(help="Where the events go: a file, or - for standard output.")] = "-",
    ledger: Annotated[
        str | None, typer.Option(metavar="URL", help="Publish into this ledger instead, such as sqlite:///ledger.db.")
    ] = None,
) -> None:
    """Turn a file of claims into typed events, one a line, or publish them into a ledger."""
    rejected: list[RowProblem] = []
    try:
        words, table, rows = ClaimsMapping.load(mapping), read_sources(sources), list(read_claims(claims))
    except (MappingError, RowError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(EXIT_USAGE) from error
    found = chain(events(rows, table, words, rejected.append), *(ready_events(path, rejected) for path in also or ()))
    said = _publish(found, ledger, rejected) if ledger else f"{_write(found, out)} events"
    unsourced = [str(row["row_id"]) for row in rows if row.get("source_id") in words.dataset.unsourced]
    _report(said, unsourced, rejected)
    if rejected:
        raise typer.Exit(EXIT_REJECTED)


def _write(found: Iterable[AnyEvent], out: str) -> int:
    count = 0
    with output(out) as stream:
        for event in found:
            stream.write(encode(event) + b"\n")
            count += 1
    return count


def _publish(found: Iterable[AnyEvent], url: str, rejected: list[RowProblem]) -> str:
    """Publish events; those that are there already are not added again."""
    new = known = 0
    with Ledger.open(url) as ledger:
        for outcome in ledger.publish_stream(found):
            if isinstance(outcome, Receipt):
                new += not outcome.duplicate
                known += outcome.duplicate
            else:
                rejected.append(RowProblem("publish", "", str(outcome)))
    return f"{new} events published" + (f", {known} were there already" if known else "")


def _report(said: str, unsourced: list[str], rejected: list[RowProblem]) -> None:
    for problem in rejected:
        typer.echo(str(problem), err=True)
    if unsourced:
        typer.echo(f"{len(unsourced)} rows without a source left out: {', '.join(unsourced)}", err=True)
    rows = len({problem.row for problem in rejected})
    typer.echo(f"{said}; {rows} rows rejected", err=True)


if __name__ == "__main__":
    typer.run(main)
