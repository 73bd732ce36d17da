"""The lines of the tables in `docs/words.md`."""

import re
from pathlib import Path
from typing import NamedTuple

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
