"""Whether a command line that a page or a file shows would be understood, found by parsing it and not running it."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException

import ledger.cli
import replay.cli
from ledger.cli.lazy import defined

PROGRAMS = {"ledger": ledger.cli.COMMANDS, "replay": replay.cli.COMMANDS}


@cache
def program(name: str) -> Mapping[str, object]:
    """The commands of a program, loaded."""
    return {command: defined(listed.module)[command] for command, listed in PROGRAMS[name].items()}


def fault(words: Sequence[str]) -> str | None:
    """What is wrong with the words of a command line, of which the first is a program's name."""
    commands, rest = program(words[0]), list(words[1:])
    while rest and rest != ["--help"]:
        command = commands.get(rest[0])
        if isinstance(command, TyperGroup):
            commands, rest = command.commands, rest[1:]
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


def _leaves(words: str, commands: Mapping[str, object]) -> Iterator[tuple[str, TyperCommand]]:
    for name, command in commands.items():
        called = f"{words} {name}".strip()
        if isinstance(command, TyperCommand):
            yield called, command
        elif isinstance(command, TyperGroup):
            yield from _leaves(called, command.commands)
