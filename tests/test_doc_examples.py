"""Every `example` in the documentation comes out as it says.

Each line is an event, by its type, its count and further options of `ledger record`, or `=`, a figure (with a cut) and
what a reader is shown of it. A first word with a colon names an event for the lines after it.
"""

import re
import shlex
from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ledger import Books, Cut, Ledger
from ledger.book.number_text import estimate, ratio
from schemas.views import Estimate, Ratio
from tests.cli.run import inside
from tests.test_docs import PAGES, blocks, name

EXCHANGE = "NORTH-SOUTH"
DEFAULTS = {"exchange": EXCHANGE, "occurred": "2024-03-01", "publisher": "The Post", "kind": "newspaper"}
_EVENT = re.compile(r"(?:(\w+): +)?(\w+) {2,}(.+?)(?: {2,}(.+))?")
_FIGURE = re.compile(r"= (\S+)(?: (--.+?))? {2,}(.+)")


class Example(NamedTuple):
    page: str
    text: str


def examples() -> Iterator[Example]:
    for page in PAGES:
        for text in blocks(page, "example"):
            yield Example(name(page), text)


EXAMPLES = [*examples()]


def test_each_page_of_rules_has_examples() -> None:
    assert {each.page for each in EXAMPLES} >= {
        f"docs/{page}.md" for page in ("counting", "uncertainty", "corrections", "reading")
    }


@pytest.mark.parametrize(
    "text", [pytest.param(each.text, id=f"{each.page}-{number}") for number, each in enumerate(EXAMPLES)]
)
def test_an_example_comes_out_as_it_says(text: str, tmp_path: Path) -> None:
    expected, found = played(text, tmp_path)
    assert found == expected
    assert expected


def test_an_example_that_is_wrong_would_be_found(tmp_path: Path) -> None:
    expected, found = played("captives_released  12\n= captives.released  13", tmp_path)
    assert found != expected


def played(text: str, here: Path) -> tuple[list[str], list[str]]:
    """What each figure of an example is said to be, and what it is."""
    names: dict[str, str] = {}
    for line in text.splitlines():
        if event := _EVENT.fullmatch(line):
            label, type, people, options = event.groups()
            ran = inside(here, "record", type, *_options(people, options or "", names))
            assert ran.code == 0, f"{line}\n{ran.err}"
            names[label or ""] = ran.out.strip()
    asked = [match.groups() for line in text.splitlines() if (match := _FIGURE.fullmatch(line))]
    assert len(asked) == sum(line.startswith("=") for line in text.splitlines())
    with Ledger.open(f"sqlite:///{here}/ledger.db") as ledger:
        return [said for *_, said in asked], [_shown(ledger, figure, cut or "") for figure, cut, _ in asked]


def _options(people: str, options: str, names: dict[str, str]) -> list[str]:
    words = [
        re.sub(r"^(claim=)?(\w+)$", lambda word: (word[1] or "") + names.get(word[2], word[2]), each)
        for each in shlex.split(options)
    ]
    given = {each.removeprefix("--") for each in words}
    defaults = [word for option, said in DEFAULTS.items() if option not in given for word in (f"--{option}", said)]
    return [*defaults, *([] if people == "-" else ["--count", people]), *words]


def _shown(ledger: Ledger, figure: str, cut: str) -> str:
    words = shlex.split(cut)
    bounds = {
        option.removeprefix("--").replace("-", "_"): said for option, said in zip(words[::2], words[1::2], strict=True)
    }
    books = ledger.read(Cut.parse(**bounds))
    return _as_text(_found(books, figure)) if EXCHANGE in books.by_exchange else _as_text(None)


def _found(books: Books, figure: str) -> Any:
    """A member of the tally or (`rounds.2.`) of a round; of a list, the one whose first member is named."""
    first, *steps = figure.split(".")
    node: Any = books.tally(EXCHANGE)
    if first == "rounds":
        node = books.round(EXCHANGE, int(steps.pop(0)))
    elif first == "doubles":
        return len(books.likely_doubles(EXCHANGE))
    elif first == "stated":
        node = {each.figure: each for each in books.stated_totals(EXCHANGE)}
        return attrgetter(steps[-1])(node[".".join(steps[:-1])])
    else:
        steps = [first, *steps]
    for step in steps:
        if isinstance(node, list):
            node = next((each for each in node if next(iter(dict(each).values())) == step), None)
        else:
            node = node.get(step) if isinstance(node, dict) else getattr(node, step)
    return node


def _as_text(value: Any) -> str:
    match value:
        case None:
            return "not recorded"
        case Estimate():
            return estimate(value)
        case Ratio():
            return ratio(value)
        case list():
            return ", ".join(map(str, value)) or "none"
    return str(value)
