"""The kinds by which the text of a column is read: `{people:count}`, or several in turn, `{through:list:first}`."""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple, TypeAlias

from ledger.mapping.dialect import Dialect
from ledger.words.counts import count_members
from ledger.words.moments import day_or_time, moment_members
from ledger.words.numbers import Undecided, whole_number, whole_numbers
from schemas.errors import listed, nearest
from schemas.ids import derive_id

Tables: TypeAlias = Mapping[str, Mapping[str, Any]]
ANY = "*"
"""The word of a table of words that stands for all others; in what it stands for, the word itself."""


class RowContext(NamedTuple):
    """What reading a column may look at: the row's texts, the tables of words, and how the table is written.

    `dataset` and `block` make the ids of other rows' events; `made` are the columns that are made of others.
    """

    cells: Mapping[str, str]
    tables: Tables
    dialect: Dialect
    dataset: str
    block: str
    made: Collection[str]


class ColumnKind(NamedTuple):
    """A kind and what stands in its brackets: `mapped(actor)`, `times(24)`."""

    name: str
    argument: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it names besides the one that it reads."""
        return (self.argument,) if self.name == "times" and not self.argument.isdecimal() else ()

    def read(self, value: Any, context: RowContext) -> Any:
        """What it makes of a text, or of what the kind before it made. Raises ValueError."""
        does = _KINDS[self.name]
        if not isinstance(value, does.takes):
            raise ValueError(f"{value!r} cannot be read by the kind {self.name!r}")
        try:
            return does.read(value, self.argument, context)
        except Undecided as error:
            raise ValueError(f"{error}, or say {error.setting} under [table] of the mapping") from error


def kinds_of(said: str, column: str) -> tuple[ColumnKind, ...]:
    """The kinds of `list:mapped(actor):first`; a table of words without a name has that of the column.

    Raises ValueError.
    """
    return tuple(_kind(each, column) for each in said.split(":"))


def _kind(said: str, column: str) -> ColumnKind:
    found = re.fullmatch(r"([a-z]+)(?:\((.+)\))?", said)
    name, argument = found.groups("") if found else (said, "")
    if name not in _KINDS:
        raise ValueError(f"{said!r} is none of {', '.join(_KINDS)}")
    if name == "mapped":
        return ColumnKind(name, argument or column)
    example = _KINDS[name].example
    if bool(argument) != bool(example):
        wanted = f"takes something in brackets: {name}({example})" if example else "takes no brackets"
        raise ValueError(f"{said!r}: {name} {wanted}")
    if name == "plus" and not re.fullmatch(r"-?\d{1,9}", argument):
        raise ValueError(f"{said!r}: {argument!r} is no whole number")
    return ColumnKind(name, argument)


def looked_up(word: str, table: str, tables: Tables) -> Any:
    """What a table has for a word. Raises ValueError, with the nearest of its words."""
    words = tables.get(table, {})
    if word in words:
        return words[word]
    if ANY in words:
        return _itself(words[ANY], word)
    near = nearest(word, tuple(words))
    meant = f"; is it {near!r}?" if near else ""
    raise ValueError(f"{word!r} is not in [values.{table}], which has {listed(tuple(words)) or 'nothing'}{meant}")


def _itself(value: Any, word: str) -> Any:
    if isinstance(value, dict):
        return {name: word if each == ANY else each for name, each in value.items()}
    return word if value == ANY else value


# -- what each kind does -----------------------------------------------------------------------


def _list(value: str, _: str, context: RowContext) -> list[str]:
    return [item.strip() for item in value.split(";") if item.strip()]


def _mapped(value: Any, table: str, context: RowContext) -> Any:
    if not isinstance(value, list):
        return looked_up(value, table, context.tables)
    found = [looked_up(word, table, context.tables) for word in value]
    return [each for each in found if each not in (None, "")]


def _member(value: Any, name: str, context: RowContext) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _first(value: list[Any], _: str, context: RowContext) -> Any:
    return next(iter(value), None)


def _times(value: int, factor: str, context: RowContext) -> int:
    if factor.isdecimal():
        return value * int(factor)
    if factor not in context.cells:
        raise ValueError(f"{factor} is no column of this row, which has {', '.join(context.cells)}")
    said = context.cells[factor]
    return value * (whole_number(said, context.dialect.thousands) if said else 1)


def _plus(value: int, more: str, context: RowContext) -> int:
    return value + int(more)


def _id(value: str, _: str, context: RowContext) -> str:
    return derive_id(context.dataset, f"{value}/{context.block}" if context.block else value)


def _placed(text: str, context: RowContext) -> str:
    """A time without its offset with the one that the table has; midnight is how databases write a day."""
    is_bare = re.fullmatch(r"\d{4}-\d\d-\d\d[T ](?!00:00)\d\d:\d\d(:\d\d)?", text.strip(), re.ASCII)
    return f"{text.strip()}{context.dialect.offset}" if is_bare and context.dialect.offset else text


class _KindRule(NamedTuple):
    """What a kind takes, what it makes of that, and an example of what stands in its brackets."""

    takes: type | tuple[type, ...]
    read: Callable[[Any, str, RowContext], Any]
    example: str = ""


_KINDS: Mapping[str, _KindRule] = {
    "text": _KindRule(str, lambda value, _, context: value),
    "list": _KindRule(str, _list),
    "int": _KindRule(str, lambda value, _, context: whole_number(value, context.dialect.thousands)),
    "ints": _KindRule(str, lambda value, _, context: whole_numbers(value, context.dialect.thousands)),
    "count": _KindRule(str, lambda value, _, context: count_members(value, context.dialect.thousands)),
    "moment": _KindRule(str, lambda value, _, context: moment_members(_placed(value, context), context.dialect.dates)),
    "date": _KindRule(str, lambda value, _, context: day_or_time(_placed(value, context), context.dialect.dates)),
    "mapped": _KindRule((str, list), _mapped),
    "id": _KindRule(str, _id),
    "member": _KindRule(object, _member, "sentence"),
    "first": _KindRule(list, _first),
    "times": _KindRule(int, _times, "24"),
    "plus": _KindRule(int, _plus, "-1"),
}
