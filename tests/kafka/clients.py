"""What a client does with a broker, in one call each."""

from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import for_code


async def create_topic(bootstrap: str, topic: str, copies: int = 1, **access: Any) -> None:
    """Raises KafkaError."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, **access)
    try:
        await admin.start()
        [(_, code, message)] = (await admin.create_topics([NewTopic(topic, 1, copies)])).topic_errors
    finally:
        await admin.close()
    if code:
        raise for_code(code)(message)


async def has_topic(bootstrap: str, topic: str) -> bool:
    """Asks in the way that creates a topic where a broker does so by itself."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        await admin.start()
        [described] = await admin.describe_topics([topic])
    finally:
        await admin.close()
    return not described["error_code"]


async def send(bootstrap: str, topic: str, *values: bytes, timeout_ms: int = 40_000, **access: Any) -> None:
    """Return once all in-sync nodes have the values. Raises KafkaError."""
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, acks="all", enable_idempotence=True, request_timeout_ms=timeout_ms, **access
    )
    try:
        await producer.start()
        for value in values:
            await producer.send_and_wait(topic, value, partition=0)
    finally:
        await producer.stop()


async def read(bootstrap: str, topic: str, **access: Any) -> list[bytes]:
    """Every value that the topic has now."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest", **access)
    partition = TopicPartition(topic, 0)
    await consumer.start()
    try:
        consumer.assign([partition])
        end = (await consumer.end_offsets([partition]))[partition]
        return [(await consumer.getone()).value for _ in range(end)]
    finally:
        await consumer.stop()


async def leader(bootstrap: str, topic: str) -> int:
    """The number of the node that leads the topic's partition."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        await admin.start()
        [described] = await admin.describe_topics([topic])
    finally:
        await admin.close()
    return int(described["partitions"][0]["leader"])
