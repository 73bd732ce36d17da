"""What the values of each topic are, as one JSON Schema a topic that stands alone: what a schema registry holds."""

from collections.abc import Mapping
from typing import Any

from schemas import dsse, topics
from schemas.contracts.published import Document, baselines, event_schemas, readable, view_schema

DRAFT = "http://json-schema.org/draft-07/schema#"
"""What every registry can compare versions in; Apicurio 3.0 fails on a newer draft. No keyword differs in it."""
_AT = "#/definitions/"


def topic_schemas() -> dict[str, Document]:
    """By the topic's suffix. An event is any one of the types that can be read, or one in a signed envelope."""
    return {
        topics.EVENTS.suffix: _any_of({**readable(event_schemas(), baselines()), "signed": envelope_schema()}),
        topics.TALLIES.suffix: _alone(view_schema("tally")),
        topics.ROUNDS.suffix: _alone(view_schema("round")),
    }


def envelope_schema() -> Document:
    """The JSON Schema of a signed event."""
    text = {"type": "string"}
    signature = {"type": "object", "required": ["keyid", "sig"], "properties": {"keyid": text, "sig": text}}
    fields = {
        "payload": {"type": "string", "contentEncoding": "base64", "contentMediaType": dsse.PAYLOAD_TYPE},
        "payloadType": {
            "type": "string",
            "pattern": dsse.PAYLOAD_TYPES,
            "description": "With `ledger`, only the ledger of that name takes the event: its `LEDGER_NAME` says so.",
        },
        "signatures": {
            "type": "array",
            "minItems": 1,
            "maxItems": dsse.SIGNATURES_MAX,
            "items": {**signature, "additionalProperties": False},
        },
    }
    return {"type": "object", "required": [*fields], "properties": fields, "additionalProperties": False}


def side_by_side(schemas: Mapping[str, Document], at: str) -> dict[str, Document]:
    """The schemas and their definitions, to be kept `at` one place of a document, with what several define alike once.

    A schema whose definitions differ from those already there, as an older version's can, keeps its own under its
    name: `pause_ended.v1.Moment`.
    """
    shared: dict[str, Document] = {}
    components: dict[str, Document] = {}
    for name, schema in schemas.items():
        definitions = schema.get("$defs", {})
        own = any(shared.setdefault(each, definition) != definition for each, definition in definitions.items())
        prefix = f"{name}." if own else ""
        body = {key: value for key, value in schema.items() if key not in ("$schema", "$id", "$defs")}
        members = {name: body, **{f"{prefix}{each}": definition for each, definition in definitions.items()}}
        components |= {each: _pointing(member, f"{at}{prefix}") for each, member in members.items()}
    return components


def _alone(schema: Document) -> Document:
    name = schema["title"]
    definitions = side_by_side({name: schema}, _AT)
    body = definitions.pop(name)
    return {"$schema": DRAFT, "$id": schema["$id"], **body, "definitions": definitions}


def _any_of(schemas: Mapping[str, Document]) -> Document:
    types = dict.fromkeys(name.partition(".")[0] for name in schemas if name != "signed")
    return {
        "$schema": DRAFT,
        "$id": topics.schema_id("event"),
        "title": "event",
        "description": "Any event of the vocabulary, or one in a signed envelope.",
        "properties": {"type": {"enum": [*types]}},  # without it, all that is said of a typo is that no member holds
        "oneOf": [{"$ref": f"{_AT}{name}"} for name in schemas],
        "definitions": side_by_side(schemas, _AT),
    }


def _pointing(node: Any, at: str) -> Any:
    """`node` with its references pointing at what is kept `at` a place."""
    if isinstance(node, list):
        return [_pointing(each, at) for each in node]
    if not isinstance(node, dict):
        return node
    moved = {key: _pointing(value, at) for key, value in node.items()}
    if isinstance(node.get("$ref"), str):
        moved["$ref"] = f"{at}{node['$ref'].removeprefix('#/$defs/')}"
    return moved
