"""The `ledger` command. Data goes to stdout, everything else to stderr.

Exit codes: 0 done, 1 error, 2 wrong usage, 3 invalid events, 4 log unreachable, 5 verification failed.
"""

import os
import re
import sys
from typing import Any, NoReturn

import typer

from ledger.cli.lazy import Listed, Version, lazy_group
from ledger.errors import LedgerError, exit_code
from schemas.errors import worded

USAGE: type[Exception] = typer.BadParameter.__mro__[1]
"""What Typer raises for a command line that is wrong; it brings the class with it and gives it no public name."""
DEBUG = "LEDGER_DEBUG"
"""Read from the environment alone: what goes wrong may be the settings."""
COMMANDS = {
    "publish": Listed(
        "ledger.cli.publish", "Publish events, one JSON object a line, or the rows of a table by a mapping."
    ),
    "mapping": Listed("ledger.cli.mapping", "Write a mapping for a table, and check it."),
    "rejected": Listed(
        "ledger.cli.rejected",
        "Show the messages that could not be published, try them again, and say that they were dealt with.",
    ),
    "record": Listed(
        "ledger.cli.record",
        "Record one event from flags. In a terminal, what is missing is asked for, and the event shown first.",
    ),
    "revoke": Listed(
        "ledger.cli.revoke", "Revoke a producer's key: what it signs from here on is no event of this ledger."
    ),
    "redact": Listed(
        "ledger.cli.redact", "Remove the bytes of an event for ever, such as a name that somebody typed into a note."
    ),
    "tallies": Listed("ledger.cli.read", "Show the running totals of exchanges, or of whole processes."),
    "rounds": Listed("ledger.cli.read", "Show each round: both legs, and prisoners per captive in three scopes."),
    "terms": Listed(
        "ledger.cli.read",
        "Show terms proposed, agreed and refused with the ratio they imply, and the parties' positions.",
    ),
    "pauses": Listed(
        "ledger.cli.read", "Show the clock of each pause: started, extended, due to end, ended, hours of calm."
    ),
    "stated": Listed(
        "ledger.cli.read",
        "Show every total that a source stated against the ledger's own figure, with the difference and the verdict.",
    ),
    "doubles": Listed(
        "ledger.cli.read", "Show pairs that may be one thing: same type, round, day and count, by different publishers."
    ),
    "explain": Listed(
        "ledger.cli.read",
        "Take a figure apart: the claims it is the sum of, their sources, and what was left out and why.",
    ),
    "events": Listed(
        "ledger.cli.events", "Show the events as they stand in the log: all, or those that are asked for."
    ),
    "source": Listed("ledger.cli.source", "Compare what is kept of sources with what events say was read."),
    "watch": Listed(
        "ledger.cli.watch",
        "Follow events, tallies or rounds as they change; tallies and rounds start with how they are now.",
    ),
    "topics": Listed("ledger.cli.topics", "Make the topics of a ledger on Kafka, and look at them."),
    "serve": Listed(
        "ledger.cli.serve", "Serve the ledger over HTTP: a page, views at any cut, publishing, streams of changes."
    ),
    "token": Listed("ledger.cli.serve", "Make, list and revoke the tokens by which others publish over HTTP."),
    "webhooks": Listed("ledger.cli.webhooks", "Send what changed to addresses that you list, signed and in order."),
    "worker": Listed(
        "ledger.cli.worker", "Keep the tallies and rounds of a ledger on Kafka running, until it is told to stop."
    ),
    "schema": Listed(
        "ledger.cli.admin", "List the event types, or print the JSON Schema of one, the published contract."
    ),
    "doctor": Listed(
        "ledger.cli.admin",
        "Check that this machine and this ledger are well, and say what is not. Exit 1 if something is wrong.",
    ),
    "demo": Listed(
        "ledger.cli.admin", "Load the bundled history of the exchanges of 2023 and 2025 into the ledger, and show it."
    ),
}

app = typer.Typer(
    name="ledger",
    cls=lazy_group(COMMANDS),
    help="Keep a ledger of captives' and prisoners' exchanges in which every number can be traced to its sources.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


@app.callback()
def _options(version: Version = False) -> None:
    """Keep a ledger of captives' and prisoners' exchanges in which every number can be traced to its sources."""


def main() -> None:
    """Entry point of the `ledger` command."""
    run(app)


def run(command: typer.Typer) -> None:
    """Run a command. Whatever goes wrong ends in one clear message and an exit code, a defect of ours included.

    With `LEDGER_DEBUG` in the environment the traceback comes before it.
    """
    try:
        try:
            sys.exit(command(standalone_mode=False) or 0)
        finally:
            if sys.stdout:
                sys.stdout.flush()  # here, where a full disk can still be told
    except LedgerError as error:
        _fail(str(error), exit_code(error))
    except USAGE as error:
        _wrong_usage(error)
    except typer.Abort:
        _fail("stopped: nothing was written")
    except SystemExit as end:
        if not isinstance(end.__context__, BrokenPipeError):  # which Typer turns into exit 1
            raise
        _leave_pipe()
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        _leave_pipe()
    except OSError as error:
        named = f"{error.filename}: " if error.filename else ""
        _fail(f"{named}{error.strerror or error}")
    except Exception as error:
        _fail(
            f"{type(error).__name__}: {error}\nThis is a defect of `{command.info.name}`, whatever it was given: "
            f"please report it, with what the same command shows with {DEBUG}=1 before it"
        )


def _wrong_usage(error: Any) -> NoReturn:
    """Say in one line what is wrong with a command line, and where its help is."""
    said = error.format_message()
    if not said.strip() or said.lstrip().startswith("Usage:"):  # a group without a command has shown its help
        print(said, end="", file=sys.stderr)
        sys.exit(2)
    found = re.fullmatch(r"Invalid value(?: for '?([^:']+)'?)?: (.*)", said, re.DOTALL)
    where = error.ctx.command_path if error.ctx else "ledger"
    what = f"{found[1]}: {worded(found[2])}" if found and found[1] else said.rstrip(".")
    _fail(f"{what} (see {where} --help)", 2)


def _fail(message: str, code: int = 1) -> NoReturn:
    """Say what is wrong, and end. Called where it was caught."""
    from ledger.cli.options import shown, stderr  # a command that ends well may need no console

    if os.environ.get(DEBUG):
        import traceback

        traceback.print_exc()
    stderr().print(f"[red]error:[/] {shown(message)}")
    sys.exit(code)


def _leave_pipe() -> None:
    """End well where the reader of a pipe has enough."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno() if sys.__stdout__ else 1)
    sys.exit(0)
