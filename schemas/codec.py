"""Bytes to events and back: the only place that parses or prints the bytes of an event."""

import re
from collections.abc import Callable, Container, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Annotated, Any, TypeAlias, cast, final, get_args

import msgspec
import orjson
from pydantic import BaseModel, Field, StringConstraints, TypeAdapter, ValidationError

from schemas.dsse import event_bytes
from schemas.errors import InvalidEvent, Problem, listed, nearest, problem_in
from schemas.events import EVENT_TYPES, AnyEvent, Event
from schemas.lean import lean_decoder
from schemas.redaction import REDACTED
from schemas.values import UUID_PATTERN, WHOLE_MAX, EventId, ExchangeId, Value
from schemas.wellformed import check_characters, check_size, check_text, check_unknown, parse

Upcaster: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]
"""Turns the JSON members of one version of a payload into those of the next version."""

UPCASTERS: Mapping[tuple[str, int], Upcaster] = {}
"""By (type, version from which it lifts). Both decoders go through the same table."""


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
    """Decodes strictly (`decode`) what comes from outside, and leanly (`skim`) what a log already holds.

    Both give the same attributes, run the same upcasters, and raise InvalidEvent for what is no event.
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

    def encode(self, event: AnyEvent) -> bytes:
        """Compact JSON: fields at their defaults are left out, but for `type`, `version` and `id`.

        Raises InvalidEvent for text that `decode` would refuse, and for more than 64 KiB.
        """
        fields = event.model_dump(mode="json", exclude_defaults=True)
        members = {"type": event.type, "version": event.version, "id": event.id, **fields}
        raw = orjson.dumps(members)
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
            _problem(detail, self._versions)
            for detail in details
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


_PATTERNS: Mapping[str, str] = {
    "nationality": "a three-letter country code such as ISR (ISO 3166-1 alpha-3)",
    "currency": "a three-letter currency code such as USD (ISO 4217)",
    "exchange": "the name of an exchange in capitals, digits and hyphens, such as NORTH-SOUTH-2017",
    "occurrence": "the name of what happened in letters, digits and . _ : -, such as r1-captives",
    "id": "an event id, a UUID in lower case such as 018bfa2c-7000-8000-8000-000000000001",
    "party": "the name of a party in lower case, digits and _, such as red_cross",
    "key": "the name and the id of a key, such as example.org/feed+1f4a2f0c",
    "url": "an https link without spaces, such as https://example.org/report",
}
_MEANT: Mapping[str, str] = {
    r"^[A-Z]{3}$": _PATTERNS["nationality"],
    r"^[A-Z0-9][A-Z0-9-]{1,63}$": _PATTERNS["exchange"],
    r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$": _PATTERNS["occurrence"],
    f"^{UUID_PATTERN}$": _PATTERNS["id"],
    r"^[a-z][a-z0-9_]{0,63}$": _PATTERNS["party"],
    r"^https://[^\s<>\"]{1,2040}$": _PATTERNS["url"],
}
_OBJECTS: Mapping[str, str] = {
    "": '{"type": "captives_released", "exchange": ...}',
    "count": '{"best": 12}',
    "amount": '{"best": 12}',
    "occurred": '{"at": "2023-11-28", "precision": "day"}',
    "source": '{"publisher": "The Herald", "kind": "newspaper"}',
    "groups": '{"count": {"best": 12}}',
    "taken": '{"occurrence": "taken-2023-10-07"}',
    "part": '{"of": "r1-captives", "by": "category"}',
    "pledges": '{"item": "prisoners", "count": {"best": 3}}',
}
_REASONS: Mapping[str, str] = {
    "tuple_type": "should be a list",
    "too_short": "needs at least one",
    "missing": "is missing; add it",
    "extra_forbidden": "is not a field of this event; remove it or correct its name",
    "union_tag_not_found": "is missing; say what kind of event this is, such as captives_released",
}


def _problem(detail: Any, types: Container[str]) -> Problem:
    kind, path, tag = detail["type"], [str(step) for step in detail["loc"]], None
    if path and path[0] in types:
        tag, *path = path  # pydantic names the union member first
    field = ".".join(step for step in path if not step.startswith("function-"))
    if kind == "union_tag_not_found":
        field = "type"
    if kind == "union_tag_invalid":
        return Problem("type", no_event_type(detail["ctx"]["tag"]))
    named = next((step for step in reversed(path) if not step.isdigit() and not step.startswith("function-")), "")
    if kind == "extra_forbidden":
        return Problem(field, _no_field(path, tag))
    reason = _REASONS.get(kind) or _meant(kind, named, detail) or problem_in(detail).reason
    return Problem(field, reason)


def _meant(kind: str, named: str, detail: Any) -> str | None:
    """What a field should be, by what it means and not by its pattern or its Python type."""
    if kind == "string_pattern_mismatch":
        meaning = _PATTERNS.get(named) or _MEANT.get(detail["ctx"]["pattern"])
        return meaning and f"{_shortened(detail['input'])} should be {meaning}"
    if kind in ("model_type", "model_attributes_type"):
        return f"should be an object such as {_OBJECTS.get(named, '{...}')}"
    if kind in ("literal_error", "enum"):
        terms = detail["ctx"]["expected"].replace("'", "").replace(" or ", ", ").split(", ")
        if len(terms) == 1:
            return f"should be {terms[0]}"
        near = nearest(str(detail["input"]), tuple(terms))
        asked = f"did you mean {near}? It takes" if near else "it takes"
        return f"{_shortened(detail['input'])} is none of its terms; {asked} {listed(terms)}"
    return None


def _no_field(path: Sequence[str], tag: str | None) -> str:
    """That the last step of a path is no field, with the one that may be meant."""
    near = nearest(path[-1], _fields_at(tuple(path[:-1]), tag))
    return f"is not a field of this event; did you mean {near}?" if near else _REASONS["extra_forbidden"]


@lru_cache(maxsize=256)
def _fields_at(path: tuple[str, ...], tag: str | None) -> tuple[str, ...]:
    """The fields of the object at a path into an event of a type."""
    model: Any = EVENT_TYPES.get(tag or "")
    for step in path:
        if model is not None and step in model.model_fields:
            model = _model_in(model.model_fields[step].annotation)
    return () if model is None else tuple(model.model_fields)


def _model_in(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model_in, get_args(annotation))), None)


def _shortened(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}..."


CODEC = Codec(EVENT_TYPES, Event, UPCASTERS)
encode, decode, skim = CODEC.encode, CODEC.decode, CODEC.skim

_EXCHANGE = re.compile(rb'"exchange":\s*"([A-Z0-9-]+)"')


def exchange_of(raw: bytes) -> str | None:
    """The exchange of an event's bytes, decoded only where it is not plain to see; None where they are no event."""
    matched = _EXCHANGE.findall(raw)
    if not matched:  # perhaps it is in an envelope
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
