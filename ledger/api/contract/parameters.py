"""Every parameter that an operation can take, as the description of the API has it."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from pydantic import TypeAdapter

from ledger.follow.filters import VOCABULARIES
from schemas.values import EventId, ExchangeId, Nationality, PartyId, RoundNumber

Document: TypeAlias = dict[str, Any]

_POSITION: Document = {"type": "string", "pattern": r"^\d{1,10}:\d{1,18}(,\d{1,10}:\d{1,18}){0,999}$"}
_WHEN = "A date, which means that whole day, or a time with its offset."
_WORDS = "All words must be there; the last need not be written to its end. Case, accents and vowel points are one."
_PARTY: Document = TypeAdapter(PartyId).json_schema()
_COUNTRY: Document = TypeAdapter(Nationality).json_schema()
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
    "why": {
        "description": "The grounds, in words that the public may read: never the name itself.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 2000},
        "example": "The note named somebody.",
    },
    "exchange": {"description": "Only this exchange.", "schema": TypeAdapter(ExchangeId).json_schema()},
    "round": {"description": "Only this round.", "schema": {"type": "integer", "minimum": 0}},
    "type": {"description": "Only events of this type.", "schema": {"enum": [*VOCABULARIES["type"]]}},
    "publisher": {
        "description": "Only what this publisher says, whatever the case and the accents.",
        "example": "OCHA",
    },
    "party": {"description": "Only events that name this party, in whatever role.", "schema": _PARTY},
    "country": {
        "description": "Only events that name nationals of this country.",
        "schema": _COUNTRY,
        "example": "PSE",
    },
    "status": {"description": "Only what its source says to be so.", "schema": {"enum": [*VOCABULARIES["status"]]}},
    "side": {"description": "Only events about the people of this side.", "schema": {"enum": [*VOCABULARIES["side"]]}},
    "text": {"description": f"Only events that have these words in their texts. {_WORDS}", "example": "bus"},
    "occurred_from": {"description": f"Only what may have happened then or later. {_WHEN}", "example": "2017-12-24"},
    "occurred_to": {"description": f"Only what may have happened by then. {_WHEN}", "example": "2017-12-31"},
    "published_from": {"description": f"Only what was published then or later. {_WHEN}", "example": "2017-12-24"},
    "published_to": {"description": f"Only what was published by then. {_WHEN}", "example": "2018-01-31"},
    "recorded_from": {
        "description": f"Only what this ledger recorded then or later, in UTC. {_WHEN}",
        "example": "2018-01-01",
    },
    "recorded_to": {"description": f"Only what this ledger recorded by then, in UTC. {_WHEN}", "example": "2030-01-01"},
    "q": {
        "description": f"What is looked for. {_WORDS}",
        "schema": {"type": "string", "minLength": 1},
        "example": "river",
    },
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
