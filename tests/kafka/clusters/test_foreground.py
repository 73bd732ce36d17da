"""`python -m broker`, which `make kafka` runs."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from broker.ports import answers

TREE = Path(__file__).parents[3]


@pytest.fixture
def foreground(own_brokers: None, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "broker", "--port", "0", "--data", str(tmp_path)]
    with subprocess.Popen(command, cwd=TREE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.terminate()


def said_port(process: subprocess.Popen[str]) -> int:
    """The port in the line to export, once it says that it is ready."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if found := re.search(r"export LEDGER_LOG=kafka://127\.0\.0\.1:(\d+)$", line):
            return int(found[1])
    raise AssertionError(said)


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_in_order(foreground: subprocess.Popen[str], sign: signal.Signals) -> None:
    port = said_port(foreground)
    assert answers(port)
    foreground.send_signal(sign)
    said, _ = foreground.communicate(timeout=60)
    assert (foreground.returncode, answers(port)) == (0, False)
    assert said.endswith("Stopped.\n")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux kills the children of a killed parent")
def test_its_nodes_die_with_it(foreground: subprocess.Popen[str]) -> None:
    port = said_port(foreground)
    foreground.kill()
    deadline = time.monotonic() + 10
    while answers(port) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not answers(port)
