"""No command ends in a traceback: one message, an exit code, and for a defect of ours the way to report it."""

import subprocess
from pathlib import Path

import pytest
import typer

from ledger.cli import run
from tests.cli.run import BIN, environment

FULL = Path("/dev/full")
broken = typer.Typer(name="ledger", pretty_exceptions_enable=False)


@broken.command()
def fold() -> None:
    raise LookupError("no round [7]")


def failed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    monkeypatch.setattr("sys.argv", ["ledger"])
    with pytest.raises(SystemExit) as end:
        run(broken)
    assert end.value.code == 1
    return capsys.readouterr().err


def test_a_defect_says_that_it_is_one_and_how_to_report_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("LEDGER_DEBUG", raising=False)
    assert failed(monkeypatch, capsys) == (
        "error: LookupError: no round [7]\nThis is a defect of `ledger`, whatever it was given: please report it, with "
        "what the same command shows with LEDGER_DEBUG=1 before it\n"
    )


def test_where_it_is_asked_for_the_traceback_comes_first(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LEDGER_DEBUG", "1")
    trace, _, said = failed(monkeypatch, capsys).partition("error: LookupError")
    assert trace.startswith("Traceback (most recent call last):\n")
    assert f'{Path(__file__).name}", line ' in trace
    assert "report it" in said


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("words", [["--version"], ["schema", "captives_released"]], ids=" ".join)
def test_a_full_disk_is_told_however_little_is_written(tmp_path: Path, words: list[str]) -> None:
    with FULL.open("wb") as full:
        ran = subprocess.run(
            [BIN / "ledger", *words], cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, env=environment(), check=False
        )
    assert (ran.returncode, ran.stderr) == (1, b"error: No space left on device\n")
