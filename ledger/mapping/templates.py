"""Templates: literal text and columns in turn, each column with the kind by which its text is read."""

from collections.abc import Callable, Iterable, Mapping
from string import Formatter
from typing import Any, NamedTuple, TypeAlias

from ledger.errors import UsageError
from ledger.mapping.dialect import Dialect
from ledger.members import put
from ledger.words.counts import count_members
from ledger.words.moments import day_or_time, moment_members
from ledger.words.numbers import whole_number, whole_numbers


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


def templates(section: str, fields: Mapping[str, Any]) -> Templates:
    """The templates of a section of a mapping, by the dotted paths of their fields. Raises UsageError."""
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
        if kind and kind not in KINDS:
            raise ValueError(f"{text!r}: {kind!r} is none of {', '.join(KINDS)}")
        pieces.append(Column(name, kind or "text"))
    return tuple(pieces)


# -- kinds: how the text of a column is read ---------------------------------------------------


def _listing(text: str) -> list[str]:
    return [item.strip() for item in text.split(";") if item.strip()]


PLAIN: Mapping[str, Callable[[str, Dialect], Any]] = {
    "text": lambda text, _: text,
    "list": lambda text, _: _listing(text),
    "int": lambda text, table: whole_number(text, table.thousands),
    "ints": lambda text, table: whole_numbers(text, table.thousands),
    "count": lambda text, table: count_members(text, table.thousands),
    "moment": lambda text, table: moment_members(text, table.dates),
    "date": lambda text, table: day_or_time(text, table.dates),
}
KINDS = (*PLAIN, "mapped", "id")
"""`list` is parted by semicolons; `mapped` looks a value up; `id` is the key of another row, its columns
joined by `|`."""


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


def check_paths(section: str, templates: Templates) -> None:
    """Raises UsageError where one field is given both as a whole and by its members."""
    try:
        members_of({path: None for path, each in templates.items() if each.pieces or each.constant is not None}, {})
    except ValueError as error:
        raise UsageError(f"{section}: {error}".replace("is None already", "is given as a whole")) from error
