"""Start: the processor time of a whole command, from the shell to its end, beside that of Python and of its libraries.

The ledger that is read is the bundled history.
"""

import os
import resource
import statistics
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measure import say, table

REPEAT = 6
BIN = Path(sys.executable).parent
WAYS = {
    "`python -c pass`": [sys.executable, "-c", "pass"],
    "`python -c 'import typer'`": [sys.executable, "-c", "import typer"],
    "`python -c 'from pydantic import BaseModel'`": [sys.executable, "-c", "from pydantic import BaseModel"],
    "`ledger --version`": [str(BIN / "ledger"), "--version"],
    "`replay --version`": [str(BIN / "replay"), "--version"],
    "`ledger --help`": [str(BIN / "ledger"), "--help"],
    "`replay --help`": [str(BIN / "replay"), "--help"],
    "`ledger tallies --help`": [str(BIN / "ledger"), "tallies", "--help"],
    "`ledger tallies`": [str(BIN / "ledger"), "tallies"],
    "`replay rebuild`": [str(BIN / "replay"), "rebuild"],
}


def run(repeat: int = REPEAT) -> str:
    """Measure every command in turns. Returns a table."""
    spent: dict[str, list[float]] = {way: [] for way in WAYS}
    with TemporaryDirectory() as folder:
        environment = {**os.environ, "LEDGER_LOG": f"sqlite:///{folder}/ledger.db"}
        _seconds([str(BIN / "ledger"), "demo"], environment)
        for turn in range(repeat):
            say(f"  {turn + 1}/{repeat}")
            for way, command in WAYS.items():
                spent[way].append(_seconds(command, environment))
    rows = [[way, _milliseconds(statistics.median(each)), _spread(each)] for way, each in spent.items()]
    return table([f"processor time of a command, median of {repeat}", "ms", "least to most"], rows)


def _seconds(command: list[str], environment: dict[str, str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env=environment, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _spread(seconds: list[float]) -> str:
    return f"{_milliseconds(min(seconds))} to {_milliseconds(max(seconds))}"


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:,.0f}"
