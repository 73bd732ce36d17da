"""Ledgers with topics of their own on a broker that tests share, and what somebody can do to those."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient

from broker.cluster import Cluster
from ledger.log.kafka import Address, Connection
from ledger.log.kafka.topics import ensure_topics
from ledger.settings import Settings
from schemas.topics import EVENTS

LOOK_S = 0.05


async def fresh(brokers: str, partitions: int = 1) -> str:
    """The URL of a ledger whose topics are new, each of so many partitions."""
    url = f"kafka://{brokers}/t{uuid.uuid4().hex[:12]}"
    await made(url, partitions)
    return url


async def made(url: str, partitions: int = 1) -> None:
    """Make the topics that are missing."""
    connection = Connection(Address.parse(url), Settings())
    await ensure_topics(connection, partitions)
    await connection.close()


def prefix(url: str) -> str:
    return url.rpartition("/")[2]


async def deleted(brokers: str, topic: str) -> None:
    """Return once nobody sees it any more, which takes a broker a moment."""
    async with administered(brokers) as admin:
        await admin.delete_topics([topic])
        while True:
            [described] = await admin.describe_topics([topic])
            if described["error_code"]:
                return
            await asyncio.sleep(LOOK_S)


async def layout(cluster: Cluster, url: str) -> Sequence[dict[str, Any]]:
    """Of each partition of a ledger's events: its leader, and which nodes are in sync (Kafka's own names)."""
    async with administered(cluster.bootstrap) as admin:
        [described] = await admin.describe_topics([EVENTS.name(prefix(url))])
    return described["partitions"]  # type: ignore[no-any-return]


@asynccontextmanager
async def administered(brokers: str) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=brokers)
    try:
        await admin.start()
        yield admin
    finally:
        await admin.close()
