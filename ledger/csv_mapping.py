"""Rows of any CSV to typed events, by a mapping file: columns to fields, with constants and tables of values.

    dataset = "my-exchanges"        # with `key`, makes the ids: the same row is always the same event
    key = ["record"]                # the columns that name a row
    [fields]                        # field of the event = template over columns
    type = "{what:mapped}"
    exchange = "NORTH-SOUTH-2017"
    occurrence = "r{round}-{what}"
    occurred = "{when:moment}"
    "groups.0.count" = "{people:count}"
    [type.tally_stated]             # fields only for rows that become this type; "" takes a common one away
    figure = "captives.released"
    [values.what]                   # what `mapped` looks up
    freed = "captives_released"

A field is left out where a column that its template names is empty. A count given by `best`, `low` and `high` without a
`qualifier` is an estimate, or exact where the three are one.
"""

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import Annotated, Any, NamedTuple, TypeAlias

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ledger.admission import unknown_event
from ledger.errors import UsageError
from ledger.parse_text import count_members, moment_members, put, whole_number
from schemas.codec import UnknownEvent, decode
from schemas.errors import InvalidEvent, Problem
from schemas.events import EVENT_TYPES, AnyEvent
from schemas.ids import derive_id

Row: TypeAlias = Mapping[str, str]


class _Document(BaseModel):
    """The mapping file as it is written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset: Annotated[str, Field(min_length=1)]
    key: Annotated[tuple[str, ...], Field(min_length=1)]
    fields: dict[str, Any]
    type: dict[str, dict[str, Any]] = {}
    values: dict[str, dict[str, Any]] = {}


class Column(NamedTuple):
    """A column named in a template, and how its text is read."""

    name: str
    kind: str


class Template(NamedTuple):
    """Literal text and columns in turn, or a `constant` that is no text."""

    pieces: tuple[str | Column, ...]
    constant: Any = None

    @property
    def columns(self) -> list[Column]:
        return [piece for piece in self.pieces if isinstance(piece, Column)]


Templates: TypeAlias = Mapping[str, Template]


@dataclass(frozen=True, slots=True)
class CsvMapping:
    """A mapping file, read and checked."""

    dataset: str
    key: tuple[str, ...]
    fields: Templates
    by_type: Mapping[str, Templates]
    values: Mapping[str, Mapping[str, Any]]

    @classmethod
    def load(cls, path: Path) -> "CsvMapping":
        """The mapping in a TOML file. Raises UsageError, which names the file, the place and the reason."""
        try:
            return cls.of(tomllib.loads(path.read_text("utf-8")))
        except (OSError, ValueError, RecursionError) as error:  # ValueError is also what thousands of digits raise
            raise UsageError(f"{path}: cannot be read as TOML: {error}") from error
        except UsageError as error:
            raise UsageError(f"{path}: {error}") from error

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "CsvMapping":
        """The mapping in the members of a document. Raises UsageError."""
        try:
            read = _Document.model_validate(document)
        except ValidationError as error:
            details = error.errors(include_url=False)
            raise UsageError("; ".join(f"{'.'.join(map(str, d['loc']))}: {d['msg']}" for d in details)) from error
        for name in read.type:
            if name not in EVENT_TYPES:
                raise UsageError(f"type.{name}: is no event type; `ledger schema` lists them")
        if "type" not in read.fields:
            raise UsageError("fields.type: is missing; say what kind of event a row is")
        fields = _templates("fields", read.fields)
        by_type = {name: _templates(f"type.{name}", fields) for name, fields in read.type.items()}
        _check_paths("fields", fields)
        for name, own in by_type.items():
            _check_paths(f"type.{name}", {**fields, **own})
        return cls(read.dataset, read.key, fields, by_type, read.values)


def map_row(row: Row, mapping: CsvMapping) -> AnyEvent:
    """The event of one row. Raises InvalidEvent, whose problems name the column, else the field."""
    problems: list[Problem] = []
    kind = _value("type", mapping.fields["type"], row, mapping, problems)
    templates = {**mapping.fields, **mapping.by_type.get(str(kind), {})}
    event_id = _id(row, mapping, problems)
    values = {path: _value(path, template, row, mapping, problems) for path, template in templates.items()}
    if problems:
        raise InvalidEvent(*dict.fromkeys(problems))
    said = {path: value for path, value in values.items() if value is not None and value != ""}
    try:
        event = decode(orjson.dumps(_members(_estimated(said), {"version": 1, "id": event_id})))
    except InvalidEvent as error:
        raise InvalidEvent(*(_located(problem, templates) for problem in error.problems)) from error
    except (TypeError, ValueError) as error:  # of orjson, for a constant that JSON has no place for; and of `put`
        raise InvalidEvent(Problem("", f"cannot be put together: {error}")) from error
    if isinstance(event, UnknownEvent):
        raise InvalidEvent(unknown_event(event))
    return event


# -- templates ---------------------------------------------------------------------------------


def _templates(section: str, fields: Mapping[str, Any]) -> Templates:
    found: dict[str, Template] = {}
    for path, value in _flat(fields):
        try:
            found[path] = Template(_pieces(value)) if isinstance(value, str) else Template((), value)
        except ValueError as error:
            raise UsageError(f"{section}.{path}: {error}") from error
    return found


def _flat(fields: Mapping[str, Any], under: str = "") -> Iterable[tuple[str, Any]]:
    """Nested tables as dotted paths, so that `source.kind` and a table `[fields.source]` are the same."""
    for name, value in fields.items():
        path = f"{under}{name}"
        if isinstance(value, dict):
            yield from _flat(value, f"{path}.")
        else:
            yield path, value


def _pieces(text: str) -> tuple[str | Column, ...]:
    pieces: list[str | Column] = []
    for literal, name, kind, conversion in Formatter().parse(text):
        if literal:
            pieces.append(literal)
        if name is None:
            continue
        if not name or conversion:
            raise ValueError(f"{text!r}: write a column as {{name}} or {{name:kind}}")
        if kind and kind not in _KINDS:
            raise ValueError(f"{text!r}: {kind!r} is none of {', '.join(_KINDS)}")
        pieces.append(Column(name, kind or "text"))
    return tuple(pieces)


def _value(path: str, template: Template, row: Row, mapping: CsvMapping, problems: list[Problem]) -> Any:
    """What a field gets from a row; None where a column is empty or wrong. Problems are collected."""
    if not template.pieces:
        return template.constant
    values: list[Any] = []
    for piece in template.pieces:
        value = _read(piece, row, mapping, problems) if isinstance(piece, Column) else piece
        if value is None:
            return None
        values.append(value)
    if len(values) == 1:
        return values[0]
    if not all(isinstance(value, str) for value in values):
        problems.append(Problem(path, "joins a value that is no text; give that column a field of its own"))
        return None
    return "".join(values)


def _read(column: Column, row: Row, mapping: CsvMapping, problems: list[Problem]) -> Any:
    if column.name not in row:
        problems.append(Problem(column.name, f"is no column of this file, which has {', '.join(map(str, row))}"))
        return None
    text = (row[column.name] or "").strip()
    if not text:
        return None
    try:
        if column.kind == "mapped":
            return _mapped(text, column.name, mapping)
        if column.kind == "id":
            return derive_id(mapping.dataset, text)
        return _PLAIN[column.kind](text)
    except ValueError as error:
        problems.append(Problem(column.name, str(error)))
        return None


def _mapped(text: str, column: str, mapping: CsvMapping) -> Any:
    table = mapping.values.get(column, {})
    if text not in table:
        raise ValueError(f"{text!r} is not in [values.{column}], which has {', '.join(table) or 'nothing'}")
    return table[text]


# -- kinds: how the text of a column is read ---------------------------------------------------


def _listing(text: str) -> list[str]:
    return [item.strip() for item in text.split(";") if item.strip()]


_PLAIN: Mapping[str, Callable[[str], Any]] = {
    "text": str,
    "list": _listing,
    "int": whole_number,
    "count": count_members,
    "moment": moment_members,
}
_KINDS = (*_PLAIN, "mapped", "id")
"""`list` is parted by semicolons; `mapped` looks a value up; `id` is the key of another row, its columns
joined by `|`."""


# -- members -----------------------------------------------------------------------------------


def _id(row: Row, mapping: CsvMapping, problems: list[Problem]) -> str:
    parts = {column: (row.get(column) or "").strip() for column in mapping.key}
    problems += [
        Problem(name, "is empty, and it is a part of the row's key") for name, part in parts.items() if not part
    ]
    return derive_id(mapping.dataset, "|".join(parts.values()))


def _members(values: Mapping[str, Any], members: dict[str, Any]) -> dict[str, Any]:
    """`members` with each value at its path. Numbers are counted anew, since an empty column leaves one out."""
    paths = {path: path.split(".") for path in values}
    taken: dict[tuple[str, ...], set[int]] = {}
    for steps in paths.values():
        for depth, step in enumerate(steps):
            if step.isdecimal():
                taken.setdefault(tuple(steps[:depth]), set()).add(int(step))
    places = {under: {number: str(n) for n, number in enumerate(sorted(taken[under]))} for under in taken}
    for path, steps in sorted(paths.items(), key=lambda each: [int(step) for step in each[1] if step.isdecimal()]):
        counted = [
            places[tuple(steps[:depth])][int(step)] if step.isdecimal() else step for depth, step in enumerate(steps)
        ]
        put(members, counted, values[path])
    return members


def _estimated(values: Mapping[str, Any]) -> dict[str, Any]:
    """Datasets that estimate give a best number, a low and a high one, and no word for it: here it is said."""
    said = dict(values)
    for path in values:
        count, _, last = path.rpartition(".")
        three = [f"{count}.{name}" for name in ("best", "low", "high")]
        if last != "best" or f"{count}.qualifier" in values or not values.keys() >= set(three):
            continue
        if len({values[each] for each in three}) == 1:
            del said[three[1]], said[three[2]]
        else:
            said[f"{count}.qualifier"] = "estimate"
    return said


def _check_paths(section: str, templates: Templates) -> None:
    try:
        _members({path: None for path, each in templates.items() if each.pieces or each.constant is not None}, {})
    except ValueError as error:
        raise UsageError(f"{section}: {error}".replace("is None already", "is given as a whole")) from error


def _located(problem: Problem, templates: Templates) -> Problem:
    """The problem of a field as that of the one column which it came from."""
    for path, template in templates.items():
        if problem.field == path or problem.field.startswith(f"{path}."):
            columns = template.columns
            if len(columns) == 1:
                return Problem(columns[0].name, f"{problem.reason} (field {problem.field})")
    return problem
