"""An archive is the log: the same bytes for the same log, and whatever is changed in it is found and named."""

import asyncio
import hashlib
import random
import shutil
import sqlite3
import tracemalloc
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from ledger.errors import LogUnreachable, VerificationFailed, exit_code
from ledger.log.port import Message
from ledger.proof.checkpoint import Checkpoint, parse_checkpoint
from ledger.proof.keys import Keyring
from ledger.proof.note import Note
from replay.archive.layout import (
    DIGEST_AT,
    DIGEST_BYTES,
    FIRST_TABLES,
    PAGE_BYTES,
    README,
    digest_of,
    header,
    is_sealed,
)
from replay.archive.reading import Archive
from replay.archive.verify import verify_archive
from replay.checkpoints.check import Damaged
from schemas.codec import encode
from schemas.record import Position, Row, entered_bytes
from tests.history.bundled import history
from tests.replay.keeping import (
    EVENTS,
    KEY,
    KEYRING,
    MIDDLE,
    NAME,
    NOON,
    THIEF,
    append,
    archived,
    opened,
    published,
    sender,
    signed,
)
from tests.replay.tampering import Found, flip, make_endless, records, rewrite, run

LAST = EVENTS - 1

# -- as it was written -------------------------------------------------------------------------


def test_an_archive_holds_the_records_with_their_places_and_times(whole: Path) -> None:
    us = int(NOON.timestamp() * 1_000_000)
    assert records(whole) == [
        (0, (at, us, encode(event), entered_bytes(sender(event)))) for at, event in enumerate(history())
    ]
    checked = verify_archive(whole, KEYRING)
    assert (checked.records, checked.covered, checked.checkpoints, checked.signed) == (EVENTS, EVENTS, 2, True)


def test_the_same_log_gives_the_same_bytes_in_however_many_steps(whole: Path, tmp_path: Path) -> None:
    url, notes = f"sqlite:///{tmp_path / 'b.db'}", [signed(records(whole), size) for size in (MIDDLE, EVENTS)]
    before = 0
    for count in (1, 2, 255, 256, 257, 300, EVENTS):
        published(tmp_path / "b.db", count, before)
        archived(url, tmp_path / "steps", *notes)
        assert verify_archive(tmp_path / "steps").records == count
        before = count
    assert (tmp_path / "steps").read_bytes() == whole.read_bytes()
    assert (archived(url, tmp_path / "fresh", *reversed(notes), *notes)).read_bytes() == whole.read_bytes()


def test_the_seal_is_where_the_readme_says(whole: Path) -> None:
    raw = whole.read_bytes()
    end = DIGEST_AT + DIGEST_BYTES
    assert f"bytes {DIGEST_AT} to {end - 1} (from 0)" in README
    digest = hashlib.sha256(raw[:DIGEST_AT] + bytes(DIGEST_BYTES) + raw[end:]).digest()
    with closing(sqlite3.connect(whole)) as connection:
        assert connection.execute("SELECT sha256 FROM seal").fetchone() == (digest,)
        assert connection.execute("SELECT text FROM readme").fetchone() == (README,)


def test_an_empty_log_is_an_archive_of_nothing(tmp_path: Path) -> None:
    path = archived(published(tmp_path / "none.db", 0), tmp_path / "none")
    assert verify_archive(path).records == 0
    with pytest.raises(VerificationFailed, match="no key vouches"):
        verify_archive(path, KEYRING)


def test_an_archive_is_not_extended_by_another_log(copy: Path, tmp_path: Path) -> None:
    kept = copy.read_bytes()
    shorter = published(tmp_path / "a.db", EVENTS - 1)
    with pytest.raises(VerificationFailed, match=f"holds 0:{LAST}, and the log does not"):
        archived(shorter, copy)
    event = history()[LAST].model_copy(update={"note": "another"})
    append(shorter, [event])
    with pytest.raises(VerificationFailed, match=f"another record at 0:{LAST}"):
        archived(shorter, copy)
    assert copy.read_bytes() == kept
    assert {each.name for each in tmp_path.iterdir()} == {"a.db", "copy"}


def test_an_interrupted_export_leaves_the_archive_as_it_was(copy: Path, tmp_path: Path) -> None:
    url = published(tmp_path / "a.db", 200)

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        archived(url, tmp_path / "new", progress=interrupt)
    assert not (tmp_path / "new").exists()
    assert {each.name for each in tmp_path.iterdir()} == {"a.db", "copy"}


def test_what_is_no_archive(tmp_path: Path) -> None:
    with pytest.raises(LogUnreachable, match="no archive at"):
        verify_archive(tmp_path / "none")
    (tmp_path / "text").write_text("hello")
    with pytest.raises(Damaged):
        verify_archive(tmp_path / "text")


def test_a_ledger_is_no_archive(tmp_path: Path) -> None:
    published(tmp_path / "a.db", 1)
    with pytest.raises(LogUnreachable, match="is a ledger, and no archive"):
        verify_archive(tmp_path / "a.db")


# -- of the first format -----------------------------------------------------------------------


def unsaid(path: Path, count: int) -> str:
    """A ledger of which nobody says who entered an event."""

    async def run() -> None:
        async with opened(f"sqlite:///{path}", create=True) as log:
            await log.append([Message(e.id, e.exchange, encode(e), recorded_at=NOON) for e in history()[:count]])

    asyncio.run(run())
    return f"sqlite:///{path}"


def as_of_the_first_format(path: Path, to: Path) -> Path:
    """The archive as it was written before it could say who entered an event."""
    shutil.copyfile(path, to)
    with closing(sqlite3.connect(to)) as connection:
        connection.executescript(f"""
            ALTER TABLE records RENAME TO later;
            {FIRST_TABLES[-1]};
            INSERT INTO records SELECT number, "partition", offset, recorded_at, payload FROM later;
            DROP TABLE later;
            VACUUM
        """)
    raw = to.read_bytes()
    raw = header(len(raw) // PAGE_BYTES, format=1) + raw[100:DIGEST_AT] + bytes(DIGEST_BYTES) + raw[2 * PAGE_BYTES :]
    to.write_bytes(raw)
    to.write_bytes(raw[:DIGEST_AT] + digest_of(to) + raw[2 * PAGE_BYTES :])
    return to


def test_an_archive_of_the_first_format_is_read_and_goes_on_in_this_one(tmp_path: Path) -> None:
    url = unsaid(tmp_path / "a.db", 100)
    fresh = archived(url, tmp_path / "fresh")
    old = as_of_the_first_format(fresh, tmp_path / "old")
    assert verify_archive(old).partitions == verify_archive(fresh).partitions
    assert records_of(old) == records(fresh)
    published(tmp_path / "a.db", 110, 100)
    assert archived(url, old).read_bytes() == archived(url, fresh).read_bytes()
    assert [each[1][3] for each in records(old)][98:104] == [
        None,
        None,
        *map(entered_bytes, map(sender, history()[100:104])),
    ]


def records_of(path: Path) -> Found:
    archive = Archive.open(path)
    try:
        return [(0, row) for row in archive.rows(0, 0, archive.partitions()[0].size)]
    finally:
        archive.close()


# -- damaged by accident -----------------------------------------------------------------------


def spans(path: Path) -> list[tuple[range, Position]]:
    """Where in the file the payload of each record stands in one piece."""
    raw, found = path.read_bytes(), []
    for partition, row in records(path):
        if raw.count(row[2]) == 1:  # a page may hold, where it is free, what stood there before
            at = raw.index(row[2])
            found.append((range(at, at + len(row[2])), Position(partition, row[0])))
    return found


def refused(path: Path, keyring: Keyring | None = None, given: tuple[Note, ...] = ()) -> VerificationFailed:
    with pytest.raises(VerificationFailed) as error:
        verify_archive(path, keyring, given)
    assert exit_code(error.value) == 5
    return error.value


def test_200_flipped_bits_are_found_and_named(whole: Path, tmp_path: Path) -> None:
    chance, payloads, named = random.Random(5), spans(whole), 0
    assert len(payloads) > 300
    for _ in range(200):
        copy = Path(shutil.copyfile(whole, tmp_path / "copy"))
        at = flip(copy, chance)
        error = refused(copy)
        assert isinstance(error, Damaged)
        for span, position in payloads:
            if at in span:
                assert (error.position, str(position) in str(error)) == (position, True)
                named += 1
    assert named > 40


def test_100_truncations_are_found_and_named(whole: Path, tmp_path: Path) -> None:
    chance, raw, payloads = random.Random(5), whole.read_bytes(), spans(whole)
    for _ in range(100):
        cut = chance.randrange(len(raw))
        (tmp_path / "cut").write_bytes(raw[:cut])
        error = refused(tmp_path / "cut")
        assert isinstance(error, Damaged)
        assert error.position is not None
        gone = [position for span, position in payloads if span.stop > cut]
        assert not gone or error.position <= min(gone), (cut, error)


@pytest.mark.parametrize("cut", [0, 1, 99, 100, PAGE_BYTES, 2 * PAGE_BYTES - 1])
def test_next_to_nothing_is_no_archive(whole: Path, tmp_path: Path, cut: int) -> None:
    (tmp_path / "cut").write_bytes(whole.read_bytes()[:cut])
    assert "0:0" in str(refused(tmp_path / "cut"))


def test_what_is_appended_or_changed_outside_of_the_records_is_found(whole: Path, tmp_path: Path) -> None:
    raw = whole.read_bytes()
    at = raw.index(b"WHAT IS IN IT")
    for name, other in {
        "longer": raw + b"x",
        "a page more": raw + bytes(PAGE_BYTES),
        "the readme": raw[:at] + b"w" + raw[at + 1 :],
        "the seal": raw[: 2 * PAGE_BYTES - 1] + bytes([raw[2 * PAGE_BYTES - 1] ^ 1]) + raw[2 * PAGE_BYTES :],
        "the header": raw[:60] + b"\x01" + raw[61:],
    }.items():
        (tmp_path / name).write_bytes(other)
        assert "every record is" in str(refused(tmp_path / name)), name


def test_a_damaged_archive_is_neither_extended_nor_read(whole: Path, tmp_path: Path) -> None:
    (tmp_path / "cut").write_bytes(whole.read_bytes()[:-1])
    with pytest.raises(Damaged, match="replay verify"):
        Archive.open(tmp_path / "cut")


# -- changed on purpose ------------------------------------------------------------------------


def edited(found: Found, at: int, **change: object) -> Found:
    partition, (offset, recorded_us, payload, entered_by) = found[at]
    members = {"offset": offset, "recorded_us": recorded_us, "payload": payload, "entered_by": entered_by} | change
    row: Row = tuple(members.values())  # type: ignore[assignment]
    return [*found[:at], (partition, row), *found[at + 1 :]]


def renumbered(found: Found) -> Found:
    return [(partition, (at, *rest)) for at, (partition, (_, *rest)) in enumerate(found)]  # type: ignore[misc]


EDITS: dict[str, Callable[[Found, int], Found]] = {
    "a byte changed": lambda found, at: edited(found, at, payload=found[at][1][2].replace(b'"', b"'", 1)),
    "a space added": lambda found, at: edited(found, at, payload=found[at][1][2] + b" "),
    "a payload emptied": lambda found, at: edited(found, at, payload=b""),
    "another time": lambda found, at: edited(found, at, recorded_us=found[at][1][1] + 1),
    "another who entered it": lambda found, at: edited(found, at, entered_by=b"token:other"),
    "swapped": lambda found, at: renumbered([*found[:at], found[at + 1], found[at], *found[at + 2 :]]),
    "dropped": lambda found, at: renumbered([*found[:at], *found[at + 1 :]]),
    "inserted": lambda found, at: renumbered([*found[:at], (0, (0, 0, b"{}", None)), *found[at:]]),
    "repeated": lambda found, at: renumbered([*found[:at], *found[at - 1 :]]),
}


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("at", [1, 255, 256, MIDDLE, LAST - 1])
def test_a_record_that_is_not_the_one_of_the_tree_is_named(copy: Path, edit: str, at: int) -> None:
    """Somebody changed records and sealed the file again, and left the tree as it was."""
    rewrite(copy, EDITS[edit](records(copy), at), trees=False)
    assert is_sealed(copy)
    error = refused(copy)
    assert isinstance(error, Damaged)
    assert error.position == Position(0, at)
    assert f"the first bad position is 0:{at}:" in str(error)


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("at", [1, 255, 256, MIDDLE, LAST - 1])
def test_a_history_that_is_not_the_one_signed_is_named(copy: Path, edit: str, at: int) -> None:
    """Somebody changed records, made their tree anew, and sealed the file again."""
    rewrite(copy, EDITS[edit](records(copy), at), trees=True)
    for keyring in (None, KEYRING):
        error = refused(copy, keyring)
        assert isinstance(error, Damaged)
        assert error.position is not None
        assert error.position <= Position(0, at)
        assert error.position == Position(0, MIDDLE if at >= MIDDLE else 0)


@pytest.mark.parametrize("drop", [1, EVENTS - MIDDLE])
def test_an_end_that_is_cut_off_is_missed(copy: Path, drop: int) -> None:
    rewrite(copy, records(copy)[:-drop], trees=True)
    error = str(refused(copy))
    assert f"the first bad position is one of 0:{MIDDLE} to 0:{LAST}: " in error
    assert f"covers more than the {EVENTS - drop}" in error


def test_a_history_signed_by_another_key_is_not_believed(copy: Path) -> None:
    forged = edited(records(copy), 350, payload=b"{}")
    rewrite(copy, forged, trees=True)
    run(copy, f"DELETE FROM checkpoints WHERE size = {EVENTS}")
    note = str(signed(forged, EVENTS, THIEF)).replace("'", "''")
    run(copy, f"INSERT INTO checkpoints VALUES (0, {EVENTS}, '{note}')")
    assert verify_archive(copy).covered == EVENTS  # nobody asked whose signature it is
    error = refused(copy, KEYRING)
    assert "not signed by any key that you trust" in str(error)
    assert isinstance(error, Damaged)
    assert error.position == Position(0, MIDDLE)


def test_a_rollback_is_seen_by_who_has_a_later_checkpoint(whole: Path, copy: Path) -> None:
    """The archive is sound in itself, and its checkpoint is genuine: only one kept elsewhere tells."""
    rewrite(copy, records(copy)[:MIDDLE], trees=True)
    run(copy, f"DELETE FROM checkpoints WHERE size = {EVENTS}")
    assert verify_archive(copy, KEYRING).covered == MIDDLE
    kept = signed(records(whole), EVENTS)
    assert f"one of 0:{MIDDLE} to 0:{LAST}: the {parse_checkpoint(kept)} covers more" in str(
        refused(copy, KEYRING, (kept,))
    )


def test_a_split_view_is_seen_by_who_has_the_other_checkpoint(whole: Path, copy: Path) -> None:
    """The keeper himself made two histories, and signed both."""
    forged = edited(records(copy), 350, payload=b"{}")
    rewrite(copy, forged, trees=True)
    run(copy, f"DELETE FROM checkpoints WHERE size = {EVENTS}")
    note = str(signed(forged, EVENTS)).replace("'", "''")
    run(copy, f"INSERT INTO checkpoints VALUES (0, {EVENTS}, '{note}')")
    assert verify_archive(copy, KEYRING).covered == EVENTS
    error = refused(copy, KEYRING, (signed(records(whole), EVENTS),))
    assert f"one of 0:{MIDDLE} to 0:{LAST}" in str(error)


def test_a_partition_that_is_missing_is_missed(copy: Path) -> None:
    of = Checkpoint(NAME, 1, bytes(32), Position(1, 0), NOON)
    note = KEY.named(of.origin).sign(Note(of.text))
    assert "the first bad position is 1:0" in str(refused(copy, KEYRING, (note,)))


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE more (x)",
        "CREATE VIEW more AS SELECT 1",
        "DROP TABLE schemas",
        "DELETE FROM partitions",
        "DELETE FROM tiles",
        "DELETE FROM tiles WHERE level = 1",
        "UPDATE tiles SET hashes = zeroblob(8192) WHERE number = 0 AND level = 0",
        "UPDATE tiles SET hashes = zeroblob(32) WHERE level = 1",
        f"UPDATE partitions SET size = {LAST}",
        "UPDATE partitions SET size = 0",
        f"UPDATE partitions SET last = {EVENTS}",
        "UPDATE partitions SET root = zeroblob(32)",
        "UPDATE checkpoints SET note = 'nonsense'",
        "INSERT INTO partitions VALUES (1, 1, 0, zeroblob(32))",
        "UPDATE records SET partition = 1 WHERE number = 7",
        f"UPDATE records SET number = number + 1000 WHERE number = {LAST}",
        f"INSERT INTO records VALUES ({EVENTS}, 0, {EVENTS}, 0, x'7b7d', NULL)",
        "INSERT INTO records VALUES (-1, 0, 0, 0, x'7b7d', NULL)",
        "DELETE FROM records WHERE number = 7",
        "DELETE FROM records",
    ],
)
def test_whatever_else_is_changed_is_found(copy: Path, statement: str) -> None:
    run(copy, statement)
    refused(copy, KEYRING)


def test_a_partition_or_a_time_that_nothing_can_hold_is_refused(copy: Path, tmp_path: Path) -> None:
    late = edited(records(copy), LAST, recorded_us=1 << 62)
    moved = "UPDATE records SET partition = -1, number = number - (1 << 40)"
    shutil.copy(copy, tmp_path / "late")
    rewrite(tmp_path / "late", late, trees=True)
    assert f"the first bad position is 0:{LAST}" in str(refused(tmp_path / "late"))
    shutil.copy(copy, tmp_path / "below")
    run(tmp_path / "below", moved, "UPDATE tiles SET partition = -1", "UPDATE partitions SET partition = -1")
    assert "its partitions makes no sense" in str(refused(tmp_path / "below"))
    run(copy, "UPDATE partitions SET partition = 1 << 40")
    assert "its partitions makes no sense" in str(refused(copy))


@pytest.mark.parametrize("table", ["checkpoints", "records"])
def test_a_table_without_an_end_is_not_read_to_its_end(copy: Path, table: str) -> None:
    make_endless(copy, table)
    refused(copy)


def test_a_few_bytes_that_speak_of_many_pages_take_no_memory(whole: Path, tmp_path: Path) -> None:
    head = bytearray(whole.read_bytes()[: 2 * PAGE_BYTES])
    head[28:32] = (1 << 20).to_bytes(4, "big")
    (tmp_path / "cut").write_bytes(head)
    tracemalloc.start()
    try:
        refused(tmp_path / "cut")
        assert tracemalloc.get_traced_memory()[1] < 1 << 24
    finally:
        tracemalloc.stop()
