"""The Faust application: it shares the partitions among workers, and brings their events to the folds."""

import asyncio
import logging
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import faust
from aiohttp import web
from aiokafka.errors import IllegalStateError
from faust.auth import SASLCredentials, SSLCredentials
from faust.types import TP

from ledger.errors import LogUnreachable, UsageError
from ledger.log import kind_of
from ledger.log.kafka import Address, Connection, KafkaLog
from ledger.log.kafka.log import recorded_us
from ledger.log.kafka.partitioner import Partitioner
from ledger.settings import Settings
from ledger.worker.health import Health
from ledger.worker.inbox import Inbox
from ledger.worker.partition_fold import PartitionFold
from ledger.worker.transport import Transport
from schemas.record import Batch, Row
from schemas.topics import EVENTS, worker_group

logger = logging.getLogger(__name__)

BUFFER_EVENTS = 16_384
"""Faust sleeps a whole second whenever its buffer is full."""
FAR_BEHIND = 250
"""Events behind the end of a partition from which on it is read in bulk, since each costs more on Faust's way."""
HEARTBEAT_S = 0.5
"""So soon a worker learns that partitions change hands."""
RETRY_S = 1.0
"""Before a fold starts again that could not publish. One whose partition is another worker's by now, because this one
stood still, has lost it by then: it would take it back."""
STOP_S = 3.0
"""For folds to end what they are about."""


class Worker:
    """One of a ledger's workers, which share its partitions. `folds` are those of the partitions it has."""

    def __init__(self, settings: Settings, partitioner: Partitioner) -> None:
        """Raises UsageError where the ledger is not on Kafka, or for security settings that do not fit together."""
        self.log = _log(settings, partitioner)
        self.partitioner = partitioner
        self.group = worker_group(self.log.address.prefix)
        self.topic = EVENTS.name(self.log.address.prefix)
        self.folds: dict[int, PartitionFold] = {}
        self._mine: set[int] = set()
        self._running: dict[int, asyncio.Task[None]] = {}
        self._inboxes: dict[int, Inbox] = {}
        self._stopping: set[asyncio.Task[None]] = set()
        self.health = Health(self.log, self.folds, settings.worker_stall)
        self._port = settings.worker_port
        self._server: web.AppRunner | None = None
        self.app = self._faust_app(settings)

    def _faust_app(self, settings: Settings) -> Any:
        brokers = self.log.address.brokers.split(",")
        app: Any = faust.App(
            self.group,
            broker=[f"aiokafka://{each}" for each in brokers],
            broker_credentials=_credentials(self.log.connection.options),
            broker_session_timeout=settings.worker_session,
            broker_heartbeat_interval=min(HEARTBEAT_S, settings.worker_session / 4),
            consumer_auto_offset_reset="earliest",
            stream_buffer_maxsize=BUFFER_EVENTS,
            topic_allow_declare=False,
            topic_disable_leader=True,
            web_enabled=False,
            autodiscover=False,
            datadir=Path(tempfile.gettempdir()) / self.group,
        )
        app.transport = Transport(app.conf.broker_consumer, app)
        raw = {"key_type": bytes, "value_type": bytes, "key_serializer": "raw", "value_serializer": "raw"}
        # The folds commit offsets themselves, together with the views; Faust has nothing to acknowledge.
        app.agent(app.topic(self.topic, acks=False, **raw), name="fold")(self._fold)
        app.on_partitions_assigned.connect(self._assigned, weak=False)
        app.on_partitions_revoked.connect(self._revoked, weak=False)
        app.task(self._begin)
        app.on_before_shutdown.connect(self._shut_down, weak=False)
        return app

    # -- partitions come and go --------------------------------------------------------------------

    async def _assigned(self, app: Any, assigned: set[TP], **_: Any) -> None:
        # A rebalance must wait for nothing: neither for a replay, nor for a fold that cannot reach its broker.
        self._mine = {each.partition for each in assigned if each.topic == self.topic}
        for partition in self.folds.keys() - self._mine:
            self._stop(self.folds.pop(partition))
        for partition in self._mine:
            if partition not in self.folds:
                self.folds[partition] = PartitionFold(self.log, self.partitioner, partition, self.group)
            self._start(partition)
        self.health.has_share = True
        logger.info("has partitions %s", ", ".join(map(str, sorted(self._mine))) or "none")

    async def _revoked(self, app: Any, revoked: set[TP], **_: Any) -> None:
        # What is folded stays true; only the right to publish is gone until the partition is assigned again.
        self._mine = set()
        for fold in self.folds.values():
            fold.is_live = False
        for task in self._running.values():
            task.cancel()
        self._inboxes.clear()

    async def _begin(self) -> None:
        self._server = await self.health.serve(self._port)
        await self.health.watch()

    async def _shut_down(self, app: Any, **_: Any) -> None:
        if self._server is not None:
            await self._server.cleanup()
        for task in self._running.values():
            task.cancel()
        for fold in self.folds.values():
            self._stop(fold)
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_S):
                await asyncio.gather(*self._stopping, return_exceptions=True)
                await self.log.close()

    def _start(self, partition: int) -> None:
        """Make the fold of a partition live and keep it so, beside everything else, however often that takes."""
        if (running := self._running.get(partition)) is not None:
            running.cancel()
        self._inboxes[partition] = Inbox()
        self._running[partition] = asyncio.create_task(self._run(self.folds[partition], self._inboxes[partition]))

    def _stop(self, fold: PartitionFold) -> None:
        stopping = asyncio.create_task(fold.stop())
        self._stopping.add(stopping)
        stopping.add_done_callback(self._stopping.discard)

    async def _run(self, fold: PartitionFold, inbox: Inbox) -> None:
        while True:
            try:
                await fold.start()
                await self._catch_up(fold)
                while True:
                    await self._take(fold, await inbox.take())
            except Exception as error:
                _tell(fold.partition, error)
                await asyncio.sleep(RETRY_S)

    async def _take(self, fold: PartitionFold, rows: list[Row]) -> None:
        last = rows[-1][0]
        if self._end(fold.partition) - max(last, fold.reached) > FAR_BEHIND:
            await self._catch_up(fold)
        else:
            await fold.take(Batch(fold.partition, rows, last))

    async def _catch_up(self, fold: PartitionFold) -> None:
        """Read in bulk what the consumer would bring one by one, and let it go on behind that."""
        await fold.catch_up()
        with suppress(IllegalStateError):  # the partition has just gone to another worker
            await self.app.consumer.seek(TP(self.topic, fold.partition), fold.reached + 1)

    # -- events ------------------------------------------------------------------------------------

    async def _fold(self, stream: Any) -> None:
        waiting = stream.channel.queue
        async for event in stream.events():
            self._put(event.message)
            while not waiting.empty():  # for each event the stream would let everybody else have a turn first
                self._put(waiting.get_nowait().message)

    def _put(self, message: Any) -> None:
        if (inbox := self._inboxes.get(message.partition)) is not None:
            inbox.put(_row(message))

    def _end(self, partition: int) -> int:
        """Where a partition ends, as far as the consumer knows."""
        return self.app.consumer.highwater(TP(self.topic, partition)) or 0


def _tell(partition: int, error: Exception) -> None:
    """Others' partitions go on whatever happens to one; the watchdog sees that this one does not."""
    logger.warning("partition %d: %s; trying again", partition, error, exc_info=not isinstance(error, LogUnreachable))


def _credentials(options: Mapping[str, Any]) -> Any:
    """The security of aiokafka's options, in Faust's terms; None for none."""
    context = options.get("ssl_context")
    if "sasl_mechanism" not in options:
        return None if context is None else SSLCredentials(context)
    return SASLCredentials(
        username=options["sasl_plain_username"],
        password=options["sasl_plain_password"],
        mechanism=options["sasl_mechanism"],
        ssl_context=context,
    )


def _row(message: Any) -> Row:
    stored_ms = round(message.timestamp * 1000)
    return message.offset, recorded_us(stored_ms, message.headers or ()), message.value or b""


def _log(settings: Settings, partitioner: Partitioner | None = None) -> KafkaLog:
    if not kind_of(settings.log).keeps_views:
        raise UsageError(f"a worker keeps the views of a ledger on Kafka, and {settings.log} is none")
    return KafkaLog(Connection(Address.parse(settings.log), settings), partitioner, settings.trust())


async def _partitioner(settings: Settings) -> Partitioner:
    log = _log(settings)
    try:
        return await log.partitioner()
    finally:
        await log.close()


def run(settings: Settings) -> None:
    """Run a worker until it is told to stop (SIGTERM, SIGINT). Raises UsageError, LogUnreachable before it begins."""
    worker = Worker(settings, asyncio.run(_partitioner(settings)))
    logging.getLogger("aiokafka").setLevel(logging.WARNING)  # it tells of every assignment of every consumer
    faust.Worker(worker.app, loglevel="info", redirect_stdouts=False).execute_from_commandline()
