"""Where each event id stands, in some thirty bytes an id: for whoever cannot ask a database. And how much of an id
tells it from others."""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator
from heapq import nsmallest
from struct import Struct

MATCHES_MAX = 10
"""So many ids are told to whoever asks for one by its first digits."""
ID_DIGITS_MIN = 4
"""By fewer no id is asked for: they would often tell the right one today and another one, or none, tomorrow."""
SHARDS = 1 << 12
_ENTRY = Struct(">16sQ")
DIGITS = 32
"""Of a whole id."""
ID_LENGTH_MIN = 8
"""So many characters of an id are shown at least, also where fewer would tell it from others by now."""


class Ids:
    """Numbers by event id, of which each id can have several. Any number from 0 to 2**64 - 1 will do.

    Ids of one shard are searched through byte by byte: with a million ids a shard takes 6 kB, and a search 2 µs.
    """

    def __init__(self) -> None:
        self._shards: list[bytearray] = [bytearray() for _ in range(SHARDS)]

    def add(self, event_id: str, number: int) -> None:
        """Keep a number under an id, behind those that it has."""
        raw = packed(event_id)
        self._shard(raw).extend(_ENTRY.pack(raw, number))

    def find(self, event_id: str) -> Iterator[int]:
        """The numbers of an id, in the order in which they came. Raises ValueError for what can be no id."""
        raw = packed(event_id)
        shard, at = self._shard(raw), -1
        while (at := shard.find(raw, at + 1)) >= 0:
            if at % _ENTRY.size == 0:
                yield _ENTRY.unpack_from(shard, at)[1]

    def starting(self, digits: str, most: int) -> list[str]:
        """The first ids that start with some hexadecimal digits, of which there are at most 32, in order."""
        low, high = (bytes.fromhex(digits.ljust(32, end)) for end in "0f")
        found = {raw for shard in self._shards for raw, _ in _ENTRY.iter_unpack(shard) if low <= raw <= high}
        return [unpacked(raw) for raw in nsmallest(most, found)]

    def shared_digits(self, event_ids: Collection[str]) -> int:
        """With how many digits at most one of some ids begins as another one that is here does."""
        every = (raw for shard in self._shards for raw, _ in _ENTRY.iter_unpack(shard))
        return shared_digits([*map(packed, event_ids)], every)

    def _shard(self, raw: bytes) -> bytearray:
        return self._shards[hash(raw) % SHARDS]  # Python salts it, so that nobody can put all ids into one shard


def hex_digits(prefix: str) -> str | None:
    """The hexadecimal digits with which an id begins that is asked for; None for what can be no beginning of one."""
    digits = prefix.replace("-", "").lower()
    return digits if 0 < len(digits) <= 32 and set(digits) <= set("0123456789abcdef") else None


def beginning(event_id: str, digits: int) -> str:
    """An id up to so many of its digits, as it is written."""
    return event_id[: length_of(digits)]


def length_of(digits: int) -> int:
    """So many characters an id has up to so many of its digits, hyphens included."""
    return digits + sum(digits > place for place in (8, 12, 16, 20))


def shared_digits(event_ids: Collection[bytes], others: Iterable[bytes]) -> int:
    """With how many digits at most one of some ids begins as another id does.

    Each is compared with its neighbours alone, in order: no other id begins as much alike.
    """
    ordered, most = sorted(event_ids), 0
    for raw in others:
        place = bisect_left(ordered, raw)
        for near in ordered[max(0, place - 1) : place + 2]:
            if near != raw:
                most = max(most, common_digits(near, raw))
    return most


def common_digits(one: bytes, other: bytes) -> int:
    """With how many digits two ids begin alike."""
    differing = int.from_bytes(one) ^ int.from_bytes(other)
    return DIGITS - (differing.bit_length() + 3) // 4


def packed(event_id: str) -> bytes:
    """An event's id in sixteen bytes. Raises ValueError."""
    raw = bytes.fromhex(event_id.replace("-", ""))
    if len(raw) != 16:
        raise ValueError(f"{event_id!r} is no UUID")
    return raw


def unpacked(raw: bytes) -> str:
    """The id that `packed` was given."""
    digits = raw.hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
