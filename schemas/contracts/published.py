"""The JSON Schemas that the models stand for, and those that releases have promised."""

import inspect
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias, get_args

import orjson
from pydantic import BaseModel

from schemas.codec import UPCASTERS, Upcaster
from schemas.compatibility import Bundle, breaks_any
from schemas.contracts.meanings import meaning
from schemas.errors import LedgerError
from schemas.events import EVENT_TYPES
from schemas.topics import schema_id
from schemas.values import Value
from schemas.view_kinds import VIEW_KINDS

DIALECT = "https://json-schema.org/draft/2020-12/schema"

VIEWS: Mapping[str, type[BaseModel]] = {kind.contract: kind.model for kind in VIEW_KINDS.values()}

CONTRACTS = Path(__file__).parent

Document: TypeAlias = dict[str, Any]


class IncompatibleContracts(LedgerError):
    """The models would break messages that a release allowed: every break found."""

    def __init__(self, findings: list[str]) -> None:
        self.findings = findings
        super().__init__(
            "the models no longer take what a release allowed; undo the change, or raise the version of the type "
            "and add an upcaster:\n  " + "\n  ".join(findings)
        )


def event_schema(model: type[BaseModel]) -> Document:
    """The JSON Schema of one event class, as a document of its own."""
    name, version = model.model_fields["type"].default, model.model_fields["version"].default
    schema = _described(model.model_json_schema(), model)
    # The encoder always writes these; a decoder reads an absent version as 1.
    schema["required"] = ["type", "version", "id", *(n for n in schema["required"] if n != "id")]
    schema["properties"] = {n: schema["properties"][n] for n in ("type", "version", *schema["properties"])}
    for fixed in ("type", "version"):
        schema["properties"][fixed].pop("default")
    return _document(schema_id("event", name, f"v{version}"), f"{name} (version {version})", schema)


def view_schema(name: str) -> Document:
    """The JSON Schema of one view, as a document of its own."""
    schema = _described(VIEWS[name].model_json_schema(mode="serialization"), VIEWS[name])
    return _document(schema_id("view", name), name, schema)


def event_schemas(models: Mapping[str, type[Value]] = EVENT_TYPES) -> dict[str, Document]:
    """The schemas of the current version of each event type, by name: `captives_released.v1`."""
    return {f"{name}.v{model.model_fields['version'].default}": event_schema(model) for name, model in models.items()}


def baselines(contracts: Path = CONTRACTS) -> dict[str, Bundle]:
    """What each release published, oldest first."""
    bundles = [orjson.loads(path.read_bytes()) for path in (contracts / "released").glob("*.json")]
    bundles.sort(key=lambda bundle: [int(part) for part in bundle["release"].split(".")])
    return {bundle["release"]: bundle["events"] for bundle in bundles}


def readable(
    current: Bundle, released: Mapping[str, Bundle], upcasters: Mapping[tuple[str, int], Upcaster] = UPCASTERS
) -> dict[str, Any]:
    """`current`, then the released schemas of older versions that an upcaster still lifts."""
    older = {name: schema for bundle in released.values() for name, schema in bundle.items() if name not in current}
    return {**current, **{name: schema for name, schema in older.items() if _key(name) in upcasters}}


def checked_schemas(contracts: Path = CONTRACTS, models: Mapping[str, type[Value]] = EVENT_TYPES) -> dict[str, Any]:
    """Every event schema to publish. Raises IncompatibleContracts."""
    released = baselines(contracts)
    schemas = readable(event_schemas(models), released)
    if findings := breaks_any(released, schemas):
        raise IncompatibleContracts(findings)
    return schemas


def printed(document: object) -> str:
    """A JSON document as it is kept in the tree."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def printed_bundle(release: str, schemas: Bundle) -> str:
    """The event schemas of one release, one a line."""
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(schema)}" for name, schema in schemas.items())
    return f'{{"release": {json.dumps(release)}, "events": {{\n{lines}\n}}}}\n'


def description(model: type[BaseModel]) -> str:
    """The docstring of `model`, one paragraph a line."""
    paragraphs = inspect.cleandoc(model.__doc__ or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def parts(annotation: Any) -> list[type[BaseModel]]:
    """The models that `annotation` is made of, each once, the outer ones first."""
    found: dict[type[BaseModel], None] = {}
    waiting = [annotation]
    while waiting:
        each = waiting.pop(0)
        if isinstance(each, type) and issubclass(each, BaseModel):
            if each not in found:
                found[each] = None
                waiting += [field.annotation for field in each.model_fields.values()]
        else:
            waiting += get_args(each)
    return list(found)


def _key(name: str) -> tuple[str, int]:
    type, _, version = name.rpartition(".v")
    return type, int(version)


def _document(identity: str, title: str, schema: Document) -> Document:
    first = {"$schema": DIALECT, "$id": identity, "title": title}
    last = {"$defs": schema.pop("$defs")} if "$defs" in schema else {}
    head: Document = {key: schema.pop(key) for key in ("description", "type", "required") if key in schema}
    return {**first, **head, **schema, **last}


def _described(schema: Document, model: type[BaseModel]) -> Document:
    """`schema` with our words in place of pydantic's: a description for each field, no generated titles."""
    named = {each.__name__: each for each in parts(model)}
    for name, part in [(model.__name__, schema), *schema.get("$defs", {}).items()]:
        part["description"] = description(named[name])
        part.pop("title", None)
        for field, member in part.get("properties", {}).items():
            member.pop("title", None)
            if _is_told(named[name]):
                member["description"] = meaning(named[name], field)
    return schema


def _is_told(model: type[BaseModel]) -> bool:
    return not model.__module__.endswith(".views")
