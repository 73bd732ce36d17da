"""Bytes to events and back: the only place that parses or prints the bytes of an event."""

import re
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Annotated, Any, TypeAlias, cast, final

import msgspec
import orjson
from pydantic import Field, StringConstraints, TypeAdapter, ValidationError

from schemas.dsse import event_bytes
from schemas.errors import InvalidEvent, Problem, nearest
from schemas.events import EVENT_TYPES, AnyEvent, Event
from schemas.json_bytes import json_bytes
from schemas.reasons import nearest_field, plain_path, reason_in
from schemas.redaction import REDACTED
from schemas.structs import checked_decoder, lean_decoder
from schemas.values import WHOLE_MAX, EventId, ExchangeId, Value
from schemas.wellformed import (
    check_characters,
    check_size,
    check_text,
    check_unknown,
    is_compact,
    is_plain_text,
    parse,
)

Upcaster: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]
"""Turns the JSON members of one version of a payload into those of the next version."""

UPCASTERS: Mapping[tuple[str, int], Upcaster] = {}
"""By (type, version from which it lifts). Both decoders go through the same table."""

GUESSES_MAX = 8
"""Only so many misspelt names of one message are looked up: 64 KiB hold thousands of them."""

EventType: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]


@final
class UnknownEvent(Value):
    """An event of a type or version newer than this software, or one that was redacted: kept, counted, and reported.

    Its envelope is readable; its payload is not.
    """

    type: EventType
    version: Annotated[int, Field(ge=1, le=WHOLE_MAX)]
    id: EventId
    exchange: ExchangeId

    @property
    def is_redacted(self) -> bool:
        """Whether it stands in place of an event whose bytes were removed."""
        return self.type == REDACTED

    @property
    def label(self) -> str:
        """What it is counted as, in place of what it says."""
        return REDACTED if self.is_redacted else f"{self.type} v{self.version}"


class Codec:
    """Decodes strictly (`decode`, `accept`) what comes from outside, and leanly (`skim`) what a log already holds.

    All give the same attributes, run the same upcasters, and raise InvalidEvent for what is no event.
    An event without a `version` is one of version 1. A signed event is decoded from what its envelope holds; whose
    signature it bears is not looked at here.
    """

    def __init__(
        self,
        models: Mapping[str, type[Value]],
        union: Any,
        upcasters: Mapping[tuple[str, int], Upcaster],
    ) -> None:
        self._models, self._union, self._upcasters = models, union, upcasters
        self._versions = {name: _version(model) for name, model in models.items()}
        for name, version in self._versions.items():
            for step in range(1, version):
                if (name, step) not in upcasters:
                    raise LookupError(f"no upcaster lifts {name} from version {step}: its old events would be lost")

    # Who only reads needs no validator, who only writes no lean decoder, and both take their time to build.

    @cached_property
    def _validate(self) -> Callable[[bytes], Any]:
        return TypeAdapter[Any](self._union).validator.validate_json

    @cached_property
    def _lean(self) -> Callable[[bytes], Any]:
        return lean_decoder(self._models).decode

    @cached_property
    def _checked(self) -> Callable[[bytes], Any]:
        return checked_decoder(self._models).decode

    def encode(self, event: AnyEvent) -> bytes:
        """Compact JSON: fields at their defaults are left out, but for `type`, `version` and `id`.

        Raises InvalidEvent for text that `decode` would refuse, and for more than 64 KiB.
        """
        fields = event.model_dump(mode="json", exclude_defaults=True)
        members = {"type": event.type, "version": event.version, "id": event.id, **fields}
        raw = json_bytes(members)
        check_size(raw)
        check_characters(raw, members)
        return raw

    def decode(self, raw: bytes) -> AnyEvent | UnknownEvent:
        """The event in `raw`, with every rule checked. Raises InvalidEvent with each problem found."""
        check_size(raw)
        try:
            return self._decoded(raw)
        except InvalidEvent:
            own = event_bytes(raw)  # only now, so that events that came as they are need not be looked at for it
            if own == raw:
                raise
            return self._decoded(own)

    def _decoded(self, raw: bytes) -> AnyEvent | UnknownEvent:
        try:
            event = cast("AnyEvent", self._validate(raw))
        except ValidationError as error:
            return self._other_version(raw, parse(raw), self._problems(error))
        members = parse(raw)
        check_text(raw, members)
        version = members.get("version", 1)
        if type(version) is not int:
            raise InvalidEvent(Problem("version", f"is a whole number, not {version!r}; write {event.version}"))
        if version != event.version:
            return self._other_version(raw, members, [])
        _check_id(members)
        return event

    def accept(self, raw: bytes) -> AnyEvent | UnknownEvent:
        """The event in `raw`, with every rule checked as `decode` checks it. Raises InvalidEvent, as that does.

        The result has the attributes of the pydantic model, and no methods: it is made in half the time. Bytes that are
        not as this software would write them go the way of `decode`.
        """
        check_size(raw)
        event = self._accepted(raw)
        if event is None and (own := _unwrapped(raw)) != raw:
            event = self._accepted(own)
        return self.decode(raw) if event is None else event

    def _accepted(self, raw: bytes) -> AnyEvent | None:
        """The event in `raw` where the fast way is sure of it."""
        try:
            event: AnyEvent = self._checked(raw)
            # Each member that is printed was read, and none is printed longer: in as many bytes no key was given twice.
            is_short = len(msgspec.json.encode(event)) == len(raw) or is_compact(raw, orjson.loads(raw))
            return event if is_short and is_plain_text(raw) else None
        except (msgspec.DecodeError, orjson.JSONDecodeError, UnicodeDecodeError, RecursionError):
            return None

    def skim(self, raw: bytes) -> AnyEvent | UnknownEvent:
        """The event in `raw` without its prose, for bytes that were decoded strictly when they came.

        The result has the attributes of the pydantic model that the fold reads, and no methods.
        """
        try:
            event: AnyEvent = self._lean(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            own = event_bytes(raw)
            return self.decode(raw) if own == raw else self._skimmed(own)
        return event

    def _skimmed(self, raw: bytes) -> AnyEvent | UnknownEvent:
        """The event in an envelope: an envelope in an envelope is none."""
        try:
            event: AnyEvent = self._lean(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return self._decoded(raw)
        return event

    def _other_version(self, raw: bytes, members: dict[str, Any], problems: list[Problem]) -> AnyEvent | UnknownEvent:
        """Lift an older version, recognise a newer one, or say why `raw` is neither: `problems`."""
        name, version = members.get("type"), members.get("version", 1)
        current = self._versions.get(name) if isinstance(name, str) else None
        if not isinstance(name, str) or type(version) is not int or version == current or version < 1:
            raise InvalidEvent(*problems)
        check_unknown(raw, members)
        if current is None or version > current:
            return self._unknown(members)
        _check_id(members)
        return self._lifted(members, name, version, current)

    def _lifted(self, members: dict[str, Any], name: str, version: int, current: int) -> AnyEvent:
        for step in range(version, current):
            try:
                members = {**self._upcasters[name, step](members), "version": step + 1}
            except (LookupError, TypeError, ValueError, AttributeError) as error:
                # Upcasters read members that nothing has validated.
                reason = f"cannot be read as {name} version {step}: {error!r}"
                raise InvalidEvent(Problem("", reason)) from error
        try:
            return cast("AnyEvent", self._validate(orjson.dumps(members)))
        except ValidationError as error:
            raise InvalidEvent(*self._problems(error)) from error

    def _unknown(self, members: dict[str, Any]) -> UnknownEvent:
        envelope = {name: members[name] for name in UnknownEvent.model_fields if name in members}
        try:
            return UnknownEvent.model_validate({"version": 1, **envelope})
        except ValidationError as error:
            problems = [each for each in self._problems(error) if each.field != "type"]
            wrong = [] if members["type"] in self._versions else [Problem("type", no_event_type(members["type"]))]
            raise InvalidEvent(*wrong, *problems) from error

    def _problems(self, error: ValidationError) -> list[Problem]:
        details = error.errors(include_url=False)
        inside = {detail["loc"][:depth] for detail in details for depth in range(len(detail["loc"]))}
        return [
            _problem(detail, self._models, is_guessed=number < GUESSES_MAX)
            for number, detail in enumerate(details)
            # Pydantic calls a collection too short when it has just refused an item of it.
            if detail["type"] != "too_short" or detail["loc"] not in inside
        ]


def _version(model: type[Value]) -> int:
    version: int = model.model_fields["version"].default
    return version


def _check_id(members: dict[str, Any]) -> None:
    # The model makes an id for an event that is built in Python; bytes would get another at every reading.
    if "id" not in members:
        raise InvalidEvent(Problem("id", "is missing; add it: a UUID that this event keeps for ever"))


def no_event_type(name: str) -> str:
    """That a name is no event type, with the one that may be meant."""
    near = meant(name)
    return f"{name[:100]!r} is no event type; {near and f'{near} '}`ledger schema` lists them"


def meant(name: str) -> str:
    """Which event type a name may be meant for: `did you mean captives_released?`; empty for a type, or for no idea."""
    near = "" if name in EVENT_TYPES else nearest(name[:100], tuple(EVENT_TYPES))
    return f"did you mean {near}?" if near else ""


def _problem(detail: Any, models: Mapping[str, type[Value]], *, is_guessed: bool) -> Problem:
    path = [str(step) for step in detail["loc"]]
    if detail["type"] == "union_tag_not_found":
        return Problem("type", "is missing; say what kind of event this is, such as captives_released")
    if detail["type"] == "union_tag_invalid":
        return Problem("type", no_event_type(detail["ctx"]["tag"]))
    model = models.get(path[0]) if path else None
    path = plain_path(path if model is None else path[1:])  # pydantic names the union member first
    if detail["type"] == "extra_forbidden":
        near = nearest_field(model, path) if model is not None and is_guessed else ""
        return Problem(".".join(path), f"is not a field of this event; remove it or correct its name{near}")
    return Problem(".".join(path), reason_in(detail))


CODEC = Codec(EVENT_TYPES, Event, UPCASTERS)
encode, decode, accept, skim = CODEC.encode, CODEC.decode, CODEC.accept, CODEC.skim

_EXCHANGE = re.compile(rb'"exchange"\s*:\s*"([A-Z0-9-]+)"')


def exchange_of(raw: bytes) -> str | None:
    """The exchange of an event's bytes, decoded only where it is not plain to see; None where they are no event."""
    if raw[:1] == b"\0" or b"specversion" in raw or b"payloadType" in raw:  # what carries it may name another
        raw = _unwrapped(raw)
    matched = _EXCHANGE.findall(raw)
    # No string of a valid event can hold these bytes unescaped; but its own key can be written with escapes.
    if len(matched) == 1 and b"\\u00" not in raw:
        return str(matched[0], "ascii")
    try:
        return skim(raw).exchange
    except InvalidEvent:
        return None


def _unwrapped(raw: bytes) -> bytes:
    try:
        return event_bytes(raw)
    except InvalidEvent:
        return raw
