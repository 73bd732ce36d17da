"""The `ledger` command. Data goes to stdout, everything else to stderr.

Exit codes: 0 done, 1 error, 2 wrong usage, 3 invalid events, 4 log unreachable, 5 verification failed.
"""

import os
import sys
from importlib.metadata import version
from typing import Annotated

import typer

from ledger.cli import admin, publish, read, record, rejected, revoke, serve, topics, watch, worker
from ledger.cli.options import shown, stderr
from ledger.errors import LedgerError, exit_code

app = typer.Typer(
    name="ledger",
    help="Keep a ledger of captives' and prisoners' exchanges in which every number can be traced to its sources.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
_GROUPS = (publish, rejected, record, revoke, read, watch, topics, serve, worker, admin)
for group in _GROUPS:
    app.add_typer(group.app)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        sys.stdout.write(f"{version('exchange-ledger')}\n")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Keep a ledger of captives' and prisoners' exchanges in which every number can be traced to its sources."""


def main() -> None:
    """Entry point of the `ledger` command."""
    run(app)


def run(command: typer.Typer) -> None:
    """Run a command, and turn what this project raises into one clear message and an exit code."""
    try:
        command()
    except LedgerError as error:
        stderr().print(f"[red]error:[/] {shown(str(error))}")
        sys.exit(exit_code(error))
    except SystemExit as end:
        if not isinstance(end.__context__, BrokenPipeError):  # which Typer turns into exit 1
            raise
        _leave_pipe()
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        _leave_pipe()


def _leave_pipe() -> None:
    """End well where the reader of a pipe has enough."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno() if sys.__stdout__ else 1)
    sys.exit(0)
