"""`ledger rejected`: the messages that could not be published, looked at and tried again."""

import base64
import sys
from collections.abc import Sequence
from typing import Annotated

import orjson
import typer

from ledger.blocking import Ledger
from ledger.cli.options import AsJson, Log, shown, stderr, stdout
from ledger.cli.publish import outcome_members
from ledger.errors import EventConflict, LedgerError, RejectedEvents, UnknownName, UsageError
from ledger.log.port import Receipt, Rejected
from schemas.carriers import with_id
from schemas.codec import decode
from schemas.dsse import is_same_event
from schemas.errors import InvalidEvent

app = typer.Typer(name="rejected")
NAMED_MAX = 20


@app.callback(invoke_without_command=True)
def rejected(context: typer.Context, as_json: AsJson = False, log: Log = None) -> None:
    """Show the messages that could not be published, and try them again. Alone it lists them all."""
    if context.invoked_subcommand is None:
        list_all(as_json, log)
    elif as_json or log:
        raise UsageError(f"put the options after `ledger rejected {context.invoked_subcommand}`")


@app.command("list")
def list_all(as_json: AsJson = False, log: Log = None) -> None:
    """List them whole, with where they came from and why they were refused."""
    with Ledger.open(log, create=False) as ledger:
        messages = ledger.rejected()
    for each in messages:
        _print(each, as_json)
    if not messages:
        stderr().print("[dim]nothing was refused[/]")


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
        list[int] | None, typer.Argument(metavar="[NUMBER...]", help="Their numbers; without any, all.")
    ] = None,
    as_json: AsJson = False,
    log: Log = None,
) -> None:
    """Publish them again, as after an upgrade. What is still refused is said with the reason; the exit code is then 3.

    The record of refusals stays as it is, so that trying again is harmless: what was accepted is then there already.
    """
    refused: list[LedgerError] = []
    with Ledger.open(log, create=False) as ledger:
        messages = _chosen(ledger.rejected(), numbers)
        for each in messages:
            outcome = _published(ledger, with_id(each.payload.strip()))
            _print_outcome(each, outcome, as_json)
            refused += [outcome] if isinstance(outcome, LedgerError) else []
    accepted = len(messages) - len(refused)
    if refused:
        raise RejectedEvents(refused, accepted)
    stderr().print(
        f"{accepted:,} accepted; the record of refusals stays" if messages else "[dim]nothing was refused[/]"
    )


def _chosen(messages: Sequence[Rejected], numbers: Sequence[int] | None) -> list[Rejected]:
    """The messages of these numbers, or all. Raises UnknownName."""
    by_number = {each.number: each for each in messages}
    for number in numbers or ():
        if number not in by_number:
            raise UnknownName("refused message", str(number), [*map(str, by_number)][:NAMED_MAX])
    return [by_number[number] for number in numbers or by_number]


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
        members = {"number": each.number, "at": each.at.isoformat(), "origin": each.origin, "stage": each.stage}
        line = {**members, "reason": each.reason, **_payload(each.payload)}
        sys.stdout.write(orjson.dumps(line).decode() + "\n")
    else:
        payload = each.payload.decode(errors="backslashreplace").rstrip()
        stdout().print(f"[bold]{each.number}[/]  {each.at:%Y-%m-%d %H:%M:%S}Z  {shown(each.origin)}")
        stdout().print(f"   {shown(each.reason)}", style="red")
        stdout().print(f"   {shown(payload)}\n", style="dim", soft_wrap=True)


def _payload(raw: bytes) -> dict[str, str]:
    """The bytes as they came: as text, or in base64 where they are none."""
    try:
        return {"payload": raw.decode()}
    except UnicodeDecodeError:
        return {"payload_base64": base64.b64encode(raw).decode()}


def _print_outcome(each: Rejected, outcome: Receipt | LedgerError, as_json: bool) -> None:
    if isinstance(outcome, LedgerError):
        stderr().print(f"[bold]{each.number}[/]  [red]{shown(each.origin)}:[/] {shown(str(outcome))}")
    elif not as_json:
        said = "was there already" if outcome.duplicate else "accepted"
        stdout().print(f"[bold]{each.number}[/]  {said} at {outcome.position}  {outcome.event_id}", soft_wrap=True)
    if as_json:
        line = {"number": each.number, **outcome_members(each.origin, outcome)}
        sys.stdout.write(orjson.dumps(line).decode() + "\n")
