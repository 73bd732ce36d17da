"""The rules of the tree that no type checker holds."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

TREE = Path(__file__).parents[1]
PACKAGES = ("schemas", "ledger", "replay", "examples", "benchmarks", "broker", "tests")
SHIPPED = PACKAGES[:3]

FORBIDDEN: dict[str, tuple[str, ...]] = {
    "schemas": ("ledger", "replay", "examples", "benchmarks", "broker", "tests"),
    "ledger": ("replay", "examples", "benchmarks", "broker", "tests"),
    "replay": ("examples", "benchmarks", "broker", "tests"),
    "broker": ("schemas", "ledger", "replay", "examples", "benchmarks", "tests", "aiokafka", "faust"),
    "ledger/book": ("ledger.log", "ledger.proof", "ledger.client", "ledger.cli"),
    "ledger/proof": (
        "ledger.log",
        "ledger.book",
        "ledger.client",
        "ledger.follow",
        "ledger.cli",
        "ledger.settings",
    ),
    "ledger/tables": ("ledger.api", "ledger.client", "ledger.log", "ledger.cli"),
    "ledger/log": ("ledger.book", "ledger.proof", "ledger.client", "ledger.cli"),
    "ledger/changes": ("ledger.api", "ledger.client", "ledger.cli", "ledger.webhooks"),
    "ledger/webhooks": ("ledger.api", "ledger.client", "ledger.cli"),
}
"""What the modules below a folder never import. Hence schemas <- ledger <- replay, the fold stays pure,
and a broker starts without what is tested on it."""

API_ROOMS = (
    "http",
    "access",
    "telemetry",
    "state",
    "site",
    "charts",
    "views",
    "events",
    "stream",
    "service",
    "handlers",
    "contract",
    "server",
)
"""The rooms of `ledger/api`, from the ground up: each imports only those before it."""

RULES = ("ledger/book", "ledger/proof", "ledger/follow", "ledger/changes", "replay/audit", "replay/compare")
TERMINAL = ("rich", "typer", "ledger.cli", "replay.commands")
FOR_TERMINALS = ("replay/audit/terminal.py",)
"""Rules print nothing. One module among them does, and no rule imports it."""

VERIFIER = "replay.archive.verify"
READ_BY_WHO_VERIFIES = (
    "ledger.errors",
    "ledger.proof",
    "replay.archive",
    "replay.checkpoints",
    "replay.files",
    "schemas",
)
FILES_OF_VERIFIER_MAX = 15


def modules(folder: str) -> list[Path]:
    return sorted((TREE / folder).rglob("*.py"))


def imports(source: str, package: str) -> Iterator[tuple[str, str]]:
    """Each import in `source` as the module and the name taken from it, relative ones made absolute."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            yield from ((module, alias.name) for alias in node.names)


def imports_of(path: Path) -> Iterator[tuple[str, str]]:
    package = ".".join(path.relative_to(TREE).parent.parts)
    yield from imports(path.read_text(encoding="utf-8"), package)


def reaches(module: str, name: str, target: str) -> bool:
    """Whether an import takes `target`, something in it, or something below it."""
    return any(f"{taken}.".startswith(f"{target}.") for taken in (module, f"{module}.{name}"))


def private(module: str, name: str) -> bool:
    steps = [*module.split("."), name]
    ours = steps[0] in PACKAGES
    return ours and any(step.startswith("_") and not step.startswith("__") for step in steps)


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_imports_lead_one_way(folder: str) -> None:
    assert modules(folder)
    wrong = [
        f"{path.relative_to(TREE)} imports {module}.{name}"
        for path in modules(folder)
        for module, name in imports_of(path)
        if any(reaches(module, name, target) for target in FORBIDDEN[folder])
    ]
    assert wrong == []


@pytest.mark.parametrize("room", API_ROOMS)
def test_rooms_of_the_api_import_those_beneath_them(room: str) -> None:
    assert modules(f"ledger/api/{room}")
    above = [f"ledger.api.{each}" for each in API_ROOMS[API_ROOMS.index(room) + 1 :]]
    wrong = [
        f"{path.relative_to(TREE)} imports {module}.{name}"
        for path in modules(f"ledger/api/{room}")
        for module, name in imports_of(path)
        if any(reaches(module, name, target) for target in above)
    ]
    assert wrong == []


@pytest.mark.parametrize("folder", RULES)
def test_rules_know_no_terminal(folder: str) -> None:
    printing = [*TERMINAL, *(each.removesuffix(".py").replace("/", ".") for each in FOR_TERMINALS)]
    wrong = [
        f"{path.relative_to(TREE)} imports {module}.{name}"
        for path in modules(folder)
        if str(path.relative_to(TREE)) not in FOR_TERMINALS
        for module, name in imports_of(path)
        if any(reaches(module, name, target) for target in printing)
    ]
    assert wrong == []


def test_every_room_of_the_api_has_its_place() -> None:
    found = {path.parent.name for path in modules("ledger/api")} - {"api"}
    assert found == set(API_ROOMS)


def test_an_archive_is_verified_by_few_files() -> None:
    """Whoever wants to be sure of an archive reads these: no fold, no log, no event type is among them."""
    found = needed_by(VERIFIER)
    assert [each for each in found if not any(reaches(each, "", folder) for folder in READ_BY_WHO_VERIFIES)] == []
    assert len(found) <= FILES_OF_VERIFIER_MAX


def needed_by(module: str) -> list[str]:
    """A module of ours and all that it imports of ours, without the files of packages that only say what they are."""
    found, ahead = dict[str, None](), [module]
    while ahead:
        path = TREE / f"{(each := ahead.pop()).replace('.', '/')}.py"
        if each not in found and path.exists():
            found[each] = None
            ahead += [target for taken, name in imports_of(path) for target in (taken, f"{taken}.{name}")]
    return sorted(found)


def test_a_class_has_its_name_alone() -> None:
    places: defaultdict[str, list[str]] = defaultdict(list)
    for path in (path for package in SHIPPED for path in modules(package)):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(str(path.relative_to(TREE)))
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


@pytest.mark.parametrize("package", PACKAGES)
def test_nothing_private_is_imported(package: str) -> None:
    wrong = [
        f"{path.relative_to(TREE)} imports {module}.{name}"
        for path in modules(package)
        for module, name in imports_of(path)
        if private(module, name)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("source", "target", "found"),
    [
        ("import ledger.log.sqlite", "ledger.log", True),
        ("from ledger import log", "ledger.log", True),
        ("from ledger.log.port import Message", "ledger.log", True),
        ("from ..log import port", "ledger.log", True),
        ("from ledger import logbook", "ledger.log", False),
        ("def f():\n    from ledger.client import Ledger", "ledger.client", True),
        ("import logging", "ledger.log", False),
    ],
)
def test_the_check_sees_every_form_of_import(source: str, target: str, found: bool) -> None:
    assert any(reaches(module, name, target) for module, name in imports(source, "ledger.book")) == found


def test_the_check_sees_private_names() -> None:
    taken = list(imports("from schemas.values import _TIME\nfrom ledger.book import _x\nimport json._y", "tests"))
    assert [private(*each) for each in taken] == [True, True, False]
    assert not private("schemas", "__version__")


@pytest.mark.parametrize("package", SHIPPED)
def test_every_module_says_what_it_is_for(package: str) -> None:
    sources = {path: path.read_text(encoding="utf-8") for path in modules(package)}
    silent = [str(path.relative_to(TREE)) for path, text in sources.items() if text and not says(text)]
    assert silent == []


def says(source: str) -> bool:
    return bool(ast.get_docstring(ast.parse(source)))


LOCK_FILES = sorted(
    path
    for path in TREE.rglob("*.lock")
    if not any(step.startswith(".") or step == "node_modules" for step in path.relative_to(TREE).parts)
)
ADDRESS = re.compile(r"https?:|file:|--index-url|--extra-index-url|--find-links|--trusted-host|^-[if] ", re.MULTILINE)

HEADING = "# The following packages are considered to be unsafe in a requirements file:\n"
"""What pip-compile writes above pip and setuptools."""


def test_lock_files_name_no_place_to_fetch_from() -> None:
    assert LOCK_FILES
    for path in LOCK_FILES:
        found = ADDRESS.search(path.read_text(encoding="utf-8").replace(HEADING, ""))
        assert not found, f"{path.relative_to(TREE)} says {found}"


def test_lock_files_pin_by_hash() -> None:
    for path in LOCK_FILES:
        pins = re.findall(r"^\S+==\S+ \\\n +--hash=sha256:[0-9a-f]{64}", path.read_text(encoding="utf-8"), re.MULTILINE)
        lines = re.findall(r"^[A-Za-z0-9].*$", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert len(pins) == len(lines) > 0
