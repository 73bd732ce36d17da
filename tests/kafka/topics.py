"""Ledgers with topics of their own on a broker that tests share."""

import uuid

from ledger.log.kafka import Address, Connection
from ledger.log.kafka.topics import ensure_topics
from ledger.settings import Settings


async def fresh(brokers: str, partitions: int = 1) -> str:
    """The URL of a ledger whose topics are new, each of so many partitions."""
    url = f"kafka://{brokers}/t{uuid.uuid4().hex[:12]}"
    connection = Connection(Address.parse(url), Settings())
    await ensure_topics(connection, partitions)
    await connection.close()
    return url
