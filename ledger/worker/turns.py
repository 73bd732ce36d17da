"""A worker at work on its partitions: one loop takes them over and gives them up, one folds, and one publishes.

All of it is one attempt. Whatever goes wrong (a broker that is away, another worker that took over) ends it, and the
next begins under a new id: what is folded stays true, and only the right to write has to be had again.
"""

import asyncio
import gc
import logging
from collections.abc import Collection, Iterable
from contextlib import aclosing, suppress

from ledger.errors import LogUnreachable
from ledger.log.kafka import KafkaLog
from ledger.log.kafka.log import rows_of
from ledger.log.kafka.partitioner import Partitioner
from ledger.log.kafka.reader import whole
from ledger.worker.ownership import take_over
from ledger.worker.partition_fold import Key, PartitionFold
from ledger.worker.writer import Writer
from schemas.record import NOWHERE, Frontier
from schemas.topics import ROUNDS, TALLIES
from schemas.views import view_digest

logger = logging.getLogger(__name__)

TURN_S = 0.025
"""So often at most a worker publishes: a transaction costs a broker and a worker some milliseconds each."""
TELL_S = 0.5
"""So often tools are told how far the group has come."""
FREEZE_S = 1.0
"""So often what is new is set aside from the garbage collector. What a fold keeps stays, and has no cycles: to look
through all of it took 240 ms at 25,000 events, in which nothing else went on."""
RETRY_S = 1.0
"""Before the next attempt. A worker whose partitions went to another one, because it stood still, has lost them by
then: it would take them back."""
STOP_S = 3.0
"""For a worker to give its partitions up."""


class Turns:
    """What a worker does with the partitions that it is to have (`want`). `folds` are those that it works on."""

    def __init__(self, log: KafkaLog, partitioner: Partitioner) -> None:
        self.folds: dict[int, PartitionFold] = {}
        self._log = log
        self._partitioner = partitioner
        self._wanted: frozenset[int] = frozenset()
        self._is_assigned = False
        self._former: set[str] = set()
        self._trouble = ""
        self._shared, self._live, self._news = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._writing = asyncio.Lock()
        self._idle = asyncio.Event()

    def want(self, partitions: Collection[int]) -> None:
        """Have these partitions from now on, as soon as they can be taken over, and no others."""
        self._wanted, self._is_assigned = frozenset(partitions), True
        for number in self._wanted - self.folds.keys():
            self.folds[number] = PartitionFold(self._log, self._partitioner, number)
        self._idle.clear()
        self._shared.set()

    def revoke(self) -> None:
        """Take nothing over until the group has said again what this worker is to have."""
        self._is_assigned = False

    async def run(self) -> None:
        """Work for ever, however often that takes another attempt."""
        while True:
            try:
                await self._attempt()
            except* LogUnreachable as group:
                self._tell(str(_first_of(group)))
            except* Exception:
                logger.exception("trying again")
            for fold in self.folds.values():
                fold.lose()
            await asyncio.sleep(RETRY_S)

    def _tell(self, trouble: str) -> None:
        """Say once what is wrong, however often it is tried again."""
        if trouble != self._trouble:
            logger.warning("%s; trying again", trouble)
            self._trouble = trouble

    async def stop(self) -> None:
        """Give all partitions up, so that the next worker need not wait."""
        self.want(())
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_S):
                await self._idle.wait()

    async def _attempt(self) -> None:
        async with Writer.opened(self._log) as writer, asyncio.TaskGroup() as tasks:
            self._former.add(writer.worker)
            self._shared.set()
            tasks.create_task(self._share(writer))
            tasks.create_task(self._follow())
            tasks.create_task(self._publish(writer))

    # -- partitions come and go --------------------------------------------------------------------

    async def _share(self, writer: Writer) -> None:
        while True:
            await self._shared.wait()
            self._shared.clear()
            if not self._is_assigned:
                continue
            await self._give_up(writer, self.folds.keys() - self._wanted)
            await self._take_over(writer, {number for number in self._wanted if not self.folds[number].is_owned})
            owned = {number for number, fold in self.folds.items() if fold.is_owned}
            await self._catch_up({number for number in owned if not self.folds[number].has_caught_up})
            if not self.folds:
                self._idle.set()

    async def _give_up(self, writer: Writer, lost: Collection[int]) -> None:
        if not lost:
            return
        async with self._writing:  # of what is under way all is committed, or nothing
            owned = [number for number in lost if self.folds.pop(number).is_owned]
            self._live.set()
        await writer.give_up(owned)

    async def _take_over(self, writer: Writer, gained: Collection[int]) -> None:
        if not gained:
            return
        owned = await take_over(writer, gained, writer.worker, self._former)
        if lost := gained - owned.keys():
            await writer.give_up(lost)
            asyncio.get_running_loop().call_later(RETRY_S, self._shared.set)
        published = await self._published(owned)
        for number, its in owned.items():
            self.folds[number].take_over(its.handled, its.fenced, published[number])

    async def _catch_up(self, owned: Collection[int]) -> None:
        """Fold the log of partitions up to its end, and go live. A change of what is wanted comes first."""
        reached = Frontier({number: self.folds[number].reached for number in owned})
        events = await self._log.events()
        async with aclosing(events.read(reached, whole(owned))) as found:
            async for fetched in found:
                if self._shared.is_set():
                    return
                await self.folds[fetched.partition].take(rows_of(fetched))
                self._news.set()
        for number in owned:
            self.folds[number].catch_up()
        if owned:
            _freeze()
            self._live.set()
            self._news.set()

    async def _published(self, partitions: Iterable[int]) -> dict[int, dict[Key, bytes]]:
        """The digests of the views that stand in the topics."""
        through = whole(partitions)
        found: dict[int, dict[Key, bytes]] = {number: {} for number in through.offsets}
        for topic in (TALLIES, ROUNDS):
            async with aclosing((await self._log.reader(topic)).read(NOWHERE, through)) as fetches:
                async for fetched in fetches:
                    digests = ((record.key, view_digest(record.value)) for record in fetched.records)
                    found[fetched.partition].update(((topic.suffix, key.decode()), its) for key, its in digests)
        return found

    # -- folding -----------------------------------------------------------------------------------

    async def _follow(self) -> None:
        """Read what is live, all at once, and begin anew where that changes."""
        while True:
            self._live.clear()
            async with asyncio.TaskGroup() as tasks:
                reading = tasks.create_task(self._read([n for n, fold in self.folds.items() if fold.has_caught_up]))
                await self._live.wait()
                reading.cancel()

    async def _read(self, live: Collection[int]) -> None:
        if not live:
            return
        reached = Frontier({number: self.folds[number].reached for number in live})
        async with aclosing((await self._log.events()).tail(reached, live)) as found:
            async for fetched in found:
                if (fold := self.folds.get(fetched.partition)) is not None:
                    await fold.take(rows_of(fetched))
                    self._news.set()

    # -- publishing --------------------------------------------------------------------------------

    async def _publish(self, writer: Writer) -> None:
        clock = asyncio.get_running_loop().time
        told_at = frozen_at = clock()
        untold = dict[int, int]()
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(TELL_S if untold else None):
                    await self._news.wait()
            self._news.clear()
            began = clock()
            is_due = began - told_at >= TELL_S
            async with self._writing:
                reached = await self._turn(writer, untold if is_due else None)
            if is_due:
                told_at, untold = began, {}
            else:
                untold |= reached
            if began - frozen_at >= FREEZE_S:
                frozen_at = began
                _freeze()
            await asyncio.sleep(max(0.0, began + TURN_S - clock()))

    async def _turn(self, writer: Writer, untold: dict[int, int] | None) -> dict[int, int]:
        """Publish what has changed in all partitions; how far they came. `untold`: tell that, and these offsets too."""
        news = [fold for fold in self.folds.values() if fold.has_news]
        first = next((fold for fold in news if not fold.is_live), None)  # all views of one at once, and of no more
        folds = [fold for fold in news if fold.is_live or fold is first]
        changes = [await fold.change() for fold in folds]
        reached = {change.partition: change.reached for change in changes}
        told = {} if untold is None else {n: offset for n, offset in (untold | reached).items() if n in self.folds}
        if not changes and not told:
            return {}
        # Strays go first: should this be done again, they are sent twice, and count once.
        if strays := [stray.message for change in changes for stray in change.strays]:
            await self._log.append(strays)
        written = [change for change in changes if not change.is_empty]
        if written or told:
            await writer.write(written, told)
        for fold, change in zip(folds, changes, strict=True):
            fold.was_published(change)
        if any(fold.has_news for fold in self.folds.values()):
            self._news.set()
        if self._trouble:
            logger.info("it works again")
            self._trouble = ""
        return reached


def _freeze() -> None:
    gc.collect()
    gc.freeze()


def _first_of(error: BaseException) -> BaseException:
    """The first of what went wrong together."""
    return _first_of(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error
