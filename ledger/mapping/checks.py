"""What must fit together in a mapping, found out when it is read and not row by row."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import orjson
from pydantic import ValidationError

from ledger.admission import known
from ledger.errors import UsageError
from ledger.mapping.templates import (
    NOTHING,
    Constant,
    Template,
    Templates,
    Text,
    check_paths,
    columns_of,
    is_said,
    members_of,
    tables_of,
    value_of,
)
from schemas.codec import no_event_type
from schemas.errors import InvalidEvent, nearest
from schemas.events import EVENT_TYPES
from schemas.ids import derive_id
from schemas.reasons import reason_in
from schemas.values import Source

if TYPE_CHECKING:
    from ledger.mapping.document import Block, TableMapping


_OF_FIELDS = ("fields", "type.", "event.")


def check(mapping: "TableMapping") -> None:
    """Raises UsageError where parts of a mapping do not fit together."""
    for name in mapping.table.columns:
        if name in mapping.columns:
            raise UsageError(f"table: {name!r} is made by [columns], and rows are skipped and filled before")
    for section, each in mapping.sections():
        if section.startswith((*_OF_FIELDS, "row.")):
            _check_names(section, each)
    _check_types(mapping)
    _check_words(mapping)
    _check_declared(mapping)
    _check_constants(mapping)


def _check_types(mapping: "TableMapping") -> None:
    """That every type is one, and every event has one and each of its fields once."""
    for patterns in mapping.by_type:
        for pattern in patterns.split() or [patterns]:
            if not any(fnmatchcase(name, pattern) for name in EVENT_TYPES):
                raise UsageError(f"type.{patterns}: {no_event_type(pattern)}")
    for block in mapping.blocks:
        if "type" not in mapping.fields and "type" not in block.fields:
            where = f"event.{block.name}.fields.type" if block.name else "fields.type"
            raise UsageError(f"{where}: is missing; say what kind of event a row is")
        _check_fields(mapping, block)


def _check_words(mapping: "TableMapping") -> None:
    """That every table of words is there."""
    for section, each in mapping.sections():
        for path, found in each.items():
            for table in tables_of(found):
                if table not in mapping.tables:
                    raise UsageError(f"{section}.{path}: there is no [values.{table}] to look it up in")


def _check_declared(mapping: "TableMapping") -> None:
    """That every party of an exchange is described, and somebody declares them."""
    for name, exchange in mapping.exchanges.items():
        for party in exchange.parties:
            if party not in mapping.parties:
                raise UsageError(f"exchange.{name}.parties: {party!r} is not described; add [party.{party}]")
    if mapping.exchanges and "publisher" not in mapping.curator:
        raise UsageError("curator: is missing; say who declares the exchanges: publisher, kind, credibility")
    _check_curator(mapping)


def _check_constants(mapping: "TableMapping") -> None:
    """That what no column changes can be what it is given for, which would else be said of every row."""
    for block in mapping.blocks:
        for kind in _types_of(block.fields.get("type") or mapping.fields["type"], mapping):
            takes = EVENT_TYPES[kind].model_fields  # of a type that no row becomes, nothing else matters
            said = ((path, _constant(each)) for path, each in mapping.templates_of(block, kind).items())
            found = {path: value for path, value in said if is_said(value) and path.partition(".")[0] in takes}
            try:
                known(orjson.dumps(members_of(found, {"version": 1, "id": derive_id("", "")} | {"type": kind})))
            except InvalidEvent as error:
                if problem := next((each for each in error.problems if each.field in found), None):
                    section = _section_of(problem.field, found[problem.field], mapping)
                    raise UsageError(f"{section}.{problem.field}: {problem.reason}") from error
            except (TypeError, ValueError):  # what cannot be put together is said of the row
                continue


def _section_of(path: str, value: Any, mapping: "TableMapping") -> str:
    """The section of fields in which a path has a constant value."""
    sections = ((section, each.get(path, NOTHING)) for section, each in mapping.sections())
    fields = (section for section, each in sections if _constant(each) == value and section.startswith(_OF_FIELDS))
    return next(fields, "fields")


def _types_of(template: Template, mapping: "TableMapping") -> Iterator[str]:
    """The types that rows become, as far as the mapping tells."""
    words = (value for table in tables_of(template) for value in mapping.tables[table].values())
    return (each for each in (_constant(template), *words) if isinstance(each, str) and each in EVENT_TYPES)


def _constant(template: Template) -> Any:
    """What a template says of every row; None where that depends on the row."""
    is_constant = isinstance(template, Constant) or (isinstance(template, Text) and not [*columns_of(template)])
    return value_of(template, {}, lambda _: None) if is_constant else None


_FIELDS = tuple(sorted({name for model in EVENT_TYPES.values() for name in model.model_fields}))


def _check_names(section: str, fields: Templates) -> None:
    """Raises UsageError for a field that no event has, and for a type that is none."""
    for path in fields:
        name = path.partition(".")[0]
        if name not in _FIELDS:
            near = nearest(name, _FIELDS)
            raise UsageError(f"{section}.{path}: no event has this field" + (f"; did you mean {near}?" if near else ""))
    match fields.get("type"):
        case Text(pieces=(str() as name,)) if name not in EVENT_TYPES:
            raise UsageError(f"{section}.type: {no_event_type(name)}")


def _check_curator(mapping: "TableMapping") -> None:
    if "publisher" not in mapping.curator:
        return
    try:
        Source.model_validate(mapping.curator)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        field = ".".join(map(str, problem["loc"]))
        raise UsageError(f"curator.{field}: {reason_in(problem)}") from error


def _check_fields(mapping: "TableMapping", block: "Block") -> None:
    common = {**mapping.fields, **block.fields}
    check_paths(f"event.{block.name}.fields" if block.name else "fields", common)
    for patterns, own in mapping.by_type.items():
        check_paths(f"type.{patterns}", {**mapping.fields, **own, **block.fields})
