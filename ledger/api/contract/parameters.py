"""Every parameter that an operation can take, as the description of the API has it."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from pydantic import TypeAdapter

from ledger.api.events.entering import READ_BY
from ledger.api.state.journals import EVENTS_MAX
from ledger.changes.filters import KINDS
from ledger.follow.filters import VOCABULARIES
from schemas.events import EVENT_TYPES
from schemas.values import EventId, ExchangeId, Nationality, PartyId, RoundNumber

Document: TypeAlias = dict[str, Any]

_POSITION: Document = {"type": "string", "pattern": r"^\d{1,10}:\d{1,18}(,\d{1,10}:\d{1,18}){0,999}$"}
_WHEN = "A date, which means that whole day, or a time with its offset."
_POINT = "an event's id or its first digits, a date (that whole day, UTC) or a time with its offset"
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
    "said": {
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
    "url": {
        "description": "The address of a page of this server: an exchange, or one of its figures, rounds or charts.",
        "example": "/exchanges/RIVER-CROSSING-2017",
    },
    "maxwidth": {"description": "At most so many pixels wide.", "schema": {"type": "integer", "minimum": 1}},
    "maxheight": {"description": "At most so many pixels tall.", "schema": {"type": "integer", "minimum": 1}},
    "format": {"description": "Which it is unless given.", "schema": {"enum": ["json"]}, "example": "json"},
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
    "figure": {
        "description": "Only this figure: where there are several, of the exchange and of its rounds.",
        "schema": {"type": "string", "minLength": 1},
        "example": "captives.released",
    },
    "kind": {
        "description": "Only changes of this kind. A feed has all but `growth`, unless one is asked for.",
        "schema": {"enum": list(KINDS)},
        "example": "correction",
    },
    "q": {
        "description": f"What is looked for. {_WORDS}",
        "schema": {"type": "string", "minLength": 1},
        "example": "river",
    },
    "since": {
        "description": "What came after this position. Of a stream also after `now`, and without it everything. "
        f"Of changes also after {_POINT}; without it, the last {EVENTS_MAX:,} events.",
        "schema": {"type": "string"},
        "example": "0:1",
    },
    "until": {
        "description": f"And no further than this position, {_POINT}. Without it, up to now.",
        "schema": {"type": "string"},
        "example": "2030-01-01",
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
