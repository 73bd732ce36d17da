"""Conditions on the texts of a row: columns, each with the patterns of which its text has one."""

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Annotated, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict

from ledger.mapping.toml import toml_key, toml_text
from ledger.words.numbers import plain


def _listed(given: object) -> object:
    if not isinstance(given, dict):
        return given
    return {column: (told,) if isinstance(told, str) else told for column, told in given.items()}


Patterns: TypeAlias = Annotated[dict[str, tuple[str, ...]], BeforeValidator(_listed)]
"""`{ id = "Total*", kind = ["", "n/a"] }`: `*` is any text, `?*` any that is not empty; case does not matter."""


class Condition(BaseModel):
    """Whether a row is meant: every column of `when` fits, and none of `unless`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    when: Patterns = {}
    unless: Patterns = {}

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it names."""
        return (*self.when, *self.unless)

    def holds(self, cells: Mapping[str, str]) -> bool:
        return all(_fits(cells, *each) for each in self.when.items()) and not fits_any(cells, self.unless)


TOTAL = re.compile(r"((grand |sub-?|sub )?totals?( general)?|totale|sum|suma|summe|somme|gesamt|insgesamt):?")
"""What a row is called that sums up others, in the languages of many desks."""


def is_total(text: str) -> bool:
    return TOTAL.fullmatch(plain(text)) is not None


def skipping(column: str, text: str) -> str:
    """How rows are left out that have a text in a column."""
    return f"skip = {{ {toml_key(column)} = {toml_text(text)} }} under [table] of the mapping"


def fits_any(cells: Mapping[str, str], patterns: Patterns) -> bool:
    """Whether some column has one of its patterns."""
    return any(_fits(cells, *each) for each in patterns.items())


def _fits(cells: Mapping[str, str], column: str, patterns: tuple[str, ...]) -> bool:
    text = plain(cells.get(column, ""))
    return any(fnmatchcase(text, plain(pattern)) for pattern in patterns)
