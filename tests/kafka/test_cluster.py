"""The brokers themselves: what tests of the ledger rely on when they kill one."""

import asyncio
import socket
import subprocess
from pathlib import Path

import pytest

from broker.archive import archive_classes
from broker.cluster import Cluster
from broker.errors import BrokerError
from broker.libraries import class_archive, java
from broker.node import SMALL, class_path
from broker.ports import HOST, answers
from tests.kafka.clients import create_topic, has_topic, leader, read, send

pytestmark = pytest.mark.usefixtures("broken_connections")


@pytest.mark.usefixtures("own_brokers")
def test_java_takes_the_classes_that_were_kept() -> None:
    archive_classes()
    [kept, *_] = path = class_path()
    assert kept == f"-XX:SharedArchiveFile={class_archive()}"
    done = subprocess.run(
        [java(), *SMALL, "-Xshare:on", *path, "-version"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


async def test_a_value_comes_back(kafka: str) -> None:
    await create_topic(kafka, "comes-back")
    await send(kafka, "comes-back", b"one", b"two")
    assert await read(kafka, "comes-back") == [b"one", b"two"]


async def test_topics_are_not_created_by_themselves(kafka: str) -> None:
    assert not await has_topic(kafka, "never-created")
    assert not await has_topic(kafka, "never-created")


@pytest.mark.usefixtures("own_brokers")
async def test_data_outlives_a_kill_and_a_stop(tmp_path: Path) -> None:
    with Cluster(tmp_path) as cluster:
        await create_topic(cluster.bootstrap, "kept")
        await send(cluster.bootstrap, "kept", b"before the kill")
        cluster.kill(1)
        assert not answers(cluster.nodes[0].ports.clients)
        cluster.start(1)
        await send(cluster.bootstrap, "kept", b"after it")
    with Cluster(tmp_path) as again:
        assert await read(again.bootstrap, "kept") == [b"before the kill", b"after it"]


async def test_three_nodes_lose_nothing_when_the_leader_is_killed(three_nodes: Cluster) -> None:
    bootstrap = three_nodes.bootstrap
    await create_topic(bootstrap, "replicated", copies=3)
    await send(bootstrap, "replicated", b"before")
    killed = await leader(bootstrap, "replicated")
    three_nodes.kill(killed)
    await send(bootstrap, "replicated", b"meanwhile")
    three_nodes.start(killed)
    await send(bootstrap, "replicated", b"afterwards")
    assert await read(bootstrap, "replicated") == [b"before", b"meanwhile", b"afterwards"]


@pytest.mark.usefixtures("own_brokers")
async def test_a_paused_node_says_nothing_until_it_is_resumed(tmp_path: Path) -> None:
    with Cluster(tmp_path) as cluster:
        await create_topic(cluster.bootstrap, "paused")
        cluster.pause(1)
        sending = asyncio.create_task(send(cluster.bootstrap, "paused", b"late"))
        _, waiting = await asyncio.wait([sending], timeout=1)
        assert waiting
        cluster.resume(1)
        await sending
        cluster.pause(1)  # a paused node stops all the same


@pytest.mark.usefixtures("own_brokers")
def test_a_node_that_cannot_start_shows_its_log(tmp_path: Path) -> None:
    data = tmp_path / "node-1" / "data"
    data.mkdir(parents=True)
    (data / "meta.properties").write_text("version=1\nnode.id=7\ncluster.id=spoiled\n")
    cluster = Cluster(tmp_path)
    with pytest.raises(BrokerError, match=r"(?s)node 1 has died\. .*server\.log ends:\n.*Exception"):
        cluster.start_all()
    assert not cluster.nodes[0].running


@pytest.mark.usefixtures("own_brokers")
def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(BrokerError, match=f"port {port} is taken"):
            Cluster(tmp_path, port=port).start_all()
