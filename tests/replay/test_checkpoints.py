"""The keeper signs what the log holds; a witness vouches for what only grows, and else keeps the evidence."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.errors import LogUnreachable, VerificationFailed
from ledger.proof.checkpoint import Checkpoint, parse_checkpoint
from ledger.proof.keys import Keyring
from ledger.proof.note import Note, parse_note, split_notes
from ledger.proof.witness import Contradiction, Shown, check_next
from replay.checkpoints.signing import sign_checkpoints
from replay.checkpoints.store import CheckpointStore
from schemas.record import Position
from tests.cli.run import Ran, inside
from tests.history.bundled import history
from tests.log import events
from tests.replay.keeping import EVENTS, HOUR, KEY, KEYRING, NOON, WITNESS, append, opened, published


def sign(url: str, store: CheckpointStore, least: int = 1, full: bool = False) -> list[Checkpoint]:
    async def run() -> list[Note]:
        async with opened(url) as log:
            return await sign_checkpoints(log, KEY, store, least=least, full=full, clock=lambda: NOON)

    return [KEYRING.verify(note) for note in asyncio.run(run())]


def tamper(path: Path, offset: int) -> None:
    """Change a record of a SQLite ledger behind its back."""
    events.tamper(path, f"UPDATE records SET recorded_at = recorded_at + 1 WHERE offset = {offset}")


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir()], ids=["file", "directory"])
def test_a_checkpoint_is_made_only_when_the_log_grew(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "kept")
    store, url = CheckpointStore(tmp_path / "kept"), published(tmp_path / "a.db", 100)
    [first] = sign(url, store)
    assert (first.size, str(first.last), first.time) == (100, "0:99", NOON)
    assert sign(url, store) == sign(url, store, full=True) == []
    append(url, history()[100:150])
    assert sign(url, store, least=51) == []
    [second] = sign(url, store, least=50)
    append(url, history()[150:])
    [third] = sign(url, store, full=True)
    assert [parse_checkpoint(note) for note in store.notes()] == [first, second, third]
    other = CheckpointStore(tmp_path / "other")
    assert sign(url, other) == [third]
    assert sign(published(tmp_path / "none.db", 0), CheckpointStore(tmp_path / "empty")) == []


def test_only_new_records_are_read(tmp_path: Path) -> None:
    """Seen by what is not noticed: a record that is changed behind the last checkpoint. `full` reads it."""
    store, url = CheckpointStore(tmp_path / "kept"), published(tmp_path / "a.db", 100)
    sign(url, store)
    tamper(tmp_path / "a.db", 7)
    append(url, history()[100:101])
    assert [each.size for each in sign(url, store)] == [101]
    with pytest.raises(VerificationFailed, match=r"100 records .* not those that were signed"):
        sign(url, store, full=True)


@pytest.mark.parametrize("spoil", [lambda path: path.unlink(), lambda path: path.write_text('{"a": 1}')])
def test_edges_that_are_lost_or_spoiled_are_made_anew(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    store, url = CheckpointStore(tmp_path / "kept"), published(tmp_path / "a.db", 100)
    sign(url, store)
    spoil(tmp_path / "kept.edges.json")
    append(url, history()[100:])
    assert sign(url, store) == sign(url, CheckpointStore(tmp_path / "other"))


def test_a_log_that_is_not_what_was_signed_is_not_signed(tmp_path: Path) -> None:
    store, url = CheckpointStore(tmp_path / "kept"), published(tmp_path / "a.db", 100)
    sign(url, store)
    (tmp_path / "kept.edges.json").unlink()
    tamper(tmp_path / "a.db", 99)
    with pytest.raises(VerificationFailed, match="the log was changed"):
        sign(url, store)
    assert len(store.notes()) == 1


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize(("count", "what"), [(99, "ends at 0:98"), (0, "is empty")])
def test_a_log_that_lost_what_was_signed_is_noticed(tmp_path: Path, count: int, what: str, full: bool) -> None:
    store = CheckpointStore(tmp_path / "kept")
    sign(published(tmp_path / "a.db", 100), store)
    with pytest.raises(VerificationFailed, match=f"0:99 was signed, and partition 0 of the log {what}"):
        sign(published(tmp_path / "b.db", count), store, full=full)


def test_a_store_that_is_spoiled_or_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("nonsense")
    with pytest.raises(VerificationFailed, match="kept: note 1 is cut off"):
        sign(published(tmp_path / "a.db", 1), CheckpointStore(tmp_path / "kept"))
    with pytest.raises(LogUnreachable, match="cannot be written"):
        sign(published(tmp_path / "a.db", 1), CheckpointStore(tmp_path / "none" / "kept"))


# -- commands ----------------------------------------------------------------------------------


def replay(here: Path, *words: str, **env: str) -> Ran:
    return inside(here, *words, program="replay", **env)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A directory with a ledger of 100 events, a keeper's key and a witness's, and a first checkpoint."""
    published(tmp_path / "ledger.db", 100)
    (tmp_path / "keeper.key").write_text(f"{KEY.secret}\n")
    (tmp_path / "keys").write_text(f"{KEY.verifier}\n")
    (tmp_path / "witness.key").write_text(f"{WITNESS.secret}\n")
    assert replay(tmp_path, "checkpoint", "--key", "keeper.key", "--to", "kept").code == 0
    return tmp_path


def witnessed(here: Path, *more: str, kept: str = "kept") -> Ran:
    options = ("--state", "state", "--checkpoint", kept, "--trust", "keys", "--key", "witness.key")
    return replay(here, "witness", *options, *more)


def grown(here: Path, count: int = EVENTS) -> None:
    append(f"sqlite:///{here / 'ledger.db'}", history()[100:count])
    assert replay(here, "checkpoint", "--key", "keeper.key", "--to", "kept").code == 0


def test_keygen_keeps_the_key_to_its_owner(tmp_path: Path) -> None:
    made = replay(tmp_path, "keygen", "example.org/a", "--to", "a.key")
    assert (tmp_path / "a.key").stat().st_mode & 0o077 == 0
    assert Keyring.parse(made.out).keys[0].key.name == "example.org/a"
    again = replay(tmp_path, "keygen", "example.org/a", "--to", "a.key")
    assert (again.code, "cannot be written" in again.err) == (4, True)
    assert replay(tmp_path, "keygen", "with space", "--to", "b.key").code == 2
    late = replay(tmp_path, "keygen", "example.org/a", "--to", "b.key", "--after", "a.key", "--since", "tomorrow")
    assert (late.code, "no time such as" in late.err) == (2, True)


def test_keygen_hands_over_to_a_new_key(here: Path) -> None:
    note = replay(
        here, "keygen", KEY.name, "--to", "new.key", "--after", "keeper.key", "--since", "2020-01-01T00:00:00Z"
    )
    with (here / "keys").open("a") as keys:
        keys.write(note.out)
    append(f"sqlite:///{here / 'ledger.db'}", history()[100:])
    assert replay(here, "checkpoint", "--key", "new.key", "--to", "new").code == 0
    assert witnessed(here, kept="new").code == 0
    refused = witnessed(here)
    assert (refused.code, "not to be believed then" in refused.err) == (5, True)


def test_a_witness_vouches_for_a_ledger_that_grows(here: Path) -> None:
    first = parse_note(witnessed(here).out)
    assert KEYRING.verify(first).size == 100
    assert WITNESS.verifier.verify(first)
    grown(here)
    second = parse_note(witnessed(here).out)
    assert (KEYRING.verify(second).size, WITNESS.verifier.verify(second) is not None) == (EVENTS, True)
    assert witnessed(here).code == 0


def test_a_witness_takes_a_proof_that_is_handed_over(here: Path) -> None:
    (here / "seen").write_text(witnessed(here).out)
    grown(here)
    request = replay(here, "consistency", "--since", "seen", "--checkpoint", "kept")
    (here / "proof").write_text(request.out)
    assert witnessed(here, "--proof", "proof", "--log", "sqlite:///none.db").code == 0


def test_a_proof_from_elsewhere_than_what_was_seen_is_no_split_view(here: Path) -> None:
    (here / "seen").write_text(witnessed(here).out)
    grown(here, 200)
    assert witnessed(here).code == 0
    append(f"sqlite:///{here / 'ledger.db'}", history()[200:])
    assert replay(here, "checkpoint", "--key", "keeper.key", "--to", "kept").code == 0
    (here / "last").write_text(str(split_notes((here / "kept").read_text())[-1]))
    (here / "proof").write_text(replay(here, "consistency", "--since", "seen", "--checkpoint", "last").out)
    refused = witnessed(here, "--proof", "proof", kept="last")
    assert (refused.code, "cannot be compared with that of 200" in refused.err) == (2, True)
    refused = witnessed(here, "--log", append(f"sqlite:///{here / 'other.db'}", history()[::-1]))
    assert (refused.code, "no proof can be made here" in refused.err) == (5, True)
    assert not [*here.glob("state.evidence-*")]


def test_an_old_checkpoint_is_refused_and_contradicts_nothing() -> None:
    new, old = (Checkpoint(KEY.name, size, bytes(32), Position(0, size - 1), NOON + size * HOUR) for size in (200, 100))
    before, after = (Shown(KEY.named(each.origin).sign(Note(each.text)), each) for each in (new, old))
    with pytest.raises(VerificationFailed, match="is an old one: the last that was seen is of 200") as refused:
        check_next(before, after, [])
    assert not isinstance(refused.value, Contradiction)


def test_a_witness_takes_a_proof_from_an_archive(here: Path) -> None:
    assert witnessed(here).code == 0
    grown(here)
    assert replay(here, "export", "archive", "--checkpoints", "kept").code == 0
    (here / "ledger.db").unlink()
    assert witnessed(here, "--archive", "archive").code == 0


def forked(here: Path, count: int) -> None:
    """Another history of so many events, signed by the same key."""
    events = [*history()[:50], *history()[51:]][:count]
    append(f"sqlite:///{here / 'fork.db'}", events)
    done = replay(here, "checkpoint", "--key", "keeper.key", "--to", "forked", "--log", "sqlite:///fork.db")
    assert done.code == 0


@pytest.mark.parametrize(
    ("count", "what"), [(100, "two histories of 100"), (99, "rollback"), (200, "200 records does not go on from 100")]
)
def test_a_witness_raises_the_alarm_and_keeps_the_evidence(here: Path, count: int, what: str) -> None:
    assert witnessed(here).code == 0
    forked(here, count)
    for _ in range(2):
        alarm = witnessed(here, "--log", "sqlite:///fork.db", kept="forked")
        assert (alarm.code, alarm.out, what in alarm.err) == (5, "", True)
    files = sorted(here.glob("state.evidence-*"))
    assert len(files) == 2
    kept = [KEYRING.verify(note) for note in split_notes(files[0].read_text())]
    assert [each.size for each in kept] == [100, count]
    grown(here)
    assert witnessed(here).code == 0  # it still knows what it saw


def test_a_witness_vouches_for_nobody_whom_it_does_not_know(here: Path) -> None:
    shutil.copy(here / "kept", here / "forged")
    text = (here / "forged").read_text()
    (here / "forged").write_text(text.replace("\n100\n", "\n101\n").replace("0:99", "0:100"))
    refused = witnessed(here, kept="forged")
    assert (refused.code, "not of this text" in refused.err) == (5, True)
    (here / "keys").write_text(f"{WITNESS.verifier}\n")
    assert "not signed by any key" in witnessed(here).err
    shutil.copy(here / "keeper.key", here / "witness.key")
    assert "not a witness's" in witnessed(here).err
