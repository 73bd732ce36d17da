"""The same work by pyeventsourcing 9.5, in the ways that its documentation gives for replaying.

`repository` rebuilds each aggregate from its events with `repository.get`. `projection` feeds the notification log
through the mapper into a `Projection` with a tracking view in memory, which refuses an event that it has had.
(Its `ProjectionRunner` does this for recorders with subscriptions, and the SQLite one has none.) `notifications`
is the floor of that: the mapper and a counter, with no projection, no tracking and no refusal of duplicates.

What all three compute is only a counter for each round and category: no rival claims, no corrections, no
hedged counts, no cuts. All of that favours the peer.
"""

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, cast
from uuid import NAMESPACE_URL, UUID, uuid5

import orjson
from eventsourcing.application import Application, LocalNotificationLog
from eventsourcing.dispatch import singledispatchmethod
from eventsourcing.domain import Aggregate
from eventsourcing.persistence import Mapper, Notification, StoredEvent, Tracking
from eventsourcing.popo import POPOTrackingRecorder
from eventsourcing.projection import Projection
from eventsourcing.system import NotificationLogReader
from eventsourcing.utils import get_topic

from schemas.codec import skim

SECTION = 1000
_STORED_AT = datetime(2023, 11, 24, tzinfo=UTC)

Key = tuple[str, int | None, str]


class Exchange(Aggregate):
    """An exchange as an aggregate, with what its events count."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.counts: Counter[Key] = Counter()

    class Recorded(Aggregate.Event):
        """An event of ours. `claim` holds its members as JSON gives them."""

        claim: dict[str, Any]

        def apply(self, aggregate: Any) -> None:
            count(aggregate.counts, self.claim)


class LeanExchange(Aggregate):
    """The same, with events that our lean decoder read."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.counts: Counter[Key] = Counter()

    class Recorded(Aggregate.Event):
        """An event of ours. `claim` is what `skim` gives."""

        claim: Any

        def apply(self, aggregate: Any) -> None:
            count_lean(aggregate.counts, self.claim)


def count(counts: Counter[Key], claim: dict[str, Any]) -> None:
    """Count the people of an event, from its JSON members."""
    kind, number = claim["type"], claim.get("round")
    for group in claim.get("groups", ()):
        counts[kind, number, group.get("category", "unknown")] += group["count"].get("best") or 0


def count_lean(counts: Counter[Key], claim: Any) -> None:
    """Count the people of an event, from our lean form of it."""
    kind, number = claim.type, claim.round
    for group in getattr(claim, "groups", ()):
        counts[kind, number, group.category] += group.count.best or 0


class LeanMapper(Mapper[UUID]):
    """Stores our bytes as they are, and reads them with our lean decoder."""

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        if stored_event.topic != _LEAN_TOPIC:
            return super().to_domain_event(stored_event)
        domain_event = object.__new__(LeanExchange.Recorded)
        domain_event.__dict__.update(
            originator_id=stored_event.originator_id,
            originator_version=stored_event.originator_version,
            timestamp=_STORED_AT,
            claim=skim(stored_event.state),
        )
        return domain_event


_TOPIC = get_topic(Exchange.Recorded)
_LEAN_TOPIC = get_topic(LeanExchange.Recorded)


def open_app(path: Path, *, lean: bool) -> Application[UUID]:
    """The peer's application on a SQLite file of its own."""
    env = {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(path)}
    if lean:
        env["MAPPER_TOPIC"] = get_topic(LeanMapper)
    return Application(env={**os.environ, **env})


def write(path: Path, payloads: Iterable[bytes], *, lean: bool) -> None:
    """Store our events as the peer would, in their order: the first of an exchange also creates its aggregate."""
    app = open_app(path, lean=lean)
    stored = _stored(app, payloads, lean=lean)
    while batch := list(islice(stored, SECTION)):
        app.recorder.insert_events(batch)
    app.close()


def _stored(app: Application[UUID], payloads: Iterable[bytes], *, lean: bool) -> Iterator[StoredEvent]:
    versions: dict[str, int] = {}
    for payload in payloads:
        claim = orjson.loads(payload)
        name = claim["exchange"]
        if name not in versions:
            versions[name] = 1
            yield app.mapper.to_stored_event(_created(name, lean=lean))
        versions[name] += 1
        state = payload if lean else app.mapper.transcoder.encode({"timestamp": _STORED_AT, "claim": claim})
        yield StoredEvent(exchange_id(name), versions[name], _LEAN_TOPIC if lean else _TOPIC, state)


def _created(name: str, *, lean: bool) -> Any:
    kind: Any = LeanExchange if lean else Exchange
    return kind.Created(
        originator_topic=get_topic(kind),
        originator_id=exchange_id(name),
        originator_version=1,
        timestamp=_STORED_AT,
        name=name,
    )


def exchange_id(name: str) -> UUID:
    """The id of an exchange's aggregate."""
    return uuid5(NAMESPACE_URL, name)


def by_repository(app: Application[UUID], exchanges: Iterable[str]) -> tuple[int, object]:
    """Rebuild every aggregate. Returns how many events of ours that took, and the aggregates."""
    rebuilt = [cast("Aggregate", app.repository.get(exchange_id(name))) for name in exchanges]
    return sum(aggregate.version - 1 for aggregate in rebuilt), rebuilt


def by_notifications(app: Application[UUID], *, lean: bool) -> tuple[int, object]:
    """Count from the notification log, with nothing round the counting."""
    counts: defaultdict[UUID, Counter[Key]] = defaultdict(Counter)
    add: Any = count_lean if lean else count
    events = 0
    for notification in _notifications(app):
        event: Any = app.mapper.to_domain_event(notification)
        if hasattr(event, "claim"):
            add(counts[event.originator_id], event.claim)
            events += 1
    return events, counts


def by_projection(app: Application[UUID]) -> tuple[int, object]:
    """Count from the notification log in a projection with a view in memory."""
    projection = TallyProjection(TallyView())
    for notification in _notifications(app):
        event = app.mapper.to_domain_event(notification)
        projection.process_event(event, Tracking(app.name, notification.id))
    return projection.view.events, projection


def _notifications(app: Application[UUID]) -> Iterator[Notification]:
    """All notifications, in sections of 1,000 (the peer's default of 10 is slower)."""
    log = LocalNotificationLog(app.recorder, section_size=SECTION)
    for section in NotificationLogReader(log, section_size=SECTION).select(start=1):
        yield from section


class TallyView(POPOTrackingRecorder):
    """The counts of every exchange, and how far the notification log is in them."""

    def __init__(self) -> None:
        super().__init__()
        self.events = 0
        self.counts: defaultdict[UUID, Counter[Key]] = defaultdict(Counter)

    def add(self, event: Any, adding: Callable[[Counter[Key], Any], None], tracking: Tracking) -> None:
        """Count an event once: one that was tracked before is refused."""
        with self._database_lock:
            self._assert_tracking_uniqueness(tracking)
            self._insert_tracking(tracking)
            self.events += 1
            adding(self.counts[event.originator_id], event.claim)


class TallyProjection(Projection[TallyView]):
    """The projection as the peer's documentation writes one."""

    @singledispatchmethod
    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        """Anything else, such as the creation of an aggregate."""

    @process_event.register
    def _(self, domain_event: Exchange.Recorded, tracking: Tracking) -> None:
        self.view.add(domain_event, count, tracking)

    @process_event.register
    def _(self, domain_event: LeanExchange.Recorded, tracking: Tracking) -> None:
        self.view.add(domain_event, count_lean, tracking)
