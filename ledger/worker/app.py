"""The Faust application: it shares the partitions among workers, and brings their events to the keepers."""

import asyncio
import logging
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import faust
from aiohttp import web
from faust.auth import SASLCredentials, SSLCredentials
from faust.types import TP

from ledger.errors import LogUnreachable, UsageError
from ledger.log.kafka import Address, Connection, KafkaLog
from ledger.log.kafka.log import recorded_us
from ledger.settings import Settings
from ledger.worker.health import Health
from ledger.worker.keeper import Fenced, Keeper
from schemas.record import Batch, Row
from schemas.topics import EVENTS

logger = logging.getLogger(__name__)

BATCH_MAX, BATCH_WAIT_S = 1000, 0.01
BUFFER_EVENTS = 16_384
"""Faust sleeps a whole second whenever its buffer is full."""
FAR_BEHIND = 250
"""Events behind the end of a partition from which on it is read in bulk, since each costs more on Faust's way."""
RETRY_S = 1.0
"""Before a keeper tries again whose broker did not answer."""


class Worker:
    """One of a ledger's workers, which share its partitions. `keepers` are those of the partitions it has."""

    def __init__(self, settings: Settings) -> None:
        """Raises UsageError where the ledger is not on Kafka, or for security settings that do not fit together."""
        if not settings.log.startswith("kafka://"):
            raise UsageError(f"a worker keeps the views of a ledger on Kafka, and {settings.log} is none")
        self.log = KafkaLog(Connection(Address.parse(settings.log), settings))
        self.group = f"{self.log.address.prefix}.worker"
        self.topic = EVENTS.name(self.log.address.prefix)
        self.keepers: dict[int, Keeper] = {}
        self._starting: dict[int, asyncio.Task[None]] = {}
        self.health = Health(self.log, self.keepers, settings.worker_stall)
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
            broker_heartbeat_interval=settings.worker_session / 4,
            consumer_auto_offset_reset="earliest",
            stream_buffer_maxsize=BUFFER_EVENTS,
            topic_allow_declare=False,
            topic_disable_leader=True,
            web_enabled=False,
            autodiscover=False,
            datadir=Path(tempfile.gettempdir()) / self.group,
        )
        raw = {"key_type": bytes, "value_type": bytes, "key_serializer": "raw", "value_serializer": "raw"}
        # The keepers commit offsets themselves, together with the views; Faust has nothing to acknowledge.
        app.agent(app.topic(self.topic, acks=False, **raw), name="fold")(self._fold)
        app.on_partitions_assigned.connect(self._assigned, weak=False)
        app.on_partitions_revoked.connect(self._revoked, weak=False)
        app.task(self._begin)
        app.on_before_shutdown.connect(self._shut_down, weak=False)
        return app

    # -- partitions come and go --------------------------------------------------------------------

    async def _assigned(self, app: Any, assigned: set[TP], **_: Any) -> None:
        homes = await self.log.homes()
        mine = {each.partition for each in assigned if each.topic == self.topic}
        for partition in self.keepers.keys() - mine:
            await self._forget(partition)
        for partition in mine:
            if partition not in self.keepers:
                self.keepers[partition] = Keeper(self.log, homes, partition, self.group)
            self._launch(partition)
        logger.info("has partitions %s", ", ".join(map(str, sorted(mine))) or "none")

    async def _revoked(self, app: Any, revoked: set[TP], **_: Any) -> None:
        # What is folded stays true; only the right to publish is gone until the partition is assigned again.
        for keeper in self.keepers.values():
            keeper.is_live = False
        for task in self._starting.values():
            task.cancel()

    async def _forget(self, partition: int) -> None:
        await self.keepers.pop(partition).stop()

    async def _begin(self) -> None:
        self._server = await self.health.serve(self._port)
        await self.health.watch()

    async def _shut_down(self, app: Any, **_: Any) -> None:
        if self._server is not None:
            await self._server.cleanup()
        for partition in list(self.keepers):
            await self._forget(partition)
        await self.log.close()

    def _launch(self, partition: int) -> None:
        """Start a keeper beside everything else: a rebalance must not wait for a replay."""
        if (running := self._starting.get(partition)) is not None:
            running.cancel()
        self._starting[partition] = asyncio.create_task(self._start(self.keepers[partition]))

    async def _start(self, keeper: Keeper) -> None:
        while True:
            try:
                await keeper.start()
                await self._skip_known(keeper)
                return
            except Fenced as error:
                logger.warning("%s", error)
                return
            except LogUnreachable as error:
                logger.warning("partition %d: %s; trying again", keeper.partition, error)
                await asyncio.sleep(RETRY_S)

    async def _skip_known(self, keeper: Keeper) -> None:
        await self.app.consumer.seek(TP(self.topic, keeper.partition), keeper.reached + 1)

    # -- events ------------------------------------------------------------------------------------

    async def _fold(self, stream: Any) -> None:
        async for events in stream.take_events(BATCH_MAX, within=BATCH_WAIT_S):
            await asyncio.gather(*(self._take(batch) for batch in _batches(events)))

    async def _take(self, batch: Batch) -> None:
        keeper = self.keepers.get(batch.partition)
        if keeper is None:
            return
        try:
            if self._end(batch.partition) - max(batch.last, keeper.reached) > FAR_BEHIND and keeper.is_live:
                await keeper.catch_up()
                await self._skip_known(keeper)
            else:
                await keeper.take(batch)
        except Fenced as error:
            logger.warning("%s", error)
        except LogUnreachable as error:
            logger.warning("partition %d: %s; starting it anew", batch.partition, error)
            self._launch(batch.partition)

    def _end(self, partition: int) -> int:
        """Where a partition ends, as far as the consumer knows."""
        return self.app.consumer.highwater(TP(self.topic, partition)) or 0


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


def _batches(events: Sequence[Any]) -> list[Batch]:
    rows: defaultdict[int, list[Row]] = defaultdict(list)
    for message in (event.message for event in events):
        stored_ms = round(message.timestamp * 1000)
        row = (message.offset, recorded_us(stored_ms, message.headers or ()), message.value or b"")
        rows[message.partition].append(row)
    return [Batch(partition, its, its[-1][0]) for partition, its in rows.items()]


def run(settings: Settings) -> None:
    """Run a worker until it is told to stop (SIGTERM, SIGINT). Raises UsageError, LogUnreachable before it begins."""
    worker = Worker(settings)
    logging.getLogger("aiokafka").setLevel(logging.WARNING)  # it tells of every assignment of every consumer
    faust.Worker(worker.app, loglevel="info", redirect_stdouts=False).execute_from_commandline()
