"""Notes, checkpoints and keys: the published example of another implementation, and no damaged or foreign signature."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ledger.errors import VerificationFailed, exit_code
from ledger.proof.checkpoint import Checkpoint, parse_checkpoint
from ledger.proof.keys import Keyring, TrustedKey, rotation
from ledger.proof.leaf import leaf, record_hash, record_hashes
from ledger.proof.merkle import consistency_proof, leaf_hash
from ledger.proof.note import COSIGNS, SIGNATURES_MAX, Note, SigningKey, VerifierKey, parse_note, split_notes
from ledger.proof.tree import Tree
from ledger.proof.witness import Contradiction, Request, Shown, check_next, parse_request, split_requests
from schemas.record import Position, Row

# The example of golang.org/x/mod/sumdb/note, where the format comes from.
PUBLIC = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PRIVATE = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
SIGNED = f"{TEXT}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"  # noqa: E501
# The example of C2SP tlog-cosignature.
COSIGNED = """example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
"""  # noqa: E501
NAME = "example.org/ledger"
KEY, OTHER = SigningKey(NAME, bytes(range(32))), SigningKey(NAME, bytes(32))
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def tree_of(size: int, mark: str = "") -> Tree:
    tree = Tree()
    tree.extend(b"".join(leaf_hash(f"{mark}{number}".encode()) for number in range(size)))
    return tree


def checkpoint(size: int = 5, time: datetime = NOON, mark: str = "", partition: int = 0) -> Checkpoint:
    return Checkpoint(NAME, size, tree_of(size, mark).root(), Position(partition, size - 1), time)


def signed(of: Checkpoint, key: SigningKey = KEY) -> Note:
    return key.named(of.origin).sign(Note(of.text))


def shown(of: Checkpoint) -> Shown:
    return Shown(signed(of), of)


# -- leaves ------------------------------------------------------------------------------------


def test_a_leaf_is_its_version_its_place_its_time_and_its_bytes() -> None:
    row = (258, 1_700_000_000_000_000, b"{}", None)
    head = "01" + "00000003" + "0000000000000102" + "00060a24181e4000"
    assert leaf(3, row).hex() == head + "7b7d"
    assert record_hash(3, row) == leaf_hash(leaf(3, row))
    assert record_hashes(3, [row, row]) == 2 * record_hash(3, row)


def test_the_leaf_of_a_record_says_who_entered_it() -> None:
    row = (258, 1_700_000_000_000_000, b"{}", b"desk:a")
    head = "02" + "00000003" + "0000000000000102" + "00060a24181e4000"
    assert leaf(3, row).hex() == head + "00000006" + b"desk:a".hex() + "7b7d"
    assert record_hashes(3, [row]) == record_hash(3, row) == leaf_hash(leaf(3, row))


def test_no_two_records_are_one_leaf() -> None:
    rows: list[tuple[int, Row]] = [
        (0, (0, 0, b"", None)),
        (0, (0, 0, b"\x00", None)),
        (0, (0, 1, b"", None)),
        (0, (1, 0, b"", None)),
        (1, (0, 0, b"", None)),
    ]
    rows += [(0, (0, -1, b"", None)), (0, (0, 0, bytes(9), None))]
    rows += [(0, (0, 0, b"", b"")), (0, (0, 0, b"a", b"")), (0, (0, 0, b"", b"a")), (0, (0, 0, bytes(6), None))]
    assert len({leaf(*each) for each in rows}) == len(rows)


# -- notes -------------------------------------------------------------------------------------


def test_the_published_example() -> None:
    key = SigningKey.parse(PRIVATE)
    assert (str(key.verifier), key.secret) == (PUBLIC, PRIVATE)
    assert str(key.sign(Note(TEXT))) == SIGNED
    note = parse_note(SIGNED)
    assert (note.text, str(note)) == (TEXT, SIGNED)
    assert VerifierKey.parse(PUBLIC).verify(note) is None
    assert "AYEK" not in repr(key)


def test_the_published_cosignature_is_framed_as_it_says() -> None:
    note = parse_note(COSIGNED)
    assert str(note) == COSIGNED
    assert [each.name for each in note.signatures] == ["example.com/behind-the-sofa", "witness.example.com/w1"]
    assert int.from_bytes(note.signatures[1].signed[:8], "big") == 1679315147
    assert len(note.signatures[1].signed) == 8 + 64


def test_a_cosignature_says_when_and_holds_only_then() -> None:
    witness = SigningKey("witness.example.org", bytes(range(1, 33)), COSIGNS)
    note = witness.sign(signed(checkpoint()), 1_772_366_400)
    assert witness.verifier.verify(parse_note(str(note))) == 1_772_366_400
    assert VerifierKey.parse(str(witness.verifier)) == witness.verifier
    assert SigningKey.parse(witness.secret) == witness
    line = note.signatures[-1]
    later = replace(line, signed=(1_772_366_401).to_bytes(8, "big") + line.signed[8:])
    with pytest.raises(VerificationFailed, match="not of this text"):
        witness.verifier.verify(note.with_signature(later))
    assert len(witness.sign(note, 1_772_366_402).signatures) == 2


def test_no_flipped_bit_of_a_note_is_believed() -> None:
    keyring, raw = Keyring([TrustedKey(KEY.verifier)]), str(signed(checkpoint())).encode()
    for at in range(len(raw) - 1):
        for bit in range(8):
            flipped = bytearray(raw)
            flipped[at] ^= 1 << bit
            with pytest.raises((VerificationFailed, UnicodeDecodeError)):
                keyring.verify(parse_note(flipped.decode()))


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "text\n",
        "text\n\n",
        "text\n\n— name\n",
        "text\n\n— name AAAA\n",
        "text\n\n— name AAAAAAA\n",
        "text\n\nname AAAAAAAAAAA=\n",
        "text\n\n— na+me AAAAAAAAAAA=\n",
        "text\n\n— name AAAAAAAAAAB=\n",
        "text\n\n— name AAAAAAAAAAA=",
        "te\txt\n\n— name AAAAAAAAAAA=\n",
        "text\n\n" + "— name AAAAAAAAAAA=\n" * (SIGNATURES_MAX + 1),
    ],
)
def test_what_is_no_note_is_refused(raw: str) -> None:
    with pytest.raises(VerificationFailed):
        parse_note(raw)


@pytest.mark.parametrize("cut", [PRIVATE[:-4], PRIVATE[1:], PRIVATE.replace("c7", "c8"), PUBLIC, "", "PRIVATE+KEY+"])
def test_what_is_no_private_key_is_refused_and_not_repeated(cut: str) -> None:
    with pytest.raises(VerificationFailed) as refused:
        SigningKey.parse(cut)
    assert "YEKFALVF" not in str(refused.value)


@pytest.mark.parametrize("cut", [PUBLIC[:-4], PUBLIC[1:], PUBLIC.replace("c7", "c8"), PRIVATE, "", "++", "a b+c+d"])
def test_what_is_no_verifier_key_is_refused(cut: str) -> None:
    with pytest.raises(VerificationFailed):
        VerifierKey.parse(cut)


def test_notes_one_after_the_other_in_a_file() -> None:
    notes = [signed(checkpoint(size)) for size in (1, 2, 3)]
    assert split_notes("\n".join(map(str, notes))) == notes
    assert split_notes("") == split_notes("\n\n") == []
    with pytest.raises(VerificationFailed, match="note 3 is cut off"):
        split_notes("\n".join([*map(str, notes[:2]), notes[2].text]))


# -- checkpoints -------------------------------------------------------------------------------


def test_a_checkpoint_reads_as_it_was_written() -> None:
    of = checkpoint(407, partition=3)
    assert of.text.splitlines()[0::2] == [f"{NAME}/3", of.text.splitlines()[2], "time 2026-03-01T12:00:00Z"]
    assert parse_checkpoint(Note(of.text)) == of


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n5\n", "\n05\n"),
        ("\n5\n", "\n6\n"),
        ("\n5\n", "\n0\n"),
        ("\n5\n", "\n-5\n"),
        ("last 0:4", "last 1:4"),
        ("last 0:4", "last 0:04"),
        ("12:00:00Z", "12:00:00"),
        ("03-01T", "13-01T"),
        ("time ", "more\ntime "),
        ("ledger/0", "ledger"),
        ("ledger/0", "led ger/0"),
    ],
)
def test_what_is_no_checkpoint_is_refused(old: str, new: str) -> None:
    text = checkpoint().text
    assert old in text
    with pytest.raises(VerificationFailed):
        parse_checkpoint(Note(text.replace(old, new)))


# -- keys --------------------------------------------------------------------------------------


def test_only_a_trusted_key_of_that_name_is_believed() -> None:
    keyring = Keyring.parse(f"# the Herald's\n{KEY.verifier}\n")
    assert keyring.verify(signed(checkpoint())) == checkpoint()
    for note in (signed(checkpoint(), OTHER), signed(replace(checkpoint(), name="example.org/another"))):
        with pytest.raises(VerificationFailed, match="not signed by any key that you trust"):
            keyring.verify(note)


def test_a_key_does_not_sign_for_another_partition() -> None:
    note = KEY.named(f"{NAME}/1").sign(Note(checkpoint().text))
    with pytest.raises(VerificationFailed, match="not signed by any key"):
        Keyring([TrustedKey(KEY.verifier)]).verify(note)


def test_a_witness_does_not_sign_for_the_ledger() -> None:
    witness = replace(KEY, kind=COSIGNS)
    note = witness.named(f"{NAME}/0").sign(Note(checkpoint().text), 1)
    with pytest.raises(VerificationFailed, match="not signed by any key"):
        Keyring([TrustedKey(KEY.verifier), TrustedKey(witness.verifier)]).verify(note)


def test_a_bad_signature_spoils_the_note_whoever_else_signed_it() -> None:
    both = signed(checkpoint(), OTHER).with_signature(signed(checkpoint(6)).signatures[0])
    with pytest.raises(VerificationFailed, match="not of this text"):
        Keyring([TrustedKey(KEY.verifier), TrustedKey(OTHER.verifier)]).verify(both)


def test_a_key_is_believed_within_its_times() -> None:
    keyring = Keyring.parse(f"{KEY.verifier} since 2026-03-01T12:00:00Z until 2026-03-02T12:00:00Z")
    assert str(keyring.keys[0]).endswith(" since 2026-03-01T12:00:00Z until 2026-03-02T12:00:00Z")
    assert Keyring.parse(str(keyring.keys[0])).keys == keyring.keys
    keyring.verify(signed(checkpoint(time=NOON + DAY - timedelta(seconds=1))))
    for time in (NOON - timedelta(seconds=1), NOON + DAY):
        with pytest.raises(VerificationFailed, match="not to be believed then"):
            keyring.verify(signed(checkpoint(time=time)))


def test_a_key_hands_over_to_the_next() -> None:
    keyring = Keyring.parse(f"{KEY.verifier}\n\n{rotation(KEY, OTHER, NOON + DAY)}")
    keyring.verify(signed(checkpoint()))
    keyring.verify(signed(checkpoint(time=NOON + DAY), OTHER))
    for time, key in [(NOON + DAY, KEY), (NOON, OTHER)]:
        with pytest.raises(VerificationFailed, match="not to be believed then"):
            keyring.verify(signed(checkpoint(time=time), key))
    third = SigningKey(NAME, bytes([7]) * 32)
    keyring.rotate(rotation(OTHER, third, NOON + 2 * DAY))
    keyring.verify(signed(checkpoint(time=NOON + 2 * DAY), third))


def test_a_key_that_is_not_trusted_hands_over_to_none() -> None:
    third = SigningKey(NAME, bytes([7]) * 32)
    keyring = Keyring.parse(f"{KEY.verifier}\n\n{rotation(KEY, OTHER, NOON)}")
    note = rotation(KEY, OTHER, NOON)
    for forged in (
        rotation(third, OTHER, NOON + DAY),
        rotation(KEY, third, NOON + DAY),  # it has handed over already
        KEY.sign(Note(note.text)),  # nobody shows that he holds the new key
        replace(note, text=note.text.replace("2026", "2027")),
        Note("nonsense\n", note.signatures),
    ):
        with pytest.raises(VerificationFailed):
            keyring.rotate(forged)
    with pytest.raises(VerificationFailed, match="another key of the same name"):
        rotation(KEY, OTHER.named("example.org/another"), NOON)


@pytest.mark.parametrize(
    "text", ["", "# nothing", "nonsense", f"{PUBLIC} from 2026-01-01", f"{PUBLIC} since yesterday"]
)
def test_what_is_no_file_of_keys_is_refused(text: str) -> None:
    with pytest.raises(VerificationFailed):
        Keyring.parse(text)


# -- the witness -------------------------------------------------------------------------------


def test_a_witness_follows_a_ledger_that_only_grows() -> None:
    tree = tree_of(9)
    check_next(shown(checkpoint()), shown(checkpoint(9)), consistency_proof(tree.node, 5, 9))
    check_next(shown(checkpoint()), shown(checkpoint(time=NOON + DAY)), [])


def test_a_witness_cries_wolf_with_both_notes_in_hand() -> None:
    before = shown(checkpoint())
    forks = {
        "rollback": checkpoint(4),
        "two histories of 5": checkpoint(mark="x"),
        "does not go on": checkpoint(9, mark="x"),
    }
    for what, of in forks.items():
        with pytest.raises(Contradiction, match=what) as alarm:
            check_next(before, shown(of), consistency_proof(tree_of(9, "x").node, 5, 9))
        assert (alarm.value.before, alarm.value.after) == (before.note, signed(of))
        assert exit_code(alarm.value) == 5
    with pytest.raises(VerificationFailed, match="another log"):
        check_next(before, shown(checkpoint(partition=1)), [])


def test_a_request_reads_as_it_was_written() -> None:
    request = Request(5, consistency_proof(tree_of(9).node, 5, 9), signed(checkpoint(9)))
    assert parse_request(str(request)) == request
    empty = Request(0, [], signed(checkpoint(9)))
    assert parse_request(str(empty)) == empty
    assert split_requests(f"{request}{empty}") == [request, empty]
    with pytest.raises(VerificationFailed, match="no consistency proof"):
        split_requests("")


@pytest.mark.parametrize(
    ("old", "new"), [("old 5", "old 05"), ("old 5", "new 5"), ("old 5\n", "old 5\nAAAA\n"), ("\n\n", "\n")]
)
def test_what_is_no_request_is_refused(old: str, new: str) -> None:
    raw = str(Request(5, consistency_proof(tree_of(9).node, 5, 9), signed(checkpoint(9))))
    with pytest.raises(VerificationFailed):
        parse_request(raw.replace(old, new, 1))
