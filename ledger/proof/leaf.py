"""A record as a leaf of the tree: the bytes whose hash stands for it.

    offset  bytes  what
    0       1      the version of this encoding: 0x01, or 0x02 where the log says who entered the event
    1       4      the partition, unsigned, big-endian
    5       8      the offset in the partition, unsigned, big-endian
    13      8      the recorded time in microseconds since 1970 (UTC), signed, big-endian
    21      rest   of version 1: the payload, exactly as the producer sent it
    21      4      of version 2: how many bytes say who entered it, unsigned, big-endian
    25      rest   these bytes, and then the payload

All that stands before the payload has a length that is known, so that no two records have the same encoding. A record
whose payload was removed bears the hash itself (`schemas.redaction`).
"""

import struct
from collections.abc import Iterable
from hashlib import sha256

from schemas.record import Row
from schemas.redaction import redacted_hash

_HEAD = struct.Struct(">cBIQq")
_LENGTH = struct.Struct(">I")
_LEAF_PREFIX, VERSION, VERSION_ENTERED = b"\x00", 1, 2


def leaf(partition: int, row: Row) -> bytes:
    """The encoding of a record of a partition."""
    return _prefixed(partition, row)[1:]


def record_hash(partition: int, row: Row) -> bytes:
    """The hash of a record as a leaf: `leaf_hash(leaf(partition, row))`, in one step; the kept one of a redacted."""
    return redacted_hash(row[2]) or sha256(_prefixed(partition, row)).digest()


def record_hashes(partition: int, rows: Iterable[Row]) -> bytes:
    """The hashes of records of one partition, one after the other."""
    return b"".join([record_hash(partition, row) for row in rows])


def _prefixed(partition: int, row: Row) -> bytes:
    offset, recorded_us, payload, entered_by = row
    if entered_by is None:
        return _HEAD.pack(_LEAF_PREFIX, VERSION, partition, offset, recorded_us) + payload
    head = _HEAD.pack(_LEAF_PREFIX, VERSION_ENTERED, partition, offset, recorded_us)
    return b"".join((head, _LENGTH.pack(len(entered_by)), entered_by, payload))
