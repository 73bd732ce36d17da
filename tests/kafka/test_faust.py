"""What a worker is to Faust: an application of its commands, a member of a group, and parts that it relies on."""

import asyncio
import re
import subprocess
import sys
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path

import pytest

from ledger.client import AsyncLedger
from ledger.errors import UsageError
from ledger.worker.parts import PARTS, Reliance, check_parts
from tests.cli.run import BIN, environment
from tests.kafka.topics import fresh
from tests.kafka.workers import Kept, Worker, all_live, opened, settled, until, workers
from tests.log.events import released

FAUST = (str(BIN / "faust"), "-A", "ledger.worker")
SESSION_S = 20


async def test_its_commands_find_the_application(kafka: str, tmp_path: Path) -> None:
    env = environment(LEDGER_LOG=await fresh(kafka), LEDGER_WORKER_PORT="0")
    agents = await asyncio.create_subprocess_exec(*FAUST, "agents", cwd=tmp_path, env=env, stdout=PIPE)
    told, _ = await agents.communicate()
    assert re.search(rb"@fold.*\.events", told)
    command = (*FAUST, "worker", "-l", "info", "--without-web")
    running = await asyncio.create_subprocess_exec(*command, cwd=tmp_path, env=env, stdout=PIPE, stderr=STDOUT)
    try:
        async with AsyncLedger.open(env["LEDGER_LOG"]) as ledger, opened(env["LEDGER_LOG"]) as log:
            await ledger.publish(released(1))
            await settled(Kept(log))
        running.terminate()
        said = (await running.communicate())[0].decode()
    finally:
        if running.returncode is None:
            running.kill()
    assert "health and metrics at http://127.0.0.1:" in said
    assert running.returncode == 0


async def test_one_with_a_name_that_comes_back_within_its_session_moves_no_partition(
    kafka: str, tmp_path: Path
) -> None:
    url = await fresh(kafka, 6)
    session = {"LEDGER_WORKER_SESSION": str(SESSION_S)}
    with workers(url, tmp_path, 0) as running:
        running += [Worker(url, tmp_path, LEDGER_WORKER_NAME=name, **session) for name in ("a", "b")]
        first, staying = running
        await all_live(running, 6)
        await until(lambda: shared(first, staying) == 6, SESSION_S, "they share nothing")
        before = staying.said.count("has partitions")
        first.kill()
        running.append(Worker(url, tmp_path, LEDGER_WORKER_NAME="a", **session))
        took = await all_live(running, 6)
        assert took < SESSION_S
        assert has(running[-1]) == has(first)
        assert staying.said.count("has partitions") == before


def shared(one: Worker, other: Worker) -> int:
    """How many partitions two workers have between them, each some and none both."""
    mine, theirs = ({*re.findall("[0-9]+", has(each))} for each in (one, other))
    return len(mine | theirs) if mine and theirs and not mine & theirs else 0


def has(worker: Worker) -> str:
    """Its share, as it said last."""
    return str(["", *re.findall(r"has partitions ([0-9, ]*)", worker.said)][-1])


@pytest.mark.parametrize("part", PARTS, ids=lambda part: f"{part.owner.__name__}.{part.name}")
def test_each_part_beyond_what_is_documented_is_there_and_missed_where_it_is_not(
    part: Reliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_parts()
    monkeypatch.delattr(part.owner, part.name)
    with pytest.raises(UsageError, match=rf"{part.library} [\d.]+ has no {part.owner.__name__}\.{part.name}"):
        check_parts()


def test_importing_the_worker_starts_nothing() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "import sys, ledger.worker; print('faust' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        env=environment(),
    )
    assert told.stdout == "False\n"
