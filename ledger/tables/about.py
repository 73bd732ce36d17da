"""What stands beside every table that is taken away: what it is, up to where it is read, and on which terms."""

from typing import NamedTuple

METHOD = (
    "Every row of claims is what a source said of a group of people. Claims about one occurrence are never added: one "
    "is adopted by a fixed rule (the column `why` names it), and the range spans all that stand. A figure is the sum "
    "of the rows that count: `counted_best` over the rows of a `figure` where `counts` is true, and it has no best as "
    "soon as one row has none."
)
CAVEATS = (
    'An empty cell is not recorded, and never 0. A hedge ("about 900") is kept in the columns that end in `_hedged`. '
    "Sum only rows where `counts` is true. A person who was released, retaken and released again is in two rows. "
    "Ratios of rounds that are incomplete divide a whole by a part. Groups are counted; nobody is named."
)
RULES = "docs/data.md, docs/counting.md and docs/uncertainty.md of the software have every rule, with examples."


class AboutData(NamedTuple):
    """Whose data it is: `name` is an exchange or a process; None the whole ledger. `cut`: each clock as asked for."""

    name: str | None
    position: str
    cut: dict[str, str]
    licence: str
    software: str

    @property
    def title(self) -> str:
        """What it is, in a line."""
        return f"Exchange ledger: {self.name or 'all exchanges'}"

    @property
    def told(self) -> dict[str, object]:
        """All of it, as JSON has it."""
        return {
            "title": self.title,
            "position": self.position,
            "cut": self.cut,
            "licence": self.licence,
            "method": METHOD,
            "caveats": CAVEATS,
            "rules": RULES,
            "software": self.software,
        }
