"""Who may write a partition: what a worker makes of the claims that it sees."""

from collections.abc import Iterable

from ledger.log.kafka.progress import Claims
from ledger.worker.ownership import Owned, take_over


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
