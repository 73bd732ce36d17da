"""Which worker may write the views of a partition: the one whose claim is the last, once all others are fenced.

A worker writes under one transactional id, its own and new with each start, so that a broker can fence it: whoever
takes a partition over puts its claim behind those that stand, fences whom they name, and looks again. It may write once
it sees its own claim as the last, and no other of a worker that is not fenced. Fencing is the broker's, and so is the
order of claims: no clock, no session and no callback of a group is trusted for it.

A worker that gives a partition up strikes its claim out, once all that it wrote can be read: it need not be fenced
then, which would end its work on all other partitions as well. So one that takes over waits for a moment first.
"""

import asyncio
from collections.abc import Collection, Iterable
from typing import NamedTuple, Protocol

from ledger.log.kafka.progress import Claims

GRACE_S = 1.0
"""For a worker that is there to strike its claims out, before it is fenced."""
LOOK_S = 0.05


class Register(Protocol):
    """Where claims stand, and the broker that fences."""

    async def claims(self, partitions: Iterable[int]) -> dict[int, Claims]:
        """How partitions stand, as far as it is committed."""
        ...

    async def claim(self, partitions: Iterable[int], worker: str) -> dict[int, int]:
        """Put a claim to partitions; at which offset it stands in each."""
        ...

    async def fence(self, worker: str) -> None:
        """From now on a worker can write no more, and what it left open is undone."""
        ...


class Owned(NamedTuple):
    """A partition that may be written: how it stands, and whose claims are to be struck out."""

    claims: Claims
    fenced: Collection[str]

    @property
    def handled(self) -> int:
        """The last offset that is handled."""
        return self.claims.handled


async def take_over(
    register: Register, partitions: Collection[int], worker: str, dead: Collection[str] = ()
) -> dict[int, Owned]:
    """Take partitions over for a worker; without those to which another has put a claim since.

    `dead` are workers that need no time to give up what they have.
    """
    clock = asyncio.get_running_loop().time
    placed = await register.claim(partitions, worker)
    fenced, patient_until = {worker}, clock() + GRACE_S
    while True:
        found = await register.claims(placed)
        own = {number: at for number, at in placed.items() if not _is_lost(found[number], at, worker)}
        others = {number: found[number].standing.keys() - {worker} for number in own}
        is_seen = all(found[number].through >= at for number, at in own.items())
        due = {each for names in others.values() for each in names} - fenced
        if not due and is_seen:
            return {number: Owned(found[number], others[number]) for number in own}
        ready = due if clock() >= patient_until else due.intersection(dead)
        await asyncio.gather(*map(register.fence, sorted(ready)))
        fenced |= ready
        if not ready:
            await asyncio.sleep(LOOK_S)


def _is_lost(claims: Claims, placed: int, worker: str) -> bool:
    """Whether another claim stands behind one's own, or one's own was struck out by somebody who fenced it."""
    is_struck_out = claims.through >= placed and claims.standing.get(worker) != placed
    return is_struck_out or any(at > placed for name, at in claims.standing.items() if name != worker)
