"""`ledger webhooks`: send what changed to addresses that the operator lists."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.table import Table

from ledger.changes.filters import KINDS, TOLD, change_kinds
from ledger.cli.options import AsJson, Log, shown, stderr, stdout
from ledger.errors import UsageError
from ledger.log import opened_log
from ledger.log.port import check_reached
from ledger.settings import Settings
from ledger.webhooks.addresses import Webhook, add_webhook, remove_webhook, webhooks_path
from ledger.webhooks.deliveries import Delivery, listed
from schemas.record import Frontier

app = typer.Typer()
webhooks = typer.Typer(no_args_is_help=True, help="Send what changed to addresses that you list, signed and in order.")
app.add_typer(webhooks, name="webhooks")


@webhooks.command("add")
def add(
    name: Annotated[str, typer.Argument(help="What the address is called here, such as newsroom-desk.")],
    url: Annotated[str, typer.Argument(help="Where changes are sent, by POST.")],
    kinds: Annotated[
        list[str] | None,
        typer.Option(
            "--kind", metavar="KIND", help=f"Only these: {', '.join(KINDS)}; can be repeated. Default: all but growth."
        ),
    ] = None,
    exchanges: Annotated[
        list[str] | None, typer.Option("--exchange", metavar="EXCHANGE", help="Only of this one; can be repeated.")
    ] = None,
    secret: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="A file with the secret that the receiver gave you, `-` for stdin. Default: one is made.",
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(metavar="POSITION", help="What came after this position, too, such as 0:41. Default: now."),
    ] = None,
    as_json: AsJson = False,
    log: Log = None,
) -> None:
    """List an address, to be told what changes from now on. Its secret stands in the file of webhooks alone.

    Give the secret to the receiver by a way of its own: by it he knows that a message is yours (Standard Webhooks).
    """
    settings = Settings.load(log)
    path, begins = webhooks_path(settings), asyncio.run(_begins(settings.log, since))
    made = add_webhook(path, name, url, _secret(secret), change_kinds(kinds or TOLD), exchanges or (), begins)
    if as_json:
        stdout().file.write(orjson.dumps(_told(made, Delivery(position=made.since))).decode() + "\n")
    stderr().print(f"[dim]{shown(name)} is told from {made.since or 'the beginning'} on; its secret is in {path}[/]")


@webhooks.command("list")
def list_webhooks(as_json: AsJson = False, log: Log = None) -> None:
    """List the addresses: what each is told, how far, and which takes nothing. No secret is shown."""
    found = [*listed(webhooks_path(Settings.load(log)))]
    if as_json:
        for each in found:
            stdout().file.write(orjson.dumps(_told(*each)).decode() + "\n")
        return
    columns = ("Name", "Address", "Kinds", "Exchanges", "Delivery up to", "Sent", "State")
    table = Table(*columns, box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for webhook, told in found:
        state = told.state if told.why is None else f"{told.state}: {told.why}, {told.failed:,} times"
        told_what = (", ".join(webhook.kinds), ", ".join(webhook.exchanges) or "all")
        table.add_row(webhook.name, shown(webhook.where), *told_what, told.position, f"{told.sent:,}", shown(state))
    stdout().print(table)


@webhooks.command("remove")
def remove(
    name: Annotated[str, typer.Argument(help="The name that `ledger webhooks list` shows.")],
    log: Log = None,
) -> None:
    """Send nothing more to an address. What it was not told yet, it is not told."""
    remove_webhook(webhooks_path(Settings.load(log)), name)
    stderr().print(f"{shown(name)} is told nothing more")


@webhooks.command("run")
def run(log: Log = None) -> None:
    """Follow the log and send what changes, until told to stop: in order, each change until it is taken.

    One at a time for one list of addresses. Those that are added or removed meanwhile count at once.
    """
    from ledger.webhooks.run import run as send  # other commands need not wait for what only this one needs

    send(Settings.load(log), _announce)


def _announce(count: int) -> None:
    stderr().print(f"sending to [bold]{count:,}[/] webhooks  (Ctrl-C ends)")


async def _begins(url: str, since: str | None) -> Frontier:
    async with opened_log(url) as log:
        end = await log.end()
    if since is None:
        return end
    try:
        found = Frontier.parse(since)
    except ValueError as error:
        raise UsageError(f"--since {since!r}: a position is PARTITION:OFFSET, such as 0:41") from error
    check_reached(found, end)
    return found


def _secret(where: str | None) -> str | None:
    if where is None:
        return None
    try:
        text = sys.stdin.read() if where == "-" else Path(where).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--secret {where}: cannot be read as text") from error
    return text.strip()


def _told(webhook: Webhook, told: Delivery) -> dict[str, object]:
    members = webhook.model_dump(mode="json", exclude={"secret", "url"})
    return {**members, "address": webhook.where, "state": told.state, **told.model_dump(mode="json")}
