"""A rebuild by several processes divides a topic by its partitions."""

from pathlib import Path

import pytest

from ledger.book.cut import Cut
from ledger.log.port import Message
from replay.parallel import divided, rebuild_in_parallel
from replay.rebuild import Rebuilt, rebuild
from schemas.record import NOWHERE, Frontier
from tests.history.bundled import NOVEMBER, last_claim
from tests.kafka.topics import fresh
from tests.log.events import message
from tests.replay.copies import fill, opened, recorded

SPOILED = [Message(message(n).id, f"EXCHANGE-{n}", b"no event %d" % n) for n in range(90, 93)]
"""What is no event, in more partitions than one."""
TWICE = [message(1), message(1), message(2, count=2), message(2, count=3)]


def facts(rebuilt: Rebuilt) -> tuple[object, ...]:
    """All that does not depend on time."""
    return (
        rebuilt.digest,
        rebuilt.events,
        rebuilt.exchanges,
        rebuilt.undecodable,
        rebuilt.repeated,
        rebuilt.conflicting,
        rebuilt.reached,
    )


@pytest.fixture
async def url(kafka: str) -> str:
    """The bundled history, things that are no events, and events that came twice, in six partitions."""
    url = await fresh(kafka, 6)
    async with opened(url) as [log]:
        await fill(log)
        await log.append([*SPOILED, *TWICE])
    return url


@pytest.mark.parametrize("jobs", [2, 5, 20])
async def test_several_processes_come_to_what_one_comes_to(url: str, jobs: int) -> None:
    async with opened(url) as [log]:
        alone = await rebuild(log)
    assert (alone.events, alone.undecodable, alone.repeated, alone.conflicting) == (407, 3, 1, 1)
    assert facts(await rebuild_in_parallel(url, Cut(), strict=False, jobs=jobs)) == facts(alone)


async def test_and_to_what_a_file_of_the_same_events_comes_to(kafka: str, tmp_path: Path) -> None:
    urls = await fresh(kafka, 3), f"sqlite:///{tmp_path}/ledger.db"
    async with opened(*urls) as logs:
        for log in logs:
            await fill(log)
            await log.append([*SPOILED, message(1)])
    together, on_file = [await rebuild_in_parallel(url, Cut(), strict=False, jobs=2) for url in urls]
    assert facts(together)[:-1] == facts(on_file)[:-1]


@pytest.mark.parametrize("cut", [Cut(through=last_claim(NOVEMBER, "r5-thai")), Cut(recorded_by=recorded(200))])
async def test_cuts_are_the_same(url: str, cut: Cut) -> None:
    async with opened(url) as [log]:
        alone = await rebuild(log, cut)
    together = await rebuild_in_parallel(url, cut, strict=True, jobs=3)
    assert 0 < together.events < 407
    assert facts(together) == facts(alone)


def test_partitions_are_divided_evenly_and_none_is_read_twice() -> None:
    end = Frontier({0: 99, 1: 9, 2: 59, 3: 49, 4: 0})
    for jobs in (1, 2, 3, 5, 9):
        parts = [part for part, share in divided(end, jobs)]
        assert len(parts) == min(jobs, 5)
        assert sorted(number for part in parts for number in part.offsets) == [*range(5)]
        assert {number: offset for part in parts for number, offset in part.offsets.items()} == end.offsets
        assert not any(share for _, share in divided(end, jobs))
    assert [part.records for part, _ in divided(end, 2)] == [111, 110]


def test_one_partition_is_read_by_all_and_shared_by_exchange() -> None:
    for end in (Frontier({0: 99}), Frontier({3: 5}), NOWHERE):
        assert [(part, share is not None) for part, share in divided(end, 3)] == [(end, True)] * 3
