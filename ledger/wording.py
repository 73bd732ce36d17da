"""Counts and moments as people write them, as the members of an event."""

import re
from typing import Any

from pydantic import TypeAdapter, ValidationError

from schemas.values import Amount
from schemas.vocabulary import Qualifier

_QUALIFIER: TypeAdapter[Qualifier] = TypeAdapter(Qualifier)
_NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+|\d+", re.ASCII)
_RANGE = re.compile(rf"({_NUMBER.pattern})\s*[-\u2013]\s*({_NUMBER.pattern})", re.ASCII)
_HEDGED = re.compile(rf"([a-z ]*?)\s*({_NUMBER.pattern})?", re.ASCII)
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
        raise ValueError(f"{text!r} is no count; write 24, about 900, over 130, 40-45, several or unknown")
    words, number = hedged.groups()
    try:
        qualifier = _QUALIFIER.validate_python("_".join(words.split()) or "exact")
        count = Amount.of(None if number is None else whole_number(number), qualifier)
    except ValidationError as error:
        reason = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise ValueError(f"{text!r} is no count: {reason}") from error
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
    """`1,778` or `1778`. Raises ValueError."""
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{text!r} is no whole number")
    return int(text.replace(",", ""))


def put(members: dict[str, Any], path: list[str], value: Any) -> None:
    """Set a member at a dotted path, making the objects and lists on the way (`groups.0.count`)."""
    node: Any = members
    for step, following in zip(path, [*path[1:], None], strict=True):
        key: Any = int(step) if isinstance(node, list) and step.isdigit() else step
        if isinstance(node, list):
            while len(node) <= key:
                node.append({})
        if following is None:
            node[key] = value
            return
        if not isinstance(node, list) and key not in node:
            node[key] = [] if following.isdigit() else {}
        node = node[key]
