"""Ledgers on a broker: fresh topics, and the corpus in them."""

import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import islice

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from benchmarks import corpus
from ledger.log.kafka import Address, Connection, KafkaLog
from ledger.log.kafka.topics import ensure_topics
from ledger.log.port import Message
from ledger.settings import Settings
from schemas.topics import EVENTS

BATCH = 1000


async def fresh(brokers: str, partitions: int = EVENTS.partitions) -> str:
    """The URL of a ledger whose topics are new."""
    url = f"kafka://{brokers}/b{uuid.uuid4().hex[:12]}"
    connection = Connection(Address.parse(url), Settings(log=url))
    await ensure_topics(connection, partitions)
    await connection.close()
    return url


def opened(url: str) -> KafkaLog:
    """The log at `url`."""
    return KafkaLog(Connection(Address.parse(url), Settings(log=url)))


async def filled(brokers: str, events: int) -> str:
    """The URL of a new ledger that holds the first events of the corpus."""
    url = await fresh(brokers)
    log = opened(url)
    for batch in batches(corpus.messages(events)):
        await log.append(batch)
    await log.close()
    return url


def batches(messages: Iterator[Message]) -> Iterator[Sequence[Message]]:
    """Messages by the thousand."""
    while batch := list(islice(messages, BATCH)):
        yield batch


async def getmany(consumer: AIOKafkaConsumer, topic: str) -> AsyncIterator[tuple[TopicPartition, list[ConsumerRecord]]]:
    """What a topic holds as of now, read as aiokafka's documentation reads it.

    The consumer is one whose `auto_offset_reset` is `earliest`: a seek right after `assign` can lose to the default.
    """
    partitions = [TopicPartition(topic, number) for number in range(EVENTS.partitions)]
    consumer.assign(partitions)
    ends = await consumer.end_offsets(partitions)
    left = {partition for partition, end in ends.items() if end}
    while left:
        for partition, records in (await consumer.getmany(timeout_ms=1000)).items():
            yield partition, records
        left = {partition for partition in left if await consumer.position(partition) < ends[partition]}
