"""What other software makes of our keys, notes and proofs: metamorphic-log, of its own code in Rust."""

from pathlib import Path

import metamorphic_log as other
import pytest

from ledger.errors import VerificationFailed
from ledger.proof.merkle import consistency_proof, inclusion_proof, verify_consistency, verify_inclusion
from ledger.proof.note import split_notes
from ledger.proof.witness import split_requests
from tests.cli.run import Ran, inside
from tests.history.bundled import history
from tests.proof.test_merkle import broken, tree_of
from tests.proof.test_note import COSIGNED, NAME, PUBLIC, SIGNED, TEXT
from tests.replay.keeping import WITNESS, append, published

SIZES = 33


def replay(here: Path, *words: str) -> Ran:
    ran = inside(here, *words, program="replay")
    assert ran.code == 0, ran.err
    return ran


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A ledger with a key as `keygen` makes one, and its checkpoints of 50 and of 80 records."""
    url = published(tmp_path / "ledger.db", 50)
    (tmp_path / "keys").write_text(replay(tmp_path, "keygen", NAME, "--to", "keeper.key").out)
    (tmp_path / "witness.key").write_text(WITNESS.secret)
    replay(tmp_path, "checkpoint", "--key", "keeper.key", "--to", "kept")
    append(url, history()[50:80])
    replay(tmp_path, "checkpoint", "--key", "keeper.key", "--to", "kept")
    return tmp_path


def test_the_line_that_keygen_prints_is_taken_there_as_it_is(here: Path) -> None:
    line = (here / "keys").read_text().strip()
    assert replay(here, "keygen", "--show", "keeper.key").out == f"{line}\n"
    for note, size in zip(split_notes((here / "kept").read_text()), (50, 80), strict=True):
        head = other.checkpoint_verify(str(note), [line])
        assert (head.origin, head.size) == (f"{NAME}/0", size)
        with pytest.raises(other.VerifyError):
            other.checkpoint_verify(str(note).replace(f"\n{size}\n", f"\n{size + 1}\n"), [line])
        with pytest.raises(other.VerifyError):
            other.checkpoint_verify(str(note), [PUBLIC])


def test_what_a_witness_cosigned_is_taken_there(here: Path) -> None:
    options = ("--state", "seen", "--checkpoint", "kept", "--trust", "keys", "--key", "witness.key")
    cosigned = replay(here, "witness", *options).out
    assert other.checkpoint_verify(cosigned, [(here / "keys").read_text().strip()]).size == 80


def test_a_consistency_proof_is_taken_there(here: Path) -> None:
    line, (old, new) = (here / "keys").read_text().strip(), split_notes((here / "kept").read_text())
    (here / "old").write_text(str(old))
    printed = replay(here, "consistency", "--since", "old", "--checkpoint", "kept").out
    proof = split_requests(printed)[-1].proof
    other.checkpoint_verify_consistency(str(old), str(new), [line], proof)
    with pytest.raises(other.VerifyError):
        other.checkpoint_verify_consistency(str(old), str(new), [line], proof[::-1])


def test_the_published_notes_are_taken_by_both() -> None:
    assert other.verify_signed_note(SIGNED, [PUBLIC]) == 1
    assert other.checkpoint_parse(COSIGNED.partition("\n\n")[0] + "\n").size == 20852163
    with pytest.raises(other.VerifyError):
        other.verify_signed_note(SIGNED.replace(TEXT, TEXT.upper()), [PUBLIC])


def accepts(verify: object, *claim: object) -> bool:
    """Whether a verifier of either kind takes a claim."""
    assert callable(verify)
    try:
        verify(*claim)
    except (VerificationFailed, other.VerifyError):
        return False
    return True


@pytest.mark.parametrize("size", range(1, SIZES))
def test_both_judge_every_inclusion_proof_alike(size: int) -> None:
    tree, root = tree_of(size), tree_of(size).root()
    for index in range(size):
        leaf, proof = tree.node(0, index), inclusion_proof(tree.node, index, size)
        other.verify_inclusion(index, size, leaf, proof, root)
        for wrong in [each for each in broken(proof) if all(len(one) == 32 for one in each)]:
            ours = accepts(verify_inclusion, leaf, index, size, wrong, root)
            assert ours is accepts(other.verify_inclusion, index, size, leaf, wrong, root) is False


@pytest.mark.parametrize("new", range(1, SIZES))
def test_both_judge_every_consistency_proof_alike(new: int) -> None:
    tree = tree_of(new)
    for old in range(1, new + 1):
        roots, proof = (tree.root(old), tree.root()), consistency_proof(tree.node, old, new)
        other.verify_consistency(old, new, proof, *roots)
        for wrong in [each for each in broken(proof) if all(len(one) == 32 for one in each)]:
            ours = accepts(verify_consistency, old, new, *roots, wrong)
            assert ours is accepts(other.verify_consistency, old, new, wrong, *roots) is False
