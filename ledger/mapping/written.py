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
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, Strict, ValidationError

from ledger.errors import UsageError
from ledger.mapping.conditions import Condition, Patterns
from ledger.mapping.dialect import Dialect
from ledger.mapping.records import JSON_LINES, TABLES
from schemas.reasons import nearest_field, plain_path, reason_in
from schemas.values import ExchangeId, ExternalIds, Name, PartyId
from schemas.vocabulary import PartyKind, Role

LAYOUTS = Path(__file__).with_name("layouts")


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class WrittenEventBlock(Condition):
    """One of the events of a row."""

    fields: dict[str, Any] = {}


class WrittenOverlay(_Section):
    """What is known of a row beyond its columns: `[row.X]`."""

    columns: dict[str, str] = {}
    fields: dict[str, Any] = {}
    why: str | None = None


class WrittenJoin(_Section):
    """Another table, whose rows are words: `[join.X]`."""

    file: str
    key: str
    table: Dialect = Dialect()


class WrittenParty(_Section):
    """A party that is declared: `[party.x]`."""

    name: Name
    kind: PartyKind
    external_ids: Annotated[ExternalIds, Strict(False)] | None = None


class _ExternalTemplates(_Section):
    """The external ids of an exchange, which may name columns as its title may."""

    wikidata: str | None = None
    ucdp: str | None = None
    acled: str | None = None


class WrittenExchange(_Section):
    """An exchange that is declared, with the roles of its parties: `[exchange.X]`."""

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


class WrittenOccurrenceRule(_Section):
    """How rival claims are gathered: `[occurrences]`, see `OccurrenceRule`."""

    primary: Condition
    counted: Condition = Condition()
    disputed: Condition | None = None
    alike: Any = ""
    apart: tuple[str, ...] = ()
    outdated: Any = ""
    why: Any = ""


class Document(_Section):
    """The mapping file as it is written."""

    dataset: Annotated[str, Field(min_length=1)]
    key: Annotated[tuple[str, ...], Field(min_length=1)]
    table: Dialect = Dialect()
    columns: dict[str, Any] = {}
    whole: Whole | None = None
    fields: dict[str, Any] = {}
    type: dict[str, dict[str, Any]] = {}
    event: dict[str, WrittenEventBlock] = {}
    values: dict[str, dict[str, Any]] = {}
    join: dict[str, WrittenJoin] = {}
    curator: dict[str, Any] = {}
    party: dict[PartyId, WrittenParty] = {}
    exchange: dict[str, WrittenExchange] = {}
    occurrences: WrittenOccurrenceRule | None = None
    row: dict[str, WrittenOverlay] = {}


def validated(document: Mapping[str, Any]) -> Document:
    """The members of a document, each of its type. Raises UsageError, with every problem and its place."""
    try:
        return Document.model_validate(document)
    except ValidationError as error:
        raise UsageError("; ".join(map(_problem, error.errors(include_url=False)))) from error


def read_document(path: Path, below: tuple[Path, ...] = ()) -> dict[str, Any]:
    """A mapping file, laid over the one that it extends. Raises UsageError."""
    try:
        if path.is_file() and path.name.lower().endswith((*TABLES, *JSON_LINES)):
            raise UsageError(f"{path}: cannot be read as TOML: it is a table; the mapping is named before the table")
        own = _parsed(path.read_text("utf-8-sig"), str(path))
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: cannot be read as TOML: {error}") from error
    base = _base(own)
    if base is None:
        return own
    found = path.parent / base if base.endswith(".toml") else _shipped(base)
    if found.resolve() in {each.resolve() for each in (*below, path)}:
        raise UsageError(f"extends: {base} extends itself")
    return _laid_over(read_document(found, (*below, path)), own)


def read_text(text: str) -> dict[str, Any]:
    """A mapping that comes by itself, and from a stranger: of files it reads those that ship, and no other.

    Raises UsageError.
    """
    own = _parsed(text, "the mapping")
    if "join" in own:
        raise UsageError("join: reads another file, and there is none beside this mapping; write its words in [values]")
    base = _base(own)
    return own if base is None else _laid_over(read_document(_shipped(base)), own)


def _parsed(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError is also what thousands of digits raise
        raise UsageError(f"{where}: cannot be read as TOML: {error}") from error


def _base(own: dict[str, Any]) -> str | None:
    """What a mapping extends, which is then no part of it."""
    base = own.pop("extends", None)
    if base is not None and not isinstance(base, str):
        raise UsageError("extends: is no text; name a mapping that ships with the ledger, or a file")
    return base


def _shipped(name: str) -> Path:
    shipped = {each.stem: each for each in LAYOUTS.glob("*.toml")}
    if name not in shipped:
        known = ", ".join(sorted(shipped))
        raise UsageError(f"extends: {name!r} does not ship with the ledger; {known} does, or name a .toml file")
    return shipped[name]


def _laid_over(under: dict[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Tables are merged, everything else is replaced."""
    merged = dict(under)
    for name, value in over.items():
        below = merged.get(name)
        merged[name] = _laid_over(below, value) if isinstance(value, dict) and isinstance(below, dict) else value
    return merged


def _problem(detail: Any) -> str:
    """What is wrong with a mapping file, and where."""
    path = plain_path(detail["loc"])
    reason = reason_in(detail)
    if detail["type"] == "extra_forbidden":
        reason = f"has no meaning here; remove it or correct its name{nearest_field(Document, path)}"
    return f"{'.'.join(path)}: {reason}"
