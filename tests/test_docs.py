"""The documentation tells the truth: its Python runs, its commands exist, and every command is documented."""

import os
import re
import runpy
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from ledger.book.transfers import MOVING, SIDES
from schemas.topics import PARTITIONS, ROUNDS, TALLIES
from schemas.view_kinds import VIEW_KINDS, ViewKind
from tests.command_lines import PROGRAMS, fault, leaves

TREE = Path(__file__).parents[1]
PAGES = [TREE / "README.md", *sorted((TREE / "docs").rglob("*.md"))]
_FENCE = re.compile(r"^```([\w-]+)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)


def name(page: Path) -> str:
    return str(page.relative_to(TREE))


def blocks(page: Path, language: str) -> list[str]:
    return [text for found, text in _FENCE.findall(page.read_text("utf-8")) if found == language]


def commands(page: Path) -> Iterator[list[str]]:
    """The words of each `ledger` or `replay` command that the page tells a reader to type."""
    for block in [*blocks(page, "sh"), *blocks(page, "console")]:
        for line in block.replace("\\\n", " ").splitlines():
            for command in re.split(r"[|;]|&&", _uncommented(line.removeprefix("$ "))):
                words = shlex.split(re.sub(r"\s[<>]+\s*\S+", " ", command))
                while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
                    words = words[1:]
                if words and Path(words[0]).name in PROGRAMS:
                    yield [Path(words[0]).name, *words[1:]]


def _uncommented(line: str) -> str:
    return line if line.startswith("#") is False and " #" not in line else line.partition("#")[0]


# -- types -------------------------------------------------------------------------------------------


def test_counting_says_of_every_type_what_it_counts() -> None:
    text = (TREE / "docs/counting.md").read_text("utf-8")
    named = {type: [f"`{type}`"] for type in MOVING}
    for side in SIDES:
        for type in (type for type in MOVING if type.startswith(side)):
            named[type].append(f"`*_{type.removeprefix(f'{side}_')}`")
    assert [type for type, names in named.items() if not any(name in text for name in names)] == []


# -- Python --------------------------------------------------------------------------------------------


def test_the_readme_shows_python() -> None:
    assert blocks(TREE / "README.md", "python")


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")], ids=name)
def test_the_python_of_a_page_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All blocks of a page, in order, as one program of a reader who has a copy of the examples at hand."""
    shutil.copytree(TREE / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEDGER_LOG", "sqlite:///ledger.db")
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for number, block in enumerate(blocks(page, "python"), 1):
        script = tmp_path / f"block_{number}.py"
        script.write_text(block)
        namespace = runpy.run_path(str(script), namespace, "__main__")


# -- commands ------------------------------------------------------------------------------------------


def test_the_readme_shows_commands() -> None:
    assert {command for command, *_ in commands(TREE / "README.md")} == set(PROGRAMS)


@pytest.mark.parametrize("page", [page for page in PAGES if [*commands(page)]], ids=name)
def test_the_commands_of_a_page_exist_with_their_options(page: Path) -> None:
    wrong = [f"{shlex.join(words)}: {why}" for words in commands(page) if (why := fault(words))]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "words",
    [
        "ledger nonsense",
        "ledger tallies --nonsense",
        "ledger watch figures",
        "ledger explain",
        "replay rebuild --log",
        "ledger topics nonsense",
        "ledger rejected show",
    ],
)
def test_a_wrong_command_would_be_found(words: str) -> None:
    assert fault(words.split())


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_command_is_documented(name: str) -> None:
    text = "\n".join(page.read_text("utf-8") for page in PAGES)
    missing = [each for each in leaves(name) if not re.search(rf"\b{name} {re.escape(each)}\b", text)]
    assert not missing, f"in no page: {name} {', '.join(missing)}"


def test_the_links_of_a_page_lead_somewhere() -> None:
    broken = [
        f"{name(page)}: {target}"
        for page in PAGES
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text("utf-8"))
        if "://" not in target and not os.path.exists(page.parent / target)
    ]
    assert not broken, "\n".join(broken)


# -- views ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", VIEW_KINDS.values(), ids=VIEW_KINDS)
def test_every_view_is_among_the_paths_of_the_page_on_http(kind: ViewKind) -> None:
    told = (TREE / "docs/http.md").read_text("utf-8")
    assert f"`...{kind.address}`" in told or (kind.name == "tally" and "| `/v1/exchanges/{exchange}` |" in told)


# -- what is put beside Kafka --------------------------------------------------------------------------

OPERATIONS = TREE / "docs/kafka-operations.md"
CONNECTORS: list[dict[str, str]] = [orjson.loads(block) for block in blocks(OPERATIONS, "json")]


@pytest.mark.parametrize("connector", CONNECTORS, ids=[each["name"] for each in CONNECTORS])
def test_a_connector_takes_keys_as_text_and_reads_views_that_are_committed(connector: dict[str, str]) -> None:
    assert connector["key.converter"] == "org.apache.kafka.connect.storage.StringConverter"
    if "topics" in connector:
        assert connector["topics"] == f"{TALLIES.name()},{ROUNDS.name()}"
        assert connector["consumer.override.isolation.level"] == "read_committed"


def test_the_alerts_are_rules_that_count_the_partitions_there_are() -> None:
    [text] = blocks(OPERATIONS, "yaml")
    [group] = yaml.safe_load(text)["groups"]
    expressions = {rule["alert"]: rule["expr"] for rule in group["rules"]}
    assert expressions["LedgerPartitionsWithoutViews"].endswith(f" < {PARTITIONS}")
