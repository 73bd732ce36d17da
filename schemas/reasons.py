"""What is wrong with a value, by what its field means and not by its pattern or its Python type, and how to mend it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from schemas.errors import listed, nearest, problem_in
from schemas.values import UUID_PATTERN

_PATTERNS: Mapping[str, str] = {
    "nationality": "a three-letter country code such as ISR (ISO 3166-1 alpha-3)",
    "currency": "a three-letter currency code such as USD (ISO 4217)",
    "exchange": "the name of an exchange in capitals, digits and hyphens, such as NORTH-SOUTH-2017",
    "occurrence": "the name of what happened in letters, digits and . _ : -, such as r1-captives",
    "id": "an event id, a UUID in lower case such as 018bfa2c-7000-8000-8000-000000000001",
    "party": "the name of a party in lower case, digits and _, such as red_cross",
    "key": "the name and the id of a key, such as example.org/feed+1f4a2f0c",
    "url": "an https link without spaces, such as https://example.org/report",
    "sha256": "64 digits of 0-9 and a-f, in lower case, as `sha256sum FILE` prints them",
    "wikidata": "the id of a Wikidata item, Q and digits, such as Q42",
    "ucdp": "a number of the UCDP as text, digits alone, such as 234",
    "acled": "an id of ACLED without spaces, of at most 64 characters, such as ISR1234",
}
_MEANT: Mapping[str, str] = {
    r"^[A-Z]{3}$": _PATTERNS["nationality"],
    r"^[A-Z0-9][A-Z0-9-]{1,63}$": _PATTERNS["exchange"],
    r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$": _PATTERNS["occurrence"],
    f"^{UUID_PATTERN}$": _PATTERNS["id"],
    r"^[a-z][a-z0-9_]{0,63}$": _PATTERNS["party"],
    r"^https://[^\s<>\"]{1,2040}$": _PATTERNS["url"],
}
_OF_ONE_CASE = frozenset({"nationality", "currency", "exchange", "id", "party", "sha256", "wikidata"})
"""Meanings whose letters are all small or all capitals, so that the other case can only be a slip."""
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
    "external_ids": '{"wikidata": "Q42"}',
}
_REASONS: Mapping[str, str] = {
    "tuple_type": "should be a list",
    "too_short": "needs at least one",
    "missing": "is missing; add it",
}


def reason_in(detail: Mapping[str, Any]) -> str:
    """What a detail of pydantic's errors says, in words for whoever wrote the value."""
    path = plain_path(detail["loc"])
    named = next((step for step in reversed(path) if not step.isdigit()), "")
    return _REASONS.get(detail["type"]) or _meant(detail["type"], named, detail) or problem_in(detail).reason


def plain_path(steps: Sequence[object]) -> list[str]:
    """The fields on the way to a value, without the validators that pydantic names among them."""
    return [str(step) for step in steps if not str(step).startswith("function-")]


def _meant(kind: str, named: str, detail: Mapping[str, Any]) -> str | None:
    """What a field should be; None for what pydantic says well itself."""
    if kind == "string_pattern_mismatch":
        meaning = _PATTERNS.get(named) or _MEANT.get(detail["ctx"]["pattern"])
        return meaning and f"{_shortened(detail['input'])} should be {meaning}{_mended(detail, meaning)}"
    if kind == "string_type" and named in _PATTERNS and type(detail["input"]) is int:
        return f"{_shortened(detail['input'])} should be text; put it in quotes"
    if kind in ("model_type", "model_attributes_type"):
        return f"should be an object such as {_OBJECTS.get(named, '{...}')}"
    if kind in ("literal_error", "enum"):
        terms = detail["ctx"]["expected"].replace("'", "").replace(" or ", ", ").split(", ")
        return f"should be {terms[0]}" if len(terms) == 1 else _no_term(detail["input"], terms)
    return None


def _no_term(given: object, terms: Sequence[str]) -> str:
    near = nearest(str(given), tuple(terms))
    takes = f"did you mean {near}? It takes" if near else "it takes"
    return f"{_shortened(given)} is none of its terms; {takes} {listed(terms)}"


def _mended(detail: Mapping[str, Any], meaning: str) -> str:
    """What to write instead where only the case of letters is wrong: `; write abc`."""
    text, pattern = detail["input"], detail["ctx"]["pattern"]
    if not any(_PATTERNS[name] == meaning for name in _OF_ONE_CASE):
        return ""
    return next((f"; write {each}" for each in (text.lower(), text.upper()) if re.fullmatch(pattern, each)), "")


def _shortened(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}..."


def nearest_field(model: type[BaseModel], path: Sequence[str]) -> str:
    """Which field a name that is none may be meant for, at a path: `: did you mean wikidata?`, or nothing."""
    inner: type[BaseModel] | None = model
    is_key = False
    for step in path[:-1]:
        if is_key or step.isdigit() or inner is None:
            is_key = False
            continue
        annotation = inner.model_fields[step].annotation if step in inner.model_fields else None
        inner, is_key = _model_in(annotation), get_origin(annotation) is dict
    near = "" if inner is None else nearest(path[-1], tuple(inner.model_fields))
    return near and f": did you mean {near}?"


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model that a field holds one or several of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for each in get_args(annotation) if (found := _model_in(each))), None)
