"""A record as a leaf of the tree: the bytes whose hash stands for it.

    offset  bytes  what
    0       1      the version of this encoding: 0x01
    1       4      the partition, unsigned, big-endian
    5       8      the offset in the partition, unsigned, big-endian
    13      8      the recorded time in microseconds since 1970 (UTC), signed, big-endian
    21      rest   the payload, exactly as the producer sent it

All that stands before the payload has one length, so that no two records have the same encoding. A record whose payload
was removed bears the hash itself (`schemas.redaction`).
"""

import struct
from collections.abc import Iterable
from hashlib import sha256

from schemas.record import Row
from schemas.redaction import redacted_hash

_HEAD = struct.Struct(">cBIQq")
_LEAF_PREFIX, VERSION = b"\x00", 1


def leaf(partition: int, row: Row) -> bytes:
    """The encoding of a record of a partition."""
    return _prefixed(partition, row)[1:]


def record_hash(partition: int, row: Row) -> bytes:
    """The hash of a record as a leaf: `leaf_hash(leaf(partition, row))`, in one step; the kept one of a redacted."""
    return redacted_hash(row[2]) or sha256(_prefixed(partition, row)).digest()


def record_hashes(partition: int, rows: Iterable[Row]) -> bytes:
    """The hashes of records of one partition, one after the other."""
    pack = _HEAD.pack
    return b"".join(
        redacted_hash(payload) or sha256(pack(_LEAF_PREFIX, VERSION, partition, offset, recorded_us) + payload).digest()
        for offset, recorded_us, payload in rows
    )


def _prefixed(partition: int, row: Row) -> bytes:
    offset, recorded_us, payload = row
    return _HEAD.pack(_LEAF_PREFIX, VERSION, partition, offset, recorded_us) + payload
