"""The peers that run in a process of another kind: how each is had, and started.

What they need is made once, into `.kafka/`: Kafka Streams from Maven's jars, Quix Streams in an environment of its own.
Each is told `BROKERS EVENTS COUNTS GROUP FOLDER COMMIT_MS SESSION_MS` and says `live`.
"""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

from aiokafka.admin import NewTopic

from benchmarks.kafka.counts import Follow, counts_topic
from benchmarks.kafka.ledgers import opened
from broker.errors import MissingTool
from broker.libraries import JAVA_NEEDED, cached, java, libraries, version
from broker.node import die_with_parent
from schemas.topics import EVENTS

HERE = Path(__file__).parent
POM, SOURCE = HERE / "streams" / "pom.xml", HERE / "streams" / "Counting.java"
LOCK = HERE.parents[1] / "requirements" / "quix.lock"

Command: TypeAlias = Callable[[], Sequence[str]]
"""Makes what is needed, and says how it is started."""


def prepare() -> None:
    """Make what all of them need, before anything is timed. Raises MissingTool."""
    streams()
    quix()


def streams() -> Sequence[str]:
    """The command of Kafka Streams, with Java's own defaults. Raises MissingTool."""
    jars = f"{libraries(POM)}/*"
    compiler = [_javac(), "--release", JAVA_NEEDED, "-cp", jars]
    classes = cached(f"classes-{version()}", [POM, SOURCE], lambda folder: _run(*compiler, "-d", folder, SOURCE))
    return [java(), "-cp", f"{classes}:{jars}", "Counting"]


def _javac() -> Path:
    found = Path(java()).resolve().with_name("javac")
    if not found.exists():
        raise MissingTool(f"there is no {found}: install the JDK, which compiles {SOURCE.name}, and not the JRE alone")
    return found


def quix() -> Sequence[str]:
    """The command of Quix Streams. Raises MissingTool."""
    environment = cached(f"quix-python-{sys.version_info[0]}.{sys.version_info[1]}", [LOCK], _environment)
    return [str(environment / "bin" / "python"), str(HERE / "quix.py")]


def _environment(folder: Path) -> None:
    _run(sys.executable, "-m", "venv", folder)
    _run(folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--require-hashes", "-r", LOCK)


def _run(*command: object) -> None:
    done = subprocess.run([str(each) for each in command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise MissingTool(f"`{' '.join(map(str, command))}` failed:\n{(done.stdout + done.stderr).strip()}")


class Terms(NamedTuple):
    """On what it runs: the ledger's URL, its group, the folder of its state, how often it commits, its session."""

    url: str
    group: str
    folder: Path
    commit_ms: int
    session_ms: int


class Foreign:
    """A process of another kind, started and stopped as an application of Faust is. It dies with this one, on Linux.

    What it has counted is what a subscriber has of it; RuntimeError from `is_live` says that it has ended.
    """

    def __init__(self, command: Command, follow: Follow, terms: Terms) -> None:
        self.counts: dict[str, int] = {}
        self._command = command()
        self._follow = follow
        self._terms = terms
        self._process: asyncio.subprocess.Process | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._says_live = False

    async def start(self) -> None:
        """Start it, on a compacted topic for what it counts."""
        url, group, folder, *milliseconds = self._terms
        log, topic = opened(url), counts_topic(group)
        async with log.connection.admin() as admin:
            compacted = {"cleanup.policy": "compact"}
            await admin.create_topics([NewTopic(topic, EVENTS.partitions, 1, topic_configs=compacted)])
        arguments = [
            log.address.brokers,
            EVENTS.name(log.address.prefix),
            topic,
            group,
            folder / "state",
            *milliseconds,
        ]
        command = [*die_with_parent(), *self._command, *map(str, arguments)]
        self._process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        self._tasks = [asyncio.create_task(self._listen(self._process)), asyncio.create_task(self._count())]

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        self._says_live = await process.stdout.readline() == b"live\n"

    async def _count(self) -> None:
        async for exchange, counted in self._follow(self._terms.url, self._terms.group):
            self.counts[exchange] = counted

    def pid(self) -> int:
        """The number of its process."""
        assert self._process is not None
        return self._process.pid

    def is_live(self) -> bool:
        """Whether it has said so."""
        if self._process is not None and self._process.returncode is not None:
            raise RuntimeError(f"{self._command[0]} ended with {self._process.returncode}: above is why")
        return self._says_live

    async def stop(self) -> None:
        """Kill it."""
        assert self._process is not None
        self._process.kill()
        await self._process.wait()
