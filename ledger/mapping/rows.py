"""A row of a table, by a mapping, to the members of its events, and from members to an event."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from ledger.admission import check_time, known
from ledger.mapping.conditions import is_total, skipping
from ledger.mapping.document import Block, TableMapping
from ledger.mapping.kinds import RowContext
from ledger.mapping.templates import (
    NOTHING,
    Column,
    Template,
    Templates,
    columns_of,
    is_said,
    members_of,
    overlaid,
    tables_of,
    value_of,
)
from ledger.mapping.toml import toml_key, toml_text
from schemas.errors import InvalidEvent, Problem
from schemas.events import AnyEvent
from schemas.ids import derive_id


@dataclass(frozen=True, slots=True)
class Draft:
    """The members of an event before it is checked: the row's key, its texts, and what each field came from.

    `made` are the columns that the mapping makes of others, which nobody who mends the table knows.
    """

    key: str
    cells: Mapping[str, str]
    members: dict[str, Any]
    templates: Templates
    made: Collection[str]

    def event(self, **more: Any) -> AnyEvent:
        """The event, with members added. Raises InvalidEvent, whose problems name the column, else the field."""
        try:
            return typed({**self.members, **more})
        except InvalidEvent as error:
            raise InvalidEvent(*map(self._located, error.problems)) from error

    def _located(self, problem: Problem) -> Problem:
        """The problem of a field as that of the one column which it came from."""
        for path, template in self.templates.items():
            if problem.field == path or problem.field.startswith(f"{path}."):
                columns = set(columns_of(template))
                if len(columns) == 1 and not columns & set(self.made):
                    column = columns.pop()
                    text, reason = self.cells.get(column, ""), problem.reason
                    if text and reason.startswith("is missing"):
                        reason = f"{text!r} stands for nothing in the mapping; say there what it is"
                    elif table := next(tables_of(template), None):
                        reason += f"; that is what [values.{toml_key(table)}] has for {text!r}"
                    return Problem(column, f"{reason} (field {problem.field})")
        return problem


def typed(members: Mapping[str, Any]) -> AnyEvent:
    """The event that members are. Raises InvalidEvent."""
    try:
        event = known(orjson.dumps(members))
    except (TypeError, ValueError) as error:  # of orjson, for a constant that JSON has no place for
        raise InvalidEvent(Problem("", f"cannot be put together: {error}")) from error
    check_time(event, datetime.now(UTC))  # here, so that what rests on a row knows that it is refused
    return event


def with_columns(cells: Mapping[str, str], mapping: TableMapping) -> dict[str, str]:
    """The texts of a row, with what is known of the row beyond them and the columns made of others.

    Raises InvalidEvent.
    """
    texts = {**cells, **mapping.overlay(key_of(cells, mapping)).columns}
    problems: list[Problem] = []
    for name, template in mapping.columns.items():
        value = _value(name, template, _context(texts, mapping), problems)
        items = value if isinstance(value, list) else [] if value is None else [value]
        if not all(isinstance(each, str) or type(each) is int for each in items):
            problems.append(Problem(name, "makes what is no text; take one thing of it, such as {x:mapped:member(y)}"))
        texts[name] = "; ".join(map(str, items))
    if problems:
        raise InvalidEvent(*problems)
    return texts


def drafts(cells: Mapping[str, str], mapping: TableMapping) -> Iterator[Draft | InvalidEvent]:
    """What a row with all its columns says: one event, or one for each block of the mapping that is meant."""
    for block in mapping.blocks:
        if block.condition.holds(cells):
            try:
                yield _draft(cells, block, mapping)
            except InvalidEvent as error:
                yield error


def _draft(cells: Mapping[str, str], block: Block, mapping: TableMapping) -> Draft:
    problems = list(_no_key(cells, mapping.key))
    key = key_of(cells, mapping, block.name)
    context = _context(cells, mapping, block.name)
    beyond = {**mapping.overlay(key_of(cells, mapping)).fields, **mapping.overlay(key).fields}
    of_type = next((each["type"] for each in (beyond, block.fields, mapping.fields) if "type" in each), NOTHING)
    kind = _value("type", of_type, context, problems)
    templates = mapping.templates_of(block, str(kind))
    if beyond:
        templates = overlaid(templates, beyond)
    if kind != "tally_stated":
        problems += _totals(cells, mapping.key)
    values = {path: _value(path, template, context, problems) for path, template in templates.items()}
    if problems:
        raise InvalidEvent(*dict.fromkeys(problems))
    said = {path: value for path, value in values.items() if is_said(value)}
    try:
        members = members_of(_estimated(said), {"version": 1, "id": derive_id(mapping.dataset, key)})
    except ValueError as error:
        raise InvalidEvent(Problem("", f"cannot be put together: {error}")) from error
    return Draft(key, cells, members, templates, mapping.columns)


def key_of(cells: Mapping[str, str], mapping: TableMapping, block: str = "") -> str:
    """The name of a row for ever, or of one of its events."""
    key = "|".join(cells.get(column, "").strip() for column in mapping.key)
    return f"{key}/{block}" if block else key


def evaluated(template: Template, cells: Mapping[str, str], mapping: TableMapping) -> Any:
    """What a template says of a row. Raises InvalidEvent."""
    problems: list[Problem] = []
    value = _value("", template, _context(cells, mapping), problems)
    if problems:
        raise InvalidEvent(*problems)
    return value


def _context(cells: Mapping[str, str], mapping: TableMapping, block: str = "") -> RowContext:
    return RowContext(cells, mapping.tables, mapping.table, mapping.dataset, block, mapping.columns)


def _value(path: str, template: Template, context: RowContext, problems: list[Problem]) -> Any:
    """What a field gets from a row; None where a column is empty or wrong. Problems are collected."""
    try:
        return value_of(template, context.cells, lambda column: _read(path, column, context, problems))
    except ValueError as error:
        problems.append(Problem(path, str(error)))
        return None


def _read(path: str, column: Column, context: RowContext, problems: list[Problem]) -> Any:
    if column.name not in context.cells:
        problems.append(Problem(column.name, f"is no column of this row, which has {', '.join(context.cells)}"))
        return None
    value: Any = context.cells[column.name].strip()
    try:
        for kind in column.kinds:
            if not is_said(value):
                return None
            value = kind.read(value, context)
    except ValueError as error:
        problems.append(Problem(path if column.name in context.made else column.name, str(error)))
        return None
    return value if is_said(value) else None


def _no_key(cells: Mapping[str, str], key: Collection[str]) -> Iterator[Problem]:
    for name in key:
        if not cells.get(name, "").strip():
            filled = f"fill = [{toml_text(name)}] under [table]"
            yield Problem(name, f"is empty, and it is a part of the row's key; where cells are merged, {filled}")
        elif "|" in cells[name] and len(key) > 1:
            yield Problem(name, "has a |, which joins the columns of the key; two rows could have one name")


def _totals(cells: Mapping[str, str], key: Iterable[str]) -> Iterator[Problem]:
    """That a row is the sum of others by the word in its key, where it would be counted beside them."""
    for column in key:
        if is_total(cells.get(column, "")):
            reason = f"{cells[column]!r} is a total of other rows, which would count twice; leave it out"
            yield Problem(column, f"{reason}: {skipping(column, cells[column])}")


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
