"""How a Kafka cluster is reached: its address, its security, and clients that are opened when they are needed."""

import asyncio
import logging
import ssl
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any, NamedTuple, TypeVar

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaConnectionError, KafkaError, NodeNotReadyError, OffsetOutOfRangeError
from aiokafka.helpers import create_ssl_context

from ledger.errors import LogUnreachable, UsageError
from ledger.settings import Settings
from schemas.topics import PREFIX, REJECTED_BATCH_BYTES_MAX

CLOSED = "the ledger is closed"
BATCH_BYTES = 512 * 1024
FETCH_BYTES = 4 * 1024 * 1024
"""Of one partition, in one fetch."""
TRANSACTION_RETRY_MS = 10
"""A broker refuses the records of a transaction while it ends the one before, which takes it a few milliseconds."""
ASK_S, ASK_AGAIN_S = 10.0, 0.1
ASKED_S = 20.0
"""For one question. The client library waits for twice as long, also where whoever asks was cancelled: a worker that
had stood still could not begin anew until then."""
STOP_S = 1.0
ANSWER_S = 40.0
"""For brokers to store what is sent: by itself the client would try for ever."""

T = TypeVar("T")


class Address(NamedTuple):
    """Where a ledger's topics are: brokers to begin with, and the prefix of the topics' names."""

    brokers: str
    prefix: str

    @classmethod
    def parse(cls, url: str) -> "Address":
        """The address in `kafka://host:port,host:port` or `kafka://host:port/PREFIX`. Raises UsageError."""
        brokers, _, prefix = url.removeprefix("kafka://").partition("/")
        hosts = [each.rpartition(":") for each in brokers.split(",")]
        if not all(host and port.isdigit() for host, _, port in hosts) or "/" in prefix:
            raise UsageError(f"{url!r} names no log: use kafka://HOST:PORT, with more brokers after commas")
        return cls(brokers, prefix or PREFIX)

    def __str__(self) -> str:
        return f"kafka://{self.brokers}" + (f"/{self.prefix}" if self.prefix != PREFIX else "")


class Connection:
    """The clients of one ledger on one cluster. They belong to one event loop, and are made when first asked for.

    `options` are those that every aiokafka client takes: where to begin, and how to prove who one is.
    """

    def __init__(self, address: Address, settings: Settings) -> None:
        """Raises UsageError for security settings that do not fit together."""
        self.address = address
        self.options: Mapping[str, Any] = {"bootstrap_servers": address.brokers, **_security(settings)}
        self._consumers: set[AIOKafkaConsumer] = set()
        self._idle: defaultdict[str, list[AIOKafkaConsumer]] = defaultdict(list)
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()
        self._closed = False

    @contextmanager
    def reporting(self) -> Iterator[None]:
        """Turns what the client library raises into LogUnreachable."""
        try:
            yield
        except (KafkaError, OSError) as error:
            raise LogUnreachable(f"{self.address}: {CLOSED if self._closed else _why(error)}") from error

    @asynccontextmanager
    async def answering(self, within_s: float) -> AsyncIterator[None]:
        """As `reporting`, and for what takes longer than so many seconds."""
        with self.reporting():
            try:
                async with asyncio.timeout(within_s):
                    yield
            except TimeoutError as error:
                raise LogUnreachable(f"{self.address}: no answer for {within_s:.0f} s") from error

    @asynccontextmanager
    async def consumer(self, topic: str) -> AsyncIterator[AIOKafkaConsumer]:
        """A consumer of no group for one use: the caller assigns what it reads of the topic. Raises LogUnreachable.

        It is kept for the next use, paused and not unsubscribed: without a topic it asks for all of the cluster.
        """
        self._check_open()
        consumer = self._idle[topic].pop() if self._idle[topic] else await self._new_consumer()
        try:
            with self.reporting():
                yield consumer
        except BaseException:
            self._consumers.discard(consumer)
            await _stop_consumer(consumer)
            raise
        consumer.pause(*consumer.assignment())
        self._idle[topic].append(consumer)

    async def producer(self) -> AIOKafkaProducer:
        """The idempotent producer: what it acknowledges, every replica in sync has. Raises LogUnreachable."""
        async with self._starting:
            self._check_open()
            if self._producer is None:
                producer = AIOKafkaProducer(**self.options, **_DURABLE)
                await self._started(producer)
                self._producer = producer
            return self._producer

    @asynccontextmanager
    async def transactional(self, transactional_id: str, timeout_ms: int) -> AsyncIterator[AIOKafkaProducer]:
        """A producer that fences every earlier one of the same id: none of those can write any more."""
        producer = AIOKafkaProducer(
            **self.options,
            **_DURABLE,
            transactional_id=transactional_id,
            transaction_timeout_ms=timeout_ms,
            retry_backoff_ms=TRANSACTION_RETRY_MS,
        )
        await self._started(producer)
        try:
            with self.reporting():
                yield producer
        finally:
            await _stop(producer)

    @asynccontextmanager
    async def admin(self) -> AsyncIterator[AIOKafkaAdminClient]:
        """A client for topics and their settings. Raises LogUnreachable."""
        self._check_open()
        client = AIOKafkaAdminClient(**self.options)
        try:
            with self.reporting():
                await client.start()
                yield client
        finally:
            await client.close()

    async def asked(self, ask: Callable[[AIOKafkaAdminClient], Awaitable[T]], within_s: float = ASKED_S) -> T:
        """What a cluster answers to questions that any node can answer. Raises LogUnreachable.

        The client asks one by chance, which may be the one that is down.
        """
        deadline = time.monotonic() + ASK_S
        while True:
            try:
                async with self.answering(within_s), self.admin() as admin:
                    return await ask(admin)
            except LogUnreachable as error:
                if not isinstance(error.__cause__, NodeNotReadyError) or time.monotonic() > deadline:
                    raise
            await asyncio.sleep(ASK_AGAIN_S)

    @asynccontextmanager
    async def sending(self) -> AsyncIterator[AIOKafkaProducer]:
        """The producer, for what is to be stored at once: one that could not send something is not used any more."""
        producer = await self.producer()
        try:
            async with self.answering(ANSWER_S):
                yield producer
        except LogUnreachable as error:
            await self.drop_producer()
            if isinstance(error.__cause__, TimeoutError):
                raise LogUnreachable(f"{error}; publish it again") from error
            raise

    async def drop_producer(self) -> None:
        """Let the next to ask for a producer have a new one: what one could not deliver is in the way of all after it.

        What it has not delivered is not delivered any more.
        """
        async with self._starting:
            producer, self._producer = self._producer, None
        if producer is not None:
            await _stop(producer)

    async def close(self) -> None:
        """Close every client. Closing twice is harmless."""
        self._closed = True
        await self.drop_producer()
        while self._consumers:
            await _stop_consumer(self._consumers.pop())

    async def _new_consumer(self) -> AIOKafkaConsumer:
        consumer = AIOKafkaConsumer(
            **self.options,
            enable_auto_commit=False,
            auto_offset_reset="none",  # a position that is gone is an error, never a jump
            isolation_level="read_committed",
            max_partition_fetch_bytes=FETCH_BYTES,
        )
        await self._started(consumer)
        self._consumers.add(consumer)
        return consumer

    async def _started(self, client: AIOKafkaConsumer | AIOKafkaProducer) -> None:
        try:
            with self.reporting():
                await client.start()
        except BaseException:
            await client.stop()
            raise

    def _check_open(self) -> None:
        if self._closed:
            raise LogUnreachable(f"{self.address}: {CLOSED}")


class _LastWords(logging.Handler):
    """Keeps why a broker could not be reached, which the client library says in its log and nowhere else."""

    said = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.said = record.getMessage()


_LAST_WORDS = _LastWords(logging.WARNING)
logging.getLogger("aiokafka").addHandler(_LAST_WORDS)  # and nothing is printed unless logging is set up


def _why(error: Exception) -> str:
    if isinstance(error, KafkaConnectionError) and "bootstrap" in str(error):
        return f"no broker answers. {_LAST_WORDS.said}"
    if isinstance(error, OffsetOutOfRangeError):
        return f"records are gone that were there; `ledger doctor` says how many. {error}"
    return str(error)


async def _stop_consumer(consumer: AIOKafkaConsumer) -> None:
    """Close a consumer, which would wait for ever for its own reading task where that has missed that it is to end.

    It misses that while it leaves the partitions that it had before (aiokafka 0.14), and not a second time. Its
    connections it closes last.
    """
    try:
        async with asyncio.timeout(STOP_S):
            await consumer.stop()
    except TimeoutError:
        await consumer._client.close()


async def _stop(producer: AIOKafkaProducer) -> None:
    """Close a producer, which by itself would wait for ever for what it cannot deliver."""
    try:
        async with asyncio.timeout(STOP_S):
            await producer.stop()
    except TimeoutError:
        await producer._sender.close()
        await producer.client.close()


_DURABLE: Mapping[str, Any] = {
    "enable_idempotence": True,
    "acks": "all",
    "max_batch_size": BATCH_BYTES,
    "max_request_size": REJECTED_BATCH_BYTES_MAX,
}


def _security(settings: Settings) -> Mapping[str, Any]:
    protocol = settings.kafka_security
    options: dict[str, Any] = {"security_protocol": protocol}
    if protocol.startswith("SASL"):
        if settings.kafka_username is None or settings.kafka_password is None:
            raise UsageError(f"{protocol} needs a user: set LEDGER_KAFKA_USERNAME and LEDGER_KAFKA_PASSWORD")
        options |= {
            "sasl_mechanism": settings.kafka_mechanism,
            "sasl_plain_username": settings.kafka_username,
            "sasl_plain_password": settings.kafka_password.get_secret_value(),
        }
    if protocol.endswith("SSL"):
        options["ssl_context"] = _ssl_context(settings)
    return options


def _ssl_context(settings: Settings) -> ssl.SSLContext:
    files = (settings.kafka_ca, settings.kafka_certificate, settings.kafka_key)
    try:
        authority, certificate, key = (None if file is None else str(file) for file in files)
        context: ssl.SSLContext = create_ssl_context(cafile=authority, certfile=certificate, keyfile=key)
        return context
    except (OSError, ssl.SSLError) as error:
        named = ", ".join(str(file) for file in files if file is not None)
        raise UsageError(f"cannot use the certificates {named}: {error}") from error
