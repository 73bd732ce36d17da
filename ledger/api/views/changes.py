"""Changes as bytes, kept as long as they are true."""

from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple

from ledger.api.access.allowances import Asker
from ledger.api.http.answers import JSON
from ledger.api.lru import Lru
from ledger.api.state.changes import AskedWindow, ChangesAsked
from ledger.api.state.journals import ENTRIES_MAX
from ledger.api.views.bodies import BODY_WEIGHT, Body, Found
from ledger.changes.filters import ChangeFilter
from ledger.changes.views import EventChangeView, PointView, changes_view, event_change_view
from ledger.follow.replica import Replica
from schemas.views import view_bytes


class ChangesFound(NamedTuple):
    """Changes between two points as bytes, and where these are."""

    body: Body
    since: PointView
    until: PointView


class ChangeBodies:
    """Answers questions about changes, and keeps the answers among other bodies."""

    def __init__(self, replica: Replica, asked: ChangesAsked, kept: Lru[Body]) -> None:
        self._replica = replica
        self._asked = asked
        self._kept = kept

    async def between(self, asked: AskedWindow, wanted: ChangeFilter, asker: Asker) -> ChangesFound:
        """What moved between two points, as far as somebody wants it. Raises UnknownName, UsageError, HttpProblem."""
        window = await self._asked.between(asked, asker)

        def write() -> ChangesFound:
            changes, replaced = wanted.figures(window.changes), wanted.sources(window.replaced)
            every = wanted.figure is not None
            view = changes_view(*window[:2], changes, replaced, self._asked.published_by, every=every)
            return ChangesFound(Body.of(view_bytes(view), JSON), view.since, view.until)

        return await self._asked.written(len(window.changes) + len(window.replaced), asker, write)

    async def of_event(self, event_id: str, asker: Asker) -> Body:
        """What one event changed. Raises UnknownName, HttpProblem."""
        key = ("change", event_id)
        body = self._kept.get(key)
        if body is None:
            cleared = self._kept.cleared
            change = await self._asked.of_event(event_id, asker)
            body = Body.of(view_bytes(event_change_view(change, self._asked.published_by)), JSON)
            self._keep(key, body, cleared)
        return body

    async def feed(
        self,
        exchange: str | None,
        wanted: ChangeFilter,
        asker: Asker,
        write: Callable[[Sequence[EventChangeView]], Body],
    ) -> Found:
        """What the last events changed, the newest first, as `write` writes it. Raises UnknownName, HttpProblem."""
        reached = self._replica.reached
        count = len(self._replica.events if exchange is None else self._replica.events.of(exchange))
        key = ("feed", exchange, wanted, count)
        body = self._kept.get(key)
        if body is None:
            cleared = self._kept.cleared
            changes = await self._asked.recent(exchange, asker, growth="growth" in wanted.kinds)
            told = [each for each in changes if each.kind in wanted.kinds][:ENTRIES_MAX]
            moved = sum(len(each.figures) + len(each.replaced) for each in told)
            views = (event_change_view(each, self._asked.published_by) for each in told)
            body = await self._asked.written(moved, asker, lambda: write([*views]))
            self._keep(key, body, cleared)
        return Found(body, reached)

    def _keep(self, key: Hashable, body: Body, cleared: int) -> None:
        if cleared == self._kept.cleared:
            self._kept.put(key, body, BODY_WEIGHT + len(body.raw))
