"""The processes that a measurement is made of: their lines are read, and they end with it."""

import asyncio
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from benchmarks.measure import Rates

Process: TypeAlias = "subprocess.Popen[str]"

WORKED = "µs of processor time an event"
"""Of the process itself, without the broker's: on a busy machine it says more than the clock on the wall."""


def worked(rates: Rates) -> str:
    """The median of what `parts` calls `worked`, in microseconds an event."""
    return f"{statistics.median(sample.parts['worked'] / sample.events for sample in rates.samples) * 1e6:,.0f}"


@contextmanager
def spawned(module: str, *arguments: object) -> Iterator[Process]:
    """`python -m benchmarks.kafka.MODULE arguments`, killed at the end if it still runs."""
    command = [sys.executable, "-m", f"benchmarks.kafka.{module}", *map(str, arguments)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def line(process: Process) -> str:
    """The next line that a process prints. Raises RuntimeError where it has ended instead."""
    assert process.stdout is not None
    said = process.stdout.readline()
    if not said:
        raise RuntimeError(f"a process ended with {process.wait()}")
    return said.strip()


def told(process: Process, text: str) -> None:
    """Give a process a line to read."""
    assert process.stdin is not None
    process.stdin.write(f"{text}\n")
    process.stdin.flush()


async def until(holds: Callable[[], bool], look_s: float = 0.05) -> None:
    """Look, until something holds that nobody here could tell of."""
    while not holds():  # noqa: ASYNC110
        await asyncio.sleep(look_s)
