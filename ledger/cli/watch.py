"""`ledger watch`: what is new, as it comes."""

from enum import StrEnum
from typing import Annotated

import orjson
import typer
from rich.text import Text

from ledger.blocking import Ledger
from ledger.book.number_text import moment
from ledger.cli import sides
from ledger.cli.options import AsJson, Log, is_wide, printable, stderr, stdout
from ledger.client import Change
from ledger.errors import UsageError
from schemas.codec import UnknownEvent, meant
from schemas.record import NOWHERE, Frontier
from schemas.views import Round, Tally

app = typer.Typer()


class Watched(StrEnum):
    """What can be followed."""

    events = "events"
    tallies = "tallies"
    rounds = "rounds"


@app.command()
def watch(
    what: Annotated[Watched, typer.Argument(help="events, tallies or rounds")] = Watched.events,
    exchange: Annotated[str | None, typer.Option(help="Only this exchange.")] = None,
    round: Annotated[int | None, typer.Option(metavar="N", help="Only this round.")] = None,
    since: Annotated[
        str | None, typer.Option(metavar="POSITION", help="What came after this position, such as 0:41; default: all.")
    ] = None,
    count: Annotated[int | None, typer.Option(min=1, help="Stop after so many.")] = None,
    as_json: AsJson = False,
    log: Log = None,
) -> None:
    """Follow events, tallies or rounds as they change; tallies and rounds start with how they are now.

    On Kafka, tallies and rounds are those that `ledger worker` keeps.

    What is shown bears its position, once for views that changed together: pass the last one to --since to go on
    where you stopped.
    """
    after = _frontier(since)
    with Ledger.open(log, create=False) as ledger:
        stderr().print("[dim]waiting for what comes; Ctrl-C ends[/]")
        for number, change in enumerate(ledger.follow(what.value, exchange, round, after), 1):
            _show(change, as_json)
            if number == count:
                return


def _frontier(text: str | None) -> Frontier:
    try:
        return NOWHERE if text is None else Frontier.parse(text)
    except ValueError as error:
        raise UsageError(f"--since {text!r}: a position is PARTITION:OFFSET, such as 0:41") from error


def _show(change: Change, as_json: bool) -> None:
    item = change.item
    console = stdout()
    if as_json:
        line: dict[str, object] = {"position": str(change.reached), "item": item.model_dump(mode="json")}
        if not isinstance(item, Tally | Round):
            line["entered_by"] = change.entered_by
        console.file.write(orjson.dumps(line).decode() + "\n")
        console.file.flush()
    elif isinstance(item, Tally):
        console.print(*_heading(change), sides.tally(item), Text())
    elif isinstance(item, Round):
        console.print(*_heading(change), sides.rounds(item.exchange, None, is_wide(), [item]), Text())
    elif isinstance(item, UnknownEvent):
        near = meant(item.type)
        console.print(
            f"{change.reached}  {item.type} v{item.version} (not understood{near and f': {near}'})  {item.id}"
        )
    else:
        said = item.as_stated or item.note or ""
        console.print(
            f"{change.reached}  {moment(item.occurred)}  {item.exchange}  [bold]{item.type}[/]  ",
            end="",
            soft_wrap=not console.is_terminal,
        )
        entered = f"  entered by {printable(change.entered_by)}" if change.entered_by else ""
        console.print(Text(f"{said}  {item.source.publisher}  {item.id}{entered}"), soft_wrap=not console.is_terminal)


def _heading(change: Change) -> list[str]:
    """Where to go on from, which is known with the last of the views that changed together."""
    return [str(change.reached)] if change.reached else []
