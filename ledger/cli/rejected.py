"""`ledger rejected`: the messages that could not be published, looked at, tried again, and dealt with."""

import sys
from collections.abc import Sequence
from typing import Annotated, TypeAlias

import orjson
import typer

from ledger.api.events.rejects import rejected_members, text
from ledger.blocking import Ledger
from ledger.cli.options import AsJson, Log, shown, stderr, stdout
from ledger.cli.publish import outcome_members
from ledger.entrants import entrant
from ledger.errors import EventConflict, LedgerError, RejectedEvents, UnknownName, UsageError
from ledger.log.port import Receipt, Rejected
from ledger.mapping.records import TABLES
from schemas.carriers import with_id
from schemas.codec import decode
from schemas.dsse import is_same_event
from schemas.errors import InvalidEvent

ROW = UsageError("is a row of a table: mend it there, publish the table with its mapping, and acknowledge this one")
app = typer.Typer(name="rejected")
NAMED_MAX = 20
RETRIED = "published by `ledger rejected retry`"
All: TypeAlias = Annotated[bool, typer.Option("--all", help="Also those that were dealt with.")]
Numbers: TypeAlias = Annotated[
    list[int] | None, typer.Argument(metavar="[NUMBER...]", help="Their numbers, as the list has them.")
]


@app.callback(invoke_without_command=True)
def rejected(context: typer.Context, all: All = False, as_json: AsJson = False, log: Log = None) -> None:
    """Show the messages that could not be published, try them again, and say that they were dealt with.

    Alone it lists them.
    """
    if context.invoked_subcommand is None:
        list_all(all, as_json, log)
    elif all or as_json or log:
        raise UsageError(f"put the options after `ledger rejected {context.invoked_subcommand}`")


@app.command("list")
def list_all(all: All = False, as_json: AsJson = False, log: Log = None) -> None:
    """List them whole, with where they came from and why they were refused; not those that were dealt with."""
    with Ledger.open(log, create=False) as ledger:
        messages = ledger.rejected()
    listed = [each for each in messages if all or each.acknowledged is None]
    for each in listed:
        _print(each, as_json)
    if not listed:
        stderr().print(f"[dim]{_nothing_open(messages)}[/]")


def _nothing_open(messages: Sequence[Rejected]) -> str:
    if not messages:
        return "nothing was refused"
    return f"nothing is left: {len(messages):,} dealt with, which `ledger rejected list --all` shows"


@app.command()
def show(
    number: Annotated[int, typer.Argument(help="Its number, as the list has it.")],
    as_json: AsJson = False,
    log: Log = None,
) -> None:
    """Show one of them whole. With --json the payload is exact, in base64 where it is no text."""
    with Ledger.open(log, create=False) as ledger:
        [message] = _chosen(ledger.rejected(), [number])
    _print(message, as_json)


@app.command()
def retry(
    numbers: Annotated[
        list[int] | None,
        typer.Argument(metavar="[NUMBER...]", help="Their numbers; without any, all that nobody has dealt with."),
    ] = None,
    as_json: AsJson = False,
    log: Log = None,
) -> None:
    """Publish them again, as after an upgrade. What is still refused is said with the reason; the exit code is then 3.

    What is accepted, or is there already, is dealt with by that. Nothing is removed from the record of refusals.
    """
    refused: list[LedgerError] = []
    with Ledger.open(log, create=False) as ledger:
        every = ledger.rejected()
        messages = _chosen(every, numbers)
        for each in messages:
            is_row = each.origin.rpartition(":")[0].lower().endswith(TABLES)
            outcome = ROW if is_row else _published(ledger, with_id(each.payload.strip()))
            _print_outcome(each, outcome, as_json)
            if isinstance(outcome, LedgerError):
                refused.append(outcome)
            else:
                ledger.acknowledge([each.number], why=RETRIED)
    accepted = len(messages) - len(refused)
    if refused:
        raise RejectedEvents(refused, accepted)
    stderr().print(f"{accepted:,} accepted and dealt with" if messages else f"[dim]{_nothing_open(every)}[/]")


@app.command()
def acknowledge(
    numbers: Numbers = None,
    all: Annotated[bool, typer.Option("--all", help="All that nobody has dealt with.")] = False,
    by: Annotated[str, typer.Option(metavar="NAME", help="Who dealt with them, for everybody to read.")] = "",
    why: Annotated[str, typer.Option(metavar="TEXT", help="What was done about them.")] = "",
    as_json: AsJson = False,
    log: Log = None,
) -> None:
    """Say that they were dealt with, so that nobody is warned of them any more.

    That is kept beside them for good, and nothing is removed: `ledger rejected list --all` shows both.
    What was said first stays.
    """
    if bool(numbers) == all:
        raise UsageError("say which: their numbers, as `ledger rejected` lists them, or --all")
    with Ledger.open(log, create=False) as ledger:
        messages = _chosen(ledger.rejected(), numbers)
        ledger.acknowledge([each.number for each in messages if each.acknowledged is None], by, why)
        found = _chosen(ledger.rejected(), [each.number for each in messages]) if as_json and messages else []
    for each in found:
        _print(each, as_json)
    known = sum(each.acknowledged is not None for each in messages)
    stderr().print(f"{len(messages) - known:,} dealt with" + (f", {known:,} before" if known else ""))


def _chosen(messages: Sequence[Rejected], numbers: Sequence[int] | None) -> list[Rejected]:
    """The messages of these numbers, or all that nobody has dealt with. Raises UnknownName."""
    by_number = {each.number: each for each in messages}
    for number in numbers or ():
        if number not in by_number:
            raise UnknownName("refused message", str(number), [*map(str, by_number)][:NAMED_MAX])
    if numbers:
        return [by_number[number] for number in dict.fromkeys(numbers)]
    return [each for each in messages if each.acknowledged is None]


def _published(ledger: Ledger, raw: bytes) -> Receipt | LedgerError:
    """What becomes of an event that may stand in the log by now. Not every log knows the ids that it holds."""
    try:
        event_id = decode(raw).id
        record, _ = ledger.event(event_id)
    except (InvalidEvent, UnknownName):
        [outcome] = ledger.publish_stream([raw])
        return outcome
    if not is_same_event(record.payload, raw):
        return EventConflict(event_id, record.position, record.payload, raw)
    return Receipt(event_id, record.position, record.recorded_at, True)


def _print(each: Rejected, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(orjson.dumps(rejected_members(each)).decode() + "\n")
    else:
        stdout().print(f"[bold]{each.number}[/]  {each.at:%Y-%m-%d %H:%M:%S}Z  {shown(each.origin)}")
        stdout().print(f"   {shown(each.reason)}", style="red")
        if sender := entrant(each.entered_by, each.payload):
            stdout().print(f"   sent by {shown(sender)}")
        if said := each.acknowledged:
            told = (f" by {said.by}" if said.by else "") + (f": {said.why}" if said.why else "")
            stdout().print(f"   dealt with on {said.at:%Y-%m-%d %H:%M:%S}Z{shown(told)}", style="green")
        borne = [*([("key", each.key)] if each.key is not None else []), *each.headers]
        for name, value in borne:
            stdout().print(f"   {shown(name)}: {shown(text(value or b''))}", style="dim", soft_wrap=True)
        stdout().print(f"   {shown(text(each.payload).rstrip())}\n", style="dim", soft_wrap=True)


def _print_outcome(each: Rejected, outcome: Receipt | LedgerError, as_json: bool) -> None:
    if isinstance(outcome, LedgerError):
        stderr().print(f"[bold]{each.number}[/]  [red]{shown(each.origin)}:[/] {shown(str(outcome))}")
    elif not as_json:
        said = "was there already" if outcome.duplicate else "accepted"
        stdout().print(f"[bold]{each.number}[/]  {said} at {outcome.position}  {outcome.event_id}", soft_wrap=True)
    if as_json:
        line = {"number": each.number, **outcome_members(each.origin, outcome)}
        sys.stdout.write(orjson.dumps(line).decode() + "\n")
