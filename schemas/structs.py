"""The event models as msgspec structs, which are read several times as fast: derived field by field, never written by
hand.

Lean structs are for bytes that were validated when they came: they have no rules, and leave out the fields marked
`UNFOLDED`. Checked structs have every field and every rule of the models, whose own validators they call; a rule that
cannot be carried over is a LookupError. The attributes of both have the values that the models give them.
"""

import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Annotated, Any, Literal, TypeAlias, Union, cast, get_args, get_origin

import msgspec
from pydantic import AfterValidator, BaseModel
from pydantic.fields import FieldInfo

from schemas.values import UNFOLDED

_LIMITS = frozenset({"ge", "gt", "le", "lt", "min_length", "max_length", "pattern"})

Rule: TypeAlias = Callable[[Any], object]
"""Raises ValueError for what it refuses."""


def lean_decoder(models: Mapping[str, type[BaseModel]]) -> msgspec.json.Decoder[Any]:
    """A decoder for the union of the lean forms of `models`, told apart by `type`."""
    return _Lean().decoder(models)


def checked_decoder(models: Mapping[str, type[BaseModel]]) -> msgspec.json.Decoder[Any]:
    """A decoder for the union of the checked forms of `models`, told apart by `type`.

    It refuses whatever strict validation by the models refuses, but for what JSON itself leaves open: keys that are
    given twice, and what strings hold (`schemas.wellformed`). It also refuses a little that they take, such as an event
    without `version`. A struct encodes to the compact JSON of its fields without those at their defaults.
    """
    return _Checked().decoder(models)


class _Structs:
    """Makes the structs of models, one for each."""

    options: Mapping[str, Any] = {}

    def __init__(self) -> None:
        self._values: dict[type[BaseModel], type[msgspec.Struct]] = {}

    def decoder(self, models: Mapping[str, type[BaseModel]]) -> msgspec.json.Decoder[Any]:
        return msgspec.json.Decoder(Union[tuple(map(self._event, models.values()))])  # noqa: UP007

    def _event(self, model: type[BaseModel]) -> type[msgspec.Struct]:
        name = model.model_fields["type"].default
        members = {name: field for name, field in model.model_fields.items() if name != "type"}
        return self._struct(model, members, {"type": name}, tag_field="type", tag=name)

    def _value(self, model: type[BaseModel]) -> type[msgspec.Struct]:
        if model not in self._values:
            self._values[model] = self._struct(model, model.model_fields, {})
        return self._values[model]

    def _struct(
        self, model: type[BaseModel], members: Mapping[str, FieldInfo], namespace: dict[str, Any], **tag: Any
    ) -> type[msgspec.Struct]:
        kept = {name: field for name, field in members.items() if self._keeps(field)}
        needed = {name for name, field in kept.items() if self._is_required(name, field)}
        required = [(name, self._field(kept[name])) for name in kept if name in needed]
        optional = [(name, self._field(kept[name]), kept[name].default) for name in kept if name not in needed]
        return msgspec.defstruct(
            model.__name__,
            [*required, *optional],
            namespace={**namespace, **self._namespace(model)},
            frozen=True,
            gc=False,
            **tag,
            **self.options,
        )

    def _keeps(self, field: FieldInfo) -> bool:
        return True

    def _is_required(self, name: str, field: FieldInfo) -> bool:
        # A default that is made anew for each event (the id) is never absent from stored bytes.
        # An absent version means 1, which a later model must not take for its own.
        if name == "version":
            return bool(field.default != 1)
        return field.is_required() or field.default_factory is not None

    def _field(self, field: FieldInfo) -> Any:
        return self._type(field.annotation)

    def _namespace(self, model: type[BaseModel]) -> dict[str, Any]:
        return {}

    def _type(self, annotation: Any) -> Any:
        """What a struct has for the annotation of a model."""
        origin = get_origin(annotation)
        if origin in (Union, types.UnionType):
            return Union[tuple(map(self._type, get_args(annotation)))]  # noqa: UP007
        if origin is tuple:
            return types.GenericAlias(tuple, (self._type(get_args(annotation)[0]), ...))
        if origin is Literal:
            # The decoder gives every event the same string for a term, where plain `str` would make it anew each time.
            return annotation
        if hasattr(annotation, "__metadata__"):
            return self._limited(self._type(annotation.__origin__), annotation.__metadata__)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            return self._value(annotation)
        return annotation

    def _limited(self, type: Any, metadata: Iterable[object]) -> Any:
        return type


class _Lean(_Structs):
    """Structs of the fields that a fold reads."""

    def _keeps(self, field: FieldInfo) -> bool:
        options = (getattr(option, "__metadata__", ()) for option in get_args(field.annotation))
        return all(UNFOLDED not in metadata for metadata in (field.metadata, *options))


class _Checked(_Structs):
    """Structs of all fields, with the rules of the models."""

    options: Mapping[str, Any] = {"forbid_unknown_fields": True, "omit_defaults": True}

    def _is_required(self, name: str, field: FieldInfo) -> bool:
        return name == "version" or super()._is_required(name, field)

    def _field(self, field: FieldInfo) -> Any:
        return self._limited(super()._field(field), field.metadata)

    def _namespace(self, model: type[BaseModel]) -> dict[str, Any]:
        rules = [*_field_rules(model), *_model_rules(model)]
        return {"__post_init__": _all_of(rules)} if rules else {}

    def _type(self, annotation: Any) -> Any:
        if get_origin(annotation) is tuple and any(_validators(get_args(annotation)[0])):
            raise LookupError(f"{annotation} has a validator for its items, which a checked struct cannot have")
        return super()._type(annotation)

    def _limited(self, type: Any, metadata: Iterable[object]) -> Any:
        limits: dict[str, Any] = {}
        for rule in _flat(metadata):
            limits |= _limits(rule)
        return Annotated[type, msgspec.Meta(**limits)] if limits else type


def _limits(rule: object) -> dict[str, Any]:
    """What a rule says of a value, by the names that both libraries have for it. Raises LookupError."""
    if isinstance(rule, str | AfterValidator):  # a mark; what `_field_rules` calls
        return {}
    members = {each.name: getattr(rule, each.name) for each in fields(rule)} if is_dataclass(rule) else vars(rule)
    said = {name: value for name, value in members.items() if value is not None and name != "strict"}
    if strange := said.keys() - _LIMITS:
        raise LookupError(f"{rule!r} says {', '.join(sorted(strange))}, which a checked struct cannot")
    return said


def _flat(metadata: Iterable[object]) -> Iterator[object]:
    """The rules in what an annotation is marked with."""
    for each in metadata:
        if isinstance(each, FieldInfo):
            yield from _flat(each.metadata)
        else:
            yield each


def _validators(annotation: Any, metadata: Iterable[object] = ()) -> Iterator[Rule]:
    """The functions that check a value of an annotation, or of one of its options."""
    options = get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else (annotation,)
    for rules in (metadata, *(getattr(option, "__metadata__", ()) for option in options)):
        yield from (cast("Rule", rule.func) for rule in _flat(rules) if isinstance(rule, AfterValidator))


def _field_rules(model: type[BaseModel]) -> Iterator[Rule]:
    for name, field in model.model_fields.items():
        yield from (_of_field(name, check) for check in _validators(field.annotation, field.metadata))


def _of_field(name: str, check: Rule) -> Rule:
    def rule(event: Any) -> None:
        value = getattr(event, name)
        if value is not None and check(value) != value:
            raise ValueError(f"`{name}` is written otherwise")

    return rule


def _model_rules(model: type[BaseModel]) -> Iterator[Rule]:
    decorators = model.__pydantic_decorators__
    for name, decorator in decorators.model_validators.items():
        if decorator.info.mode != "after":
            raise LookupError(f"{model.__name__}.{name} looks at what is not validated yet: a checked struct cannot")
        yield decorator.func
    if decorators.field_validators or decorators.validators or decorators.root_validators:
        raise LookupError(f"{model.__name__} has validators of fields: write them as AfterValidator")


def _all_of(rules: Sequence[Rule]) -> Rule:
    """One function for some rules; most models have one alone."""
    if len(rules) == 1:
        return rules[0]

    def check(event: Any) -> None:
        for rule in rules:
            rule(event)

    return check
