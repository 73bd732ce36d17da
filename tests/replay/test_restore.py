"""A ledger comes back from its archive as it was, into either log, or not at all."""

import asyncio
import shutil
from pathlib import Path

import pytest

from ledger.errors import UsageError, VerificationFailed
from replay.archive.restoring import restore
from replay.checkpoints.check import Damaged
from schemas.codec import encode
from schemas.record import Row
from tests.history.bundled import history
from tests.replay.keeping import EVENTS, append, archived, opened, published
from tests.replay.tampering import records, rewrite


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return archived(published(tmp_path / "ledger.db"), tmp_path / "archive")


def restored(path: Path, url: str) -> None:
    async def run() -> None:
        async with opened(url, create=True) as log:
            await restore(path, log)

    asyncio.run(run())


def test_an_archive_of_what_was_restored_is_the_same_file(archive: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'back.db'}"
    restored(archive, url)
    assert archived(url, tmp_path / "again").read_bytes() == archive.read_bytes()


def test_an_interrupted_restore_is_completed(archive: Path, tmp_path: Path) -> None:
    url = published(tmp_path / "back.db", 100)
    restored(archive, url)
    restored(archive, url)
    assert archived(url, tmp_path / "again").read_bytes() == archive.read_bytes()


@pytest.mark.parametrize(("first", "where"), [(history()[1], "0:0"), (history()[-1], "0:0")])
def test_a_target_that_holds_something_else_is_left_alone(
    archive: Path, tmp_path: Path, first: object, where: str
) -> None:
    url = append(f"sqlite:///{tmp_path / 'back.db'}", [first])  # type: ignore[list-item]
    with pytest.raises(VerificationFailed, match=f"something else than the archive at {where}"):
        restored(archive, url)


def test_a_target_that_goes_further_is_left_alone(tmp_path: Path) -> None:
    short = archived(published(tmp_path / "short.db", 5), tmp_path / "short")
    with pytest.raises(VerificationFailed, match="something else than the archive at 0:5"):
        restored(short, published(tmp_path / "long.db", 6))


def test_a_damaged_archive_is_not_restored(archive: Path, tmp_path: Path) -> None:
    archive.write_bytes(archive.read_bytes()[:-1])
    with pytest.raises(Damaged):
        restored(archive, f"sqlite:///{tmp_path / 'back.db'}")


def test_what_no_log_could_keep_is_refused_before_anything_is_written(archive: Path, tmp_path: Path) -> None:
    whole = records(archive)
    row: Row = whole[5][1]
    for name, found, why in [
        ("gap", [*whole[:5], *whole[6:]], "no record stands at 0:5"),
        (
            "partitions",
            [*whole, (1, (0, row[1], encode(history()[0]).replace(b"8dc4", b"8dc5"), None))],
            "has one partition",
        ),
        ("repeat", [*whole, (0, (EVENTS, *row[1:]))], f"0:{EVENTS} repeats event"),
        ("no event", [*whole, (0, (EVENTS, row[1], b"nonsense", None))], f"0:{EVENTS} is no event"),
    ]:
        copy = Path(shutil.copyfile(archive, tmp_path / name))
        rewrite(copy, found, trees=True)
        with pytest.raises(UsageError, match=why):
            restored(copy, f"sqlite:///{tmp_path / f'{name}.db'}")
        assert records(archived(f"sqlite:///{tmp_path / f'{name}.db'}", tmp_path / f"{name}.again")) == []
