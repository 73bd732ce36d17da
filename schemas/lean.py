"""The same events without their prose, for replaying bytes that were validated when they came.

The classes are derived from the pydantic models, field by field, and never written by hand: a lean event has
the same attributes with the same values, but for the fields marked `UNFOLDED`.
"""

import types
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin

import msgspec
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from schemas.values import UNFOLDED


def lean_decoder(models: Mapping[str, type[BaseModel]]) -> msgspec.json.Decoder[Any]:
    """A decoder for the union of the lean forms of `models`, told apart by `type`."""
    return msgspec.json.Decoder(Union[tuple(map(_event_struct, models.values()))])  # noqa: UP007


def _event_struct(model: type[BaseModel]) -> type[msgspec.Struct]:
    name = model.model_fields["type"].default
    fields = _fields(model, without="type")
    return msgspec.defstruct(
        model.__name__, fields, tag_field="type", tag=name, namespace={"type": name}, frozen=True, gc=False
    )


@cache
def _value_struct(model: type[BaseModel]) -> type[msgspec.Struct]:
    return msgspec.defstruct(model.__name__, _fields(model), frozen=True, gc=False)


def _fields(model: type[BaseModel], without: str = "") -> list[tuple[str, Any] | tuple[str, Any, Any]]:
    kept = {n: f for n, f in model.model_fields.items() if n != without and not _is_unfolded(f)}
    required = [(name, _lean(field.annotation)) for name, field in kept.items() if _is_required(name, field)]
    optional = [
        (name, _lean(field.annotation), field.default) for name, field in kept.items() if not _is_required(name, field)
    ]
    return [*required, *optional]


def _is_required(name: str, field: FieldInfo) -> bool:
    # A default that is made anew for each event (the id) is never absent from stored bytes.
    # An absent version means 1, which a later model must not take for its own.
    if name == "version":
        return bool(field.default != 1)
    return field.is_required() or field.default_factory is not None


def _is_unfolded(field: FieldInfo) -> bool:
    return UNFOLDED in field.metadata or any(
        UNFOLDED in getattr(option, "__metadata__", ()) for option in get_args(field.annotation)
    )


def _lean(annotation: Any) -> Any:
    origin = get_origin(annotation)
    if origin in (Union, types.UnionType):
        return Union[tuple(map(_lean, get_args(annotation)))]  # noqa: UP007
    if origin is tuple:
        return types.GenericAlias(tuple, (_lean(get_args(annotation)[0]), ...))
    if origin is Literal:
        # The decoder gives every event the same string for a term, where plain `str` would make it anew each time.
        return annotation
    if hasattr(annotation, "__metadata__"):
        return _lean(annotation.__origin__)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _value_struct(annotation)
    return annotation
