"""A worker at work on its partitions: one loop takes them over and gives them up, one folds, and one publishes.

All of it is one attempt. Whatever goes wrong (a broker that is away, another worker that took over) ends it, and the
next begins under a new id: what is folded stays true, and only the right to write has to be had again.
"""

import asyncio
import gc
import logging
from collections.abc import Collection, Mapping
from contextlib import aclosing, suppress

from ledger.errors import LogUnreachable
from ledger.log.kafka import KafkaLog
from ledger.log.kafka.log import position_of
from ledger.log.kafka.reader import whole
from ledger.log.kafka.topics import VIEWS
from ledger.log.kafka.version import version_of_views
from ledger.logs import Trouble
from ledger.worker.ownership import Owned, take_over
from ledger.worker.partition_fold import UNVOUCHED, Key, PartitionFold
from ledger.worker.view_topics import ViewTopics
from ledger.worker.writer import Writer
from schemas.record import NOWHERE, Frontier
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
FIRST_VIEWS_MAX = 2_000
"""Of partitions that go live in one turn: one has all of its views at once, however many."""


class Turns:
    """What a worker does with the partitions that it is to have (`want`). `folds` are those that it works on."""

    def __init__(self, log: KafkaLog) -> None:
        self.folds: dict[int, PartitionFold] = {}
        self._log = log
        self._version = version_of_views(log.trust)
        self._topics = ViewTopics(log)
        self._wanted: frozenset[int] = frozenset()
        self._is_assigned = False
        self._former: set[str] = set()
        self._trouble = Trouble(logger, "it works again")
        self._shared, self._live, self._news = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._writing = asyncio.Lock()
        self._idle = asyncio.Event()

    def want(self, partitions: Collection[int]) -> None:
        """Have these partitions from now on, as soon as they can be taken over, and no others."""
        self._wanted, self._is_assigned = frozenset(partitions), True
        self._begin_folds()
        self._idle.clear()
        self._shared.set()

    def _begin_folds(self) -> None:
        for number in self._wanted - self.folds.keys():
            self.folds[number] = PartitionFold(self._log, number, self._version)

    def revoke(self) -> None:
        """Take nothing over until the group has said again what this worker is to have."""
        self._is_assigned = False

    async def run(self) -> None:
        """Work for ever, however often that takes another attempt."""
        while True:
            try:
                await self._attempt()
            except* LogUnreachable as group:
                self._trouble.began(f"{_first_of(group)}; trying again")
            except* Exception as group:
                self._trouble.began(f"{_first_of(group)!r}; trying again", group)
            for fold in self.folds.values():
                fold.lose()
            await asyncio.sleep(RETRY_S)

    async def stop(self) -> None:
        """Give all partitions up, so that the next worker need not wait."""
        self.want(())
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_S):
                await self._idle.wait()

    async def _attempt(self) -> None:
        await self._topics.begin()
        async with Writer.opened(self._log, self._version) as writer, asyncio.TaskGroup() as tasks:
            self._former.add(writer.worker)
            self._shared.set()
            tasks.create_task(self._topics.watch())
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
            await self._give_up(writer)
            await self._take_over(writer, {number for number in self._wanted if not self.folds[number].is_owned})
            owned = {number for number, fold in self.folds.items() if fold.is_owned}
            await self._catch_up({number for number in owned if not self.folds[number].has_caught_up})
            if not self.folds:
                self._idle.set()

    async def _give_up(self, writer: Writer) -> None:
        """Give up what is not wanted, by now: to wait for a turn may take as long as a broker is away."""
        async with self._writing:  # of what is under way all is committed, or nothing
            lost = self.folds.keys() - self._wanted
            owned = [number for number in lost if self.folds.pop(number).is_owned]
            if lost:
                self._live.set()
            await writer.give_up(owned)
        self._begin_folds()

    async def _take_over(self, writer: Writer, gained: Collection[int]) -> None:
        if not gained:
            return
        owned = await take_over(writer, gained, writer.worker, self._former)
        if lost := gained - owned.keys():
            async with self._writing:
                await writer.give_up(lost)
            asyncio.get_running_loop().call_later(RETRY_S, self._shared.set)
        await self._check_handled(owned)
        published = await self._published(owned)
        for number, its in owned.items():
            self.folds[number].take_over(its.claims, its.fenced, published[number])

    async def _catch_up(self, owned: Collection[int]) -> None:
        """Fold the log of partitions up to its end, and go live. A change of what is wanted comes first."""
        reached = Frontier({number: self.folds[number].reached for number in owned})
        events = await self._log.events()
        async with aclosing(events.read(reached, whole(owned))) as found:
            async for fetched in found:
                if self._shared.is_set():
                    return
                await self.folds[fetched.partition].take(fetched)
                self._news.set()
        for number in owned:
            self.folds[number].catch_up()
        if owned:
            _freeze()
            self._live.set()
            self._news.set()

    async def _check_handled(self, owned: Mapping[int, Owned]) -> None:
        """Raises LogUnreachable where more was handled than there is: what was acknowledged is gone."""
        end = await self._log.end()
        for number, its in owned.items():
            if its.handled > (last := end.last(number)):
                raise LogUnreachable(
                    f"{self._log.address}: partition {number} of the events ends at {last}, and workers have handled "
                    f"{its.handled}: events were lost, or the topic was made anew. To go on with what is left, stop "
                    "all workers, delete the topic of progress, and run `ledger topics ensure`"
                )

    async def _published(self, owned: Mapping[int, Owned]) -> dict[int, dict[Key, bytes]]:
        """The digests of the views that stand in the topics, each as of a position that is handled."""
        through = whole(owned)
        found: dict[int, dict[Key, bytes]] = {number: {} for number in owned}
        for topic in VIEWS:
            async with aclosing((await self._log.reader(topic)).read(NOWHERE, through)) as fetches:
                async for fetched in fetches:
                    digests, handled = found[fetched.partition], owned[fetched.partition].handled
                    for record in fetched.records:
                        position = position_of(record)
                        is_known = position is not None and position.offset <= handled
                        digests[topic.suffix, record.key.decode()] = (
                            view_digest(record.value) if is_known else UNVOUCHED
                        )
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
                    await fold.take(fetched)
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
        folds = self._due()
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
            await writer.write(written, told, self._topics.write)
            self._topics.wrote()
        for fold, change in zip(folds, changes, strict=True):
            fold.was_published(change)
        if any(fold.has_news for fold in self.folds.values()):
            self._news.set()
        self._trouble.ended()
        return reached

    def _due(self) -> list[PartitionFold]:
        """The partitions of which something is to be published now."""
        news = [fold for fold in self.folds.values() if fold.has_news]
        due, views = [fold for fold in news if fold.is_live], 0
        for fold in (fold for fold in news if not fold.is_live):
            if not views or views + fold.views_due <= FIRST_VIEWS_MAX:
                due.append(fold)
                views += max(1, fold.views_due)
        return due


def _freeze() -> None:
    gc.collect()
    gc.freeze()


def _first_of(error: BaseException) -> BaseException:
    """The first of what went wrong together."""
    return _first_of(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error
