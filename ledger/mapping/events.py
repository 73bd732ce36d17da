"""The events of a whole table, each with the row that it came from.

A row is refused by itself, and the others go on. Where the mapping says only what single rows mean, rows become events
as they come. Where it declares exchanges, or knows rival claims or parts of a whole, the table is read first: each
exchange is then declared before its first event, all claims about one occurrence stand together, and occurrences stand
in the order of what happened.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from sys import intern
from typing import BinaryIO, NamedTuple

from ledger.admission import known
from ledger.mapping.carried import rows_text
from ledger.mapping.curator import decisions, declarations
from ledger.mapping.document import OccurrenceRule, TableMapping
from ledger.mapping.header import Notice
from ledger.mapping.occurrences import Placed, Rivals, Told, grouped, place, tell
from ledger.mapping.packing import PackedTexts, Packer
from ledger.mapping.records import Row, rows_of
from ledger.mapping.rows import Draft, drafts, key_of, with_columns
from ledger.mapping.templates import columns_of
from ledger.mapping.toml import toml_text
from ledger.mapping.wholes import with_wholes
from schemas.codec import encode
from schemas.errors import InvalidEvent, Problem, listed
from schemas.events import AnyEvent, ClaimAdopted
from schemas.values import span


class Mapped(NamedTuple):
    """An event or why there is none, where it came from, and the bytes of its row; none for what a mapping declares."""

    place: str
    raw: bytes
    event: AnyEvent | InvalidEvent


def mapped_events(name: str, file: BinaryIO, mapping: TableMapping, notice: Notice) -> Iterator[Mapped]:
    """The events of a table. `notice` is told what is no error and may not be meant.

    Raises UsageError at once, before any event is asked for, for what concerns the whole table.
    """
    return _events(name, rows_of(name, file, mapping.table, mapping.needed, notice), mapping, notice)


def _events(name: str, rows: Iterator[Row], mapping: TableMapping, notice: Notice) -> Iterator[Mapped]:
    seen = _Seen(set(), [], set(), {})
    if mapping.exchanges or mapping.occurrences or mapping.whole:
        yield from _of_all(name, rows, mapping, seen, notice)
    else:
        for row in rows:
            for draft in _drafts(row, row.cells, mapping, seen):
                yield draft if isinstance(draft, Mapped) else _typed(row, draft)
    if seen.named and seen.unnamed:
        notice(f"{name}: {_unnamed(seen.unnamed)}")
    if seen.silent:
        notice(f"{name}: no [event] of the mapping holds for {rows_text(seen.silent)}: nothing is made of them")
    if unmet := mapping.unmet(seen.overlaid):
        notice(f"{name}: the mapping knows more of rows that are not there: {listed(unmet)}")


class _Repeated(Mapped):
    """A row whose key an earlier one has, which is kept: nothing waits for this one."""

    __slots__ = ()


class _Seen(NamedTuple):
    """What is told at the end of a table: which rows the mapping knew more of, and of which nothing was made."""

    overlaid: set[str]
    silent: list[int]
    named: set[bool]
    unnamed: dict[int, str]


def _note_name(number: int, draft: Draft, seen: _Seen) -> None:
    """Which rows have an occurrence, and which have none since a column of its template is empty."""
    if "occurrence" in draft.members:
        seen.named.add(True)
    elif empty := [each for each in columns_of(draft.templates["occurrence"]) if draft.cells.get(each) == ""]:
        seen.unnamed[number] = empty[0]


def _unnamed(found: Mapping[int, str]) -> str:
    column = next(iter(found.values()))
    lack = "have no occurrence" if len(found) > 1 else "has no occurrence"
    what = f"{rows_text([*found])} {lack}, since {column!r} is empty there: each is a thing of its own, and counts"
    return f"{what}; where cells are merged, fill = [{toml_text(column)}] under [table]"


def _drafts(
    row: Row, cells: Mapping[str, str] | InvalidEvent, mapping: TableMapping, seen: _Seen
) -> Iterator[Draft | Mapped]:
    try:
        if isinstance(cells, InvalidEvent):
            raise cells
        if mapping.overlays:
            keys = {key_of(cells, mapping), *(key_of(cells, mapping, each.name) for each in mapping.blocks)}
            seen.overlaid.update(keys & mapping.overlays.keys())
        made = with_columns(cells, mapping)
    except InvalidEvent as error:
        yield Mapped(str(row.number), row.raw, error)
        return
    found = list(drafts(made, mapping))
    seen.silent.extend([] if found else [row.number])
    for draft in found:
        if isinstance(draft, Draft) and "occurrence" in draft.templates:
            _note_name(row.number, draft, seen)
        yield draft if isinstance(draft, Draft) else Mapped(str(row.number), row.raw, draft)


def _typed(row: Row, draft: Draft) -> Mapped:
    try:
        return Mapped(str(row.number), row.raw, draft.event())
    except InvalidEvent as error:
        return Mapped(str(row.number), row.raw, error)


# -- of tables that are read first -------------------------------------------------------------


class _Made(NamedTuple):
    """An event that waits for others, as bytes."""

    place: str
    raw: bytes
    event: bytes


class _Finished(NamedTuple):
    """All events about one thing. `day` is when it happened, `known` that or its publication, if earlier."""

    exchange: str
    number: int
    day: str
    known: str
    cells: PackedTexts
    events: Sequence[_Made]


def _of_all(name: str, rows: Iterable[Row], mapping: TableMapping, seen: _Seen, notice: Notice) -> Iterator[Mapped]:
    found = _once(with_wholes(rows, mapping), mapping, seen)
    finished: list[_Finished] = []
    refused = 0
    for item in _occurrences(found, mapping, mapping.occurrences) if mapping.occurrences else _apart(found):
        if isinstance(item, _Finished):
            finished.append(item)
        else:
            refused += not isinstance(item, _Repeated)
            yield item
    for each in _declared(finished, mapping):
        if refused and _is_decided_none(each):  # what is refused now may be the claim that counts
            notice(f"{name}:{each.place}: waits: that nothing counts is decided when no row is refused")
        else:
            yield each


def _once(rows: Iterable[Row], mapping: TableMapping, seen: _Seen) -> Iterator[tuple[Row, Draft] | Mapped]:
    """The drafts of rows, of each key the first."""
    keys: set[str] = set()
    for row in rows:
        for draft in _drafts(row, row.cells, mapping, seen):
            if isinstance(draft, Mapped):
                yield draft
            elif draft.key in keys:
                problem = Problem(", ".join(mapping.key), f"{draft.key!r} names an earlier row too; that one is kept")
                yield _Repeated(str(row.number), row.raw, InvalidEvent(problem))
            else:
                keys.add(draft.key)
                yield row, draft


def _is_decided_none(mapped: Mapped) -> bool:
    """Whether it is a decision that no claim counts, which no row says."""
    return not mapped.raw and isinstance(mapped.event, ClaimAdopted) and mapped.event.claim is None


def _declared(finished: list[_Finished], mapping: TableMapping) -> Iterator[Mapped]:
    """What was found, exchange by exchange, each declared before its first event."""
    places = {name: number for number, name in enumerate(dict.fromkeys(each.exchange for each in finished))}
    finished.sort(key=lambda each: (places[each.exchange], each.day if mapping.occurrences else "", each.number))
    for exchange, several in groupby(finished, key=lambda each: each.exchange):
        together = list(several)
        if mapping.exchanges:
            origin = f"exchange.{exchange}"
            first = min(each.known for each in together)
            try:
                for event in declarations(exchange, first, together[0].cells.cells(), mapping):
                    yield Mapped(origin, b"", event)
            except InvalidEvent as error:
                yield Mapped(origin, b"", error)
        for made in (made for each in together for made in each.events):
            yield Mapped(made.place, made.raw, known(made.event))


def _apart(found: Iterable[tuple[Row, Draft] | Mapped]) -> Iterator[_Finished | Mapped]:
    """Every row for itself."""
    packer = Packer()
    for item in found:
        if isinstance(item, Mapped):
            yield item
            continue
        row, draft = item
        mapped = _typed(row, draft)
        if isinstance(mapped.event, InvalidEvent):
            yield mapped
        else:
            made = _Made(mapped.place, mapped.raw, encode(mapped.event))
            yield _finished(mapped.event, [mapped.event], row.number, packer.texts(draft.cells), [made])


def _occurrences(
    found: Iterable[tuple[Row, Draft] | Mapped], mapping: TableMapping, rule: OccurrenceRule
) -> Iterator[_Finished | Mapped]:
    """The rows about each occurrence together, with what is decided about it."""
    packer = Packer()
    placed: list[Placed] = []
    for item in found:
        if isinstance(item, Mapped):
            yield item
            continue
        row, draft = item
        try:
            placed.append(place(row.number, row.raw, draft, mapping, rule, packer))
        except InvalidEvent as error:
            yield Mapped(str(row.number), row.raw, error)
    for occurrence in grouped(placed, rule):
        if not isinstance(occurrence, Rivals):
            yield Mapped(str(occurrence[0].number), occurrence[0].raw, occurrence[1])
            continue
        told: list[Told] = []
        for each in tell(occurrence):
            if isinstance(each, Told):
                told.append(each)
            else:
                yield Mapped(str(each[0].number), each[0].raw, each[1])
        if told:
            yield _told(occurrence, told, mapping, rule)


def _told(occurrence: Rivals, told: Sequence[Told], mapping: TableMapping, rule: OccurrenceRule) -> _Finished:
    held_to = occurrence.primary
    main = next((event for placed, event in told if placed is held_to), told[0].event)
    events = [_Made(str(placed.number), placed.raw, encode(event)) for placed, event in told]
    decided = [
        _Made(f"{occurrence.first.number} decided", b"", encode(each))
        for each in decisions(occurrence, told, mapping, rule)
    ]
    claims = [event for _, event in told]
    return _finished(main, claims, occurrence.first.number, occurrence.first.packed.cells, [*events, *decided])


def _finished(
    main: AnyEvent, claims: Sequence[AnyEvent], number: int, cells: PackedTexts, events: Sequence[_Made]
) -> _Finished:
    start = span(main.occurred.at, main.occurred.precision, main.occurred.until).start
    day = main.occurred.at[:10] if start is None else start.date().isoformat()
    published = [event.source.published[:10] for event in claims if event.source.published]
    return _Finished(intern(main.exchange), number, intern(day), intern(min([day, *published])), cells, events)
