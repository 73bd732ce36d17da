"""The lines of the tables in `docs/words.md`."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

import pytest

T = TypeVar("T")

WORDS = Path(__file__).parents[2] / "docs/words.md"


class Line(NamedTuple):
    """What is written, what the document says of it, and whether that is why it is refused."""

    written: str
    says: str
    is_refused: bool


def lines(section: str) -> list[Line]:
    """Every line of a section's tables."""
    text = WORDS.read_text("utf-8").partition(f"## {section}\n")[2].partition("\n## ")[0]
    found: list[Line] = []
    is_refused = False
    for line in text.splitlines():
        if line.startswith("### "):
            is_refused = line == "### Refused"
        elif cells := re.fullmatch(r"\| `(.+)` \| (.+) \|", line):
            found.append(Line(cells[1], cells[2], is_refused))
    return found


def check(line: Line, read: Callable[[str], T], said: Callable[[T], str]) -> None:
    """That what is written is read as the document says, or refused for the reason that it gives."""
    if line.is_refused:
        with pytest.raises(ValueError, match=re.escape(line.says)):
            read(line.written)
    else:
        assert said(read(line.written)) == line.says
