"""A publisher under load, as a process that other processes are killed around."""

import asyncio
import subprocess
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from broker.node import die_with_parent
from tests.cli.run import environment
from tests.log.events import TREE

ANSWER_S = 60.0


class Load:
    """Publishes while it is told to. `acknowledged` are the ids of which it has a receipt."""

    def __init__(self, process: Process) -> None:
        self.acknowledged: set[str] = set()
        self._process = process
        self._stopped, self._receipt = asyncio.Event(), asyncio.Event()
        self._listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            if (said := line.decode().strip()) == "stopped":
                self._stopped.set()
            else:
                self.acknowledged.add(said)
                self._receipt.set()

    def _tell(self, order: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{order}\n".encode())

    async def go(self) -> None:
        """Publish; return once it has begun."""
        self._stopped.clear()
        self._tell("go")
        self._receipt.clear()
        async with asyncio.timeout(ANSWER_S):
            await self._receipt.wait()

    async def stop(self) -> None:
        """Publish no more; return once nothing is on its way."""
        self._stopped.clear()
        self._tell("stop")
        async with asyncio.timeout(ANSWER_S):
            await self._stopped.wait()

    async def end(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
        await self._listening


@asynccontextmanager
async def load(url: str, folder: Path, seed: int) -> AsyncIterator[Load]:
    """A publisher that waits to be told."""
    command = [*die_with_parent(), sys.executable, "-m", "tests.kafka.publisher", url, str(seed)]
    with (folder / "publisher.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=TREE, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
        )
    found = Load(process)
    try:
        yield found
    finally:
        await found.end()
