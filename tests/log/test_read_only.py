"""A ledger on a medium that cannot be written: it is read, and whoever would write is told."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.run import BIN, Ran, environment
from tests.log.events import message
from tests.replay.keeping import opened, published

REMOUNTED = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && cd "$1" && shift && exec "$@"'
"""Root may write whatever its modes are, so that its tests need a mount of their own."""
CAN_MOUNT = os.geteuid() != 0 or subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "x", "/mnt"]).returncode == 0
pytestmark = pytest.mark.skipif(not CAN_MOUNT, reason="root without the right to mount may write everywhere")


@pytest.fixture
def here(tmp_path: Path) -> Path:
    folder = tmp_path / "medium"
    folder.mkdir()
    published(folder / "ledger.db")
    return folder


def ran(here: Path, program: str, *words: str) -> Ran:
    """A command in a folder that cannot be written."""
    command, is_root = [str(BIN / program), *words], os.geteuid() == 0
    if is_root:
        command = ["unshare", "--mount", "sh", "-c", REMOUNTED, "sh", str(here), *command]
    here.chmod(0o555)
    try:
        done = subprocess.run(command, cwd=here, capture_output=True, env=environment(), check=False)
    finally:
        here.chmod(0o755)
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.mark.parametrize(
    "words",
    [
        "ledger tallies",
        "ledger rounds IL-HAMAS-2023-11",
        "ledger explain IL-HAMAS-2023-11 captives.nationals",
        "ledger doctor",
        "replay audit sqlite:///ledger.db",
        "replay rebuild",
    ],
)
def test_it_is_read(here: Path, words: str) -> None:
    done = ran(here, *words.split())
    assert (done.code, bool(done.out)) == (0, True), done.err
    assert [each.name for each in here.iterdir()] == ["ledger.db"]


def test_writing_is_one_clear_error(here: Path) -> None:
    done = ran(here, "ledger", "demo", "--yes")
    assert (done.code, done.err.count("\n")) == (4, 1)
    assert "ledger.db can only be read" in done.err


async def test_events_that_are_beside_the_file_are_not_passed_over(here: Path, tmp_path: Path) -> None:
    async with opened(f"sqlite:///{here}/ledger.db") as log:
        await log.append([message(1)])
        killed = tmp_path / "killed"
        killed.mkdir()
        for ending in ("", "-wal"):
            shutil.copy(f"{here}/ledger.db{ending}", killed / f"ledger.db{ending}")
    done = ran(killed, "ledger", "tallies")
    assert (done.code, "is not whole without ledger.db-wal" in done.err) == (4, True)
    (killed / "ledger.db-shm").write_bytes(bytes(32768))
    done = ran(killed, "ledger", "tallies")
    assert (done.code, "406 events" in done.err) == (0, True)
