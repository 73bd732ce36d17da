"""Workers on a simulated broker: what they do to each other, on a clock of its own, from one seed.

The broker keeps what decides: the order of claims, transactions that hide what stands behind them, and fencing. Workers
run the ledger's own `take_over`. Each step takes a random while; any can be the last of a worker, or last very long.
"""

import asyncio
import selectors
from collections.abc import Collection, Iterable
from random import Random
from typing import Any

from ledger.log.kafka.progress import Claims
from ledger.worker.ownership import take_over

PAUSE_S = 30.0
RETRY_S = 1.0


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time passes only while everybody waits."""

    def __init__(self) -> None:
        super().__init__(_Selector(self))
        self.now = 0.0

    def time(self) -> float:
        return self.now


class _Selector(selectors.SelectSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        self._loop.now += timeout or 0
        return super().select(0)


class Broker:
    """One partition after the other: its log of marks, and what is handled. Offsets count all that is written."""

    def __init__(self, partitions: int, events: int) -> None:
        self.end = dict.fromkeys(range(partitions), events)
        self.handled = dict.fromkeys(range(partitions), -1)
        self.open: dict[str, dict[int, int]] = {}
        self.fenced: set[str] = set()
        self._next = dict.fromkeys(range(partitions), 0)
        self._marks: dict[int, list[tuple[int, str, str | int]]] = {number: [] for number in range(partitions)}

    def append(self, partition: int, kind: str, value: str | int) -> int:
        self._next[partition] += 1
        self._marks[partition].append((self._next[partition], kind, value))
        return self._next[partition]

    def claims(self, partition: int) -> Claims:
        """As readers of what is committed see it: nothing behind a transaction that is open."""
        stable = min(
            (its[partition] for its in self.open.values() if partition in its), default=self._next[partition] + 1
        )
        handled, standing = -1, dict[str, int]()
        for offset, kind, value in self._marks[partition]:
            if offset >= stable:
                break
            if kind == "handled":
                handled = int(value)
            elif kind == "claim":
                standing[str(value)] = offset
            else:
                standing.pop(str(value), None)
        return Claims(handled, standing, stable - 1)

    def begin(self, worker: str, partitions: Iterable[int]) -> None:
        if worker in self.fenced:
            raise Fenced(worker)
        self.open[worker] = {}
        for each in partitions:
            self._next[each] += 1
            self.open[worker][each] = self._next[each]

    def commit(self, worker: str, changes: dict[int, tuple[int, int]], struck: dict[int, Collection[str]]) -> None:
        """Take in what a transaction says: of each partition from which offset to which, and whose claims are void."""
        if worker in self.fenced:
            raise Fenced(worker)
        del self.open[worker]
        for partition, (after, reached) in changes.items():
            assert after == self.handled[partition], (
                f"{worker} goes on at {after}, and {self.handled[partition]} is done"
            )
            self.handled[partition] = reached
            self.append(partition, "handled", reached)
            for each in struck[partition]:
                self.append(partition, "void", each)

    def fence(self, worker: str) -> None:
        self.fenced.add(worker)
        self.open.pop(worker, None)


class Fenced(Exception):
    pass


class Member:
    """One worker's process. `wanted` is what the group last told it, which may be long ago."""

    def __init__(self, name: str, broker: Broker, chance: Random) -> None:
        self.name = name
        self.wanted: set[int] = set()
        self._broker = broker
        self._chance = chance
        self._starts = 0

    async def pass_time(self) -> None:
        """A step: nearly always short, and now and then as long as a session and more."""
        await asyncio.sleep(
            PAUSE_S * self._chance.random() if self._chance.random() < 0.02 else self._chance.random() / 50
        )

    async def claims(self, partitions: Iterable[int]) -> dict[int, Claims]:
        await self.pass_time()
        found = {number: self._broker.claims(number) for number in partitions}
        await self.pass_time()
        return found

    async def claim(self, partitions: Iterable[int], worker: str) -> dict[int, int]:
        placed = {}
        for number in partitions:
            await self.pass_time()
            placed[number] = self._broker.append(number, "claim", worker)
        await self.pass_time()
        return placed

    async def fence(self, worker: str) -> None:
        await self.pass_time()
        self._broker.fence(worker)
        await self.pass_time()

    async def work(self) -> None:
        former: set[str] = set()
        while True:
            self._starts += 1
            worker = f"{self.name}.{self._starts}"
            try:
                await self._attempt(worker, former)
            except Fenced:
                former.add(worker)
                await asyncio.sleep(RETRY_S)

    async def _attempt(self, worker: str, former: set[str]) -> None:
        done: dict[int, int] = {}
        struck: dict[int, Collection[str]] = {}
        while True:
            for number in done.keys() - self.wanted:
                del done[number]
                self._broker.append(number, "void", worker)
            if gained := self.wanted - done.keys():
                owned = await take_over(self, gained, worker, former)
                for number in gained - owned.keys():
                    self._broker.append(number, "void", worker)
                done |= {number: its.handled for number, its in owned.items()}
                struck |= {number: its.fenced for number, its in owned.items()}
            await self.pass_time()
            self._broker.begin(worker, done)
            changes = {
                number: (at, min(at + self._chance.randrange(4), self._broker.end[number]))
                for number, at in done.items()
            }
            await self.pass_time()
            self._broker.commit(worker, changes, {number: struck.pop(number, ()) for number in done})
            await self.pass_time()
            done |= {number: reached for number, (_, reached) in changes.items()}


async def simulate(seed: int) -> Broker:
    """Workers that come, are killed and lose touch, and a group that shares the partitions among those it knows."""
    chance = Random(seed)
    partitions = chance.randint(1, 4)
    broker = Broker(partitions, events=60)
    running: dict[str, tuple[Member, asyncio.Task[None]]] = {}
    async with asyncio.TaskGroup() as tasks:
        for turn in range(chance.randint(2, 12)):
            if running and chance.random() < 0.4:
                _, task = running.pop(chance.choice(sorted(running)))
                task.cancel()
            if len(running) < 3:
                member = Member(f"w{turn}", broker, chance)
                running[member.name] = member, tasks.create_task(member.work())
            share(partitions, [member for member, _ in running.values()], chance)
            await asyncio.sleep(chance.random() * 5)
        survivor = Member("last", broker, chance)
        survivor.wanted = {*range(partitions)}
        for member, task in running.values():
            member.wanted = set()
            if chance.random() < 0.5:
                task.cancel()
        finishing = tasks.create_task(survivor.work())
        deadline = asyncio.get_running_loop().time() + 3_600
        while broker.handled != broker.end:
            assert asyncio.get_running_loop().time() < deadline, f"{broker.handled} of {broker.end}"
            await asyncio.sleep(1)
        for task in (finishing, *(task for _, task in running.values())):
            task.cancel()
    return broker


def share(partitions: int, members: list[Member], chance: Random) -> None:
    """What the group tells its members. One that has lost touch hears nothing of it."""
    if not members:
        return
    told: dict[str, set[int]] = {member.name: set() for member in members}
    for number in range(partitions):
        told[chance.choice(members).name].add(number)
    for member in members:
        if chance.random() < 0.8:
            member.wanted = told[member.name]


def run(seed: int) -> Broker:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(simulate(seed))
