"""The clients of a ledger on a real broker: how they end."""

import asyncio

from aiokafka import TopicPartition

from ledger.log.kafka import Connection
from ledger.log.kafka.connection import STOP_S
from schemas.topics import EVENTS
from tests.kafka.topics import fresh, prefix
from tests.kafka.workers import opened

STEPS = 12


async def test_a_reader_that_is_cancelled_as_it_begins_ends(kafka: str) -> None:
    """The client library can miss that it is to end, while it leaves the partitions that it had before."""
    url = await fresh(kafka, 2)
    topic = EVENTS.name(prefix(url))
    async with opened(url) as log:
        for steps in range(STEPS):
            await read(log.connection, TopicPartition(topic, 0), 100)  # its fetch is still under way
            reading = asyncio.create_task(read(log.connection, TopicPartition(topic, 1), 60_000))
            for _ in range(steps):
                await asyncio.sleep(0)
            reading.cancel()
            done, _ = await asyncio.wait([reading], timeout=STOP_S + 5)
            assert done, f"it reads on, cancelled after {steps} steps"


async def read(connection: Connection, place: TopicPartition, timeout_ms: int) -> None:
    async with connection.consumer(place.topic) as consumer:
        consumer.assign([place])
        consumer.seek(place, 0)
        await consumer.getmany(timeout_ms=timeout_ms)
