"""What stands beside a view: up to where it is read, whose word it rests on, and on which terms it may be used."""

from collections import Counter
from collections.abc import Iterable
from typing import cast

import msgspec

from ledger.book.cut import Cut
from ledger.follow.events import Entry
from ledger.proof.figure import Bounds
from schemas.dsse import event_bytes
from schemas.events import AnyEvent
from schemas.values import Value


class SourceCount(Value):
    """A source, and how many events rest on its word. `published` is the first and the last date of those.

    `archived` has the archived copies of what is at `urls`, as far as there are any.
    """

    publisher: str
    kind: str
    events: int
    published: tuple[str, str] | None
    urls: list[str]
    archived: list[str]


class CutTexts(Bounds):
    """The cut that was asked for, as it was asked for."""


class Metadata(Value):
    """What stands beside a view. `permalink` gives the same view for good, as long as this software is the same."""

    view: str
    exchange: str | None
    item: str | None
    position: str
    cut: CutTexts
    events: int
    permalink: str
    downloads: dict[str, str]
    sources: list[SourceCount]
    licence: str
    software: str


class _Source(msgspec.Struct):
    publisher: str
    kind: str
    published: str | None = None
    url: str | None = None
    archived: str | None = None


class _Sourced(msgspec.Struct):
    source: _Source


def _said(payload: bytes) -> _Sourced | None:
    """Who says an event; None for one of a later version, whose source may be told in another way."""
    try:
        return _decode(event_bytes(payload))
    except msgspec.DecodeError:
        return None


_decode = msgspec.json.Decoder(_Sourced).decode


def sources(entries: Iterable[Entry], cut: Cut) -> list[SourceCount]:
    """Who said what the events say, the most often heard first. What the public could not know by then is left out."""
    events: Counter[tuple[str, str]] = Counter()
    dates: dict[tuple[str, str], set[str]] = {}
    urls: dict[tuple[str, str], dict[str, None]] = {}
    copies: dict[tuple[str, str], dict[str, None]] = {}
    for entry in entries:
        said = _said(entry.payload)
        if said is None or not cut.knows(cast("AnyEvent", said)):
            continue
        key = said.source.publisher, said.source.kind
        events[key] += 1
        if said.source.published:
            dates.setdefault(key, set()).add(said.source.published)
        if said.source.url:
            urls.setdefault(key, {})[said.source.url] = None
        if said.source.archived:
            copies.setdefault(key, {})[said.source.archived] = None
    return [
        SourceCount(
            publisher=publisher,
            kind=kind,
            events=count,
            published=_first_and_last(dates.get((publisher, kind))),
            urls=list(urls.get((publisher, kind), ())),
            archived=list(copies.get((publisher, kind), ())),
        )
        for (publisher, kind), count in sorted(events.items(), key=lambda item: (-item[1], item[0]))
    ]


def _first_and_last(dates: set[str] | None) -> tuple[str, str] | None:
    return (min(dates), max(dates)) if dates else None
