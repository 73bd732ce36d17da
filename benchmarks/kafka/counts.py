"""What a subscriber has of the counts that a way writes to its compacted topic, of which it reads what is committed."""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any, TypeAlias

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from benchmarks.kafka.ledgers import opened
from ledger.client import AsyncLedger
from ledger.log.kafka.connection import FETCH_BYTES
from schemas.topics import EVENTS
from schemas.views import Tally

Follow: TypeAlias = Callable[[str, str], AsyncIterator[tuple[str, int]]]
"""Of a ledger's URL and a group: an exchange and how many of its events are counted, whenever that has changed."""

Number: TypeAlias = Callable[[Any], int]
"""Finds the count in a value, whose JSON is read already."""


def counts_topic(group: str) -> str:
    """Where a peer writes what it has counted."""
    return f"{group}-counts"


def changelog(group: str) -> str:
    """Where Faust keeps the table `counts`."""
    return f"{group}-counts-changelog"


async def follow_tallies(url: str, group: str) -> AsyncIterator[tuple[str, int]]:
    """The worker's tallies, by the ledger's own client."""
    async with aclosing(AsyncLedger(opened(url)).follow("tallies")) as changes:
        async for change in changes:
            assert isinstance(change.item, Tally)
            yield change.item.exchange, change.item.events


def follow_counts(topic: Callable[[str], str], number: Number = int) -> Follow:
    """Counts by exchange, or by `EXCHANGE/ROUND`, which are added up."""

    async def follow(url: str, group: str) -> AsyncIterator[tuple[str, int]]:
        known, counted = Counter[str](), Counter[str]()
        async for record in _records(url, topic(group)):
            name, count = record.key.decode().strip('"'), number(orjson.loads(record.value))
            exchange = name.partition("/")[0]
            counted[exchange] += count - known[name]
            known[name] = count
            yield exchange, counted[exchange]

    return follow


async def _records(url: str, topic: str) -> AsyncIterator[Any]:
    consumer = AIOKafkaConsumer(
        **opened(url).connection.options,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        max_partition_fetch_bytes=FETCH_BYTES,
    )
    async with consumer:
        consumer.assign([TopicPartition(topic, number) for number in range(EVENTS.partitions)])
        while True:
            for records in (await consumer.getmany(timeout_ms=1000)).values():
                for record in records:
                    yield record
