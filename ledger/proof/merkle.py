"""Merkle trees of RFC 6962 section 2.1, as RFC 9162 section 2.1 restates them: roots, proofs, and their verification.

The hash is SHA-256. A leaf is hashed behind 0x00 and a node behind 0x01, so that none passes for the other. Proofs are
made from a tree's complete nodes, wherever these are kept; they are verified with nothing but roots.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import TypeAlias

from ledger.errors import VerificationFailed

HASH_BYTES = 32
EMPTY_ROOT = sha256().digest()
"""The root of a tree without leaves."""

Nodes: TypeAlias = Callable[[int, int], bytes]
"""Gives the hash over the leaves from `index << level` on, `1 << level` of them. Raises LookupError past the end."""


def leaf_hash(entry: bytes) -> bytes:
    """The hash of a leaf."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node over two others."""
    return sha256(b"\x01" + left + right).digest()


# -- from the nodes of a tree ------------------------------------------------------------------


def tree_root(nodes: Nodes, size: int) -> bytes:
    """The root over the first `size` leaves (RFC 9162, 2.1.1)."""
    return _over(nodes, 0, size) if size else EMPTY_ROOT


def inclusion_proof(nodes: Nodes, index: int, size: int) -> list[bytes]:
    """The proof that a leaf is in the tree of the first `size` leaves (RFC 9162, 2.1.3.1). Raises ValueError."""
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    proof, start, end = list[bytes](), 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            proof.append(_over(nodes, middle, end))
            end = middle
        else:
            proof.append(_over(nodes, start, middle))
            start = middle
    return proof[::-1]


def consistency_proof(nodes: Nodes, old: int, new: int) -> list[bytes]:
    """The proof that the first `old` leaves of the tree of `new` are those of the tree of `old` (RFC 9162, 2.1.4.1).

    It is empty where there is nothing to prove: from no leaf on, and from a tree to itself. Raises ValueError.
    """
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {old} cannot have grown to {new}")
    if old in (0, new):
        return []
    proof, start, end = list[bytes](), 0, new
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            proof.append(_over(nodes, middle, end))
            end = middle
        else:
            proof.append(_over(nodes, start, middle))
            start = middle
    if start:
        proof.append(_over(nodes, start, end))
    return proof[::-1]


def _over(nodes: Nodes, start: int, end: int) -> bytes:
    """The hash over the leaves from `start` to `end`, the last excluded."""
    count = end - start
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        return nodes(level, start >> level)
    middle = start + _split(count)
    return node_hash(_over(nodes, start, middle), _over(nodes, middle, end))


def _split(count: int) -> int:
    """The largest power of two below a count of two or more."""
    return 1 << ((count - 1).bit_length() - 1)


# -- with nothing but roots --------------------------------------------------------------------


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """That a leaf, by its hash, is number `index` in the tree of `size` leaves (RFC 9162, 2.1.3.2).

    Raises VerificationFailed.
    """
    _check_hashes(leaf, root, *proof)
    if not 0 <= index < size:
        raise VerificationFailed(f"no leaf {index} can be in a tree of {size}")
    at, last, found = index, size - 1, leaf
    for each in proof:
        if last == 0:
            raise VerificationFailed("the inclusion proof is too long")
        if at & 1 or at == last:
            found = node_hash(each, found)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, each)
        at, last = at >> 1, last >> 1
    if last:
        raise VerificationFailed("the inclusion proof is too short")
    if found != root:
        raise VerificationFailed(f"leaf {index} is not in the tree of {size} leaves with this root")


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """That the tree of `new` leaves begins with the tree of `old` leaves (RFC 9162, 2.1.4.2).

    Every tree begins with the empty one, and with itself; the proof of either is empty. Raises VerificationFailed.
    """
    _check_hashes(old_root, new_root, *proof)
    if not 0 <= old <= new:
        raise VerificationFailed(f"a tree of {old} leaves cannot have grown to {new}")
    if old == 0 or old == new:
        _verify_trivial(old, new, old_root, new_root, proof)
        return
    if not proof:
        raise VerificationFailed("the consistency proof is empty")
    path = [old_root, *proof] if old & (old - 1) == 0 else [*proof]
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    found_old = found_new = path[0]
    for each in path[1:]:
        if last == 0:
            raise VerificationFailed("the consistency proof is too long")
        if at & 1 or at == last:
            found_old, found_new = node_hash(each, found_old), node_hash(each, found_new)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            found_new = node_hash(found_new, each)
        at, last = at >> 1, last >> 1
    if last:
        raise VerificationFailed("the consistency proof is too short")
    if (found_old, found_new) != (old_root, new_root):
        raise VerificationFailed(f"the tree of {new} leaves does not begin with the tree of {old}")


def _verify_trivial(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    if proof:
        raise VerificationFailed(f"from {old} leaves to {new} there is nothing to prove, and the proof is not empty")
    if old == 0 and old_root != EMPTY_ROOT:
        raise VerificationFailed("a tree without leaves has another root")
    if old == new and old_root != new_root:
        raise VerificationFailed(f"two trees of {new} leaves have different roots")


def _check_hashes(*hashes: bytes) -> None:
    if any(len(each) != HASH_BYTES for each in hashes):
        raise VerificationFailed(f"a hash has {HASH_BYTES} bytes")
