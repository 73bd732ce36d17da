"""`kill -9` during publishing, a hundred times: nothing acknowledged is lost, and the same input completes.

A killed process is not a power cut: the operating system survives here and keeps what it was given.
"""

import asyncio
import multiprocessing
import os
import random
import signal
from collections import deque
from pathlib import Path
from typing import NamedTuple, TextIO

import orjson

from ledger.blocking import Ledger
from ledger.log import open_log
from ledger.log.port import Receipt
from schemas.codec import encode
from tests.log.contract import every
from tests.log.events import EXCHANGE
from tests.log.publisher import INPUT, fixed_input, forked

FILES, KILLS_PER_FILE = 10, 10
FORKS = multiprocessing.get_context("forkserver")
"""Each publisher is a process of its own, forked from one that has loaded what publishing takes."""


def test_a_hundred_kills_lose_nothing_acknowledged_and_the_same_input_completes(tmp_path: Path) -> None:
    seed = int(os.environ.get("KILL_SEED", random.randrange(2**32)))
    print(f"KILL_SEED={seed}")
    chance = random.Random(seed)
    events = {event.id: encode(event) for event in fixed_input()}
    urls = [f"sqlite:///{tmp_path}/{file}.db" for file in range(FILES)]
    undisturbed = publish_all(f"sqlite:///{tmp_path}/undisturbed.db")
    waiting: deque[Publisher] = deque()
    to_start = deque(url for url in urls for _ in range(KILLS_PER_FILE))
    kills = unacknowledged = 0
    try:
        for url in urls:
            acknowledged: set[str] = set()
            for kill in range(KILLS_PER_FILE):
                while to_start and len(waiting) < 3:  # the next ones start up while this one is killed
                    waiting.append(start(to_start.popleft()))
                limits = (kill * INPUT // KILLS_PER_FILE, (kill + 1) * INPUT // KILLS_PER_FILE)
                acknowledged |= killed(waiting.popleft(), chance.randrange(*limits))
                kept = surviving(url)
                assert acknowledged <= kept.keys(), f"acknowledged and lost; KILL_SEED={seed}"
                assert kept.items() <= events.items(), f"other bytes than were sent; KILL_SEED={seed}"
                kills += 1
                unacknowledged += len(kept.keys() - acknowledged)
            assert 0 < len(surviving(url)) <= INPUT
            assert publish_all(url) == undisturbed
            assert surviving(url) == events
    finally:
        for publisher in waiting:
            publisher.kill()
    assert kills == 100
    print(f"{kills} kills; {unacknowledged} times an event was durable before its receipt was out")


class Publisher(NamedTuple):
    """A process that publishes, and the ends of its pipes."""

    process: multiprocessing.context.ForkServerProcess
    stdin: TextIO
    stdout: TextIO

    def kill(self) -> str:
        """Kill it. Returns what it had said and nobody had read."""
        assert self.process.pid is not None
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.join()
        with self.stdin, self.stdout:
            return self.stdout.read()


def start(url: str) -> Publisher:
    FORKS.set_forkserver_preload(["pytest", forked.__module__])
    (orders, stdin), (stdout, said) = FORKS.Pipe(duplex=False), FORKS.Pipe(duplex=False)
    process = FORKS.Process(target=forked, args=(url, orders, said))
    process.start()
    orders.close()
    said.close()
    return Publisher(process, open(os.dup(stdin.fileno()), "w"), open(os.dup(stdout.fileno())))


def killed(publisher: Publisher, after: int) -> set[str]:
    """Let a publisher begin, kill it when `after` ids are out, and return every id that it acknowledged."""
    assert publisher.stdout.readline() == "ready\n"
    publisher.stdin.write("go\n")
    publisher.stdin.flush()
    lines = [publisher.stdout.readline() for _ in range(after)]
    lines += publisher.kill().splitlines(keepends=True)
    assert publisher.process.exitcode == -signal.SIGKILL
    return {line.strip() for line in lines if len(line) == 37 and line.endswith("\n")}  # whole ids only


def surviving(url: str) -> dict[str, bytes]:
    """The events in the file by id, after checking that the file is sound and its positions have no gaps."""
    return asyncio.run(_surviving(url))


async def _surviving(url: str) -> dict[str, bytes]:
    log = open_log(url)
    assert await log.examine() == []
    records = await every(log)
    await log.close()
    assert [record.position.offset for record in records] == [*range(len(records))]
    kept = {orjson.loads(record.payload)["id"]: record.payload for record in records}
    assert len(kept) == len(records)
    return kept


def publish_all(url: str) -> str:
    """Publish the whole input, and return the tally and the rounds."""
    with Ledger.open(url) as ledger:
        outcomes = list(ledger.publish_stream(fixed_input()))
        assert all(isinstance(outcome, Receipt) for outcome in outcomes)
        views = [ledger.tally(EXCHANGE), *ledger.rounds(EXCHANGE)]
        return "\n".join(view.model_dump_json() for view in views)
