"""What a valid JSON document can still hide: repeated keys, control and bidi characters, unnormalised text."""

import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import orjson

from schemas.errors import InvalidEvent, Problem
from schemas.values import WHOLE_MAX

MESSAGE_BYTES_MAX = 64 * 1024
DEPTH_MAX = 16

_BACKSLASH, _DELETE = b"\\\x7f"
"""As numbers: looking for a number in bytes costs a fifth of looking for bytes."""
_FORBIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff\ufffe\uffff]"
)


def check_size(raw: bytes) -> None:
    """Refuse a message of more than 64 KiB before anything parses it."""
    if len(raw) > MESSAGE_BYTES_MAX:
        raise InvalidEvent(Problem("", f"{len(raw):,} bytes, and a message has at most {MESSAGE_BYTES_MAX:,}"))


def parse(raw: bytes) -> dict[str, Any]:
    """The members of the one JSON object in `raw`. Raises InvalidEvent."""
    try:
        members = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise InvalidEvent(Problem("", f"is not JSON: {error}")) from error
    if not isinstance(members, dict):
        raise InvalidEvent(Problem("", "is not a JSON object; an event is one object on one line"))
    return members


def check_text(raw: bytes, members: dict[str, Any]) -> None:
    """Refuse what strict validation cannot see, in a message whose shape is already known to be valid."""
    if not is_compact(raw, members):
        check_keys(raw)
    check_characters(raw, members)


def is_compact(raw: bytes, members: dict[str, Any]) -> bool:
    """Whether a message of valid shape is as short as its members can be printed.

    It holds no floats, so that printing can only make it shorter: if its length is unchanged, no key was given twice.
    """
    return len(orjson.dumps(members)) == len(raw)


def check_unknown(raw: bytes, members: dict[str, Any]) -> None:
    """Refuse what no event of any version can hold, in a message whose shape is not known."""
    _check_depth(members)
    check_keys(raw)
    check_characters(raw, members)
    for path, node in _nodes(members, ""):
        if isinstance(node, int | float) and abs(node) > WHOLE_MAX:
            raise InvalidEvent(Problem(path, "is a number beyond 2^53, which JSON readers disagree on"))


def check_characters(raw: bytes, members: dict[str, Any]) -> None:
    """Refuse control and bidi characters and unnormalised text. Plain ASCII without escapes needs no look."""
    if _is_plain_ascii(raw):
        return
    for path, node in _nodes(members, ""):
        if isinstance(node, str):
            _check_string(path, node)


def is_plain_text(raw: bytes) -> bool:
    """Whether a look at all of a message shows that `check_characters` would find nothing: it has no escapes.

    What is in normal form is so in each of its parts (UAX #15, 1.1).
    """
    if _is_plain_ascii(raw):
        return True
    text = raw.decode()
    return "\\" not in text and not _FORBIDDEN.search(text) and unicodedata.is_normalized("NFC", text)


def _is_plain_ascii(raw: bytes) -> bool:
    return raw.isascii() and _BACKSLASH not in raw and _DELETE not in raw


def check_keys(raw: bytes) -> None:
    """Refuse a key that is given twice in one object. Raises InvalidEvent."""
    try:
        json.loads(raw, object_pairs_hook=_refuse_repeated_keys)
    except InvalidEvent:
        raise
    except (RecursionError, ValueError) as error:  # what other parsers skip: thousands of levels, or of digits
        raise InvalidEvent(Problem("", f"cannot be read: {error}")) from error


def _refuse_repeated_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        keys = [key for key, _ in pairs]
        repeated = next(key for key in keys if keys.count(key) > 1)
        raise InvalidEvent(Problem(repeated, "this key is given twice in one object; keep one of them"))
    return members


def _check_depth(document: object) -> None:
    level = [document]
    for _ in range(DEPTH_MAX):
        level = [child for node in level for child in _children(node)]
    if level:
        raise InvalidEvent(Problem("", f"is nested deeper than {DEPTH_MAX} levels"))


def _children(node: object) -> list[object]:
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return [child for child in children if isinstance(child, dict | list)]


def _nodes(node: object, path: str) -> Iterator[tuple[str, object]]:
    """Each key and each value below `node`, with its path."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield path, key
            yield from _nodes(value, f"{path}.{key}" if path else key)
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _nodes(value, f"{path}.{index}")
    else:
        yield path, node


def _check_string(path: str, text: str) -> None:
    found = _FORBIDDEN.search(text)
    if found:
        raise InvalidEvent(Problem(path, f"holds the control or bidi character U+{ord(found[0]):04X}; remove it"))
    if not unicodedata.is_normalized("NFC", text):
        raise InvalidEvent(Problem(path, "is not in Unicode normal form NFC; normalise it before publishing"))
