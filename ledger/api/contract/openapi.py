"""The description of all routes (OpenAPI 3.1), generated from the operations and the models.

`python -m ledger.api` writes it into the tree, with an example of each answer that the server itself gave.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, TypeAlias

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import models_json_schema

from ledger.api.contract.operations import OPERATIONS, Operation
from ledger.api.events.publishing import Receipts
from ledger.api.events.records import Records, RecordView
from ledger.api.events.rejects import RejectedView
from ledger.api.http.problems import MEDIA_TYPE, TITLES, ProblemView
from ledger.api.http.query import AS_OF, FORMATS
from ledger.api.service.health import Live, Ready
from ledger.api.stream.frames import NDJSON, SSE
from ledger.api.views.metadata import Metadata
from ledger.api.views.proofs import ProofView
from ledger.api.views.views import VIEWS, Exchanges, Removed
from ledger.proof.figure import FigureFile
from schemas.events import Event
from schemas.values import EventId, ExchangeId, RoundNumber

FILE = "openapi.json"

Document: TypeAlias = dict[str, Any]
Examples: TypeAlias = Mapping[str, Any]
"""By operation, with the ending of its path where it has one: what the server answered."""

_REF = "#/components/schemas/{model}"
_INTRODUCTION = """\
Every number of a ledger is a sum of attributed claims. Views are read as they are now, as of another moment, or at a
position for good; changes are followed as they come; events are published one by one or many at once.

The same events give the same bytes, whatever kind of log the ledger is kept in."""

_POSITION: Document = {"type": "string", "pattern": r"^\d{1,10}:\d{1,18}(,\d{1,10}:\d{1,18}){0,999}$"}
_WHEN = "A date, which means that whole day, or a time with its offset."
_QUERY: Mapping[str, Document] = {
    "occurred_by": {"description": f"What had happened by then, as known now. {_WHEN}", "example": "2017-12-27"},
    "published_by": {"description": f"What the public could know by then. {_WHEN}", "example": "2017-12-28"},
    "recorded_by": {"description": f"What this ledger had recorded by then. {_WHEN}", "example": "2030-01-01"},
    "through": {
        "description": "The log up to and including this event: its id, or the first digits of it.",
        "schema": {"type": "string", "pattern": "^[0-9a-fA-F][0-9a-fA-F-]{0,35}$"},
    },
    "position": {"description": "The log up to here, for good.", "schema": _POSITION, "example": "0:3"},
    "after": {"description": "Where the last page has `reached`.", "schema": _POSITION, "example": "0:1"},
    "limit": {"description": "At most so many.", "schema": {"type": "integer", "minimum": 1, "maximum": 1000}},
    "exchange": {"description": "Only this exchange.", "schema": TypeAdapter(ExchangeId).json_schema()},
    "round": {"description": "Only this round, of an exchange.", "schema": {"type": "integer", "minimum": 0}},
    "since": {
        "description": "What came after this position, or after `now`. Without it, everything.",
        "schema": {"type": "string", "pattern": r"^(now|\d{1,10}:\d{1,18}(,\d{1,10}:\d{1,18}){0,999})$"},
        "example": "now",
    },
}
_LAST_EVENT_ID: Document = {
    "in": "header",
    "description": "Where a browser has come to that comes again. It goes before `since`.",
    "schema": _POSITION,
}
_PATH: Mapping[str, Document] = {
    "exchange": {"schema": TypeAdapter(ExchangeId).json_schema(), "example": "RIVER-CROSSING-2017"},
    "event": {"schema": TypeAdapter(EventId).json_schema()},
    "round": {"schema": TypeAdapter(RoundNumber).json_schema(), "example": 1},
    "figure": {"schema": {"type": "string", "minLength": 1}, "example": "captives.released"},
}
_PARAMETERS: Mapping[str, Sequence[str]] = {
    "exchanges": AS_OF,
    **dict.fromkeys(VIEWS, AS_OF),
    "proof": AS_OF,
    "events": ("after", "limit", "exchange"),
    "rejected": ("limit",),
    "streamEvents": ("exchange", "round", "since", "Last-Event-ID"),
    "streamTallies": ("exchange", "since", "Last-Event-ID"),
    "streamRounds": ("exchange", "round", "since", "Last-Event-ID"),
}
_MODELS: Mapping[str, type[BaseModel]] = {
    "exchanges": Exchanges,
    **{view.name: view.model for view in VIEWS.values()},
    "proofs": ProofView,
    "proof": FigureFile,
    "events": Records,
    "event": RecordView,
    "publish": Receipts,
    "rejected": RejectedView,
    "live": Live,
    "ready": Ready,
}
_STREAMED: Mapping[str, Mapping[str, type[BaseModel]]] = {
    "streamEvents": {"event": RecordView},
    "streamTallies": {"tally": VIEWS["tally"].model},
    "streamRounds": {"round": VIEWS["round"].model, "removed": Removed},
}
_LISTS = frozenset({*(view.name for view in VIEWS.values() if view.is_list), "rejected", "proofs"})
_READ = ("304", "400", "401", "403", "404", "410", "429", "503")
_STREAM = ("400", "401", "403", "406", "410", "429", "503")
_FAILURES: Mapping[str, Sequence[str]] = {
    "exchanges": _READ,
    **dict.fromkeys(VIEWS, _READ),
    "proofs": ("400", "401", "403", "404", "429", "503"),
    "proof": tuple(status for status in _READ if status != "304"),
    "events": ("400", "401", "403", "410", "429", "503"),
    "event": ("400", "401", "403", "404", "429", "503"),
    "publish": ("400", "401", "403", "408", "409", "413", "415", "429", "503"),
    "rejected": ("400", "401", "403", "503"),
    **dict.fromkeys(("streamEvents", "streamTallies", "streamRounds"), _STREAM),
    "openapi": ("400",),
    "metrics": ("401", "403"),
}
_MEANINGS: Mapping[str, str] = {
    "304": "The client has it already.",
    **{str(status): f"{title}." for status, title in list(TITLES.values())[::-1]},
}
_HEADERS: Mapping[str, Document] = {
    "ETag": {"description": "Changes when the body does.", "schema": {"type": "string"}},
    "Ledger-Position": {"description": "Where the log is read up to.", "schema": {"type": "string"}},
    "Link": {"description": "The same for good, as `rel=bookmark`.", "schema": {"type": "string"}},
}


@cache
def served() -> bytes:
    """The description as it is in the tree."""
    return files("ledger.api.contract").joinpath(FILE).read_bytes()


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
            "parameters": _parameters(),
            "responses": {status: _failure(status) for status in _MEANINGS},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "A token of `ledger token make`."}
            },
        },
    }


def _paths(operation: Operation) -> list[tuple[str, str]]:
    endings = [each for each in FORMATS if each != ".json"] if operation.has_forms else []
    return [(f"{operation.path}{ending}", ending) for ending in ("", *endings)]


def _operation(operation: Operation, ending: str, examples: Examples) -> Document:
    name = operation.id + "".join(part.title() for part in ending.split("."))
    described: Document = {"operationId": name, "summary": operation.summary}
    if operation.needs is not None:
        described["description"] = _needs(operation)
        described["security"] = [{"token": []}] if operation.needs != "read" else [{}, {"token": []}]
    named = [f"path-{name}" for name in _PATH if f"{{{name}}}" in operation.path]
    parameters = [{"$ref": f"#/components/parameters/{name}"} for name in (*named, *_PARAMETERS.get(operation.id, ()))]
    if parameters:
        described["parameters"] = parameters
    if operation.id == "publish":
        described["requestBody"] = _body(examples)
    return {**described, "responses": _responses(operation, ending, examples)}


def _needs(operation: Operation) -> str:
    if operation.needs == "read":
        return "Open, or with a token of role `read`, as the server is set up."
    return f"Needs a token of role `{operation.needs}`."


def _parameters() -> dict[str, Document]:
    in_path = {f"path-{name}": {"name": name, "in": "path", "required": True, **each} for name, each in _PATH.items()}
    query = {name: {"name": name, "in": "query", "schema": {"type": "string"}, **each} for name, each in _QUERY.items()}
    return {**in_path, **query, "Last-Event-ID": {"name": "Last-Event-ID", **_LAST_EVENT_ID}}


def _failure(status: str) -> Document:
    if status == "304":
        return {"description": _MEANINGS[status]}
    content = {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model="ProblemView")}}}
    return {"description": _MEANINGS[status], "content": content}


def _body(examples: Examples) -> Document:
    lines: str = examples["body"]
    one = {"schema": {"$ref": _REF.format(model="Event")}, "example": examples["line"]}
    return {
        "required": True,
        "description": "Events, one JSON object a line. One without an id gets one made of its own bytes.",
        "content": {NDJSON: {"schema": {"type": "string"}, "example": lines}, "application/json": one},
    }


# -- answers ---------------------------------------------------------------------------------------


def _responses(operation: Operation, ending: str, examples: Examples) -> Document:
    answers = _answers(operation, ending, examples)
    for status in _FAILURES.get(operation.id, ()):
        answers[status] = {"$ref": f"#/components/responses/{status}"}
    if operation.id == "ready":
        answers["503"] = {**answers["200"], "description": "It is not up to date, or the log does not answer."}
    return answers


def _answers(operation: Operation, ending: str, examples: Examples) -> dict[str, Document]:
    answer: Document = {"description": operation.summary, "content": _content(operation, ending, examples)}
    if operation.has_forms:
        answer["headers"] = _HEADERS
    if operation.id == "publish":
        some = {**answer, "description": "Some lines are in the log; each of the others says why not."}
        return {"201": {**answer, "description": "All are in the log."}, "207": some}
    return {"200": answer}


def _content(operation: Operation, ending: str, examples: Examples) -> Document:
    example = {"example": examples[operation.id + ending]} if operation.id + ending in examples else {}
    if operation.id.startswith("stream"):
        return {SSE: {"schema": _streamed(_STREAMED[operation.id]), **example}, NDJSON: {"schema": {"type": "string"}}}
    if ending.endswith(".csv"):
        return {"text/csv": {"schema": {"type": "string"}, **example}}
    if operation.id == "metrics":
        return {"text/plain": {"schema": {"type": "string"}}}
    if operation.id == "openapi":
        return {"application/json": {"schema": {"type": "object"}}}
    model = Metadata if ending == ".metadata.json" else _MODELS[operation.id]
    schema: Document = {"$ref": _REF.format(model=model.__name__)}
    if operation.id in _LISTS and ending != ".metadata.json":
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
    models: list[type[BaseModel]] = [*dict.fromkeys(_MODELS.values()), Metadata, ProblemView, Removed]
    _, views = models_json_schema([(model, "serialization") for model in models], ref_template=_REF)
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
