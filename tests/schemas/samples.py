"""Small helpers of these tests: the golden examples, and how a model compares with its lean form."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_type_hints

import orjson
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from pydantic import BaseModel

from schemas.codec import accept, decode
from schemas.errors import InvalidEvent
from schemas.values import UNFOLDED

TREE = Path(__file__).parents[2]
JsonSchema = Draft202012Validator
"""The validator, typed in one place: the library has no types of its own."""

EXAMPLES = TREE / "schemas/examples"


def example(type: str, suffix: str = "") -> bytes:
    """The bytes of a golden example, without the line's end."""
    return (EXAMPLES / f"{type}.v1{suffix}.json").read_bytes().removesuffix(b"\n")


def changed(type: str = "captives_released", /, **members: Any) -> bytes:
    """A minimal example with other members. A member that is `...` is left out."""
    document = {**orjson.loads(example(type, ".minimal")), **members}
    return orjson.dumps({name: value for name, value in document.items() if value is not ...})


def inserted(text: str | bytes, type: str = "captives_released") -> bytes:
    """A minimal example with raw JSON members added at its end."""
    return example(type, ".minimal")[:-1] + b"," + (text.encode() if isinstance(text, str) else text) + b"}"


def differences(model: Any, struct: Any, path: str = "", *, lean: bool = True) -> Iterator[str]:
    """Where a struct says something else than the model; a lean one also where it holds prose, which it should not."""
    if isinstance(model, BaseModel):
        hidden = unfolded(type(model)) if lean else frozenset()
        for field in type(model).model_fields:
            below = f"{path}.{field}"
            if field in hidden:
                if hasattr(struct, field):
                    yield f"{below} is prose, and the lean form holds it"
            elif not hasattr(struct, field):
                yield f"{below} is not in the struct"
            else:
                yield from differences(getattr(model, field), getattr(struct, field), below, lean=lean)
    elif isinstance(model, tuple) and isinstance(struct, tuple) and len(model) == len(struct):
        for index, (one, other) in enumerate(zip(model, struct, strict=True)):
            yield from differences(one, other, f"{path}.{index}", lean=lean)
    elif model != struct or type(model) is not type(struct):
        yield f"{path} is {model!r}, and {struct!r} in the struct"


def accepted_otherwise(raw: bytes) -> list[str]:
    """Where `accept` says something else of some bytes than `decode`: whether it takes them, what it reads, why not."""
    try:
        event = decode(raw)
    except InvalidEvent as refused:
        try:
            return [f"it takes {accept(raw)!r}, which is refused: {refused}"]
        except InvalidEvent as told:
            return [] if str(told) == str(refused) else [f"it says {told}, and not {refused}"]
    found = accept(raw)
    return [] if found == event else [*differences(event, found, lean=False)]


@cache
def unfolded(model: type[BaseModel]) -> frozenset[str]:
    """The fields of `model` that the lean form leaves out."""
    hints = get_type_hints(model, include_extras=True)
    return frozenset(name for name, hint in hints.items() if any(map(_is_marked, (hint, *get_args(hint)))))


def _is_marked(hint: Any) -> bool:
    return UNFOLDED in getattr(hint, "__metadata__", ())
