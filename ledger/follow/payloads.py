"""Payloads in memory, compressed: a quarter of what they take as they are."""

import zlib
from array import array
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import NamedTuple

BLOCK = 64
"""Payloads that are compressed together: alone they would hardly shrink, and of more one would cost much to read."""
OPEN_MAX = 64
"""Blocks that are kept open, of some 30 kB each."""


class _Block(NamedTuple):
    packed: bytes
    ends: "array[int]"


class Payloads(Sequence[bytes]):
    """Payloads in the order in which they came. They may be read in one thread while another one adds some."""

    def __init__(self) -> None:
        self._blocks: list[_Block] = []
        self._tail: list[bytes] = []
        self._opened = lru_cache(maxsize=OPEN_MAX)(self._unpacked)

    def __len__(self) -> int:
        return len(self._blocks) * BLOCK + len(self._tail)

    def append(self, payload: bytes) -> None:
        self._tail.append(payload)
        if len(self._tail) == BLOCK:
            self._blocks.append(_packed(self._tail))
            self._tail = []

    def replace(self, number: int, payload: bytes) -> None:
        """Put a payload in the place of another, of which nothing is left here."""
        block, place = divmod(number, BLOCK)
        if block == len(self._blocks):
            self._tail[place] = payload
        else:
            payloads = [*self._unpacked(block)]
            payloads[place] = payload
            self._blocks[block] = _packed(payloads)
        self._opened.cache_clear()

    def __getitem__(self, number: int) -> bytes:  # type: ignore[override]
        block, place = divmod(number, BLOCK)
        tail = self._tail  # before one looks whether it is full by now
        return self._opened(block)[place] if block < len(self._blocks) else tail[place]

    def _unpacked(self, number: int) -> list[bytes]:
        block = self._blocks[number]
        raw = zlib.decompress(block.packed)
        return [raw[start:end] for start, end in pairwise(block.ends)]


def _packed(payloads: Sequence[bytes]) -> _Block:
    return _Block(zlib.compress(b"".join(payloads), 1), array("I", accumulate(map(len, payloads), initial=0)))
