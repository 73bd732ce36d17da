"""The processes that a measurement is made of: their lines are read, and they end with it."""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

Process: TypeAlias = "subprocess.Popen[str]"


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
