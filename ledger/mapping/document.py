"""A mapping file: what the columns of a table mean, and how the table is written.

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
    [table]                         # what looking at the table cannot tell: see `Dialect`
    dates = "dmy"

A field is left out where a column that its template names is empty. A count given by `best`, `low` and `high` without a
`qualifier` is an estimate, or exact where the three are one.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ledger.errors import UsageError
from ledger.mapping.dialect import Dialect
from ledger.mapping.templates import Templates, check_paths, templates
from schemas.codec import no_event_type
from schemas.errors import problem_in
from schemas.events import EVENT_TYPES


class _Document(BaseModel):
    """The mapping file as it is written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset: Annotated[str, Field(min_length=1)]
    key: Annotated[tuple[str, ...], Field(min_length=1)]
    fields: dict[str, Any]
    type: dict[str, dict[str, Any]] = {}
    values: dict[str, dict[str, Any]] = {}
    table: Dialect = Dialect()


@dataclass(frozen=True, slots=True)
class TableMapping:
    """A mapping file, read and checked."""

    dataset: str
    key: tuple[str, ...]
    fields: Templates
    by_type: Mapping[str, Templates]
    values: Mapping[str, Mapping[str, Any]]
    table: Dialect

    @classmethod
    def load(cls, path: Path) -> "TableMapping":
        """The mapping in a TOML file. Raises UsageError, which names the file, the place and the reason."""
        try:
            return cls.of(tomllib.loads(path.read_text("utf-8")))
        except (OSError, ValueError, RecursionError) as error:  # ValueError is also what thousands of digits raise
            raise UsageError(f"{path}: cannot be read as TOML: {error}") from error
        except UsageError as error:
            raise UsageError(f"{path}: {error}") from error

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "TableMapping":
        """The mapping in the members of a document. Raises UsageError."""
        try:
            read = _Document.model_validate(document)
        except ValidationError as error:
            problems = map(problem_in, error.errors(include_url=False))
            raise UsageError("; ".join(map(str, problems))) from error
        for name in read.type:
            if name not in EVENT_TYPES:
                raise UsageError(f"type.{name}: {no_event_type(name)}")
        if "type" not in read.fields:
            raise UsageError("fields.type: is missing; say what kind of event a row is")
        fields = templates("fields", read.fields)
        by_type = {name: templates(f"type.{name}", own) for name, own in read.type.items()}
        check_paths("fields", fields)
        for name, own in by_type.items():
            check_paths(f"type.{name}", {**fields, **own})
        return cls(read.dataset, read.key, fields, by_type, read.values, read.table)

    @property
    def columns(self) -> Mapping[str, str]:
        """Every column that it names, with the place in the mapping that names it first."""
        sections = [("fields", self.fields), *((f"type.{name}", own) for name, own in self.by_type.items())]
        named = [
            (column.name, f"{section}.{path}")
            for section, own in sections
            for path, template in own.items()
            for column in template.columns
        ]
        places = [*dict.fromkeys(self.key, "key").items(), *named, *dict.fromkeys(self.table.columns, "table").items()]
        return dict(reversed(places))
