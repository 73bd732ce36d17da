"""Every figure that moved between two points of one log, and the events that moved it.

The log is folded up to the first point in bulk, and from there event by event. Only what an event can move is looked
at: its own occurrence; the whole of which it is a part; the rounds that a leg joins; the stocks, which depend on when
things were over; and all of an exchange, where it declares it anew. Sheets are made of the exchanges that were touched.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Literal, NamedTuple, TypeAlias

from ledger.book.balances import Balance
from ledger.book.book import Book
from ledger.book.deal import HEADS, agreed_pledges
from ledger.book.facts import declared
from ledger.book.figures import Declared
from ledger.book.flows import FOREVER
from ledger.book.promises import DELIVERED
from ledger.book.stocks import Opening, opening_of
from ledger.book.sums import merged, summed_up
from ledger.book.tally import figures, moved_figures
from ledger.book.transfers import SIDES
from ledger.changes.sheets import (
    CLOCK,
    IN_JOINT,
    Counted,
    FigureKey,
    FigureValue,
    Moved,
    Restated,
    Sheet,
    Sums,
    all_counted,
    counted,
    joined_by,
    joint_of,
    moved,
    moved_by,
    redivided,
    sheet_of,
)
from ledger.follow.books import Books
from schemas.codec import UnknownEvent, skim
from schemas.errors import InvalidEvent
from schemas.events import AnyEvent
from schemas.record import Batch, Position, Row
from schemas.values import span_of

Kind: TypeAlias = Literal["growth", "late", "update", "correction"]
"""`growth`: something happened since. `late`: it had happened before, and was recorded since. `update`: what was true
then is outdated. `correction`: what was said then does not stand as it did."""


class Cause(NamedTuple):
    """An event that moved a figure. `target`: the claim that it replaces or decides on, where there is one.

    `whole`: the occurrence that counts otherwise for it, where its own is a part of that. `rule`: why its own claim was
    then the one that counts; None where another one did.
    """

    event: str
    kind: Kind
    position: Position
    recorded_us: int
    type: str
    occurrence: str
    whole: str | None
    publisher: str
    target: str | None
    reason: str | None
    why: str | None
    rule: str | None


class FigureChange(NamedTuple):
    """A figure that moved. None: nothing is recorded, or it is not known.

    `restated` is what the first point should have said, as known at the second one: corrections and what was recorded
    late are in it, and nothing that happened since. So `before` to `restated` is what a correction note is about.
    """

    exchange: str
    figure: FigureKey
    before: FigureValue | None
    restated: FigureValue | None
    after: FigureValue | None
    kind: Kind
    causes: Sequence[Cause]


class Word(NamedTuple):
    """A claim by which an occurrence counts, and who published it."""

    event: str
    publisher: str


class Replaced(NamedTuple):
    """An occurrence that counts by the word of another source than before, whether or not a figure moved by it.

    `rule`: why the claim counts that does now.
    """

    exchange: str
    round: int | None
    occurrence: str
    before: Word
    after: Word
    rule: str
    causes: Sequence[Cause]


class _Step(NamedTuple):
    """An event that made an occurrence count for something else, and the figures that it moved.

    `beside`: what it moved beside what the occurrence adds.
    """

    event: AnyEvent
    position: Position
    recorded_us: int
    key: str
    rule: str | None
    moved: Moved
    beside: Moved


class _OccurrenceState(NamedTuple):
    """What an occurrence counts for, and what the rounds that it joins have for it."""

    counted: Counted | None
    joined: Set[FigureKey]

    @classmethod
    def of(cls, book: Book, key: str) -> "_OccurrenceState":
        each = counted(book, book.named(key))
        return cls(each, joined_by(each, book))


class _Watched:
    """An exchange that events after the first point touch.

    `reclassed`: what moved since the exchange declared otherwise whose nationals it is about, or what silence means;
    `redeclared`: the events by which it did.
    """

    def __init__(self, book: Book) -> None:
        self.book = book
        self.sheet = sheet_of(book)
        self.declared = declared(book)
        self.stocks = _stocks(book)
        self.openings = _openings(book)
        self.heads = _heads(book)
        self.last = last_day(all_counted(book).values())
        self.first: dict[str, Counted | None] = {}
        self.steps: dict[str, list[_Step]] = {}
        self.reclassed: set[FigureKey] = set()
        self.redeclared: set[str] = set()

    def note(
        self, event: AnyEvent, position: Position, recorded_us: int, before: Mapping[str, _OccurrenceState]
    ) -> None:
        """Keep in mind what an event moved, of which these occurrences were so before it."""
        after = {key: _OccurrenceState.of(self.book, key) for key in before}
        changed = [key for key in before if before[key].counted != after[key].counted]
        if not changed:
            return
        then, beside = self.declared, self._moved_beside(event)
        for key in changed:
            was, now = before[key], after[key]
            found = _jointly(moved(was.counted, now.counted, then, self.declared), self.book)
            is_joining = was.joined != now.joined or any(each.name in IN_JOINT for its in found for each in its)
            links = was.joined | now.joined if is_joining else set()
            found |= Moved(links | _facts_moved(was.counted) | _facts_moved(now.counted), set())
            is_own = now.counted is not None and now.counted.claim.id == event.id
            rule = _rule(self.book, key) if is_own else None
            self.first.setdefault(key, was.counted)
            self.steps.setdefault(key, []).append(_Step(event, position, recorded_us, key, rule, found, beside))
            beside = Moved(set(), set())

    def _moved_beside(self, event: AnyEvent) -> Moved:
        """What an event moved beside what its occurrence adds: the stocks, and the classes of what was there."""
        then, stocks = self.declared, self.stocks
        self.declared, self.stocks = declared(self.book), _stocks(self.book)
        found = moved_by(stocks, self.stocks)
        if self.declared != then:
            classed = moved_by(_classed(self.book, then), _classed(self.book, self.declared), then, self.declared)
            classed |= Moved(redivided(then, self.declared, self.book), set())
            self.reclassed |= classed.figures | classed.recorded
            self.redeclared.add(event.id)
            found |= _jointly(classed, self.book)
        return found


class Tracer:
    """Takes in events after the first point, and keeps in mind which figures each of them moves."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self._watched: dict[str, _Watched] = {}

    def take(self, batch: Batch) -> None:
        """Fold records, one by one. What is no event, or is in the log already, moves nothing."""
        for row in batch.rows:
            self._take(batch.partition, row)

    def _take(self, partition: int, row: Row) -> None:
        batch = Batch(partition, [row], row[0])
        try:
            event = skim(row[2])
        except InvalidEvent:
            event = None
        if event is None or isinstance(event, UnknownEvent):
            self.books.take(batch)
            return
        watched = self._watch(event.exchange)
        before = {key: _OccurrenceState.of(watched.book, key) for key in looked_at(watched.book, event)}
        self.books.take(batch)
        watched.note(event, Position(partition, row[0]), row[1], before)

    def changes(self) -> list[FigureChange]:
        """Every figure that moved, by exchange, round and name; those of the whole exchange come last."""
        return [change for name in sorted(self._watched) for change in _changes(name, self._watched[name])]

    def replaced(self) -> list[Replaced]:
        """Every occurrence that counts by the word of another source, by exchange."""
        return [each for name in sorted(self._watched) for each in _replaced(name, self._watched[name])]

    def _watch(self, exchange: str) -> _Watched:
        if exchange not in self._watched:
            books = self.books.projection.by_exchange
            if exchange not in books:
                books[exchange] = Book(exchange, self.books.cut)
            self._watched[exchange] = _Watched(books[exchange])
        return self._watched[exchange]


# -- what an event can move --------------------------------------------------------------------


def looked_at(book: Book, event: AnyEvent) -> list[str]:
    """The occurrence of an event, and the wholes of which it is a part."""
    part = getattr(event, "part", None)
    keys = [event.occurrence or event.id, *([] if part is None else [part.of])]
    for key in keys:
        occurrence = book.named(key)
        parts = [claim.part for claim in occurrence.claims if claim.part is not None] if occurrence else []
        keys += [each for each in dict.fromkeys(part.of for part in parts) if each not in keys]
    return keys


def _jointly(found: Moved, book: Book) -> Moved:
    """The same with the joint ratios."""
    return found | Moved(joint_of(found.figures, book), joint_of(found.recorded, book))


def _stocks(book: Book) -> Sums:
    """What stocks rest on beside what occurrences add."""
    shown, total, beside = figures(book), moved_figures(book), dict[str, Balance]()  # the first brings both up to date
    for name, balance in shown.items():
        if balance is not total.get(name):
            beside[name] = Balance()
            beside[name].merge(balance)
            beside[name].merge(total.get(name, Balance()), -1)
    return {None: beside}


def _openings(book: Book) -> dict[str, Opening | None]:
    """The stated stocks from which the sides are counted."""
    return {f"{side}.held": opening_of([book], side) for side in SIDES}


def _classed(book: Book, said: Declared) -> Sums:
    """The plain figures of an exchange and of its rounds, if it declared this."""
    rounds = {number: summed_up(accounts, said) for number, accounts in book.balances.items()}
    return rounds | {None: merged(rounds.values())}


def _facts_moved(each: Counted | None) -> set[FigureKey]:
    """The clocks, promises and stocks that a fact is part of."""
    event, found = None if each is None else each.claim.event, set[str]()
    if event is not None and event.type in ("pause_started", "pause_extended", "pause_ended"):
        found |= {f"pauses.{event.pause}.{name}" for name in CLOCK}
    if event is not None and event.type in ("terms_agreed", "pause_extended"):
        found |= {f"promised.{item}" for item in DELIVERED}
    if event is not None and event.type == "tally_stated" and event.opening:
        found.add(event.figure)
    return {FigureKey(None, name) for name in found}


def _heads(book: Book) -> set[tuple[str, str]]:
    """Which items are promised for each of which side's people."""
    return {(HEADS[each.pledge.per][0], each.pledge.item) for each in agreed_pledges(book) if each.pledge.per in HEADS}


# -- what moved --------------------------------------------------------------------------------


def _changes(exchange: str, watched: _Watched) -> list[FigureChange]:
    if not watched.first:
        return []
    now = all_counted(watched.book)
    kinds = {key: _kind(watched, key, before, now.get(key)) for key, before in watched.first.items()}
    restated = sheet_of(Restated(watched.book, _stood(watched, now, kinds)))
    sheets = (watched.sheet, restated, sheet_of(watched.book))
    behind = _behind(watched, now, sheets)
    found = []
    for figure in sorted({figure for sheet in sheets for figure in sheet}, key=_order):
        before, between, after = (sheet.get(figure) for sheet in sheets)
        if not before == between == after:
            causes = _causes(behind.get(figure, ()), kinds)
            kind = _verdict(before, between, after, causes)
            found.append(FigureChange(exchange, figure, before, between, after, kind, causes))
    return found


def _replaced(exchange: str, watched: _Watched) -> list[Replaced]:
    found = []
    for key, before in watched.first.items():
        after = counted(watched.book, watched.book.named(key))
        if before is not None and after is not None and before.claim.publisher != after.claim.publisher:
            causes = _causes(watched.steps[key], {key: _kind(watched, key, before, after)})
            was, now = (Word(each.claim.id, each.claim.publisher) for each in (before, after))
            found.append(Replaced(exchange, after.claim.round, key, was, now, _rule(watched.book, key), causes))
    return found


def _stood(watched: _Watched, now: Mapping[str, Counted], kinds: Mapping[str, Kind]) -> Mapping[str, Counted]:
    """What counted at the first point as it counts now, and what should have been there."""
    then = {key: each for key, each in now.items() if kinds.get(key) not in ("growth", "update")}
    return then | {key: each for key, each in watched.first.items() if each is not None and kinds[key] == "update"}


def _behind(watched: _Watched, now: Mapping[str, Counted], sheets: Sequence[Sheet]) -> dict[FigureKey, list[_Step]]:
    """The steps that moved each figure, less those of occurrences that came back to what they were."""
    found: dict[FigureKey, list[_Step]] = {}
    every = {figure for sheet in sheets for figure in sheet}
    missing = {figure for figure in every if any(figure not in sheet for sheet in sheets)}
    openings, heads = _openings(watched.book), watched.heads | _heads(watched.book)
    for key, before in watched.first.items():
        after = now.get(key)
        if before == after:
            continue
        said = watched.declared
        anew = moved(before, after, said, said).figures & watched.reclassed if watched.reclassed else set()
        held = {
            FigureKey(None, name)
            for name in openings
            if _is_in(before, watched.openings[name]) and _is_in(after, openings[name])
        }
        for step in watched.steps[key]:
            adds, beside = step.moved, step.beside
            its = (adds.figures | (adds.recorded & missing) | anew) - held
            its |= beside.figures | (beside.recorded & missing) | _per_head(adds | beside, heads)
            for figure in its:
                found.setdefault(figure, []).append(step)
    return found


def _is_in(each: Counted | None, opening: Opening | None) -> bool:
    """Whether what an occurrence adds is in the stock that opens a figure already, or is nothing."""
    if each is None or opening is None or not each.claim.postings:
        return each is None
    return (span_of(each.claim.occurred).end or FOREVER) <= opening.since.end


def _per_head(moved: Moved, heads: Iterable[tuple[str, str]]) -> set[FigureKey]:
    """What is promised for each of the people who were moved."""
    sides = {each.name.partition(".")[0] for each in moved.figures | moved.recorded if ".rated|" in each.name}
    return {FigureKey(None, f"promised.{item}") for side, item in heads if side in sides}


def _kind(watched: _Watched, key: str, before: Counted | None, after: Counted | None) -> Kind:
    """What became of an occurrence between the points."""
    steps = [step.event for step in watched.steps[key]]
    if watched.sheet and any(event.id in watched.redeclared for event in steps):
        return "correction"
    if before is None:
        return "late" if after is not None and _was_over(after, watched.last) else "growth"
    return "update" if after is not None and all(event.reason == "updated" for event in steps) else "correction"


def _was_over(each: Counted, day: str | None) -> bool:
    """Whether this was certainly over before a day began. But for stocks, facts are never late: nobody moved."""
    is_late, end = bool(each.claim.postings) or each.claim.opens_a_stock, span_of(each.claim.occurred).end
    return is_late and end is not None and day is not None and str(end)[:10] <= day


def last_day(several: Iterable[Counted]) -> str | None:
    """The last day on which anything began that counts."""
    starts = (span_of(each.claim.occurred).start for each in several if each.claim.postings)
    return max((str(start)[:10] for start in starts if start is not None), default=None)


def _verdict(
    before: FigureValue | None, restated: FigureValue | None, after: FigureValue | None, causes: Sequence[Cause]
) -> Kind:
    kinds = {cause.kind for cause in causes}
    if before != restated:
        return "late" if kinds & {"late"} and "correction" not in kinds else "correction"
    return "update" if "update" in kinds and "growth" not in kinds else "growth"


def _causes(steps: Iterable[_Step], kinds: Mapping[str, Kind]) -> list[Cause]:
    """Each event behind something once, in the order of the log: for what it corrects, before what it adds."""
    found: dict[str, Cause] = {}
    for step in sorted(steps, key=lambda step: (step.position, kinds[step.key] == "growth")):
        found.setdefault(step.event.id, _cause(step, kinds[step.key]))
    return [*found.values()]


def _cause(step: _Step, kind: Kind) -> Cause:
    event, own = step.event, step.event.occurrence or step.event.id
    return Cause(
        event=event.id,
        kind=kind,
        position=step.position,
        recorded_us=step.recorded_us,
        type=event.type,
        occurrence=own,
        whole=None if step.key == own else step.key,
        publisher=event.source.publisher,
        target=event.supersedes or getattr(event, "claim", None),
        reason=event.reason,
        why=getattr(event, "why", None),
        rule=step.rule,
    )


def _rule(book: Book, key: str) -> str:
    """Why the claim counts that does, of an occurrence of which one does."""
    occurrence = book.named(key)
    assert occurrence is not None
    return book.verdict(occurrence).rule


def _order(figure: FigureKey) -> tuple[bool, int, str]:
    return figure.round is None, figure.round or 0, figure.name
