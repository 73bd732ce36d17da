"""`ledger mapping`: a first mapping for a table, and what a mapping makes of one."""

from collections import Counter
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.table import Table

from ledger.cli.notices import tell_notices
from ledger.cli.options import AsJson, opened, shown, stderr, stdout, tell
from ledger.errors import RejectedEvents, UsageError
from ledger.follow.books import Books
from ledger.mapping.dialect import Dialect
from ledger.mapping.document import TableMapping
from ledger.mapping.draft import TODO, drafted
from ledger.mapping.events import mapped_events
from ledger.notices import Notices, notices
from schemas.errors import InvalidEvent, Problem, listed
from schemas.events import AnyEvent
from schemas.kinds import KINDS

app = typer.Typer(name="mapping", help="Write a mapping for a table, and check it.", no_args_is_help=True)
SHOWN_MAX = 20
"""Refused rows that are shown; `ledger publish --dry-run` shows all."""


@app.command()
def init(
    table: Annotated[Path, typer.Argument(help="A table: CSV, Excel or JSON lines.")],
    out: Annotated[Path | None, typer.Option(help="The file to write. Default: standard output.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Of a text that is not UTF-8, such as cp1252.")] = None,
    sheet: Annotated[str | None, typer.Option(help="The sheet of a workbook that has several.")] = None,
    header: Annotated[
        int | None, typer.Option(min=1, help="The line of the header. Default: it is looked for.")
    ] = None,
) -> None:
    """Write a first mapping for a table, from its header and its cells, with what is to be finished marked TODO."""
    if out is not None and out.exists():
        raise UsageError(f"{out} is there already; name another file, or remove it")
    with opened(table) as file:
        text = drafted(table.name, file, Dialect(encoding=encoding, sheet=sheet, header=header), tell)
    if out is None:
        typer.echo(text, nl=False)
        return
    out.write_text(text, "utf-8")
    left = text.count(TODO) - 1
    stderr().print(f"{shown(str(out))} is written" + (f"; {left} things are marked {TODO}" if left else ""))
    stderr().print(f"next: finish it, then ledger mapping check {shown(str(out))} {shown(str(table))}")


@app.command()
def check(
    mapping: Annotated[Path, typer.Argument(help="The mapping, a TOML file.")],
    table: Annotated[Path | None, typer.Argument(help="A table to try it on; nothing is published.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check a mapping, and count what it makes of a table: the events of each type, and the rows that are refused.

    Nothing is published and no ledger is needed. Exit 2 for a mapping that cannot be used, 3 for refused rows.
    """
    read = TableMapping.load(mapping)
    if table is None:
        stderr().print(f"{shown(str(mapping))} can be used; name a table to try it on")
        return
    trial = _Trial(table.name)
    with opened(table) as file:
        for place, _, event in mapped_events(table.name, file, read, tell):
            trial.add(place, event)
    trial.tell_alike()
    if as_json:
        for (exchange, kind), number in sorted(trial.made.items()):
            typer.echo(orjson.dumps({"exchange": exchange, "type": kind, "events": number}))
    elif trial.made:
        stdout().print(_counted(trial.made))
    if trial.refused:
        raise RejectedEvents(trial.refused, sum(trial.made.values()))
    next_step = f"ledger publish --dry-run --mapping {mapping} {table}"
    stderr().print(f"[dim]nothing is published; which figures would move: {shown(next_step)}[/]")


class _Trial:
    """What a mapping makes of a table: told of what is refused as it comes, counted for the rest."""

    def __init__(self, table: str) -> None:
        self.made: Counter[tuple[str, str]] = Counter()
        self.refused: list[InvalidEvent] = []
        self._table = table
        self._places: dict[str, str] = {}
        self._books = Books()
        self._alike: dict[tuple[str, str, int | None, str], dict[str, str]] = {}

    def add(self, place: str, event: AnyEvent | InvalidEvent) -> None:
        if isinstance(event, InvalidEvent):
            self._refuse(place, event)
        elif event.id in self._places:
            reason = f"has the key of row {self._places[event.id]}; choose a key that tells rows apart"
            self._refuse(place, InvalidEvent(Problem("", reason)))
        else:
            self._places[event.id] = place
            self._books.projection.apply(event)
            self.made[event.exchange, event.type] += 1
            if event.occurrence is None and KINDS[event.type].move is not None:
                about = event.exchange, event.type, event.round, event.occurred.at
                self._alike.setdefault(about, {}).setdefault(event.source.publisher, place)

    def _refuse(self, place: str, error: InvalidEvent) -> None:
        self.refused.append(error)
        if len(self.refused) <= SHOWN_MAX:
            stderr().print(f"[red]{shown(f'{self._table}:{place}')}:[/] {shown(str(error))}")

    def tell_alike(self) -> None:
        """Say what publishing would say of the events, and name rows without an occurrence that may be one thing."""
        if len(self.refused) > SHOWN_MAX:
            more = len(self.refused) - SHOWN_MAX
            stderr().print(f"and {more:,} more; `ledger publish --dry-run` shows all")
        for places in ([*each.values()] for each in self._alike.values() if len(each) > 1):
            same = "same type, round and day by several publishers, and added up; one occurrence if it is one thing"
            stderr().print(f"[yellow]{shown(self._table)}: rows {listed(places)}:[/] {same}")
        self._books.projection.settle()
        new = self._places.keys()
        tell_notices(self._by_row(notices(self._books, new)), new)

    def _by_row(self, found: Notices) -> Notices:
        """Notices that name rows in place of events; doubles are among those that are told of by their rows."""
        rows = {event: f"row {place}" for event, place in self._places.items()}
        return found._replace(
            doubles=[],
            dangling=[each._replace(event=rows[each.event]) for each in found.dangling],
            premature=[each._replace(event=rows[each.event]) for each in found.premature],
            circular=[each._replace(event=rows[each.event]) for each in found.circular],
        )


def _counted(made: Counter[tuple[str, str]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Exchange")
    table.add_column("Type")
    table.add_column("Events", justify="right")
    for (exchange, kind), number in sorted(made.items()):
        table.add_row(exchange, kind, f"{number:,}")
    return table
