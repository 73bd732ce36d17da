"""How a table is written, where looking at it cannot tell."""

import codecs
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from ledger.mapping.conditions import Patterns
from ledger.words.moments import Order

_SAMPLE = "a,b\n"


def errors_of(encoding: str) -> str:
    """How what is wrong in a text is kept, so that the same bytes come of it: as lone surrogates."""
    return "surrogatepass" if encoding.startswith(("utf-16", "utf-32")) else "surrogateescape"


class Dialect(BaseModel):
    """The `[table]` of a mapping. All of it can be left out.

    `encoding` is that of a text that is not UTF-8, which is looked at first, and has no byte order mark: `cp1252`,
    `utf-16-le`, `iso-8859-6` ...
    `delimiter` parts the columns; found where one of , ; tab and | makes the header that the mapping needs.
    `header` is the line of the header, from 1; found among the first twenty.
    `skip` leaves out rows by the text of a column: `{ id = ["Total*", ""] }`; `*` is any text, case does not matter.
    `fill` names columns whose empty cells take the text above them, as merged cells leave them.
    `optional` names columns that a table may be without: their cells are then empty.
    `empty` says what an empty cell of a column stands for: `{ deal = "NORTH-SOUTH-2017" }`.
    `sheet` is the sheet of a workbook that has several.
    `dates` is the order of days in figures that could be two: `dmy`, `mdy` or `ymd`.
    `offset` is the offset from UTC of times that name none, as cells of workbooks never do: `+03:00`.
    `thousands` is the mark between thousands, `,` or `.`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    encoding: str | None = None
    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] | None = None
    header: Annotated[int, Field(ge=1)] | None = None
    skip: Patterns = {}
    fill: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    empty: dict[str, str] = {}
    sheet: str | None = None
    dates: Order | None = None
    offset: Annotated[str, StringConstraints(pattern=r"^[+-]\d\d:\d\d$")] | None = None
    thousands: Literal[",", "."] = ","

    @field_validator("encoding")
    @classmethod
    def _is_known(cls, name: str | None) -> str | None:
        if name is not None:
            try:
                said = _SAMPLE.encode(name)
                codecs.getincrementaldecoder(name)(errors_of(codecs.lookup(name).name)).decode(said, True)
                return codecs.lookup(name).name
            except (LookupError, UnicodeError) as error:  # `idna` and `punycode` are encodings of single names
                raise ValueError(f"{name!r} is no encoding of text; write one such as cp1252 or utf-16-le") from error
        return None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it names."""
        return (*self.skip, *self.fill)
