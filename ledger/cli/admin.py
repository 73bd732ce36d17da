"""Commands about the ledger itself: the schema of events, a health check, the demonstration."""

import json
import platform
import sys
from collections import Counter
from datetime import UTC, datetime
from importlib.resources import files
from typing import Annotated

import typer
from rich.table import Table

from ledger.blocking import Ledger
from ledger.cli import sides
from ledger.cli.options import AsJson, Log, is_wide, print_json, shown, stderr, stdout
from ledger.errors import LedgerError, LogDamaged, LogUnreachable, UsageError, VerificationFailed
from ledger.log import kind_of
from ledger.notices import holder
from ledger.settings import Settings
from ledger.webhooks.addresses import read_webhooks, webhooks_path
from ledger.webhooks.deliveries import problems as webhook_problems
from schemas.codec import meant, no_event_type
from schemas.contracts.shipped import about, event_contract
from schemas.events import EVENT_TYPES
from schemas.record import Position
from schemas.redaction import REDACTED

app = typer.Typer()


@app.command()
def schema(
    type: Annotated[str | None, typer.Argument(help="An event type; without one, all are listed.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the event types, or print the JSON Schema of one, the published contract."""
    if type is None and as_json:
        for name in EVENT_TYPES:
            sys.stdout.write(json.dumps({"type": name, "about": about(name)}) + "\n")
    elif type is None:
        table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
        for name in EVENT_TYPES:
            table.add_row(f"[bold]{name}[/]", about(name))
        stdout().print(table)
    elif type in EVENT_TYPES:
        sys.stdout.write(event_contract(type).decode())
    else:
        raise UsageError(no_event_type(type))


@app.command()
def doctor(as_json: AsJson = False, log: Log = None) -> None:
    """Check that this machine and this ledger are well, and say what is not. Exit 1 if something is wrong.

    Exit 5 where the ledger is not what was written to it: each record is read strictly, and held against its id and
    the checkpoints beside the log.
    """
    url = log or Settings.load().log
    kind = kind_of(url)
    facts = [("Python", platform.python_version()), (kind.engine, kind.engine_version()), ("log", url)]
    damage, problems = list[str](), list[str]()
    try:
        with Ledger.open(url, create=False) as ledger:
            (damage if kind.file else problems).extend(ledger.examine())
            damage += [] if damage else ledger.contradicted()
            facts += _examined(ledger, problems, is_believed=kind.file is not None)
    except LogUnreachable as error:
        problems.append(str(error))
    except LogDamaged as error:
        damage = damage or [str(error)]
    every = webhooks_path(Settings.load(log))
    problems = [*damage, *problems, *webhook_problems(every, datetime.now(UTC))]
    facts += [("webhooks", f"{count:,}")] if (count := len(read_webhooks(every))) else []
    if as_json:
        sys.stdout.write(json.dumps({**dict(facts), "problems": problems}) + "\n")
    for name, value in () if as_json else facts:
        stdout().print(f"[dim]{name:>22}[/]  {shown(value)}")
    for problem in problems:
        stderr().print(f"[red]wrong:[/] {shown(problem)}")
    if damage:
        raise VerificationFailed(f"{len(problems)} found: the ledger is not what was written to it")
    if problems:
        raise LedgerError(f"{len(problems)} found")
    waiting = dict(facts).get("refused and kept")
    if waiting:
        stderr().print(f"[yellow]look at[/] the {waiting} refused and kept: `ledger rejected` shows them, and why")
    else:
        stderr().print("[green]all is well[/]")


def _examined(ledger: Ledger, problems: list[str], is_believed: bool) -> list[tuple[str, str]]:
    """Facts. Of a ledger that is believed, a record that is no event is damage, and told as such."""
    books = ledger.read()
    every, rejected = books.by_exchange.values(), ledger.rejected()
    refused = ledger.unacknowledged((books.unbelieved if is_believed else books.refused) | books.conflicting)
    numbers = {each.position: each.number for each in rejected}
    problems += [_refused(position, why, numbers.get(position)) for position, why in refused.items()]
    facts = [
        ("events", f"{sum(book.events for book in every):,}"),
        ("exchanges", f"{len(every):,}"),
        ("repeated", f"{sum(book.duplicates for book in every):,}"),
        ("redacted", f"{sum(book.unknown[REDACTED] for book in every):,}"),
        ("not understood", _not_understood(sum((book.unknown for book in every), Counter()))),
        ("refused and kept", f"{sum(each.acknowledged is None for each in rejected):,}"),
        ("refused, dealt with", f"{sum(each.acknowledged is not None for each in rejected):,}"),
    ]
    return [(name, value) for name, value in facts if value != "0" or name in ("events", "exchanges")]


def _refused(position: Position, why: str, number: int | None) -> str:
    mend = "" if number is None else f"; `ledger rejected acknowledge {number}` once it is dealt with"
    return f"position {position} does not count: {why}{mend}"


def _not_understood(found: Counter[str]) -> str:
    named = ((count, name, meant(name.split()[0])) for name, count in sorted(found.items()) if name != REDACTED)
    return ", ".join(f"{count:,} of {name}{near and f' ({near})'}" for count, name, near in named) or "0"


@app.command()
def demo(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Load it beside other exchanges.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Load nothing: say only whether it would be refused.")] = False,
    as_json: AsJson = False,
    log: Log = None,
) -> None:
    """Load the bundled history of the exchanges of 2023 and 2025 into the ledger, and show it.

    It is a demonstration and a test, not an authority. Loading it twice changes nothing.
    """
    history = files("ledger.demo").joinpath("history.ndjson").read_bytes()
    with Ledger.open(log) as ledger:
        books, events = ledger.read(), [json.loads(line) for line in history.splitlines()]
        others = sorted({*books.by_exchange} - {each["exchange"] for each in events})
        if others and not yes and not all(map(holder(books), (each["id"] for each in events))):
            how = "name another with LEDGER_LOG or --log; `ledger demo --yes` loads the demonstration beside it"
            raise UsageError(f"this ledger holds {others[0]} already, and is left as it is; {how}")
        if check:
            return
        outcomes = list(ledger.publish_stream(history.splitlines()))
        books = ledger.read()
    for outcome in outcomes:
        if isinstance(outcome, LedgerError):
            raise outcome
    views = books.tallies()
    if as_json:
        print_json(views)
        return
    stderr().print("The bundled history: a demonstration and a test, not an authority.\n")
    stdout().print(sides.tallies(views, books.process_tallies(), is_wide()))
    for view in views:
        shown = books.rounds(view.exchange)
        if shown:
            stdout().print("", sides.rounds(view.exchange, view.title, is_wide(), shown), sep="\n")
    stderr().print(
        "\nNext: [bold]ledger explain IL-HAMAS-2023-11 captives.nationals[/] takes a figure apart, "
        "[bold]ledger stated[/] checks what sources state."
    )
