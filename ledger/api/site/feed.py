"""The feed of changes (Atom, RFC 4287): what was corrected, recorded late or outdated; or what happened since."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlencode
from uuid import NAMESPACE_URL, uuid5

from ledger.api.site.pages import FEED
from ledger.api.site.rendering import rendered
from ledger.api.site.shell import Site
from ledger.changes.correction_notes import is_headline
from ledger.changes.filters import ChangeKind
from ledger.changes.sheets import FigureKey
from ledger.changes.views import EventChangeView, FigureChangeView

ATOM = "application/atom+xml; charset=utf-8"
LABELS: Mapping[ChangeKind, str] = {
    "correction": "Corrected",
    "late": "Recorded late",
    "update": "Outdated",
    "source": "Another source",
    "growth": "Since then",
}
"""What each kind of change is called."""


class LedgerFeeds(NamedTuple):
    """What all feeds of one ledger share. `identity` is the same for good, and no other ledger's; `began`: what they
    bear as their time of change as long as nothing has changed."""

    identity: str
    began: datetime
    software: str
    site: Site


class _Feed(NamedTuple):
    """What stands at the head of a feed."""

    id: str
    title: str
    subtitle: str
    updated: str
    author: str
    path: str
    page: str
    software: str
    licence: str


def feed(of: LedgerFeeds, exchange: str | None, kind: ChangeKind | None, entries: Sequence[EventChangeView]) -> bytes:
    """Entries as a feed, of one exchange or of all, and of one kind of changes or of all but growth."""
    said = {name: text for name, text in (("exchange", exchange), ("kind", kind)) if text is not None}
    query = f"?{urlencode(said)}" if said else ""
    what = "Corrections" if kind is None else LABELS[kind]
    head = _Feed(
        id=uuid5(NAMESPACE_URL, f"{of.identity}{FEED}{query}").urn,
        title=f"{what}: {exchange or 'all exchanges'}",
        subtitle="What was corrected, recorded late or outdated, and what counts by the word of another source."
        if kind is None
        else f"Changes of one kind: {LABELS[kind].lower()}.",
        updated=entries[0].recorded if entries else of.began.isoformat(),
        author=of.site.publisher or of.site.name,
        path=f"{FEED}{query}",
        page=f"/changes{query}",
        software=of.software,
        licence=of.site.licence,
    )
    parts = {
        "feed": head,
        "entries": entries,
        "labels": LABELS,
        "is_told": _is_told,
        "here": of.site.addresses,
    }
    return rendered("changes.atom", **parts)


def _is_told(change: FigureChangeView) -> bool:
    """Whether people ask for the figure first, and of the whole exchange."""
    return change.round is None and is_headline(FigureKey(None, change.figure))
