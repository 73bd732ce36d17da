"""Whether the topics that workers write still hold what was written: somebody can delete, empty or make them anew."""

import asyncio
from collections.abc import Iterable
from typing import TypeAlias

from aiokafka.structs import RecordMetadata

from ledger.errors import LogUnreachable
from ledger.log.kafka import KafkaLog
from ledger.log.kafka.topics import VIEWS, describe_topics, ensure_views, refuse_unsafe
from schemas.topics import PROGRESS

LOOK_S = 5.0
"""Between two looks."""

_Place: TypeAlias = tuple[str, int]
"""A topic and a partition of it."""


WATCHED = (*VIEWS, PROGRESS)


class ViewTopics:
    """The topics of views, and of progress, during one attempt of a worker, which ends where one has lost something.

    In a partition of a topic offsets only grow, and its start moves only where records are taken away.
    """

    def __init__(self, log: KafkaLog) -> None:
        self._log = log
        self._starts: dict[_Place, int] = {}
        self._ends: dict[_Place, int] = {}
        self._written: dict[_Place, int] = {}

    async def begin(self) -> None:
        """Make those that are missing, and take in how all stand. Raises LogUnreachable."""
        await ensure_views(self._log.connection)
        (self._starts, self._ends), self._written = await self._look(), {}

    async def watch(self) -> None:
        """Look for ever. Raises LogUnreachable once something is missing; a broker that does not answer says nothing.

        A transaction takes a moment until readers see it, so that ends are held against those of the look before.
        """
        while True:
            ends = dict(self._ends)
            await asyncio.sleep(LOOK_S)
            try:
                states = await describe_topics(self._log.connection)
            except LogUnreachable:
                continue
            refuse_unsafe(self._log.connection, (state for state in states if state.topic in WATCHED))
            try:
                starts_now, ends_now = await self._look()
            except LogUnreachable:
                continue
            lost = [place for place, start in starts_now.items() if start > self._starts[place]]
            lost += [place for place, end in ends.items() if ends_now[place] < end]
            if lost:
                raise _lost(lost[0])
            self._ends = {place: max(end, ends_now[place]) for place, end in self._ends.items()}

    def write(self, stored: Iterable[RecordMetadata]) -> None:
        """Take in where records stand that are to be committed. Raises LogUnreachable where others stood before."""
        for each in stored:
            place = each.topic, each.partition
            if place in self._ends and each.offset >= 0:  # a broker that had it already does not say where
                if each.offset <= self._ends[place]:
                    raise _lost(place)
                self._written[place] = each.offset

    def wrote(self) -> None:
        """Take in that those are committed."""
        self._ends |= {place: max(end, self._ends[place]) for place, end in self._written.items()}
        self._written = {}

    async def _look(self) -> tuple[dict[_Place, int], dict[_Place, int]]:
        """The first offset of each partition, and the last."""
        starts, ends = dict[_Place, int](), dict[_Place, int]()
        partitions = (await self._log.partitioner()).partitions
        for topic in WATCHED:
            reader = await self._log.reader(topic)
            gone, end = await reader.start(), await reader.end()
            for number in range(partitions):
                starts[reader.topic, number] = gone.last(number) + 1
                ends[reader.topic, number] = end.last(number)
        return starts, ends


def _lost(place: _Place) -> LogUnreachable:
    topic, partition = place
    return LogUnreachable(f"partition {partition} of {topic} has lost records; what is missing is published again")
