"""Every figure that moved between two points of one log, and the events that moved it.

The log is folded up to the first point in bulk, and from there event by event. Only what an event touches is looked at:
its own occurrence, since no other counts differently for it. Sheets are made of the exchanges that were touched, twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

from ledger.book.facts import nationals
from ledger.book.projection import Book
from ledger.book.tally import figures
from ledger.reading import Reading
from replay.changes.sheets import (
    Counted,
    Figure,
    Moved,
    Sheet,
    Shown,
    all_counted,
    counted,
    facts_of,
    is_by_nationality,
    moved,
    sheet_of,
)
from schemas.codec import UnknownEvent, skim
from schemas.errors import InvalidEvent
from schemas.events import AnyEvent
from schemas.record import Batch, Position, Row
from schemas.values import span

Kind: TypeAlias = Literal["growth", "late", "update", "correction"]
"""`growth`: something happened since. `late`: it had happened before, and was recorded since. `update`: what was true
then is outdated. `correction`: what was said then does not stand as it did."""


class Cause(NamedTuple):
    """An event that moved a figure. `target`: the claim that it replaces or decides on, where there is one.

    `rule`: why its own claim was then the one that counts; None where another one did.
    """

    event: str
    kind: Kind
    position: Position
    recorded_us: int
    type: str
    occurrence: str
    publisher: str
    target: str | None
    reason: str | None
    why: str | None
    rule: str | None


class Change(NamedTuple):
    """A figure that moved. None: nothing is recorded.

    `restated` is what the first point should have said, as known at the second one: corrections and what was recorded
    late are in it, and nothing that happened since. So `before` to `restated` is what a correction note is about.
    """

    exchange: str
    figure: Figure
    before: Shown | None
    restated: Shown | None
    after: Shown | None
    kind: Kind
    causes: Sequence[Cause]


class _Step(NamedTuple):
    """An event that made its occurrence count for something else, and the figures that it moved."""

    event: AnyEvent
    position: Position
    recorded_us: int
    key: str
    rule: str | None
    moved: Moved


class _Watched:
    """An exchange that events after the first point touch."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.own = nationals(book)
        self.sheet, self.facts = _sheets(book)
        self.last = _last_day(all_counted(book).values())
        self.first: dict[str, Counted | None] = {}
        self.steps: dict[str, list[_Step]] = {}
        self.redeclared: set[str] = set()


class Tracer:
    """Takes in events after the first point, one by one, and keeps in mind which figures each of them moves."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self._watched: dict[str, _Watched] = {}

    def take(self, partition: int, row: Row) -> None:
        """Fold one record. What is no event, or is in the log already, moves nothing."""
        batch = Batch(partition, [row], row[0])
        try:
            event = skim(row[2])
        except InvalidEvent:
            event = None
        if event is None or isinstance(event, UnknownEvent):
            self.reading.take(batch)
            return
        watched, key = self._watch(event.exchange), event.occurrence or event.id
        before = counted(watched.book.named(key))
        self.reading.take(batch)
        after = counted(watched.book.named(key))
        if before == after:
            return
        watched.first.setdefault(key, before)
        figures = moved(before, after, watched.own)
        figures = figures._replace(figures=figures.figures | _facts_moved(before, after))
        rule = _rule(watched.book, key) if after is not None and after.claim.id == event.id else None
        step = _Step(event, Position(partition, row[0]), row[1], key, rule, figures)
        watched.steps.setdefault(key, []).append(step)
        if nationals(watched.book) != watched.own:
            watched.own = nationals(watched.book)
            watched.redeclared.add(event.id)

    def changes(self) -> list[Change]:
        """Every figure that moved, by exchange, round and name; those of the whole exchange come last."""
        return [change for name in sorted(self._watched) for change in _changes(name, self._watched[name])]

    def _watch(self, exchange: str) -> _Watched:
        if exchange not in self._watched:
            books = self.reading.projection.books
            if exchange not in books:
                books[exchange] = Book(exchange, self.reading.cut)
            self._watched[exchange] = _Watched(books[exchange])
        return self._watched[exchange]


def _changes(exchange: str, watched: _Watched) -> list[Change]:
    now = all_counted(watched.book)
    kinds = {key: _kind(watched, key, before, now.get(key)) for key, before in watched.first.items()}
    before = {**watched.sheet, **watched.facts}
    sheet, facts = _sheets(watched.book)
    after = {**sheet, **facts}
    restated = _restated(watched, now, kinds)
    behind = _behind(watched, now, (watched.sheet, restated, sheet))
    for each in {*watched.facts, *facts}:
        is_growth = all(kinds[step.key] in ("growth", "update") for step in behind.get(each, ()))
        if (value := (before if is_growth else after).get(each)) is not None:
            restated[each] = value
    found = []
    for figure in sorted({*before, *after, *restated}, key=_order):
        values = (before.get(figure), restated.get(figure), after.get(figure))
        if not values[0] == values[1] == values[2]:
            causes = [_cause(step, watched, kinds) for step in behind.get(figure, ())]
            found.append(Change(exchange, figure, *values, _verdict(*values, causes), causes))
    return found


def _sheets(book: Book) -> tuple[Sheet, Sheet]:
    return sheet_of(all_counted(book).values(), nationals(book)), facts_of(book, figures(book))


def _restated(watched: _Watched, now: Mapping[str, Counted], kinds: Mapping[str, Kind]) -> dict[Figure, Shown]:
    """The sheet of what counted at the first point as it counts now, and of what should have been there."""
    then = {key: each for key, each in now.items() if kinds.get(key) not in ("growth", "update")}
    then |= {key: each for key, each in watched.first.items() if each is not None and kinds[key] == "update"}
    return sheet_of(then.values(), watched.own)


def _behind(watched: _Watched, now: Mapping[str, Counted], sheets: Sequence[Sheet]) -> dict[Figure, list[_Step]]:
    """The steps that moved each figure, less those of occurrences that came back to what they were."""
    found: dict[Figure, list[_Step]] = {}
    every = {figure for sheet in sheets for figure in sheet}
    missing = {figure for figure in every if any(figure not in sheet for sheet in sheets)}
    by_nationality = {figure for figure in every if watched.redeclared and is_by_nationality(figure)}
    for key, before in watched.first.items():
        if before == now.get(key):
            continue
        anew = moved(before, now.get(key), watched.own).figures & by_nationality if by_nationality else set()
        for step in watched.steps[key]:
            more = by_nationality if step.event.id in watched.redeclared else anew
            for figure in step.moved.figures | (step.moved.recorded & missing) | more:
                found.setdefault(figure, []).append(step)
    return {figure: sorted(steps, key=lambda step: step.position) for figure, steps in found.items()}


def _kind(watched: _Watched, key: str, before: Counted | None, after: Counted | None) -> Kind:
    """What became of an occurrence between the points."""
    if before is None:
        return "late" if after is not None and _was_over(after, watched.last) else "growth"
    steps = [step.event for step in watched.steps[key]]
    return "update" if after is not None and all(event.reason == "updated" for event in steps) else "correction"


def _was_over(each: Counted, day: str | None) -> bool:
    """Whether this was certainly over before a day began. Facts are never late: nobody moved."""
    moment = each.claim.occurred
    end = span(moment.at, moment.precision, moment.until).end
    return bool(each.claim.postings) and end is not None and day is not None and str(end)[:10] <= day


def _last_day(several: Iterable[Counted]) -> str | None:
    """The last day on which anything began that counts."""
    moments = (each.claim.occurred for each in several if each.claim.postings)
    starts = (span(each.at, each.precision, each.until).start for each in moments)
    return max((str(start)[:10] for start in starts if start is not None), default=None)


def _verdict(before: Shown | None, restated: Shown | None, after: Shown | None, causes: Sequence[Cause]) -> Kind:
    kinds = {cause.kind for cause in causes}
    if before != restated:
        return "late" if kinds & {"late"} and "correction" not in kinds else "correction"
    return "update" if "update" in kinds and "growth" not in kinds else "growth"


def _cause(step: _Step, watched: _Watched, kinds: Mapping[str, Kind]) -> Cause:
    event = step.event
    return Cause(
        event=event.id,
        kind="correction" if event.id in watched.redeclared and watched.sheet else kinds[step.key],
        position=step.position,
        recorded_us=step.recorded_us,
        type=event.type,
        occurrence=step.key,
        publisher=event.source.publisher,
        target=event.supersedes or getattr(event, "claim", None),
        reason=event.reason,
        why=getattr(event, "why", None),
        rule=step.rule,
    )


def _rule(book: Book, key: str) -> str | None:
    occurrence = book.named(key)
    return None if occurrence is None else book.verdict(occurrence).rule


_PAUSES = frozenset({"pause_started", "pause_extended", "pause_ended"})
_CLOCK = ("started", "ends", "ended", "calm_hours")


def _facts_moved(before: Counted | None, after: Counted | None) -> set[Figure]:
    """The clocks and promises that a fact is part of."""
    found: set[Figure] = set()
    for each in (before, after):
        event = None if each is None else each.claim.event
        if event is not None and event.type in _PAUSES:
            found |= {Figure(None, f"pauses.{getattr(event, 'pause', '')}.{name}") for name in _CLOCK}
        if event is not None and event.type in ("terms_agreed", "pause_extended"):
            found |= {Figure(None, f"promised.{item}") for item in _PROMISED}
    return found


_PROMISED = ("captives", "captive_remains", "prisoners", "prisoner_remains")


def _order(figure: Figure) -> tuple[bool, int, str]:
    return figure.round is None, figure.round or 0, figure.name
