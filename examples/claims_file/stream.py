"""The events of a whole file, in order: declarations, claims, and the decisions about them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from claims_file.curator import Told, decisions, declarations
from claims_file.mapping import ClaimsMapping
from claims_file.occurrences import Placed, Rows, grouped, place
from claims_file.rows import ClaimRow, RowError, RowProblem, SourceRow, parse
from claims_file.typed import Context, Members, event_of
from schemas.errors import InvalidEvent
from schemas.events import AnyEvent
from schemas.values import span

Report = Callable[[RowProblem], None]

_OUTDATED = {"superseded": "corrected", "updated": "updated"}


def refuse(problem: RowProblem) -> None:
    """The default way with a problem: raise it."""
    raise RowError(problem)


def events(
    rows: Iterable[Mapping[str, Any]],
    sources: Mapping[str, SourceRow],
    mapping: ClaimsMapping,
    report: Report = refuse,
) -> Iterator[AnyEvent]:
    """Every row as a typed event, exchange by exchange, and each exchange in the order of what happened.

    Declarations of an exchange come first. All claims about one occurrence stand together, a superseded one
    before its successor and the decision about them after the last. Rows whose source is none are left out.
    A row with a problem is left out and the others are not; each problem goes to `report`.
    """
    told = _tell_all(_parsed(rows, mapping, report), sources, mapping, report)
    places = {name: number for number, name in enumerate(dict.fromkeys(each.exchange for each in told))}
    told.sort(key=lambda each: (places[each.exchange], each.day, each.index))
    for exchange, several in groupby(told, key=lambda each: each.exchange):
        occurrences = list(several)
        try:
            yield from declarations(exchange, min(each.known for each in occurrences), mapping)
        except InvalidEvent as error:
            _pass_on(RowError.of(f"[exchange.{exchange}]", error), report)
        for occurrence in occurrences:
            yield from occurrence.events


@dataclass(frozen=True, slots=True)
class _Occurrence:
    """One occurrence as events. `day` is when it happened, `known` that or its publication, if earlier."""

    exchange: str
    index: int
    day: str
    known: str
    events: Sequence[AnyEvent]


def _parsed(raw: Iterable[Mapping[str, Any]], mapping: ClaimsMapping, report: Report) -> Iterator[ClaimRow]:
    known: set[str] = set()
    for number, members in enumerate(raw, 1):
        columns = mapping.overlay(str(members.get("row_id"))).columns
        try:
            row = parse({**members, **columns}, number)
        except RowError as error:
            _pass_on(error, report)
            continue
        if row.row_id in known:
            report(RowProblem(row.row_id, "row_id", "is the id of an earlier row too; the first one is kept"))
        elif row.source_id not in mapping.dataset.unsourced:
            known.add(row.row_id)
            yield row


def _tell_all(
    rows: Iterable[ClaimRow], sources: Mapping[str, SourceRow], mapping: ClaimsMapping, report: Report
) -> list[_Occurrence]:
    rejected: list[RowError] = []
    found = grouped(place(rows, mapping, rejected), mapping)
    for error in rejected:
        _pass_on(error, report)
    moments = {(each.exchange, each.name): _corrected_moment(each, mapping) for each in found}
    occurrences: list[_Occurrence] = []
    for each in found:
        contexts = [_context(placed, each, moments, sources, mapping) for placed in _in_order(each)]
        told = _tell(contexts, report)
        if told:
            occurrences.append(_occurrence(each, told, mapping))
    return occurrences


def _context(
    placed: Placed,
    rows: Rows,
    moments: Mapping[tuple[str, str], Members | None],
    sources: Mapping[str, SourceRow],
    mapping: ClaimsMapping,
) -> Context:
    whole = None if placed.part is None else moments.get((rows.exchange, placed.part.whole))
    return Context(placed, rows.name, sources, mapping, whole)


def _tell(contexts: Iterable[Context], report: Report) -> list[Told]:
    """The claims about one occurrence, each outdated one superseded by the next."""
    told: list[Told] = []
    before: tuple[str, str] | None = None
    for context in contexts:
        outdated = _OUTDATED.get(context.row.status)
        replaces = before if outdated or context.placed.is_primary else None
        try:
            event = event_of(context, replaces)
        except RowError as error:
            _pass_on(error, report)
            continue
        told.append(Told(context.placed, event))
        if outdated:
            before = event.id, outdated
    return told


def _in_order(rows: Rows) -> list[Placed]:
    """Outdated claims first, by their publication; then the others in the order of the file."""
    outdated = [each for each in rows.placed if each.row.status in _OUTDATED]
    outdated.sort(key=lambda each: (each.row.pub_date, each.index))
    return outdated + [each for each in rows.placed if each.row.status not in _OUTDATED]


def _occurrence(rows: Rows, told: Sequence[Told], mapping: ClaimsMapping) -> _Occurrence:
    main = next((event for placed, event in told if placed is rows.primary), told[0].event)
    day = _day(main)
    published = [event.source.published[:10] for _, event in told if event.source.published]
    all_events = [*(event for _, event in told), *decisions(rows, told, mapping)]
    return _Occurrence(rows.exchange, rows.first.index, day, min([day, *published]), all_events)


def _day(event: AnyEvent) -> str:
    moment = event.occurred
    start = span(moment.at, moment.precision, moment.until).start
    return moment.at[:10] if start is None else start.date().isoformat()


def _corrected_moment(rows: Rows, mapping: ClaimsMapping) -> Members | None:
    """The corrected time of an occurrence, which its parts share."""
    primary = rows.primary
    return None if primary is None else mapping.overlay(primary.row.row_id).fields.get("occurred")


def _pass_on(error: RowError, report: Report) -> None:
    for problem in error.problems:
        report(problem)
