"""What other software puts around an event, and what an event is without it.

- Confluent's serializers put five bytes before a value: 0, and the number of its schema in a registry.
- CloudEvents 1.0 in its structured mode is one JSON object, with the event as `data`, or as Base64 in `data_base64`.
- An event without an id gets one made of its own bytes: the same text is always the same event. docs/clients.md has the
  rule for other languages.

A log keeps what came, byte for byte; what counts is what is within.
"""

import base64
import binascii
import hashlib

import msgspec
import orjson

from schemas.errors import InvalidEvent, Problem
from schemas.ids import derive_id
from schemas.wellformed import check_keys

CONFLUENT_BYTES = 5
"""A byte that is 0, and four with the number of a schema."""
_SPECVERSION = b'"specversion"'


class _CloudEvent(msgspec.Struct):
    specversion: str = ""
    exchange: msgspec.Raw = msgspec.Raw(b"")
    data: msgspec.Raw = msgspec.Raw(b"")
    data_base64: str | None = None


_decode = msgspec.json.Decoder(_CloudEvent).decode


def carried(raw: bytes) -> bytes:
    """What is within whatever carries it; the same bytes where nothing does. Raises InvalidEvent."""
    if raw[:1] == b"\0":  # no JSON begins so
        raw = raw[CONFLUENT_BYTES:]
    return _data(raw) if _SPECVERSION in raw else raw


def _data(raw: bytes) -> bytes:
    """The data of a CloudEvent in structured mode; the same bytes for what is none."""
    try:
        found = _decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return raw
    if not found.specversion or bytes(found.exchange):
        return raw
    check_keys(raw)
    if data := bytes(found.data):
        return data
    if found.data_base64 is None:
        raise InvalidEvent(Problem("data", "is missing; a CloudEvent has the event there"))
    try:
        return base64.b64decode(found.data_base64, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidEvent(Problem("data_base64", "is not Base64 with its padding")) from error


def with_id(text: bytes) -> bytes:
    """An event's JSON, with an id made of its own bytes if it has none: the same text is always the same event.

    One that is signed has its id within.
    """
    try:
        members = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    if not isinstance(members, dict) or not members or "id" in members or "payloadType" in members:
        return text
    text = text.strip()
    # Put in as text, so that nothing that is wrong with the event is mended on the way.
    return b'{"id":"%s",%s' % (derive_id("line", hashlib.sha256(text).hexdigest()).encode(), text[1:])
