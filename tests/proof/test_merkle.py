"""The tree is that of RFC 6962 and RFC 9162: published vectors, every proof of small trees, and no forgery."""

import os
from collections.abc import Callable, Iterator
from hashlib import sha256
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import VerificationFailed
from ledger.proof.merkle import (
    EMPTY_ROOT,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    tree_root,
    verify_consistency,
    verify_inclusion,
)
from ledger.proof.tree import Edge, TiledTree, Tree

# The reference vectors of certificate-transparency (merkle_tree_test) and of transparency-dev/merkle.
LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
PAIR = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
SECOND = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
FIFTH = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
RIGHT = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
LAST_PAIR = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
THIRD_PAIR = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
INCLUSION = [
    (0, 1, []),
    (0, 8, [SECOND, PAIR, RIGHT]),
    (5, 8, [FIFTH, LAST_PAIR, ROOTS[3]]),
    (2, 3, [ROOTS[1]]),
    (1, 5, [ROOTS[0], PAIR, FIFTH]),
]
CONSISTENCY = [
    (1, 1, []),
    (1, 8, [SECOND, PAIR, RIGHT]),
    (6, 8, [THIRD_PAIR, LAST_PAIR, ROOTS[3]]),
    (2, 5, [PAIR, FIFTH]),
]
SOME = bytes.fromhex("abacaba000000000000000000000000000000000000000000060061e00123456")


def tree_of(size: int) -> Tree:
    tree = Tree()
    tree.extend(b"".join(leaf_hash(str(number).encode()) for number in range(size)))
    return tree


def naive(hashes: list[bytes]) -> bytes:
    """MTH of RFC 6962, word for word."""
    if not hashes:
        return sha256().digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return node_hash(naive(hashes[:split]), naive(hashes[split:]))


@pytest.fixture(scope="module")
def published() -> Tree:
    tree = Tree()
    tree.extend(b"".join(leaf_hash(bytes.fromhex(each)) for each in LEAVES))
    return tree


def test_published_roots(published: Tree) -> None:
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert published.root(0) == EMPTY_ROOT
    assert [published.root(size).hex() for size in range(1, 9)] == ROOTS


@pytest.mark.parametrize(("index", "size", "proof"), INCLUSION)
def test_published_inclusion_proofs(published: Tree, index: int, size: int, proof: list[str]) -> None:
    assert [each.hex() for each in inclusion_proof(published.node, index, size)] == proof
    leaf = leaf_hash(bytes.fromhex(LEAVES[index]))
    verify_inclusion(leaf, index, size, [*map(bytes.fromhex, proof)], bytes.fromhex(ROOTS[size - 1]))


@pytest.mark.parametrize(("old", "new", "proof"), CONSISTENCY)
def test_published_consistency_proofs(published: Tree, old: int, new: int, proof: list[str]) -> None:
    assert [each.hex() for each in consistency_proof(published.node, old, new)] == proof
    roots = [bytes.fromhex(ROOTS[size - 1]) for size in (old, new)]
    verify_consistency(old, new, roots[0], roots[1], [*map(bytes.fromhex, proof)])


def test_every_proof_of_small_trees_holds() -> None:
    tree = tree_of(40)
    roots = [tree.root(size) for size in range(41)]
    for size in range(41):
        for index in range(size):
            proof = inclusion_proof(tree.node, index, size)
            verify_inclusion(tree.node(0, index), index, size, proof, roots[size])
        for old in range(size + 1):
            verify_consistency(old, size, roots[old], roots[size], consistency_proof(tree.node, old, size))


def broken(proof: list[bytes], *roots: bytes) -> Iterator[list[bytes]]:
    """Proofs that are malformed as the reference implementation's probes are."""
    for added in (b"", SOME, *roots):
        yield [*proof, added]
        yield [added, *proof]
    for at, each in enumerate(proof):
        yield [*proof[:at], bytes([each[0] ^ 8]) + each[1:], *proof[at + 1 :]]
        yield [*proof[:at], each[:-1], *proof[at + 1 :]]
        yield [*proof[:at], *proof[at + 1 :]]
        yield [*proof[:at], each, *proof[at:]]
    for at in range(len(proof) - 1):
        yield [*proof[:at], proof[at + 1], proof[at], *proof[at + 2 :]]


def refused(verify: Callable[..., None], *claim: object) -> None:
    with pytest.raises(VerificationFailed):
        verify(*claim)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 8, 13, 16, 21])
def test_no_malformed_inclusion_proof_passes(size: int) -> None:
    tree, root = tree_of(size), tree_of(size).root()
    for index in range(size):
        leaf, proof = tree.node(0, index), inclusion_proof(tree.node, index, size)
        for other in broken(proof, root, leaf):
            refused(verify_inclusion, leaf, index, size, other, root)
        for at, of in [(index - 1, size), (index + 1, size), (index ^ 2, size), (index, size * 2), (index, size // 2)]:
            refused(verify_inclusion, leaf, at, of, proof, root)
        for wrong in (SOME, EMPTY_ROOT, b"", root[:-1]):
            refused(verify_inclusion, leaf, index, size, proof, wrong)
            refused(verify_inclusion, wrong, index, size, proof, root)


@pytest.mark.parametrize(("old", "new"), [(1, 2), (1, 8), (2, 5), (3, 7), (4, 8), (6, 8), (7, 21), (8, 21), (13, 16)])
def test_no_malformed_consistency_proof_passes(old: int, new: int) -> None:
    tree = tree_of(new)
    one, other, proof = tree.root(old), tree.root(), consistency_proof(tree.node, old, new)
    verify_consistency(old, new, one, other, proof)
    for wrong in [*broken(proof, one, other), []]:
        refused(verify_consistency, old, new, one, other, wrong)
    for first, second in [(old - 1, new), (old + 1, new), (old ^ 2, new), (old, new * 2), (old, new // 2), (new, old)]:
        if (first, second) != (0, new):  # from nothing, with a proof: tried below
            refused(verify_consistency, first, second, one, other, proof)
    for left, right in [(other, one), (SOME, other), (one, SOME), (b"", other), (one, b"")]:
        refused(verify_consistency, old, new, left, right, proof)


def test_what_needs_no_proof_takes_none() -> None:
    root = tree_of(5).root()
    verify_consistency(0, 5, EMPTY_ROOT, root, [])
    verify_consistency(5, 5, root, root, [])
    for old, first, proof in [(0, EMPTY_ROOT, [root]), (0, root, []), (5, root, [root]), (5, SOME, [])]:
        refused(verify_consistency, old, 5, first, root, proof)


def test_no_proof_of_what_is_not_there() -> None:
    tree = tree_of(5)
    for index, size in [(5, 5), (-1, 5), (0, 0)]:
        with pytest.raises(ValueError, match="no leaf"):
            inclusion_proof(tree.node, index, size)
    with pytest.raises(ValueError, match="cannot have grown"):
        consistency_proof(tree.node, 6, 5)
    with pytest.raises(LookupError):
        tree_root(tree.node, 6)


@given(st.lists(st.integers(0, 300), min_size=1, max_size=6), st.data())
def test_a_tree_its_edge_and_its_tiles_agree(steps: list[int], data: st.DataObject) -> None:
    """However the leaves came, the root at every size is that of the definition."""
    tree, edge, hashes = Tree(), Edge(), list[bytes]()
    for step in steps:
        added = [leaf_hash(os.urandom(4)) for _ in range(step)]
        hashes += added
        tree.extend(b"".join(added))
        edge = Edge(edge.size, edge.peaks)
        edge.extend(b"".join(added))
        assert tree.root() == edge.root() == naive(hashes)
    tiled = TiledTree(tree.size, lambda level, number: tree.tile(level, number))
    size = data.draw(st.integers(0, tree.size))
    assert tiled.root(size) == tree.root(size) == naive(hashes[:size])
    if size:
        index = data.draw(st.integers(0, size - 1))
        assert inclusion_proof(tiled.node, index, size) == inclusion_proof(tree.node, index, size)
    old = data.draw(st.integers(0, size))
    assert consistency_proof(tiled.node, old, size) == consistency_proof(tree.node, old, size)


def test_tiles_of_three_levels() -> None:
    tree = tree_of(70_000)
    assert [tree.tiles(level) for level in range(4)] == [274, 2, 1, 0]
    assert [len(tree.tile(level, tree.tiles(level) - 1)) // 32 for level in range(3)] == [112, 17, 1]
    tiled = TiledTree(tree.size, tree.tile)
    for old, new in pairwise([1, 255, 256, 257, 65_535, 65_536, 65_537, 70_000]):
        proof = consistency_proof(tiled.node, old, new)
        verify_consistency(old, new, tree.root(old), tree.root(new), proof)
    with pytest.raises(LookupError):
        tiled.node(0, 70_000)


def test_an_edge_that_is_none_is_refused() -> None:
    for size, peaks in [(3, [SOME]), (1, []), (1, [b"short"])]:
        with pytest.raises(ValueError, match="not the edge"):
            Edge(size, peaks)
