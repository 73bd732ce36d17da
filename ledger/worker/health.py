"""How a worker is doing: metrics and health on a loopback port of its own, and a watchdog."""

import asyncio
import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import aclosing, suppress
from typing import NamedTuple

from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from ledger.errors import LogUnreachable
from ledger.follow.log_end import LOOK_S, READY_LAG, LogEnd
from ledger.log.kafka import KafkaLog
from ledger.worker.partition_fold import PartitionFold

logger = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"


class Progress(NamedTuple):
    """How many steps a partition's fold has made, and since when (monotonic seconds) it has made no more."""

    steps: int
    since: float


class Health:
    """Watches the folds of one worker, once it `has_share`: its share of the partitions, of which there may be none.

    `stall_s`: seconds without progress after which the worker ends itself.
    """

    def __init__(self, log: KafkaLog, folds: Mapping[int, PartitionFold], stall_s: float) -> None:
        self._log = log
        self._folds = folds
        self._stall_s = stall_s
        self.has_share = False
        self._end = LogEnd(log)
        self._progress: dict[int, Progress] = {}
        self._registry = CollectorRegistry()
        self._registry.register(_Metrics(folds, self.lag))

    def lag(self, partition: int) -> int | None:
        """Events of a partition that are not in the views yet; None where nobody knows, since no broker answers."""
        if not self._end.is_known:
            return None
        return max(0, self._end.frontier.last(partition) - self._folds[partition].published)

    def came(self, partition: int, offset: int) -> None:
        """Take in that a partition reaches as far as this."""
        self._end.came(partition, offset)

    @property
    def is_ready(self) -> bool:
        """Whether every partition that this worker has is live, and nearly up to date."""
        lags = [self.lag(number) for number in self._folds]
        is_current = self._end.is_known and all(lag is not None and lag <= READY_LAG for lag in lags)
        return self.has_share and is_current and all(fold.is_live for fold in self._folds.values())

    # -- watching ----------------------------------------------------------------------------------

    async def watch(self) -> None:
        """Look at the lag for ever, and end the process when a partition stands still that is not up to date.

        A consumer can stop in silence. Nothing but the log needs to survive, so that a supervisor's restart heals it.
        """
        while True:
            await asyncio.sleep(LOOK_S)
            if not await self._end.look():
                self._progress.clear()  # nobody makes any without a broker
                continue
            stalled = list[int]()
            with suppress(LogUnreachable, TimeoutError):  # the next look says so
                async with asyncio.timeout(self._stall_s):
                    stalled = [number for number in self._still(time.monotonic()) if await self._is_due(number)]
            if stalled:
                logger.critical("no progress for %.0f s in partition %s: ending", self._stall_s, stalled)
                os._exit(1)

    def _still(self, now: float) -> list[int]:
        """The partitions that are not up to date, it seems, and have not moved for too long."""
        known, self._progress = self._progress, {}
        for number, fold in self._folds.items():
            before = known.get(number)
            is_behind = self.lag(number) != 0 or not fold.is_live
            is_still = before is not None and before.steps == fold.steps and is_behind
            self._progress[number] = before if before is not None and is_still else Progress(fold.steps, now)
        return [number for number, progress in self._progress.items() if now - progress.since > self._stall_s]

    async def _is_due(self, number: int) -> bool:
        """Whether there is anything to do in a partition: behind its last record stand the marks of transactions."""
        fold = self._folds.get(number)
        if fold is None or not fold.is_live:
            return fold is not None
        events = await self._log.events()
        async with aclosing(events.read_partition(number, fold.published, self._end.frontier.last(number))) as found:
            async for fetched in found:
                if fetched.records:
                    return True
        return False

    # -- telling -----------------------------------------------------------------------------------

    async def serve(self, port: int) -> web.AppRunner:
        """Answer on the loopback address: `/health/live`, `/health/ready`, `/metrics`. The caller cleans it up."""
        application = web.Application()
        application.add_routes(
            [
                web.get("/health/live", self._answer_live),
                web.get("/health/ready", self._answer_ready),
                web.get("/metrics", self._answer_metrics),
            ]
        )
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, LOOPBACK, port).start()
        host, chosen = runner.addresses[0][:2]
        logger.info("health and metrics at http://%s:%d", host, chosen)
        return runner

    async def _answer_live(self, request: web.Request) -> web.Response:
        return web.json_response({"live": True})

    async def _answer_ready(self, request: web.Request) -> web.Response:
        partitions = {
            str(number): {"live": fold.is_live, "position": fold.published, "lag": self.lag(number)}
            for number, fold in sorted(self._folds.items())
        }
        status = 200 if self.is_ready else 503
        return web.json_response({"ready": self.is_ready, "partitions": partitions}, status=status)

    async def _answer_metrics(self, request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


class _Metrics(Collector):
    """The folds' own numbers, read when they are asked for."""

    def __init__(self, folds: Mapping[int, PartitionFold], lag: Callable[[int], int | None]) -> None:
        self._folds = folds
        self._lag = lag

    def collect(self) -> Iterator[Metric]:
        yield self._gauge("live", "1 where the partition's views are kept up to date", lambda each: each.is_live)
        yield self._gauge("position", "The last offset that is in the views", lambda each: each.published)
        yield self._gauge("lag_events", "Events that are not in the views yet", lambda each: self._lag(each.partition))
        yield self._counter("views", "Views published", lambda each: each.views_published)
        yield self._counter("rejected", "Messages rejected", lambda each: each.rejected)
        yield self._counter("relayed", "Events sent on to their home partition", lambda each: each.relayed)

    def _gauge(self, name: str, meaning: str, value: Callable[[PartitionFold], float | None]) -> Metric:
        return self._filled(GaugeMetricFamily(f"ledger_worker_{name}", meaning, labels=["partition"]), value)

    def _counter(self, name: str, meaning: str, value: Callable[[PartitionFold], float]) -> Metric:
        return self._filled(CounterMetricFamily(f"ledger_worker_{name}", meaning, labels=["partition"]), value)

    def _filled(
        self, metric: GaugeMetricFamily | CounterMetricFamily, value: Callable[[PartitionFold], float | None]
    ) -> GaugeMetricFamily | CounterMetricFamily:
        for number, fold in sorted(self._folds.items()):
            if (known := value(fold)) is not None:  # what is not known has no sample
                metric.add_metric([str(number)], known)
        return metric
