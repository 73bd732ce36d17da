"""A mapping file: what the columns of a table mean, and how the table is written.

    dataset = "my-exchanges"        # with `key`, makes the ids: the same row is always the same event
    key = ["record"]                # the columns that name a row
    extends = "claims"              # begin with a mapping that ships with the ledger, or with a file beside this one
    [fields]                        # field of the event = template over columns
    type = "{what:mapped}"
    exchange = "NORTH-SOUTH-2017"
    occurrence = "r{round}-{what}"
    occurred = "{when:moment}"
    "groups.0.count" = "{people:count}"
    [type.tally_stated]             # fields only for rows that become this type; "" takes a common one away
    figure = "captives.released"
    [values.what]                   # what `mapped` looks up; "*" is any other word
    freed = "captives_released"
    [table]                         # what looking at the table cannot tell: see `Dialect`
    dates = "dmy"

Of tables that need more:

    [join.source]                   # words looked up in another table: `{source_id:mapped(source):member(publisher)}`
    file = "sources.csv"
    key = "source_id"
    [columns]                       # columns made of others
    deal = [{ is = "{deal_id}" }, { is = "NORTH-SOUTH" }]
    [event.captives]                # several events of a row: one for each block that holds
    when = { freed = "?*" }
    fields = { type = "captives_released", "groups.0.count" = "{freed:count}" }
    [row.NS-04]                     # what is known of a row beyond its columns; of several: [row."NS-04, NS-05"]
    columns = { nationality = "northern" }
    fields = { venue = "Doha" }
    [curator]                       # who declares the exchanges and parties below
    [party.north]
    [exchange.NORTH-SOUTH]          # declared before its first event; "*" is any other
    [occurrences]                   # rival claims about one thing: see `OccurrenceRule`
    [whole]                         # rows that are parts of others: see `Whole`

A field is left out where a column that its template names is empty. A count given by `best`, `low` and `high` without a
`qualifier` is an estimate, or exact where the three are one.
"""

import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, Strict, ValidationError

from ledger.errors import UsageError
from ledger.mapping.conditions import Condition, Patterns
from ledger.mapping.dialect import Dialect
from ledger.mapping.kinds import ANY, Tables
from ledger.mapping.records import rows_of
from ledger.mapping.templates import (
    Template,
    Templates,
    Text,
    check_paths,
    columns_of,
    tables_of,
    templates,
)
from schemas.codec import no_event_type
from schemas.errors import InvalidEvent, nearest
from schemas.events import EVENT_TYPES
from schemas.reasons import nearest_field, plain_path, reason_in
from schemas.values import ExchangeId, ExternalIds, Name, PartyId, Source
from schemas.vocabulary import PartyKind, Role

LAYOUTS = Path(__file__).with_name("layouts")
ROLES = "roles"
"""The table of words that knows the roles of each party: `{exchange} {party}`."""
WHOLE_COLUMNS = ("whole", "rest")


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _EventBlock(Condition):
    """One of the events of a row."""

    fields: dict[str, Any] = {}


class _Overlay(_Section):
    columns: dict[str, str] = {}
    fields: dict[str, Any] = {}
    why: str | None = None


class _Join(_Section):
    file: str
    key: str
    table: Dialect = Dialect()


class _Party(_Section):
    name: Name
    kind: PartyKind
    external_ids: Annotated[ExternalIds, Strict(False)] | None = None


class _ExternalTemplates(_Section):
    """The external ids of an exchange, which may name columns as its title may."""

    wikidata: str | None = None
    ucdp: str | None = None
    acled: str | None = None


class _Exchange(_Section):
    title: str
    process: str | None = None
    nationals: tuple[str, ...] = ()
    follows: ExchangeId | None = None
    external_ids: _ExternalTemplates = _ExternalTemplates()
    parties: dict[PartyId, tuple[Role, ...]] = {}


class Whole(_Section):
    """Which rows are wholes: a row whose `column` is that of a whole, or begins with it and a dash, is one or its part.

    Every row gets the columns `whole`, the longest such name among the rows that agree with it in the column `within`,
    and `rest`, what stands behind it.
    """

    column: str
    within: str
    of: Patterns


class _OccurrenceRule(_Section):
    primary: Condition
    counted: Condition = Condition()
    disputed: Condition | None = None
    alike: dict[str, str] = {}
    apart: tuple[str, ...] = ()
    outdated: Any = ""
    why: Any = ""


class _Document(_Section):
    """The mapping file as it is written."""

    dataset: Annotated[str, Field(min_length=1)]
    key: Annotated[tuple[str, ...], Field(min_length=1)]
    table: Dialect = Dialect()
    columns: dict[str, Any] = {}
    whole: Whole | None = None
    fields: dict[str, Any] = {}
    type: dict[str, dict[str, Any]] = {}
    event: dict[str, _EventBlock] = {}
    values: dict[str, dict[str, Any]] = {}
    join: dict[str, _Join] = {}
    curator: dict[str, Any] = {}
    party: dict[PartyId, _Party] = {}
    exchange: dict[str, _Exchange] = {}
    occurrences: _OccurrenceRule | None = None
    row: dict[str, _Overlay] = {}


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

    A row that is `primary` opens an occurrence; others attach to the one of their name and type, where `alike` takes
    several types for one. Where two would have one name, the first column of `apart` that tells them apart is added.
    `outdated` gives the reason why the next claim supersedes a row. Where the ledger's own rule would adopt another
    claim than the primary one, that is decided by an event, whose reason is the overlay's or made of `why`. Rows that
    are `counted` and have no primary claim count nowhere; rows that are `disputed` are disputed.
    """

    primary: Condition
    counted: Condition
    disputed: Condition | None
    alike: Mapping[str, str]
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

    @classmethod
    def load(cls, path: Path) -> "TableMapping":
        """The mapping in a TOML file. Raises UsageError, which names the file, the place and the reason."""
        try:
            return cls.of(_document(path), path.parent)
        except UsageError as error:
            raise error if str(path) in str(error) else UsageError(f"{path}: {error}") from error

    @classmethod
    def of(cls, document: Mapping[str, Any], folder: Path = Path()) -> "TableMapping":
        """The mapping in the members of a document, whose files are in a folder. Raises UsageError."""
        try:
            read = _Document.model_validate(document)
        except ValidationError as error:
            raise UsageError("; ".join(map(_problem, error.errors(include_url=False)))) from error
        return _checked(_compiled(read, folder))

    def overlay(self, key: str) -> Overlay:
        """What is known of a row, or of one of its events, beyond its columns."""
        return self.overlays.get(key, _UNKNOWN)

    def unmet(self, keys: Collection[str]) -> list[str]:
        """The rows that it knows more of and that are none of these."""
        return [
            key for several in self.overlaid if several not in keys for key in several.split(", ") if key not in keys
        ]

    def of_type(self, name: str) -> Templates:
        """The fields that only events of a type have."""
        return self.type_fields.get(name, {})

    def exchange(self, name: str) -> Exchange | None:
        """The declaration of an exchange, or what is declared of any other."""
        return self.exchanges.get(name) or self.exchanges.get(ANY)

    @property
    def needed(self) -> Mapping[str, str]:
        """Every column of the table that it names, with the place in the mapping that names it first."""
        made = {*self.columns, *(WHOLE_COLUMNS if self.whole else ())}
        named = [(column, "key") for column in self.key]
        for section, each in self._templates():
            named += [(column, f"{section}.{path}") for path, found in each.items() for column in columns_of(found)]
        named += [(column, f"event.{block.name}") for block in self.blocks for column in block.condition.columns]
        named += [(column, "table") for column in self.table.columns]
        named += [(column, f"row.{key}.columns") for key, each in self.overlays.items() for column in each.columns]
        if self.whole is not None:
            named += [(column, "whole") for column in (self.whole.column, self.whole.within, *self.whole.of)]
        if (told := self.occurrences) is not None:
            conditions = [told.primary, told.counted, *([told.disputed] if told.disputed else [])]
            named += [(column, "occurrences") for each in conditions for column in each.columns]
            named += [(column, "occurrences") for each in (told.outdated, told.why) for column in columns_of(each)]
        return {column: place for column, place in reversed(named) if column not in made}

    def _templates(self) -> Iterator[tuple[str, Templates]]:
        yield "columns", self.columns
        yield "fields", self.fields
        yield from ((f"type.{name}", own) for name, own in self.by_type.items())
        yield from ((f"event.{block.name}.fields", block.fields) for block in self.blocks if block.name)
        yield from ((f"exchange.{name}", each.fields) for name, each in self.exchanges.items())
        yield from ((f"row.{key}.fields", each.fields) for key, each in self.overlays.items())


_UNKNOWN = Overlay({}, {})


# -- from a file to a mapping ------------------------------------------------------------------


def _problem(detail: Any) -> str:
    """What is wrong with a mapping file, and where."""
    path = plain_path(detail["loc"])
    reason = reason_in(detail)
    if detail["type"] == "extra_forbidden":
        reason = f"has no meaning here; remove it or correct its name{nearest_field(_Document, path)}"
    return f"{'.'.join(path)}: {reason}"


def _document(path: Path, below: tuple[Path, ...] = ()) -> dict[str, Any]:
    """A mapping file, laid over the one that it extends. Raises UsageError."""
    try:
        own = tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:  # ValueError is also what thousands of digits raise
        raise UsageError(f"{path}: cannot be read as TOML: {error}") from error
    base = own.pop("extends", None)
    if base is None:
        return own
    if not isinstance(base, str):
        raise UsageError("extends: is no text; name a mapping that ships with the ledger, or a file")
    found = path.parent / base if base.endswith(".toml") else LAYOUTS / f"{base}.toml"
    if found.resolve() in {each.resolve() for each in (*below, path)}:
        raise UsageError(f"extends: {base} extends itself")
    if not base.endswith(".toml") and not found.is_file():
        shipped = ", ".join(sorted(each.stem for each in LAYOUTS.glob("*.toml")))
        raise UsageError(f"extends: {base!r} does not ship with the ledger; {shipped} does, or name a .toml file")
    return _laid_over(_document(found, (*below, path)), own)


def _laid_over(under: dict[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Tables are merged, everything else is replaced."""
    merged = dict(under)
    for name, value in over.items():
        below = merged.get(name)
        merged[name] = _laid_over(below, value) if isinstance(value, dict) and isinstance(below, dict) else value
    return merged


def _compiled(read: _Document, folder: Path) -> TableMapping:
    blocks = tuple(
        Block(name, Condition(when=each.when, unless=each.unless), templates(f"event.{name}.fields", each.fields))
        for name, each in read.event.items()
    )
    by_type = {patterns: templates(f"type.{patterns}", own) for patterns, own in read.type.items()}
    return TableMapping(
        read.dataset,
        read.key,
        read.table,
        templates("columns", read.columns),
        read.whole,
        templates("fields", read.fields),
        by_type,
        {name: _fields_of(name, by_type) for name in EVENT_TYPES},
        blocks or (Block("", Condition(), {}),),
        {**_words(read), **{name: _joined(name, each, read.table, folder) for name, each in read.join.items()}},
        read.curator,
        {name: each.model_dump(exclude_none=True) for name, each in read.party.items()},
        {name: _exchange(name, each) for name, each in read.exchange.items()},
        None if read.occurrences is None else _occurrences(read.occurrences),
        _overlays(read.row),
        tuple(read.row),
    )


def _overlays(rows: Mapping[str, _Overlay]) -> Mapping[str, Overlay]:
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


def _words(read: _Document) -> dict[str, Mapping[str, Any]]:
    roles = {
        f"{exchange} {party}": list(roles)
        for exchange, each in read.exchange.items()
        for party, roles in each.parties.items()
    }
    return {**read.values, ROLES: {**roles, ANY: ""}}


def _joined(name: str, join: _Join, table: Dialect, folder: Path) -> Mapping[str, Mapping[str, str]]:
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


def _exchange(name: str, read: _Exchange) -> Exchange:
    fields = {member: value for member, value in read.model_dump(mode="json").items() if member != "parties"}
    return Exchange(templates(f"exchange.{name}", fields), read.parties)


def _occurrences(read: _OccurrenceRule) -> OccurrenceRule:
    made = templates("occurrences", {"outdated": read.outdated, "why": read.why})
    return OccurrenceRule(
        read.primary, read.counted, read.disputed, read.alike, read.apart, made["outdated"], made["why"]
    )


# -- what must fit together --------------------------------------------------------------------


def _checked(mapping: TableMapping) -> TableMapping:
    """Raises UsageError where parts of a mapping do not fit together."""
    for name in mapping.table.columns:
        if name in mapping.columns:
            raise UsageError(f"table: {name!r} is made by [columns], and rows are skipped and filled before")
    for section, each in mapping._templates():
        if section == "fields" or section.startswith(("type.", "event.", "row.")):
            _check_names(section, each)
    _check_curator(mapping)
    for patterns in mapping.by_type:
        for pattern in patterns.split() or [patterns]:
            if not any(fnmatchcase(name, pattern) for name in EVENT_TYPES):
                raise UsageError(f"type.{patterns}: {no_event_type(pattern)}")
    for block in mapping.blocks:
        if "type" not in mapping.fields and "type" not in block.fields:
            where = f"event.{block.name}.fields.type" if block.name else "fields.type"
            raise UsageError(f"{where}: is missing; say what kind of event a row is")
        _check_fields(mapping, block)
    for section, each in mapping._templates():
        for path, found in each.items():
            for table in tables_of(found):
                if table not in mapping.tables:
                    raise UsageError(f"{section}.{path}: there is no [values.{table}] to look it up in")
    for name, exchange in mapping.exchanges.items():
        for party in exchange.parties:
            if party not in mapping.parties:
                raise UsageError(f"exchange.{name}.parties: {party!r} is not described; add [party.{party}]")
    if mapping.exchanges and "publisher" not in mapping.curator:
        raise UsageError("curator: is missing; say who declares the exchanges: publisher, kind, credibility")
    return mapping


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


def _check_curator(mapping: TableMapping) -> None:
    if "publisher" not in mapping.curator:
        return
    try:
        Source.model_validate(mapping.curator)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        field = ".".join(map(str, problem["loc"]))
        raise UsageError(f"curator.{field}: {reason_in(problem)}") from error


def _check_fields(mapping: TableMapping, block: Block) -> None:
    common = {**mapping.fields, **block.fields}
    check_paths(f"event.{block.name}.fields" if block.name else "fields", common)
    for patterns, own in mapping.by_type.items():
        check_paths(f"type.{patterns}", {**mapping.fields, **own, **block.fields})
