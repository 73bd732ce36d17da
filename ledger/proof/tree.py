"""A tree that grows: all of its complete nodes, its right edge alone, or its nodes in tiles."""

from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256

from ledger.proof.merkle import EMPTY_ROOT, HASH_BYTES, node_hash, tree_root

TILE_HEIGHT = 8
"""The levels of a tile (C2SP tlog-tiles): the lowest is kept, the others follow from it."""

TILE_HASHES = 1 << TILE_HEIGHT
TILE_BYTES = TILE_HASHES * HASH_BYTES


class Tree:
    """Every complete node of a tree: 64 bytes a leaf. `levels[n]` holds the hashes over `1 << n` leaves each."""

    def __init__(self) -> None:
        self.levels = [bytearray()]

    @property
    def size(self) -> int:
        return len(self.levels[0]) // HASH_BYTES

    def extend(self, hashes: bytes) -> None:
        """Add leaves by their hashes, one after the other."""
        self.levels[0] += hashes
        for level, below in enumerate(self.levels):
            if len(below) < 2 * HASH_BYTES:
                return
            if level + 1 == len(self.levels):
                self.levels.append(bytearray())
            above = self.levels[level + 1]
            pairs = range(2 * len(above), len(below) - HASH_BYTES, 2 * HASH_BYTES)
            above += b"".join(sha256(b"\x01" + below[at : at + 2 * HASH_BYTES]).digest() for at in pairs)

    def node(self, level: int, index: int) -> bytes:
        """The hash of a complete node. Raises LookupError."""
        found = bytes(self.levels[level][index * HASH_BYTES : (index + 1) * HASH_BYTES])
        if not found:
            raise LookupError(f"no node {index} at level {level} in a tree of {self.size}")
        return found

    def root(self, size: int | None = None) -> bytes:
        """The root over the first leaves; without a size, over all. Raises LookupError past the end."""
        return tree_root(self.node, self.size if size is None else size)

    def tile(self, level: int, number: int) -> bytes:
        """The hashes of a tile, which is partial at the right edge."""
        kept = self.levels[level * TILE_HEIGHT] if level * TILE_HEIGHT < len(self.levels) else b""
        return bytes(kept[number * TILE_BYTES : (number + 1) * TILE_BYTES])

    def tiles(self, level: int) -> int:
        """How many tiles a level of tiles has."""
        kept = self.levels[level * TILE_HEIGHT] if level * TILE_HEIGHT < len(self.levels) else b""
        return -(-len(kept) // TILE_BYTES)


class TiledTree:
    """A tree by its tiles, of which only those are fetched that a question needs.

    `fetch` gives the hashes of a tile by its level and number, and raises LookupError where there is none.
    """

    def __init__(self, size: int, fetch: Callable[[int, int], bytes]) -> None:
        self.size = size
        self._fetch = lru_cache(maxsize=64)(fetch)

    def node(self, level: int, index: int) -> bytes:
        """The hash of a complete node. Raises LookupError."""
        height = level % TILE_HEIGHT
        first = index << height
        tile = self._fetch(level // TILE_HEIGHT, first // TILE_HASHES)
        start = first % TILE_HASHES * HASH_BYTES
        hashes = tile[start : start + (HASH_BYTES << height)]
        if len(hashes) != HASH_BYTES << height:
            raise LookupError(f"no node {index} at level {level}")
        while len(hashes) > HASH_BYTES:
            pairs = range(0, len(hashes), 2 * HASH_BYTES)
            hashes = b"".join(sha256(b"\x01" + hashes[at : at + 2 * HASH_BYTES]).digest() for at in pairs)
        return hashes

    def root(self, size: int | None = None) -> bytes:
        """The root over the first leaves; without a size, over all. Raises LookupError past the end."""
        return tree_root(self.node, self.size if size is None else size)


class Edge:
    """The right edge of a tree, which is all that its next root needs: a hash for each bit that its size has.

    `peaks` are the complete subtrees from left to right.
    """

    def __init__(self, size: int = 0, peaks: list[bytes] | None = None) -> None:
        self.size, self.peaks = size, [*(peaks or [])]
        if len(self.peaks) != size.bit_count() or any(len(each) != HASH_BYTES for each in self.peaks):
            raise ValueError(f"{len(self.peaks)} hashes are not the edge of a tree of {size}")

    def extend(self, hashes: bytes) -> None:
        """Add leaves by their hashes, one after the other."""
        peaks, size = self.peaks, self.size
        for at in range(0, len(hashes), HASH_BYTES):
            added, full = hashes[at : at + HASH_BYTES], size
            while full & 1:
                added, full = sha256(b"\x01" + peaks.pop() + added).digest(), full >> 1
            peaks.append(added)
            size += 1
        self.size = size

    def root(self) -> bytes:
        """The root over all leaves."""
        if not self.peaks:
            return EMPTY_ROOT
        found = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            found = node_hash(peak, found)
        return found
