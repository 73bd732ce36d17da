"""What an event names: the parties, the countries and the words in it, found by the types of its fields.

Where they stand follows from the models, so that a new type of event is asked for like any other.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, TypeAlias, get_args

import orjson
from pydantic import BaseModel, StringConstraints
from pydantic.fields import FieldInfo

from schemas.codec import decode
from schemas.dsse import event_bytes
from schemas.events import EVENT_TYPES
from schemas.kinds import KINDS
from schemas.values import Name, Nationality, PartyId, Prose, Text, Value
from schemas.vocabulary import Side

Members: TypeAlias = Mapping[str, Any]
"""An event as JSON has it. What is at its default may be left out."""


def members_of(payload: bytes) -> Members:
    """The members of an event, lifted to today's version of its type. Only the envelope is of use where that is newer.

    `payload`: bytes that were validated when they came, or that stand in place of what was redacted.
    """
    members: Members = orjson.loads(event_bytes(payload))
    model = EVENT_TYPES.get(members["type"])
    if model is None or members.get("version", 1) == model.model_fields["version"].default:
        return members
    return decode(payload).model_dump(mode="json")


def is_understood(members: Members) -> bool:
    """Whether this software knows what an event says: not of one that is newer, nor of one that was redacted."""
    model = EVENT_TYPES.get(members["type"])
    return model is not None and members.get("version", 1) == model.model_fields["version"].default


class Mentions(NamedTuple):
    """What an event names, in the order in which it stands there.

    `parties`: each, in whatever role. `countries`: those whose nationals it names. `texts`: whatever is written for
    people, as names, titles, places, notes, a source's own words.
    """

    parties: list[str]
    countries: list[str]
    texts: list[str]


def mentions(members: Members) -> Mentions:
    """What an event names; nothing of one that is not understood."""
    found = Mentions([], [], [])
    if (fields := _fields_of(members["type"])) is not None:
        _gather(members, fields, found)
    return found


_TELLING = ("as_stated", "note", "title", "name", "what", "why", "position", "topic", "region", "venue")


def sayings(members: Members) -> list[str]:
    """The texts that tell most of an event, the source's own words first."""
    return [str(members[name]) for name in _TELLING if members.get(name) is not None]


def status_in(members: Members) -> str:
    """What the source says of its own claim."""
    return str(members.get("status", "reported"))


def side_in(members: Members) -> Side | None:
    """Whose people an event is about: by its kind, `side`, `leg` or `figure`; None where none of them says."""
    event_type = members["type"]
    if event_type not in KINDS or KINDS[event_type].side is not None:
        return KINDS[event_type].side if event_type in KINDS else None
    fields = EVENT_TYPES[event_type].model_fields
    if "side" in fields:
        said = members.get("side", fields["side"].default)
    else:
        said = members.get("leg") or members.get("figure") or ""
        said = {"remains": "captives"}.get(said, said)
    return next((each for each in get_args(Side) if str(said).startswith(each[:-1])), None)


# -- where they stand ------------------------------------------------------------------------------

_Fields: TypeAlias = Mapping[str, "int | _Fields"]
"""By name, the place in `Mentions` that a field's texts have; else the fields of what is in it."""
_PLACES: Mapping[Any, int] = {PartyId: 0, Nationality: 1, Name: 2, Text: 2, Prose: 2}


def _gather(members: Members, fields: _Fields, found: Mentions) -> None:
    for name, value in members.items():
        place = fields.get(name)
        if place is None or value is None:
            continue
        values = value if isinstance(value, list) else (value,)
        if isinstance(place, int):
            found[place].extend(values)
        else:
            for each in values:
                _gather(each, place, found)


@cache
def _fields_of(event_type: str) -> _Fields | None:
    model = EVENT_TYPES.get(event_type)
    return None if model is None else _fields(model)


def _fields(model: type[BaseModel]) -> _Fields:
    found: dict[str, int | _Fields] = {}
    for name, field in model.model_fields.items():
        inner, texts = _parts(field)
        places = [place for kind, place in _PLACES.items() if _marks(get_args(kind)[1:]) in texts]
        below: dict[str, int | _Fields] = {}
        for each in inner:
            below |= _fields(each)
        if places or below:
            found[name] = places[0] if places else below
    return found


def _parts(field: FieldInfo) -> tuple[set[type[BaseModel]], set[frozenset[object]]]:
    """The models in a field's type, and how each of its texts is marked."""
    models, texts = set[type[BaseModel]](), set[frozenset[object]]()

    def walk(annotation: Any, metadata: Sequence[object]) -> None:
        if isinstance(annotation, type) and issubclass(annotation, Value):
            models.add(annotation)
        elif annotation is str:
            texts.add(_marks(metadata))
        elif hasattr(annotation, "__metadata__"):
            walk(annotation.__origin__, [*annotation.__metadata__, *metadata])
        else:
            for each in get_args(annotation):
                walk(each, ())

    walk(field.annotation, field.metadata)
    return models, texts


def _marks(metadata: Sequence[object]) -> frozenset[object]:
    """What tells one type of text from another: its shape, the lengths that it may have, and how it is marked."""
    rules = [each for each in metadata if isinstance(each, StringConstraints)]
    shapes = [(each.pattern, each.min_length, each.max_length) for each in rules]
    return frozenset([*shapes, *(each for each in metadata if isinstance(each, str))])
