"""The clock of each pause: when it started, how often and by how much it was extended, when it ended."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias

from ledger.book.book import Book
from ledger.book.facts import Running, copied, facts, maybe
from schemas.events import PauseEnded, PauseExtended, PauseStarted, PauseViolated
from schemas.values import Moment, is_sure
from schemas.views import Extension, Pause

AnyPause: TypeAlias = PauseStarted | PauseExtended | PauseEnded | PauseViolated


def pauses(book: Book) -> list[Pause]:
    """The pauses of an exchange, in the order of their first event."""
    named: dict[str, list[AnyPause]] = {}
    found: Iterator[AnyPause] = facts(book, PauseStarted, PauseExtended, PauseEnded, PauseViolated)
    for event in found:
        named.setdefault(event.pause, []).append(event)
    return [_pause(book.exchange, name, events) for name, events in named.items()]


_EXTENDED: Running[PauseExtended, int] = Running(int, lambda hours, event: hours + event.hours, PauseExtended)


def extended_days(book: Book) -> int:
    """Whole days by which the pauses of an exchange were extended: what terms per extra day count."""
    return _EXTENDED.of(book) // 24


Ends: TypeAlias = dict[str, tuple[Moment | None, Moment | None]]
"""When each pause first started and last ended, as far as that is said."""


def _end_of(ends: Ends, event: PauseStarted | PauseEnded) -> Ends:
    started, ended = ends.get(event.pause, (None, None))
    is_start = event.type == "pause_started"
    ends[event.pause] = (started or event.occurred, ended) if is_start else (started, event.occurred)
    return ends


_ENDS: Running[PauseStarted | PauseEnded, Ends] = Running(dict, _end_of, PauseStarted, PauseEnded)


def calm_hours(book: Book) -> list[float]:
    """The hours of each pause of which start and end are known to the minute."""
    hours = (_hours(*ends) for ends in _ENDS.of(book).values())
    return [each for each in hours if each is not None]


def _pause(exchange: str, name: str, events: Sequence[AnyPause]) -> Pause:
    starts = [event for event in events if event.type == "pause_started"]
    extended = [event for event in events if event.type == "pause_extended"]
    ends = [event for event in events if event.type == "pause_ended"]
    violations = [event for event in events if event.type == "pause_violated"]
    started = starts[0].occurred if starts else None
    planned = starts[0].hours if starts else None
    hours = sum(event.hours for event in extended)
    ended = ends[-1].occurred if ends else None
    return Pause(
        exchange=exchange,
        pause=name,
        started=maybe(copied, started),
        planned_hours=planned,
        extensions=[
            Extension(
                hours=event.hours,
                announced=copied(event.occurred),
                effective=maybe(copied, event.effective),
                event=event.id,
            )
            for event in extended
        ],
        extended_hours=hours,
        ends=_later(started, planned + hours) if started and planned is not None else None,
        ended=maybe(copied, ended),
        calm_hours=_hours(started, ended),
        violations=len(violations),
        events=[event.id for event in (*starts, *extended, *ends, *violations)],
    )


def _later(moment: Moment, hours: int) -> Moment | None:
    """A moment so many hours later; None where it is not known to the hour, or lies beyond the calendar."""
    if moment.precision not in ("minute", "day") or (moment.precision == "day" and hours % 24):
        return None
    try:
        later = datetime.fromisoformat(moment.at) + timedelta(hours=hours)
        at = later.isoformat(timespec="minutes") if moment.precision == "minute" else str(later.date())
        return Moment(at=at, precision=moment.precision, qualifier=moment.qualifier)
    except (OverflowError, ValueError):
        return None


def _hours(start: Moment | None, end: Moment | None) -> float | None:
    """Elapsed hours, where both ends are known to the minute, and surely."""
    if start is None or end is None or start.precision != "minute" or end.precision != "minute":
        return None
    if not (is_sure(start) and is_sure(end)):
        return None
    elapsed = datetime.fromisoformat(end.at) - datetime.fromisoformat(start.at)
    return round(elapsed.total_seconds() / 3600, 2) if elapsed >= timedelta() else None
