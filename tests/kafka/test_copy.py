"""Copies from a file to Kafka, back, and from topics to topics."""

from pathlib import Path

import pytest

from ledger.copying import copy
from ledger.follow.follower import read_books
from replay.compare.views import compare
from replay.rebuild import rebuild
from tests.kafka.topics import fresh
from tests.replay.copies import CopyContract, fill, kept, opened

PARTITIONS = 6


class FromFile:
    @pytest.fixture
    async def source(self, tmp_path: Path) -> str:
        return f"sqlite:///{tmp_path}/source.db"


class ToFile:
    @pytest.fixture
    async def target(self, tmp_path: Path) -> str:
        return f"sqlite:///{tmp_path}/target.db"


class FromKafka:
    @pytest.fixture
    async def source(self, kafka: str) -> str:
        return await fresh(kafka, PARTITIONS)


class ToKafka:
    @pytest.fixture
    async def target(self, kafka: str) -> str:
        return await fresh(kafka, 4)


class TestFromFileToKafka(FromFile, ToKafka, CopyContract):
    pass


class TestFromKafkaToFile(FromKafka, ToFile, CopyContract):
    pass


class TestFromKafkaToKafka(FromKafka, ToKafka, CopyContract):
    pass


async def test_there_and_back_again_nothing_has_changed(kafka: str, tmp_path: Path) -> None:
    urls = f"sqlite:///{tmp_path}/a.db", await fresh(kafka, PARTITIONS), f"sqlite:///{tmp_path}/b.db"
    async with opened(*urls) as [one, middle, other]:
        await fill(one)
        await copy(one, middle, urls[0])
        await copy(middle, other, urls[1])
        assert len((await middle.end()).offsets) == PARTITIONS
        assert await kept(one) == await kept(middle) == await kept(other)
        digests = {(await rebuild(log, strict=True)).digest for log in (one, middle, other)}
        assert len(digests) == 1
        assert compare(await read_books(one), await read_books(other)) == []


async def test_an_event_that_stands_in_the_topic_twice_is_copied_once(kafka: str, tmp_path: Path) -> None:
    async with opened(await fresh(kafka, 2), f"sqlite:///{tmp_path}/b.db") as [source, target]:
        await fill(source)
        await fill(source)
        found = await copy(source, target, "here")
        assert (found.copied, found.there_already) == (405, 405)
        assert (await rebuild(source)).digest == (await rebuild(target)).digest
