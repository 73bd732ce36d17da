"""The file's shape: claim rows, the sources they name, and what can be wrong with them."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from schemas.errors import InvalidEvent
from schemas.values import Occurrence
from schemas.vocabulary import Precision, Qualifier

Status = Literal[
    "done",
    "resolved",
    "delayed",
    "no_breakthrough",
    "claimed",
    "planned",
    "confirmed",
    "failed",
    "disputed",
    "superseded",
    "updated",
]


class ClaimRow(BaseModel):
    """One row: one source's claim about one occurrence. Empty text stands for "not said"."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    row_id: Annotated[str, Field(min_length=1)]
    event_key: Occurrence
    deal_id: str = ""
    round_no: int | None = None
    date: str
    date_prec: Precision = "day"
    local_time: str = ""
    event_type: Annotated[str, Field(min_length=1)]
    actor: str = ""
    beneficiary: str = ""
    facilitator: str = ""
    nationality: str = ""
    category: str = ""
    vital: str = ""
    count: int | None = None
    count_low: int | None = None
    count_high: int | None = None
    qualifier: Qualifier = "exact"
    unit: str = ""
    ratio_scope: str = ""
    basis: str = ""
    status: Status = "done"
    level: Literal["leg", "breakdown", "cumulative", "context"]
    role: Literal["primary", "alternate", "corroborating"]
    as_stated: str = ""
    source_id: Annotated[str, Field(min_length=1)]
    pub_date: str = ""
    confidence: str = ""
    note: str = ""


class SourceRow(BaseModel):
    """One source. The last five columns may be missing: they say who stands behind its figures."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    source_id: Annotated[str, Field(min_length=1)]
    publisher: Annotated[str, Field(min_length=1)]
    pub_date: str = ""
    kind: str = ""
    url: str = ""
    source_kind: str = ""
    speaker: str = ""
    speaks_for: str = ""
    anonymity: str = ""
    origin: str = ""


class RowProblem(NamedTuple):
    """What is wrong with one field of one row."""

    row: str
    field: str
    reason: str

    def __str__(self) -> str:
        return f"row {self.row}: {self.field}: {self.reason}" if self.field else f"row {self.row}: {self.reason}"


class RowError(Exception):
    """A row cannot become an event: every problem found in it."""

    def __init__(self, *problems: RowProblem) -> None:
        self.problems = problems
        super().__init__("; ".join(map(str, problems)))

    @classmethod
    def of(cls, row: str, error: InvalidEvent) -> "RowError":
        """The problems of the event that a row became, as problems of the row."""
        return cls(*(RowProblem(row, problem.field, problem.reason) for problem in error.problems))


def read_claims(path: Path) -> Iterator[dict[str, Any]]:
    """The raw rows of a file with one JSON object a line. A line that is none comes as its place and why."""
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                members = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                yield {"line": number, "unreadable": f"is not JSON: {error}"}
                continue
            yield (members if isinstance(members, dict) else {"line": number, "unreadable": "is not a JSON object"})


def read_sources(path: Path) -> dict[str, SourceRow]:
    """The table of sources by their id. Raises RowError."""
    with path.open(encoding="utf-8-sig", newline="") as text:
        rows = [_source(f"{path.name}:{number}", raw) for number, raw in enumerate(csv.DictReader(text), 2)]
    return {row.source_id: row for row in rows}


def parse(raw: Mapping[str, Any], number: int) -> ClaimRow:
    """A raw row with its types checked. Raises RowError; a row without an id is named by its place."""
    name = str(raw.get("row_id") or f"number {number}")
    if "unreadable" in raw:
        raise RowError(RowProblem(f"on line {raw['line']}", "", raw["unreadable"]))
    try:
        return ClaimRow.model_validate({key: value for key, value in raw.items() if value is not None})
    except ValidationError as error:
        raise RowError(*_problems(name, error)) from error


def _source(name: str, raw: Mapping[str | Any, str | Any]) -> SourceRow:
    try:
        return SourceRow.model_validate({key: value for key, value in raw.items() if key and value is not None})
    except ValidationError as error:
        raise RowError(*_problems(name, error)) from error


def _problems(row: str, error: ValidationError) -> Iterable[RowProblem]:
    for detail in error.errors(include_url=False):
        yield RowProblem(row, ".".join(map(str, detail["loc"])), detail["msg"])
