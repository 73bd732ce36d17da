"""A keeper that goes on signing: by time, by count, until it is told to stop; and what it says to wrong options."""

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ledger.proof.note import split_notes
from tests.cli.run import BIN, environment, inside
from tests.history.bundled import history
from tests.replay.keeping import KEY, KEYRING, append, published
from tests.replay.test_checkpoints import tamper

WITHIN_S = 20.0


@contextmanager
def signing(here: Path, *words: str) -> Iterator["subprocess.Popen[str]"]:
    """`replay checkpoint` that goes on, while it is needed."""
    (here / "keeper.key").write_text(f"{KEY.secret}\n")
    command: list[str | Path] = [BIN / "replay", "checkpoint", "--key", "keeper.key", "--to", "kept", *words]
    with (here / "out").open("w") as out, (here / "err").open("w") as err:
        process = subprocess.Popen(command, cwd=here, env=environment(), stdout=out, stderr=err, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def until(holds: Callable[[], bool], here: Path) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not holds():
        assert time.monotonic() < deadline, (here / "err").read_text()
        time.sleep(0.05)


def sizes(path: Path) -> list[int]:
    return [KEYRING.verify(note).size for note in split_notes(path.read_text())] if path.exists() else []


def test_it_signs_by_time(tmp_path: Path) -> None:
    url = published(tmp_path / "ledger.db", 100)
    with signing(tmp_path, "--every", "1s") as process:
        until(lambda: sizes(tmp_path / "kept") == [100], tmp_path)
        append(url, history()[100:101])
        until(lambda: sizes(tmp_path / "kept") == [100, 101], tmp_path)
        time.sleep(2.5)
        process.terminate()
        assert process.wait(timeout=WITHIN_S) == 0
    assert sizes(tmp_path / "kept") == sizes(tmp_path / "out") == [100, 101]
    assert "signing every 1s  (Ctrl-C ends)" in (tmp_path / "err").read_text()


def test_it_signs_by_count(tmp_path: Path) -> None:
    url = published(tmp_path / "ledger.db", 100)
    with signing(tmp_path, "--every", "1h", "--count", "50") as process:
        until(lambda: sizes(tmp_path / "kept") == [100], tmp_path)
        append(url, history()[100:149])
        time.sleep(2.5)
        assert sizes(tmp_path / "kept") == [100], (tmp_path / "err").read_text()
        append(url, history()[149:200])
        until(lambda: len(sizes(tmp_path / "kept")) == 2, tmp_path)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=WITHIN_S) == 0
    assert sizes(tmp_path / "kept") == [100, 200]


def test_it_ends_where_the_log_is_not_what_it_signed(tmp_path: Path) -> None:
    url = published(tmp_path / "ledger.db", 100)
    with signing(tmp_path, "--every", "1s") as process:
        until(lambda: "Ctrl-C" in (tmp_path / "err").read_text(), tmp_path)
        tamper(tmp_path / "ledger.db", 99)
        (tmp_path / "kept.edges.json").unlink()
        append(url, history()[100:101])
        assert process.wait(timeout=WITHIN_S) == 5
    assert sizes(tmp_path / "kept") == [100]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--every", "10"], "give a whole number and s, m, h or d, such as 10m"),
        (["--count", "5"], "--count goes with --every"),
        (["--every", "10m", "--least", "5"], "--least is for signing once"),
    ],
)
def test_wrong_options_are_named(tmp_path: Path, words: list[str], said: str) -> None:
    published(tmp_path / "ledger.db", 1)
    (tmp_path / "keeper.key").write_text(f"{KEY.secret}\n")
    done = inside(tmp_path, "checkpoint", "--key", "keeper.key", "--to", "kept", *words, program="replay")
    assert (done.code, said in done.err) == (2, True)
    assert not (tmp_path / "kept").exists()
