"""`ledger events`: the events as they stand in the log, all or those that are asked for."""

import sys
from itertools import islice
from typing import Annotated

import typer
from rich.console import RenderableType

from ledger.api.events.records import record_bytes
from ledger.book.cut import WHOLE
from ledger.book.figure_names import kind_name
from ledger.book.number_text import moment
from ledger.cli.options import At, printable, reads, stderr, stdout, tell
from ledger.cli.render import plain_table
from ledger.follow.filters import filter_of
from schemas.mentions import is_understood, members_of, sayings
from schemas.record import Record
from schemas.values import Moment

app = typer.Typer()
SHOWN = 100
"""Events of a table, unless others are asked for."""
_ASKED = "Which events (whatever is given, together)"


def _asked(help: str, *names: str, metavar: str = "TEXT") -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(*names, metavar=metavar, help=help, rich_help_panel=_ASKED)
    return option


@app.command()
@reads
def events(
    at: At,
    as_json: bool,
    exchange: Annotated[str | None, _asked("Of this exchange.", metavar="EXCHANGE")] = None,
    round: Annotated[str | None, _asked("Of this round.", "--round", "-n", metavar="N")] = None,
    type: Annotated[str | None, _asked("Of this type, such as captives_released.", metavar="TYPE")] = None,
    publisher: Annotated[str | None, _asked("What this publisher says.")] = None,
    party: Annotated[str | None, _asked("That name this party, in whatever role.", metavar="PARTY")] = None,
    country: Annotated[str | None, _asked("That name nationals of it, such as THA.", metavar="CODE")] = None,
    status: Annotated[str | None, _asked("Planned, reported, confirmed and the like.", metavar="STATUS")] = None,
    side: Annotated[str | None, _asked("About captives, or prisoners.", metavar="SIDE")] = None,
    text: Annotated[str | None, _asked("That have these words; the last need not be whole.")] = None,
    occurred_from: Annotated[str | None, _asked("That may have happened then or later.", metavar="WHEN")] = None,
    occurred_to: Annotated[str | None, _asked("That may have happened by then.", metavar="WHEN")] = None,
    published_from: Annotated[str | None, _asked("Published then or later.", metavar="WHEN")] = None,
    published_to: Annotated[str | None, _asked("Published by then.", metavar="WHEN")] = None,
    recorded_from: Annotated[str | None, _asked("Recorded here then or later; days in UTC.", metavar="WHEN")] = None,
    recorded_to: Annotated[str | None, _asked("Recorded here by then.", metavar="WHEN")] = None,
    count: Annotated[
        int | None, typer.Option(min=1, help=f"At most so many. Default: {SHOWN} in a table, all as JSON.")
    ] = None,
) -> None:
    """Show the events as they stand in the log: all, or those that are asked for."""
    given = {
        "exchange": exchange,
        "round": round,
        "type": type,
        "publisher": publisher,
        "party": party,
        "country": country,
        "status": status,
        "side": side,
        "text": text,
        "occurred_from": occurred_from,
        "occurred_to": occurred_to,
        "published_from": published_from,
        "published_to": published_to,
        "recorded_from": recorded_from,
        "recorded_to": recorded_to,
    }
    asked = {name: value for name, value in given.items() if value is not None}
    wanted = filter_of(asked, at.cut or WHOLE, lambda name: f"--{name.replace('_', '-')}")
    found = at.ledger.find_events(wanted)
    if as_json:
        for record in islice(found, count):
            sys.stdout.write(record_bytes(record).decode() + "\n")
        return
    most = count or SHOWN
    shown = list(islice(found, most + 1))
    if not shown:
        stderr().print("[dim]no event is like that[/]")
        return
    stdout().print(_table(shown[:most], at))
    if len(shown) > most:
        tell(f"the first {most:,}; --count shows more, --json all")


def _table(records: list[Record], at: At) -> RenderableType:
    told = [members_of(each.payload) for each in records]
    length = at.ledger.id_length([event["id"] for event in told])
    table = plain_table("When", "Exchange", "What", "Says", "Publisher", "#Event", id_length=length)
    for event in told:
        when, says, publisher = "-", "-", "-"
        if is_understood(event):
            when = moment(Moment.model_validate(event["occurred"]))
            says, publisher = next(iter(sayings(event)), "-"), event["source"]["publisher"]
        number = event.get("round")
        where = event["exchange"] if number is None else f"{event['exchange']} round {number}"
        cells = (when, where, kind_name(event["type"]), " ".join(says.split()), publisher, event["id"])
        table.add_row(*map(printable, cells))
    return table
