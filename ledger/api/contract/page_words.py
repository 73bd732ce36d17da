"""The words of figures as the page reads them: a module written from `ledger/book/figure_names.py`."""

import json
from collections.abc import Mapping
from pathlib import Path

from ledger.book.figure_names import BOTH, FIGURES, LEGS, NAMES, RATIOS
from ledger.book.figures import ALIASES

FILE = Path("ledger/api/page/figures.js")
_HEAD = "// The words of figures, `#` for the people of a side; by `make contracts` from ledger/book/figure_names.py."


def module() -> str:
    """The text of that module."""
    tables: Mapping[str, object] = {
        "FIGURES": {name: row.words for name, row in FIGURES.items()} | {BOTH: NAMES[BOTH]},
        "ROWS": {name: row.row.strip() for name, row in FIGURES.items() if row.row is not None},
        "RATIOS": {name: {"by": row.by, "head": row.head} for name, row in RATIOS.items()},
        "LEGS": {leg: row.people for leg, row in LEGS.items()},
        "OLDER": ALIASES,
    }
    written = (f"export const {name} = {json.dumps(table, indent=2)};\n" for name, table in tables.items())
    return "\n".join((f"{_HEAD}\n", *written)).replace("'", "\u2019")
