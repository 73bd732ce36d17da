"""What a valid JSON document can still hide: repeated keys, control and bidi characters, unnormalised text."""

import json
import re
import unicodedata
from collections.abc import Iterator

import orjson

from schemas.errors import InvalidEvent, Problem

MESSAGE_BYTES_MAX = 64 * 1024
DEPTH_MAX = 16

_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff\ufffe\uffff]")


def check_size(raw: bytes) -> None:
    """Refuse a message of more than 64 KiB before anything parses it."""
    if len(raw) > MESSAGE_BYTES_MAX:
        raise InvalidEvent(Problem("", f"{len(raw):,} bytes, and a message has at most {MESSAGE_BYTES_MAX:,}"))


def check_text(raw: bytes) -> None:
    """Refuse what strict validation cannot see. `raw` is a message whose shape is already known to be valid.

    A valid message holds no floats, so printing it compactly can only make it shorter: if the
    length is unchanged, no key was given twice. Plain ASCII without escapes needs no look at its text.
    """
    document = orjson.loads(raw)
    if len(orjson.dumps(document)) != len(raw):
        json.loads(raw, object_pairs_hook=_refuse_repeated_keys)
    if not raw.isascii() or b"\\" in raw or b"\x7f" in raw:
        for path, text in _texts(document, ""):
            _check_characters(path, text)


def _refuse_repeated_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        keys = [key for key, _ in pairs]
        repeated = next(key for key in keys if keys.count(key) > 1)
        raise InvalidEvent(Problem(repeated, "this key is given twice in one object; keep one of them"))
    return members


def _texts(node: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, str):
        yield path, node
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from _texts(value, f"{path}.{key}" if path else key)
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _texts(value, f"{path}.{index}")


def _check_characters(path: str, text: str) -> None:
    found = _FORBIDDEN.search(text)
    if found:
        raise InvalidEvent(Problem(path, f"holds the control or bidi character U+{ord(found[0]):04X}; remove it"))
    if not unicodedata.is_normalized("NFC", text):
        raise InvalidEvent(Problem(path, "is not in Unicode normal form NFC; normalise it before publishing"))
