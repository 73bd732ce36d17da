"""Commands that are loaded when they are called, so that `--version` and `--help` need nothing of what commands do.

A program names its commands in a table, in the order of its help. A test compares each table with the modules that it
names: a command that is missing, or bears other words, fails there.
"""

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import version
from typing import Annotated, Any, NamedTuple, TypeAlias

import typer
import typer.main
from typer.core import TyperCommand, TyperGroup


class Listed(NamedTuple):
    """A command, or a group of them, as its program lists it: the module whose `app` defines it, and its first words.

    `help` is the first paragraph of its own help.
    """

    module: str
    help: str


def lazy_group(commands: Mapping[str, Listed]) -> type[TyperGroup]:
    """The group of a program's commands, to be given to Typer as `cls`."""

    class LazyGroup(TyperGroup):
        def __init__(self, **given: Any) -> None:
            listed = {name: TyperCommand(name, help=each.help) for name, each in commands.items()}
            super().__init__(**{**given, "commands": listed})

        def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
            """The command that is called, where all others are only listed."""
            name, _, rest = super().resolve_command(ctx, args)
            return name, name and defined(commands[name].module)[name], rest

    return LazyGroup


def defined(module: str) -> Mapping[str, Any]:
    """The commands that the `app` of a module defines, by name and in order."""
    holder = typer.Typer()
    holder.add_typer(import_module(module).app)
    group = typer.main.get_group(holder)
    _let_help_flow(group)
    return group.commands


def _let_help_flow(group: Any) -> None:
    """Let a terminal break the lines of each help where it ends, and not where the lines of its source do."""
    for command in group.commands.values():
        if command.help:
            command.help = "\n\n".join(" ".join(each.split("\n")) for each in command.help.split("\n\n"))
        if hasattr(command, "commands"):
            _let_help_flow(command)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(version("exchange-ledger"))
        raise typer.Exit


Version: TypeAlias = Annotated[
    bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
]
