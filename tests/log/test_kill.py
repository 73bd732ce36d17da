"""`kill -9` during publishing, a hundred times: nothing acknowledged is lost, and the same input completes.

A killed process is not a power cut: the operating system survives here and keeps what it was given.
"""

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections import deque
from pathlib import Path

import orjson

from ledger.blocking import Ledger
from ledger.log import open_log
from ledger.log.port import Receipt
from schemas.codec import encode
from tests.log.contract import every
from tests.log.events import EXCHANGE, TREE
from tests.log.publisher import INPUT, fixed_input

FILES, KILLS_PER_FILE = 10, 10


def test_a_hundred_kills_lose_nothing_acknowledged_and_the_same_input_completes(tmp_path: Path) -> None:
    seed = int(os.environ.get("KILL_SEED", random.randrange(2**32)))
    print(f"KILL_SEED={seed}")
    chance = random.Random(seed)
    events = {event.id: encode(event) for event in fixed_input()}
    urls = [f"sqlite:///{tmp_path}/{file}.db" for file in range(FILES)]
    undisturbed = publish_all(f"sqlite:///{tmp_path}/undisturbed.db")
    waiting: deque[subprocess.Popen[str]] = deque()
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
            publisher.communicate()
    assert kills == 100
    print(f"{kills} kills; {unacknowledged} times an event was durable before its receipt was out")


def start(url: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.log.publisher", url]
    return subprocess.Popen(command, cwd=TREE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def killed(publisher: "subprocess.Popen[str]", after: int) -> set[str]:
    """Let a publisher begin, kill it when `after` ids are out, and return every id that it acknowledged."""
    assert publisher.stdin is not None
    assert publisher.stdout is not None
    assert publisher.stdout.readline() == "ready\n"
    publisher.stdin.write("go\n")
    publisher.stdin.flush()
    lines = [publisher.stdout.readline() for _ in range(after)]
    publisher.send_signal(signal.SIGKILL)
    rest, _ = publisher.communicate()
    assert publisher.returncode == -signal.SIGKILL
    lines += rest.splitlines(keepends=True)
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
