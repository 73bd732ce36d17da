"""Changes as JSON, the same from the command line, over HTTP and to webhooks."""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from pydantic import BaseModel

from ledger.changes.correction_notes import (
    CorrectionNote,
    Publisher,
    change_title,
    correction_notes,
    leading,
    replacement_text,
)
from ledger.changes.event_changes import EventChange
from ledger.changes.filters import ChangeKind
from ledger.changes.points import LogExtent
from ledger.changes.tracing import Cause, FigureChange, Kind, Replaced
from ledger.follow.bound import LENGTH
from schemas.codec import UnknownEvent, decode
from schemas.record import from_microseconds
from schemas.values import Moment, Source
from schemas.views import Estimate, LegTimes, Ratio

ChangedValue: TypeAlias = Estimate | Ratio | LegTimes | Moment | float | None
"""What a figure can be; null where nothing is recorded, or it is not known."""


class CauseView(BaseModel):
    """An event that changed something. `target` is the claim that it replaces or decides on; `whole` the occurrence
    that counts otherwise for it, where its own is a part of that; `rule` why its own claim counts, where it does."""

    event: str
    kind: Kind
    position: str
    recorded: str
    type: str
    occurrence: str
    whole: str | None
    publisher: str
    target: str | None
    reason: str | None
    why: str | None
    rule: str | None


class FigureChangeView(BaseModel):
    """A figure that moved. `round` is null for one of the whole exchange; `restated` is what should have been said
    `before`, as known now: what happened since is only in `after`."""

    exchange: str
    round: int | None
    figure: str
    kind: Kind
    title: str
    before: ChangedValue
    restated: ChangedValue
    after: ChangedValue
    events: list[CauseView]


class WordView(BaseModel):
    """The claim by which an occurrence counts, and who published it."""

    event: str
    publisher: str


class SourceChangeView(BaseModel):
    """An occurrence that counts by the word of another source, and by which `rule`, whether or not a figure moved."""

    exchange: str
    round: int | None
    figure: None
    kind: ChangeKind
    title: str
    occurrence: str
    before: WordView
    after: WordView
    rule: str
    events: list[CauseView]


class CorrectionNoteView(BaseModel):
    """A correction in words that can be printed: what it is, because of what, and what follows from it."""

    exchange: str
    kind: Kind
    head: str
    because: list[str]
    hence: list[str]


class PointView(BaseModel):
    """A point of the log: its position, and when the last record up to there was recorded (null: there is none)."""

    position: str
    recorded: str | None


class ChangesView(BaseModel):
    """What moved from one point of the log to another: figures, the sources by which occurrences count, and both in
    words that can be printed. The position of the beginning of the log is empty."""

    since: PointView
    until: PointView
    changes: list[FigureChangeView]
    sources: list[SourceChangeView]
    notes: list[CorrectionNoteView]


class ToldSource(BaseModel):
    """Who says so, and where. `archived` is a copy of what was read at `url`."""

    publisher: str
    url: str | None
    archived: str | None
    published: str | None


class EventChangeView(BaseModel):
    """What one event changed, from just before it to just after it. `kind` is null where it changed nothing; else the
    first that is among its changes of: correction, late, update, source, growth."""

    event: str
    exchange: str
    kind: ChangeKind | None
    title: str
    position: str
    recorded: str
    source: ToldSource | None
    changes: list[FigureChangeView]
    sources: list[SourceChangeView]
    notes: list[CorrectionNoteView]


def changes_view(
    since: LogExtent,
    until: LogExtent,
    changes: Sequence[FigureChange],
    replaced: Iterable[Replaced],
    published_by: Publisher,
    *,
    every: bool,
) -> ChangesView:
    """Changes as JSON. With `every`, notes tell of breakdowns, too. Ids in them are whole: they name it for good."""
    notes = correction_notes(changes, published_by, since.recorded, every=every, id_length=LENGTH)
    return ChangesView(
        since=point_view(since),
        until=point_view(until),
        changes=[*map(figure_view, changes)],
        sources=[*map(source_view, replaced)],
        notes=[*map(note_view, notes)],
    )


def event_change_view(change: EventChange, published_by: Publisher) -> EventChangeView:
    """What an event changed as JSON."""
    event, record = decode(change.record.payload), change.record
    notes = correction_notes(change.figures, published_by, None, every=False, id_length=LENGTH)
    return EventChangeView(
        event=event.id,
        exchange=event.exchange,
        kind=change.kind,
        title=f"{_title(change)} ({event.exchange})",
        position=str(record.position),
        recorded=record.recorded_at.isoformat(),
        source=None if isinstance(event, UnknownEvent) else _told(event.source),
        changes=[*map(figure_view, change.figures)],
        sources=[*map(source_view, change.replaced)],
        notes=[*map(note_view, notes)],
    )


def _title(change: EventChange) -> str:
    """What a reader of headlines is told: the figure that people ask for first, of those that are of its kind."""
    figures = [each for each in change.figures if each.kind == change.kind]
    if figures:
        return change_title(leading(figures))
    return replacement_text(change.replaced[0]).rstrip(".") if change.replaced else "No figure moved"


def _told(source: Source) -> ToldSource:
    url, archived = (None if each is None else str(each) for each in (source.url, source.archived))
    return ToldSource(publisher=source.publisher, url=url, archived=archived, published=source.published)


def figure_view(change: FigureChange) -> FigureChangeView:
    """A change of a figure as JSON."""
    return FigureChangeView(
        exchange=change.exchange,
        round=change.figure.round,
        figure=change.figure.name,
        kind=change.kind,
        title=change_title(change),
        before=change.before,
        restated=change.restated,
        after=change.after,
        events=_causes(change.causes),
    )


def source_view(each: Replaced) -> SourceChangeView:
    """A change of source as JSON."""
    return SourceChangeView(
        exchange=each.exchange,
        round=each.round,
        figure=None,
        kind="source",
        title=replacement_text(each),
        occurrence=each.occurrence,
        before=WordView(**each.before._asdict()),
        after=WordView(**each.after._asdict()),
        rule=each.rule,
        events=_causes(each.causes),
    )


def note_view(note: CorrectionNote) -> CorrectionNoteView:
    """A correction note as JSON."""
    return CorrectionNoteView(
        exchange=note.exchange, kind=note.kind, head=note.head, because=[*note.because], hence=[*note.hence]
    )


def point_view(at: LogExtent) -> PointView:
    """A point of a log as JSON."""
    return PointView(position=str(at.frontier), recorded=None if at.recorded is None else at.recorded.isoformat())


def _causes(causes: Iterable[Cause]) -> list[CauseView]:
    return [_cause(each) for each in causes]


def _cause(cause: Cause) -> CauseView:
    members = {name: value for name, value in cause._asdict().items() if name not in ("recorded_us", "position")}
    recorded = from_microseconds(cause.recorded_us).isoformat()
    return CauseView(**members, position=str(cause.position), recorded=recorded)
