"""Counts and moments as people write them, as the members of an event."""

import re
from typing import Any

from pydantic import TypeAdapter, ValidationError

from schemas.values import WHOLE_MAX, Amount
from schemas.vocabulary import Qualifier

_QUALIFIER: TypeAdapter[Qualifier] = TypeAdapter(Qualifier)
_NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+|\d+", re.ASCII)
_RANGE = re.compile(rf"({_NUMBER.pattern})\s*[-\u2013]\s*({_NUMBER.pattern})", re.ASCII)
_HEDGED = re.compile(rf"([a-z ]*?)\s*({_NUMBER.pattern})?", re.ASCII)
_NO_COUNT = "is no count; write 24, about 900, over 130, 40-45, several or unknown"
_MOMENTS = (
    (re.compile(r"\d{4}-\d\d-\d\d", re.ASCII), "day"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)", re.ASCII), "minute"),
    (re.compile(r"\d{4}-W\d\d", re.ASCII), "week"),
    (re.compile(r"\d{4}-\d\d", re.ASCII), "month"),
    (re.compile(r"\d{4}-(spring|summer|autumn|winter)", re.ASCII), "season"),
    (re.compile(r"\d{4}", re.ASCII), "year"),
)


def count_members(text: str) -> dict[str, Any]:
    """A number as sources write it: `24`, `about 900`, `over 130`, `40-45`, `several`, `unknown`. Or ValueError."""
    spanned = _RANGE.fullmatch(text)
    if spanned:
        low, high = map(whole_number, spanned.groups())
        return {"low": low, "high": high, "qualifier": "about"}
    hedged = _HEDGED.fullmatch(text.lower())
    if hedged is None:
        raise ValueError(f"{text!r} {_NO_COUNT}")
    words, number = hedged.groups()
    try:
        qualifier = _QUALIFIER.validate_python("_".join(words.split()) or "exact")
        count = Amount.of(None if number is None else whole_number(number), qualifier)
    except ValidationError as error:
        first = error.errors()[0]
        is_ours = first["type"] == "value_error"
        why = f"is no count: {first['msg'].removeprefix('Value error, ')}" if is_ours else _NO_COUNT
        raise ValueError(f"{text!r} {why}") from error
    return count.model_dump(exclude_none=True)


def moment_members(text: str) -> dict[str, str]:
    """A date, month, year, week, season, or time with its offset; a date `before` or `after`. Or ValueError."""
    word, _, rest = text.partition(" ")
    if word in ("before", "after"):
        return {"at": rest.strip(), "precision": word}
    for shape, precision in _MOMENTS:
        if shape.fullmatch(text):
            return {"at": text, "precision": precision}
    raise ValueError(f"{text!r} is no moment; write 2017-03-05, 2017-03, 2017, or 2017-03-05T14:30+03:00")


def whole_number(text: str) -> int:
    """`1,778` or `1778`, up to 2^53. Raises ValueError."""
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{text!r} is no whole number")
    digits = text.replace(",", "").lstrip("0") or "0"
    if len(digits) > 16 or int(digits) > WHOLE_MAX:
        raise ValueError(f"{text[:20]!r} is too large; numbers go up to {WHOLE_MAX:,}")
    return int(digits)


def put(members: dict[str, Any], path: list[str], value: Any) -> None:
    """Set a member at a dotted path, making the objects and lists on the way (`groups.0.count`).

    Raises ValueError where something else is in the way, and for an index beyond the next free one.
    """
    node: Any = members
    for depth, step in enumerate(path):
        last = depth + 1 == len(path)
        key = _key(node, step, path[:depth])
        is_new = key not in node if isinstance(node, dict) else key == len(node)
        if is_new:
            made = value if last else [] if _is_index(path[depth + 1]) else {}
            node.append(made) if isinstance(node, list) else node.update({key: made})
        elif last:
            if isinstance(node[key], dict | list):
                raise ValueError(f"{'.'.join(path)} has members of its own already")
            node[key] = value
        node = node[key]


def _key(node: Any, step: str, under: list[str]) -> Any:
    """The key of a step in an object or a list. Raises ValueError."""
    if isinstance(node, dict):
        return step
    name = ".".join(under)
    if not isinstance(node, list):
        raise ValueError(f"{name} is {node!r} already, which has no member {step!r}")
    if not _is_index(step):
        raise ValueError(f"{name} is a list; write {name}.0, not {name}.{step}")
    if int(step) > len(node):
        raise ValueError(f"{name}.{step} is beyond the next free place, {name}.{len(node)}")
    return int(step)


def _is_index(step: str) -> bool:
    return step.isascii() and step.isdigit() and len(step) < 16
