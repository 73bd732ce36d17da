"""A command loads what it needs and no more, and what is loaded late is what was promised early."""

import ast
import json
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import ledger
import ledger.cli
import replay.cli
import replay.commands
from ledger.cli.lazy import Listed, defined

PROGRAMS = {"ledger": (ledger.cli, ledger.cli.COMMANDS), "replay": (replay.commands, replay.cli.COMMANDS)}
HEAVY = {"pydantic", "pydantic_settings", "schemas.events", "schemas.views", "ledger.client", "faust", "aiokafka"}
LOADED = """
import json, sys
from {program}.cli import main
sys.argv = {words}
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
sys.stderr.write(json.dumps([*sys.modules]))
"""


def loaded(*words: str) -> set[str]:
    """The modules that are loaded when a command has ended well."""
    program = LOADED.format(program=words[0], words=[*words])
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    return {*json.loads(done.stderr)}


@pytest.mark.parametrize("words", ["ledger --version", "ledger --help", "replay --version", "replay --help"])
def test_what_does_nothing_with_a_ledger_loads_nothing_of_it(words: str) -> None:
    assert not loaded(*words.split()) & HEAVY


def test_the_version_is_printed_without_what_draws() -> None:
    assert "rich.console" not in loaded("ledger", "--version")


def test_a_module_that_is_loaded_would_be_seen() -> None:
    assert loaded("ledger", "schema") > {"pydantic", "schemas.events"}


def defining(package: ModuleType) -> Iterator[str]:
    """The modules of a package that define commands."""
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        if hasattr(import_module(module.name), "app"):
            yield module.name


def first_paragraph(help: str | None) -> str:
    return " ".join((help or "").split("\n\n")[0].split())


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_table_of_a_program_says_what_its_modules_define(program: str) -> None:
    package, table = PROGRAMS[program]
    found = {
        name: Listed(module, first_paragraph(command.help))
        for module in defining(package)
        for name, command in defined(module).items()
    }
    assert found == table


@pytest.mark.parametrize("program", PROGRAMS)
def test_commands_of_one_module_are_listed_in_its_order(program: str) -> None:
    _, table = PROGRAMS[program]
    for module in {each.module for each in table.values()}:
        assert [name for name, each in table.items() if each.module == module] == [*defined(module)]


def test_every_public_name_is_there_and_no_other() -> None:
    assert all(getattr(ledger, name).__name__ == name for name in ledger.__all__)
    typed = ast.parse(Path(ledger.__file__).read_text("utf-8"))
    imported = {name.asname for node in ast.walk(typed) if isinstance(node, ast.ImportFrom) for name in node.names}
    assert imported - {None} == {*ledger.__all__}
    with pytest.raises(AttributeError, match="module 'ledger' has no attribute 'Nothing'"):
        ledger.Nothing  # type: ignore[attr-defined]  # noqa: B018
