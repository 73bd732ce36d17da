"""The processes that a measurement is made of: their lines are read, and they end with it.

What they spend is read from Linux's /proc.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from benchmarks.measure import Rates

Process: TypeAlias = "subprocess.Popen[str]"

TICKS = os.sysconf("SC_CLK_TCK")

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


def processor_s(pid: int) -> float:
    """The processor time that a process has had, in seconds, to a hundredth."""
    user, system = _stat(pid)[11:13]
    return (int(user) + int(system)) / TICKS


def age_s(pid: int) -> float:
    """How long ago a process was started, in seconds, to a hundredth."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) - int(_stat(pid)[19]) / TICKS


def machine_s() -> float:
    """The processor time that all processes of this machine have had, in seconds."""
    user, nice, system, _idle, _waiting, *interrupts = Path("/proc/stat").read_text().splitlines()[0].split()[1:8]
    return sum(map(int, (user, nice, system, *interrupts))) / TICKS


def _stat(pid: int) -> list[str]:
    """proc_pid_stat(5) from its third field on, `state`: the second may hold blanks."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


async def until(holds: Callable[[], bool], look_s: float = 0.05) -> None:
    """Look, until something holds that nobody here could tell of."""
    while not holds():  # noqa: ASYNC110
        await asyncio.sleep(look_s)
