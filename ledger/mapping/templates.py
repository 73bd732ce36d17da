"""Templates: what a field gets from a row. Text with columns in it, each read by its kinds, or the first that fits of
several.

    "{words}"                                    a column as it is
    "r{round}-{what}"                            text and columns in turn
    "{people:count}"                             a column read by its kind
    "{through:list:mapped(actor):first}"         by several kinds, one after the other
    [{ when = { what = "talks" }, is = "{place}" }, { is = "{town}" }]     the first that holds and is not empty
    ["north", "{other_side}"]                    a list, without what is empty
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any, NamedTuple, TypeAlias

from pydantic import ValidationError

from ledger.errors import UsageError
from ledger.mapping.conditions import Condition
from ledger.mapping.kinds import ColumnKind, kinds_of
from ledger.members import put
from schemas.errors import problem_in


class Column(NamedTuple):
    """A column named in a template, and the kinds by which its text is read, one after the other."""

    name: str
    kinds: tuple[ColumnKind, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """Literal text and columns in turn."""

    pieces: tuple[str | Column, ...]


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that no column changes."""

    value: Any


@dataclass(frozen=True, slots=True)
class Choice:
    """The first option that holds and is not empty."""

    options: tuple[tuple[Condition, "Template"], ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """A list, without what is empty."""

    items: tuple["Template", ...]


@dataclass(frozen=True, slots=True)
class Members:
    """An object, without members that are empty."""

    by_path: Mapping[str, "Template"]


Template: TypeAlias = Text | Constant | Choice | Listing | Members
Templates: TypeAlias = Mapping[str, Template]
NOTHING = Constant(None)
EMPTY = Text(())
"""What `""` is: a field that is left out, and the end of a choice."""


def templates(section: str, fields: Mapping[str, Any]) -> Templates:
    """The templates of a section of a mapping, by the dotted paths of their fields. Raises UsageError.

    Nested tables are dotted paths, so that `source.kind` and a table `[fields.source]` are the same.
    """
    found: dict[str, Template] = {}
    for path, value in _flat(fields):
        try:
            found[path] = template(value)
        except ValueError as error:
            raise UsageError(f"{section}.{path}: {error}") from error
    return found


def template(value: Any) -> Template:
    """The template that a value of a mapping file is. Raises ValueError."""
    if isinstance(value, str):
        return Text(_pieces(value))
    if isinstance(value, dict):
        return Members({path: template(each) for path, each in _flat(value)})
    if not isinstance(value, list):
        return Constant(value)
    if value and all(isinstance(each, dict) and "is" in each for each in value):
        return Choice(tuple(_option(each) for each in value))
    return Listing(tuple(template(each) for each in value))


def _option(members: dict[str, Any]) -> tuple[Condition, Template]:
    try:
        condition = Condition.model_validate({name: value for name, value in members.items() if name != "is"})
    except ValidationError as error:
        raise ValueError("; ".join(map(str, map(problem_in, error.errors(include_url=False))))) from error
    return condition, template(members["is"])


def _flat(fields: Mapping[str, Any], under: str = "") -> Iterable[tuple[str, Any]]:
    for name, value in fields.items():
        path = f"{under}{name}"
        if isinstance(value, dict):
            yield from _flat(value, f"{path}.")
        else:
            yield path, value


def _pieces(text: str) -> tuple[str | Column, ...]:
    pieces: list[str | Column] = []
    for literal, name, kinds, conversion in Formatter().parse(text):
        if literal:
            pieces.append(literal)
        if name is None:
            continue
        if not name or conversion:
            raise ValueError(f"{text!r}: write a column as {{name}} or {{name:kind}}")
        try:
            pieces.append(Column(name, kinds_of(kinds or "text", name)))
        except ValueError as error:
            raise ValueError(f"{text!r}: {error}") from error
    return tuple(pieces)


def _parts_of(found: Template) -> Iterator[Column | Condition]:
    """What a template looks at, in order."""
    match found:
        case Text():
            yield from (piece for piece in found.pieces if isinstance(piece, Column))
        case Choice():
            for condition, each in found.options:
                yield condition
                yield from _parts_of(each)
        case Listing() | Members():
            for each in found.items if isinstance(found, Listing) else found.by_path.values():
                yield from _parts_of(each)


def columns_of(found: Template) -> Iterator[str]:
    """Every column that a template names, in order."""
    for part in _parts_of(found):
        if isinstance(part, Condition):
            yield from part.columns
        else:
            yield part.name
            yield from (name for kind in part.kinds for name in kind.columns)


def tables_of(found: Template) -> Iterator[str]:
    """Every table of words that a template looks something up in."""
    for part in _parts_of(found):
        if isinstance(part, Column):
            yield from (kind.argument for kind in part.kinds if kind.name == "mapped")


Read: TypeAlias = Callable[[Column], Any]


def value_of(found: Template, cells: Mapping[str, str], read: Read) -> Any:
    """What a template says of a row; None where it says nothing. `read` gives what a column says, or None.

    Raises ValueError where a value that is no text would be joined to others.
    """
    match found:
        case Constant():
            return found.value
        case Text():
            return _text(found, read)
        case Choice():
            return _chosen(found, cells, read)
        case Listing():
            values = [value_of(each, cells, read) for each in found.items]
            return [value for value in values if is_said(value)]
        case Members():
            said = {path: value_of(each, cells, read) for path, each in found.by_path.items()}
            return members_of({path: value for path, value in said.items() if is_said(value)}, {}) or None


def is_said(value: Any) -> bool:
    """Whether a value says something: 0 and an empty list do."""
    return value is not None and value != ""


def _chosen(found: Choice, cells: Mapping[str, str], read: Read) -> Any:
    for condition, option in found.options:
        if condition.holds(cells):
            value = value_of(option, cells, read)
            if option == EMPTY or is_said(value):
                return value
    return None


def _text(found: Text, read: Read) -> Any:
    values: list[Any] = []
    for piece in found.pieces:
        value = read(piece) if isinstance(piece, Column) else piece
        if value is None:
            return None
        values.append(value)
    if len(values) == 1:
        return values[0]
    if not all(isinstance(value, str) or type(value) is int for value in values):
        raise ValueError("joins a value that is no text; give that column a field of its own")
    return "".join(map(str, values))


# -- members -----------------------------------------------------------------------------------


def members_of(values: Mapping[str, Any], members: dict[str, Any]) -> dict[str, Any]:
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


def overlaid(templates: Templates, beyond: Templates) -> Templates:
    """Templates with others laid over them: a field takes the place of all that is below it."""
    kept = {path: each for path, each in templates.items() if not any(path.startswith(f"{over}.") for over in beyond)}
    return {**kept, **beyond}


def check_paths(section: str, found: Templates) -> None:
    """Raises UsageError where one field is given both as a whole and by its members."""
    try:
        members_of({path: None for path, each in found.items() if each not in (NOTHING, EMPTY)}, {})
    except ValueError as error:
        raise UsageError(f"{section}: {error}".replace("is None already", "is given as a whole")) from error
