"""Bytes to events and back: the only place that parses or prints the bytes of an event."""

from collections.abc import Callable, Mapping
from typing import Any, cast

import msgspec
import orjson
from pydantic import TypeAdapter, ValidationError

from schemas.errors import InvalidEvent, Problem
from schemas.events import EVENT_TYPES, AnyEvent, Event
from schemas.lean import lean_decoder
from schemas.values import EventId, ExchangeId, Value
from schemas.wellformed import check_size, check_text

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]
"""Turns the JSON members of one version of a payload into those of the next version."""

UPCASTERS: Mapping[tuple[str, int], Upcaster] = {}
"""By (type, version from which it lifts). Both decoders go through the same table."""


class UnknownEvent(Value):
    """An event of a type or version newer than this software: kept, counted, and reported.

    Its envelope is readable; its payload is not.
    """

    type: str
    version: int
    id: EventId
    exchange: ExchangeId


class Codec:
    """Decodes strictly (`decode`) what comes from outside, and leanly (`skim`) what a log already holds.

    Both give the same attributes, run the same upcasters, and raise InvalidEvent for what is no event.
    """

    def __init__(
        self,
        models: Mapping[str, type[Value]],
        adapter: TypeAdapter[AnyEvent],
        upcasters: Mapping[tuple[str, int], Upcaster],
    ) -> None:
        self._versions = {name: _version(model) for name, model in models.items()}
        self._validate = adapter.validator.validate_json
        self._lean = lean_decoder(models).decode
        self._upcasters = upcasters

    def encode(self, event: AnyEvent) -> bytes:
        """Compact JSON: fields at their defaults are left out, but for `type`, `version` and `id`."""
        members = event.model_dump(mode="json", exclude_defaults=True)
        head = {"type": event.type, "version": event.version, "id": event.id}
        return orjson.dumps({**head, **members})

    def decode(self, raw: bytes) -> AnyEvent | UnknownEvent:
        """The event in `raw`, with every rule checked. Raises InvalidEvent with each problem found."""
        check_size(raw)
        try:
            event = cast(AnyEvent, self._validate(raw))
        except ValidationError as error:
            event_or_unknown = self._other_version(raw, error)
            check_text(raw)
            return event_or_unknown
        check_text(raw)
        return event

    def skim(self, raw: bytes) -> AnyEvent | UnknownEvent:
        """The event in `raw` without its prose, for bytes that were decoded strictly when they came.

        The result has the attributes of the pydantic model that the fold reads, and no methods.
        """
        try:
            return cast(AnyEvent, self._lean(raw))
        except (msgspec.DecodeError, msgspec.ValidationError):
            return self.decode(raw)

    def _other_version(self, raw: bytes, error: ValidationError) -> AnyEvent | UnknownEvent:
        """Lift an older version, recognise a newer one, or explain why `raw` is neither."""
        members = _members(raw)
        name, version = members.get("type"), members.get("version", 1)
        current = self._versions.get(name) if isinstance(name, str) else None
        if not isinstance(name, str) or type(version) is not int or version == current or version < 1:
            raise InvalidEvent(*_problems(error))
        if current is None or version > current:
            return _unknown(members)
        for step in range(version, current):
            members = {**self._upcasters[name, step](members), "version": step + 1}
        try:
            return cast(AnyEvent, self._validate(orjson.dumps(members)))
        except ValidationError as lifted:
            raise InvalidEvent(*_problems(lifted)) from lifted


def _version(model: type[Value]) -> int:
    version: int = model.model_fields["version"].default
    return version


def _members(raw: bytes) -> dict[str, Any]:
    try:
        members = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise InvalidEvent(Problem("", f"is not JSON: {error}")) from error
    if not isinstance(members, dict):
        raise InvalidEvent(Problem("", "is not a JSON object; an event is one object on one line"))
    return members


def _unknown(members: dict[str, Any]) -> UnknownEvent:
    try:
        return UnknownEvent.model_validate(
            {**{name: members.get(name) for name in ("type", "id", "exchange")}, "version": members.get("version", 1)}
        )
    except ValidationError as error:
        raise InvalidEvent(*_problems(error)) from error


_REASONS: Mapping[str, str] = {
    "missing": "is missing; add it",
    "extra_forbidden": "is not a field of this event; remove it or correct its name",
    "union_tag_not_found": "is missing; say what kind of event this is, such as captives_released",
}


def _problems(error: ValidationError) -> list[Problem]:
    return [_problem(detail) for detail in error.errors(include_url=False)]


def _problem(detail: Any) -> Problem:
    kind, path = detail["type"], [str(step) for step in detail["loc"]]
    if path and path[0] in EVENT_TYPES:
        path = path[1:]  # pydantic names the union member first
    field = ".".join(step for step in path if not step.startswith("function-"))
    if kind == "union_tag_not_found":
        field = "type"
    if kind == "union_tag_invalid":
        return Problem("type", f"{detail['ctx']['tag']!r} is no event type; `ledger schema` lists them")
    reason = _REASONS.get(kind) or detail["msg"].removeprefix("Value error, ")
    return Problem(field, reason)


ADAPTER: TypeAdapter[AnyEvent] = TypeAdapter(Event)
CODEC = Codec(EVENT_TYPES, ADAPTER, UPCASTERS)
encode, decode, skim = CODEC.encode, CODEC.decode, CODEC.skim
