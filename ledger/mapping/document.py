"""A mapping, read and checked: what the columns of a table mean, and how the table is written.

`ledger.mapping.written` says how the file is written.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from ledger.errors import UsageError
from ledger.mapping.checks import check
from ledger.mapping.conditions import Condition
from ledger.mapping.dialect import Dialect
from ledger.mapping.kinds import ANY, Tables
from ledger.mapping.records import rows_of
from ledger.mapping.templates import Template, Templates, columns_of, templates
from ledger.mapping.written import (
    Document,
    Whole,
    WrittenExchange,
    WrittenJoin,
    WrittenOccurrenceRule,
    WrittenOverlay,
    read_document,
    read_text,
    validated,
)
from schemas.errors import InvalidEvent
from schemas.events import EVENT_TYPES
from schemas.vocabulary import Role

ROLES = "roles"
"""The table of words that knows the roles of each party: `{exchange} {party}`."""
WHOLE_COLUMNS = ("whole", "rest")


@dataclass(frozen=True, slots=True)
class Block:
    """One of the events of a row: when there is one, and its own fields. The only one of a row has no name."""

    name: str
    condition: Condition
    fields: Templates


@dataclass(frozen=True, slots=True)
class Overlay:
    """What is known of one row beyond its columns: corrected columns, fields, and why it is the one that counts."""

    columns: Mapping[str, str]
    fields: Templates
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """An exchange to declare: its fields, and the roles of its parties."""

    fields: Templates
    parties: Mapping[str, tuple[Role, ...]]


@dataclass(frozen=True, slots=True)
class OccurrenceRule:
    """Rival claims about one thing, and which of them the desk holds to.

    A row that is `primary` opens an occurrence; others attach to the one of their name and type, where `alike` gives
    rows of several types one word. Where two would have one name, the first column of `apart` that tells them apart is
    added. `outdated` gives the reason why the next claim supersedes a row. Where the ledger's own rule would adopt
    another claim than the primary one, that is decided by an event, whose reason is the overlay's or made of `why`.
    Rows that are `counted` and have no primary claim count nowhere; rows that are `disputed` are disputed.
    """

    primary: Condition
    counted: Condition
    disputed: Condition | None
    alike: Template
    apart: tuple[str, ...]
    outdated: Template
    why: Template


@dataclass(frozen=True, slots=True)
class TableMapping:
    """A mapping file, read and checked."""

    dataset: str
    key: tuple[str, ...]
    table: Dialect
    columns: Templates
    whole: Whole | None
    fields: Templates
    by_type: Mapping[str, Templates]
    type_fields: Mapping[str, Templates]
    blocks: tuple[Block, ...]
    tables: Tables
    curator: Mapping[str, Any]
    parties: Mapping[str, Mapping[str, Any]]
    exchanges: Mapping[str, Exchange]
    occurrences: OccurrenceRule | None
    overlays: Mapping[str, Overlay]
    overlaid: tuple[str, ...]
    _merged: dict[tuple[str, str], Templates] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> "TableMapping":
        """The mapping in a TOML file. Raises UsageError, which names the file, the place and the reason."""
        try:
            return cls.of(read_document(path), path.parent)
        except UsageError as error:
            raise error if str(path) in str(error) else UsageError(f"{path}: {error}") from error

    @classmethod
    def alone(cls, text: str) -> "TableMapping":
        """The mapping in a text that comes without a folder, and reads no file but those that ship.

        Raises UsageError.
        """
        return cls.of(read_text(text))

    @classmethod
    def of(cls, document: Mapping[str, Any], folder: Path = Path()) -> "TableMapping":
        """The mapping in the members of a document, whose files are in a folder. Raises UsageError."""
        mapping = _compiled(validated(document), folder)
        check(mapping)
        return mapping

    def overlay(self, key: str) -> Overlay:
        """What is known of a row, or of one of its events, beyond its columns."""
        return self.overlays.get(key, _UNKNOWN)

    def unmet(self, keys: Collection[str]) -> list[str]:
        """The rows that it knows more of and that are none of these."""
        return [
            key for several in self.overlaid if several not in keys for key in several.split(", ") if key not in keys
        ]

    def templates_of(self, block: Block, kind: str) -> Templates:
        """All fields of the events of a block and a type; the same object each time, since every row refers to it."""
        found = self._merged.get((block.name, kind))
        if found is None:
            found = {**self.fields, **self.type_fields.get(kind, {}), **block.fields}
            self._merged[block.name, kind] = found
        return found

    def exchange(self, name: str) -> Exchange | None:
        """The declaration of an exchange, or what is declared of any other."""
        return self.exchanges.get(name) or self.exchanges.get(ANY)

    @property
    def needed(self) -> Mapping[str, str]:
        """Every column of the table that it names, with the place in the mapping that names it first."""
        made = {*self.columns, *(WHOLE_COLUMNS if self.whole else ())}
        named = [(column, "key") for column in self.key]
        for section, each in self.sections():
            named += [(column, f"{section}.{path}") for path, found in each.items() for column in columns_of(found)]
        named += [(column, f"event.{block.name}") for block in self.blocks for column in block.condition.columns]
        named += [(column, "table") for column in self.table.columns]
        corrected = {column for each in self.overlays.values() for column in each.columns}
        made |= corrected & _of_rows_alone(named)
        named += [(column, f"row.{key}.columns") for key, each in self.overlays.items() for column in each.columns]
        if self.whole is not None:
            named += [(column, "whole") for column in (self.whole.column, self.whole.within, *self.whole.of)]
        if (told := self.occurrences) is not None:
            conditions = [told.primary, told.counted, *([told.disputed] if told.disputed else [])]
            named += [(column, "occurrences") for each in conditions for column in each.columns]
            named += [
                (column, "occurrences") for each in (told.alike, told.outdated, told.why) for column in columns_of(each)
            ]
        return {column: place for column, place in reversed(named) if column not in made}

    def sections(self) -> Iterator[tuple[str, Templates]]:
        """Its templates, by the section that they stand in."""
        yield "columns", self.columns
        yield "fields", self.fields
        yield from ((f"type.{name}", own) for name, own in self.by_type.items())
        yield from ((f"event.{block.name}.fields", block.fields) for block in self.blocks if block.name)
        yield from ((f"exchange.{name}", each.fields) for name, each in self.exchanges.items())
        yield from ((f"row.{key}.fields", each.fields) for key, each in self.overlays.items())


_UNKNOWN = Overlay({}, {})


def _of_rows_alone(named: Collection[tuple[str, str]]) -> set[str]:
    """The columns that the fields of single rows read, and nothing else does: a row may make them for itself."""
    elsewhere = {column for column, place in named if not place.startswith("row.")}
    return {column for column, _ in named} - elsewhere


# -- from a file to a mapping ------------------------------------------------------------------


def _compiled(read: Document, folder: Path) -> TableMapping:
    blocks = tuple(
        Block(name, Condition(when=each.when, unless=each.unless), templates(f"event.{name}.fields", each.fields))
        for name, each in read.event.items()
    )
    by_type = {patterns: templates(f"type.{patterns}", own) for patterns, own in read.type.items()}
    joined = {name: _joined(name, each, read.table, folder) for name, each in read.join.items()}
    return TableMapping(
        dataset=read.dataset,
        key=read.key,
        table=read.table,
        columns=templates("columns", read.columns),
        whole=read.whole,
        fields=templates("fields", read.fields),
        by_type=by_type,
        type_fields={name: _fields_of(name, by_type) for name in EVENT_TYPES},
        blocks=blocks or (Block("", Condition(), {}),),
        tables={**_words(read), **joined},
        curator=read.curator,
        parties={name: each.model_dump(exclude_none=True) for name, each in read.party.items()},
        exchanges={name: _exchange(name, each) for name, each in read.exchange.items()},
        occurrences=None if read.occurrences is None else _occurrences(read.occurrences),
        overlays=_overlays(read.row),
        overlaid=tuple(read.row),
    )


def _overlays(rows: Mapping[str, WrittenOverlay]) -> Mapping[str, Overlay]:
    """What is known of each row; a name may be that of one row, or those of several parted by a comma and a space."""
    found: dict[str, Overlay] = {}
    for keys, each in rows.items():
        fields = templates(f"row.{keys}.fields", each.fields)
        for key in {keys, *keys.split(", ")}:
            under = found.get(key, _UNKNOWN)
            found[key] = Overlay({**under.columns, **each.columns}, {**under.fields, **fields}, each.why or under.why)
    return found


def _fields_of(name: str, by_type: Mapping[str, Templates]) -> Templates:
    found: Templates = {}
    for patterns, own in by_type.items():
        if any(fnmatchcase(name, pattern) for pattern in patterns.split()):
            found = {**found, **own}
    return found


def _words(read: Document) -> dict[str, Mapping[str, Any]]:
    roles = {
        f"{exchange} {party}": list(roles)
        for exchange, each in read.exchange.items()
        for party, roles in each.parties.items()
    }
    return {**read.values, ROLES: {**roles, ANY: ""}}


def _joined(name: str, join: WrittenJoin, table: Dialect, folder: Path) -> Mapping[str, Mapping[str, str]]:
    """The rows of another table by their key. Raises UsageError."""
    path = folder / join.file
    found: dict[str, Mapping[str, str]] = {}
    dialect = join.table.model_copy(update={"encoding": join.table.encoding or table.encoding})
    try:
        with path.open("rb") as file:
            for row in rows_of(path.name, file, dialect, {join.key: f"join.{name}"}, lambda _: None):
                if isinstance(row.cells, InvalidEvent):
                    raise UsageError(f"{path}:{row.number}: {row.cells}")
                if row.cells[join.key] in found:
                    raise UsageError(f"{path}:{row.number}: {row.cells[join.key]!r} stands twice in {join.key}")
                found[row.cells[join.key]] = row.cells
    except OSError as error:
        raise UsageError(f"join.{name}: cannot read {path}: {error.strerror}") from error
    return found


def _exchange(name: str, read: WrittenExchange) -> Exchange:
    fields = {member: value for member, value in read.model_dump(mode="json").items() if member != "parties"}
    return Exchange(templates(f"exchange.{name}", fields), read.parties)


def _occurrences(read: WrittenOccurrenceRule) -> OccurrenceRule:
    made = templates("occurrences", {"alike": read.alike, "outdated": read.outdated, "why": read.why})
    return OccurrenceRule(primary=read.primary, counted=read.counted, disputed=read.disputed, apart=read.apart, **made)
