"""The description of all routes (OpenAPI 3.1), generated from the operations and the models.

`python -m ledger.api` writes it into the tree, with an example of each answer that the server itself gave.
"""

from collections.abc import Mapping
from itertools import chain
from typing import Any, TypeAlias

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import models_json_schema

from ledger.api.contract.operation import Json, Opaque, Operation, Streamed
from ledger.api.contract.operations import OPERATIONS
from ledger.api.contract.parameters import LAST_EVENT_ID, Document, parameters
from ledger.api.http.forms import FORMS
from ledger.api.http.problems import MEDIA_TYPE, TITLES, ProblemView
from ledger.api.stream.frames import NDJSON, SSE
from ledger.api.views.metadata import Metadata
from schemas.contracts.published import description
from schemas.events import Event

Examples: TypeAlias = Mapping[str, Any]
"""By operation, with the ending of its path where it has one: what the server answered."""

_REF = "#/components/schemas/{model}"
_INTRODUCTION = """\
Every number of a ledger is a sum of attributed claims. Views are read as they are now, as of another moment, or at a
position for good; changes are followed as they come; events are published one by one or many at once.

The same events give the same bytes, whatever kind of log the ledger is kept in."""

_MEANINGS: Mapping[str, str] = {
    "304": "The client has it already.",
    **{str(status): f"{title}." for status, title in list(TITLES.values())[::-1]},
}
_HEADERS: Mapping[str, Document] = {
    "ETag": {"description": "Changes when the body does.", "schema": {"type": "string"}},
    "Ledger-Position": {"description": "Where the log is read up to.", "schema": {"type": "string"}},
    "Link": {"description": "The same for good, as `rel=bookmark`.", "schema": {"type": "string"}},
}


def openapi(examples: Examples, version: str) -> Document:
    """The whole document, for a version of the software."""
    paths: dict[str, Document] = {}
    for operation in OPERATIONS:
        for path, ending in _paths(operation):
            paths.setdefault(path, {})[operation.method.lower()] = _operation(operation, ending, examples)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Exchange ledger",
            "version": version,
            "description": _INTRODUCTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "parameters": parameters(),
            "responses": {status: _failure(status) for status in _MEANINGS},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "A token of `ledger token make`."}
            },
        },
    }


def _paths(operation: Operation) -> list[tuple[str, str]]:
    endings = [each for each in FORMS if each != ".json"] if operation.has_forms else []
    return [(f"{operation.path}{ending}", ending) for ending in ("", *endings)]


def _operation(operation: Operation, ending: str, examples: Examples) -> Document:
    name = operation.id + "".join(part.title() for part in ending.split("."))
    described: Document = {"operationId": name, "summary": operation.summary}
    if operation.needs is not None:
        described["description"] = _needs(operation)
        described["security"] = [{"token": []}] if operation.needs != "read" else [{}, {"token": []}]
    resumed = [LAST_EVENT_ID] if isinstance(operation.answer, Streamed) else []
    named = (*(f"path-{each}" for each in operation.in_path), *(operation.query or ()), *resumed)
    if referred := [{"$ref": f"#/components/parameters/{each}"} for each in named]:
        described["parameters"] = referred
    if operation.takes is not None:
        described["requestBody"] = _lines(examples) if operation.takes == "events" else _object(operation, examples)
    return {**described, "responses": _responses(operation, ending, examples)}


def _needs(operation: Operation) -> str:
    if operation.needs == "read":
        return "Open, or with a token of role `read`, as the server is set up."
    return f"Needs a token of role `{operation.needs}`."


def _failure(status: str) -> Document:
    if status == "304":
        return {"description": _MEANINGS[status]}
    content = {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model="ProblemView")}}}
    return {"description": _MEANINGS[status], "content": content}


def _object(operation: Operation, examples: Examples) -> Document:
    assert isinstance(operation.takes, type)
    schema = {"$ref": _REF.format(model=operation.takes.__name__)}
    content = {"application/json": {"schema": schema, "example": examples[f"{operation.id} sent"]}}
    return {"required": True, "description": description(operation.takes), "content": content}


def _lines(examples: Examples) -> Document:
    lines: str = examples["body"]
    one = {"schema": {"$ref": _REF.format(model="Event")}, "example": examples["line"]}
    return {
        "required": True,
        "description": "Events, one JSON object a line. One without an id gets one made of its own bytes.",
        "content": {NDJSON: {"schema": {"type": "string"}, "example": lines}, "application/json": one},
    }


# -- answers ---------------------------------------------------------------------------------------


def _responses(operation: Operation, ending: str, examples: Examples) -> Document:
    headers = {"headers": _HEADERS} if 304 in operation.every_failure() else {}
    answers = {
        str(status): {"description": meaning, "content": _content(operation, ending, status, examples), **headers}
        for status, meaning in operation.meanings.items()
    }
    return answers | {str(each): {"$ref": f"#/components/responses/{each}"} for each in operation.every_failure()}


def _content(operation: Operation, ending: str, status: int, examples: Examples) -> Document:
    answer, name = operation.answer, operation.id + ending
    example = {"example": examples.get(f"{name} {status}", examples[name])} if operation.has_example else {}
    if isinstance(answer, Streamed):
        return {SSE: {"schema": _streamed(answer.kinds), **example}, NDJSON: {"schema": {"type": "string"}}}
    if isinstance(answer, Opaque):
        return {answer.media_type: {"schema": {"type": answer.type}}}
    if ending and not FORMS[ending].is_json:
        return {FORMS[ending].media_type.partition(";")[0]: {"schema": {"type": "string"}, **example}}
    if ending == ".csl.json":
        return {FORMS[ending].media_type: {"schema": {"type": "array", "items": {"type": "object"}}, **example}}
    is_beside = ending == ".metadata.json"
    models = (Metadata,) if is_beside else operation.bodies.get(status, (answer.model,))
    named: list[Document] = [{"$ref": _REF.format(model=model.__name__)} for model in models]
    schema = named[0] if len(named) == 1 else {"anyOf": named}
    if answer.is_list and not is_beside:
        schema = {"type": "array", "items": schema}
    return {"application/json": {"schema": schema, **example}}


def _streamed(kinds: Mapping[str, type[BaseModel]]) -> Document:
    """One of the Server-Sent Events of a stream."""
    models = [{"$ref": _REF.format(model=model.__name__)} for model in kinds.values()]
    data = {"type": "string", "contentMediaType": "application/json", "contentSchema": {"anyOf": models}}
    return {
        "type": "object",
        "description": "One event of the stream. A sign of life has no data.",
        "properties": {
            "id": {"type": "string", "description": "Where to go on after it."},
            "event": {"enum": [*kinds, "message"]},
            "data": data,
        },
    }


def _schemas() -> Document:
    answered = [each.answer.model for each in OPERATIONS if isinstance(each.answer, Json)]
    others = [*chain(*(each.bodies.values() for each in OPERATIONS))]
    streams = [each.answer.kinds.values() for each in OPERATIONS if isinstance(each.answer, Streamed)]
    models = list[type[BaseModel]](dict.fromkeys([*answered, *chain(*others, *streams), Metadata, ProblemView]))
    taken = [each.takes for each in OPERATIONS if isinstance(each.takes, type)]
    _, views = models_json_schema(
        [*((model, "serialization") for model in models), *((model, "validation") for model in taken)],
        ref_template=_REF,
    )
    event = TypeAdapter(Event).json_schema(ref_template=_REF)
    parts = event.pop("$defs")
    clashing = {name for name in parts.keys() & views["$defs"].keys() if parts[name] != views["$defs"][name]}
    written = _renamed({**parts, "Event": event}, clashing)
    return {**views["$defs"], **written}


def _renamed(schemas: Document, names: set[str]) -> Document:
    """Schemas of what is sent, where what is read has another schema of the same name."""
    targets = {_REF.format(model=name): _REF.format(model=f"{name}Sent") for name in names}
    renamed = {f"{name}Sent" if name in names else name: schema for name, schema in schemas.items()}
    result: Document = _pointed(renamed, targets)
    return result


def _pointed(node: Any, targets: Mapping[str, str]) -> Any:
    if isinstance(node, dict):
        return {name: _pointed(value, targets) for name, value in node.items()}
    if isinstance(node, list):
        return [_pointed(each, targets) for each in node]
    return targets.get(node, node) if isinstance(node, str) else node
