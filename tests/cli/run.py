"""Run the installed commands as a user does: as processes, in a directory of their own."""

import contextlib
import io
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from ledger.cli import main as ledger_main
from replay.cli import main as replay_main

BIN = Path(sys.executable).parent
DATA = Path(__file__).parents[2] / "examples/another_conflict"


class Ran(NamedTuple):
    """How a command ended. `lines` are the JSON objects that it printed."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[Any]:
        return [orjson.loads(line) for line in self.out.splitlines()]


def environment(**more: str) -> dict[str, str]:
    """Without any setting from outside, and with a terminal of 80 columns."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LEDGER_")}
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        kept.pop(name, None)
    return {**kept, "TERM": "xterm-256color", **more}


def ledger(here: Path, *words: str | Path, stdin: bytes = b"", program: str = "ledger", **env: str) -> Ran:
    done = subprocess.run(
        [BIN / program, *words], cwd=here, input=stdin, capture_output=True, env=environment(**env), check=False
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


MAIN = {"ledger": ledger_main, "replay": replay_main}


def inside(here: Path, *words: str | Path, program: str = "ledger", **env: str) -> Ran:
    """The same without starting a process, which is ten times as fast: for commands that read no stdin."""
    out, err = io.StringIO(), io.StringIO()
    argv, stdin, kept = sys.argv, sys.stdin, dict(os.environ)
    sys.argv, sys.stdin = [program, *map(str, words)], io.StringIO()
    os.environ.clear()
    os.environ.update(environment(**env))
    try:
        with contextlib.chdir(here), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            MAIN[program]()
        code: object = 0
    except SystemExit as end:
        code = end.code or 0
    finally:
        sys.argv, sys.stdin = argv, stdin
        os.environ.clear()
        os.environ.update(kept)
    assert isinstance(code, int)
    return Ran(code, out.getvalue(), err.getvalue())


def in_terminal(here: Path, *words: str, answers: str = "", **env: str) -> Ran:
    """Run with stdin, stdout and stderr on a pseudo-terminal, typing `answers`. Everything shown is in `out`."""
    master, terminal = pty.openpty()
    process = subprocess.Popen(
        [BIN / "ledger", *words], cwd=here, stdin=terminal, stdout=terminal, stderr=terminal, env=environment(**env)
    )
    os.close(terminal)
    os.write(master, answers.encode())
    shown = b""
    try:
        while chunk := os.read(master, 65536):
            shown += chunk
    except OSError:  # on Linux, the end of a terminal without a process
        pass
    os.close(master)
    return Ran(process.wait(), shown.decode().replace("\r\n", "\n"), "")
