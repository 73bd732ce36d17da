"""Who may write a partition: thousands of simulated groups, each from a seed that can be run again."""

import os
from collections.abc import Iterable

import pytest

from ledger.log.kafka.progress import Claims
from ledger.worker.ownership import Owned, take_over
from tests.kafka.simulated import run

SEEDS = 1_000


def test_no_event_is_handled_twice_and_all_are_whatever_happens_to_workers() -> None:
    """`OWNERSHIP_SEED` runs one seed again, `OWNERSHIP_SEEDS` so many."""
    one = os.environ.get("OWNERSHIP_SEED")
    for seed in [int(one)] if one else range(int(os.environ.get("OWNERSHIP_SEEDS", SEEDS))):
        try:
            broker = run(seed)
        except BaseExceptionGroup as group:
            pytest.fail(f"OWNERSHIP_SEED={seed}: {group.exceptions[0]!r}")
        assert broker.handled == broker.end


class Hidden:
    """A partition of which a transaction hides all that stands behind it, so many times that it is looked at."""

    def __init__(self, times: int) -> None:
        self.looks = 0
        self._times = times

    async def claim(self, partitions: Iterable[int], worker: str) -> dict[int, int]:
        return dict.fromkeys(partitions, 7)

    async def claims(self, partitions: Iterable[int]) -> dict[int, Claims]:
        self.looks += 1
        seen = Claims(3, {"mine": 7}, 7) if self.looks > self._times else Claims(2, {}, 5)
        return dict.fromkeys(partitions, seen)

    async def fence(self, worker: str) -> None:
        raise AssertionError(f"{worker} stands nowhere")


async def test_a_claim_that_cannot_be_seen_yet_is_waited_for() -> None:
    register = Hidden(times=2)
    assert await take_over(register, [0], "mine") == {0: Owned(Claims(3, {"mine": 7}, 7), set())}
    assert register.looks == 3


class Struck(Hidden):
    """A partition in which somebody else has struck the claim out."""

    async def claims(self, partitions: Iterable[int]) -> dict[int, Claims]:
        return dict.fromkeys(partitions, Claims(3, {}, 9))


async def test_a_claim_that_another_struck_out_is_lost() -> None:
    assert await take_over(Struck(0), [0], "mine") == {}
