"""Text that looks like personal data. It looks for shapes, and only in words for people: it can be wrong both ways."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, TypeAlias, get_args

from pydantic import BaseModel, StringConstraints

from schemas.events import EVENT_TYPES, AnyEvent

WORDS_MIN = 200
"""A field of at least so many characters, and without a pattern, is words for people."""

_WORD = r"[A-Z][a-z'\u2019-]+"
_NAME = rf"{_WORD}(?: (?:(?:al|el|ben|bin|de|van|von|abu|Abu)[ -])?{_WORD}){{1,3}}"
_AGE = r"[1-9]\d?"
KINDS = {
    "an e-mail address": r"[\w.+-]+@[\w-]+\.[\w.-]*[a-z]",
    "a telephone number": (
        r"(?<![\w.:/-])\+\d[\d ().-]{7,16}\d(?!\w)"
        r"|(?<![\w.:/-])\(?0\d{1,3}\)?[ -]\d{3,4}[ -]?\d{3,4}\b"
    ),
    "a place to the metre": r"-?\d{1,3}\.\d{4,}\s*\u00b0?\s*[NS]?\s*[,; ]\s*-?\d{1,3}\.\d{4,}",
    "the number of a passport or an identity card": (
        r"(?i:\b(?:passport|identity card|id card|id number|id no)\b)[^;\d]{0,20}\d{6,10}\b"
    ),
    "the name of a person": (
        rf"\b{_NAME}(?:, {_AGE}(?=[,.;)]|$)| \({_AGE}\)|,? \(?aged? {_AGE}\b)"
        rf"|\b{_AGE}-year-old {_NAME}"
        rf"|\b(?i:captive|hostage|prisoner|detainee|soldier) (?:named|called) {_WORD}"
    ),
}
"""What is looked for, and its shape. A name needs an age, or to be said to be one, since the words of sources are full
of names of places, papers and officials."""

_SHAPES = {kind: re.compile(shape) for kind, shape in KINDS.items()}
_HINT = re.compile(
    r"@|\d[\d ().-]{7}|\d\.\d{4}|\d{6}|(?:, |\()[1-9]\d?(?!\d)|aged? [1-9]|-year-old|(?:named|called) [A-Z]"
)
"""What any of the shapes has somewhere: texts without it, nearly all, are looked at once."""


def personal_data(event: AnyEvent) -> list[tuple[str, str]]:
    """The fields of a decoded event whose words look like personal data, each with what they look like."""
    texts = [*_words(event, _plan(type(event) if isinstance(event, BaseModel) else EVENT_TYPES[event.type]))]
    if not _HINT.search("\n".join([text for _, text in texts])):
        return []
    return [(name, kind) for name, text in texts for kind, shape in _SHAPES.items() if shape.search(text)]


_Plan: TypeAlias = tuple[tuple[str, Any], ...]
"""The fields of a model that hold words (None), or values that have such fields (their plan)."""


def _words(value: Any, plan: _Plan) -> Iterator[tuple[str, str]]:
    for name, inner in plan:
        held = getattr(value, name)
        if held is None:
            continue
        for each in held if isinstance(held, tuple) else (held,):
            if inner is None:
                yield name, each
            else:
                yield from _words(each, inner)


@cache
def _plan(model: type[BaseModel]) -> _Plan:
    found: list[tuple[str, Any]] = []
    for name, field in model.model_fields.items():
        kinds = [*_flat(field.annotation)]
        inner = [plan for kind in kinds if _is_model(kind) and (plan := _plan(kind))]
        if inner:
            found.append((name, inner[0]))
        elif any(map(_is_text, [*field.metadata, *(rule for kind in kinds for rule in _rules(kind))])):
            found.append((name, None))
    return tuple(found)


def _flat(annotation: Any) -> Iterator[Any]:
    yield annotation
    for inner in get_args(annotation):
        yield from _flat(inner)


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _rules(kind: Any) -> tuple[Any, ...]:
    return getattr(kind, "__metadata__", ())


def _is_text(rule: Any) -> bool:
    return isinstance(rule, StringConstraints) and rule.pattern is None and (rule.max_length or 0) >= WORDS_MIN
