"""What a table becomes by a mapping: its events as lines to be published, and what is wrong beside each cell.

Nothing is written. Whoever sent the table publishes the lines, which are those that `ledger publish --mapping` makes.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from typing import Annotated

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request

from ledger.api.access.allowances import client_in
from ledger.api.events.sent import Sending
from ledger.api.http.answers import Answer
from ledger.api.http.problems import HttpProblem
from ledger.api.state.fair_turns import FairTurns
from ledger.errors import UsageError
from ledger.mapping.bounds import TableBounds, TableTooLarge, bounded_rows
from ledger.mapping.dialect import Dialect
from ledger.mapping.document import TableMapping
from ledger.mapping.draft import TODO, drafted
from ledger.mapping.events import Mapped, mapped_events
from ledger.mapping.records import JSON_LINES, TABLES, Row
from ledger.settings import Settings
from schemas.codec import encode
from schemas.errors import InvalidEvent, Problem, problem_in

MEDIA_TYPES = ("application/json",)
COLUMNS_MAX = 500
CELLS_PER_ROW = 20
"""Cells that a row may have where a table has as many rows as are taken."""
UNPACKED_TIMES = 8
"""How many times the bytes of a request a workbook may be when it is unpacked."""


class TableSent(BaseModel):
    """A table, and what its columns mean; without a `mapping` a first one is made from its header and its cells.

    `name` is that of its file, whose ending says what it is; `content` its bytes in Base64. `sheet`, `encoding` and
    `header`, the line of it, are for a first mapping; later the mapping says them. A mapping may extend what ships with
    the ledger (`claims`), and reads no other file.
    """

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=200)]
    content: Base64Bytes
    mapping: str | None = None
    sheet: str | None = None
    encoding: str | None = None
    header: int | None = None


class CellProblem(BaseModel):
    """What is wrong with a cell; with the whole row where `column` is null."""

    column: str | None
    reason: str


class TableRow(BaseModel):
    """A row by its number in the file, its texts by column (null where it has none), and what is wrong with it."""

    row: int
    cells: dict[str, str] | None
    problems: list[CellProblem]


class MappedLine(BaseModel):
    """An event as a line to publish. `place` is its row, or what the mapping declares by itself (`is_declared`)."""

    place: str
    is_declared: bool
    line: str


class MappedTable(BaseModel):
    """What a table becomes. `mapping` is what was sent, or the first one, of which so many things are `unfinished`.

    `problems` are those of what the mapping declares by itself.
    """

    mapping: str
    unfinished: int
    columns: list[str]
    rows: list[TableRow]
    lines: list[MappedLine]
    problems: list[CellProblem]
    notices: list[str]


class MappedTables:
    """Makes events of tables, one table at a time, in turns of their own."""

    def __init__(self, settings: Settings) -> None:
        lines = settings.serve_lines
        self._bounds = TableBounds(lines, COLUMNS_MAX, lines * CELLS_PER_ROW, settings.serve_body * UNPACKED_TIMES)
        self._sending = Sending(settings, "mapped")
        self._turns = FairTurns(1, settings.serve_publishing, settings.serve_publishing_each)

    async def read(self, request: Request) -> Answer:
        """Say what the table of a request becomes. Raises HttpProblem for one that cannot be read."""
        async with (
            self._sending.body(request, MEDIA_TYPES, "a table and its mapping, as an object") as body,
            self._turns.turn(client_in(request), len(body)),
        ):
            if await request.is_disconnected():
                raise HttpProblem("invalid-request", "the client went away before its turn came")
            return Answer(await asyncio.to_thread(self._read, body), headers=[(b"cache-control", b"no-store")])

    def _read(self, body: bytes) -> bytes:
        try:
            sent = TableSent.model_validate_json(body)
            return mapped_table(sent, self._bounds).model_dump_json().encode()
        except ValidationError as error:
            problems = map(problem_in, error.errors(include_url=False))
            raise HttpProblem("invalid-request", "; ".join(map(str, problems))) from error
        except TableTooLarge as error:
            raise HttpProblem("too-large", str(error)) from error


def mapped_table(sent: TableSent, bounds: TableBounds) -> MappedTable:
    """What a table becomes by the mapping that came with it, or by a first one. Raises UsageError, TableTooLarge."""
    if not sent.name.lower().endswith((*TABLES, *JSON_LINES)):
        raise UsageError(f"{sent.name}: name it by what it is: {', '.join((*TABLES, *JSON_LINES))}")
    notices: dict[str, None] = {}
    text = sent.mapping if sent.mapping is not None else _first(sent, bounds, notices)
    mapping = TableMapping.alone(text)
    rows = bounded_rows(sent.name, sent.content, mapping.table, mapping.needed, lambda _: None, bounds)
    columns = list(dict.fromkeys(column for row in rows if isinstance(row.cells, Mapping) for column in row.cells))
    lines, wrong = _mapped(sent, mapping, notices)
    return MappedTable(
        mapping=text,
        unfinished=_unfinished(text),
        columns=columns,
        rows=[_row(row, wrong.pop(str(row.number), []), columns) for row in rows],
        lines=lines,
        problems=[
            CellProblem(column=None, reason=f"{place}: {each}") for place, several in wrong.items() for each in several
        ],
        notices=list(notices),
    )


def _first(sent: TableSent, bounds: TableBounds, notices: dict[str, None]) -> str:
    """The text of a first mapping; what a person is told of it is told here in other ways."""
    try:
        dialect = Dialect(encoding=sent.encoding or None, sheet=sent.sheet or None, header=sent.header)
    except ValidationError as error:
        raise UsageError("; ".join(str(problem_in(each)) for each in error.errors(include_url=False))) from error
    bounded_rows(sent.name, sent.content, dialect, {}, lambda _: None, bounds)
    return drafted(sent.name, BytesIO(sent.content), dialect, lambda told: notices.update({told: None}))


def _unfinished(text: str) -> int:
    return sum(f"# {TODO}" in line for line in text.splitlines())


def _mapped(
    sent: TableSent, mapping: TableMapping, notices: dict[str, None]
) -> tuple[list[MappedLine], dict[str, list[Problem]]]:
    """The events of a table as lines, and what is wrong, by place."""
    lines: list[MappedLine] = []
    wrong: dict[str, list[Problem]] = {}
    places: dict[str, str] = {}
    found: Iterable[Mapped] = mapped_events(
        sent.name, BytesIO(sent.content), mapping, lambda told: notices.update({told: None})
    )
    for place, raw, event in found:
        if isinstance(event, InvalidEvent):
            wrong.setdefault(place, []).extend(event.problems)
        elif event.id in places:
            reason = f"has the key of row {places[event.id]}; choose a key that tells rows apart"
            wrong.setdefault(place, []).append(Problem(", ".join(mapping.key), reason))
        else:
            places[event.id] = place
            lines.append(MappedLine(place=place, is_declared=not raw, line=encode(event).decode()))
    return lines, wrong


def _row(row: Row, problems: Sequence[Problem], columns: Sequence[str]) -> TableRow:
    cells = None if isinstance(row.cells, InvalidEvent) else dict(row.cells)
    return TableRow(row=row.number, cells=cells, problems=[_beside(each, columns) for each in problems])


def _beside(problem: Problem, columns: Sequence[str]) -> CellProblem:
    is_cell = problem.field in columns
    return CellProblem(column=problem.field if is_cell else None, reason=problem.reason if is_cell else str(problem))
