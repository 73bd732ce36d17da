"""Whatever is done to an archive or to a ledger shows in its audit as a failure, with the first bad position."""

from pathlib import Path

import pytest

from ledger.proof.note import Note
from replay.archive.layout import PAGE_BYTES
from replay.audit.findings import Audit
from tests.cli.run import ledger
from tests.log.events import tamper
from tests.replay.audit.auditing import audited
from tests.replay.keeping import EVENTS, KEY, KEYRING, MIDDLE, THIEF, published, signed
from tests.replay.tampering import records, rewrite, run
from tests.replay.test_archive import EDITS, edited


@pytest.fixture(scope="module")
def kept(whole: Path) -> Note:
    """A checkpoint of all records, kept elsewhere."""
    return signed(records(whole), EVENTS)


def failed(done: Audit) -> tuple[str, str]:
    """Where and what the only failure is; all others are disagreements and notices, whatever somebody did."""
    [failure] = done.failures()
    assert done.outcomes[0].severity == "failure"
    return failure.where, failure.what


def test_what_was_not_touched_does_not_fail(whole: Path, kept: Note) -> None:
    done = audited(whole, KEYRING, [kept])
    assert done.failures() == []
    assert done.outcomes[0].seen.findings == []


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("at", [1, 256, EVENTS - 2])
def test_an_edit_that_is_sealed_again_is_named(copy: Path, kept: Note, edit: str, at: int) -> None:
    rewrite(copy, EDITS[edit](records(copy), at), trees=False)
    where, what = failed(audited(copy, KEYRING, [kept]))
    assert where == f"0:{at}"
    assert what.startswith(f"The first bad position is 0:{at}:")


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("at", [1, 256, EVENTS - 2])
def test_a_history_made_anew_with_its_trees_is_bounded_by_checkpoints(
    copy: Path, kept: Note, edit: str, at: int
) -> None:
    rewrite(copy, EDITS[edit](records(copy), at), trees=True)
    where, what = failed(audited(copy, KEYRING, [kept]))
    assert where == ("0:0" if at < MIDDLE else f"0:{MIDDLE}")
    assert "first bad position is one of" in what


def test_a_history_signed_by_a_thief(copy: Path) -> None:
    forged = edited(records(copy), 350, payload=b"{}")
    rewrite(copy, forged, trees=True)
    run(copy, f"DELETE FROM checkpoints WHERE size = {EVENTS}")
    note = str(signed(forged, EVENTS, THIEF)).replace("'", "''")
    run(copy, f"INSERT INTO checkpoints VALUES (0, {EVENTS}, '{note}')")
    where, what = failed(audited(copy, KEYRING))
    assert (where, "not signed by any key that you trust" in what) == (f"0:{MIDDLE}", True)


def test_a_rollback(copy: Path, kept: Note) -> None:
    rewrite(copy, records(copy)[:MIDDLE], trees=True)
    run(copy, f"DELETE FROM checkpoints WHERE size = {EVENTS}")
    assert audited(copy, KEYRING).failures() == []  # nothing in the file itself tells
    where, what = failed(audited(copy, KEYRING, [kept]))
    assert (where, "covers more than the 300 here" in what) == (f"0:{MIDDLE}", True)


@pytest.mark.parametrize("size", [0, 1, PAGE_BYTES, 20 * PAGE_BYTES])
def test_a_file_that_is_cut_off(whole: Path, tmp_path: Path, size: int) -> None:
    (tmp_path / "cut").write_bytes(whole.read_bytes()[:size])
    done = audited(tmp_path / "cut", KEYRING)
    failed(done)
    assert [each.name for each in done.outcomes if each.seen.done] == ["integrity"]


def test_a_flipped_bit_is_named(whole: Path, tmp_path: Path) -> None:
    raw = bytearray(whole.read_bytes())
    _, (_, _, payload, _) = records(whole)[77]
    raw[raw.index(payload) + 9] ^= 4
    (tmp_path / "flipped").write_bytes(raw)
    assert failed(audited(tmp_path / "flipped"))[0] == "0:77"


# -- a ledger ----------------------------------------------------------------------------------

SQL: dict[str, str] = {
    "changed": "UPDATE records SET payload = CAST(replace(CAST(payload AS TEXT), '1', '2') AS BLOB) WHERE offset = 100",
    "another time": "UPDATE records SET recorded_at = recorded_at + 1 WHERE offset = 100",
    "dropped": "DELETE FROM records WHERE offset = 100",
    "swapped": (
        "UPDATE records SET offset = -1 WHERE offset = 100; UPDATE records SET offset = 100 WHERE offset = 101; "
        "UPDATE records SET offset = 101 WHERE offset = -1"
    ),
}


@pytest.mark.parametrize("done", SQL)
def test_a_ledger_that_was_changed_is_found_by_a_checkpoint(whole: Path, tmp_path: Path, done: str) -> None:
    url, found = published(tmp_path / "ledger.db"), records(whole)
    notes = [signed(found, 50), signed(found, 200)]
    assert audited(url, KEYRING, notes).failures() == []
    tamper(tmp_path / "ledger.db", SQL[done])
    where, what = failed(audited(url, KEYRING, notes))
    assert where == ("0:100" if done == "dropped" else "0:50")
    assert ("the record is missing" if done == "dropped" else "one of 0:50 to 0:199") in what


def test_a_ledger_that_was_cut_off_or_signed_by_another(whole: Path, tmp_path: Path) -> None:
    url = published(tmp_path / "ledger.db", 300)
    assert "covers more than the 300 here" in failed(audited(url, KEYRING, [signed(records(whole), EVENTS)]))[1]
    forged = [signed(records(whole), 300, THIEF)]
    assert "not signed by any key" in failed(audited(url, KEYRING, forged))[1]
    assert audited(url, None, forged).failures() == []  # nobody asked whose signature it is
    assert "no key vouches" in failed(audited(url, KEYRING))[1]


# -- at the command line -----------------------------------------------------------------------


def test_the_command_exits_5_and_names_the_position(copy: Path, kept: Note) -> None:
    here = copy.parent
    (here / "keys").write_text(f"{KEY.verifier}\n")
    (here / "kept").write_text(str(kept))
    words = ("audit", "copy", "--key", "keys", "--checkpoint", "kept", "--report", "report.html")
    assert ledger(here, *words, program="replay").code == 0
    assert "Verified" in (here / "report.html").read_text()
    rewrite(copy, edited(records(copy), 77, payload=b"{}"), trees=False)
    ran = ledger(here, *words, program="replay")
    assert (ran.code, "error:" in ran.err, "0:77" in ran.err) == (5, True, True)
    assert "Verification failed" in ran.out
    assert "Verification failed" in (here / "report.html").read_text()


def test_an_archive_can_be_audited_by_several_processes(copy: Path) -> None:
    here = copy.parent
    one = ledger(here, "audit", "copy", "--json", "--jobs", "1", program="replay")
    several = ledger(here, "audit", "copy", "--json", "--jobs", "3", program="replay")
    assert (one.code, one.out) == (several.code, several.out)
