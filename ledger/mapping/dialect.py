"""How a table is written, where looking at it cannot tell."""

import codecs
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from ledger.words.moments import Order
from ledger.words.numbers import plain


class Dialect(BaseModel):
    """The `[table]` of a mapping. All of it can be left out.

    `encoding` is that of a text that is not UTF-8 and has no byte order mark: `cp1252`, `utf-16-le`, `iso-8859-6` ...
    `delimiter` parts the columns; found where one of , ; tab and | makes the header that the mapping needs.
    `header` is the line of the header, from 1; found among the first twenty.
    `skip` leaves out rows by the text of a column: `{ id = ["Total*", ""] }`; `*` is any text, case does not matter.
    `fill` names columns whose empty cells take the text above them, as merged cells leave them.
    `sheet` is the sheet of a workbook that has several.
    `dates` is the order of days in figures that could be two: `dmy`, `mdy` or `ymd`.
    `thousands` is the mark between thousands, `,` or `.`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    encoding: str | None = None
    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] | None = None
    header: Annotated[int, Field(ge=1)] | None = None
    skip: dict[str, tuple[str, ...]] = {}
    fill: tuple[str, ...] = ()
    sheet: str | None = None
    dates: Order | None = None
    thousands: Literal[",", "."] = ","

    @field_validator("encoding")
    @classmethod
    def _is_known(cls, name: str | None) -> str | None:
        if name is not None:
            try:
                "".encode(name)
                return codecs.lookup(name).name
            except LookupError as error:
                raise ValueError(f"{name!r} is no encoding of text; write one such as cp1252 or utf-16-le") from error
        return None

    @field_validator("skip", mode="before")
    @classmethod
    def _one_or_several(cls, given: object) -> object:
        if not isinstance(given, dict):
            return given
        return {column: (told,) if isinstance(told, str) else told for column, told in given.items()}

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it names."""
        return (*self.skip, *self.fill)

    def skips(self, cells: Mapping[str, str]) -> bool:
        """Whether a row is left out."""
        return any(
            fnmatchcase(plain(cells.get(column, "")), plain(pattern))
            for column, patterns in self.skip.items()
            for pattern in patterns
        )
