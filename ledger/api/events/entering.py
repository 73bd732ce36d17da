"""What a form asks before it publishes: the types of events, how words are understood, and as whom it comes."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from ledger.api.access.tokens import Token
from ledger.api.http.problems import HttpProblem
from ledger.words.counts import count_members
from ledger.words.moments import day_or_time, moment_members
from schemas.contracts.shipped import about
from schemas.entrants import by_token
from schemas.events import EVENT_TYPES
from schemas.kinds import KINDS

WORDS_MAX = 200
"""Characters in which a count or a date is written."""
BY_COMMAND_ONLY = frozenset({"event_redacted"})
"""Types that nobody publishes: their event comes of what is done to another one."""


class EventTypeView(BaseModel):
    """A type of event that can be published. `words` follow a number, or stand alone; `nature` is what it does."""

    type: str
    words: str
    nature: str
    about: str


class EventTypes(BaseModel):
    """All of them, in the order of docs/events.md."""

    types: list[EventTypeView]


class Understood(BaseModel):
    """How words are read: the members of a count or of a moment, or a publication date as it is written in an event."""

    kind: str
    text: str
    value: dict[str, Any] | str


class PublisherView(BaseModel):
    """As whom a token publishes: `entered_by` is what each record keeps."""

    name: str
    entered_by: str
    roles: list[str]
    expires: datetime


def event_types() -> EventTypes:
    """The types of events that can be published."""
    names = (name for name in EVENT_TYPES if name not in BY_COMMAND_ONLY)
    return EventTypes(
        types=[
            EventTypeView(type=name, words=KINDS[name].words, nature=KINDS[name].nature, about=about(name))
            for name in names
        ]
    )


READ_BY: Mapping[str, Callable[[str], dict[str, Any] | str]] = {
    "count": lambda text: count_members(text),
    "moment": lambda text: {**moment_members(text)},
    "date": lambda text: day_or_time(text),
}
"""What words can be read as, and by which rule."""


def understood(kind: str, text: str) -> Understood:
    """How words are read as one of `READ_BY`. Raises HttpProblem where they cannot be, or have two readings."""
    if len(text) > WORDS_MAX:
        raise HttpProblem("invalid-request", f"said: has more than {WORDS_MAX} characters")
    try:
        return Understood(kind=kind, text=text, value=READ_BY[kind](text))
    except ValueError as error:
        raise HttpProblem("invalid-request", str(error)) from error


def publisher(token: Token) -> PublisherView:
    """As whom a token publishes."""
    roles = [role.value for role in token.roles]
    return PublisherView(name=token.name, entered_by=by_token(token.name), roles=roles, expires=token.expires)
