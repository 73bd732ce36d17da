"""The file of one figure with its proof: what is in it, and what of it the keeper signs."""

from typing import Annotated, Literal, NamedTuple

import orjson
from pydantic import Field, StringConstraints

from ledger.proof.note import Note
from schemas.record import Position, Record, from_microseconds
from schemas.values import Value
from schemas.views import Estimate

SUFFIX = ".proof"
FORMAT: Literal["exchange-ledger/figure/v1"] = "exchange-ledger/figure/v1"
_Hash = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]{43}=$")]
_Whole = Annotated[int, Field(ge=0, le=2**53)]


class Bounds(Value):
    """The cut at which a figure is given, in the words of the commands that read."""

    occurred_by: str | None = None
    published_by: str | None = None
    recorded_by: str | None = None
    through: str | None = None


class Proved(Value):
    """A record with the proof that it is leaf number `index` of its partition's tree at the checkpoint.

    `recorded_us`: microseconds since 1970, UTC. `payload`: the record's bytes, which are UTF-8. `entered_by`: who
    entered it, where the log says so; else it is left out.
    """

    position: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,9}:[0-9]{1,15}$")]
    index: _Whole
    recorded_us: _Whole
    payload: str
    entered_by: Annotated[str | None, Field(exclude_if=lambda said: said is None)] = None
    proof: list[_Hash]

    def record(self) -> Record:
        return Record(
            Position.parse(self.position), from_microseconds(self.recorded_us), self.payload.encode(), self.entered_by
        )


class ProvedFigure(Value):
    """A figure, what it rests on, and where that stands. `time`: when it was proved. `ledger`: the keeper's name."""

    format: Literal["exchange-ledger/figure/v1"] = FORMAT
    ledger: str
    exchange: str
    figure: str
    cut: Bounds
    value: Estimate
    time: str
    records: list[Proved]
    checkpoints: list[str]

    @property
    def text(self) -> str:
        """What the keeper signs: JSON with sorted keys on one line."""
        return orjson.dumps(self.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS).decode() + "\n"


class SignedFigure(NamedTuple):
    """A figure and the keeper's signature line."""

    figure: ProvedFigure
    note: Note

    def __str__(self) -> str:
        """A JSON file."""
        [signature] = self.note.signatures
        members = self.figure.model_dump(mode="json") | {"signature": str(signature)}
        return orjson.dumps(members, option=orjson.OPT_INDENT_2).decode() + "\n"


class FigureFile(ProvedFigure):
    """A figure as it stands in a file. `signature`: the keeper's line of a C2SP signed note over all other members."""

    signature: str
