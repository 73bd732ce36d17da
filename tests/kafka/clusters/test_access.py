"""Principals of a ledger on a broker with passwords, certificates and permissions: each does its work and no more."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import for_code
from aiokafka.helpers import create_ssl_context

from broker.cluster import Cluster
from broker.security import ADMIN, MECHANISM, Secured
from ledger.client import AsyncLedger
from ledger.errors import LogUnreachable
from ledger.log.kafka import Address, Connection, KafkaLog
from ledger.log.kafka.topics import ensure_topics
from ledger.log.port import Receipt
from ledger.settings import Settings
from ledger.worker.turns import Turns
from replay.checkpoints.signing import sign_checkpoints
from replay.checkpoints.store import CheckpointStore
from replay.compare.published import compare_published
from tests.kafka.workers import WITHIN_S, until
from tests.log.events import EXCHANGE, released
from tests.replay.keeping import KEY

SECURED = Secured(
    {name: f"{name}-password" for name in ("writer", "reader", "worker", "keeper", "nobody")},
    tls=True,
    certificates=["writer"],
)
DESCRIBE = ["Describe", "DescribeConfigs"]

pytestmark = pytest.mark.usefixtures("broken_connections")


@pytest.fixture(scope="module")
def secured(own_brokers: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The recipe of docs/kafka.md."""
    with Cluster(tmp_path_factory.mktemp("access"), secured=SECURED) as cluster:
        for name in ("writer", "reader", "worker", "keeper"):
            cluster.allow(name, DESCRIBE, topic="ledger.", prefixed=True)
        for topic in ("ledger.events", "ledger.rejected"):
            cluster.allow("writer", ["Write"], topic=topic)
        cluster.allow("reader", ["Read"], topic="ledger.", prefixed=True)
        cluster.allow("worker", ["Read"], topic="ledger.", prefixed=True)
        for topic in ("ledger.events", "ledger.rejected", "ledger.tallies", "ledger.rounds", "ledger.progress"):
            cluster.allow("worker", ["Write"], topic=topic)
        cluster.allow("keeper", ["Read"], topic="ledger.", prefixed=True)
        cluster.allow("keeper", ["Write"], topic="ledger.checkpoints")
        cluster.allow("worker", ["Read"], group="ledger.worker")
        cluster.allow("worker", ["Write", "Describe"], transactional_id="ledger.worker.", prefixed=True)
        asyncio.run(_make_topics(cluster))
        yield cluster


async def _make_topics(cluster: Cluster) -> None:
    connection = Connection(Address.parse(url(cluster)), settings(cluster, ADMIN))
    states = await ensure_topics(connection, partitions=2)
    assert [problem for state in states for problem in state.problems] == []
    await connection.close()


def url(cluster: Cluster) -> str:
    return f"kafka://{cluster.bootstrap}"


def settings(cluster: Cluster, name: str, password: str | None = None) -> Settings:
    return Settings(
        log=url(cluster),
        kafka_security="SASL_SSL",
        kafka_username=name,
        kafka_password=password or SECURED.passwords[name],
        kafka_ca=cluster.ca,
    )


def log_of(ledger: AsyncLedger) -> KafkaLog:
    assert isinstance(ledger.log, KafkaLog)
    return ledger.log


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[AsyncLedger]:
    async with AsyncLedger(KafkaLog(Connection(Address.parse(settings.log), settings))) as ledger:
        yield ledger


async def test_a_producer_publishes_and_cannot_read(secured: Cluster) -> None:
    async with opened(settings(secured, "writer")) as ledger:
        assert isinstance(await ledger.publish(released(1)), Receipt)
        with pytest.raises(LogUnreachable, match="Authorization"):
            await ledger.tallies()
        with pytest.raises(LogUnreachable, match="Authorization"):
            await anext(ledger.follow("tallies"))


async def test_a_keeper_signs_and_nobody_else_puts_checkpoints_beside_the_log(secured: Cluster, tmp_path: Path) -> None:
    async with opened(settings(secured, "writer")) as ledger:
        await ledger.publish(released(2))
        with pytest.raises(LogUnreachable, match="Authorization"):
            await log_of(ledger).keep_checkpoint("example.org/ledger/0", "nothing that was signed")
    async with opened(settings(secured, "worker")) as ledger:
        with pytest.raises(LogUnreachable, match="Authorization"):
            await log_of(ledger).keep_checkpoint("example.org/ledger/0", "nothing that was signed")
    async with opened(settings(secured, "keeper")) as ledger:
        notes = await sign_checkpoints(ledger.log, KEY, CheckpointStore(tmp_path / "kept"))
        assert await log_of(ledger).checkpoints() == [str(note) for note in notes]
        with pytest.raises(LogUnreachable, match="Authorization"):
            await ledger.publish(released(3))


async def test_a_certificate_stands_for_a_producer(secured: Cluster) -> None:
    shown = secured.certificate("writer")
    by_certificate = Settings(
        log=f"kafka://{secured.certificates_bootstrap}",
        kafka_security="SSL",
        kafka_ca=secured.ca,
        kafka_certificate=shown.certificate,
        kafka_key=shown.key,
    )
    async with opened(by_certificate) as ledger:
        assert isinstance(await ledger.publish(released(2)), Receipt)


async def test_a_reader_reads_and_cannot_write(secured: Cluster) -> None:
    async with opened(settings(secured, "writer")) as ledger:
        await ledger.publish(released(1))
    async with opened(settings(secured, "reader")) as ledger:
        assert [tally.exchange for tally in await ledger.tallies()] == [EXCHANGE]
        with pytest.raises(LogUnreachable, match="Authorization"):
            await ledger.publish(released(3))


async def test_a_worker_keeps_the_views_that_a_reader_follows(secured: Cluster) -> None:
    async with opened(settings(secured, "writer")) as ledger:
        await ledger.publish(released(1))
    async with opened(settings(secured, "worker")) as ledger:
        assert isinstance(ledger.log, KafkaLog)
        partitioner = await ledger.log.partitioner()
        home = partitioner.of(EXCHANGE)
        turns = Turns(ledger.log)
        turns.want([home])
        working = asyncio.create_task(turns.run())
        await until(lambda: turns.folds[home].published >= 0, WITHIN_S, "nothing is published")
        await turns.stop()
        working.cancel()
    async with opened(settings(secured, "reader")) as ledger:
        change = await anext(ledger.follow("tallies"))
        assert change.item == await ledger.tally(EXCHANGE)
        found = await compare_published(log_of(ledger))
        assert (found.views, found.differences) == (2, [])


@pytest.mark.parametrize("name", ["writer", "reader", "worker"])
async def test_nobody_but_the_administrator_deletes(secured: Cluster, name: str) -> None:
    async with _admin(secured, name) as admin:
        answer = await admin.delete_topics(["ledger.events"])
    assert [for_code(code).__name__ for _, code in answer.topic_error_codes] == ["TopicAuthorizationFailedError"]


@asynccontextmanager
async def _admin(cluster: Cluster, name: str) -> AsyncIterator[Any]:
    client = AIOKafkaAdminClient(
        bootstrap_servers=cluster.bootstrap,
        security_protocol="SASL_SSL",
        sasl_mechanism=MECHANISM,
        sasl_plain_username=name,
        sasl_plain_password=SECURED.passwords[name],
        ssl_context=create_ssl_context(cafile=str(cluster.ca)),
    )
    await client.start()
    try:
        yield client
    finally:
        await client.close()


async def test_who_has_no_permission_or_a_wrong_password_is_told_so(secured: Cluster) -> None:
    async with opened(settings(secured, "nobody")) as ledger:
        with pytest.raises(LogUnreachable, match=r"Authorization|missing"):
            await ledger.publish(released(1))
    async with opened(settings(secured, "writer", "wrong")) as ledger:
        with pytest.raises(LogUnreachable, match=r"bootstrap|Authentication"):
            await ledger.publish(released(1))
