"""A ledger goes through an archive to Kafka and back into an archive, and is the same to the last byte."""

import asyncio
import os
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from ledger.errors import UsageError, VerificationFailed
from ledger.log.port import Message
from replay.archive.restoring import restore
from replay.archive.writing import export
from replay.checkpoints.signing import sign_checkpoints
from replay.checkpoints.store import CheckpointStore
from schemas.codec import encode
from tests.api.serving import serving
from tests.history.bundled import history
from tests.kafka.topics import fresh
from tests.replay.keeping import KEY, NOON, opened, sender

QUERIES, QUERIES_EACH = 1000, 8
PATHS = ("", "/rounds", "/rounds/{round}", "/stated", "/terms", "/pauses", "/positions", "/claims", "/explain/{figure}")
FIGURES = ("captives.released", "captives.nationals", "captives.deal", "prisoners.released", "remains.returned")


def messages(count: int = 405) -> list[Message]:
    """The history, each event recorded a minute after the one before."""
    return [
        Message(event.id, event.exchange, encode(event), event, NOON + at * timedelta(minutes=1), sender(event))
        for at, event in enumerate(history()[:count])
    ]


async def written(url: str, folder: Path, name: str, count: int = 405) -> Path:
    """The archive of a ledger that holds the history."""
    async with opened(url, create=True) as log:
        await log.append(messages(count))
    return await archived(url, folder, name)


async def archived(url: str, folder: Path, name: str) -> Path:
    path, store = folder / name, CheckpointStore(folder / "checkpoints")
    async with opened(url) as log:
        await sign_checkpoints(log, KEY, store, full=True, clock=lambda: NOON)
        await export(log, path, store.notes())
    return path


async def restored(path: Path, url: str) -> str:
    async with opened(url, create=True) as log:
        await restore(path, log)
    return url


def content(path: Path) -> bytes:
    return path.read_bytes()


async def test_from_sqlite_to_kafka_and_back(kafka: str, tmp_path: Path) -> None:
    embedded = f"sqlite:///{tmp_path / 'ledger.db'}"
    archive = await written(embedded, tmp_path, "first")
    cluster = await restored(archive, await fresh(kafka))
    again = await archived(cluster, tmp_path, "second")
    back = await restored(again, f"sqlite:///{tmp_path / 'back.db'}")
    third = await archived(back, tmp_path, "third")
    assert content(archive) == content(again) == content(third)
    seed = int(os.environ.get("CUT_SEED", random.randrange(2**32)))
    print(f"CUT_SEED={seed}")
    answered = await asyncio.to_thread(same_answers, [embedded, cluster, back], queries(random.Random(seed)))
    assert answered.total() == QUERIES
    assert answered[200] > QUERIES // 2  # the others ask for a round or a figure that was not there yet


def queries(chance: random.Random) -> Iterator[str]:
    """Random questions at random moments, several at each, so that a server need not fold for each of them anew."""
    for _ in range(QUERIES // QUERIES_EACH):
        event, at = chance.choice(history()), chance.randrange(405)
        recorded = (NOON + timedelta(seconds=chance.randrange(405 * 60))).isoformat().replace("+00:00", "Z")
        bounds = {
            "occurred_by": event.occurred.at[:10] if event.occurred.precision == "day" else "2023-11-28",
            "published_by": (event.source.published or "2025-02-01")[:10],
            "recorded_by": recorded,
            "through": event.id,
            "position": f"0:{at}",
        }
        cut = "&".join(f"{name}={bounds[name]}" for name in chance.sample(sorted(bounds), chance.randint(1, 2)))
        for _ in range(QUERIES_EACH):
            path = chance.choice(PATHS).format(round=chance.randint(1, 9), figure=chance.choice(FIGURES))
            yield f"/v1/exchanges/{event.exchange}{path}?{cut}"


def same_answers(urls: Sequence[str], paths: Iterable[str]) -> Counter[int]:
    """That servers of several ledgers give the same bytes; how often with which status."""
    statuses = Counter[int]()
    with ExitStack() as stack:
        servers = [stack.enter_context(serving(url)) for url in urls]
        for path in paths:
            answers = {(got.status, got.body) for got in (server.get(path) for server in servers)}
            assert len(answers) == 1, path
            [(status, _)] = answers
            statuses[status] += 1
    return statuses


async def test_several_partitions_keep_their_places(kafka: str, tmp_path: Path) -> None:
    archive = await written(await fresh(kafka, 3), tmp_path, "first")
    url = await restored(archive, await fresh(kafka, 3))
    assert content(await archived(url, tmp_path, "second")) == content(archive)
    assert await restored(archive, url) == url  # there is nothing left to do
    for other in (await fresh(kafka, 2), f"sqlite:///{tmp_path / 'back.db'}"):
        with pytest.raises(UsageError, match="cannot be kept"):
            await restored(archive, other)


async def test_an_interrupted_restore_is_completed(kafka: str, tmp_path: Path) -> None:
    archive = await written(f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path, "first")
    url = await fresh(kafka)
    async with opened(url) as log:
        await log.append(messages(100))
    await restored(archive, url)
    assert content(await archived(url, tmp_path, "second")) == content(archive)


async def test_a_target_that_holds_something_else_is_left_alone(kafka: str, tmp_path: Path) -> None:
    archive = await written(f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path, "first")
    url = await fresh(kafka)
    async with opened(url) as log:
        await log.append(messages()[5:6])
    with pytest.raises(VerificationFailed, match="something else than the archive at 0:0"):
        await restored(archive, url)
