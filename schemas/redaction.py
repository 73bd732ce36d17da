"""What stands in a log in place of a record whose bytes were removed: whose they were, and their hash in the tree.

A data-protection officer does not waive that a name in a note can go; a proof does not waive that nothing else goes
with it. The hash stays, so that every root, proof and checkpoint over the record stays as it was.
"""

import re

REDACTED = "redacted"
"""In place of an event's type. No publisher may write it."""

_HEAD = b'{"type":"redacted",'
_SHAPE = re.compile(
    _HEAD + rb'"version":1,"id":"[0-9a-f-]{36}","exchange":"[A-Z0-9][A-Z0-9-]{1,63}","leaf":"([0-9a-f]{64})"\}'
)


def redacted_bytes(event_id: str, exchange: str, leaf_hash: bytes) -> bytes:
    """The payload of a record whose own is gone. `leaf_hash`: the 32 bytes that stand for it in the tree."""
    return b'%s"version":1,"id":"%s","exchange":"%s","leaf":"%s"}' % (
        _HEAD,
        event_id.encode(),
        exchange.encode(),
        leaf_hash.hex().encode(),
    )


def redacted_hash(payload: bytes) -> bytes | None:
    """The hash of the record that a payload stands in place of; None for any other payload."""
    if not payload.startswith(_HEAD):
        return None
    found = _SHAPE.fullmatch(payload)
    return bytes.fromhex(found[1].decode()) if found else None


def is_redacted(payload: bytes) -> bool:
    """Whether a payload stands in place of one that was removed."""
    return redacted_hash(payload) is not None
