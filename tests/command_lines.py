"""Whether a command line that a page or a file shows would be understood, found by parsing it and not running it."""

from collections.abc import Iterator, Sequence

import typer.main
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException

import ledger.cli
import replay.cli

PROGRAMS = {"ledger": ledger.cli.app, "replay": replay.cli.app}


def program(name: str) -> TyperGroup:
    group = typer.main.get_command(PROGRAMS[name])
    assert isinstance(group, TyperGroup)
    return group


def fault(words: Sequence[str]) -> str | None:
    """What is wrong with the words of a command line, of which the first is a program's name."""
    group, rest = program(words[0]), list(words[1:])
    while rest and rest != ["--help"]:
        command = group.commands.get(rest[0])
        if isinstance(command, TyperGroup):
            group, rest = command, rest[1:]
        elif isinstance(command, TyperCommand):
            return None if "--help" in rest else _parsing_fault(command, rest)
        else:
            return f"there is no command {rest[0]}"
    return None


def _parsing_fault(command: TyperCommand, words: list[str]) -> str | None:
    try:
        command.make_context(words[0], words[1:])
    except TyperException as error:
        return error.format_message()
    return None


def leaves(name: str) -> dict[str, TyperCommand]:
    """Every command of a program by the words that call it, such as `rejected show`."""
    return dict(_leaves("", program(name)))


def _leaves(words: str, command: object) -> Iterator[tuple[str, TyperCommand]]:
    if isinstance(command, TyperCommand):
        yield words, command
    elif isinstance(command, TyperGroup):
        for name, each in command.commands.items():
            yield from _leaves(f"{words} {name}".strip(), each)
