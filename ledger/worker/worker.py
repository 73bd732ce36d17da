"""The Faust application: it shares the partitions among workers, and tells them that something came."""

import asyncio
import logging
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import faust
from aiohttp import web
from faust.auth import SASLCredentials, SSLCredentials
from faust.types import TP

from ledger.errors import UsageError
from ledger.log import kind_of
from ledger.log.kafka import Address, Connection, KafkaLog
from ledger.log.kafka.topics import ensure_views
from ledger.logs import configure_logs
from ledger.settings import Settings
from ledger.worker.health import LOOPBACK, Health
from ledger.worker.parts import check_parts
from ledger.worker.transport import Transport
from ledger.worker.turns import Turns
from schemas.topics import EVENTS, worker_group

logger = logging.getLogger(__name__)

CHATTY = ("faust", "mode", "ledger.worker.transport")
"""They tell of each of their parts that it starts, which `faust -A ledger.worker worker -l info` shows."""
FAUST_PORT = 6067
HEARTBEAT_S = 0.5
"""So soon a worker learns that partitions change hands."""


class Worker:
    """One of a ledger's workers, which share its partitions. `folds` are those of the partitions it has."""

    def __init__(self, settings: Settings) -> None:
        """Raises UsageError where the ledger is not on Kafka, or for security settings that do not fit together."""
        self.log = _log(settings)
        self.group = worker_group(self.log.address.prefix)
        self.topic = EVENTS.name(self.log.address.prefix)
        self.turns = Turns(self.log)
        self.folds = self.turns.folds
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
            consumer_auto_offset_reset="latest",
            consumer_group_instance_id=settings.worker_name,
            topic_allow_declare=False,
            topic_disable_leader=True,
            # The command `faust worker` turns this server on, and it would listen everywhere, at our port.
            web_enabled=False,
            web_bind=LOOPBACK,
            web_port=FAUST_PORT,
            autodiscover=False,
            datadir=Path(tempfile.gettempdir()) / self.group,
        )
        app.transport = Transport(app.conf.broker_consumer, app)
        raw = {"key_type": bytes, "value_type": bytes, "key_serializer": "raw", "value_serializer": "raw"}
        # Offsets are committed together with the views; Faust has nothing to acknowledge.
        app.agent(app.topic(self.topic, acks=False, **raw), name="fold")(self._fold)
        app.on_partitions_assigned.connect(self._assigned, weak=False)
        app.on_partitions_revoked.connect(self._revoked, weak=False)
        app.task(self._begin)
        app.on_before_shutdown.connect(self._shut_down, weak=False)
        return app

    # -- partitions come and go --------------------------------------------------------------------

    async def _assigned(self, app: Any, assigned: set[TP], **_: Any) -> None:
        # A rebalance must wait for nothing: neither for a replay, nor for a broker that cannot be reached.
        mine = sorted(each.partition for each in assigned if each.topic == self.topic)
        self.turns.want(mine)
        self.health.has_share = True
        logger.info("has partitions %s", ", ".join(map(str, mine)) or "none")

    async def _revoked(self, app: Any, revoked: set[TP], **_: Any) -> None:
        self.turns.revoke()

    async def _begin(self) -> None:
        self._server = await self.health.serve(self._port)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.health.watch())
            tasks.create_task(self.turns.run())

    async def _shut_down(self, app: Any, **_: Any) -> None:
        if self._server is not None:
            await self._server.cleanup()
        await self.turns.stop()
        await self.log.close()

    async def _fold(self, stream: Any) -> None:
        """Faust's agent: it is told that something came, and that is all that is made of it."""
        async for event in stream.events():
            self.health.came(event.message.partition, event.message.offset)


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


def _log(settings: Settings) -> KafkaLog:
    if not kind_of(settings.log).keeps_views:
        raise UsageError(f"a worker keeps the views of a ledger on Kafka, and {settings.log} is none")
    return KafkaLog(Connection(Address.parse(settings.log), settings), settings.trust())


async def _check(settings: Settings) -> None:
    """Raises LogUnreachable where a worker could not begin. It would wait for what is missing."""
    log = _log(settings)
    try:
        await ensure_views(log.connection)
    finally:
        await log.close()


def run(settings: Settings) -> None:
    """Run a worker until it is told to stop (SIGTERM, SIGINT). Raises UsageError, LogUnreachable before it begins."""
    check_parts()
    asyncio.run(_check(settings))
    configure_logs()
    for chatty in CHATTY:
        logging.getLogger(chatty).setLevel(logging.WARNING)
    running = faust.Worker(Worker(settings).app, override_logging=False, redirect_stdouts=False, quiet=True)
    running.spinner = None
    running.execute_from_commandline()
