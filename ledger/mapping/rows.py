"""A row of a table, by a mapping, to its event."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

import orjson

from ledger.admission import unknown_event
from ledger.mapping.document import TableMapping
from ledger.mapping.templates import PLAIN, Column, Template, Templates, members_of
from ledger.words.numbers import plain
from schemas.codec import UnknownEvent, decode
from schemas.errors import InvalidEvent, Problem
from schemas.events import AnyEvent
from schemas.ids import derive_id

Row: TypeAlias = Mapping[str, str]
_TOTAL = re.compile(r"(grand |sub-?|sub )?totals?:?|sum:?")


def map_row(row: Row, mapping: TableMapping) -> AnyEvent:
    """The event of one row. Raises InvalidEvent, whose problems name the column, else the field."""
    problems: list[Problem] = []
    kind = _value("type", mapping.fields["type"], row, mapping, problems)
    templates = {**mapping.fields, **mapping.by_type.get(str(kind), {})}
    event_id = _id(row, mapping, problems)
    if kind != "tally_stated":
        problems += _totals(row, mapping.key)
    values = {path: _value(path, template, row, mapping, problems) for path, template in templates.items()}
    if problems:
        raise InvalidEvent(*dict.fromkeys(problems))
    said = {path: value for path, value in values.items() if value is not None and value != ""}
    try:
        event = decode(orjson.dumps(members_of(_estimated(said), {"version": 1, "id": event_id})))
    except InvalidEvent as error:
        raise InvalidEvent(*(_located(problem, templates) for problem in error.problems)) from error
    except (TypeError, ValueError) as error:  # of orjson, for a constant that JSON has no place for; and of `put`
        raise InvalidEvent(Problem("", f"cannot be put together: {error}")) from error
    if isinstance(event, UnknownEvent):
        raise InvalidEvent(unknown_event(event))
    return event


def _value(path: str, template: Template, row: Row, mapping: TableMapping, problems: list[Problem]) -> Any:
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


def _read(column: Column, row: Row, mapping: TableMapping, problems: list[Problem]) -> Any:
    if column.name not in row:
        problems.append(Problem(column.name, f"is no column of this row, which has {', '.join(row)}"))
        return None
    text = (row[column.name] or "").strip()
    if not text:
        return None
    try:
        if column.kind == "mapped":
            return _mapped(text, column.name, mapping)
        if column.kind == "id":
            return derive_id(mapping.dataset, text)
        return PLAIN[column.kind](text, mapping.table)
    except ValueError as error:
        problems.append(Problem(column.name, str(error)))
        return None


def _mapped(text: str, column: str, mapping: TableMapping) -> Any:
    table = mapping.values.get(column, {})
    if text not in table:
        raise ValueError(f"{text!r} is not in [values.{column}], which has {', '.join(table) or 'nothing'}")
    return table[text]


def _id(row: Row, mapping: TableMapping, problems: list[Problem]) -> str:
    parts = {column: (row.get(column) or "").strip() for column in mapping.key}
    problems += [
        Problem(name, "is empty, and it is a part of the row's key") for name, part in parts.items() if not part
    ]
    return derive_id(mapping.dataset, "|".join(parts.values()))


def _totals(row: Row, key: Iterable[str]) -> Iterator[Problem]:
    """That a row is the sum of others by the word in its key, where it would be counted beside them."""
    for column in key:
        if _TOTAL.fullmatch(plain(row.get(column, ""))):
            reason = f"{row[column]!r} is a total of other rows, which would count twice; leave it out"
            yield Problem(column, f'{reason}: skip = {{ {column} = "{row[column]}" }} under [table] of the mapping')


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


def _located(problem: Problem, templates: Templates) -> Problem:
    """The problem of a field as that of the one column which it came from."""
    for path, template in templates.items():
        if problem.field == path or problem.field.startswith(f"{path}."):
            columns = template.columns
            if len(columns) == 1:
                return Problem(columns[0].name, f"{problem.reason} (field {problem.field})")
    return problem
