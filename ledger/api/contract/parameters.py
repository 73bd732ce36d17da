"""Every parameter that an operation can take, as the description of the API has it."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from pydantic import TypeAdapter

from ledger.api.events.entering import READ_BY
from schemas.events import EVENT_TYPES
from schemas.values import EventId, ExchangeId, RoundNumber

Document: TypeAlias = dict[str, Any]

_POSITION: Document = {"type": "string", "pattern": r"^\d{1,10}:\d{1,18}(,\d{1,10}:\d{1,18}){0,999}$"}
_WHEN = "A date, which means that whole day, or a time with its offset."
IN_QUERY: Mapping[str, Document] = {
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
    "all": {"description": "Also what was dealt with.", "schema": {"type": "boolean"}, "example": True},
    "dry_run": {
        "description": "Write nothing: say what would become of the events, and which figures would move.",
        "schema": {"type": "boolean"},
        "example": True,
    },
    "text": {
        "description": "The words, such as `about 900`, `250-300`, `5 March 2024`.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 200},
        "example": "about 900",
    },
    "why": {
        "description": "The grounds, in words that the public may read: never the name itself.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 2000},
        "example": "The note named somebody.",
    },
    "exchange": {"description": "Only this exchange.", "schema": TypeAdapter(ExchangeId).json_schema()},
    "round": {"description": "Only this round, of an exchange.", "schema": {"type": "integer", "minimum": 0}},
    "since": {
        "description": "What came after this position, or after `now`. Without it, everything.",
        "schema": {"type": "string", "pattern": r"^(now|\d{1,10}:\d{1,18}(,\d{1,10}:\d{1,18}){0,999})$"},
        "example": "now",
    },
}
IN_PATH: Mapping[str, Document] = {
    "exchange": {"schema": TypeAdapter(ExchangeId).json_schema(), "example": "RIVER-CROSSING-2017"},
    "event": {"schema": TypeAdapter(EventId).json_schema()},
    "round": {"schema": TypeAdapter(RoundNumber).json_schema(), "example": 1},
    "chart": {"schema": {"type": "string", "minLength": 1}, "example": "rounds"},
    "figure": {"schema": {"type": "string", "minLength": 1}, "example": "captives.released"},
    "type": {"schema": {"enum": [*EVENT_TYPES]}, "example": "captives_released"},
    "kind": {"schema": {"enum": [*READ_BY]}, "example": "count"},
}
LAST_EVENT_ID = "Last-Event-ID"
"""The header of every stream by which a browser comes again."""
_IN_HEADER: Document = {
    "in": "header",
    "description": "Where a browser has come to that comes again. It goes before `since`.",
    "schema": _POSITION,
}


def parameters() -> dict[str, Document]:
    """Every parameter, by the name under which operations refer to it."""
    path = {f"path-{name}": {"name": name, "in": "path", "required": True, **each} for name, each in IN_PATH.items()}
    text = {"type": "string"}
    query = {name: {"name": name, "in": "query", "schema": text, **each} for name, each in IN_QUERY.items()}
    return {**path, **query, LAST_EVENT_ID: {"name": LAST_EVENT_ID, **_IN_HEADER}}
