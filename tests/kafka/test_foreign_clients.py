"""Other people's producers on a real broker: what is right counts once, what is wrong is refused with what mends it."""

import asyncio
import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, cast

import pytest
from cloudevents.core.bindings import kafka as cloud_events
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.json_schema import JSONSerializer
from confluent_kafka.serialization import MessageField, SerializationContext, SerializationError

from broker.errors import MissingTool
from broker.libraries import java
from broker.node import SMALL, class_path
from ledger.client import AsyncLedger
from schemas.codec import encode
from schemas.topics import EVENTS, REASON
from tests.cli.run import inside
from tests.kafka.topics import fresh
from tests.kafka.workers import Kept, all_live, opened, rejected, settled, workers
from tests.log.events import released
from tests.tools import lacking, node_modules

PARTITIONS = 3
WITHIN_S = 30.0

Event = dict[str, Any]


class Site(NamedTuple):
    """Where a client sends events, all of one exchange."""

    brokers: str
    topic: str
    registry: str
    exchange: str


# -- the clients: each sends events, and returns why it refuses some by itself ---------------------


def by_kcat(to: Site, events: list[Event]) -> list[str]:
    if shutil.which("kcat") is None:
        lacking("kcat was NOT tried: apt-get install kcat")
    options = ["-P", "-b", to.brokers, "-t", to.topic, "-k", to.exchange, "-X", "partitioner=murmur2"]
    return run(["kcat", *options], "\n".join(map(json.dumps, events)))


def by_java(to: Site, events: list[Event]) -> list[str]:
    """Kafka's own console producer, which is Java's client."""
    try:
        command = [java(), *SMALL, *class_path(), "org.apache.kafka.tools.ConsoleProducer"]
    except MissingTool as error:
        lacking(f"Java's producer was NOT tried: {error}")
    options = ["--bootstrap-server", to.brokers, "--topic", to.topic, "--reader-property", "parse.key=true"]
    return run([*command, *options], "\n".join(f"{to.exchange}\t{json.dumps(event)}" for event in events))


def by_kafkajs(to: Site, events: list[Event]) -> list[str]:
    node_modules(HERE, "KafkaJS was NOT tried")
    command = ["node", str(HERE / "produce.mjs"), to.brokers, to.topic, to.exchange]
    return run(command, "\n".join(map(json.dumps, events)))


def by_confluent(to: Site, events: list[Event]) -> list[str]:
    """Its own partitioner is not Kafka's, so that a worker relays what it sends elsewhere."""
    return send(to, ((to.exchange, json.dumps(event).encode(), {}) for event in events))


def by_serializer(to: Site, events: list[Event]) -> list[str]:
    options = {"auto.register.schemas": False, "use.latest.version": True}
    context = SerializationContext(to.topic, MessageField.VALUE)
    values, refused = list[bytes](), list[str]()
    with SchemaRegistryClient({"url": to.registry}) as registry:
        serializer = JSONSerializer(None, registry, conf=options)
        for event in events:
            try:
                values.append(serializer(event, context))
            except SerializationError as error:
                refused.append(str(error))
    return refused + send(to, ((to.exchange, value, {}) for value in values))


def by_cloud_events(write: Callable[[CloudEvent], cloud_events.KafkaMessage]) -> "Send":
    def by(to: Site, events: list[Event]) -> list[str]:
        messages = [write(CloudEvent({**ATTRIBUTES, "partitionkey": to.exchange}, event)) for event in events]
        return send(to, ((each.key, each.value, each.headers) for each in messages))

    return by


HERE = Path(__file__).parent / "node"
ATTRIBUTES = {"type": "ledger.captives_released.v1", "source": "https://herald.example.org"}
Send = Callable[[Site, list[Event]], list[str]]

CLIENTS: Mapping[str, Send] = {
    "kcat": by_kcat,
    "Java": by_java,
    "KafkaJS": by_kafkajs,
    "Confluent": by_confluent,
    "Confluent with JSON Schema": by_serializer,
    "CloudEvents, binary": by_cloud_events(cloud_events.to_binary_event),
    "CloudEvents, structured": by_cloud_events(cloud_events.to_structured_event),
}
REFUSES = {"Confluent with JSON Schema"}
"""Those that send nothing that breaks the schema."""


def run(command: list[str], lines: str) -> list[str]:
    done = subprocess.run(command, input=lines + "\n", capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return []


def send(to: Site, messages: Any) -> list[str]:
    producer = Producer({"bootstrap.servers": to.brokers})
    for key, value, headers in messages:
        producer.produce(to.topic, value, key, headers=list(headers.items()))
    assert producer.flush(30) == 0
    return []


# -- what becomes of what they send -----------------------------------------------------------------


@pytest.fixture(scope="module")
def url(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A ledger with a worker."""
    url = asyncio.run(fresh(kafka, PARTITIONS))
    with workers(url, tmp_path_factory.mktemp("worker"), 1) as running:
        asyncio.run(all_live(running, PARTITIONS))
        yield url


@pytest.fixture
def site(kafka: str, url: str, request: pytest.FixtureRequest, tmp_path: Path) -> Site:
    prefix, name = url.rpartition("/")[2], request.node.callspec.params["name"]
    registry = ""
    if name in REFUSES:
        registry = request.getfixturevalue("registry")
        assert inside(tmp_path, "topics", "register", registry, "--log", url).code == 0
    exchange = "".join(letter for letter in name.upper() if letter.isalpha())
    return Site(kafka, EVENTS.name(prefix), registry, exchange)


@pytest.mark.parametrize("name", CLIENTS)
async def test_what_a_client_sends_counts_or_says_why_not(site: Site, url: str, name: str) -> None:
    right: Event = json.loads(encode(released([*CLIENTS].index(name), count=3, exchange=site.exchange)))
    misspelt = {**right, "id": right["id"][:-4] + "ffff", "type": "captive_released"}
    without_source = {name: value for name, value in right.items() if name != "source"}
    refused = await asyncio.to_thread(CLIENTS[name], site, [without_source, right, right, misspelt])
    async with opened(url) as log:
        books = await settled(Kept(log))
        reasons = await reasons_of(log, site.exchange, 0 if name in REFUSES else 1)
    tally = books.tally(site.exchange)
    assert tally.captives.released is not None
    assert tally.captives.released.best == 3
    if name in REFUSES:
        assert (reasons, tally.unknown, len(refused)) == ([], {}, 2)
        assert "'captive_released' is not one of" in refused[1]
    else:
        assert (reasons, refused) == (["source: is missing; add it"], [])
        assert tally.unknown == {"captive_released v1": 1}


async def reasons_of(log: Any, exchange: str, count: int) -> list[str]:
    """Why messages of an exchange were rejected, once there are so many of them."""
    deadline = time.monotonic() + WITHIN_S
    while True:
        found = [dict(each.headers)[REASON] for each in await rejected(log) if exchange.encode() in each.value]
        if len(found) >= count or time.monotonic() > deadline:
            return [reason.decode() for reason in found]
        await asyncio.sleep(0.1)


async def test_what_the_ledger_writes_is_a_cloud_event_to_others(kafka: str) -> None:
    url = await fresh(kafka)
    event = released(1)
    async with AsyncLedger.open(url) as ledger:
        await ledger.publish(event)
    consumer = Consumer({"bootstrap.servers": kafka, "group.id": url, "enable.auto.commit": False})
    consumer.assign([TopicPartition(EVENTS.name(url.rpartition("/")[2]), 0, 0)])
    [message] = await asyncio.to_thread(consumer.consume, 1, 30)
    consumer.close()
    value, headers = cast("bytes", message.value()), cast("list[tuple[str, bytes]]", message.headers())
    assert message.key() == event.exchange.encode()
    found = cloud_events.from_kafka(cloud_events.KafkaMessage(dict(headers), None, value), JSONFormat())
    assert (found.get_type(), found.get_id()) == ("ledger.captives_released.v1", event.id)
    assert found.get_dataschema() == "urn:exchange-ledger:event:captives_released:v1"
    assert found.get_extension("partitionkey") == event.exchange
    assert found.get_data() == json.loads(encode(event))
