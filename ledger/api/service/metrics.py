"""Numbers for Prometheus, in base units: seconds, bytes, and counts that end in `_total`."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ledger.api.lru import Lru
from ledger.api.service.health import readiness
from ledger.api.state.history import History
from ledger.api.stream.streams import KINDS, Streams
from ledger.api.views.downloads import Downloads
from ledger.api.views.hot_answers import HotAnswers
from ledger.follow.replica import Replica
from ledger.webhooks.addresses import WebhooksUnreadable
from ledger.webhooks.deliveries import listed

BUCKETS_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """The numbers of one server."""

    def __init__(self, hot: HotAnswers, scraped: "Scraped") -> None:
        self._hot = hot
        self._registry = CollectorRegistry()
        self._registry.register(scraped)
        self.requests = Counter(
            "ledger_http_requests", "Requests answered", ["route", "status"], registry=self._registry
        )
        self.durations = Histogram(
            "ledger_http_request_duration_seconds",
            "Seconds until an answer was made, those that were ready and streams left out",
            ["route"],
            buckets=BUCKETS_S,
            registry=self._registry,
        )
        self.published = Counter(
            "ledger_http_events",
            "Events sent for publishing, by what became of them",
            ["outcome"],
            registry=self._registry,
        )

    def requests_of(self, route: str) -> "Requests":
        """Counts the requests of one route, by status."""
        return Requests(self.requests, route)

    def text(self) -> bytes:
        """All numbers, in the format that Prometheus reads."""
        for route, given in self._hot.counted():
            self.requests.labels(route, 200).inc(given)
        return generate_latest(self._registry)


class Requests:
    """The requests of one route. Its counters are looked up once."""

    def __init__(self, counter: Counter, route: str) -> None:
        self._counter = counter
        self._route = route
        self._of: dict[int, Counter] = {}

    def labels(self, status: int) -> Counter:
        """The counter of a status."""
        if status not in self._of:
            self._of[status] = self._counter.labels(self._route, status)
        return self._of[status]


class Scraped(Collector):
    """What is read when it is asked for."""

    def __init__(
        self,
        replica: Replica,
        history: History,
        bodies: Lru[Any],
        downloads: Downloads,
        streams: Streams,
        turned_away: Mapping[str, int],
        webhooks: Path,
    ) -> None:
        self._webhooks = webhooks
        self._turned_away = turned_away
        self._replica = replica
        self._history = history
        self._bodies = bodies
        self._downloads = downloads
        self._streams = streams

    def collect(self) -> Iterator[Metric]:
        replica, history, bodies, streams = self._replica, self._history, self._bodies, self._streams
        yield GaugeMetricFamily("ledger_events", "Events that are folded here", len(replica.events))
        if (lag := replica.lag) is not None:  # what is not known has no sample
            yield GaugeMetricFamily("ledger_lag_events", "Events of the log that are not folded here yet", lag)
        yield GaugeMetricFamily("ledger_ready", "1 where views are up to date", float(readiness(replica).ready))
        yield CounterMetricFamily("ledger_folds", "Readings of other moments that were folded", history.folds)
        yield CounterMetricFamily("ledger_files_made", "Files of tables that were made", self._downloads.made)
        caches: Mapping[str, Lru[Any]] = {"bodies": bodies, "readings": history.cache, "files": self._downloads.kept}
        hits, misses = ({name: getattr(each, what) for name, each in caches.items()} for what in ("hits", "misses"))
        yield self._cache("ledger_cache_hits", "Questions answered from a cache", hits)
        yield self._cache("ledger_cache_misses", "Questions that were not", misses)
        kept = GaugeMetricFamily(
            "ledger_cache_bytes", "Bytes that a cache holds, as they are reckoned", labels=["cache"]
        )
        for name, each in caches.items():
            kept.add_metric([name], each.weight)
        yield kept
        turned_away = CounterMetricFamily(
            "ledger_turned_away", "Requests and connections refused, by why", labels=["why"]
        )
        for why, times in self._turned_away.items():
            turned_away.add_metric([why], times)
        yield turned_away
        yield CounterMetricFamily("ledger_stream_sent_bytes", "Bytes sent on streams", streams.sent_bytes)
        opened = GaugeMetricFamily("ledger_streams", "Streams that are open", labels=["kind"])
        for kind in KINDS:
            opened.add_metric([kind], streams.open[kind])
        yield opened
        ended = CounterMetricFamily("ledger_streams_ended", "Streams that have ended, by why", labels=["why"])
        for why in ("left", "aged", "stalled", "stopped"):
            ended.add_metric([why], streams.ended[why])
        yield ended
        yield from self._told()

    def _told(self) -> Iterator[Metric]:
        """How the webhooks are, as the process that sends says it; nothing where none is listed or nobody can say."""
        try:
            every = [*listed(self._webhooks)]
        except WebhooksUnreadable:
            return
        if not every:
            return
        up = GaugeMetricFamily("ledger_webhook_up", "1 where an address takes what is sent", labels=["webhook"])
        failed = GaugeMetricFamily("ledger_webhook_failed", "Tries in a row that it did not", labels=["webhook"])
        sent = CounterMetricFamily("ledger_webhook_sent", "Changes that it took", labels=["webhook"])
        for webhook, told in every:
            up.add_metric([webhook.name], float(not told.failed))
            failed.add_metric([webhook.name], told.failed)
            sent.add_metric([webhook.name], told.sent)
        yield from (up, failed, sent)

    def _cache(self, name: str, meaning: str, counted: Mapping[str, int]) -> CounterMetricFamily:
        metric = CounterMetricFamily(name, meaning, labels=["cache"])
        for cache, times in counted.items():
            metric.add_metric([cache], times)
        return metric
