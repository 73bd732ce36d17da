"""A ledger goes through an archive to Kafka and back into an archive, and is the same to the last byte."""

import random
from datetime import timedelta
from pathlib import Path

import pytest

from ledger.book.cut import Cut
from ledger.errors import UsageError, VerificationFailed
from ledger.log.port import Message
from ledger.reading import read_ledger
from replay.archive.restoring import restore
from replay.archive.writing import export
from replay.rebuild import digest
from replay.shelf import Shelf
from replay.signing import sign_checkpoints
from schemas.codec import encode
from tests.history.bundled import history
from tests.kafka.topics import fresh
from tests.replay.keeping import KEY, NOON, opened


def messages(count: int = 407) -> list[Message]:
    """The history, each event recorded a minute after the one before."""
    return [
        Message(event.id, event.exchange, encode(event), event, NOON + at * timedelta(minutes=1))
        for at, event in enumerate(history()[:count])
    ]


async def written(url: str, folder: Path, name: str, count: int = 407) -> Path:
    """The archive of a ledger that holds the history."""
    async with opened(url, create=True) as log:
        await log.append(messages(count))
    return await archived(url, folder, name)


async def archived(url: str, folder: Path, name: str) -> Path:
    path, shelf = folder / name, Shelf(folder / "checkpoints")
    async with opened(url) as log:
        await sign_checkpoints(log, KEY, shelf, full=True, clock=lambda: NOON)
        await export(log, path, shelf.notes())
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
    chance = random.Random(5)
    async with opened(embedded) as one, opened(cluster) as other:
        for _ in range(20):
            cut = Cut(recorded_by=NOON + timedelta(seconds=chance.randrange(407 * 60)))
            assert digest(await read_ledger(one, cut)) == digest(await read_ledger(other, cut))


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
