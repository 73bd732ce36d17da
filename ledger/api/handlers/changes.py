"""What changed: between two points, by one event, and lately, as a feed."""

from collections.abc import Sequence

from starlette.types import ASGIApp

from ledger.api.handlers.call import Call
from ledger.api.handlers.replies import freshness, reply
from ledger.api.http.query import CUTS, as_of, number, query_of
from ledger.api.site.feed import ATOM, LedgerFeeds, feed
from ledger.api.state.changes import AskedWindow
from ledger.api.views.bodies import Body
from ledger.changes.filters import TOLD, ChangeFilter, change_kinds
from ledger.changes.views import EventChangeView
from ledger.software import SOFTWARE
from schemas.codec import skim
from schemas.record import from_microseconds

WINDOW = ("since", "until", *CUTS[:2])
"""The parameters by which somebody says between which points, as the public could know at which times."""
ROUND_MAX = 999_999_999


async def changes(call: Call) -> ASGIApp:
    """Every figure that moved between two points, from what to what, because of which events."""
    given, cleared, reached = call.given, call.service.bodies.kept.cleared, call.service.replica.reached
    cut = as_of({name: text for name, text in given.items() if name in CUTS}).cut
    asked = AskedWindow(given.get("since"), given.get("until"), given.get("exchange"), cut)
    found = await call.service.changes.between(asked, _filter(call), call.asker)
    where = call.service.site.addresses.path("/v1/changes")
    pinned = {**given, "since": found.since.position, "until": found.until.position}
    headers = [
        freshness(call, is_pinned=False),
        (b"ledger-position", found.until.position.encode()),
        (b"link", f'<{where}?{query_of(pinned)}>; rel="bookmark"'.encode()),
    ]
    is_now = reached is call.service.replica.reached
    return await reply(call, found.body, headers, "changes", cleared if is_now else None)


async def change(call: Call) -> ASGIApp:
    """What one event changed, from just before it to just after it."""
    cleared = call.service.bodies.kept.cleared
    body = await call.service.changes.of_event(call.request.path_params["event"], call.asker)
    return await reply(call, body, [freshness(call, is_pinned=True)], "change", cleared)


async def changes_feed(call: Call) -> ASGIApp:
    """What was corrected, recorded late or outdated of late, as an Atom feed; what happened since by `kind=growth`."""
    service, cleared = call.service, call.service.bodies.kept.cleared
    wanted, exchange = _filter(call), call.given.get("exchange")
    kind = wanted.kinds[0] if wanted.kinds else None

    def write(entries: Sequence[EventChangeView]) -> Body:
        return Body.of(feed(_feeds(call), exchange, kind, entries), ATOM)

    found = await service.changes.feed(exchange, wanted._replace(kinds=wanted.kinds or TOLD), call.asker, write)
    headers = [freshness(call, is_pinned=False), (b"ledger-position", str(found.position).encode())]
    is_now = found.position is service.replica.reached
    return await reply(call, found.body, headers, "changesFeed", cleared if is_now else None)


def _filter(call: Call) -> ChangeFilter:
    given = call.given
    exchanges = (given["exchange"],) if "exchange" in given else ()
    round = number(given, "round", 1, ROUND_MAX) if "round" in given else None
    kinds = change_kinds([given["kind"]] if "kind" in given else [])
    return ChangeFilter(exchanges, round, given.get("figure"), kinds)


def _feeds(call: Call) -> LedgerFeeds:
    """What feeds say of this ledger. One without a name is told from others by its first event."""
    service, events = call.service, call.service.replica.events
    first = next(iter(events), None)
    identity = service.settings.serve_url or service.settings.name or ("" if first is None else skim(first.payload).id)
    began = from_microseconds(0 if first is None else first.recorded_us)
    return LedgerFeeds(identity, began, SOFTWARE, service.site)
